"""What is published: articles, teasers, events; and what was found while reading and checking them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Literal, TypeAlias, TypeVar, get_args

Stated: TypeAlias = date | datetime | None
"""A date as its source states it: a day, an aware moment, or not at all. Never guessed."""

Severity: TypeAlias = Literal["error", "warning", "note"]
SEVERITIES: tuple[Severity, ...] = get_args(Severity)
"""The worst first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """A picture: `url` is absolute http(s), or null where the source only shows its alt text.

    `file` is the path of the original beside the source; width and height are pixels, length is bytes.
    """

    url: str | None = None
    alt: str | None = None
    caption: str | None = None
    credit: str | None = None
    file: str | None = None
    width: int | None = None
    height: int | None = None
    length: int | None = None
    type: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file that belongs to an article: a PDF, a recording. `length` is bytes, `type` its media type."""

    url: str
    type: str
    length: int
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """A subject a subscriber can choose and a feed can be limited to. `slug` is its name in URLs and front matter.

    `titles` are its names in further languages, by language.
    """

    slug: str
    title: str
    titles: Mapping[str, str] = field(default_factory=dict)

    def named(self, tags: Sequence[str]) -> str | None:
        """Its name under the last of these tags that it has one for; None where nobody translated it."""
        return next((self.titles[tag] for tag in reversed(tags) if tag in self.titles), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """A full text we publish.

    A source fills `source`, `key` (its matching key there) and what the page says; `id`, `slug` and the `_at`
    moments are empty until the store mints them. `body` is clean HTML with absolute URLs.
    `translation_of` is the key, in the same source, of the article that this one says in another language.
    `published` and `updated` are what the source states; `published_at` and `updated_at` are the stored, distinct,
    aware UTC moments that feeds and selection use, `first_seen` the moment we first read it. A withdrawn article has
    `withdrawn_at`, and `withdrawn_why` where readers may know the reason; without the first, the second tells who gave
    the article back. `by_hand` holds, for each of the HAND_FIELDS that the office decided over its source, the office's
    word and the source's. `borrowed` are the fields of which its source says nothing and that another one filled.
    """

    source: str
    key: str
    headline: str | None
    body: str
    summary: str | None = None
    image: Image | None = None
    authors: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    published: Stated = None
    updated: Stated = None
    embargo: datetime | None = None
    review_by: date | None = None
    url: str | None = None
    language: str | None = None
    translation_of: str | None = None
    correction: str | None = None
    attachments: tuple[Attachment, ...] = ()
    id: str = ""
    slug: str = ""
    published_at: datetime | None = None
    updated_at: datetime | None = None
    first_seen: datetime | None = None
    withdrawn_at: datetime | None = None
    withdrawn_why: str | None = None
    by_hand: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)
    borrowed: tuple[str, ...] = ()

    @property
    def released(self) -> datetime:
        """The moment readers may see it: when it was published, or the end of its embargo if that is later."""
        assert self.published_at is not None, "only a stored article has moments"
        return max(self.published_at, self.embargo) if self.embargo else self.published_at


HAND_FIELDS: Mapping[str, type] = {
    **dict.fromkeys(("headline", "body", "summary", "language", "correction", "alt"), str),
    **dict.fromkeys(("authors", "topics"), tuple),
    "embargo": datetime,
}
"""What of an article the office may decide over its source, and of what type it is; `alt` is its picture's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Teaser:
    """A short pointer to an article we may not have.

    `truncated` says that the excerpt was cut by the page. `page` is the URL of the page that showed it, `shown_by`
    the id of the article on that page; `article` the id of the article it was resolved to.
    """

    source: str
    key: str
    headline: str
    caption: str | None = None
    excerpt: str | None = None
    truncated: bool = False
    url: str | None = None
    image: Image | None = None
    published: Stated = None
    page: str | None = None
    id: str = ""
    slug: str = ""
    shown_by: str | None = None
    article: str | None = None
    published_at: datetime | None = None
    first_seen: datetime | None = None


F = TypeVar("F", "Article", "Teaser")


def filled(known: F, other: Article | Teaser, names: Iterable[str]) -> F:
    """`known` with those of these fields that say nothing taken from `other`, where they say something."""
    gaps = {name: getattr(other, name) for name in names if not getattr(known, name) and getattr(other, name)}
    return replace(known, **gaps)


def released(item: Article | Teaser) -> datetime:
    """The moment readers may see it."""
    if isinstance(item, Article):
        return item.released
    assert item.published_at, "only a stored teaser has a moment"
    return item.published_at


def may_be_read(item: Article | Teaser, now: datetime) -> bool:
    """Whether readers may see it: an article that was withdrawn, or is not released yet, appears nowhere."""
    return isinstance(item, Teaser) or (item.withdrawn_at is None and item.released <= now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A dated thing readers can go to. `start` and `end` are aware; `zone` is the IANA zone to show them in."""

    source: str
    key: str
    title: str
    start: datetime
    end: datetime | None = None
    zone: str
    place: str | None = None
    url: str | None = None
    summary: str | None = None
    topics: tuple[str, ...] = ()
    language: str | None = None
    id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One result of a check or a reading: stable code, the place (file and line, or what it is about), and the mend."""

    code: str
    severity: Severity
    place: str
    mend: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """All that one reading of one source gave, in page order. Nothing is dropped without a Finding.

    `withdrawn` are the articles, by source and key, that the source says readers may not have any more.
    """

    articles: tuple[Article, ...] = ()
    teasers: tuple[Teaser, ...] = ()
    events: tuple[Event, ...] = ()
    withdrawn: tuple[tuple[str, str], ...] = ()
    problems: tuple[Finding, ...] = ()


SourceKind: TypeAlias = Literal["markdown", "captured", "folder", "page", "sitemap", "feed", "wordpress"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where content comes from, which the service reads again `every` so often."""

    name: str
    kind: SourceKind
    every: timedelta = timedelta(minutes=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderSource(Source):
    """A folder, or one file, of Markdown, of captured pages, of an office's mixed documents (`folder`), or a WordPress
    export (`wordpress`)."""

    path: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class WebSource(Source):
    """Addresses of pages, of sitemaps, of feeds, or of WordPress sites.

    `follows`: the pages that a page points to on the same host, or that a feed only summarises, are read too, at most
    `most_pages` of them in one reading. `allowed` are hosts and networks of an intranet that may be asked; between
    two questions to one host `pause` passes.
    """

    urls: tuple[str, ...]
    follows: bool = True
    most_pages: int = 50
    allowed: tuple[str, ...] = ()
    pause: timedelta = timedelta(seconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """What is remembered of an address of a source: when it was read last, and what a server needs to be asked whether
    it changed (RFC 9110, section 13). `mark` is what the place that names it said of its last change."""

    url: str
    at: datetime
    etag: str | None = None
    last_modified: str | None = None
    mark: str | None = None
