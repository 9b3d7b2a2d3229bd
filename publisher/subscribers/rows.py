"""Records of a table -> rows, and findings for the odd ones.

What has to be asked of each column is settled once, from the first line; then a million rows are read with no more
than that. Whoever asks finds in `told` what has to be said of the row before it, and takes it away.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import chain, islice
from typing import NamedTuple, TypeAlias

from publisher.records import Finding, Severity
from publisher.subscribers import statuses
from publisher.subscribers.addresses import judge, plain
from publisher.subscribers.cells import MOST_NAME, clean
from publisher.subscribers.decoding import problem
from publisher.subscribers.statuses import State
from publisher.subscribers.tables import CUT, MOST_RECORDS, TOO_BROKEN, TOO_LONG, TOO_MANY, Broken, Record

_NAMED = re.compile(r"\s*(?P<name>[^<>]*?)\s*<\s*(?P<address>[^<>\s]*)\s*>[\s,;]*")


class Row(NamedTuple):
    """One person of a list. A plain tuple, because a million of them are made."""

    line: int
    """The number of the line its record begins in, from 1."""
    address: str
    key: str
    state: str
    """"active", "unconfirmed", "left", or "unclear": may be listed, and we do not know as what. The row was rejected,
    and a finding says why; nothing else in the file makes this address one of a subscriber."""
    reason: str | None
    """Of a left one: "unsubscribed", "bounced" or "complained"."""
    name: str | None
    language: str | None
    topics: tuple[str, ...]
    newsletters: tuple[str, ...]
    consent_source: str | None
    consent_at: str | None
    """As the file says it."""
    paused_until: str | None
    """As our own format says it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the site declares: topics as slug -> title, and the names of its newsletters."""

    topics: Mapping[str, str]
    newsletters: tuple[str, ...]


_AROUND = ' \t\r\n,;"'
Cells: TypeAlias = list[str]
Told: TypeAlias = list[tuple[str, Severity, str]]
"""What has to be said of the row being read: code, severity, mend."""
_SEPARATED = re.compile(r"[,;\s|]")
_MOST_TRIED = 20
"""Cells of a rejected row that are tried for an address."""
_row: Callable[[tuple[object, ...]], Row] = partial(tuple.__new__, Row)


@dataclass(slots=True, kw_only=True)
class Columns:
    """What is asked of each row; where the table lacks a column it is None. `lenient`: "Name <address>" will do.

    A state, topics or newsletters that come back as None reject the row; why stands in `told`. A row of fewer cells
    than `reach` does not say who left.
    """

    width: int
    reach: int = 0
    address: Callable[[Cells], str]
    told: Told
    lenient: bool = False
    base: State = statuses.ACTIVE
    state: Callable[[Cells], State | None] | None = None
    name: Callable[[Cells], str | None] | None = None
    language: Callable[[Cells], str | None] | None = None
    topics: Callable[[Cells], tuple[str, ...] | None] | None = None
    newsletters: Callable[[Cells], tuple[str, ...] | None] | None = None
    consent_source: Callable[[Cells], str | None] | None = None
    consent_at: Callable[[Cells], str | None] | None = None
    paused_until: Callable[[Cells], str | None] | None = None


def rows_of(records: Iterator[Record], columns: Columns, place: str) -> Iterator[Row | Finding]:
    """Each record as a row, or why it is none. Local names, because this runs a million times."""
    width, told, base = columns.width, columns.told, columns.base
    address_of, state_of, name_of = columns.address, columns.state, columns.name
    language_of, topics_of, newsletters_of = columns.language, columns.topics, columns.newsletters
    source_of, at_of, paused_of = columns.consent_source, columns.consent_at, columns.paused_until
    for line, cells in records:
        if isinstance(cells, Broken):
            yield no_record(cells.why, place, line)
            yield from _unsure(_listed(cells.cells, columns), base, line)
            continue
        if len(cells) != width and not _fitted(cells, columns):
            yield from _misfit(cells, columns, place, line)
            continue
        address = plain(address_of(cells))
        if address is None:
            judged = judge(bare(address_of(cells)) if columns.lenient else address_of(cells))
            if isinstance(judged, str):
                yield from _no_address(judged, cells, columns, place, line)
                continue
            address = judged
        state = state_of(cells) if state_of else base
        name = name_of(cells) if name_of else None
        topics = topics_of(cells) if topics_of else ()
        language = language_of(cells) if language_of else None
        newsletters = newsletters_of(cells) if newsletters_of else ()
        if (topics is None or newsletters is None) and state and state[0] == "left":
            topics, newsletters = _left_without(told, topics, newsletters)
        if told:
            for code, severity, mend in told:
                yield Finding(code=code, severity=severity, place=f"{place}:{line}", mend=mend)
            told.clear()
        if state and topics is not None and newsletters is not None:
            yield _row((
                line, address[0], address[1], state[0], state[1], name, language, topics, newsletters,
                source_of(cells) if source_of else None, at_of(cells) if at_of else None,
                paused_of(cells) if paused_of else None,
            ))  # fmt: skip
        else:
            yield from _unsure(address, base, line)


def people_of(lines: Iterator[list[str]], base: State, place: str, header: bool) -> Iterator[Row | Finding]:
    """A plain list: one address a line, or `Name <address>`; the first line may say what it is a list of."""
    number, awaiting = 0, header
    state, reason = base
    judged: tuple[str, str] | str | None
    for batch in lines:
        for line in batch:
            number += 1
            if number > MOST_RECORDS:
                yield no_record(TOO_MANY, place, number)
                return
            if line.isspace() or awaiting:
                awaiting = awaiting and (line.isspace() or line[:4].casefold() == "sep=")
                continue
            name, judged = None, plain(line.strip(_AROUND))
            if judged is None:
                name, judged = person(line)
            if isinstance(judged, str):
                yield bad_address("the line has more than 1 MB" if line[0] == CUT else judged, place, number)
                yield from _unsure(_first_of(_SEPARATED.split(line.lstrip(CUT)[:1000])), base, number)
            else:
                address, key = judged
                yield _row((number, address, key, state, reason, name, None, (), (), None, None, None))


def person(line: str) -> tuple[str | None, tuple[str, str] | str]:
    """The name and the address in a line of a plain list, or why it holds none."""
    text = line.strip(_AROUND)
    if len(text) > 4 * MOST_NAME or "<" not in text:
        return None, judge(text)
    named = _NAMED.fullmatch(text)
    name = clean(named["name"].strip("\"' "))[:MOST_NAME].strip() if named else ""
    return name or None, judge(named["address"] if named else text)


def bare(text: str) -> str:
    """The address of `Name <address>`; anything else as it is."""
    named = _NAMED.fullmatch(text) if "<" in text and len(text) <= 4 * MOST_NAME else None
    return named["address"] if named else text


def bad_address(why: str, place: str, line: int) -> Finding:
    return problem("bad-address", f"{place}:{line}", f"no valid address: {why}; mend or remove the line")


def no_record(why: str, place: str, line: int) -> Finding:
    if why == TOO_MANY:
        mend = f"it has more than {MOST_RECORDS:,} rows, and the rest is not read; split it"
        return problem("too-many-rows", f"{place}:{line}", mend)
    if why == TOO_BROKEN:
        mend = "quotation marks are broken in very many lines, and the rest is not read; export the list again"
        return problem("too-broken", f"{place}:{line}", mend)
    if why == TOO_LONG:
        mend = "the row goes on for more than 1 MB; mend its quotation marks, or remove it"
        return problem("bad-csv", f"{place}:{line}", mend)
    return problem("bad-csv", f"{place}:{line}", f"the line is not CSV ({why}); mend its quotation marks")


def _left_without(
    told: Told, topics: tuple[str, ...] | None, newsletters: tuple[str, ...] | None
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Who left must not be lost for a topic or a newsletter that is gone."""
    told[:] = [one for one in told if one[1] != "error"]
    return topics or (), newsletters or ()


