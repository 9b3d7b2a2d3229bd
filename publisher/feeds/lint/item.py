"""One item of RSS 0.9x or 2.0: its elements one by one, and its full text."""

from collections.abc import Iterator, Mapping

from publisher.feeds.lint import addresses
from publisher.feeds.lint.elements import Context, Element, Family, attribute, children, family, text
from publisher.feeds.lint.extensions import extensions
from publisher.feeds.lint.plain import titled, worded
from publisher.feeds.lint.rules import at, found, shown
from publisher.feeds.lint.values import Check, address, category, date, hypertext, mail
from publisher.feeds.lint.vocabulary import CONTENT, RSS_ATTRIBUTES, RSS_ITEM
from publisher.records import Finding

_ITEM = Family(
    namespace="",
    where="item",
    known=RSS_ITEM,
    # Two enclosures have a rule of their own.
    repeatable=frozenset({"category", "enclosure"}),
    attributes=RSS_ATTRIBUTES,
    empty=frozenset({"enclosure"}),
)


def rss_item(item: Element, place: str, context: Context, version: str) -> Iterator[Finding]:
    yield from family(item, _ITEM, place)
    if item.find("title") is None and item.find("description") is None:
        yield found("item-empty", place, "the item has neither title nor description; give it both")
    if item.find("guid") is None and version.startswith("2"):
        yield found("guid-missing", f"{place} guid", "the item has no guid; give it one that never changes")
    if len(item.findall("enclosure")) > 1:
        yield found("enclosure-two", f"{place} enclosure", "there are two enclosures; keep one, and link to the other")
    for child in children(item):
        if (check := ITEM_CHECKS.get(str(child.tag))) is not None:
            yield from check(child, f"{place} {child.tag}", context)
    yield from _full_text(item, place, context)
    yield from extensions(item, "item", place, context)


def _full_text(item: Element, place: str, context: Context) -> Iterator[Finding]:
    content, description = item.find(f"{{{CONTENT}}}encoded"), item.find("description")
    if content is None:
        return
    here = f"{place} content:encoded"
    yield from hypertext(content, here, context)
    if description is None or item.index(description) > item.index(content):
        mend = "put a <description> with a short summary before it: some readers take the first text they find"
        yield found("content-before-description", here, mend)


def _source(element: Element, place: str, context: Context) -> Iterator[Finding]:
    url = attribute(element, "url")
    if url is None:
        yield found("attribute-missing", place, "source has no url; give the address of the feed it came from")
    else:
        yield from at(place, addresses.address(url))
    yield from worded(element, place, context)


def _guid(element: Element, place: str, context: Context) -> Iterator[Finding]:
    value, flag = text(element), attribute(element, "isPermaLink")
    if flag not in (None, "true", "false"):
        yield found("permalink-flag", place, f'isPermaLink is "{shown(flag or "")}"; write true or false')
    if not value:
        yield found("id-missing", place, "the guid is empty; give it one that never changes")
    elif flag == "false":
        if value.isdigit() and len(value) < 9:
            mend = f'"{value}" is short enough for other feeds to have it as well; use a tag: URI'
            yield found("guid-short", place, mend)
    elif not value.lower().startswith(("http://", "https://")) or addresses.address(value):
        mend = f'"{shown(value)}" is not the address of a page; add isPermaLink="false", or give that address'
        yield found("guid-not-url", place, mend)


def _enclosure(element: Element, place: str, context: Context) -> Iterator[Finding]:
    url, length, kind = (attribute(element, key) for key in ("url", "length", "type"))
    missing = [key for key, value in (("url", url), ("length", length), ("type", kind)) if not value]
    if missing:
        yield found(
            "enclosure-incomplete", place, f"{' and '.join(missing)} missing; say where it is, how long and what"
        )
    yield from at(place, addresses.media_type(kind) if kind else ())
    if length and addresses.number(length):
        yield found("enclosure-incomplete", place, f'the length "{shown(length)}" is no number of bytes; count them')
    elif length and int(length) == 0:
        yield found(
            "enclosure-empty", place, "a length of 0 bytes says that there is nothing to fetch; give the true length"
        )
    if url:
        yield from at(place, addresses.web_address(url))
        yield from at(place, addresses.unsafe(url, "enclosure"))


ITEM_CHECKS: Mapping[str, Check] = {
    "title": titled,
    "link": address,
    "description": hypertext,
    "author": mail,
    "category": category,
    "comments": address,
    "enclosure": _enclosure,
    "guid": _guid,
    "pubDate": date,
    "source": _source,
}
