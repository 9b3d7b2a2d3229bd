"""Messages in files and folders, for reading them by hand.

In: a path, or bytes. Out: a name and at most 2 MB of each message.
"""

import contextlib
import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, TypeAlias

from publisher.errors import MailboxError

Message: TypeAlias = tuple[str, bytes]

MOST_BYTES = 2 * 1024 * 1024
_BLOCK = 64 * 1024
_ENVELOPE = re.compile(rb"From \S.{0,500}\d\d:\d\d")


def messages(path: Path) -> Iterator[Message]:
    """Every message in a file or in a folder, with its name there: sorted, hidden ones and links left out.

    A file that begins like an mbox is one. Raises MailboxError where nothing can be read.
    """
    with told_of(path, "this is not there or cannot be read; check the path"):
        entries = sorted(_regular(path, path)) if path.is_dir() else [path]
        for entry in entries:
            name = entry.relative_to(path).as_posix() if path.is_dir() else path.name
            with entry.open("rb") as stream:
                yield from _split(stream, name)


def messages_of(data: bytes, name: str = "-") -> Iterator[Message]:
    """The same for bytes that were handed to us."""
    return _split(BytesIO(data), name)


def _regular(folder: Path, root: Path) -> Iterator[Path]:
    for entry in folder.iterdir():
        if entry.name.startswith(".") or entry.is_symlink():
            continue
        if entry.is_dir():
            yield from _regular(entry, root)
        elif entry.is_file():
            yield entry


def _split(stream: BinaryIO, name: str) -> Iterator[Message]:
    """One message, or those of an mbox, numbered where there are several. Only one is held at a time."""
    first = stream.readline(_BLOCK)
    if not _ENVELOPE.match(first):
        yield name, (first + stream.read(MOST_BYTES))[:MOST_BYTES]
        return
    held: bytes | None = None
    count = 0
    for message in _of_mbox(first, stream):
        if held is not None:
            yield f"{name}#{count}", held
        held, count = message, count + 1
    yield (name if count == 1 else f"{name}#{count}"), held or b""


def _of_mbox(first: bytes, stream: BinaryIO) -> Iterator[bytes]:
    """A new message begins at a line like "From … 12:34" after an empty one."""
    kept = bytearray(first)
    after_empty = False
    while line := stream.readline(_BLOCK):
        if after_empty and _ENVELOPE.match(line):
            yield bytes(kept[:MOST_BYTES])
            kept.clear()
        if len(kept) < MOST_BYTES:
            kept += line
        after_empty = line in (b"\n", b"\r\n")
    yield bytes(kept[:MOST_BYTES])


@contextlib.contextmanager
def told_of(path: Path, mend: str) -> Iterator[None]:
    """Failures of the disk as one line that says what to mend."""
    try:
        yield
    except OSError as exc:
        raise MailboxError(f"{path}: {mend} ({exc.strerror})") from exc
