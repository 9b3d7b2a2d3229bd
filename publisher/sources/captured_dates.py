"""Dates as captured pages state them: a day, an aware moment, or nothing. A missing year or zone is never guessed."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

from publisher.records import Stated

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = (
    r"(?:Jan(?:uary|\.)?|Feb(?:ruary|\.)?|Mar(?:ch|\.)?|Apr(?:il|\.)?|May|June?\.?|July?\.?|Aug(?:ust|\.)?"
    r"|Sept?(?:ember|\.)?|Oct(?:ober|\.)?|Nov(?:ember|\.)?|Dec(?:ember|\.)?)"
)
_WEEKDAY = r"(?:(?:Mon|Tues?|Wed(?:nes)?|Thu(?:rs?)?|Fri|Sat(?:ur)?|Sun)(?:day)?\.?,?[ \xa0]+)?"
_ZONE = (
    r"(?:UTC|GMT|Z|[ECMP][SD]?T|(?:Eastern|Central|Mountain|Pacific)(?: (?:Standard |Daylight )?Time)?|[+-]\d\d:?\d\d)"
)
_TIME = (
    r"(?:(?:,|\s*[-–|@]|T)?\s*(?:at\s+)?(?P<hour>\d{1,2})(?::(?P<minute>\d\d)(?::\d\d(?:\.\d+)?)?)?"
    rf"\s*(?P<half>[ap]\.?\s?m\b\.?)?(?:\s*\(?(?P<zone>{_ZONE})\b\)?)?(?<=[\dmMTZe.)]))?"
)
_S = r"[ \xa0]*"
DATE = re.compile(
    rf"(?<![\d/]){_WEEKDAY}(?:"
    rf"(?P<month>{_MONTH}){_S}(?P<day>\d{{1,2}})(?:st|nd|rd|th)?,?{_S}(?P<year>(?:19|20)\d\d)"
    rf"|(?P<day2>\d{{1,2}})(?:st|nd|rd|th)?(?:{_S}(?:of )?|-)(?P<month2>{_MONTH})(?:,?{_S}|-)(?P<year2>(?:19|20)\d\d)"
    r"|(?P<iso>(?:19|20)\d\d-\d\d-\d\d)"
    r"|(?P<slash>\d{1,2}([/.-])\d{1,2}\2(?:(?:19|20)\d\d|\d\d))".replace("\\2", "(?P=sep)").replace(
        "([/.-])", "(?P<sep>[/.-])"
    )
    + r")(?!\d|[-/]\d)",
    re.I,
)
_CLOCK = re.compile(_TIME, re.I)
_MONTH_ONLY = re.compile(rf"^(?:Posted |Published )?{_MONTH},?\s+(?:19|20)\d\d$", re.I)
_YEARLESS = re.compile(rf"^(?:Posted|Published)?(?: on)?:?\s*{_WEEKDAY}{_MONTH}\s+\d{{1,2}}(?:st|nd|rd|th)?$", re.I)

_PREFIX = re.compile(
    r"^(?P<what>(?:(?:originally |first |last |date )*(?:posted|published|released?|issued|created|written|updated"
    r"|modified|reviewed|revised)(?: date)?|(?:release |publication |news )?date|for (?:immediate )?release"
    r"|(?:press|news|media) release|news|immediate release)?)"
    r"(?:\s+on\b)?\s*[:\-–—|/·•,]*\s*",
    re.I,
)
_BY = re.compile(r"^[\s,|·•–—-]*(?:posted |written )?by:?\s+(?P<names>\S.*)$", re.I)
_AUTHOR_FIRST = re.compile(r"^(?:by:?\s+)?(?P<names>[^\d|·•]{3,60}?)\s*(?:[|·•–—-]|,|\bon\b)\s*$", re.I)
_ROOM = re.compile(
    r"\b(?:news|releases?|press|media|blog|comments?|stories|story|articles?|updates?|posted|published"
    r"|immediate|by|category"
    r"|uncategorized|general|events?|announcements?|statement|advisory|contact|read|share|print|views?)\b",
    re.I,
)
_TAIL = re.compile(r"^(?:in|under|filed|leave|no comments|\d+ comments?|for (?:immediate )?release)\b", re.I)


@dataclass(frozen=True, slots=True, kw_only=True)
class DateLine:
    """What a line that only states dates says: when published or updated, whether under embargo, and by whom."""

    published: Stated = None
    updated: Stated = None
    embargo: Stated = None
    authors: tuple[str, ...] = ()


def find(text: str, start: int = 0) -> tuple[Stated, int, int] | None:
    """The first full date in `text` with its place, clock time included when one follows."""
    for match in DATE.finditer(text, start):
        day = _day(match)
        if day is None or not _stands_free(text, match.start()):
            continue
        clock = _CLOCK.match(text, match.end())
        moment = _moment(day, clock) if clock else None
        has_time = bool(clock and clock.group("hour") and (clock.group("half") or clock.group("minute")))
        return moment or day, match.start(), clock.end() if clock and has_time else match.end()
    return None


def _stands_free(text: str, start: int) -> bool:
    """Whether a date begins here, not inside a word; it may be glued to one (`…GrantMarch 5, 2012`)."""
    before, here = text[start - 1 : start], text[start : start + 1]
    return not before.isalpha() or (before.islower() and (here.isupper() or here.isdigit()))


def is_month(text: str) -> bool:
    """Whether the line is a month and a year, or a day without a year: it dates nothing, but it is no headline."""
    return bool(_MONTH_ONLY.match(text.strip()) or _YEARLESS.match(text.strip()))


def date_line(text: str) -> DateLine | None:
    """Read a line that states a date and nothing of the story, else null."""
    if len(text) > 140:
        return None
    prefix = _PREFIX.match(text)
    begin = prefix.end() if prefix else 0
    found = find(text, 0)
    if found is None:
        return None
    stated, start, end = found
    if re.match(r"(?:embargo|hold for|not for release)", text, re.I) and len(text[end:]) <= 40:
        return DateLine(embargo=stated)
    what = (prefix.group("what") if prefix else "").casefold()
    before, after = text[begin:start].strip(), text[end:].strip()
    authors: tuple[str, ...] = ()
    if before.strip("[(|/-–—·•,: "):
        first = _AUTHOR_FIRST.match(before)
        if before[:3].casefold() == "by " and first:
            authors = names(first.group("names"))
        elif not _is_label(before):
            return None
    by = _BY.match(after)
    if by:
        authors = names(
            re.split(r"\s+(?:in|on|at|leave|\d+ comments?)\s+|\s*[|·•/]\s*", by.group("names"), flags=re.I)[0]
        )
    elif not _is_tail(after):
        return None
    return _said(what, stated, authors)


def _said(what: str, stated: Stated, authors: tuple[str, ...]) -> DateLine:
    if re.search(r"updated|modified|reviewed|revised", what):
        return DateLine(updated=stated, authors=authors)
    return DateLine(published=stated, authors=authors)


def _is_tail(after: str) -> bool:
    """Whether what stands behind a date is a room of the site (`/News Releases`, `· Leave a Comment`)."""
    words = re.findall(r"\w+", after)
    if not words or _TAIL.match(after):
        return len(after) <= 60
    if re.match(r"[/|·•(]", after):
        return len(words) <= 3 or (len(words) <= 6 and bool(_ROOM.search(after)))
    return bool(re.match(r"[-–—,:.;]", after)) and len(words) <= 4 and (bool(_ROOM.search(after)) or words[0].isdigit())


def _is_label(before: str) -> bool:
    """Whether what stands before a date is a room of the site or a place (`News |`, `AVON, Conn. –`)."""
    words = re.findall(r"\w+", before)
    if not re.search(r"[|/·•:–—,(\[-]\s*$", before) or len(words) > 9:
        return False
    is_place = re.match(r"(?:[A-Z]{3,}|[A-Z][\w .'’-]{2,25}, (?:[A-Z]{2}\b|[A-Z][a-z]{2,5}\.|[A-Z]\.[A-Z]\.))", before)
    if len(words) > 6:
        return "|" in before and bool(_ROOM.search(before))
    return bool(is_place or _ROOM.search(before)) or (before[-1] in "|/·•" and len(words) <= 3)


def names(text: str) -> tuple[str, ...]:
    """The people a byline names; a site's login ("admin") is nobody."""
    text = re.sub(
        r"\s*(?:,|\||–|—| - )\s*(?:staff|contributing|senior|communications|public relations)\b.*$",
        "",
        text,
        flags=re.I,
    )
    people = re.split(r"\s*(?:;|\band\b|&)\s*", text.strip(" .,|·•"))
    people = [p.strip(" ,") for person in people for p in re.split(r",\s+(?=[A-Z][a-z]+ [A-Z])", person)]
    return tuple(
        p for p in people if p and p.casefold() not in ("admin", "administrator", "webmaster", "editor", "staff")
    )


