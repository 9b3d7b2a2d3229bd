"""A feed's own links taken together: its address, its hub, and the archives behind it (RFC 5005), in any format."""

from collections.abc import Iterator

from publisher.feeds.lint.addresses import is_relative, joined
from publisher.feeds.lint.parsed import Feed
from publisher.feeds.lint.rules import Flaw, at, shown
from publisher.records import Finding

_PAGES = ("first", "last", "next", "previous", "next-archive", "prev-archive")


def together(feed: Feed, address: str | None) -> Iterator[Finding]:
    yield from at(f"{feed.place} link", [*_own(feed, address), *_home(feed)])
    yield from at(f"{feed.place} link", _archives(feed, address))


def _own(feed: Feed, address: str | None) -> Iterator[Flaw]:
    """rdf is older than the habit of naming oneself."""
    own = feed.hrefs("self")
    if not own and feed.kind != "rdf":
        mend = "the feed does not say its own address; add a link rel=self (feed_url in JSON Feed) with it"
        yield "self-missing", mend
    if own and address and all(_whole(href, address) != address for href in own):
        mend = f'the feed says its address is "{shown(own[0])}" and it is served at "{shown(address)}"; make them equal'
        yield "self-different", mend


def _home(feed: Feed) -> Iterator[Flaw]:
    if feed.home and feed.home in feed.hrefs("hub"):
        mend = f'the page of the feed is said to be its hub "{shown(feed.home)}"; give the address of the news page'
        yield "hub-as-link", mend


def _archives(feed: Feed, address: str | None) -> Iterator[Flaw]:
    rels = {link.rel for link in feed.links}
    own = {*feed.hrefs("self"), address}
    if feed.complete:
        for rel in sorted(rels & set(_PAGES)):
            yield "archive-links", f"a complete feed has no other pages; leave out rel={rel}, or fh:complete"
        if "current" in rels and not own & set(feed.hrefs("current")):
            yield "archive-links", "a complete feed is its own current one; leave out rel=current, or fh:complete"
    if feed.archive and feed.complete:
        yield "archive-links", "a feed is either complete or an archive; leave out fh:complete or fh:archive"
    if feed.archive and not feed.complete:
        yield from _archive(feed, rels)
    if own & set(feed.hrefs("first")) and "previous" in rels:
        yield "archive-links", "nothing comes before the first page; leave out rel=previous"
    if own & set(feed.hrefs("last")) and "next" in rels:
        yield "archive-links", "nothing comes after the last page; leave out rel=next"
    for rel in ("next-archive", "prev-archive"):
        if own & set(feed.hrefs(rel)):
            yield "archive-links", f"rel={rel} leads to this document itself; readers would go in a circle: correct it"


def _archive(feed: Feed, rels: set[str]) -> Iterator[Flaw]:
    if not rels & {"prev-archive", "next-archive"}:
        yield "archive-alone", "it leads to no other archive; if there is one, add rel=prev-archive or rel=next-archive"
    if "current" not in rels:
        yield "archive-incomplete", "an archive leads back to the current feed; add rel=current"
    elif set(feed.hrefs("current")) & set(feed.hrefs("self")):
        yield "archive-links", "an archive cannot be the current feed itself; give rel=current the feed's address"


def _whole(href: str, address: str) -> str:
    """A relative address as a reader understands it; others are compared letter by letter, as hubs do."""
    return joined(address, href) if is_relative(href) else href
