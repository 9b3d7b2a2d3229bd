"""Entries -> RSS 2.0 and Atom 1.0 with feedgen; the only place that imports it.

All that feedgen leaves out or gets wrong goes through its public extension mechanism (`register_extension`): it drops
rel and type of entry links, loses authors without a mail address in RSS, wraps media in groups, takes the last link
as the channel's, passes over archive and hub links in RSS, and stamps the time of the build on everything that has no
date. The extensions set, so that a mended feedgen would do no harm.

feedgen makes an entry anew for every document that lists it. Here it makes each entry once and each document's frame
without entries; the serialised entries are put into the frame.
"""

from collections.abc import Sequence
from functools import cache
from html import escape
from typing import Any, TypeAlias

from feedgen.entry import FeedEntry
from feedgen.ext.base import BaseEntryExtension, BaseExtension
from feedgen.feed import FeedGenerator  # lxml.etree must be imported before feedgen's parts
from lxml import etree

from publisher.feeds.model import Channel, Entry, Place, Tombstone, printable
from publisher.links import ENDINGS
from publisher.records import Image

_ATOM = "http://www.w3.org/2005/Atom"
_AT = "http://purl.org/atompub/tombstones/1.0"
_DC = "http://purl.org/dc/elements/1.1/"
_FH = "http://purl.org/syndication/history/1.0"
_MEDIA = "http://search.yahoo.com/mrss/"
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_Namespaces: TypeAlias = tuple[tuple[str, str], ...]
_ENTRIES: _Namespaces = (("dc", _DC), ("media", _MEDIA))
_RSS: _Namespaces = (*_ENTRIES, ("atom", _ATOM), ("content", "http://purl.org/rss/1.0/modules/content/"))


class FeedParts(BaseExtension):
    """What a document says of itself beyond feedgen's own fields."""

    channel: Channel
    place: Place
    ending: str

    def extend_ns(self) -> dict[str, str]:
        return dict(_ENTRIES) | ({"fh": _FH} if self.place.is_archive else {})

    def extend_rss(self, feed: Any) -> Any:
        channel = feed.find("channel")
        channel.find("link").text = self.channel.page
        etree.SubElement(channel, f"{{{_DC}}}creator").text = self.channel.publisher
        for rel, href, media_type in self._links():
            etree.SubElement(channel, f"{{{_ATOM}}}link", _named(rel=rel, href=href, type=media_type))
        return self._marked(feed, channel)

    def extend_atom(self, feed: Any) -> Any:
        # feedgen writes the root's namespace as a plain attribute, so that its children have bare names.
        for rel, href, media_type in self._links():
            etree.SubElement(feed, "link", _named(rel=rel, href=href, type=media_type))
        return self._marked(feed, feed)

    def _links(self) -> list[tuple[str, str, str | None]]:
        """Links other than self and alternate: of WebSub, and of RFC 5005, section 4."""
        place, media_type = self.place, ENDINGS[self.ending]
        around = {"prev-archive": place.older, "next-archive": place.newer}
        links: list[tuple[str, str, str | None]] = []
        if place.is_archive:
            links.append(("current", place.current[self.ending], media_type))
        elif self.channel.hub:
            links.append(("hub", self.channel.hub, None))
        return links + [(rel, urls[self.ending], media_type) for rel, urls in around.items() if urls]

    def _marked(self, feed: Any, parent: Any) -> Any:
        if self.place.is_archive:
            etree.SubElement(parent, f"{{{_FH}}}archive")
        return feed


class EntryParts(BaseEntryExtension):
    """What one entry has beyond feedgen's own fields."""

    entry: Entry

    def extend_rss(self, item: Any) -> Any:
        # RSS readers take a description for HTML: the plain summary must be escaped once more.
        description = item.find("description")
        if description is None:
            description = etree.SubElement(item, "description")
        description.text = escape(self.entry.summary, quote=False)
        for name in self.entry.authors:
            etree.SubElement(item, f"{{{_DC}}}creator").text = name
        if self.entry.updated != self.entry.published:
            etree.SubElement(item, f"{{{_ATOM}}}updated").text = self.entry.updated.isoformat()
        # RSS readers, and the specification's readers, expect one enclosure; the text links the others.
        for one in self.entry.attachments[:1]:
            etree.SubElement(item, "enclosure", {"url": one.url, "length": str(one.length), "type": one.type})
        self._media(item)
        item.set(_LANG, self.entry.language)
        return item

    def extend_atom(self, entry: Any) -> Any:
        for link in entry.findall("link"):
            if link.get("rel") is None:
                link.set("rel", "alternate")
        for one in self.entry.attachments:
            named = _named(rel="enclosure", href=one.url, type=one.type, length=one.length, title=one.title)
            etree.SubElement(entry, "link", named)
        self._media(entry)
        entry.set(_LANG, self.entry.language)
        return entry

    def _media(self, parent: Any) -> None:
        image = self.entry.image
        if not image or not image.url:
            return
        size = {"fileSize": image.length, "width": image.width, "height": image.height}
        named = _named(url=image.url, medium="image", type=image.type, **size)
        content = etree.SubElement(parent, f"{{{_MEDIA}}}content", named)
        # No media:description: feedparser takes it for the entry's own summary. The text in the figure has it as alt.
        if image.credit:
            etree.SubElement(content, f"{{{_MEDIA}}}credit").text = image.credit
        etree.SubElement(parent, f"{{{_MEDIA}}}thumbnail", {"url": image.url})


