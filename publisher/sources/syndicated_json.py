"""A JSON Feed in (versions 1.0 and 1.1, jsonfeed.org), what it says out. Any value of the wrong kind says nothing."""

import json
from collections.abc import Iterator
from typing import Any

from publisher.sources.syndicated_entries import Document, Entry, Link, Picture, Words


def load(text: str) -> Any | None:
    """The value of a JSON text; None where it is none, or stands deeper in itself than can be read."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def is_feed(value: Any) -> bool:
    if not isinstance(value, dict) or not isinstance(value.get("items"), list):
        return False
    return "jsonfeed.org/version/" in _text(value, "version") or "title" in value


def read(feed: dict[str, Any], most: int) -> Document:
    """The feed, at most so many entries of it, in its own order."""
    items = [item for item in feed["items"] if isinstance(item, dict)]
    people = tuple(_people(feed))
    return Document(
        title=_literal(feed, "title"),
        language=_text(feed, "language"),
        site=_text(feed, "home_page_url"),
        base=_text(feed, "home_page_url") or None,
        next_page=_text(feed, "next_url"),
        entries=tuple(_entry(item, people) for item in items[:most]),
        left_out=max(0, len(items) - most),
    )


def _entry(item: dict[str, Any], feed_authors: tuple[str, ...]) -> Entry:
    address = _text(item, "url")
    html = _text(item, "content_html")
    return Entry(
        id=_text(item, "id"),
        is_permalink=True,
        links=(*((Link(href=address),) if address else ()), *_attachments(item)),
        title=_literal(item, "title"),
        summary=_literal(item, "summary"),
        content=Words(value=html, form="html") if html.strip() else _literal(item, "content_text"),
        # An item that names its authors has no others, though it may not say what they are called.
        authors=tuple(_people(item)) if _list(item, "authors") or item.get("author") else feed_authors,
        topics=tuple(tag for tag in _list(item, "tags") if isinstance(tag, str)),
        published=(_text(item, "date_published"),),
        updated=(_text(item, "date_modified"),),
        language=_text(item, "language"),
        pictures=tuple(Picture(url=url) for name in ("image", "banner_image") if (url := _text(item, name))),
    )


def _people(value: dict[str, Any]) -> Iterator[str]:
    """Version 1.1 has a list of authors, 1.0 has one."""
    for author in (*_list(value, "authors"), value.get("author")):
        if isinstance(author, dict) and (name := _text(author, "name")):
            yield name


def _attachments(item: dict[str, Any]) -> Iterator[Link]:
    for file in _list(item, "attachments"):
        if isinstance(file, dict) and (address := _text(file, "url")):
            yield Link(
                href=address,
                rel="enclosure",
                type=_text(file, "mime_type").lower(),
                length=_text(file, "size_in_bytes"),
                title=_text(file, "title"),
            )


def _text(value: dict[str, Any], name: str) -> str:
    """A string; a number as an id may be one by mistake (the specification asks readers to take it)."""
    found = value.get(name)
    if isinstance(found, bool):
        return ""
    if isinstance(found, float) and not found.is_integer():
        return ""
    return found.strip() if isinstance(found, str) else str(int(found)) if isinstance(found, int | float) else ""


def _literal(value: dict[str, Any], name: str) -> Words | None:
    text = _text(value, name)
    return Words(value=text, form="text") if text else None


def _list(value: dict[str, Any], name: str) -> list[Any]:
    found = value.get(name)
    return found if isinstance(found, list) else []
