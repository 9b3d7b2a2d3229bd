"""The first lines of an office's document -> headline, dates, authors, embargo; the rest is the story.

In: the texts of its first blocks, and which of them its form marks as the headline, if any. Out: what they say, and
which of them are no part of the story. A press release's own furniture ("FOR IMMEDIATE RELEASE") goes.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from publisher.records import Stated
from publisher.sources.captured_dates import date_line, dateline
from publisher.sources.captured_furniture import byline

_LOOKED_AT = 12
_LONGEST_HEADLINE = 250
_LONGEST_NAME = 80
ELSEWHERE = -1
"""Where the headline stands that is none of the blocks."""

_RELEASE = re.compile(
    r"(?:(?:for )?immediate release|(?:news|press|media) (?:release|statement)|news|statement|draft|pressemitteilung"
    r"|communiqué de presse|nota de prensa|comunicado de prensa)\W*",
    re.I,
)
_CONTACT = re.compile(r"(?:(?:for )?(?:media|press|news) )?contacts?\s*:.*|[^@]{0,100}@[^@\s]+\.[^@]{2,20}", re.I)
END_MARK = re.compile(r"\s*(?:#{2,}|(?:# ){1,3}#|-\s?30\s?-|\*\s?\*\s?\*)\s*")
"""A line that only says that a release ends here."""

_EMBARGO = re.compile(
    r"\W*(?:(?:strictly )?embargo(?:ed)?\b|under embargo|hold for release"
    r"|not for (?:release|publication) (?:before|until)|do not (?:publish|release) before|sperrfrist)",
    re.I,
)
_CLOCK = re.compile(r"\d\s*[ap]\.?\s?m\b|\d:\d\d|\bnoon\b|\bmidnight\b|\d\s*(?:uhr|h)\b|\d{2,4} hours", re.I)
_NO_PERSON = re.compile(
    r"\d|@|\b(?:user|admin\w*|office|microsoft|owner|author|hospitals?|clinics?|health|center|centre|communications?"
    r"|department|dept|team|media|press|relations|marketing|staff|editor|intern|student|windows|company|inc|llc"
    r"|university|medical|public|affairs|desktop|laptop|python-docx|apache|unknown|test)\b",
    re.I,
)
_NAME = re.compile(r"[^\W\d_][\w'’.-]*,?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What the first lines say. `taken` are the indexes of the blocks that are no part of the story.

    `kept_back` is a line about an embargo that cannot be read: the document must not come in before somebody mends it.
    """

    headline: str | None = None
    authors: tuple[str, ...] = ()
    published: Stated = None
    updated: Stated = None
    embargo: datetime | None = None
    kept_back: str | None = None
    taken: frozenset[int] = frozenset()


def head_of(texts: Sequence[str], *, headline_at: int | None, zone: str) -> Head:
    """Read the first of `texts`. Without `headline_at` the first line that says nothing else is the headline."""
    head, is_after = Head(), headline_at == ELSEWHERE
    for number, text in enumerate(texts[:_LOOKED_AT]):
        if not text.strip():  # a picture, it may be
            continue
        if number == headline_at or (headline_at is None and not is_after and _can_be_headline(text)):
            head = replace(head, headline=text, taken=head.taken | {number})
            is_after = True
            continue
        said = _said(head, text, zone)
        if said is None and (is_after or headline_at is None):
            break
        head = replace(said, taken=head.taken | {number}) if said else head
    story = (text for number, text in enumerate(texts[:_LOOKED_AT]) if number not in head.taken)
    return head if head.published else replace(head, published=dateline(next(story, "")))


def _can_be_headline(text: str) -> bool:
    if not text or len(text) > _LONGEST_HEADLINE:
        return False
    return not (
        _RELEASE.fullmatch(text) or _CONTACT.fullmatch(text) or _EMBARGO.match(text) or date_line(text) or byline(text)
    )


def _said(head: Head, text: str, zone: str) -> Head | None:
    """The head with what this line adds to it; None where it is a line of the story."""
    if _RELEASE.fullmatch(text):
        return head
    if _EMBARGO.match(text):
        until = _until(text, zone)
        return replace(head, embargo=until) if until else replace(head, kept_back=text)
    if len(text) > _LONGEST_HEADLINE:
        return None
    if head.headline is None and _CONTACT.fullmatch(text):
        return head
    found = date_line(text)
    if found is None:
        people = byline(text)
        return replace(head, authors=head.authors or people) if people else None
    return replace(
        head,
        published=head.published or found.published,
        updated=head.updated or found.updated,
        authors=head.authors or found.authors,
    )


def _until(text: str, zone: str) -> datetime | None:
    """The end of an embargo: the moment stated, or the beginning of the day where no hour is spoken of at all."""
    found = date_line(_EMBARGO.sub("Embargoed", text, count=1))
    until = found.embargo if found else None
    if isinstance(until, datetime):
        return until.astimezone(UTC)
    if isinstance(until, date) and not _CLOCK.search(text):
        return datetime(until.year, until.month, until.day, tzinfo=ZoneInfo(zone)).astimezone(UTC)
    return None


def person(name: str) -> str | None:
    """`name` if it is that of a person, as the author of a document's properties seldom is."""
    words = name[:_LONGEST_NAME].split()
    is_one = 2 <= len(words) <= 6 and all(_NAME.fullmatch(word) for word in words)
    return (
        name if is_one and len(name) < _LONGEST_NAME and not _NO_PERSON.search(name) and name != name.lower() else None
    )
