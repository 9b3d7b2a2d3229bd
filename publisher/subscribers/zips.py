"""A zip of lists -> its members, each to be read as bytes, block by block, without unpacking anything to disk.

Nothing in the zip is believed: what comes out is counted while it comes, and names are only shown.
"""

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from publisher.errors import SourceError
from publisher.records import Finding
from publisher.subscribers.decoding import BLOCK, EXCEL, SAVE, excel, problem

MAGIC = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_BROKEN = (
    zipfile.BadZipFile, zlib.error, struct.error, EOFError, ValueError, NotImplementedError, RuntimeError,
    OverflowError, LookupError, OSError,
)  # fmt: skip
"""What zipfile raises on zips that are cut off, forged or of another kind."""
_MOST_INDEX = 1024 * 1024
"""Bytes of the table of contents; more would be some ten thousand files."""
_LISTS = (".csv", ".txt", ".tsv")


class _Bounded(io.BufferedReader):
    """zipfile reads a table of contents whole, however long it says it is."""

    def read(self, size: int | None = -1, /) -> bytes:
        if size is not None and size > _MOST_INDEX:
            raise zipfile.BadZipFile("table of contents too long")
        return super().read(size)


def lists_in(path: Path, place: str) -> list[zipfile.ZipInfo] | Finding:
    """The members that may be lists, in the zip's order, or why there are none to read."""
    try:
        with _opened(path) as archive:
            return _lists(archive, place)
    except _BROKEN:
        with path.open("rb") as file:
            return excel(file.read(BLOCK), place) or broken(place)


def blocks(path: Path, info: zipfile.ZipInfo) -> Iterator[bytes]:
    """The bytes of a member. Raises SourceError where it is cut off or not what it says."""
    try:
        with _opened(path) as archive, archive.open(info) as member:
            while block := member.read(BLOCK):
                yield block
    except _BROKEN as exc:
        raise SourceError(f"{path}: the zip is damaged; download it again") from exc


def last_part(name: str) -> str:
    """All that we look at and show of a member's name: it is never a path."""
    return PurePosixPath(name.replace("\\", "/")).name


def broken(place: str) -> Finding:
    return problem("broken-zip", place, "the zip is damaged or breaks off; download it again")


@contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
    with _Bounded(io.FileIO(path)) as file, zipfile.ZipFile(file) as archive:
        yield archive


def _lists(archive: zipfile.ZipFile, place: str) -> list[zipfile.ZipInfo] | Finding:
    files = [info for info in archive.infolist() if not info.is_dir() and not _is_litter(info.filename)]
    names = [info.filename.casefold() for info in files]
    if any(name.startswith(("[content_types].xml", "xl/", "content.xml")) for name in names):
        return problem("excel", place, EXCEL)
    lists = [info for info in files if info.filename.casefold().endswith(_LISTS)]
    if not lists:
        if any(name.endswith((".xlsx", ".xls", ".ods")) for name in names):
            return problem("excel", place, f"the zip holds no CSV but another kind of file; {SAVE}")
        nested = any(name.endswith(".zip") for name in names)
        what = "an archive within an archive; unpack it and import" if nested else "a zip without a list; import"
        return problem("nested" if nested else "no-list", place, f"this is {what} the .csv files themselves")
    if any(info.flag_bits & 1 for info in lists):
        return problem("locked", place, "the zip is locked with a password; unpack it and import the lists in it")
    if any(info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for info in lists):
        return problem("packed", place, "the zip is packed in an unusual way; unpack it and import the lists in it")
    return lists


def _is_litter(name: str) -> bool:
    """What a Mac leaves in its zips."""
    return name.startswith("__MACOSX/") or last_part(name).startswith("._")
