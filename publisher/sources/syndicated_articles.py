"""One entry of a feed, as written, in: an article out, whole or with its summary alone, and what was wrong with it.

Nothing is guessed: a date that cannot be is left out with a Finding, and so is an entry that says nothing.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from urllib.parse import urljoin

from lxml import etree

from publisher.records import Article, Finding, Severity, Stated, Teaser, headline_key, is_language
from publisher.sources import (
    clean,
    syndicated_dates as dates,
    syndicated_pictures as pictures,
    syndicated_words as words,
)
from publisher.sources.syndicated_entries import Document, Entry, Link, Words
from publisher.sources.syndicated_words import Shorn

_AHEAD = timedelta(days=7)
_FIRST_DAY = date(1970, 1, 2)
"""Zeros of programs (1900, 1601, 0001, 1970-01-01) are no dates of news."""

_LONG, _PARAGRAPHS = 500, 3
"""A description with so many characters in so many paragraphs is the full text: nobody writes such a summary."""

_MOST_BODY, _MOST_REFERENCES = 500_000, 50_000
"""Cleaning takes as long as the square of the number of `&`; no article has a tenth of these."""

_BLOCK = re.compile(r"<(?:p|h[2-4]|ul|ol|table|blockquote|figure)\b|<br><br>|<br>\s*<br>")
_MOST_KEY = 500
_DATA = re.compile(r'"data:[^"<>]*"|\'data:[^\'<>]*\'')
_MARKUP = frozenset("<>&")


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
    texts = _texts(entry, standing, place, problems)
    if not (headline or standing.address or texts.text or texts.summary):
        problems.append(_found("empty-entry", "warning", place, "left out: it has no headline, no link and no text"))
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
    base = _based(around.url, entry.base) or around.site
    language = language_of(entry.language) or around.language
    address = _address(entry, base, language)
    # A base that is stated holds for texts, too; else a browser on the entry's own page would start from there.
    return _Standing(
        language=language, address=address, base=base or address, texts_base=base if entry.base else address or base
    )


def _key(entry: Entry, standing: _Standing, said: str) -> str:
    return clean.line(entry.id)[:_MOST_KEY] or standing.address or headline_key(said[:200])


def _with_files(
    article: Article, entry: Entry, standing: _Standing, texts: "_Texts", place: str, problems: list[Finding]
) -> Article:
    """The article with its image and its attachments."""

    def resolve(written: str) -> str | None:
        return absolute(standing.base, written)

    attached, unattached = pictures.attachments(entry.links, article.headline, resolve)
    if unattached:
        mend = "a file is not attached: its kind or its length is not stated, or it has no web address"
        problems.append(_found("enclosure-left-out", "note", place, mend))
    return replace(
        article, image=pictures.image(entry.pictures, entry.links, texts.shown, resolve), attachments=attached
    )


# --- Texts


@dataclass(frozen=True, slots=True, kw_only=True)
class _Texts:
    """The body (clean, empty unless whole) with its plain text, the summary, and the HTML that may show pictures."""

    body: str
    text: str = ""
    summary: str | None
    whole: bool
    shown: str


def _texts(entry: Entry, standing: _Standing, place: str, problems: list[Finding]) -> _Texts:
    """Which of content and description is the full text, if any, and which is a summary."""
    base = standing.texts_base or ""
    content = _cleaned(entry.content, base, standing.address, place, problems)
    summary = _cleaned(entry.summary, base, standing.address, place, problems)
    said = words.summary(summary) if summary else None
    if content and content.text and not content.is_cut:
        is_longer = summary is None or len(content.text) > len(summary.text)
        if is_longer or _is_full(content):
            return _whole(content, said if is_longer else None)
    if summary and not summary.is_cut and _is_full(summary):
        return _whole(summary, None)
    shown = (content.body if content else "") + (summary.body if summary else "")
    return _Texts(body="", summary=said or (words.summary(content) if content else None), whole=False, shown=shown)


def _whole(text: Shorn, summary: str | None) -> _Texts:
    body = text.body if "<" in text.body else f"<p>{text.body}</p>"
    return _Texts(body=body, text=text.text, summary=summary, whole=True, shown=text.body)


def _cleaned(written: Words | None, base: str, page: str | None, place: str, problems: list[Finding]) -> Shorn | None:
    if written is None:
        return None
    if "data:" in written.value:  # pictures written out, which are taken out anyway: megabytes of them
        written = replace(written, value=_DATA.sub('"data:"', written.value))
    if len(written.value) > _MOST_BODY or written.value.count("&") > _MOST_REFERENCES:
        problems.append(_found("text-too-long", "warning", place, "its text is left out: no article is that long"))
        return None
    if _MARKUP.isdisjoint(written.value) and "\n\n" not in written.value:
        return words.shorn(clean.line(written.value), page)  # most summaries: what has no markup needs no cleaning
    try:
        body = clean.html(words.as_html(written), _based(base, written.base) or "")
    except etree.ParserError:  # a DOCTYPE and nothing else
        body = ""
    if body is None:
        mend = "its text is left out: its elements stand in each other too deep; mend it where it was written"
        problems.append(_found("text-too-deep", "warning", place, mend))
        return None
    return words.shorn(pictures.without_bugs(body, base), page)


def _is_full(text: Shorn) -> bool:
    return len(_BLOCK.findall(text.body)) >= _PARAGRAPHS and len(text.text) >= _LONG


# --- Addresses, dates, languages


def _address(entry: Entry, base: str | None, language: str | None) -> str | None:
    """Where the article stands: the original behind a counting service, its page in the feed's language, its guid."""
    pages = [link for link in entry.links if link.rel == "alternate" and _is_page(link)]
    pages.sort(key=lambda link: _distance(link, language))
    written = [entry.original, *(link.href for link in pages), *([entry.id] if entry.is_permalink else [])]
    if not pages and re.match(r"https?://", entry.id) and not entry.is_permalink:
        written += [link.href for link in entry.links if link.rel in ("canonical", "self") and _is_page(link)]
    found = (absolute(base, one) for one in written if one and _may_be_address(one, entry))
    return next((address for address in found if address), None)


