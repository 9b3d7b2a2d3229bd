from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from publisher.errors import SchemaTooNew, StoreError
from publisher.keys import open_keys
from publisher.records import Suppression
from publisher.store import Database, open_database, suppressions
from publisher.store.schema import metadata
from tests.conftest import KEYS, NOW


def test_the_migrations_make_exactly_the_schema(database: Database) -> None:
    with database.read() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_opening_again_changes_nothing(database_url: str, tmp_path: Path) -> None:
    for _ in range(2):
        database = open_database(database_url, tmp_path, KEYS.fingerprint)
        with database.read() as connection:
            assert connection.execute(text("SELECT count(*) FROM alembic_version")).scalar() == 1
        database.close()


def test_an_older_program_refuses_a_newer_schema_in_one_line(database_url: str, tmp_path: Path) -> None:
    database = open_database(database_url, tmp_path, KEYS.fingerprint)
    with database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    database.close()
    with pytest.raises(SchemaTooNew) as refused:
        open_database(database_url, tmp_path, KEYS.fingerprint)
    assert str(refused.value) == (
        "this database has schema 9999, newer than the 0008 this Publisher knows; "
        "install the newer Publisher again, nothing was changed"
    )


def test_a_file_that_is_no_database_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "publisher.db").write_bytes(b"this is a letter, not a database" * 100)
    with pytest.raises(StoreError, match="file is not a database") as refused:
        open_database("sqlite:///publisher.db", tmp_path, KEYS.fingerprint)
    assert "\n" not in str(refused.value)


def test_sqlite_keeps_a_ledger_through_a_power_cut(tmp_path: Path) -> None:
    database = open_database("sqlite:///publisher.db", tmp_path, KEYS.fingerprint)
    with database.read() as connection:
        asked = {name: connection.execute(text(f"pragma {name}")).scalar() for name in ("journal_mode", "synchronous")}
        assert asked == {"journal_mode": "wal", "synchronous": 2}
        assert connection.execute(text("pragma foreign_keys")).scalar() == 1
    database.close()


def test_no_reference_is_removed_by_cascade() -> None:
    cascades = [key for table in metadata.tables.values() for key in table.foreign_keys if key.ondelete]
    assert cascades == []


def test_a_failed_write_leaves_nothing(database: Database) -> None:
    class Stop(Exception):
        pass

    with pytest.raises(Stop), database.write() as connection:
        suppressions.add(connection, Suppression(fingerprint=b"a" * 16, reason="unsubscribed", at=NOW))
        raise Stop
    with database.read() as connection:
        assert connection.execute(text("SELECT count(*) FROM suppression")).scalar() == 0


def test_keys_are_made_once_and_are_private(tmp_path: Path) -> None:
    path = tmp_path / "publisher.keys"
    first, second = open_keys(path), open_keys(path)
    assert first == second
    assert path.stat().st_mode & 0o777 == 0o600
    assert first.newest("links")[1] != first.newest("message-id")[1]
    assert "secret" not in repr(first)
    assert [p.name for p in tmp_path.iterdir()] == ["publisher.keys"]


def test_keys_that_others_can_read_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "publisher.keys"
    open_keys(path)
    path.chmod(0o644)
    with pytest.raises(StoreError, match="chmod 600"):
        open_keys(path)


def test_an_empty_key_file_is_damaged_too(tmp_path: Path) -> None:
    path = tmp_path / "publisher.keys"
    path.touch(mode=0o600)
    path.write_text('{"links": [], "message-id": []}')
    with pytest.raises(StoreError, match="is damaged"):
        open_keys(path)


@pytest.mark.parametrize("url", ["postgresql://u@h:abc/db", "mysql://h/db", "nonsense", "://"])
def test_an_address_that_is_none_is_one_line(tmp_path: Path, url: str) -> None:
    with pytest.raises(StoreError, match=r"^\[store\] url ") as refused:
        open_database(url, tmp_path, KEYS.fingerprint)
    assert "\n" not in str(refused.value)


def test_a_database_file_is_readable_for_its_owner_only(tmp_path: Path) -> None:
    open_database("sqlite:///publisher.db", tmp_path, KEYS.fingerprint).close()
    assert (tmp_path / "publisher.db").stat().st_mode & 0o777 == 0o600


def test_a_schema_that_is_not_ours_is_refused(tmp_path: Path) -> None:
    database = open_database("sqlite:///publisher.db", tmp_path, KEYS.fingerprint)
    with database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0000'"))
    database.close()
    with pytest.raises(StoreError, match="nothing was changed"):
        open_database("sqlite:///publisher.db", tmp_path, KEYS.fingerprint)


def test_a_damaged_key_file_is_never_replaced(tmp_path: Path) -> None:
    path = tmp_path / "publisher.keys"
    path.touch(mode=0o600)
    path.write_text("{")
    with pytest.raises(StoreError, match="restore it from the backup"):
        open_keys(path)
    assert path.read_text() == "{"
