"""A document that could be read -> what it says, the same for every format.

Broken values are left out here (a date that cannot be read is null): the modules of the formats report them. Rules
that hold for all formats (`entries`, `paging`, `across`) see only this.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, TypeAlias

from publisher.feeds.lint import dates
from publisher.feeds.lint.addresses import joined
from publisher.feeds.lint.elements import (
    BASE,
    Element,
    attribute,
    based,
    label,
    name,
    text,
)
from publisher.feeds.lint.vocabulary import ATOM, CONTENT, DC, HISTORY, RDF, RSS1

Kind: TypeAlias = Literal["rss", "rdf", "atom", "json"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A feed's own link; `href` is as written."""

    rel: str
    href: str
    type: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One item or entry. `updated` is null where it only states one date.

    `content` is HTML, or text where the format marks it so. `rest` is everything but the date of change, for
    comparing with an earlier document.
    """

    place: str
    id: str
    is_url: bool
    link: str
    title: str
    published: datetime | None
    updated: datetime | None
    content: str
    summary: str
    authored: bool
    rest: str

    @property
    def moment(self) -> datetime | None:
        return self.published or self.updated


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """`home` is the page the feed belongs to, `place` what the format calls the feed itself."""

    kind: Kind
    place: str
    title: str
    home: str
    links: tuple[Link, ...]
    updated: datetime | None
    entries: tuple[Entry, ...]
    authored: bool
    archive: bool = False
    complete: bool = False

    def hrefs(self, rel: str) -> list[str]:
        return [link.href for link in self.links if link.rel == rel]


def from_rss(channel: Element, now: datetime) -> Feed:
    build = text(channel.find("lastBuildDate")) or text(channel.find("pubDate"))
    return Feed(
        kind="rss",
        place="channel",
        title=text(channel.find("title")),
        home=text(channel.find("link")),
        links=tuple(_links(channel)),
        updated=dates.rfc822(build, now).moment,
        entries=tuple(_rss_entry(item, number, now) for number, item in enumerate(channel.findall("item"), 1)),
        authored=any(channel.find(tag) is not None for tag in ("managingEditor", f"{{{DC}}}creator", _atom("author"))),
        archive=channel.find(f"{{{HISTORY}}}archive") is not None,
        complete=channel.find(f"{{{HISTORY}}}complete") is not None,
    )


def _rss_entry(item: Element, number: int, now: datetime) -> Entry:
    title, summary, guid = text(item.find("title")), text(item.find("description")), item.find("guid")
    published = dates.rfc822(text(item.find("pubDate")), now).moment
    return Entry(
        place=label("item", number, title),
        id=text(guid),
        is_url=guid is not None and attribute(guid, "isPermaLink") != "false",
        link=text(item.find("link")),
        title=title,
        published=published or dates.w3cdtf(text(item.find(f"{{{DC}}}date")), now).moment,
        updated=dates.rfc3339(text(item.find(_atom("updated"))), now).moment,
        # Where there is no other place for it, a description of several tags is the whole text.
        content=text(item.find(f"{{{CONTENT}}}encoded")) or (summary if "</" in summary else ""),
        summary=summary,
        authored=any(item.find(tag) is not None for tag in ("author", f"{{{DC}}}creator", _atom("author"))),
        rest=_rest(item),
    )


def from_rdf(root: Element, now: datetime) -> Feed:
    """RSS 1.0, whose items stand beside its channel."""
    channel = root.find(_rss1("channel"))
    items = enumerate(root.findall(_rss1("item")), 1)
    return Feed(
        kind="rdf",
        place="channel",
        title="" if channel is None else text(channel.find(_rss1("title"))),
        home="" if channel is None else text(channel.find(_rss1("link"))),
        links=() if channel is None else tuple(_links(channel)),
        updated=None,
        entries=tuple(_rdf_entry(item, number, now) for number, item in items),
        authored=channel is not None and channel.find(f"{{{DC}}}creator") is not None,
    )


def _rdf_entry(item: Element, number: int, now: datetime) -> Entry:
    title = text(item.find(_rss1("title")))
    return Entry(
        place=label("item", number, title),
        id=attribute(item, f"{{{RDF}}}about") or "",
        is_url=True,
        link=text(item.find(_rss1("link"))),
        title=title,
        published=dates.w3cdtf(text(item.find(f"{{{DC}}}date")), now).moment,
        updated=None,
        content=text(item.find(f"{{{CONTENT}}}encoded")),
        summary=text(item.find(_rss1("description"))),
        authored=item.find(f"{{{DC}}}creator") is not None,
        rest=_rest(item),
    )


def from_atom(feed: Element, now: datetime) -> Feed:
    links = tuple(_links(feed))
    return Feed(
        kind="atom",
        place="feed",
        title=text(feed.find(_atom("title"))),
        home=next((link.href for link in links if link.rel == "alternate"), ""),
        links=links,
        updated=dates.rfc3339(text(feed.find(_atom("updated"))), now).moment,
        entries=tuple(_atom_entry(entry, number, now) for number, entry in enumerate(feed.findall(_atom("entry")), 1)),
        authored=feed.find(_atom("author")) is not None,
        archive=feed.find(f"{{{HISTORY}}}archive") is not None,
        complete=feed.find(f"{{{HISTORY}}}complete") is not None,
    )


def _atom_entry(entry: Element, number: int, now: datetime) -> Entry:
    title = text(entry.find(_atom("title")))
    alternates = (link for link in entry.findall(_atom("link")) if (link.get("rel") or "alternate") == "alternate")
    content = entry.find(_atom("content"))
    source = entry.find(f"{_atom('source')}/{_atom('author')}")
    return Entry(
        place=label("entry", number, title),
        id=text(entry.find(_atom("id"))),
        is_url=True,
        link=next((attribute(link, "href") or "" for link in alternates), ""),
        title=title,
        published=dates.rfc3339(text(entry.find(_atom("published"))), now).moment,
        updated=dates.rfc3339(text(entry.find(_atom("updated"))), now).moment,
        content=text(content) or (attribute(content, "src") or "" if content is not None else ""),
        summary=text(entry.find(_atom("summary"))),
        authored=source is not None or entry.find(_atom("author")) is not None,
        rest=_rest(entry),
    )


def from_json(data: dict[str, Any], now: datetime) -> Feed:
    items = data.get("items")
    hubs = data.get("hubs")
    addresses = [("self", data.get("feed_url")), ("next", data.get("next_url"))]
    addresses += [("hub", hub.get("url")) for hub in (hubs if isinstance(hubs, list) else []) if isinstance(hub, dict)]
    objects = enumerate(items if isinstance(items, list) else [], 1)
    return Feed(
        kind="json",
        place="feed",
        title=_string(data, "title"),
        home=_string(data, "home_page_url"),
        links=tuple(Link(rel=rel, href=href) for rel, href in addresses if isinstance(href, str)),
        updated=None,
        entries=tuple(_json_entry(item, number, now) for number, item in objects if isinstance(item, dict)),
        authored=bool(data.get("authors") or data.get("author")),
    )


def _json_entry(item: dict[str, Any], number: int, now: datetime) -> Entry:
    title = _string(item, "title")
    rest = {key: value for key, value in item.items() if key != "date_modified"}
    return Entry(
        place=label("item", number, title),
        id=_string(item, "id"),
        is_url=True,
        link=_string(item, "url"),
        title=title,
        published=dates.rfc3339(_string(item, "date_published"), now).moment,
        updated=dates.rfc3339(_string(item, "date_modified"), now).moment,
        content=_string(item, "content_html") or _string(item, "content_text"),
        summary=_string(item, "summary"),
        authored=bool(item.get("authors") or item.get("author")),
        rest=json.dumps(rest, sort_keys=True),
    )


def _links(parent: Element) -> Iterator[Link]:
    for link in parent.findall(_atom("link")):
        href = attribute(link, "href") or ""
        yield Link(
            rel=(attribute(link, "rel") or "alternate").removeprefix("http://www.iana.org/assignments/relation/"),
            href=_resolved(link, href) if based(link) else href,
            type=(attribute(link, "type") or "").lower(),
            language=(attribute(link, "hreflang") or "").lower(),
        )


def _resolved(element: Element, href: str) -> str:
    node: Element | None = element
    while node is not None:
        href = joined(attribute(node, BASE) or "", href)
        node = node.getparent()
    return href


def _rest(entry: Element) -> str:
    """Names, attributes and words, without the date of change and without the white space of the layout."""
    skipped = _atom("updated")
    parts = []
    for node in entry.iter():
        if node.tag == skipped or not isinstance(node.tag, str):
            continue
        parts.append(f"{name(node)} {sorted(node.attrib.items())} {(node.text or '').strip()}")
        if node is not entry and node.tail and node.tail.strip():
            parts.append(node.tail.strip())
    return "\n".join(parts)


def _string(data: dict[str, Any], key: str) -> str:
    value = data.get(key)
    return value if isinstance(value, str) else ""


def _atom(local: str) -> str:
    return f"{{{ATOM}}}{local}"


def _rss1(local: str) -> str:
    return f"{{{RSS1}}}{local}"
