"""The linter: a feed document as bytes -> findings, each with its place and its mend.

Knows RSS 0.9x, 1.0 and 2.0, Atom 1.0, JSON Feed and OPML. It says what the W3C feed validator would say, and what
readers stumble over that it does not see: order, build dates, moved ids. It needs no network and never raises.
"""

from collections.abc import Callable, Iterator
from datetime import datetime

from publisher.feeds.lint.across import across
from publisher.feeds.lint.atom import atom
from publisher.feeds.lint.document import Document, read
from publisher.feeds.lint.elements import Context, name, namespaces
from publisher.feeds.lint.entries import entries
from publisher.feeds.lint.jsonfeed import jsonfeed
from publisher.feeds.lint.opml import opml
from publisher.feeds.lint.paging import together
from publisher.feeds.lint.parsed import Feed, from_atom, from_json, from_rdf, from_rss
from publisher.feeds.lint.rdf import rdf
from publisher.feeds.lint.rss import rss
from publisher.feeds.lint.rules import RULES as RULES, capped, found, shown
from publisher.feeds.lint.served import served
from publisher.feeds.lint.vocabulary import ATOM, RDF
from publisher.records import Finding

_ATOM_DRAFT = "http://purl.org/atom/ns#"


def check(
    document: bytes,
    *,
    now: datetime,
    address: str | None = None,
    media_type: str | None = None,
    previous: bytes | None = None,
    is_known: Callable[[str], bool] = lambda _: False,
) -> list[Finding]:
    """bytes | media type | elements one by one | entries together | against the document before.

    `address` is the URL the document is served at, `media_type` its Content-Type, `previous` the document that was
    published there before; what is null is not checked. `now` is aware. Of one code the first 20 are given. `is_known`
    says of an earlier entry's id whether its publisher still knows it: then it left on purpose, and nothing took its
    place under another id.
    """
    return capped(_findings(document, now, address, media_type, previous, is_known))


def _findings(
    document: bytes,
    now: datetime,
    address: str | None,
    media_type: str | None,
    previous: bytes | None,
    is_known: Callable[[str], bool],
) -> Iterator[Finding]:
    taken = read(document)
    yield from taken.findings
    yield from served(taken, media_type)
    context = Context(now=now, lines=taken.lines)
    yield from _elements(taken, context)
    feed = _feed(taken, now)
    if feed is not None:
        yield from together(feed, address)
        yield from entries(feed, now)
        before = _feed(read(previous), now) if previous is not None else None
        yield from across(feed, before, is_known) if before is not None else ()


def _elements(document: Document, context: Context) -> Iterator[Finding]:
    """By the rules of the document's own format."""
    if document.data is not None:
        yield from jsonfeed(document.data, context)
    if document.root is None:
        return
    yield from namespaces(document.root)
    match name(document.root):
        case "", "rss":
            yield from rss(document.root, context)
        case str(ns), "feed" if ns == ATOM:
            yield from atom(document.root, context)
        case str(ns), "RDF" if ns == RDF:
            yield from rdf(document.root, context)
        case "", "opml":
            yield from opml(document.root, context)
        case namespace, local:
            yield _unknown(namespace, local)


def _unknown(namespace: str, local: str) -> Finding:
    if namespace == _ATOM_DRAFT:
        return found("atom-old", "document", "Atom 0.3 was a draft; publish Atom 1.0, whose namespace is " + ATOM)
    if local in ("rss", "opml"):
        return found("namespace-wrong", "document", f"<{local}> must be in no namespace; take its xmlns out")
    if local == "feed":
        return found("namespace-wrong", "document", f'<feed> must be in Atom\'s namespace; write xmlns="{ATOM}"')
    if local.lower() == "html":
        return found("root-unknown", "document", "this is a web page and no feed; look what the server sends here")
    return found(
        "root-unknown", "document", f"<{shown(local, 40)}> begins no feed; it should be <rss>, <feed> or <opml>"
    )


def _feed(document: Document, now: datetime) -> Feed | None:
    if document.data is not None:
        return from_json(document.data, now)
    if document.root is None:
        return None
    kind = name(document.root)
    if kind == ("", "rss"):
        channel = document.root.find("channel")
        return None if channel is None else from_rss(channel, now)
    if kind == (RDF, "RDF"):
        return from_rdf(document.root, now)
    return from_atom(document.root, now) if kind == (ATOM, "feed") else None
