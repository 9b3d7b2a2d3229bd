"""A Maildir: each message is a file, and its flags are part of its name.

In: the folder that has new/ and cur/. Out: what is unread in it.
"""

import contextlib
import heapq
import stat
from collections.abc import Iterator
from pathlib import Path

from publisher.subscribers.mailboxes.files import MOST_BYTES, Message, told_of


class Maildir:
    """A folder in the Maildir format: what lies in new/, and in cur/ without the flag S, is unread."""

    def __init__(self, path: Path, most: int = 500) -> None:
        self._path = path
        self._most = most
        self._found: dict[str, Path] = {}

    def unread(self) -> Iterator[Message]:
        """The oldest first, by the time in their names. Raises MailboxError where there is no Maildir."""
        with told_of(self._path, "there is no Maildir to be read here; it needs the folders new and cur"):
            new = [entry for entry in (self._path / "new").iterdir() if not entry.name.startswith(".")]
            seen_before = (self._path / "cur").iterdir()
            new += [entry for entry in seen_before if not _has_seen(entry.name) and not entry.name.startswith(".")]
        for entry in heapq.nsmallest(self._most, new, key=lambda entry: (entry.name, entry.parent.name)):
            data = _beginning(entry)
            if data is not None:
                name = entry.name.split(":")[0]
                self._found[name] = entry
                yield name, data

    def done(self, name: str) -> None:
        """Moves the message to cur/ with the flag S; one that is gone meanwhile is done as well."""
        entry = self._found.pop(name, None)
        if entry is None:
            return
        base, _, flags = entry.name.partition(":2,")
        target = self._path / "cur" / f"{base}:2,{''.join(sorted({*flags, 'S'}))}"
        mend = "a message cannot be moved to cur; check who may write there"
        with told_of(self._path, mend), contextlib.suppress(FileNotFoundError):
            entry.rename(target)


def _beginning(entry: Path) -> bytes | None:
    """At most 2 MB of a regular file; None for anything else, and for what another reader moved meanwhile."""
    with told_of(entry.parent, "a message cannot be read; check who may"), contextlib.suppress(FileNotFoundError):
        if stat.S_ISREG(entry.lstat().st_mode):
            with entry.open("rb") as stream:
                return stream.read(MOST_BYTES)
    return None


def _has_seen(name: str) -> bool:
    return "S" in name.partition(":2,")[2]
