"""Records -> documents: RSS 2.0, Atom 1.0 and JSON Feed 1.1 of one feed, from one list of entries."""

from collections.abc import Sequence

from publisher.feeds.model import (
    Channel as Channel,
    Entry as Entry,
    apart as apart,
    article_entry as article_entry,
    entries_of as entries_of,
    teaser_entry as teaser_entry,
)


def documents(channel: Channel, entries: Sequence[Entry]) -> dict[str, bytes]:
    """The feed in each format, by file ending. `entries` newest first, at least one: an empty feed is never written."""
    from publisher.feeds.jsonfeed import jsonfeed
    from publisher.feeds.xml import atom, rss

    return {"rss": rss(channel, entries), "atom": atom(channel, entries), "json": jsonfeed(channel, entries)}
