"""Entries -> JSON Feed 1.1 (jsonfeed.org/version/1.1)."""

import json
from collections.abc import Sequence
from html import escape
from typing import Any

from publisher.feeds.model import Channel, Entry, Place
from publisher.records import Attachment


def jsonfeed(channel: Channel, place: Place, items: Sequence[bytes]) -> bytes:
    """UTF-8, indented, keys in the order of the specification. `items` are rendered, newest first."""
    feed = channel.feed
    known = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        "home_page_url": channel.page,
        "feed_url": place.own["json"],
        "description": feed.description,
        "next_url": place.older["json"] if place.older else None,
        "icon": channel.icon.url if channel.icon else None,
        "favicon": channel.icon.url if channel.icon else None,
        "authors": [{"name": channel.publisher, "url": channel.publisher_url}],
        "language": feed.language,
        "hubs": [{"type": "WebSub", "url": channel.hub}] if channel.hub and not place.is_archive else None,
    }
    # The items are rendered already: they are put between the brackets of an empty list.
    told = {name: value for name, value in known.items() if value is not None} | {"items": []}
    frame = json.dumps(told, ensure_ascii=False, indent=1).encode("utf-8")
    return b"".join([frame.removesuffix(b"]\n}"), b"\n  ", b",\n  ".join(items), b"\n ]\n}\n"])


def item(entry: Entry) -> bytes:
    """One item, on one line. Every item needs a content; where there is none it is its summary."""
    known = {
        "id": entry.id,
        "url": entry.url,
        "title": entry.title,
        "content_html": entry.html if entry.html is not None else f"<p>{escape(entry.summary, quote=False)}</p>",
        "summary": entry.summary,
        "image": entry.image.url if entry.image else None,
        "date_published": entry.published.isoformat(),
        "date_modified": entry.updated.isoformat(),
        "authors": [{"name": name} for name in entry.authors],
        "tags": [topic.title for topic in entry.topics],
        "language": entry.language,
        "attachments": [_attachment(attachment) for attachment in entry.attachments],
    }
    told = {name: value for name, value in known.items() if value not in (None, [])}
    return json.dumps(told, ensure_ascii=False).encode("utf-8")


def _attachment(attachment: Attachment) -> dict[str, Any]:
    return {
        "url": attachment.url,
        "mime_type": attachment.type,
        "title": attachment.title,
        "size_in_bytes": attachment.length,
    }
