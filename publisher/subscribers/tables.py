"""Text of a CSV, block by block -> records with the line each begins in.

A record that is broken is told and reading goes on in the line after its first, so a lost quotation mark costs one
line. To go back there, the lines of the record being read are kept, and only these; how far a record may reach and how
much may be read again is bounded, so that no file can make this slow or large.
"""

import csv
import io
import re
from collections.abc import Iterator
from itertools import chain
from typing import NamedTuple, TypeAlias

MOST_COLUMNS = 200
MOST_RECORDS = 2_000_000
MOST_LINE = 1024 * 1024
"""Characters of a line, and of a record."""
_MOST_AGAIN = 32 * 1024 * 1024
"""Characters that may be read again for quotation marks that never end, besides four times what was read so far."""
CUT = "\0"
"""Begins what is kept of a line that is too long; no text that is read has a NUL of its own."""
_KEPT_OF_A_LINE = 1000


class Broken(NamedTuple):
    """Why there is no record, and what cells its first line seems to have: it may well name somebody."""

    why: str
    cells: list[str]


Record: TypeAlias = tuple[int, list[str] | Broken]
"""The number of its first line, and its cells or why it has none."""

TOO_LONG = "too long"
TOO_BROKEN = "too many quotation marks never end"
TOO_MANY = "too many records"


def lines_of(blocks: Iterator[str]) -> Iterator[list[str]]:
    """The lines of each block, with their ends (LF, CRLF or CR). Of one that is too long its beginning, marked."""
    tail = ""
    for block in blocks:
        if len(tail) > MOST_LINE and "\n" not in block and "\r" not in block:
            continue
        lines = list(io.StringIO(tail + block, newline=""))
        # What ends without LF may go on in the next block; what ends in CR too, with the LF.
        tail = lines.pop() if lines and not lines[-1].endswith("\n") else ""
        if len(tail) > MOST_LINE or any(len(line) > MOST_LINE for line in lines[:1]):
            tail = tail[: MOST_LINE + 1]
            lines = [line if len(line) <= MOST_LINE else _cut(line) for line in lines]
        if lines:
            yield lines
    if tail:
        yield [tail if len(tail) <= MOST_LINE else _cut(tail)]


def _cut(line: str) -> str:
    """Without the marks by which a line may go on in the next."""
    return CUT + re.sub(r'["\\\r\n]', "", line[:_KEPT_OF_A_LINE]) + "\n"


def records(lines: Iterator[list[str]], separator: str, escape: str | None = None) -> Iterator[Record]:
    """Every record; the last one may be TOO_BROKEN or TOO_MANY, and then nothing more of the file is read."""
    held = _Held(lines)
    start = again = number = 0
    while True:
        rows = csv.reader(
            chain.from_iterable(held.handed_from(start)), strict=True, delimiter=separator, escapechar=escape
        )
        begun = start
        try:
            for cells in rows:
                number += 1
                if number > MOST_RECORDS:
                    yield begun + 1, Broken(TOO_MANY, [])
                    return
                if cells and cells[0][:1] == CUT:
                    yield begun + 1, Broken(TOO_LONG, [cells[0][1:], *cells[1:MOST_COLUMNS]])
                else:
                    yield begun + 1, cells
                begun = held.begun = start + rows.line_num
            return
        except csv.Error as exc:
            yield begun + 1, Broken(str(exc), _seeming(held.line(begun), separator))
        again += held.length(begun + 1, start + rows.line_num)
        start = held.begun = begun + 1
        if again > _MOST_AGAIN + 4 * held.read:
            yield start + 1, Broken(TOO_BROKEN, [])
            return


def _seeming(line: str, separator: str) -> list[str]:
    return [cell.strip('" \t\r\n') for cell in line.split(separator, MOST_COLUMNS)[:MOST_COLUMNS]]


class _Held:
    """Hands out lists of lines and keeps those that may have to be read again: from line `begun` (0-based) on."""

    def __init__(self, lists: Iterator[list[str]]) -> None:
        self.begun = 0
        self.read = 0
        self._lists = lists
        self._kept: list[tuple[int, list[str], int]] = []
        self._next = 0

    def handed_from(self, start: int) -> Iterator[list[str]]:
        for first, lines, _ in list(self._kept):
            if first + len(lines) > start:
                yield lines[start - first :] if first < start else lines
        while True:
            self._kept = [one for one in self._kept if one[0] + len(one[1]) > self.begun]
            if sum(length for _, _, length in self._kept[1:]) > MOST_LINE:
                raise csv.Error(TOO_LONG)
            try:
                lines = next(self._lists)
            except StopIteration:
                return
            self._kept.append((self._next, lines, sum(map(len, lines))))
            self._next += len(lines)
            self.read += self._kept[-1][2]
            yield lines

    def line(self, number: int) -> str:
        """The kept line of this number (0-based)."""
        found = (lines[number - first] for first, lines, _ in self._kept if first <= number < first + len(lines))
        return next(found, "")

    def length(self, start: int, end: int) -> int:
        """How many characters the kept lines from `start` to before `end` have."""
        return sum(
            sum(map(len, lines[max(0, start - first) : end - first]))
            for first, lines, _ in self._kept
            if start < first + len(lines) and first < end
        )