_DATELINE_END = re.compile(r"^\s*[\])]?\s*(?:/\s?[\w .-]{3,40}\s?/|\([A-Z][\w ]{2,30}\))?\s*(?:--|[-–—:]|\)|\])")


def dateline(paragraph: str) -> Stated:
    """The date in the dateline of a first paragraph (`AVON, Conn. (Feb. 8, 2018) –`, `[July 01 2008] -`), or null.

    A date in the first sentence itself is when something happens, not when this was published.
    """
    found = find(paragraph[:180])
    if found is None:
        return None
    stated, start, end = found
    before, after = paragraph[:start].rstrip(), paragraph[end:]
    if not _DATELINE_END.match(after) and not (before[-1:] in ("(", "[") and after[:1] in (")", "]")):
        return None
    return stated if _is_place(before) else None


def _is_place(before: str) -> bool:
    """Whether the words before a date can be a wire's name and a place: capitals, no verb, few words."""
    words = re.findall(r"[A-Za-z][\w.'’]*", before)
    lower = [w for w in words if w[0].islower() and w not in ("of", "de", "the", "and", "in", "for")]
    if before and not words:
        return len(before) <= 3
    return len(words) <= 12 and not lower and (not before or bool(re.search(r"[,(\[/–—:|.-]$|[A-Z]{3}$", before)))


