"""A database of an earlier Publisher is opened by this one, and what lies in it is as it was."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, text

from publisher import digest, store
from publisher.delivery.compose import Composer
from publisher.links import Links
from publisher.records import Delivery
from publisher.store import Database, deliveries, issues, open_database
from tests.conftest import KEYS

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
