"""A feed that no XML parser reads, by feedparser, which guesses what was meant: its guesses in, what they say out.

feedparser opens what looks like an address or a path, so it gets a file of bytes; it cleans and resolves in its own
way, so both are switched off and left to `clean`.
"""

from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from typing import Any

import feedparser  # type: ignore[import-untyped]  # it has no types

from publisher.sources.syndicated_entries import Document, Entry, Link, Picture, Words

_STUMBLES = (LookupError, TypeError, ValueError, AttributeError, AssertionError, RecursionError)


def read(text: str, most: int) -> Document | None:
    """The feed as far as it can be made out, at most so many entries of it; None where feedparser itself stumbles."""
    headers = {"content-type": "application/xml; charset=utf-8"}
    try:
        found = feedparser.parse(
            BytesIO(text.encode("utf-8")), response_headers=headers, resolve_relative_uris=False, sanitize_html=False
        )
    except _STUMBLES:  # closing tags without opening ones leave it without the lists that it goes on to read
        return None
    head, is_atom = found.feed, str(found.get("version", "")).startswith("atom")
    links = {link.get("rel", "alternate"): link.get("href", "") for link in reversed(head.get("links", []))}
    people = tuple(_people(head)) if is_atom else ()
    # feedparser takes the dc:date of RSS, when an entry came out, for when it was changed.
    swapped = not is_atom and "modified>" not in text
    return Document(
        title=_words(head.get("title_detail"), is_atom, is_title=True),
        language=head.get("language", ""),
        site=links.get("alternate", ""),
        base=links.get("alternate") or None if not is_atom else None,
        next_page=links.get("next") or links.get("prev-archive") or "",
        entries=tuple(_entry(entry, is_atom, people, dates_are_swapped=swapped) for entry in found.entries[:most]),
        left_out=max(0, len(found.entries) - most),
    )


def _entry(entry: Any, is_atom: bool, feed_authors: tuple[str, ...], *, dates_are_swapped: bool) -> Entry:
    # feedparser answers for one date with another, and warns of it: only what was written counts.
    published, updated = (str(dict.get(entry, name) or "") for name in ("published", "updated"))
    if dates_are_swapped and not published:
        published, updated = updated, ""
    contents = entry.get("content") or [None]
    return Entry(
        id=entry.get("id", ""),
        is_permalink=bool(entry.get("guidislink", not is_atom)),
        links=tuple(_links(entry)),
        original=entry.get("feedburner_origlink", ""),
        title=_words(entry.get("title_detail"), is_atom, is_title=True),
        summary=_words(entry.get("summary_detail"), is_atom),
        content=_words(contents[0], is_atom),
        authors=tuple(_people(entry)) or tuple(_people(entry.get("source") or {})) or feed_authors,
        topics=tuple(tag.get("label") or tag.get("term") or "" for tag in entry.get("tags", []) if _is_topic(tag)),
        published=(published, str(dict.get(entry, "created") or "")),
        updated=(updated,),
        pictures=tuple(_pictures(entry)),
    )


def _words(detail: Any, is_atom: bool, *, is_title: bool = False) -> Words | None:
    if not detail or not str(detail.get("value") or "").strip():
        return None
    kind = str(detail.get("type") or "")
    base = detail.get("base") or None
    if not is_atom:
        return Words(value=detail["value"], form="either" if is_title else "html", base=base)
    if "html" not in kind and not kind.startswith("text"):
        return None  # a picture or other data
    return Words(value=detail["value"], form="html" if "html" in kind else "text", base=base)


def _is_topic(tag: Any) -> bool:
    """feedparser takes the search words of a podcast for its subjects."""
    return str(tag.get("scheme") or "") != "http://www.itunes.com/"


def _people(parent: Any) -> Iterator[str]:
    """Names as they were written where there is one: feedparser tears mail addresses of longer domains apart."""
    if len(parent.get("authors", [])) == 1 and parent.get("author"):
        yield str(parent["author"])
        return
    for author in parent.get("authors", []):
        if author.get("name"):
            yield str(author["name"])


def _links(entry: Any) -> Iterator[Link]:
    for link in entry.get("links", []):
        if link.get("href"):
            yield Link(
                href=str(link["href"]).strip(),
                rel=str(link.get("rel", "alternate")).lower(),
                type=str(link.get("type", "")).lower(),
                hreflang=str(link.get("hreflang", "")),
                length=str(link.get("length", "")),
                title=str(link.get("title", "")),
            )


def _pictures(entry: Any) -> Iterator[Picture]:
    for shown in entry.get("media_content", []):
        kind = str(shown.get("type", "")).lower()
        if shown.get("medium") == "image" or kind.startswith("image/"):
            yield _picture(shown, kind)
    for shown in entry.get("media_thumbnail", []):
        yield replace(_picture(shown, ""), is_small=True)
    if (entry.get("image") or {}).get("href"):
        yield Picture(url=str(entry["image"]["href"]))


def _picture(shown: Any, kind: str) -> Picture:
    width, height = str(shown.get("width", "")), str(shown.get("height", ""))
    return Picture(url=str(shown.get("url", "")).strip(), type=kind, width=width, height=height)
