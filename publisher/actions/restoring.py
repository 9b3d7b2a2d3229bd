"""Restore: a backup in the place of what is there, which is moved aside and never deleted.

unpack | compare hashes | look through the database -> is anything newer here? -> guard | exchange

First the guard stands: from then on nothing is sent until a person says so (actions/epochs.py).
"""

import json
import os
import secrets
import shutil
import tarfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import TypeVar

from publisher.actions.backups import MANIFEST, hashed
from publisher.actions.epochs import note_epoch
from publisher.actions.guarding import alone
from publisher.app import App
from publisher.config import FILE, load
from publisher.errors import ConfigError, FileError, PublisherError, StoreError
from publisher.records.backups import FORMAT, Kept, Manifest
from publisher.records.epochs import Epoch, Restoration
from publisher.store import Connection, copies, database_file, epochs, suppressions
from publisher.store.database import as_it_is
from publisher.store.schema import HEAD

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What was, or would be, put in place: the backup, the files that change, where the old ones went, and when the
    data that was there last changed, if that was after the backup. `carried` are those who must not be written to, as
    the data that was there knew and the backup did not: they stay so."""

    kept: Kept
    changes: tuple[str, ...]
    aside: Path | None
    newer: datetime | None
    carried: int = 0
    dry_run: bool


def restore(app: App, path: Path, *, who: str, yes: bool = False, dry_run: bool = False) -> Restored:
    """Put a backup in its place. Raises StoreError for one that is damaged, while the site is served, or over newer
    data unless `yes`."""
    with _unpacked(app, path) as (kept, folder):
        site = _site_of(app, folder)
        places = _places(site, kept.manifest)
        changes = tuple(
            name for name, to in places.items() if not to.exists() or hashed(to) != kept.manifest.files[name]
        )
        found = Restored(kept=kept, changes=changes, aside=None, newer=_newer(site, kept), dry_run=dry_run)
        if dry_run:
            return found
        with alone(site):
            _refuse_over_newer(found, yes)
            aside = site.folder / f"before-restore-{app.clock():%Y%m%dT%H%M%SZ}-{secrets.token_hex(2)}"
            carried = _exchange(site, folder, found, places, aside, who)
        return replace(found, carried=carried, aside=aside if aside.exists() else None)


@contextmanager
def _unpacked(app: App, path: Path) -> Iterator[tuple[Kept, Path]]:
    """The backup, checked, in a private folder on the disk of the site."""
    folder = app.folder / f".restoring-{secrets.token_hex(4)}"
    try:
        folder.mkdir(mode=0o700, parents=True)
        try:
            manifest = _unpack(path, folder)
            yield Kept(path=path, manifest=manifest, size=path.stat().st_size), folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    except (tarfile.TarError, KeyError, TypeError, ValueError) as exc:
        raise StoreError(f"{path}: this is no backup of Publisher, or it is damaged; nothing was changed") from exc
    except OSError as exc:
        raise FileError(f"{exc.filename or path}: cannot be used ({exc.strerror}); nothing was changed") from exc


def _unpack(path: Path, folder: Path) -> Manifest:
    with tarfile.open(path, "r:") as tar:
        manifest = _read_manifest(tar)
        for member in tar:
            if member.name != MANIFEST:
                _take_out(tar, member, folder, manifest)
    missing = [name for name in manifest.files if not (folder / name).is_file()]
    if missing:
        raise StoreError(f"{path}: {missing[0]} is missing in it; nothing was changed")
    for name, wanted in manifest.files.items():
        if hashed(folder / name) != wanted:
            raise StoreError(f"{path}: {name} in it is damaged (its hash is another); nothing was changed")
    if manifest.database:
        schema = copies.check_sqlite(folder / manifest.database)
        if schema > HEAD:
            what = f"it was made by a newer Publisher (schema {schema}, this one knows {HEAD})"
            raise StoreError(f"{path}: {what}; install that one first. Nothing was changed")
    return manifest


def _read_manifest(tar: tarfile.TarFile) -> Manifest:
    first = tar.next()
    file = tar.extractfile(first) if first and first.name == MANIFEST and first.size < 100_000_000 else None
    if file is None:
        raise ValueError("no manifest")
    told = json.loads(file.read())
    if told.pop("format") != FORMAT:
        raise ValueError("another format")
    return Manifest(**told | {"taken_at": datetime.fromisoformat(told["taken_at"])})


def _take_out(tar: tarfile.TarFile, member: tarfile.TarInfo, folder: Path, manifest: Manifest) -> None:
    """Only plain files that the manifest names, and nothing outside of the folder: a tar can hold worse."""
    parts = PurePosixPath(member.name)
    file = tar.extractfile(member) if member.isreg() else None
    if file is None or member.name not in manifest.files or parts.is_absolute() or ".." in parts.parts:
        raise ValueError(member.name)
    to = folder / parts
    to.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with os.fdopen(os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as copy:
        shutil.copyfileobj(file, copy)
        copy.flush()
        os.fsync(copy.fileno())
        # What the public reads stays readable; nobody but the owner may write.
        os.fchmod(copy.fileno(), member.mode & 0o755 | 0o600)


def _site_of(app: App, folder: Path) -> App:
    """The site as the backup sets it up: its database may lie elsewhere than that of the settings here."""
    if not (folder / FILE).exists():
        raise ConfigError(f"there is no {FILE} in this backup; nothing was changed")
    config = load(folder)
    return App(config.model_copy(update={"folder": app.folder}), clock=app.clock)


def _places(site: App, manifest: Manifest) -> dict[str, Path]:
    """Where each file of the backup goes; the epoch stays out of it, for this begins another."""
    database = database_file(site.config.store.url, site.folder)
    if manifest.database is None or database is None:
        raise StoreError(
            "this backup holds no SQLite database, or publisher.toml names another kind: unpack it with tar, load "
            "database.dump with pg_restore, and put the files into the site folder yourself. Nothing was changed"
        )
    places = {name: site.folder / name for name in manifest.files if name != _epoch_in(manifest)}
    return places | {manifest.database: database, manifest.keys: site.keys_file}


def _epoch_in(manifest: Manifest) -> str:
    return str(PurePosixPath(manifest.keys).with_suffix(".epoch"))


def _newer(site: App, kept: Kept) -> datetime | None:
    """When the data here last changed, if that was after the backup was taken."""
    last = _asked(site, epochs.last_change)
    return last if last and last > kept.manifest.taken_at else None


def _asked(site: App, question: Callable[[Connection], T]) -> T | None:
    """What the database that is here answers; None for none, or one that cannot be read: it is moved aside as it is."""
    file = database_file(site.config.store.url, site.folder)
    if file is None or not file.exists():
        return None
    with (
        suppress(PublisherError),
        closing(App(site.config, clock=site.clock)) as here,
        here.database.read() as connection,
    ):
        return question(connection)
    return None


def _refuse_over_newer(found: Restored, yes: bool) -> None:
    if found.newer and not yes:
        raise StoreError(
            f"the database here changed at {found.newer:%Y-%m-%d %H:%M} UTC, after this backup was taken "
            f"({found.kept.manifest.taken_at:%Y-%m-%d %H:%M} UTC): what came in since would be forgotten. Say "
            "--yes to put it in place; what is here is moved aside, not deleted. Nothing was changed"
        )


def _exchange(site: App, folder: Path, found: Restored, places: dict[str, Path], aside: Path, who: str) -> int:
    """The guard, then the files, the database last: whenever this ends, nothing is sent, and nothing is lost. How many
    more must not be written to than the backup knew."""
    manifest = found.kept.manifest
    assert manifest.database
    database = places[manifest.database]
    carried = _note_in(folder / manifest.database, found, who, site)
    # One send at least, so that an older backup, which knows of no epochs, is told from a new site.
    note_epoch(site, Epoch(name=secrets.token_hex(16), begun=1))
    for name in (n for n in places if n != manifest.database):
        if name in found.changes:
            _put(folder / name, places[name], aside / name)
    for ending in ("-wal", "-shm"):
        beside = database.with_name(database.name + ending)
        if beside.exists():
            # Left by a crash: it belongs to the old one, and must never be read together with another.
            aside.mkdir(mode=0o700, exist_ok=True)
            beside.replace(aside / beside.name)
    _put(folder / manifest.database, database, aside / database.name)
    return carried


def _note_in(file: Path, found: Restored, who: str, site: App) -> int:
    """Write into the copy that it was restored, give it an epoch to differ by, and let who left since stay away; how
    many had. An older copy has no place for all that."""
    left, key = _asked(site, suppressions.every) or [], _asked(site, suppressions.mark)
    what = f"restored from the backup of {found.kept.manifest.taken_at:%Y-%m-%d %H:%M} UTC"
    with suppress(StoreError), closing(as_it_is(f"sqlite:///{file.absolute()}", file.parent)) as database:
        with database.write() as connection:
            epochs.first(connection)
            epochs.note(connection, Restoration(at=site.clock(), who=who, what=what))
            # Another key knows people by other fingerprints.
            is_ours = suppressions.mark(connection) in (None, key)
            carried = sum(suppressions.add(connection, one) for one in left) if is_ours else 0
        database.scrub()
        return carried
    return 0


def _put(new: Path, to: Path, old: Path) -> None:
    """The new file in its place; the one that was there has a second name before it loses its first."""
    to.parent.mkdir(parents=True, exist_ok=True)
    if to.exists():
        old.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.link(to, old)
    new.replace(to)
