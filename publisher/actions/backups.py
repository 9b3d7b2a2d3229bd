"""Backup: all of a site that cannot be made again, as one private tar file with hashes.

database (one moment of it) | keys | epoch | publisher.toml | templates, files, images | what is named there -> .tar

Not in it: the sources and feeds/, which the office has or `feeds build` makes, and mail that lies in outbox/.
"""

import hashlib
import io
import json
import os
import secrets
import shutil
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from datetime import datetime
from itertools import chain, count
from pathlib import Path
from urllib.parse import urlsplit

from publisher import __version__
from publisher.app import App
from publisher.config import FILE
from publisher.errors import FileError, SchemaTooOld, StoreError
from publisher.records.backups import FORMAT, Kept, Manifest
from publisher.store import copies, database_file

MANIFEST = "manifest.json"
DUMP = "database.dump"
_FOLDERS = ("templates", "files", "images")


def backup(app: App, to: Path, *, without_database: bool = False) -> Kept:
    """Make a backup at `to`; in a folder, under a name of site and moment. Whoever works meanwhile is not held up.
    What is not there yet and does not end in `.tar` is a folder, made for its owner alone.

    Raises StoreError when the database cannot be copied, FileError when the file cannot be written or is there already.
    """
    target = _free(_made(to) / _name(app)) if to.is_dir() or not (to.suffix == ".tar" or to.exists()) else to
    if target.exists():
        raise FileError(f"{target}: there is such a file already; a backup replaces none: name another")
    with _workshop(target.parent) as workshop:
        members = _members(app, workshop, without_database=without_database)
        manifest = _manifest(app, workshop, members)
        draft = workshop / "backup.tar"
        _pack(draft, manifest, members)
        try:
            draft.replace(target)
        except OSError as exc:
            raise FileError(f"{target}: cannot be written ({exc.strerror}); choose another place") from exc
    return Kept(path=target, manifest=manifest, size=target.stat().st_size)


def _made(folder: Path) -> Path:
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
    except OSError as exc:
        raise FileError(f"{folder}: this folder cannot be made ({exc.strerror}); choose another place") from exc
    return folder


def _free(path: Path) -> Path:
    """The path, or one with a number where there is such a file: two backups may be made in one second."""
    numbered = (path.with_stem(f"{path.stem}-{number}") for number in count(2))
    return next(one for one in chain([path], numbered) if not one.exists())


def _name(app: App) -> str:
    host = urlsplit(app.config.site.url).hostname or "site"
    return f"publisher-{host}-{app.clock():%Y%m%dT%H%M%SZ}.tar"


@contextmanager
def _workshop(folder: Path) -> Iterator[Path]:
    """A private folder beside the target, on the same disk, that leaves nothing behind."""
    workshop = folder / f".backup-{secrets.token_hex(4)}"
    try:
        workshop.mkdir(mode=0o700)
    except OSError as exc:
        raise FileError(f"{folder}: nothing can be written there ({exc.strerror}); choose another place") from exc
    try:
        yield workshop
    finally:
        shutil.rmtree(workshop, ignore_errors=True)


def _members(app: App, workshop: Path, *, without_database: bool) -> dict[str, Path]:
    """What goes in, by its path in the site folder. The database first: files may only come after what names them."""
    members = {} if without_database else _database(app, workshop)
    # The keys that belong to it must be there: without them no backup is worth anything. `upgrade` comes with an older
    # database, whose keys are looked at when it is brought up.
    with suppress(SchemaTooOld):
        app.keyring  # noqa: B018
    for path in (app.keys_file, app.epoch_file):
        if path.exists():
            members[_place(app, path)] = path
    for path in _files(app):
        members[path.relative_to(app.folder).as_posix()] = path
    return members


def _database(app: App, workshop: Path) -> dict[str, Path]:
    file = database_file(app.config.store.url, app.folder)
    if file is None:
        copies.dump_postgresql(app.config.store.url, workshop / DUMP)
        return {DUMP: workshop / DUMP}
    if not file.exists():
        raise StoreError(f"{file}: there is no database yet, and nothing to keep; run `publisher collect` first")
    copies.copy_sqlite(file, workshop / "database")
    return {_place(app, file): workshop / "database"}


def _files(app: App) -> Iterator[Path]:
    yield app.folder / FILE
    delivery = app.config.delivery
    named = [delivery.dkim.key_file if delivery.dkim else None]
    named += [getattr(delivery.smtp, name) for name in ("password_file", "ca_file")] if delivery.smtp else []
    for path in (app.folder / name for name in named if name):
        if path.is_relative_to(app.folder) and path.is_file():
            yield path
    for name in _FOLDERS:
        yield from sorted(path for path in (app.folder / name).rglob("*") if path.is_file())


def _place(app: App, path: Path) -> str:
    """Where it lies in the site folder; one that lies elsewhere is kept under its bare name."""
    return path.relative_to(app.folder).as_posix() if path.is_relative_to(app.folder) else path.name


def _manifest(app: App, workshop: Path, members: dict[str, Path]) -> Manifest:
    copied = workshop / "database"
    database = next((name for name, path in members.items() if path == copied), None)
    return Manifest(
        taken_at=app.clock(),
        publisher=__version__,
        site=app.config.site.url,
        schema=copies.check_sqlite(copied) if database else "",
        database=database,
        dump=DUMP if DUMP in members else None,
        keys=_place(app, app.keys_file),
        files={name: hashed(path) for name, path in members.items()},
    )


def hashed(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _pack(draft: Path, manifest: Manifest, members: dict[str, Path]) -> None:
    told = {"format": FORMAT, **asdict(manifest), "taken_at": manifest.taken_at.isoformat()}
    document = json.dumps(told, ensure_ascii=False, indent=2).encode()
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as tar:
            tar.addfile(_member(MANIFEST, len(document), manifest.taken_at), io.BytesIO(document))
            for name, path in members.items():
                with path.open("rb") as content:
                    there = os.fstat(content.fileno())
                    tar.addfile(_member(name, there.st_size, manifest.taken_at, there.st_mode & 0o777), content)
        file.flush()
        os.fsync(file.fileno())


def _member(name: str, size: int, at: datetime, mode: int = 0o600) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size, member.mode, member.mtime = size, mode, int(at.timestamp())
    return member
