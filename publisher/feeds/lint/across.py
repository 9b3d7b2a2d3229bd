"""A feed against the one that was published at the same place before: ids must stay, dates must tell the truth.

An earlier document that cannot be read, or is of another format, says nothing.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime

from publisher.feeds.lint.addresses import split
from publisher.feeds.lint.parsed import Entry, Feed
from publisher.feeds.lint.rules import found, shown
from publisher.records import Finding


def across(feed: Feed, before: Feed, is_known: Callable[[str], bool]) -> Iterator[Finding]:
    if before.entries and not feed.entries:
        mend = f"the feed before had {len(before.entries)} entries and this one has none; keep the good one"
        yield found("emptied", feed.place, mend)
    if feed.kind != before.kind:
        return
    earlier = {entry.id: entry for entry in before.entries if entry.id}
    yield from _moved_ids(feed, before, earlier, is_known)
    for entry in feed.entries:
        if entry.id in earlier:
            yield from _changed(entry, earlier[entry.id], feed.kind in ("atom", "json"))
    yield from _only_the_date(feed, before)


def _moved_ids(
    feed: Feed, before: Feed, earlier: Mapping[str, Entry], is_known: Callable[[str], bool]
) -> Iterator[Finding]:
    """An entry with a new id that is an old entry by its link, by its headline and date, or by the path of its id."""
    present = {entry.id for entry in feed.entries}
    gone = [entry for entry in before.entries if entry.id not in present and not is_known(entry.id)]
    # Several items may lead to one page; then a link says nothing about which is which.
    shared = _shared_links(feed) | _shared_links(before)
    by_link = {entry.link: entry for entry in gone if entry.link and entry.link not in shared}
    by_story = {_story(entry): entry for entry in gone if all(_story(entry))}
    by_path = {_path(entry): entry for entry in gone if _path(entry)}
    for entry in feed.entries:
        if entry.id in earlier:
            continue
        old = by_link.get(entry.link) or by_story.get(_story(entry)) or by_path.get(_path(entry))
        if old is not None and (old.id or entry.id):
            yield _moved(entry, old)


def _shared_links(feed: Feed) -> set[str]:
    return {link for link, number in Counter(entry.link for entry in feed.entries).items() if number > 1}


def _story(entry: Entry) -> tuple[str, datetime | None]:
    return entry.title, entry.published


def _path(entry: Entry) -> tuple[str, str] | None:
    """What is left of an id when scheme and host are taken off; null for ids that have no host."""
    parts = split(entry.id)
    return (parts.path, parts.query) if parts and parts.netloc and parts.path.strip("/") + parts.query else None


def _moved(entry: Entry, old: Entry) -> Finding:
    if _path(entry) is not None and _path(entry) == _path(old):
        mend = f'the id was "{shown(old.id)}"; ids are no addresses and must not follow a move: keep the old one'
        return found("id-moved", f"{entry.place} id", mend)
    mend = f'it was published as "{shown(old.id)}" before; readers will show it again: keep the old id'
    return found("id-changed", f"{entry.place} id", mend)


def _changed(entry: Entry, old: Entry, keeps_dates: bool) -> Iterator[Finding]:
    same_words = (entry.title, entry.content, entry.summary) == (old.title, old.content, old.summary)
    if keeps_dates and entry.updated == old.updated and not same_words:
        mend = "its text changed since it was last published; move its date of change, or readers keep the old text"
        yield found("changed-without-update", entry.place, mend)
    elif entry.updated != old.updated and entry.rest == old.rest and entry.updated and old.updated:
        mend = "its date of change moved and nothing else did; keep the old date, or readers mark it unread"
        yield found("updated-without-change", entry.place, mend)


def _only_the_date(feed: Feed, before: Feed) -> Iterator[Finding]:
    if feed.updated == before.updated or feed.updated is None or before.updated is None or not feed.entries:
        return
    if _substance(feed) == _substance(before):
        mend = "the feed's date moved and nothing else did; keep the document as it was"
        yield found("updated-without-change", feed.place, mend)


def _substance(feed: Feed) -> tuple[object, ...]:
    return feed.title, feed.home, feed.links, tuple((entry.rest, entry.updated) for entry in feed.entries)
