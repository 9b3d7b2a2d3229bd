"""Puts a finished file in its place: whole or not at all, and not touched when nothing changed."""

import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Literal, TextIO

from publisher.errors import FileError

Written = Literal["written", "unchanged"]


def put(path: Path, document: bytes, drafts: Path | None = None, *, mode: int = 0o666) -> Written:
    """Write through another file, made durable and renamed over; equal bytes keep the file and its time.

    That file stands beside it, or in the folder `drafts` on the same disk, whose owner clears it after a crash. `mode`
    are the rights of a new file, less what the process's umask takes away.
    """
    try:
        if _bytes_of(path) == document:
            return "unchanged"
        draft = (drafts or path.parent) / f".{path.name}.{secrets.token_hex(4)}"
        try:
            with _made(draft, mode) as file:
                file.write(document)
                file.flush()
                os.fsync(file.fileno())
            _moved(draft, path)
        except BaseException:
            draft.unlink(missing_ok=True)
            raise
    except OSError as exc:
        raise FileError(f"{path}: cannot be written ({exc.strerror}); the file there before still stands") from exc
    return "written"


@contextmanager
def private(path: Path) -> Iterator[TextIO]:
    """A new text file that only its owner may read, written piece by piece; it takes its place when it is whole."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", newline="", encoding="utf-8") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError as exc:
        raise FileError(f"{path}: cannot be written ({exc.strerror}); choose another place") from exc
    finally:
        draft.unlink(missing_ok=True)


def _bytes_of(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def _moved(draft: Path, path: Path) -> None:
    try:
        draft.replace(path)
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.replace(path)


def _made(path: Path, mode: int) -> BinaryIO:
    """A new file; its folder is made when it is missing, which is rare."""
    new = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    try:
        return os.fdopen(os.open(path, new, mode), "wb")
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        return os.fdopen(os.open(path, new, mode), "wb")


def make_durable(folders: Iterable[Path]) -> None:
    """What was put into these folders stays there through a power cut: a renamed file is only sure with its folder."""
    for folder in folders:
        if folder.is_dir():
            descriptor = os.open(folder, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
