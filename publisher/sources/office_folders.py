"""A folder of an office's documents -> the files to read, in name order, and what is wrong with the others.

In: a folder and the time. Out: paths. Lock files, hidden and temporary ones, and those that are still being copied are
passed over without a word; a file that nobody here reads is left in, so that `read_document` tells what to do with it.
"""

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from publisher.records import Finding

ENDINGS = (".docx", ".md", ".markdown", ".html", ".htm", ".txt")
"""What is read; of two files with one name the one whose ending stands first here."""

FOREIGN = (".doc", ".docm", ".dot", ".dotx", ".odt", ".rtf", ".pages", ".wpd", ".wps")
"""What an office writes and nobody here reads: it is told, so that nobody waits for it."""

_PASSING = (".tmp", ".part", ".partial", ".crdownload", ".download", ".swp", ".bak", ".lock")


def documents_of(
    folder: Path, now: datetime, settled: timedelta = timedelta(seconds=10)
) -> tuple[list[Path], list[Finding]]:
    """The documents in it and below it. One that a folder hides, or that cannot be looked into, is a Finding.

    Of `story.docx` and `story.txt` only the first is read, for both would be the same article; a `story.doc` beside
    it is what it was made of.
    """
    problems: list[Finding] = []
    chosen: dict[Path, Path] = {}
    for path in sorted(_walk(folder, problems), key=lambda one: (one.with_suffix(""), _rank(one))):
        if not to_read(path, now, settled):
            continue
        first = chosen.setdefault(path.with_suffix(""), path)
        if first != path and path.suffix.lower() not in FOREIGN:
            mend = f"left out: {first.name} has the same name; give one of them another"
            problems.append(Finding(code="same-name", severity="warning", place=_shown(path, folder), mend=mend))
    return sorted(chosen.values()), problems


def own_id_of(path: Path, folder: Path) -> str:
    """The document's own id in its source: its path below the folder without its ending, the same everywhere."""
    return path.relative_to(folder).with_suffix("").as_posix()


def to_read(path: Path, now: datetime, settled: timedelta = timedelta(seconds=10)) -> bool:
    """Whether the file is a document, and whole: not hidden, no lock or temporary file, not empty, not being copied.

    What changed less than `settled` ago is left for the next time.
    """
    name = path.name.lower()
    if name.startswith(("~", ".")) or name.endswith((*_PASSING, "~")) or not name.endswith((*ENDINGS, *FOREIGN)):
        return False
    try:
        state = path.stat()
        changed = datetime.fromtimestamp(state.st_mtime, UTC)
    except (OSError, ValueError, OverflowError):  # it is gone again
        return False
    return path.is_file() and state.st_size > 0 and abs(now - changed) >= settled


def _walk(folder: Path, problems: list[Finding]) -> Iterator[Path]:
    def note(error: OSError) -> None:
        mend = f"the folder cannot be read ({error.strerror}); mend its rights"
        place = _shown(Path(error.filename), folder)
        problems.append(Finding(code="unreadable", severity="error", place=place, mend=mend))

    for at, below, names in os.walk(folder, onerror=note):
        below[:] = sorted(name for name in below if not name.startswith("."))
        yield from (Path(at) / name for name in names)


def _rank(path: Path) -> int:
    known = (*ENDINGS, *FOREIGN)
    return known.index(path.suffix.lower()) if path.suffix.lower() in known else len(known)


def _shown(path: Path, folder: Path) -> str:
    """A path that any terminal and document can carry: bytes that are no UTF-8 as question marks."""
    shorter = path.relative_to(folder) if path.is_relative_to(folder) and path != folder else path
    return str(shorter).encode("utf-8", "replace").decode("utf-8")
