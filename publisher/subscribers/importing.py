"""A CSV of subscribers -> records and problems, line by line.

In: the bytes of our own format (header address,name,language,topics,consent_source,consent_at; topics separated by
semicolons). Out: a Subscriber or a Problem for each row; a bad row never stops the others.
"""

import csv
import io
import re
import secrets
from collections.abc import Iterator, Sequence
from typing import TypeAlias

from publisher.records import Problem, Subscriber
from publisher.subscribers.addresses import parse

COLUMNS = ("address", "name", "language", "topics", "consent_source", "consent_at")
_MOST_BYTES = 50 * 1024 * 1024

Row: TypeAlias = Subscriber | Problem


def read_csv(data: bytes, place: str, topics: Sequence[str]) -> Iterator[Row]:
    """Every row of the file. `topics` are the declared ones; an unknown topic is left out with a warning."""
    text = _decoded(data)
    if text is None:
        yield _problem("not-text", place, "this is not UTF-8 text; export it as CSV (UTF-8)")
        return
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = [name.strip().casefold() for name in next(reader, [])]
        if "address" not in header:
            mend = f"the first line must name the columns, with address among them: {','.join(COLUMNS)}"
            yield _problem("no-header", f"{place}:1", mend)
            return
        seen: dict[str, int] = {}
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield from _row(dict(zip(header, cells, strict=False)), f"{place}:{reader.line_num}", topics, seen)
    except csv.Error as exc:
        yield _problem(
            "bad-csv", f"{place}:{reader.line_num}", f"the line is not CSV ({exc}); mend its quotation marks"
        )


def _row(cells: dict[str, str], place: str, topics: Sequence[str], seen: dict[str, int]) -> Iterator[Row]:
    address = parse(cells.get("address", ""))
    if isinstance(address, str):
        yield _problem("bad-address", place, f"no valid address: {address}; mend or remove the line")
        return
    line = int(place.rpartition(":")[2])
    if address.key in seen:
        mend = f"the same address stands in line {seen[address.key]}; the first counts"
        yield Problem(code="double", severity="note", place=place, mend=mend)
        return
    seen[address.key] = line
    chosen = [_clean(topic) for topic in cells.get("topics", "").split(";") if topic.strip()]
    for unknown in (topic for topic in chosen if topic not in topics):
        mend = f'there is no topic "{unknown}"; known are {", ".join(topics)}'
        yield Problem(code="unknown-topic", severity="warning", place=place, mend=mend)
    language = _clean(cells.get("language", ""))
    yield Subscriber(
        address=address.written,
        address_key=address.key,
        public_id=secrets.token_hex(16),
        name=_clean(cells.get("name", ""))[:200] or None,
        language=language if re.fullmatch(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*", language) else None,
        topics=tuple(topic for topic in chosen if topic in topics),
        consent_source=_clean(cells.get("consent_source", "")) or None,
        consent_at=_clean(cells.get("consent_at", ""))[:40] or None,
    )


def _decoded(data: bytes) -> str | None:
    if len(data) > _MOST_BYTES or b"\0" in data:
        return None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None


def _clean(text: str) -> str:
    """One line without control characters: names end up in mails."""
    return re.sub(r"\s+", " ", "".join(c for c in text if c.isprintable() or c.isspace())).strip()


def _problem(code: str, place: str, mend: str) -> Problem:
    return Problem(code=code, severity="error", place=place, mend=mend)
