"""Entries -> RSS 2.0 and Atom 1.0 with feedgen; the only place that imports it.

All that feedgen leaves out or gets wrong goes through its public extension mechanism (`register_extension`): it drops
rel and type of entry links, loses authors without a mail address in RSS, wraps media in groups, takes the last link
as the channel's, and stamps the time of the build on everything that has no date. The extensions set, so that a
mended feedgen would do no harm.
"""

from collections.abc import Sequence
from html import escape
from typing import Any

from feedgen.ext.base import BaseEntryExtension, BaseExtension
from feedgen.feed import FeedGenerator  # lxml.etree must be imported before feedgen's parts
from lxml import etree

from publisher import __version__
from publisher.feeds.model import Channel, Entry

_DC = "http://purl.org/dc/elements/1.1/"
_MEDIA = "http://search.yahoo.com/mrss/"
_ATOM = "http://www.w3.org/2005/Atom"
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"


class FeedParts(BaseExtension):
    """Namespaces of what the entries add, and a check that the channel's link is the page and no other link."""

    home = ""

    def extend_ns(self) -> dict[str, str]:
        return {"dc": _DC, "media": _MEDIA}

    def extend_rss(self, feed: Any) -> Any:
        feed.find("channel/link").text = self.home
        return feed


class EntryParts(BaseEntryExtension):
    """What one entry has beyond feedgen's own fields."""

    entry: Entry
    feed_language: str

    def extend_rss(self, item: Any) -> Any:
        # RSS readers take a description for HTML: the plain summary must be escaped once more.
        item.find("description").text = escape(self.entry.summary, quote=False)
        for name in self.entry.authors:
            etree.SubElement(item, f"{{{_DC}}}creator").text = name
        if self.entry.updated != self.entry.published:
            etree.SubElement(item, f"{{{_ATOM}}}updated").text = self.entry.updated.isoformat()
        self._media(item)
        self._language(item)
        return item

    def extend_atom(self, entry: Any) -> Any:
        for link in entry.findall("link"):
            if link.get("rel") is None:
                link.set("rel", "alternate")
        self._media(entry)
        self._language(entry)
        return entry

    def _media(self, parent: Any) -> None:
        image = self.entry.image
        if not image or not image.url:
            return
        known = {"url": image.url, "medium": "image", "type": image.type, "fileSize": image.length}
        known |= {"width": image.width, "height": image.height}
        content = etree.SubElement(
            parent, f"{{{_MEDIA}}}content", {k: str(v) for k, v in known.items() if v is not None}
        )
        if image.alt:
            etree.SubElement(content, f"{{{_MEDIA}}}description", {"type": "plain"}).text = image.alt
        if image.credit:
            etree.SubElement(content, f"{{{_MEDIA}}}credit").text = image.credit
        etree.SubElement(parent, f"{{{_MEDIA}}}thumbnail", {"url": image.url})

    def _language(self, parent: Any) -> None:
        if self.entry.language != self.feed_language:
            parent.set(_LANG, self.entry.language)


def rss(channel: Channel, entries: Sequence[Entry]) -> bytes:
    """RSS 2.0 (rssboard.org/rss-specification). `entries` newest first, at least one."""
    return bytes(_generator(channel, entries, "rss").rss_str(pretty=True))


def atom(channel: Channel, entries: Sequence[Entry]) -> bytes:
    """Atom 1.0 (RFC 4287). `entries` newest first, at least one."""
    return bytes(_generator(channel, entries, "atom").atom_str(pretty=True))


def _generator(channel: Channel, entries: Sequence[Entry], ending: str) -> Any:
    feed = channel.feed
    newest = max(entry.updated for entry in entries)
    generator: Any = FeedGenerator()
    generator.register_extension("parts", FeedParts, EntryParts)
    generator.parts.home = channel.home
    generator.id(channel.id)
    generator.title(feed.title)
    generator.subtitle(feed.description)
    generator.description(feed.description)
    generator.language(feed.language)
    generator.author({"name": channel.publisher})
    generator.generator("Publisher", version=__version__)
    generator.ttl("60")
    # The alternate link comes last: feedgen takes the last one, of whatever kind, as the RSS channel's link.
    media_types = {"rss": "application/rss+xml", "atom": "application/atom+xml"}
    generator.link(href=channel.addresses[ending], rel="self", type=media_types[ending])
    generator.link(href=channel.home, rel="alternate", type="text/html")
    # Both stand for the build's own time unless they are given.
    generator.updated(newest)
    generator.pubDate(max(entry.published for entry in entries))
    for entry in entries:
        _add(generator, entry, feed.language)
    return generator


def _add(generator: Any, entry: Entry, feed_language: str) -> None:
    # Without order="append" feedgen puts the newest last.
    item = generator.add_entry(order="append")
    item.parts.entry = entry
    item.parts.feed_language = feed_language
    item.guid(entry.id, permalink=False)
    item.title(entry.title)
    item.link(href=entry.url)
    item.summary(entry.summary)
    if entry.html is not None:
        item.content(entry.html, type="html")
    for name in entry.authors:
        item.author({"name": name})
    for topic in entry.topics:
        item.category({"term": topic.slug, "label": topic.title})
    item.published(entry.published)
    item.updated(entry.updated)
