"""What is published: articles, teasers, events; and what was found while reading and checking them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Literal, TypeAlias

Stated: TypeAlias = date | datetime | None
"""A date as its source states it: a day, an aware moment, or not at all. Never guessed."""

Severity: TypeAlias = Literal["error", "warning", "note"]


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
    `withdrawn_at`, and `withdrawn_why` where readers may know the reason.
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

    @property
    def released(self) -> datetime:
        """The moment readers may see it: when it was published, or the end of its embargo if that is later."""
        assert self.published_at is not None, "only a stored article has moments"
        return max(self.published_at, self.embargo) if self.embargo else self.published_at


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
    """All that one reading of one source gave, in page order. Nothing is dropped without a Finding."""

    articles: tuple[Article, ...] = ()
    teasers: tuple[Teaser, ...] = ()
    events: tuple[Event, ...] = ()
    problems: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where content comes from. `path` is a folder (or one file) of Markdown or of captured pages, which the service
    reads again `every` so often."""

    name: str
    kind: Literal["markdown", "captured"]
    path: Path
    every: timedelta = timedelta(minutes=15)
