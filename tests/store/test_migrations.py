"""A database of an earlier Publisher is opened by this one, and what lies in it is as it was."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, text

from publisher import digest, store
from publisher.app import App
from publisher.config import load
from publisher.delivery.compose import Composer
from publisher.errors import SchemaTooOld, StoreError
from publisher.links import Links
from publisher.records import Delivery
from publisher.store import Database, deliveries, issues, open_database, subscribers, suppressions
from tests.conftest import KEYS, NOW

SCRIPTS = Path(store.__file__).parent / "migrations"
ANA = "a1" * 16
OLD_HTML = '<html lang="en"><body><p>ZQabcGREETINGQZ</p><p><a href="ZQabcUNSUBSCRIBEQZ">Leave</a></p></body></html>'
ROWS = (
    """INSERT INTO issue (id, newsletter, period, state, after, cut_off, drafted_at, entries, events, findings) VALUES
    (1, 'weekly', '2026-W47', 'sending', '2026-11-09', '2026-11-16', '2026-11-16', '["a"]', '[]', '[]')""",
    f"""INSERT INTO edition (issue, subject, preheader, title, sender_name, sender_address, greeting, greeting_named,
    html, text, nonce, hash, date) VALUES (1, 'S', '', 'T', 'N', 'n@bay.example', 'Hello.', 'Hello, {{name}}.',
    '{OLD_HTML}', 'ZQabcGREETINGQZ', 'abc', '{"0" * 64}', '2026-11-16')""",
    f"""INSERT INTO subscriber (id, public_id, address, address_key, topics, state, created_at) VALUES
    (1, '{ANA}', 'a@bay.example', 'a@bay.example', '["heart"]', 'active', '2026-11-01')""",
    f"""INSERT INTO delivery (issue, subscriber, public_id, address, address_key, state, attempts) VALUES
    (1, 1, '{ANA}', 'a@bay.example', 'a@bay.example', 'waiting', 0)""",
)


@pytest.fixture
def old_database(database_url: str) -> str:
    """As the first two migrations left it, with an issue on its way."""
    engine = create_engine(database_url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(SCRIPTS))
        config.attributes["connection"] = connection
        command.upgrade(config, "0002")
        for row in ROWS:
            connection.exec_driver_sql(row)
    engine.dispose()
    return database_url


@pytest.fixture
def migrated(old_database: str, tmp_path: Path) -> Iterator[Database]:
    database = open_database(old_database, tmp_path, KEYS.fingerprint)
    yield database
    database.close()


def test_an_issue_on_its_way_is_sent_on_as_it_was_frozen(migrated: Database) -> None:
    with migrated.read() as connection:
        issue = issues.find(connection, "weekly", "2026-W47")
        assert issue and issue.edition and issue.state == "sending"
        assert (issue.edition.html, issue.edition.blocks, issue.edits.lead) == (OLD_HTML, (), None)
        assert deliveries.certificate(connection, issue).counts == {"waiting": 1}
    composer = Composer(issue.editions, "weekly/2026-W47", "weekly", Links("https://bay.example", KEYS), b"m" * 32)
    reader = Delivery(
        issue=1, subscriber=1, public_id=ANA, address="a@bay.example", name="Ana", language="es", topics=("heart",),
        state="claimed",
    )  # fmt: skip
    assert b"Hello, Ana." in composer.message(reader)
    page = digest.for_the_web(issue.edition, digest.Found(canonical="https://bay.example/issues/weekly/2026-W47"))
    assert "Hello." in page and "ZQabc" not in page and "Leave" not in page


def test_no_row_is_lost(migrated: Database) -> None:
    with migrated.read() as connection:
        for table in ("issue", "edition", "subscriber", "delivery"):
            assert connection.execute(text(f"SELECT count(*) FROM {table}")).scalar() == 1


def test_keys_that_were_lost_after_mail_was_sent_stop_the_migration(old_database: str, tmp_path: Path) -> None:
    engine = create_engine(old_database.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE delivery SET state = 'accepted'")
    engine.dispose()
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / "publisher.toml").write_text(f'[store]\nurl = "{old_database}"\n')
    app = App(load(folder), migrates=True)
    with pytest.raises(StoreError, match="the key file is gone"):
        _ = app.database
    with engine.begin() as connection:
        assert connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar() == "0002"
    engine.dispose()
    assert not list(tmp_path.rglob("*.keys"))


def test_an_older_database_is_brought_up_only_where_that_is_asked_for(old_database: str, tmp_path: Path) -> None:
    with pytest.raises(SchemaTooOld, match=r"has schema 0002, .* run `publisher upgrade`"):
        open_database(old_database, tmp_path, KEYS.fingerprint, migrates=False)
    engine = create_engine(old_database.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connection:
        assert connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar() == "0002"
    engine.dispose()


def test_an_empty_database_is_given_its_schema_unasked(database_url: str, tmp_path: Path) -> None:
    open_database(database_url, tmp_path, KEYS.fingerprint, migrates=False).close()
    open_database(database_url, tmp_path, KEYS.fingerprint, migrates=False).close()


BEA, GONE = "b2" * 16, "c3" * 16
PEOPLE = (
    f"""INSERT INTO subscriber (id, public_id, address, address_key, name, language, topics, state, consent_source,
    consent_at, created_at) VALUES
    (7, '{BEA}', 'Bea@bay.example', 'bea@bay.example', 'Bea', 'es', '["heart", "sleep"]', 'active', 'front desk',
    '2026-03-04', '2026-11-01 10:00:00'),
    (9, '{GONE}', 'gone@bay.example', 'gone@bay.example', NULL, NULL, '[]', 'left', NULL, NULL, '2026-11-01 10:00:00')
    """,
    """INSERT INTO suppression (address_key, reason, at) VALUES
    ('gone@bay.example', 'asked at the desk', '2026-11-02 10:00:00'),
    ('never-held@bay.example', 'complained by phone', '2026-11-03 10:00:00')""",
    f"""INSERT INTO delivery (issue, subscriber, public_id, address, address_key, name, language, topics, state,
    attempts, reply, settled_at) VALUES
    (1, 7, '{BEA}', 'Bea@bay.example', 'bea@bay.example', 'Bea', 'es', '["heart"]', 'accepted', 1, 'written',
    '2026-11-16 08:00:00'),
    (1, 9, '{GONE}', 'gone@bay.example', 'gone@bay.example', NULL, NULL, '[]', 'skipped', 1, NULL,
    '2026-11-16 08:00:00')""",
)


@pytest.fixture
def peopled(old_database: str, tmp_path: Path) -> Iterator[Database]:
    """As the third migration left it, with people, a suppression list and what was sent; opened by this Publisher."""
    engine = create_engine(old_database.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(SCRIPTS))
        config.attributes["connection"] = connection
        command.upgrade(config, "0003")
        for row in PEOPLE:
            connection.exec_driver_sql(row)
    engine.dispose()
    database = open_database(old_database, tmp_path, KEYS.fingerprint)
    yield database
    database.close()


def test_every_person_is_there_as_they_were(peopled: Database) -> None:
    with peopled.read() as connection:
        ana, bea, gone = subscribers.every(connection)
    assert (ana.id, ana.public_id, ana.address, ana.state) == (1, ANA, "a@bay.example", "active")
    assert (bea.id, bea.public_id, bea.address, bea.address_key) == (7, BEA, "Bea@bay.example", "bea@bay.example")
    assert (bea.name, bea.language, bea.topics, bea.newsletters) == ("Bea", "es", ("heart", "sleep"), ("weekly",))
    assert (bea.consent_source, bea.consent_at, bea.revision, bea.intake) == ("front desk", "2026-03-04", 0, None)
    assert bea.created_at and bea.created_at.isoformat() == "2026-11-01T10:00:00+00:00"
    assert (gone.state, gone.public_id, gone.paused_until) == ("left", GONE, None)


def test_everyone_is_told_by_the_fingerprint_of_their_address(peopled: Database) -> None:
    with peopled.read() as connection:
        for table in ("subscriber", "delivery"):
            rows = connection.execute(text(f"SELECT address, fingerprint FROM {table}")).all()
            assert len(rows) == 3
            assert {(a.lower(), bytes(f)) for a, f in rows} == {
                (a.lower(), KEYS.fingerprint(a.lower())) for a, _ in rows
            }


def test_who_was_not_to_be_written_to_is_still_not(peopled: Database) -> None:
    with peopled.read() as connection:
        for name, how in (("gone", "asked at the desk"), ("never-held", "complained by phone")):
            (held,) = suppressions.of(connection, KEYS.fingerprint(f"{name}@bay.example"))
            assert (held.newsletter, held.reason, held.how) == ("", "unsubscribed", how)
        assert suppressions.count(connection) == {"unsubscribed": 2}
        assert subscribers.willing(connection, "weekly", NOW) == 2
        assert "bay.example" not in repr(connection.execute(text("SELECT * FROM suppression")).all())


def test_what_was_sent_and_what_waits_is_as_it_was(peopled: Database) -> None:
    with peopled.read() as connection:
        issue = issues.find(connection, "weekly", "2026-W47")
        assert issue
        assert deliveries.certificate(connection, issue).counts == {"accepted": 1, "skipped": 1, "waiting": 1}
        ((newsletter, period, copy, settled),) = deliveries.of(connection, 7)
    assert (newsletter, period, copy.state, copy.public_id) == ("weekly", "2026-W47", "accepted", BEA)
    assert (copy.topics, copy.language, copy.reply) == (("heart",), "es", "written")
    assert settled and settled.isoformat() == "2026-11-16T08:00:00+00:00"


def test_the_next_person_gets_the_next_number(peopled: Database) -> None:
    with peopled.write() as connection:
        newest = None
        for name in ("dora", "eva"):
            (bea,) = [person for person in subscribers.every(connection) if person.id == 7]
            key = f"{name}@bay.example"
            new = replace(bea, address=key, address_key=key, public_id=KEYS.fingerprint(name).hex())
            newest = subscribers.add(connection, new, KEYS.fingerprint(key))
            assert newest and newest.id == {"dora": 10, "eva": 11}[name]
        assert newest
        subscribers.forget(connection, newest)
        again = subscribers.add(connection, replace(newest, public_id="d4" * 16), KEYS.fingerprint("eva@bay.example"))
    assert again and again.id == 12


def test_the_migrated_schema_is_the_one_this_program_knows(peopled: Database) -> None:
    with peopled.read() as connection:
        assert compare_metadata(MigrationContext.configure(connection), store.schema.metadata) == []


def test_without_people_the_keys_are_not_asked_for(database_url: str, tmp_path: Path) -> None:
    def no_keys(address_key: str) -> bytes:
        raise AssertionError(address_key)

    open_database(database_url, tmp_path, no_keys).close()
