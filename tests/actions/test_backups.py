"""A backup is whole and private, a restore loses nothing, and what left after the backup does not leave again."""

import json
import shutil
import sqlite3
import tarfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine

from publisher.actions.approving import approve_issue
from publisher.actions.backups import MANIFEST, backup
from publisher.actions.choosing import leave_all
from publisher.actions.collect import collect
from publisher.actions.epochs import is_restored, lift, refuse_after_restore
from publisher.actions.guarding import sharing
from publisher.actions.issues import draft_issue
from publisher.actions.restoring import restore
from publisher.actions.sending import send_issue
from publisher.app import App
from publisher.errors import FileError, Restored, StoreError
from publisher.records.epochs import Epoch, compared
from publisher.schedule import tick
from publisher.store import Connection, epochs, subscribers
from tests.actions.people import WEEK, with_people
from tests.cli.test_commands import publisher, told
from tests.conftest import KEYS, NOW, article_file, opened
from tests.store.test_migrations import PEOPLE, ROWS, SCRIPTS

Open = Callable[..., App]
NAME = "publisher-news.alderbay.example-20261123T150000Z.tar"


@pytest.mark.parametrize(
    ("held", "noted", "what"),
    [
        (None, None, "behind"),
        (None, ("a", 0), "behind"),
        (None, ("a", 1), "restored"),
        (("a", 0), None, "behind"),
        (("a", 1), None, "restored"),
        (("a", 1), ("a", 1), "same"),
        (("a", 2), ("a", 1), "behind"),
        (("a", 1), ("a", 2), "restored"),
        (("a", 1), ("b", 1), "restored"),
    ],
)
def test_a_database_that_knows_of_fewer_sends_than_were_begun_is_an_older_one(
    held: tuple[str, int] | None, noted: tuple[str, int] | None, what: str
) -> None:
    of = [Epoch(name=one[0], begun=one[1]) if one else None for one in (held, noted)]
    assert compared(*of) == what


def approved(app: App) -> None:
    article_file(app.folder, "one", headline="One", date="2026-11-20")
    collect(app)
    with_people(app, "ana@example.org", "bea@example.org")
    draft_issue(app, app.newsletter(None))
    approve_issue(app, app.newsletter(None), WEEK, who="ana")


def sent(app: App) -> int:
    return len(list((app.folder / "outbox").rglob("*.eml")))


@contextmanager
def office(site: Path, now: timedelta = timedelta()) -> Iterator[App]:
    with opened(site, NOW + now) as app:
        yield app


@pytest.fixture
def kept(site: Path, tmp_path: Path) -> Path:
    """A backup of a site whose issue was approved and left just after."""
    with office(site) as app:
        approved(app)
        path = backup(app, tmp_path).path
    with office(site, timedelta(hours=1)) as app:
        send_issue(app, app.newsletter(None), WEEK)
    assert sent(app) == 2
    return path


def test_a_backup_is_private_and_holds_what_cannot_be_made_again(kept: Path) -> None:
    assert kept.name == NAME and kept.stat().st_mode & 0o777 == 0o600
    with tarfile.open(kept) as tar:
        names = tar.getnames()
        manifest = json.loads(tar.extractfile(MANIFEST).read())  # type: ignore[union-attr]
    assert names[0] == MANIFEST and set(names[1:]) == set(manifest["files"])
    assert {"publisher.db", "publisher.keys", "publisher.toml"} <= set(names)
    assert (manifest["schema"], manifest["site"]) == ("0008", "https://news.alderbay.example")


def test_a_folder_that_is_not_there_yet_is_made_for_its_owner_alone(site: Path, tmp_path: Path) -> None:
    with office(site) as app:
        collect(app)
        kept = backup(app, tmp_path / "of.2026").path
        assert kept == tmp_path / "of.2026" / NAME
        assert kept.parent.stat().st_mode & 0o777 == 0o700
        with pytest.raises(FileError, match="cannot be made"):
            backup(app, tmp_path / "nowhere" / "backups")


def test_a_backup_taken_while_others_write_is_of_one_moment(site: Path, tmp_path: Path) -> None:
    """Somebody holds the writing lock, with half of a change made: the copy is whole, and without it."""
    with office(site) as app:
        with_people(app, "ana@example.org")
        with app.database.write() as connection:
            connection.exec_driver_sql("UPDATE subscriber SET name = 'half'")
            with office(site) as other:
                path = backup(other, tmp_path).path
            assert told("restore", path, "--dry-run", "--site", tmp_path / "new")["changes"]
    with tarfile.open(path) as tar:
        tar.extract("publisher.db", tmp_path / "out", filter="data")
    with closing(sqlite3.connect(tmp_path / "out" / "publisher.db")) as database:
        assert database.execute("SELECT name FROM subscriber").fetchall() == [(None,)]


