"""A feed in (RSS 0.90 to 2.0, RDF, Atom, JSON Feed), its articles out, whole or by their summaries.

bytes | characters | what it is | entries as written -> Syndicated. `syndicated_bytes` decodes, `syndicated_kinds` tells
a feed from what is none, `syndicated_xml`, `_json` and `_loose` read, `syndicated_articles` judges each entry. Comes
in: what a server answered. Goes out: clean records and a Finding for whatever is wrong or left out. Fetching and
storing are left to others, and so is what became of an article that a feed no longer names: a feed is a window.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from lxml import etree

from publisher.records import Finding, Severity, Stated
from publisher.sources import (
    clean,
    syndicated_json as json_feeds,
    syndicated_kinds as kinds,
    syndicated_loose as loose,
    syndicated_mending as mending,
    syndicated_words as words,
    syndicated_xml as xml,
)
from publisher.sources.findings import finding
from publisher.sources.syndicated_addresses import absolute
from publisher.sources.syndicated_articles import (
    Circumstances,
    Item as Item,
    as_teaser as as_teaser,
    each,
    language_of,
)
from publisher.sources.syndicated_bytes import decode
from publisher.sources.syndicated_dates import stated
from publisher.sources.syndicated_entries import Document, Entry

MOST_BYTES = 10 * 1024 * 1024
MOST_ITEMS = 10_000
_MOST_LOOSE = 4 * 1024 * 1024
"""What no parser reads is guessed at, for several seconds a megabyte at worst, and only up to so many characters."""

_ALIKE = 10
"""So many findings of one code are shown one by one; the others as a number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Syndicated:
    """All that one reading of a feed gave, in its order. `next_page` is where older entries are (RFC 5005).

    `withdrawn` are the keys of articles that the feed says are deleted (RFC 6721).
    """

    items: tuple[Item, ...] = ()
    title: str | None = None
    language: str | None = None
    next_page: str | None = None
    withdrawn: tuple[str, ...] = ()
    problems: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    """A document as far as it could be read, and what had to be done to it."""

    document: Document
    problems: tuple[Finding, ...] = ()


def read_feed(
    data: bytes,
    *,
    source: str,
    place: str,
    url: str | None,
    content_type: str | None = None,
    zone: str = "UTC",
    now: datetime,
    most_bytes: int = MOST_BYTES,
    most_items: int = MOST_ITEMS,
) -> Syndicated:
    """Read one feed. `place` names it in problems, `url` is where it came from after redirects.

    `content_type` is the header of that name, `zone` the IANA zone of clock times that state none. What is no feed is
    one Finding of severity error and no items. Never raises, whatever comes in.
    """
    if len(data) > most_bytes:
        mend = f"the feed has more than {most_bytes / 1024 / 1024:g} MB; ask for one with fewer entries"
        return Syndicated(problems=(finding("too-large", "error", place, mend),))
    decoded = decode(data, content_type)
    if not decoded.text.strip():
        mend = "the answer is empty; open the address in a browser, and try again later"
        return Syndicated(problems=(finding("empty-answer", "error", place, mend),))
    read = _document(decoded.text, place, url, most_items)
    if isinstance(read, Finding):
        return Syndicated(problems=(read,))
    problems = list(read.problems)
    if not decoded.is_as_declared:
        mend = "its characters are not in the encoding that it declares; they are read as what they look like"
        problems.insert(0, finding("wrong-encoding", "note", place, mend))
    return _gathered(read.document, problems, place, source=source, url=url, zone=zone, now=now)


def _gathered(
    document: Document, problems: list[Finding], place: str, *, source: str, url: str | None, zone: str, now: datetime
) -> Syndicated:
    base = absolute(url, document.base) if document.base else url
    site, language = absolute(base, document.site), language_of(document.language)
    around = Circumstances(source=source, url=base or site, zone=zone, now=now, language=language, site=site)
    if document.left_out:
        mend = f"{document.left_out} further entries are not read; the feed is longer than any that is read at once"
        problems.append(finding("too-many-entries", "note", place, mend))
    document, shared = _without_shared_ids(document, place)
    problems += shared
    items: dict[str, Item] = {}
    for item, found in each(document, around, place):
        problems += found
        if item is None:
            continue
        key = item.article.key
        if key in items:
            mend = (
                f'left out: another entry has the same id, "{clean.shortened(key, 60)}"; the later change of it is kept'
            )
            problems.append(finding("same-id", "note", place, mend))
        if key not in items or _is_later(item, items[key]):
            items[key] = item
    if not document.entries and not document.withdrawn:
        mend = "the feed has no entries; what was read from it before stays"
        problems.append(finding("empty-feed", "note", place, mend))
    withdrawn = {key: stated(when, zone) for one, when in document.withdrawn if (key := clean.line(one))}
    further = absolute(base, document.next_page) if document.next_page else None
    return Syndicated(
        items=tuple(item for key, item in items.items() if not _is_gone(item, withdrawn.get(key))),
        title=words.headline(document.title),
        language=language,
        next_page=further if further != url else None,
        withdrawn=tuple(withdrawn),
        problems=tuple(_few_alike(problems, place)),
    )


def _without_shared_ids(document: Document, place: str) -> tuple[Document, list[Finding]]:
    """The document without an id that several entries have, of which each has a headline and an address of its own:
    it would make one story of them all. Two states of one entry have the same of either."""
    sharing: dict[str, list[Entry]] = {}
    for entry in document.entries:
        sharing.setdefault(entry.id.strip(), []).append(entry)
    shared = {key for key, entries in sharing.items() if key and len(entries) > 1 and _are_stories(entries)}
    if not shared:
        return document, []
    apart = tuple(replace(one, id="") if one.id.strip() in shared else one for one in document.entries)
    mend = '{} stories have the id "{}": it is taken as the id of none of them'
    told = [mend.format(len(sharing[key]), clean.shortened(clean.line(key), 60)) for key in sorted(shared)]
    return replace(document, entries=apart), [finding("same-id", "note", place, one) for one in told]


