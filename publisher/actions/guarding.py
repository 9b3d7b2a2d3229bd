"""Keeps those apart who serve a site and those who would exchange its database under them.

A file lock beside the keys, which the kernel frees when its holder dies: services share it, a restore or an upgrade
needs it alone.
"""

import fcntl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from publisher.app import App
from publisher.errors import FileError, StoreError
from publisher.store import database_file


@contextmanager
def sharing(app: App) -> Iterator[None]:
    """The site is being served. Raises StoreError while its database is exchanged."""
    with _held(app, fcntl.LOCK_SH, "its database is being restored or upgraded just now; wait until that is done"):
        yield


@contextmanager
def alone(app: App) -> Iterator[None]:
    """Nobody serves the site, and nobody sends. Raises StoreError while somebody does."""
    why = "it is being served; stop `publisher run` and `publisher serve` first (systemctl stop publisher)"
    with _held(app, fcntl.LOCK_EX, why), ExitStack() as locks:
        # The same lock as the sender's on SQLite (delivery/engine.py).
        database = database_file(app.config.store.url, app.folder)
        if database is not None and database.exists():
            file = locks.enter_context(database.with_name(f"{database.name}.sender").open("w"))
            _lock(file.fileno(), fcntl.LOCK_EX, "an issue is being sent; wait until that is done, or stop it first")
        yield


@contextmanager
def _held(app: App, how: int, why: str) -> Iterator[None]:
    try:
        file = app.service_lock.open("a")
    except OSError as exc:
        raise FileError(f"{app.service_lock}: cannot be written ({exc.strerror}); mend the folder's rights") from exc
    with file:
        _lock(file.fileno(), how, f"{app.folder}: {why}")
        yield


def _lock(descriptor: int, how: int, why: str) -> None:
    try:
        fcntl.flock(descriptor, how | fcntl.LOCK_NB)
    except BlockingIOError:
        raise StoreError(f"{why}. Nothing was changed") from None