def _named(**values: object) -> dict[str, str]:
    """Attributes that have a value."""
    return {name: str(value) for name, value in values.items() if value is not None}


def entry_parts(entry: Entry) -> tuple[bytes, bytes]:
    """The entry as an RSS <item> and as an Atom <entry>, indented, without namespaces of their own."""
    made = _feed_entry(entry)
    return _inside(_RSS, made.rss_entry()), _inside(_ENTRIES, made.atom_entry())


def _feed_entry(entry: Entry) -> Any:
    made: Any = FeedEntry()
    made.register_extension("parts", EntryParts)
    made.parts.entry = entry
    made.guid(entry.id, permalink=False)
    made.title(entry.title)
    made.link(href=entry.url)
    # As HTML: readers that prefer plain text would show a plain summary instead of the whole article.
    made.summary(escape(entry.summary, quote=False), type="html")
    if entry.html:
        made.content(entry.html, type="html")
    for name in entry.authors:
        made.author({"name": name})
    for topic in entry.topics:
        made.category({"term": topic.slug, "label": topic.title})
    made.published(entry.published)
    made.updated(entry.updated)
    return made


@cache
def _declared(namespaces: _Namespaces) -> bytes:
    root = etree.Element("root", nsmap=dict(namespaces))
    return bytes(etree.tostring(root, encoding="UTF-8").removeprefix(b"<root").removesuffix(b"/>"))


def _inside(namespaces: _Namespaces, element: Any) -> bytes:
    """The element serialised as it stands within a root that declares the namespaces.

    lxml repeats the root's declarations on an element that is serialised alone; they are the same for each.
    """
    root = etree.Element("root", nsmap=dict(namespaces))
    root.append(element)
    text: bytes = etree.tostring(element, encoding="UTF-8", pretty_print=True)
    return text.replace(_declared(namespaces), b"", 1)


def rss(channel: Channel, place: Place, updated: Any, items: Sequence[bytes]) -> bytes:
    """RSS 2.0 (rssboard.org/rss-specification). `items` are rendered, newest first."""
    frame = _frame(channel, place, updated, "rss").rss_str(pretty=True)
    return _filled(frame, b"  </channel>", items)


def atom(
    channel: Channel, place: Place, updated: Any, entries: Sequence[bytes], tombstones: Sequence[Tombstone]
) -> bytes:
    """Atom 1.0 (RFC 4287), with tombstones (RFC 6721). `entries` are rendered, newest first."""
    frame = _frame(channel, place, updated, "atom").atom_str(pretty=True)
    return _filled(frame, b"</feed>", [*entries, *map(_tombstone, tombstones)])


def _filled(frame: bytes, end: bytes, parts: Sequence[bytes]) -> bytes:
    head, _, _ = frame.rpartition(end)
    return b"".join([head, *parts, frame[len(head) :]])


def _tombstone(tombstone: Tombstone) -> bytes:
    # Its namespace is declared here: a feed without tombstones should not name what validators do not know.
    named = {"ref": tombstone.id, "when": tombstone.when.isoformat()}
    deleted = etree.Element(f"{{{_AT}}}deleted-entry", named, nsmap={"at": _AT})
    if tombstone.why:
        etree.SubElement(deleted, f"{{{_AT}}}comment").text = printable(tombstone.why)
    return bytes(etree.tostring(deleted, encoding="UTF-8", pretty_print=True))


def _frame(channel: Channel, place: Place, updated: Any, ending: str) -> Any:
    feed = channel.feed
    generator: Any = FeedGenerator()
    generator.register_extension("parts", FeedParts, EntryParts)
    generator.parts.channel = channel
    generator.parts.place = place
    generator.parts.ending = ending
    generator.id(channel.id)
    generator.title(feed.title)
    generator.subtitle(feed.description)
    generator.description(feed.description)
    generator.language(feed.language)
    generator.author({"name": channel.publisher, "uri": channel.publisher_url})
    # Without a version: a newer Publisher must not change the bytes of every archive.
    generator.generator("Publisher")
    generator.ttl("60")
    # The alternate link comes last: feedgen takes the last one, of whatever kind, as the RSS channel's link.
    generator.link(href=place.own[ending], rel="self", type=ENDINGS[ending])
    generator.link(href=channel.page, rel="alternate", type="text/html")
    # Both stand for the build's own time unless they are given.
    generator.updated(updated)
    generator.pubDate(updated)
    # feedgen keeps one picture for Atom's logo and RSS's image: each format is given its own.
    if ending == "rss":
        _channel_image(generator, channel.logo or channel.icon, channel)
    else:
        generator.icon(channel.icon.url if channel.icon else None)
        generator.logo(channel.logo.url if channel.logo else None)
    return generator


def _channel_image(generator: Any, picture: Image | None, channel: Channel) -> None:
    """The RSS image: its title and link are those of the channel, and it is shown at 144 x 400 pixels at most."""
    if picture is None:
        return
    size = {}
    if picture.width and picture.height:
        shrunk = min(1, 144 / picture.width, 400 / picture.height)
        size = {"width": str(round(picture.width * shrunk)), "height": str(round(picture.height * shrunk))}
    generator.image(url=picture.url, title=channel.feed.title, link=channel.page, **size)
