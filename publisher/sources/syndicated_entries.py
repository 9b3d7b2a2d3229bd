"""What a feed says of itself and of each entry, before anything is judged: one shape for RSS, Atom and JSON Feed.

The readers (`syndicated_xml`, `syndicated_loose`, `syndicated_json`) fill it with what stands there, word for word;
`syndicated_articles` makes articles of it.
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias

Form: TypeAlias = Literal["text", "html", "either"]
"""How words are written: literal text, HTML, or (RSS says nothing) whichever they look like."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """A title, a summary or a body as written. `base` is the stated base (xml:base) of its relative links."""

    value: str
    form: Form
    base: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """An address as written, with what is said about it. `length` is bytes as written: not yet a number."""

    href: str
    rel: str = "alternate"
    type: str = ""
    hreflang: str = ""
    length: str = ""
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """An image as written; `width` and `height` are pixels, as written. `is_small`: the feed calls it a thumbnail."""

    url: str
    width: str = ""
    height: str = ""
    type: str = ""
    caption: str = ""
    credit: str = ""
    is_small: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One item of a feed. `base` is the stated base of its addresses; `is_permalink` that its id may be its address.

    `content` is what the feed calls the full text, `summary` what it calls a description. Dates are as written,
    the likeliest first.
    """

    id: str = ""
    is_permalink: bool = False
    links: tuple[Link, ...] = ()
    original: str = ""
    title: Words | None = None
    summary: Words | None = None
    content: Words | None = None
    authors: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    published: tuple[str, ...] = ()
    updated: tuple[str, ...] = ()
    language: str = ""
    base: str | None = None
    pictures: tuple[Picture, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A whole feed. `site` is the page it belongs to, `next_page` where its older entries are; both as written.

    `base` is where its addresses start from, if it says so; `withdrawn` the ids of entries that it says are deleted
    (RFC 6721), each with the date of that. `left_out` counts the entries beyond the limit.
    """

    title: Words | None = None
    language: str = ""
    site: str = ""
    next_page: str = ""
    base: str | None = None
    entries: tuple[Entry, ...] = ()
    withdrawn: tuple[tuple[str, str], ...] = ()
    left_out: int = 0