def test_what_left_after_the_backup_does_not_leave_again(site: Path, kept: Path) -> None:
    with office(site, timedelta(hours=2)) as app:
        restore(app, kept, who="ana", yes=True)
    shutil.rmtree(site / "outbox")
    with office(site, timedelta(hours=2)) as app:
        with pytest.raises(Restored, match=r"^nothing is sent, for this database was restored from a backup"):
            send_issue(app, app.newsletter(None), WEEK)
        assert any("nothing is sent" in one.line and not one.well for one in tick(app))
        assert sent(app) == 0
    done = publisher("issue", "send", "--week", WEEK, "--site", site, code=1)
    assert done.stderr.startswith("publisher: nothing is sent") and done.stderr.count("\n") == 1


def test_with_the_flag_it_sends_and_it_is_written_down_who_said_so(site: Path, kept: Path) -> None:
    with office(site, timedelta(hours=2)) as app:
        restore(app, kept, who="ana", yes=True)
    words = ("issue", "send", "--week", WEEK, "--site", site, "--now", "2026-11-23T18:00:00Z")
    done = publisher(*words, "--after-restore", "--as", "bea")
    assert "From now on it sends again, by bea; that is written down." in done.stderr
    with office(site, timedelta(hours=3)) as app, app.database.read() as connection:
        lifted, restored = epochs.restorations(connection)
    assert (lifted.who, lifted.what) == ("bea", "let it send again after a restore")
    assert (restored.who, restored.what) == ("ana", "restored from the backup of 2026-11-23 15:00 UTC")
    assert "changes nothing" in publisher(*words, "--after-restore").stderr


def test_a_database_put_back_by_other_means_sends_nothing_either(site: Path) -> None:
    with office(site) as app:
        approved(app)
    shutil.copy(site / "publisher.db", site / "yesterday")
    with office(site) as app:
        send_issue(app, app.newsletter(None), WEEK)
    shutil.copy(site / "yesterday", site / "publisher.db")
    with office(site) as app, pytest.raises(Restored):
        send_issue(app, app.newsletter(None), WEEK)


def test_a_second_send_and_a_program_that_ended_between_database_and_file_are_no_restore(
    site: Path, open_app: Open, database_url: str
) -> None:
    app = open_app(site, database_url=database_url)
    approved(app)
    before: list[str] = []

    def begun(connection: Connection) -> int:
        found = epochs.current(connection)
        return found.begun if found else 0

    for _ in range(2):
        send_issue(app, app.newsletter(None), WEEK)
        before.append(app.epoch_file.read_text())
    assert before[0] == before[1] and before[0].endswith(" 1\n")
    with app.database.write() as connection:
        epochs.count_a_send(connection)
        assert begun(connection) == 2
    refuse_after_restore(app)
    assert not lift(app, "ana")
    app.epoch_file.unlink()
    assert is_restored(app) and lift(app, "ana") and not is_restored(app)


def test_what_is_here_is_moved_aside_and_who_left_stays_away(site: Path, kept: Path) -> None:
    with office(site, timedelta(hours=1)) as app, app.database.write() as connection:
        ana = next(one for one in list(subscribers.every(connection)) if one.address.startswith("ana"))
        leave_all(app, connection, ana, "unsubscribed", "by the link")
    with office(site, timedelta(hours=2)) as app:
        done = restore(app, kept, who="ana", yes=True)
    assert done.changes == ("publisher.db",) and done.carried == 1
    assert done.aside and {path.name for path in done.aside.iterdir()} == {"publisher.db"}
    with closing(sqlite3.connect(done.aside / "publisher.db")) as database:
        assert database.execute("SELECT state FROM issue").fetchall() == [("sent",)]
    with office(site, timedelta(hours=2)) as app:
        assert lift(app, "ana")
        done_again = send_issue(app, app.newsletter(None), WEEK)
    assert done_again.certificate.recipients == 1


def test_it_is_not_put_over_newer_data_unless_that_is_said(site: Path, kept: Path) -> None:
    done = publisher("restore", kept, "--site", site, code=1)
    assert "the database here changed at 2026-11-23 16:00 UTC, after this backup was taken" in done.stderr
    assert "Nothing was changed" in done.stderr and not (list(site.glob("before-*")))


def test_it_is_not_put_under_a_running_service(site: Path, kept: Path) -> None:
    with office(site) as app, sharing(app):
        done = publisher("restore", kept, "--yes", "--site", site, code=1)
    assert "it is being served; stop `publisher run` and `publisher serve` first" in done.stderr


def test_a_dry_run_changes_nothing(site: Path, kept: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in site.rglob("*") if path.is_file()}
    done = publisher("restore", kept, "--dry-run", "--site", site)
    assert "every hash right, the database whole" in done.stdout and "Nothing was changed" in done.stderr
    now = {path: path.stat().st_mtime_ns for path in site.rglob("*") if path.is_file() and path.suffix[:3] != ".db"}
    assert {path: at for path, at in now.items() if before.get(path) != at} == {}


def test_a_new_folder_is_filled_from_a_backup_alone(kept: Path, tmp_path: Path) -> None:
    new = tmp_path / "new"
    publisher("restore", kept, "--site", new)
    assert {"publisher.db", "publisher.keys", "publisher.toml", "publisher.epoch"} <= {p.name for p in new.iterdir()}
    assert (new / "publisher.keys").stat().st_mode & 0o777 == 0o600
    (need, *_) = told("status", "--site", new)["needs"]
    assert need["command"] == "publisher run --after-restore"


