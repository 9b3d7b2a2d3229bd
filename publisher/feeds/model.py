"""Articles, teasers and past issues -> entries: the same ids, order and dates for all three formats.

Pure: what a reader may see, and where it is listed, is decided elsewhere. An entry that no document can carry is a
Finding; one that is only too long or lost its picture is mended and said.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from html import escape

from publisher.feeds.lint import addresses
from publisher.links import Links
from publisher.records import (
    Article,
    Attachment,
    Edition,
    Feed,
    Finding,
    Image,
    Issue,
    Placed,
    Teaser,
    Topic,
    excerpt,
)

_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_LONGEST = 400_000
"""Characters of HTML in one entry: some ten times the longest article a person would read in a feed reader."""

Words = Callable[[str], Mapping[str, str]]
"""The fixed phrases in a language."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One article, teaser or issue as any format shows it. `html` is null where all it has is its summary."""

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
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Tombstone:
    """What is left of an entry that was withdrawn (RFC 6721)."""

    id: str
    when: datetime
    why: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """What every document of one feed says of it. `page` is the URL of its twin for people, `hub` that of WebSub."""

    feed: Feed
    id: str
    page: str
    publisher: str
    publisher_url: str
    hub: str | None = None
    icon: Image | None = None
    logo: Image | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where one document lies, by file ending: its own URL, that of the document subscribers poll, and of its
    neighbours among the archive documents (RFC 5005)."""

    own: Mapping[str, str]
    current: Mapping[str, str]
    older: Mapping[str, str] | None = None
    newer: Mapping[str, str] | None = None

    @property
    def is_archive(self) -> bool:
        return self.own != self.current


def article_entry(
    article: Article, at: Placed, links: Links, topics: Mapping[str, Topic], language: str, words: Words
) -> Entry:
    """`topics` are the declared ones by slug; `language` is the site's, where the article states none."""
    assert article.headline is not None, "only a stored article becomes an entry"
    tongue = article.language or language
    return Entry(
        id=article.id,
        url=links.article(article),
        title=article.headline,
        summary=article.summary or excerpt(article.body) or article.headline,
        html=_correction(article, words(tongue))
        + figure(article.image)
        + article.body
        + _downloads(article.attachments, words(tongue)),
        authors=article.authors,
        topics=tuple(topics[slug] for slug in article.topics if slug in topics),
        image=article.image if article.image and article.image.url else None,
        language=tongue,
        published=at.published,
        updated=at.updated,
        attachments=article.attachments,
    )


def teaser_entry(teaser: Teaser, at: Placed, links: Links, shown_by: Article | None, language: str) -> Entry:
    """A teaser links to its story, else to the page that showed it, else to our page of the article beside it."""
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
        published=at.published,
        updated=at.updated,
    )


def issue_entry(
    issue: Issue, edition: Edition, at: Placed, links: Links, left: Sequence[Article | Teaser], language: str
) -> Entry:
    """A past issue: what is left of what it carried, each with its summary and its link, in printing order."""
    lead = left[0].image if left else None
    title, summary = issue_told(issue, edition, left)
    return Entry(
        id=at.id,
        url=links.issue(issue.newsletter, issue.period),
        title=title,
        summary=summary,
        html=carried_html(left, links) or None,
        authors=(),
        topics=(),
        image=lead if lead and lead.url else None,
        language=language,
        published=at.published,
        updated=at.updated,
    )


def issue_told(issue: Issue, edition: Edition, left: Sequence[Article | Teaser]) -> tuple[str, str]:
    """A past issue's title and summary: those of the mail, unless they may name what readers may see no more."""
    if len(left) == len(issue.carried):
        return edition.subject, edition.preheader or edition.subject
    headlines = [one.headline or "" for one in left]
    title = ": ".join([edition.title, *headlines[:1]])
    return title, ". ".join(headlines[1:3]) or title


def carried_html(carried: Sequence[Article | Teaser], links: Links) -> str:
    """What an issue carried, in printing order: headlines with links and summaries, the first with its picture."""
    return "".join(_carried(item, links, with_picture=number == 0) for number, item in enumerate(carried))