def _is_page(link: Link) -> bool:
    return not link.type or "html" in link.type or link.type.startswith("text/")


def _distance(link: Link, language: str | None) -> int:
    """Pages in the feed's language first, then those that state none; the feed's order among equals."""
    if not link.hreflang:
        return 1
    return 0 if language and link.hreflang.split("-")[0].lower() == language.split("-")[0].lower() else 2


def _may_be_address(written: str, entry: Entry) -> bool:
    """An id is an address only if it says so itself: `news-17` is none, though it would resolve to one."""
    return (
        written != entry.id
        or bool(re.match(r"https?://", written, re.I))
        or any(link.href == written for link in entry.links)
    )


def absolute(base: str | None, written: str) -> str | None:
    """An http(s) address from `base`; None for any other scheme and where a browser would have to guess."""
    if not written.strip():
        return None
    try:
        address = written.strip().replace(" ", "%20")
        if not address.startswith(("http://", "https://")):
            address = urljoin(base or "", address)
    except ValueError:
        return None
    return clean.web_address(clean.line(address)) if len(address) <= 4000 else None


def _based(base: str | None, further: str | None) -> str | None:
    if not further:
        return base
    return absolute(base, further) or base


def _date(
    written: str, what: str, around: Circumstances, language: str | None, place: str, problems: list[Finding]
) -> Stated:
    if not written.strip():
        return None
    found = dates.stated(written, around.zone, language)
    shown = clean.shortened(clean.line(written), 60)
    if found is None:
        problems.append(_found("bad-date", "warning", place, f'"{shown}" is no date; it stands without {what}'))
        return None
    day = found.astimezone(UTC).date() if isinstance(found, datetime) else found
    is_ahead = found > around.now + _AHEAD if isinstance(found, datetime) else day > (around.now + _AHEAD).date()
    if day < _FIRST_DAY or is_ahead:
        mend = f'"{shown}" cannot be when it was {what}; the date is left out: mend it where it was written'
        problems.append(_found("implausible-date", "warning", place, mend))
        return None
    return found


def language_of(written: str) -> str | None:
    """A language tag in its usual case; None where it is none."""
    parts = written.strip().replace("_", "-").split("-")
    tag = "-".join([parts[0].lower(), *(part.upper() if len(part) == 2 else part for part in parts[1:])])
    return tag if is_language(tag) and tag != "und" else None


def _found(code: str, severity: Severity, place: str, mend: str) -> Finding:
    return Finding(code=code, severity=severity, place=place, mend=mend)


def each(feed: Document, around: Circumstances, place: str) -> Iterator[tuple[Item | None, list[Finding]]]:
    """All entries in the feed's order, each with its own place."""
    for number, entry in enumerate(feed.entries, 1):
        yield item_of(entry, around, f"{place}: entry {number}")
