"""A list of subscribers in a file -> rows and findings, as a stream.

look through | recognise | read -> a Sheet for each table: one for a CSV or a plain list, one for each list of a zip.
What is wrong with a file as a whole is told before any row of it; doubles are left to the store.
"""

import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from publisher.errors import SourceError
from publisher.records import Finding
from publisher.subscribers import ours, standing, statuses, theirs, zips
from publisher.subscribers.cells import shown
from publisher.subscribers.decoding import BLOCK, MOST_BYTES, problem, text_of
from publisher.subscribers.formats import OURS, PLAIN, Header
from publisher.subscribers.recognise import Source, Table, from_header, recognise
from publisher.subscribers.rows import Known, Row, people_of, rows_of
from publisher.subscribers.statuses import State
from publisher.subscribers.tables import Record, lines_of

NO_LIST = "no list"
UNREADABLE = frozenset(
    {
        "broken-zip", "changed", "empty", "excel", "locked", "nested", "no-header", "no-list", "not-text", "nul",
        "packed", "too-broken", "too-large", "too-many-columns", "too-many-rows", "unclear-column",
        "unclear-name", "web-page",
    }
)  # fmt: skip
"""Codes of findings that speak of a whole file, not of a row: all of it, or the rest of it, was not read."""
_LISTS_OF_A_ZIP = 20
_ENABLED = (
    "this export of listmonk does not tell who left a list; import as well what listmonk exports of each list "
    'filtered to unsubscribed people, in files named "unsubscribed…"'
)
_NO_TABLE = ("no-header", "empty")
"""Findings of a member that is no list, which a zip may well hold beside one that is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One table: a file, or one member of a zip. `program` wrote it; `rows` can be read once."""

    place: str
    program: str
    rows: Iterator[Row | Finding]


def read_list(path: Path, known: Known, read_bytes: Callable[[int], None] = lambda n: None) -> Iterator[Sheet]:
    """Every table of the file; `read_bytes` is told now and then how many of its bytes were read since.

    What is no list gives a Sheet with one Finding. Raises SourceError where the file cannot be read at all.
    """
    sources, size = _opened(path, shown(path.name))
    if isinstance(sources, Finding):
        yield _unread(shown(path.name), sources)
        return
    given = 0

    def read(number: int) -> None:
        nonlocal given
        given += number
        read_bytes(number)

    yield from _sheets(sources, known, read)
    if given < size:
        read_bytes(size - given)


def _opened(path: Path, place: str) -> tuple[list[Source] | Finding, int]:
    """The lists in the file, and its size."""
    try:
        if path.exists() and not path.is_file():
            raise ValueError("it is a folder" if path.is_dir() else "it is no file")
        with path.open("rb") as file:
            zipped = file.read(4) in zips.MAGIC
        size = path.stat().st_size
        return (_members(path, place) if zipped else [_file(path, place, size)]), size
    except (OSError, ValueError) as exc:
        why = exc.strerror if isinstance(exc, OSError) and exc.strerror else str(exc)
        raise SourceError(f"{path}: cannot be read ({why}); mend its path or its rights") from exc


def _file(path: Path, place: str, size: int) -> Source:
    def blocks() -> Iterator[bytes]:
        try:
            with path.open("rb") as file:
                while block := file.read(BLOCK):
                    yield block
        except OSError as exc:
            raise SourceError(f"{path}: cannot be read ({exc.strerror}); try again") from exc

    return Source(place=place, name=path.name, packed=size, blocks=blocks)


def _members(path: Path, place: str) -> list[Source] | Finding:
    found = zips.lists_in(path, place)
    if isinstance(found, Finding):
        return found
    if len(found) > _LISTS_OF_A_ZIP:
        return problem("too-large", place, f"the zip holds more than {_LISTS_OF_A_ZIP} lists; import them one by one")
    return [_member(path, info, place) for info in found]


def _member(path: Path, info: zipfile.ZipInfo, place: str) -> Source:
    name = zips.last_part(info.filename)
    return Source(
        place=f"{place}/{shown(name)}",
        name=name,
        packed=info.compress_size,
        blocks=lambda: zips.blocks(path, info),
    )


