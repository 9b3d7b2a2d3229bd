"""Records -> documents: RSS 2.0, Atom 1.0 and JSON Feed 1.1 of one feed, from one list of entries.

An entry is rendered once, whatever number of feeds lists it; a document is a frame around rendered entries.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from publisher.feeds.model import (
    Channel as Channel,
    Entry as Entry,
    Place as Place,
    Tombstone as Tombstone,
    Words as Words,
    article_entry as article_entry,
    carried_html as carried_html,
    figure as figure,
    issue_entry as issue_entry,
    issue_told as issue_told,
    left_out as left_out,
    sound as sound,
    teaser_entry as teaser_entry,
)

FORMAT = 1
"""Counted up when a newer program writes the same entries differently: then every document is written anew."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """An entry and its part of a document in each format."""

    entry: Entry
    rss: bytes
    atom: bytes
    json: bytes

    def __len__(self) -> int:
        """Bytes that it takes up."""
        return len(self.rss) + len(self.atom) + len(self.json) + len(self.entry.html or "")


def rendered(entry: Entry) -> Rendered:
    """The entry in each format."""
    from publisher.feeds.jsonfeed import item
    from publisher.feeds.xml import entry_parts

    return Rendered(entry, *entry_parts(entry), item(entry))


def documents(
    channel: Channel,
    place: Place,
    entries: Sequence[Rendered],
    tombstones: Sequence[Tombstone] = (),
    *,
    emptied: datetime | None = None,
) -> dict[str, bytes]:
    """One document of the feed in each format, by file ending. `entries` newest first.

    `emptied` is the moment of a document that has lost all its entries and kept no tombstone.
    """
    from publisher.feeds.jsonfeed import jsonfeed
    from publisher.feeds.xml import atom, rss

    moments = [r.entry.updated for r in entries] + [t.when for t in tombstones] + ([emptied] if emptied else [])
    updated = max(moments)
    return {
        "rss": rss(channel, place, updated, [r.rss for r in entries]),
        "atom": atom(channel, place, updated, [r.atom for r in entries], tombstones),
        "json": jsonfeed(channel, place, [r.json for r in entries]),
    }