@pytest.mark.parametrize("at", [0.02, 0.3, 0.6])
def test_a_damaged_backup_is_one_line_and_changes_nothing(kept: Path, tmp_path: Path, at: float) -> None:
    damaged = tmp_path / "damaged.tar"
    data = bytearray(kept.read_bytes())
    place = int(len(data) * at)
    data[place : place + 700] = bytes(byte ^ 0x55 for byte in data[place : place + 700])
    damaged.write_bytes(data)
    done = publisher("restore", damaged, "--site", tmp_path / "new", code=1)
    assert "damaged" in done.stderr and done.stderr.count("\n") == 1 and "nothing was changed" in done.stderr.lower()
    assert list((tmp_path / "new").iterdir()) == []


@pytest.mark.parametrize("name", ["../outside", "/tmp/outside", "publisher.db/../../outside"])
def test_a_backup_that_reaches_out_of_the_folder_is_refused(tmp_path: Path, name: str) -> None:
    evil = tmp_path / "evil.tar"
    told = {"format": 1, "taken_at": NOW.isoformat(), "publisher": "", "site": "", "schema": "0008", "dump": None}
    document = json.dumps(told | {"database": None, "keys": "publisher.keys", "files": {name: "0" * 64}}).encode()
    (tmp_path / MANIFEST).write_bytes(document)
    with tarfile.open(evil, "w") as tar:
        tar.add(tmp_path / MANIFEST, MANIFEST)
        tar.add(tmp_path / MANIFEST, name, filter=lambda member: member.replace(name=name, deep=False))
    done = publisher("restore", evil, "--site", tmp_path / "new", code=1)
    assert "this is no backup of Publisher, or it is damaged" in done.stderr
    assert not list(tmp_path.rglob("outside"))


def test_a_backup_replaces_none(kept: Path, site: Path) -> None:
    done = publisher("backup", kept, "--site", site, code=1)
    assert f"{kept}: there is such a file already" in done.stderr


def test_a_postgresql_database_is_dumped_where_the_program_is_there(site: Path, postgres: str, tmp_path: Path) -> None:
    url = postgres.format(name="postgres")
    settings = (site / "publisher.toml").read_text()
    (site / "publisher.toml").write_text(settings.replace('url = "sqlite:///publisher.db"', f'url = "{url}"'))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PUBLISHER_STORE__URL", url)
        with opened(site) as app:
            _ = app.database
            if shutil.which("pg_dump"):
                assert backup(app, tmp_path).manifest.dump == "database.dump"
            patch.setenv("PATH", str(tmp_path))
            with pytest.raises(StoreError, match="pg_dump, which is not installed here; install"):
                backup(app, tmp_path / "other.tar")
            assert backup(app, tmp_path / "rest.tar", without_database=True).manifest.dump is None


# Upgrade


@pytest.fixture
def old_site(site: Path) -> Path:
    """A site whose database an older Publisher left, with people and an issue on its way."""
    engine = create_engine(f"sqlite:///{site / 'publisher.db'}")
    with engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(SCRIPTS))
        config.attributes["connection"] = connection
        command.upgrade(config, "0002")
        for row in ROWS:
            connection.exec_driver_sql(row)
        command.upgrade(config, "0003")
        connection.exec_driver_sql(PEOPLE[0])
    engine.dispose()
    held = {p: [{"id": id, "secret": secret.hex()} for id, secret in of] for p, of in KEYS.keys.items()}
    (site / "publisher.keys").write_text(json.dumps(held))
    (site / "publisher.keys").chmod(0o600)
    return site


@pytest.mark.parametrize("words", [("run", "--once"), ("serve",), ("status",), ("issue", "list")])
def test_an_older_database_is_refused_with_the_command_that_helps(old_site: Path, words: tuple[str, ...]) -> None:
    done = publisher(*words, "--site", old_site, code=1)
    assert "this database has schema 0003, and this Publisher needs 0008; run `publisher upgrade`" in done.stderr


def test_an_upgrade_keeps_a_backup_and_every_row(old_site: Path) -> None:
    done = told("upgrade", "--site", old_site)
    assert (done["before"], done["after"]) == ("0003", "0008")
    assert done["rows"]["subscriber"] == [3, 3] and done["rows"]["issue"] == [1, 1]
    assert Path(done["backup"]).parent == old_site / "backups"
    assert told("subscribers", "list", "--site", old_site)
    assert "there is nothing to do" in publisher("upgrade", "--site", old_site).stdout
    # And back: the backup is of the older schema, and is refused by every command until it is upgraded in its turn.
    publisher("restore", done["backup"], "--yes", "--site", old_site)
    assert "run `publisher upgrade`" in publisher("status", "--site", old_site, code=1).stderr
    told("upgrade", "--site", old_site)
    with opened(old_site) as app:
        assert is_restored(app)
