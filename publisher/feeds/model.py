"""Articles and teasers -> the entries of one feed: the same ids, order and dates for all three formats.

Pure: what a reader may see is decided by the caller; here entries are filtered by topic, put in order, kept apart by
a second, and cut to the feed's length.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from html import escape

from publisher.links import Links
from publisher.records import Article, Feed, Finding, Image, Teaser, Topic, excerpt

_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One article or teaser as any format shows it. `html` is null for a teaser: all it has is its summary."""

    id: str
    url: str
    title: str
    summary: str
    html: str | None
    authors: tuple[str, ...]
    topics: tuple[Topic, ...]
    image: Image | None
    language: str
    published: datetime
    updated: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """What a feed says of itself, and where it lies."""

    feed: Feed
    home: str
    addresses: Mapping[str, str]
    """The public URL of each format, by its ending."""
    publisher: str
    id: str


def article_entry(article: Article, links: Links, topics: Mapping[str, Topic], language: str) -> Entry:
    """`topics` are the declared ones by slug; `language` is the site's, where the article states none."""
    assert article.updated_at and article.headline is not None, "only a stored article becomes an entry"
    return Entry(
        id=article.id,
        url=links.article(article),
        title=article.headline,
        summary=article.summary or excerpt(article.body),
        html=_correction(article) + figure(article.image) + article.body,
        authors=article.authors,
        topics=tuple(topics[slug] for slug in article.topics if slug in topics),
        image=article.image if article.image and article.image.url else None,
        language=article.language or language,
        published=article.released,
        updated=max(article.updated_at, article.released),
    )


def teaser_entry(teaser: Teaser, links: Links, shown_by: Article | None, language: str) -> Entry:
    """A teaser links to its story, else to the page that showed it, else to our page of the article beside it."""
    assert teaser.published_at, "only a stored teaser becomes an entry"
    return Entry(
        id=teaser.id,
        url=links.teaser(teaser, shown_by),
        title=teaser.headline,
        summary=teaser.excerpt or teaser.caption or teaser.headline,
        html=None,
        authors=(),
        topics=(),
        image=teaser.image if teaser.image and teaser.image.url else None,
        language=language,
        published=teaser.published_at,
        updated=teaser.published_at,
    )


def entries_of(feed: Feed, candidates: Iterable[Entry]) -> tuple[list[Entry], list[Finding]]:
    """The feed's entries, newest first, and a Finding for every one that no document can carry."""
    wanted = [e for e in candidates if feed.topic is None or feed.topic in (topic.slug for topic in e.topics)]
    if feed.teasers == "omit":
        wanted = [e for e in wanted if e.html is not None]
    left_out = {e.id for e in wanted if _unfit(e)}
    fit = [e for e in wanted if e.id not in left_out]
    problems = [_quarantined(feed, e) for e in wanted if e.id in left_out]
    return sorted(fit, key=lambda e: (e.published, e.id), reverse=True)[: feed.limit], problems


def apart(entries: Sequence[Entry]) -> list[Entry]:
    """No two entries updated in the same second: two embargoes may end together, and readers need one order.

    Asked of all entries before they are parted into feeds, so that an entry has the same dates in each.
    """
    taken: set[datetime] = set()
    moved = []
    for entry in sorted(entries, key=lambda e: e.id):
        moment = entry.updated
        while moment in taken:
            moment += timedelta(seconds=1)
        taken.add(moment)
        moved.append(entry if moment == entry.updated else replace(entry, updated=moment))
    return moved


def _unfit(entry: Entry) -> bool:
    texts = (entry.id, entry.url, entry.title, entry.summary, entry.html or "", *entry.authors)
    return not entry.title.strip() or any(_NOT_XML.search(text) for text in texts)


def _quarantined(feed: Feed, entry: Entry) -> Finding:
    mend = "left out: it holds characters that no XML document may carry, or has no title; mend the source"
    return Finding(code="entry-left-out", severity="error", place=f"feeds/{feed.path} {entry.id}", mend=mend)


def figure(image: Image | None) -> str:
    """The lead picture as readers show it: the same URL as in the feed's media elements, so that it shows once."""
    if not image or not image.url:
        return ""
    size = f' width="{image.width}" height="{image.height}"' if image.width and image.height else ""
    lines = [escape(line) for line in (image.caption, image.credit) if line]
    caption = f"<figcaption>{' '.join(lines)}</figcaption>" if lines else ""
    return f'<figure><img src="{escape(image.url)}" alt="{escape(image.alt or "")}"{size}>{caption}</figure>'


def _correction(article: Article) -> str:
    if not article.correction:
        return ""
    return f"<p><strong>Correction:</strong> {escape(article.correction, quote=False)}</p>"