def _are_stories(entries: Sequence[Entry]) -> bool:
    titles = {entry.title.value for entry in entries if entry.title}
    addresses = {entry.links[0].href for entry in entries if entry.links}
    return len(titles) == len(addresses) == len(entries)


def _is_later(item: Item, other: Item) -> bool:
    """Whether it says that it was changed after the other: Atom may list an entry as it was and as it is."""
    this, that = item.article.updated, other.article.updated
    return isinstance(this, datetime) and isinstance(that, datetime) and this > that


def _is_gone(item: Item, when: Stated) -> bool:
    """Whether an entry that the feed still lists was deleted since (RFC 6721, section 3)."""
    changed = item.article.updated
    return isinstance(when, datetime) and isinstance(changed, datetime) and when > changed


def _few_alike(problems: Iterable[Finding], place: str) -> Iterator[Finding]:
    """The first findings of each code, and how many more there are: a feed of 10,000 can have 10,000 alike."""
    seen: Counter[tuple[str, Severity]] = Counter()
    for problem in problems:
        kind = (problem.code, problem.severity)
        seen[kind] += 1
        if seen[kind] <= _ALIKE:
            yield problem
    for (code, severity), number in seen.items():
        if number > _ALIKE:
            yield finding(
                code, severity, place, f"the same is so for {number - _ALIKE} more entries; mend the first ones"
            )


# --- From characters to a document


def _document(text: str, place: str, url: str | None, most: int) -> _Read | Finding:
    if text.lstrip()[:1] in ("{", "["):
        return _json(text, place, most)
    feed = kinds.feed_text(text, place, url)
    if isinstance(feed, Finding):
        return feed
    try:
        document = _well_formed(feed, most)
        return _Read(document=document) if document else _guessed(feed, _foreign(place), place, most, is_cut=False)
    except etree.XMLSyntaxError as exc:
        if "depth" in str(exc).lower():
            return _too_deep(place)
        return _mended(feed, place, most)


def _json(text: str, place: str, most: int) -> _Read | Finding:
    value = json_feeds.load(text)
    if value is None:
        mend = "this begins like JSON, but is not whole or not well-formed; try again, or tell its publisher"
        return finding("bad-json", "error", place, mend)
    if json_feeds.is_feed(value):
        return _Read(document=json_feeds.read(value, most))
    first: Any = value[0] if isinstance(value, list) and value else {}
    if isinstance(first, dict) and isinstance(first.get("title"), dict) and "rendered" in first["title"]:
        mend = "this is an answer of WordPress's own interface, not a feed; give the site as a WordPress source"
    else:
        mend = "this is JSON, but no JSON Feed; give the address of the site's feed"
    return finding("json-no-feed", "error", place, mend)


def _well_formed(text: str, most: int) -> Document | None:
    """The feed; None where its names are not those of a feed. Raises etree.XMLSyntaxError where it is no XML."""
    root = xml.parse(text)
    return xml.read(root, most) if xml.is_feed(root) else None


def _mended(text: str, place: str, most: int) -> _Read | Finding:
    """The feed after the mends that suffice, the mildest first; at last as feedparser guesses it."""
    slips = mending.with_declarations(mending.with_references(text))
    cut, first = mending.whole_items(slips), mending.first_document(slips)
    tries = (
        (slips, _not_well_formed(place)),
        (cut, finding("cut-short", "warning", place, "the feed breaks off: its whole entries are kept; read it again")),
        (first, _not_well_formed(place)),
    )
    for mended, problem in tries:
        if mended is None:
            continue
        try:
            document = _well_formed(mended, most)
        except etree.XMLSyntaxError as exc:
            if "depth" in str(exc).lower():
                return _too_deep(place)
            continue
        if document:
            return _Read(document=document, problems=(problem,))
    return _guessed(cut or slips, _not_well_formed(place), place, most, is_cut=cut is not None)


def _guessed(text: str, wrong: Finding, place: str, most: int, *, is_cut: bool) -> _Read | Finding:
    """The feed as feedparser guesses it; `wrong` tells why that was needed."""
    if kinds.is_too_deep(text):
        return _too_deep(place)
    if len(text) > _MOST_LOOSE or "<!entity" in text.lower():
        return replace(
            wrong, severity="error", mend="the feed is broken, and too large to guess at; tell its publisher"
        )
    document = loose.read(text, most)
    if document is None or (not document.entries and document.title is None):
        return replace(wrong, severity="error", mend="the feed is broken, and nothing in it can be read")
    whole = finding("cut-short", "warning", place, "the feed breaks off: its whole entries are kept; read it again")
    return _Read(document=document, problems=(wrong, *((whole,) if is_cut else ())))


def _not_well_formed(place: str) -> Finding:
    mend = "the feed is not well-formed XML and is read as it was probably meant; tell its publisher"
    return finding("not-well-formed", "warning", place, mend)


def _foreign(place: str) -> Finding:
    mend = "its elements are called like none of a feed, and are read as they were probably meant; tell its publisher"
    return finding("foreign-names", "warning", place, mend)


def _too_deep(place: str) -> Finding:
    mend = "elements stand in each other deeper than in any feed; check the address"
    return finding("too-deep", "error", place, mend)
