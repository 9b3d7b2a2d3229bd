"""Text of a CSV, block by block -> records with the line each begins in.

A record that is broken is told and reading goes on in the line after its first, so a lost quotation mark costs one
line. To go back there, the lines of the record being read are kept, and only these; how far a record may reach and how
much may be read again is bounded, so that no file can make this slow or large.
"""

import csv
import io
from collections.abc import Iterator
from itertools import chain
from typing import TypeAlias

MOST_COLUMNS = 200
MOST_RECORDS = 2_000_000
MOST_LINE = 1024 * 1024
"""Characters of a line, and of a record."""
_MOST_AGAIN = 32 * 1024 * 1024
"""Characters that may be read again for quotation marks that never end, besides four times what was read so far."""
CUT = "\0\n"
"""Stands for a line that is too long; no text that is read has a NUL of its own."""

Record: TypeAlias = tuple[int, list[str] | str]
"""The number of its first line, and its cells or why it is none."""

TOO_LONG = "too long"
TOO_BROKEN = "too many quotation marks never end"
TOO_MANY = "too many records"


def lines_of(blocks: Iterator[str]) -> Iterator[list[str]]:
    """The lines of each block, with their ends (LF, CRLF or CR). A line that is too long becomes a mark."""
    tail = ""
    for block in blocks:
        if len(tail) > MOST_LINE and "\n" not in block and "\r" not in block:
            continue
        lines = list(io.StringIO(tail + block, newline=""))
        # What ends without LF may go on in the next block; what ends in CR too, with the LF.
        tail = lines.pop() if lines and not lines[-1].endswith("\n") else ""
        if len(tail) > MOST_LINE or any(len(line) > MOST_LINE for line in lines[:1]):
            tail = tail[: MOST_LINE + 1]
            lines = [line if len(line) <= MOST_LINE else CUT for line in lines]
        if lines:
            yield lines
    if tail:
        yield [tail if len(tail) <= MOST_LINE else CUT]


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
                    yield begun + 1, TOO_MANY
                    return
                if cells == ["\0"]:
                    yield begun + 1, TOO_LONG
                else:
                    yield begun + 1, cells
                begun = held.begun = start + rows.line_num
            return
        except csv.Error as exc:
            yield begun + 1, str(exc)
        again += held.length(begun + 1, start + rows.line_num)
        start = held.begun = begun + 1
        if again > _MOST_AGAIN + 4 * held.read:
            yield start + 1, TOO_BROKEN
            return


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

    def length(self, start: int, end: int) -> int:
        """How many characters the kept lines from `start` to before `end` have."""
        return sum(
            sum(map(len, lines[max(0, start - first) : end - first]))
            for first, lines, _ in self._kept
            if start < first + len(lines) and first < end
        )
