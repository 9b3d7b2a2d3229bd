"""A CSV of subscribers -> records and problems, line by line.

In: the bytes of our own format (header address,name,language,topics,consent_source,consent_at; topics separated by
semicolons). Out: a Subscriber or a Finding for each row; a bad row never stops the others.
"""

import csv
import difflib
import io
import re
import secrets
from collections.abc import Iterator, Sequence
from typing import TypeAlias

from publisher.records import Finding, Subscriber, is_language
from publisher.subscribers.addresses import parse

COLUMNS = ("address", "name", "language", "topics", "consent_source", "consent_at")
_MOST_BYTES = 50 * 1024 * 1024

Row: TypeAlias = Subscriber | Finding


def read_csv(data: bytes, place: str, topics: Sequence[str]) -> Iterator[Row]:
    """Every row of the file. `topics` are the declared ones; an unknown topic is left out with a warning."""
    text = _decoded(data, place)
    if isinstance(text, Finding):
        yield text
        return
    records = _records(text)
    _, first = next(records, (1, []))
    header = [name.strip().casefold() for name in first] if isinstance(first, list) else []
    if "address" not in header:
        mend = f"the first line must name the columns, with address among them: {','.join(COLUMNS)}"
        yield _problem("no-header", f"{place}:1", mend)
        return
    for unknown in (name for name in header if name and name not in COLUMNS):
        close = difflib.get_close_matches(unknown, COLUMNS, n=1)
        hint = f'did you mean "{close[0]}"?' if close else f"known are {','.join(COLUMNS)}"
        mend = f'the column "{_clean(unknown)}" is not read; {hint}'
        yield Finding(code="unknown-column", severity="warning", place=f"{place}:1", mend=mend)
    seen: dict[str, int] = {}
    for line, cells in records:
        if isinstance(cells, str):
            mend = f"the line is not CSV ({cells}); mend its quotation marks"
            yield _problem("bad-csv", f"{place}:{line}", mend)
        elif any(cell.strip() for cell in cells[len(header) :]):
            mend = f"{len(cells)} columns where the first line names {len(header)}; put quotation marks around commas"
            yield _problem("bad-csv", f"{place}:{line}", mend)
        elif any(cell.strip() for cell in cells):
            yield from _row(dict(zip(header, cells, strict=False)), f"{place}:{line}", topics, seen)


def _records(text: str) -> Iterator[tuple[int, list[str] | str]]:
    """Each record with the line it begins in: its cells, or why it is none. Reading goes on in the next line."""
    lines = list(io.StringIO(text, newline=""))
    start = 0
    while start < len(lines):
        reader = csv.reader((lines[i] for i in range(start, len(lines))), strict=True)
        begun = 0
        try:
            for cells in reader:
                yield start + begun + 1, cells
                begun = reader.line_num
            return
        except csv.Error as exc:
            yield start + begun + 1, str(exc)
            start += begun + 1


def _row(cells: dict[str, str], place: str, topics: Sequence[str], seen: dict[str, int]) -> Iterator[Row]:
    address = parse(cells.get("address", ""))
    if isinstance(address, str):
        yield _problem("bad-address", place, f"no valid address: {address}; mend or remove the line")
        return
    line = int(place.rpartition(":")[2])
    if address.key in seen:
        mend = f"the same address stands in line {seen[address.key]}; the first counts"
        yield Finding(code="double", severity="note", place=place, mend=mend)
        return
    seen[address.key] = line
    chosen = [_clean(topic) for topic in cells.get("topics", "").split(";") if topic.strip()]
    for unknown in (topic for topic in chosen if topic not in topics):
        mend = f'there is no topic "{unknown}"; known are {", ".join(topics)}'
        yield Finding(code="unknown-topic", severity="warning", place=place, mend=mend)
    if chosen and not any(topic in topics for topic in chosen):
        yield _problem("no-topic", place, "none of the topics is known, and none would mean all; mend the line")
        return
    language = _clean(cells.get("language", ""))
    if language and not is_language(language):
        mend = f'"{language}" is no language tag and is left out; write it like en, es or pt-BR'
        yield Finding(code="bad-language", severity="warning", place=place, mend=mend)
    yield Subscriber(
        address=address.written,
        address_key=address.key,
        public_id=secrets.token_hex(16),
        name=_clean(cells.get("name", ""))[:200] or None,
        language=language if is_language(language) else None,
        topics=tuple(dict.fromkeys(topic for topic in chosen if topic in topics)),
        consent_source=_clean(cells.get("consent_source", "")) or None,
        consent_at=_clean(cells.get("consent_at", ""))[:40] or None,
    )


def _decoded(data: bytes, place: str) -> str | Finding:
    if len(data) > _MOST_BYTES:
        return _problem("too-large", place, "the file has more than 50 MB; check what it is, or split it")
    mend = "this is not UTF-8 text; export it as CSV (UTF-8)"
    if b"\0" in data:
        return _problem("not-text", place, mend)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        line = data[: exc.start].count(b"\n") + 1
        return _problem("not-text", f"{place}:{line}", mend)


def _clean(text: str) -> str:
    """One line without control characters: names end up in mails."""
    return re.sub(r"\s+", " ", "".join(c for c in text if c.isprintable() or c.isspace())).strip()


def _problem(code: str, place: str, mend: str) -> Finding:
    return Finding(code=code, severity="error", place=place, mend=mend)
