"""Entries -> JSON Feed 1.1 (jsonfeed.org/version/1.1)."""

import json
from collections.abc import Sequence
from html import escape
from typing import Any

from publisher.feeds.model import Channel, Entry


def jsonfeed(channel: Channel, entries: Sequence[Entry]) -> bytes:
    """UTF-8, indented, keys in the order of the specification. `entries` newest first."""
    document = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": channel.feed.title,
        "home_page_url": channel.home,
        "feed_url": channel.addresses["json"],
        "description": channel.feed.description,
        "authors": [{"name": channel.publisher}],
        "language": channel.feed.language,
        "items": [_item(entry) for entry in entries],
    }
    return (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode("utf-8")


def _item(entry: Entry) -> dict[str, Any]:
    """Every item needs a content; that of a teaser is its summary."""
    item = {
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
    }
    return {name: value for name, value in item.items() if value not in (None, [])}
