"""One entry of a feed, as written, in: an article out, whole or with its summary alone, and what was wrong with it.

Nothing is guessed: a date that cannot be is left out with a Finding, and so is an entry that says nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from publisher.records import Article, Finding, Stated, Teaser, headline_key, is_language
from publisher.sources import (
    clean,
    syndicated_dates as dates,
    syndicated_pictures as pictures,
    syndicated_words as words,
)
from publisher.sources.findings import finding
from publisher.sources.opening_pictures import without_opening
from publisher.sources.syndicated_addresses import absolute, address_of, based
from publisher.sources.syndicated_entries import Document, Entry
from publisher.sources.syndicated_texts import Texts, texts_of

_AHEAD = timedelta(days=7)
_FIRST_DAY = date(1970, 1, 2)
"""Zeros of programs (1900, 1601, 0001, 1970-01-01) are no dates of news."""

_MOST_KEY = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One entry of a feed. `whole`: the article's body is the full text; else it is "" and the summary stands alone."""

    article: Article
    whole: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What is the same for all entries of one feed: its source, its own address, its zone, and the present moment."""

    source: str
    url: str | None
    zone: str
    now: datetime
    language: str | None
    site: str | None


def as_teaser(item: Item, *, page: str | None) -> Teaser:
    """The pointer to an article that a feed has only the beginning of. `page` is where it was shown.

    An entry without a headline is named by the beginning of its words.
    """
    article = item.article
    excerpt = article.summary
    return Teaser(
        source=article.source,
        key=article.key,
        headline=article.headline or clean.shortened(excerpt or article.url or article.key, 80),
        excerpt=excerpt,
        truncated=bool(excerpt and excerpt.endswith("…")),
        url=article.url,
        image=article.image,
        published=article.published,
        page=page,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Standing:
    """Where an entry stands: its language, its own address, and what its other addresses and its texts start from."""

    language: str | None
    address: str | None
    base: str | None
    texts_base: str | None


def item_of(entry: Entry, around: Circumstances, place: str) -> tuple[Item | None, list[Finding]]:
    """The entry as an article; None where it has neither headline nor link nor text."""
    problems: list[Finding] = []
    standing = _standing(entry, around)
    headline = words.headline(entry.title)
    texts = texts_of(entry, standing.texts_base or "", standing.address, place)
    problems += texts.problems
    if not (headline or standing.address or texts.text or texts.summary):
        problems.append(finding("empty-entry", "warning", place, "left out: it has no headline, no link and no text"))
        return None, problems
    article = Article(
        source=around.source,
        key=_key(entry, standing, headline or texts.summary or texts.text),
        headline=headline,
        body=texts.body,
        summary=texts.summary,
        authors=words.people(entry.authors),
        topics=words.topics(entry.topics),
        published=_date(entry.published, "published", around, standing.language, place, problems),
        updated=_date(entry.updated, "updated", around, standing.language, place, problems),
        url=standing.address,
        language=standing.language,
    )
    return Item(article=_with_files(article, entry, standing, texts, place, problems), whole=texts.whole), problems


def _standing(entry: Entry, around: Circumstances) -> _Standing:
    base = based(around.url, entry.base) or around.site
    language = language_of(entry.language) or around.language
    address = address_of(entry, base, language)
    # A base that is stated holds for texts, too; else a browser on the entry's own page would start from there.
    return _Standing(
        language=language, address=address, base=base or address, texts_base=base if entry.base else address or base
    )


def _key(entry: Entry, standing: _Standing, said: str) -> str:
    return clean.line(entry.id)[:_MOST_KEY] or standing.address or headline_key(said[:200])


def _with_files(
    article: Article, entry: Entry, standing: _Standing, texts: Texts, place: str, problems: list[Finding]
) -> Article:
    """The article with its image and its attachments."""

    def resolve(written: str) -> str | None:
        return absolute(standing.base, written)

    attached, unattached = pictures.attachments(entry.links, article.headline, resolve)
    if unattached:
        mend = "a file is not attached: its kind or its length is not stated, or it has no web address"
        problems.append(finding("enclosure-left-out", "note", place, mend))
    image, body = pictures.image(entry.pictures, entry.links, texts.shown, resolve), article.body
    if image and image.url:
        body, caption = without_opening(body, image.url)
        image = replace(image, caption=image.caption or caption)
    return replace(article, body=body, image=image, attachments=attached)


# --- Dates and languages


def _date(
    dated: tuple[str, ...], what: str, around: Circumstances, language: str | None, place: str, problems: list[Finding]
) -> Stated:
    """The first of several that is a date."""
    stated = [one for one in dated if one.strip()]
    if not stated:
        return None
    read = ((one, dates.stated(one, around.zone, language)) for one in stated)
    written, found = next(((one, moment) for one, moment in read if moment), (stated[0], None))
    shown = clean.shortened(clean.line(written), 60)
    if found is None:
        problems.append(finding("bad-date", "warning", place, f'"{shown}" is no date; it stands without {what}'))
        return None
    day = found.astimezone(UTC).date() if isinstance(found, datetime) else found
    is_ahead = found > around.now + _AHEAD if isinstance(found, datetime) else day > (around.now + _AHEAD).date()
    if day < _FIRST_DAY or is_ahead:
        mend = f'"{shown}" cannot be when it was {what}; the date is left out: mend it where it was written'
        problems.append(finding("implausible-date", "warning", place, mend))
        return None
    return found


def language_of(written: str) -> str | None:
    """A language tag in its usual case; None where it is none."""
    parts = written.strip().replace("_", "-").split("-")
    tag = "-".join([parts[0].lower(), *(part.upper() if len(part) == 2 else part for part in parts[1:])])
    return tag if is_language(tag) and tag != "und" else None


def each(feed: Document, around: Circumstances, place: str) -> Iterator[tuple[Item | None, list[Finding]]]:
    """All entries in the feed's order, each with its own place."""
    for number, entry in enumerate(feed.entries, 1):
        yield item_of(entry, around, f"{place}: entry {number}")
