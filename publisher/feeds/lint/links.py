"""One Atom link element, in Atom or in RSS -> its findings. What links say together is for `paging` and `atom`."""

from collections.abc import Iterator

from publisher.feeds.lint import addresses
from publisher.feeds.lint.elements import Context, Element, attribute, based, children, text
from publisher.feeds.lint.names import names
from publisher.feeds.lint.plain import plain
from publisher.feeds.lint.rules import Flaw, at, found, shown
from publisher.records import Finding

_PAGING = names("current first last next next-archive prev-archive previous")
_RELATIONS = _PAGING | names(
    "alternate describedby edit edit-media enclosure hub license payment related replies search self service up via"
)
_FEED_TYPES = ("application/atom+xml", "application/rss+xml", "application/rdf+xml")
_IANA = "http://www.iana.org/assignments/relation/"


def relation(link: Element) -> str:
    return (attribute(link, "rel") or "alternate").removeprefix(_IANA)


def link(element: Element, where: str, place: str, context: Context) -> Iterator[Finding]:
    """`where` is feed, channel, entry or item; the `place` is told apart by its rel."""
    rel = relation(element)
    here = f'{place} link rel="{shown(rel, 30)}"'
    yield from at(here, _attributes(element, rel, where))
    yield from at(here, _target(element, rel, where, context))
    if text(element) or children(element):
        yield found("link-not-empty", here, "an Atom link carries its address in href and nothing inside; empty it")


def _attributes(element: Element, rel: str, where: str) -> Iterator[Flaw]:
    for key in ("rel", "title", "length"):
        if (attribute(element, key) or "x").strip() == "" or attribute(element, key) == "":
            yield "attribute-empty", f"{key} is empty; fill it or leave it out"
    if rel not in _RELATIONS and addresses.is_relative(rel):
        yield "link-relation", f'"{shown(rel)}" is no registered relation; use one that is, or leave the link out'
    elif rel in _PAGING and where in ("entry", "item"):
        yield "link-relation", f'rel="{rel}" belongs to the feed, not to one entry; move it there'
    if kind := attribute(element, "type"):
        yield from addresses.media_type(kind)
        if rel == "self" and kind.split(";")[0].strip().lower() not in _FEED_TYPES:
            yield (
                "self-type",
                f'the feed\'s own type cannot be "{shown(kind)}"; use {_FEED_TYPES[0]} or {_FEED_TYPES[1]}',
            )
    elif rel == "enclosure":
        yield "media-type-missing", "the enclosure does not say its type; add type, for example audio/mpeg"
    if (language := attribute(element, "hreflang")) is not None:
        yield from addresses.language(language)
    if title := attribute(element, "title"):
        yield from plain(title)
    yield from _length(element, rel)


def _length(element: Element, rel: str) -> Iterator[Flaw]:
    length = attribute(element, "length")
    if length:
        yield from addresses.number(length)
    if rel == "enclosure" and length is not None and length.strip() == "0":
        yield "enclosure-empty", "a length of 0 bytes says that there is nothing to fetch; give the true length"


def _target(element: Element, rel: str, where: str, context: Context) -> Iterator[Flaw]:
    href = attribute(element, "href")
    if href is None:
        yield "href-missing", "the link has no href; give the address"
        return
    if addresses.is_relative(href) and based(element):
        return
    flaws = addresses.address(href, international=True)
    yield from flaws
    if flaws:
        return
    if rel == "enclosure":
        yield from addresses.unsafe(href, "enclosure")
    if rel in ("hub", "self") and where in ("feed", "channel") and not href.startswith("https://"):
        yield "hub-address", f'"{shown(href)}" should be an https:// address; subscriptions are compared by it'
