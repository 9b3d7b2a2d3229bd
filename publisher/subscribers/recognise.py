"""The beginning of a file -> what it is: a table with its first line, a plain list, or why neither."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain, islice

from publisher.errors import SourceError
from publisher.records import Finding
from publisher.subscribers.decoding import BLOCK, Readable, is_web_page, look_through, problem, text_of
from publisher.subscribers.formats import PLAIN, Header, recognised
from publisher.subscribers.rows import person
from publisher.subscribers.tables import CUT, MOST_COLUMNS, MOST_LINE, Record, lines_of, records
from publisher.subscribers.zips import broken

_SEPARATORS = (",", ";", "\t", "|")
_LINES_LOOKED_AT = 1000
_BLOCKS_LOOKED_AT = 2 * MOST_LINE // BLOCK


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Bytes that can be read again and again. `name` may tell of whom the list is; `packed` is their share of the
    file in bytes."""

    place: str
    name: str
    packed: int
    blocks: Callable[[], Iterator[bytes]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """What a first look found: how to read the text, and its first line, or None for a list without one."""

    readable: Readable
    header: Header | None
    separator: str

    @property
    def program(self) -> str:
        return self.header.program if self.header else PLAIN


def recognise(source: Source, most: int) -> Table | Finding:
    """Looks through all the bytes (`most` of them), then at the beginning of their text."""
    try:
        readable = look_through(source.blocks(), source.place, most)
        if isinstance(readable, Finding):
            return readable
        head = lines_of(text_of(islice(source.blocks(), _BLOCKS_LOOKED_AT), readable))
        lines = list(islice(chain.from_iterable(head), _LINES_LOOKED_AT))
    except SourceError:
        return broken(source.place)
    return _recognised(lines, readable, source.place)


def from_header(lines: Iterator[list[str]], separator: str, escape: str | None = None) -> Iterator[Record]:
    """The records from the first line on: it is the first that is neither broken, nor empty, nor `sep=;`."""
    rest = records(lines, separator, escape)
    for line, cells in rest:
        if (
            isinstance(cells, list)
            and any(cell.strip() for cell in cells)
            and not (len(cells) == 2 and cells[0].casefold() == "sep=" and not cells[1])
        ):
            return chain([(line, cells)], rest)
    return iter(())


def _recognised(lines: list[str], readable: Readable, place: str) -> Table | Finding:
    first = next((line for line in lines if not line.isspace()), None)
    if first is None:
        return problem("empty", place, "it is empty; export the list again")
    if is_web_page(first):
        return problem("web-page", place, "this is a web page and no list; sign in and export the list again")
    if first.startswith(CUT):
        return problem("too-many-columns", f"{place}:1", "its first line has more than 1 MB; check what it is")
    table = _with_header(lines, _declared(first), readable)
    if table is None and not isinstance(person(first)[1], str):
        return Table(readable=readable, header=None, separator=",")
    if table and table.header and len(table.header.labels) > MOST_COLUMNS:
        mend = f"it has more than {MOST_COLUMNS} columns; check what it is"
        return problem("too-many-columns", f"{place}:1", mend)
    mend = (
        'no column holds addresses; the first line must name the columns, with "address" or "email" among them, '
        "or each line be one address"
    )
    return table or problem("no-header", f"{place}:1", mend)


def _with_header(lines: list[str], declared: str | None, readable: Readable) -> Table | None:
    """Split by the separator that makes the most columns of the first line, one of them of addresses."""
    found = [
        Table(readable=readable, header=header, separator=separator)
        for separator in ([declared] if declared else _SEPARATORS)
        if (header := recognised(_first_record(lines, separator)))
    ]
    return max(found, key=lambda table: len(table.header.labels) if table.header else 0, default=None)


def _first_record(lines: list[str], separator: str) -> list[str]:
    return next((cells for _, cells in from_header(iter([lines]), separator) if isinstance(cells, list)), [])


def _declared(line: str) -> str | None:
    """The separator that Excel is told of in a line before the first: `sep=;`."""
    word = line.rstrip("\r\n")
    return word[4] if len(word) == 5 and word[:4].casefold() == "sep=" and word[4] not in "\"' \\" else None