def _unsure(address: tuple[str, str] | None, base: State, line: int) -> Iterator[Row]:
    """What becomes of the address of a row that is rejected: in a list of people who left it has left."""
    if address:
        state = base if base[0] == "left" else statuses.UNCLEAR
        yield Row(line, *address, *state, None, None, (), (), None, None, None)


def _listed(cells: Cells, columns: Columns) -> tuple[str, str] | None:
    """The address of a row whose cells may be displaced: in its column, else the first that is one."""
    padded = cells + [""] * (columns.width - len(cells))
    return _first_of(chain([columns.address(padded)], cells))


def _first_of(cells: Iterable[str]) -> tuple[str, str] | None:
    for cell in islice((cell for cell in cells if "@" in cell), _MOST_TRIED):
        judged = judge(bare(cell.strip()))
        if not isinstance(judged, str):
            return judged
    return None


def _fitted(cells: Cells, columns: Columns) -> bool:
    """Cells that a row leaves off at its end are empty; empty ones beyond the last column do not count.

    But where they would tell who left, nothing is not the same as empty.
    """
    width = columns.width
    if len(cells) < columns.reach or not cells or any(cell.strip() for cell in cells[width:]):
        return False
    cells.extend([""] * (width - len(cells)))
    return True


def _misfit(cells: Cells, columns: Columns, place: str, line: int) -> Iterator[Row | Finding]:
    if not any(cell.strip() for cell in cells):
        return
    if len(cells) > columns.width:
        mend = f"{len(cells)} columns where the first line names {columns.width}; put quotation marks around commas"
        yield problem("bad-csv", f"{place}:{line}", mend)
    else:
        mend = "it ends before the column that tells who left; fill in the cells it lacks"
        yield problem("short-row", f"{place}:{line}", mend)
    yield from _unsure(_listed(cells, columns), columns.base, line)


def _no_address(why: str, cells: Cells, columns: Columns, place: str, line: int) -> Iterator[Row | Finding]:
    if any(cell.strip() for cell in cells):
        yield bad_address(why, place, line)
        yield from _unsure(_first_of([columns.address(cells)]), columns.base, line)
