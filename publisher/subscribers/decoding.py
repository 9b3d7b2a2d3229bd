"""Bytes of a list -> text, block by block, after one look at all of them.

In: a way to read the bytes, twice. The first reading finds what would stop us half-way (NUL bytes, another encoding in
the middle, too many bytes, an archive that breaks off), so that it is told before any row is. Never the whole is held.
"""

import codecs
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from publisher.records import Finding

MOST_BYTES = 500 * 1024 * 1024
BLOCK = 64 * 1024

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
SAVE = "open it in your spreadsheet and save it as CSV (UTF-8)"
EXCEL = f"this is an Excel file; {SAVE}"
_OLD_EXCEL = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_MAGIC = (
    (b"PK\x03\x04", "nested", "this is an archive within an archive; unpack it and import the lists in it"),
    (b"PK\x05\x06", "nested", "this is an archive within an archive; unpack it and import the lists in it"),
    (b"\x1f\x8b", "packed", "this is packed with gzip; unpack it first"),
    (b"%PDF", "not-text", "this is a PDF; export the list as CSV"),
)
_NOT_LIKE = {
    "utf-8": "is not UTF-8 like the lines before it",
    "utf-16-le": "is not UTF-16 like the lines before it",
    "utf-16-be": "is not UTF-16 like the lines before it",
    "cp1252": "is no text, neither UTF-8 nor Windows-1252",
}
_WEB_PAGE = re.compile(r"\s*<(?:!doctype|html|head|body|\?xml)", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Readable:
    """Bytes that can be read as text from beginning to end: their encoding, the mark before them, their number."""

    encoding: str
    mark: int
    size: int


def look_through(blocks: Iterator[bytes], place: str, most: int = MOST_BYTES) -> Readable | Finding:
    """One reading of all the bytes: how they can be read, or why they cannot."""
    first = next(blocks, b"")
    wrong = excel(first, place) or _wrong_kind(first, place)
    if wrong is not None:
        return wrong
    mark, encoding = next(((bom, name) for bom, name in _BOMS if first.startswith(bom)), (b"", "utf-8"))
    look = _Look(encoding=encoding, marked=bool(mark), place=place)
    size = len(first)
    wrong = look.at(first[len(mark) :])
    while wrong is None and (block := next(blocks, b"")):
        size += len(block)
        wrong = too_large(place) if size > most else look.at(block)
    wrong = wrong or look.end()
    return wrong or Readable(encoding=look.encoding, mark=len(mark), size=size)


def text_of(blocks: Iterator[bytes], readable: Readable, read: Callable[[int], None] = lambda n: None) -> Iterator[str]:
    """The second reading: the text, block by block; `read` is told the number of bytes of each."""
    decoder = codecs.getincrementaldecoder(readable.encoding)("replace")
    skip = readable.mark
    for block in blocks:
        yield decoder.decode(block[skip:])
        read(len(block))
        skip = 0
    yield decoder.decode(b"", final=True)


def excel(first: bytes, place: str) -> Finding | None:
    """Whether a file that begins so is one of Excel's, whole or cut off: a zip of XML, or what it wrote before."""
    zipped = first.startswith(b"PK") and (b"[Content_Types].xml" in first or b"xl/" in first)
    return problem("excel", place, EXCEL) if zipped or first.startswith(_OLD_EXCEL) else None


def is_web_page(text: str) -> bool:
    return bool(_WEB_PAGE.match(text))


def too_large(place: str) -> Finding:
    return problem("too-large", place, "it has more than 500 MB; check what it is, or split it")


def problem(code: str, place: str, mend: str) -> Finding:
    return Finding(code=code, severity="error", place=place, mend=mend)


def _wrong_kind(first: bytes, place: str) -> Finding | None:
    for magic, code, mend in _MAGIC:
        if first.startswith(magic):
            return problem(code, place, mend)
    return None


class _Look:
    """What is known of the bytes so far."""

    def __init__(self, *, encoding: str, marked: bool, place: str) -> None:
        self.encoding = encoding
        self._sure = marked
        self._place = place
        self._decoder = codecs.getincrementaldecoder(encoding)("strict")
        self._lines = 1

    def at(self, block: bytes, final: bool = False) -> Finding | None:
        if not self.encoding.startswith("utf-16") and b"\0" in block:
            return self._not_text("nul", self._lines + block[: block.index(0)].count(b"\n"), "has a NUL byte in it")
        try:
            text = self._decoder.decode(block, final)
        except UnicodeDecodeError as exc:
            return self._other(block, exc)
        if self.encoding == "utf-8":
            self._sure = self._sure or not text.isascii()
        elif "\0" in text:
            return self._not_text("nul", self._lines + text[: text.index("\0")].count("\n"), "has a NUL byte in it")
        self._lines += text.count("\n")
        return None

    def end(self) -> Finding | None:
        return self.at(b"", final=True)

    def _other(self, block: bytes, exc: UnicodeDecodeError) -> Finding | None:
        """Not UTF-8 from its first letter beyond ASCII on: then it is what Windows wrote; else it is broken."""
        before = exc.object[: exc.start]
        line = self._lines + before.count(b"\n")
        if self.encoding != "utf-8" or self._sure or not before.isascii():
            return self._not_text("not-text", line, _NOT_LIKE[self.encoding])
        self.encoding = "cp1252"
        self._decoder = codecs.getincrementaldecoder("cp1252")("strict")
        return self.at(exc.object)

    def _not_text(self, code: str, line: int, what: str) -> Finding:
        return problem(code, f"{self._place}:{line}", f"the line {what}; export the list again as CSV (UTF-8)")