def _sheets(sources: list[Source], known: Known, read: Callable[[int], None]) -> Iterator[Sheet]:
    """All are looked through before the first is read: a zip that breaks off gives nothing but that."""
    tables, left = [], MOST_BYTES
    for source in sources:
        table = recognise(source, left)
        left -= table.readable.size if isinstance(table, Table) else 0
        tables.append(table)
    pairs = list(zip(sources, tables, strict=True))
    broken = [(source, table) for source, table in pairs if isinstance(table, Finding) and table.code not in _NO_TABLE]
    some = any(isinstance(table, Table) for table in tables)
    for source, table in broken or pairs:
        if isinstance(table, Table):
            yield Sheet(place=source.place, program=table.program, rows=_rows(source, table, known, read))
        elif some and not broken:
            mend = "no column of it holds addresses, so it is not read"
            yield _unread(
                source.place, replace(table, code="not-a-list", severity="note", place=source.place, mend=mend)
            )
        else:
            yield _unread(source.place, table)


def _unread(place: str, finding: Finding) -> Sheet:
    return Sheet(place=place, program=NO_LIST, rows=iter([finding]))


def _rows(source: Source, table: Table, known: Known, read: Callable[[int], None]) -> Iterator[Row | Finding]:
    place, readable = source.place, table.readable
    kind = _kind(source.name, table)
    yield from _remarks(table, place, kind)
    if kind == statuses.UNCLEAR:
        return
    text = text_of(source.blocks(), readable, _in_proportion(source.packed, readable.size, read))
    try:
        if table.header is None or table.program == PLAIN:
            yield from people_of(lines_of(text), kind or statuses.ACTIVE, place, table.header is not None)
        else:
            records = from_header(lines_of(text), table.separator, table.header.escape)
            yield from _of_table(table.header, records, place, known, kind)
    except SourceError:
        yield problem("changed", place, "it changed while it was read; import it again")


def _kind(name: str, table: Table) -> State | None:
    """What the file's name says of all in it; UNCLEAR where that matters and cannot be told.

    Another program's status may speak of more than this list, so a name that says they left wins over it; our own state
    wins over the name.
    """
    kind = statuses.kind_of_file(name, table.program == "Mailchimp")
    if table.header is None or kind is None:
        return kind
    has_state = table.program == OURS and "state" in table.header.labels
    is_told = has_state or standing.telling(table.header).is_told
    return None if kind == statuses.UNCLEAR and is_told else kind


def _remarks(table: Table, place: str, kind: State | None) -> Iterator[Finding]:
    """What to look at before anything is imported."""
    if table.readable.encoding == "cp1252":
        mend = "it is not UTF-8, so its letters are read as Windows-1252; look whether the names are right"
        yield Finding(code="windows-letters", severity="note", place=place, mend=mend)
    if kind == statuses.UNCLEAR:
        mend = "its name may mean that those in it left, or that they did not; rename it so that it says what it holds"
        yield problem("unclear-name", place, mend)
    elif kind and kind != statuses.ACTIVE and table.program != "Mailchimp":
        mend = f"its name says that all in it are {kind[1] or kind[0]}, so they are taken as that; else rename it"
        yield Finding(code="kind-of-file", severity="note", place=place, mend=mend)


def _of_table(
    header: Header, records: Iterator[Record], place: str, known: Known, kind: State | None
) -> Iterator[Row | Finding]:
    first, _ = next(records, (1, []))
    at = f"{place}:{first}"
    is_ours = header.program == OURS
    if is_ours:
        yield from ours.unknown_columns(header, at)
    have_left = kind is not None and kind[0] == "left"
    tells = standing.telling(header, frozenset(ours.own(header).values()) if is_ours else frozenset())
    if tells.unclear and not have_left:
        yield from standing.unclear_columns(header, tells, at)
        return
    if is_ours:
        yield from rows_of(records, ours.columns(header, known, kind or statuses.ACTIVE), place)
        return
    if header.program == "listmonk" and "status" in header.labels and not have_left:
        yield Finding(code="enabled", severity="warning", place=place, mend=_ENABLED)
    columns, dropped = theirs.columns(header, known, kind)
    yield from rows_of(records, columns, place)
    yield from dropped.said(place)


def _in_proportion(packed: int, size: int, read: Callable[[int], None]) -> Callable[[int], None]:
    """Counts bytes of the file for bytes of what is packed in it."""
    done = given = 0

    def count(number: int) -> None:
        nonlocal done, given
        done += number
        share = packed * min(done, size) // max(1, size)
        read(share - given)
        given = share

    return count
