"""What the columns of our own CSV say: the one format that states consent, and whose mistakes are told in full.

A topic or a newsletter that is unknown is left out with a warning; a row with only unknown ones is rejected, for none
would mean all. Only here is the apostrophe taken back that our export puts before cells a spreadsheet would run.
"""

import difflib
from collections.abc import Callable, Iterator, Sequence

from publisher.records import Finding, is_language
from publisher.subscribers import standing, statuses
from publisher.subscribers.cells import MOST_NAME, clean, restored, shown
from publisher.subscribers.formats import COLUMNS, Header, label
from publisher.subscribers.rows import Cells, Columns, Known, Told
from publisher.subscribers.statuses import State

_MOST_KEPT = 10_000
_LONGEST_KEPT = 500
"""So many different cells of a column are remembered with their meaning, and none that is longer."""
_MOST_DATE = 40


def own(header: Header) -> dict[str, int]:
    """Where each column of ours stands."""
    return {name: header.labels.index(label(name)) for name in COLUMNS if label(name) in header.labels}


def columns(header: Header, known: Known, base: State = statuses.ACTIVE) -> Columns:
    """`base` is what a row is taken as that says nothing. What other programs call a status counts here too."""
    at = own(header)
    told: Told = []
    found = Columns(width=len(header.labels), address=_text(at["address"]), told=told, base=base)
    others = standing.telling(header, frozenset(at.values()))
    found.reach = max(others.reach, 1 + at.get("state", at.get("reason", -1)))
    if "name" in at:
        found.name = _line(at["name"], MOST_NAME)
    if "language" in at:
        found.language = _language(at["language"], told)
    if "topics" in at:
        found.topics = _topics(at["topics"], tuple(known.topics), told)
    if "newsletters" in at:
        found.newsletters = _newsletters(at["newsletters"], known.newsletters, told)
    found.state = standing.state_of(header, others, base, told)
    if "state" in at or "reason" in at:
        found.state = _worse(_state(at.get("state"), at.get("reason"), base, told), found.state)
    if "consent_source" in at:
        found.consent_source = _line(at["consent_source"], MOST_NAME)
    if "consent_at" in at:
        found.consent_at = _line(at["consent_at"], _MOST_DATE)
    if "paused_until" in at:
        found.paused_until = _line(at["paused_until"], _MOST_DATE)
    return found


def unknown_columns(header: Header, place: str) -> Iterator[Finding]:
    at = frozenset(own(header).values())
    told = standing.telling(header, at)
    known = at.union(told.read, told.unclear)
    for name in (name for column, name in enumerate(header.names) if header.labels[column] and column not in known):
        close = difflib.get_close_matches(name.strip().casefold(), COLUMNS, n=1)
        hint = f'did you mean "{close[0]}"?' if close else f"known are {','.join(COLUMNS)}"
        mend = f'the column "{shown(name)}" is not read; {hint}'
        yield Finding(code="unknown-column", severity="warning", place=place, mend=mend)


def _text(column: int) -> Callable[[Cells], str]:
    def read(cells: Cells) -> str:
        text = cells[column]
        return restored(text) if text[:1] == "'" else text

    return read


def _line(column: int, most: int) -> Callable[[Cells], str | None]:
    text_of = _text(column)

    def read(cells: Cells) -> str | None:
        text = clean(text_of(cells))
        return (text if len(text) <= most else text[:most].rstrip()) or None

    return read


def _language(column: int, told: Told) -> Callable[[Cells], str | None]:
    text_of = _text(column)

    def read(cells: Cells) -> str | None:
        language = clean(text_of(cells))
        if not language or is_language(language):
            return language or None
        mend = f'"{shown(language)}" is no language tag and is left out; write it like en, es or pt-BR'
        told.append(("bad-language", "warning", mend))
        return None

    return read


def _topics(column: int, known: Sequence[str], told: Told) -> Callable[[Cells], tuple[str, ...] | None]:
    declared, seen, text_of = frozenset(known), dict[str, tuple[str, ...]](), _text(column)

    def read(cells: Cells) -> tuple[str, ...] | None:
        cell = text_of(cells)
        chosen = seen.get(cell)
        if chosen is not None:
            return chosen
        chosen, unknown = _parted(cell, declared)
        if not unknown:
            keep = len(seen) < _MOST_KEPT and len(cell) <= _LONGEST_KEPT
            return seen.setdefault(cell, chosen) if keep else chosen
        for one in unknown:
            mend = f'there is no topic "{shown(one)}"; known are {", ".join(known)}'
            told.append(("unknown-topic", "warning", mend))
        if chosen:
            return chosen
        told.append(("no-topic", "error", "none of the topics is known, and none would mean all; mend the line"))
        return None

    return read


def _newsletters(column: int, known: Sequence[str], told: Told) -> Callable[[Cells], tuple[str, ...] | None]:
    declared, text_of = frozenset(known), _text(column)

    def read(cells: Cells) -> tuple[str, ...] | None:
        chosen, unknown = _parted(text_of(cells), declared)
        for one in unknown:
            mend = f'there is no newsletter "{shown(one)}"; known are {", ".join(known)}'
            told.append(("unknown-newsletter", "warning", mend))
        if unknown and not chosen:
            mend = "none of the newsletters is known, and none would mean any; mend the line"
            told.append(("no-newsletter", "error", mend))
            return None
        return chosen

    return read


def _parted(cell: str, declared: frozenset[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The declared ones of a cell's words, each once, and the others."""
    if not cell:
        return (), ()
    words = [clean(word) for word in cell.split(";") if word.strip()]
    return tuple(dict.fromkeys(w for w in words if w in declared)), tuple(w for w in words if w not in declared)


def _worse(
    ours: Callable[[Cells], State | None], theirs: Callable[[Cells], State | None] | None
) -> Callable[[Cells], State | None]:
    """What our own columns say and what others do: leaving wins, and what is not understood is no yes."""
    if theirs is None:
        return ours

    def read(cells: Cells) -> State | None:
        one, other = ours(cells), theirs(cells)
        left = next((state for state in (one, other) if state and state[0] == "left"), None)
        return statuses.worse(one, other) if one and other else left

    return read


def _state(state_at: int | None, reason_at: int | None, base: State, told: Told) -> Callable[[Cells], State | None]:
    state_of = _text(state_at) if state_at is not None else None
    reason_of = _text(reason_at) if reason_at is not None else None

    def read(cells: Cells) -> State | None:
        word = state_of(cells).strip() if state_of else ""
        reason = reason_of(cells).strip().casefold() if reason_of else ""
        state = statuses.meaning(word) if word else base
        if state is None:
            mend = f'"{shown(word)}" is no state; write active, unconfirmed or left'
            told.append(("unknown-status", "error", mend))
            return None
        why = statuses.meaning(reason) if reason else None
        if why and why[0] == "left":
            return why
        if reason and not word and state[0] != "left":
            told.append(("unknown-reason", "error", f'"{shown(reason)}" is no reason we know; fill in the state'))
            return None
        if reason and state[0] == "left":
            mend = f'"{shown(reason)}" is no reason for having left; taken as unsubscribed'
            told.append(("unknown-reason", "warning", mend))
        return state

    return read
