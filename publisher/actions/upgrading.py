"""Upgrade: a database of an older Publisher becomes one of this: backup | migrate | compare, look through."""

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from publisher.actions.backups import backup
from publisher.actions.guarding import alone
from publisher.app import App
from publisher.errors import FileError, SchemaTooOld, StoreError
from publisher.store import copies
from publisher.store.database import as_it_is, schema_of
from publisher.store.schema import HEAD

FOLDER = "backups"


@dataclass(frozen=True, slots=True, kw_only=True)
class Upgraded:
    """From which schema to which; where the backup lies (None: there was nothing to do, or it was not wanted); and the
    rows of each table that was there, before and after."""

    before: str
    after: str
    kept: Path | None
    rows: Mapping[str, tuple[int, int]]


def upgrade(app: App, *, without_backup: bool = False) -> Upgraded:
    """Bring the database up to this program, after a backup in `backups/` of the site folder.

    Raises StoreError while the site is served, where no backup can be made, and when a row got lost on the way.
    """
    if not _is_old(app):
        return Upgraded(before=HEAD, after=HEAD, kept=None, rows={})
    with alone(app):
        kept = None if without_backup else backup(app, _folder(app)).path
        old, before = _counted(app)
        with closing(App(app.config, clock=app.clock, keys=app.keys, migrates=True)) as migrated:
            _ = migrated.database
        _, after = _counted(app)
        rows = {name: (number, after.get(name, 0)) for name, number in before.items()}
        _refuse_losses(app, rows, kept)
    return Upgraded(before=old, after=HEAD, kept=kept, rows=rows)


def _is_old(app: App) -> bool:
    try:
        _ = app.database
    except SchemaTooOld:
        return True
    return False


def _folder(app: App) -> Path:
    folder = app.folder / FOLDER
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
    except OSError as exc:
        raise FileError(f"{folder}: cannot be made ({exc.strerror}); mend the rights of the site folder") from exc
    return folder


def _counted(app: App) -> tuple[str, dict[str, int]]:
    """The schema, and how many rows each table has."""
    with closing(as_it_is(app.config.store.url, app.folder)) as database:
        with database.read() as connection:
            schema = schema_of(connection) or ""
        return schema, copies.rows_by_table(database)


def _refuse_losses(app: App, rows: Mapping[str, tuple[int, int]], kept: Path | None) -> None:
    lost = [f"{name} ({before} rows, now {after})" for name, (before, after) in rows.items() if after < before]
    with closing(as_it_is(app.config.store.url, app.folder)) as database:
        file = database.file
    try:
        if file is not None:
            copies.check_sqlite(file)
    except StoreError as exc:
        lost.append(str(exc))
    if lost:
        what = f"publisher restore {kept} --yes" if kept else "restore your backup"
        raise StoreError(f"the upgrade lost something: {', '.join(lost)}; do not go on with it: {what}, and tell us")
