"""Entries taken together: order, dates, ids and doubles, whatever the format.

Comes in: the neutral feed. These are mostly the bugs that the validator does not see and that readers' users report.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from urllib.parse import unquote

from publisher.feeds.lint.addresses import split, words
from publisher.feeds.lint.parsed import Entry, Feed
from publisher.feeds.lint.rules import Flaw, at, found, shown
from publisher.records import Finding

_BUILD = timedelta(minutes=2)
_SAME_MOMENT = timedelta(seconds=10)
_OLD = timedelta(days=1)


def entries(feed: Feed, now: datetime) -> Iterator[Finding]:
    yield from _doubles(feed)
    yield from _order(feed)
    yield from at(f"{feed.place} {'lastBuildDate' if feed.kind == 'rss' else 'updated'}", _feed_date(feed, now))
    yield from _build_dates(feed, now)
    for entry in feed.entries:
        yield from at(entry.place, _entry(entry))
    yield from _whole(feed)


def _doubles(feed: Feed) -> Iterator[Finding]:
    ids: dict[str, Entry] = {}
    stories: dict[tuple[str, str], Entry] = {}
    for entry in feed.entries:
        first = ids.setdefault(entry.id, entry)
        if entry.id and first is not entry:
            mend = f'"{shown(entry.id)}" is also the id of {first.place}; readers show only one: give each its own'
            yield found("id-duplicate", f"{entry.place} id", mend)
        # Only with the same headline: short items may well lead to one page that tells of all of them.
        twin = stories.setdefault((entry.link, entry.title), entry)
        if entry.link and twin is not entry and twin.id != entry.id:
            mend = f"{twin.place} has the same link and headline and another id; readers show it twice: drop one"
            yield found("link-duplicate", f"{entry.place} link", mend)


def _order(feed: Feed) -> Iterator[Finding]:
    """Some readers trust the order of the document, and cut at the end."""
    dated = [entry for entry in feed.entries if entry.moment]
    if len(dated) < len(feed.entries):
        return
    by_published = all(entry.published for entry in dated)
    moments = [entry.published if by_published else entry.moment for entry in dated]
    for entry, earlier, later in zip(dated[1:], moments, moments[1:], strict=False):
        if earlier and later and later > earlier:
            yield found("order", entry.place, "it is newer than the one before it; put the newest entries first")
            return


def _feed_date(feed: Feed, now: datetime) -> Iterator[Flaw]:
    moments = [moment for entry in feed.entries for moment in (entry.published, entry.updated) if moment]
    if feed.updated is None or not moments:
        return
    newest = max(moments)
    # RSS dates have whole seconds, and atom:updated in it may have parts of one.
    if feed.updated.replace(microsecond=0) < newest.replace(microsecond=0):
        mend = f"the newest entry is of {newest:%Y-%m-%d %H:%M:%S} UTC; the feed's own date must not be older"
        yield "feed-outdated", mend
    if abs(now - feed.updated) <= _BUILD and newest < feed.updated - _OLD:
        mend = (
            f"this is the time of the build, and the newest entry is of {newest:%Y-%m-%d}; take the newest entry's date"
        )
        yield "built-dates", mend


def _build_dates(feed: Feed, now: datetime) -> Iterator[Finding]:
    changed = [entry.updated or entry.published for entry in feed.entries]
    moments = [moment for moment in changed if moment]
    if len(moments) < 3 or len(moments) < len(feed.entries):
        return
    if max(moments) - min(moments) <= _SAME_MOMENT and abs(now - max(moments)) <= _BUILD:
        mend = "all entries claim to have changed just now; give each the date on which its text really changed"
        yield found("built-dates", f"{feed.place} entries", mend)


def _entry(entry: Entry) -> Iterator[Flaw]:
    if entry.published and entry.updated and entry.updated < entry.published:
        yield "date-order", "it was updated before it was published; correct the dates"
    # In RSS a guid that is a permanent link will do for one.
    if not entry.link and not (entry.is_url and entry.id.startswith("http")):
        yield "page-missing", "it does not say on which page it can be read; add a link to it"
    if entry.is_url and _names_headline(entry):
        mend = "the id is an address made of the headline; when that is edited, readers show it again: use a tag: URI"
        yield "guid-headline", mend


def _names_headline(entry: Entry) -> bool:
    headline = "-".join(words(entry.title))
    parts = split(entry.id) if entry.id.startswith(("http://", "https://")) else None
    if parts is None or headline.count("-") < 2:
        return False
    slugs = ("-".join(words(piece)) for piece in unquote(parts.path).split("/"))
    # Addresses cut long headlines: five words in a row are enough to know one.
    return any(
        len(slug) > 8 and slug.count("-") >= 2 and (headline in slug or _begins(headline, slug)) for slug in slugs
    )


def _begins(headline: str, slug: str) -> bool:
    return slug.count("-") >= 4 and headline.startswith(slug)


def _whole(feed: Feed) -> Iterator[Finding]:
    if not feed.home and feed.kind in ("atom", "json"):
        mend = "the feed does not say which page it belongs to; add an alternate link (home_page_url in JSON Feed)"
        yield found("home-missing", feed.place, mend)
    if not feed.entries:
        return
    if not feed.authored and not any(entry.authored for entry in feed.entries) and feed.kind != "atom":
        mend = "nobody is named; say who publishes this, in RSS with dc:creator"
        yield found("author-nowhere", feed.place, mend)
    if not any(entry.content for entry in feed.entries) and feed.kind != "json":
        mend = "no entry has its full text; many readers read offline: publish the whole article"
        yield found("summary-only", feed.place, mend)