def unglue(headline: str) -> tuple[str, Stated]:
    """A headline without the date glued to its front or end, and that date.

    A date that the headline's own words lead up to ("Gala set for May 5, 2019") stays.
    """
    found = find(headline)
    if found is None:
        return headline, None
    stated, start, end = found
    front, rest = headline[:start], headline[end:]
    if not front.strip("([ ") and rest.strip(" )]–—-|:·•,"):
        return rest.lstrip(" )]\xa0–—-|:·•,/"), stated
    glued = re.search(
        r"(?:\s[-–—|·•:]\s*|\s?[(\[]\s*|\s*\|\s*|\s{2,}|(?<=[a-z?!”])$|\s+(?:posted|published)(?: on)?:?\s*)$",
        front,
        re.I,
    )
    if glued and not rest.strip(" )]") and front[: glued.start()].strip():
        return front[: glued.start()].rstrip(" \xa0,"), stated
    return headline, None


def _day(match: re.Match[str]) -> date | None:
    parts = match.groupdict()
    try:
        if parts["iso"]:
            return date.fromisoformat(parts["iso"])
        if parts["slash"]:
            return _slashed(parts["slash"])
        month = (parts["month"] or parts["month2"])[:3].casefold()
        return date(int(parts["year"] or parts["year2"]), _MONTHS.index(month) + 1, int(parts["day"] or parts["day2"]))
    except ValueError:
        return None


def _slashed(text: str) -> date:
    """10/26/2015, month first as these pages write; day first only where nothing else is possible."""
    first, second, year = (int(n) for n in re.split(r"[/.-]", text))
    if year < 100:
        year += 2000
    return date(year, second, first) if first > 12 else date(year, first, second)


_OFFSETS = {"EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7}
_REGIONS = {"E": "America/New_York", "C": "America/Chicago", "M": "America/Denver", "P": "America/Los_Angeles"}


def _moment(day: date, clock: re.Match[str]) -> datetime | None:
    """The aware moment, only when hour and zone are both stated."""
    if not clock.group("hour") or not clock.group("zone"):
        return None
    hour, minute = int(clock.group("hour")), int(clock.group("minute") or 0)
    half = (clock.group("half") or "").casefold()
    if half:
        hour = hour % 12 + (12 if half.startswith("p") else 0)
    if hour > 23 or minute > 59:
        return None
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=_zone(clock.group("zone")))


def _zone(text: str) -> tzinfo:
    name = text.upper()
    if name in ("UTC", "GMT", "Z"):
        return UTC
    if name in _OFFSETS:
        return timezone(timedelta(hours=_OFFSETS[name]))
    if name[0] in "+-":
        sign = -1 if name[0] == "-" else 1
        return timezone(sign * timedelta(hours=min(int(name[1:3]), 23), minutes=int(name[-2:]) % 60))
    return ZoneInfo(_REGIONS[name[0]])