def _carried(item: Article | Teaser, links: Links, *, with_picture: bool) -> str:
    if isinstance(item, Article):
        headline, told, url = item.headline or "", item.summary or excerpt(item.body), links.article(item)
    else:
        headline, told, url = item.headline, item.excerpt or item.caption or "", links.teaser(item, None)
    picture = figure(item.image) if with_picture else ""
    text = f"<p>{escape(told, quote=False)}</p>" if told else ""
    return f'<h2><a href="{escape(url)}">{escape(headline, quote=False)}</a></h2>{picture}{text}'


def sound(entry: Entry, has_file: Callable[[str], bool], language: str) -> tuple[Entry | None, list[Finding]]:
    """The entry as it can be published, and what was wrong with it; None when no document can carry it.

    `has_file` says whether a picture's URL leads to a file: one on this site may have been taken away. `language` is
    the site's, for an entry whose own is none.
    """
    if not entry.title.strip() or _NOT_XML.search("".join(_texts(entry))):
        mend = "left out: it holds characters that no XML document may carry, or has no title; mend the source"
        return None, [left_out(entry, mend)]
    if flaws := addresses.web_address(entry.url):
        return None, [left_out(entry, f"left out: its address {entry.url[:100]}: {flaws[0][1]}")]
    found = []
    if flaws := addresses.language(entry.language):
        found.append(Finding(code="language-unknown", severity="warning", place=named(entry), mend=flaws[0][1]))
        entry = replace(entry, language=language)
    if entry.image and entry.image.url and not has_file(entry.image.url):
        mend = f"its picture {entry.image.url} is gone and was left out; collect its source again"
        found.append(Finding(code="image-gone", severity="warning", place=named(entry), mend=mend))
        entry = replace(entry, image=None, html=entry.html.replace(figure(entry.image), "", 1) if entry.html else None)
    if entry.html and len(entry.html) > _LONGEST:
        mend = f"{len(entry.html):,} characters are too long for a feed; readers get its summary and link"
        found.append(Finding(code="entry-too-long", severity="warning", place=named(entry), mend=mend))
        entry = replace(entry, html=None)
    return entry, found


def named(entry: Entry) -> str:
    """What a person calls the entry."""
    return f'"{printable(entry.title)[:80]}" ({printable(entry.id)})'


def left_out(entry: Entry, mend: str) -> Finding:
    return Finding(code="entry-left-out", severity="error", place=named(entry), mend=mend)


def _texts(entry: Entry) -> Iterator[str]:
    """Every text of the entry that goes into a document."""
    yield from (entry.id, entry.url, entry.title, entry.summary, entry.html or "", entry.language, *entry.authors)
    yield from (text for topic in entry.topics for text in (topic.slug, topic.title))
    yield from (text for file in entry.attachments for text in (file.url, file.type, file.title))
    if entry.image:
        yield from (getattr(entry.image, name) or "" for name in ("url", "alt", "credit", "type"))


def printable(text: str) -> str:
    """The text without what XML cannot carry."""
    return _NOT_XML.sub("", text)


def figure(image: Image | None) -> str:
    """The lead picture as readers show it: the same URL as in the feed's media elements, so that it shows once."""
    if not image or not image.url:
        return ""
    size = f' width="{image.width}" height="{image.height}"' if image.width and image.height else ""
    lines = [escape(line) for line in (image.caption, image.credit) if line]
    caption = f"<figcaption>{' · '.join(lines)}</figcaption>" if lines else ""
    return f'<figure><img src="{escape(image.url)}" alt="{escape(image.alt or "")}"{size}>{caption}</figure>'


def _correction(article: Article, words: Mapping[str, str]) -> str:
    if not article.correction:
        return ""
    label = escape(words["correction"], quote=False)
    return f"<p><strong>{label}</strong> {escape(article.correction, quote=False)}</p>"


def _downloads(attachments: Sequence[Attachment], words: Mapping[str, str]) -> str:
    """RSS carries one enclosure and some readers show none: the files are linked in the text too."""
    items = [f'<li><a href="{escape(a.url)}">{escape(a.title, quote=False)}</a></li>' for a in attachments]
    return f"<p>{escape(words['downloads'], quote=False)}</p><ul>{''.join(items)}</ul>" if items else ""
