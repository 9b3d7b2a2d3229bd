"""Remembers which file shows a picture of ours at which width, so that each is resized once.

Both names are those of files in the site's images folder. The files are what counts: a row whose file is gone is
written anew with the file.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass

from sqlalchemy import Connection, select, update

from publisher.store import schema as s
from publisher.store.database import in_batches, insert_unless_there


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendition:
    """The file `name` shows `original` in a place `width` CSS pixels wide; it is `wide` x `high` pixels."""

    original: str
    width: int
    name: str
    wide: int
    high: int


def find(connection: Connection, wanted: Iterable[tuple[str, int]]) -> dict[tuple[str, int], Rendition]:
    """Those remembered of the wanted ones, by original and width."""
    wishes = set(wanted)
    every = all_of(connection, (original for original, _ in wishes))
    return {(one.original, one.width): one for one in every if (one.original, one.width) in wishes}


def all_of(connection: Connection, originals: Iterable[str]) -> list[Rendition]:
    """Every one made of these pictures, by original and width."""
    found: list[Rendition] = []
    for names in in_batches(sorted(set(originals))):
        rows = select(s.rendition).where(s.rendition.c.original.in_(names))
        found += [Rendition(**row) for row in connection.execute(rows).mappings()]
    return sorted(found, key=lambda one: (one.original, one.width))


def keep(connection: Connection, made: Iterable[Rendition]) -> None:
    """Remember these. One made anew takes the place of the one before; of two made at once either is as good."""
    for rendition in made:
        key = s.rendition.c.original == rendition.original, s.rendition.c.width == rendition.width
        values = asdict(rendition)
        if not connection.execute(update(s.rendition).where(*key).values(values)).rowcount:
            connection.execute(insert_unless_there(connection, s.rendition, "original", "width").values(values))
