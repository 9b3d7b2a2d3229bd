"""Dates as feeds write them in, a day or an aware moment out; nothing where it cannot be known.

RFC 822 and RFC 2822 with their zone names, ISO 8601 and its profiles (RFC 3339, W3C-DTF), seconds since 1970, and
the month names of the languages that feeds are written in. A clock time without a zone is in the feed's zone.
"""

import re
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import Locale, UnknownLocaleError

from publisher.records import Stated

_ZONE = r"(?P<zone>[A-Za-z]+/[A-Za-z_/]+|[A-Za-z]{1,5}(?![A-Za-z+-])|(?:GMT|UTC)?[+-]\d{1,2}:?\d\d|[+-]\d\d)?"
_CLOCK = r"(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,]\d+)?)?"
_HALF = r"\s*(?P<half>[ap]\.?m\b\.?)?\s*"
_BEHIND = r"(?:\s+(?:GMT|UTC))?\s*(?:\([^)]{0,40}\))?"
"""What a zone is explained with when it has been given as an offset."""
_ISO = re.compile(
    r"(?:[^\W\d]+\.?,?\s+)?(?P<year>\d{4})(?:[-/]?(?P<month>\d\d)(?:[-/]?(?P<day>\d\d))?)?"
    rf"(?:[T ]\s?(?P<hour>\d\d):?(?P<minute>\d\d)(?::?(?P<second>\d\d)(?:[.,]\d+)?)?{_HALF}{_ZONE}{_BEHIND})?",
    re.I,
)
_WORDED = re.compile(
    r"(?:[^\W\d]+(?:\.?,\s*|\.?\s+))?"
    r"(?:(?P<day>\d{1,2})(?:st|nd|rd|th)?\.?\s*-?(?:de\s+)?(?P<month>[^\W\d]+)\.?,?-?\s*(?:de\s+)?"
    r"|(?P<month2>[^\W\d]+)\.?\s+(?P<day2>\d{1,2})(?:st|nd|rd|th)?,?\s+)"
    r"(?P<year>\d{4}|\d\d)(?!\d)"
    rf"(?:,?\s+(?:(?:at|-)\s+)?{_CLOCK}{_HALF})?\s*{_ZONE}{_BEHIND}",
    re.I,
)
_DOTTED = re.compile(
    rf"(?:[^\W\d]+\.?,?\s+)?(?P<day>\d{{1,2}})\.\s?(?P<month>\d{{1,2}})\.\s?(?P<year>\d{{4}})"
    rf"(?:,?\s+(?:-\s+|um\s+)?{_CLOCK}(?:\s+Uhr)?\s*{_ZONE})?",
    re.I,
)
_ASCTIME = re.compile(
    r"[A-Za-z]{3}\s+(?P<month>[A-Za-z]{3})\s+(?P<day>\d{1,2})\s+(?P<hour>\d\d):(?P<minute>\d\d):(?P<second>\d\d)"
    r"\s*(?P<zone>[A-Za-z]{1,5}|[+-]\d{4})?\s+(?P<year>\d{4})"
)
_EAST_ASIAN = re.compile(
    r"(?P<year>\d{4})\s*[年년]\s*(?P<month>\d{1,2})\s*[月월]\s*(?P<day>\d{1,2})\s*[日일]"
    r"(?:.{0,6}?(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d))?)?"
)
_EPOCH = re.compile(r"(\d{9,10})(\d{3})?(?:\.\d+)?")
_HOURS = {
    "EST": -5,
    "EDT": -4,
    "CST": -6,
    "CDT": -5,
    "MST": -7,
    "MDT": -6,
    "PST": -8,
    "PDT": -7,
    "AKST": -9,
    "AKDT": -8,
    "HST": -10,
    "ET": -5,
    "CT": -6,
    "MT": -7,
    "PT": -8,
    "CET": 1,
    "CEST": 2,
    "MET": 1,
    "MEST": 2,
    "MSK": 3,
    "EET": 2,
    "EEST": 3,
    "WET": 0,
    "WEST": 1,
    "BST": 1,
    "JST": 9,
    "KST": 9,
    "AEST": 10,
    "AEDT": 11,
    "NZST": 12,
    "NZDT": 13,
    "SGT": 8,
    "HKT": 8,
    "SAST": 2,
    "AST": -4,
    "ADT": -3,
    **dict.fromkeys(("UT", "UTC", "GMT", "Z"), 0),
}
"""Zone names of RFC 822 and those that feeds write besides; its military letters mean nothing (RFC 5322, 4.3)."""

_FEED_LANGUAGES = (
    "en",
    "es",
    "fr",
    "de",
    "pt",
    "it",
    "nl",
    "sv",
    "da",
    "no",
    "fi",
    "pl",
    "cs",
    "hu",
    "ru",
    "uk",
    "tr",
    "el",
)
_PREFIX = 3
_MOST_LONG = 100


def stated(written: str, zone: str, language: str | None = None) -> Stated:
    """The day or the aware UTC moment that `written` states; None where it states neither.

    `zone` is the IANA zone of clock times without one, `language` that of a month's name where languages differ.
    """
    text = " ".join(written.split())
    if not text or len(text) > _MOST_LONG:
        return None
    epoch = _EPOCH.fullmatch(text)
    if epoch and len(text) != len("20261123"):
        return datetime.fromtimestamp(int(epoch[1]), UTC)
    for pattern in (_ISO, _WORDED, _DOTTED, _ASCTIME, _EAST_ASIAN):
        match = pattern.fullmatch(text)
        if match:
            return _read(match.groupdict(), zone, language)
    return None


def _read(parts: dict[str, str | None], zone: str, language: str | None) -> Stated:
    name = parts.get("month") or parts.get("month2") or ""
    month = int(name) if name.isdigit() else _month(name, language)
    day = parts.get("day") or parts.get("day2")
    if not month or not day:  # a year or a month alone is no day
        return None
    try:
        that_day = date(_year(parts["year"] or ""), month, int(day))
        if not parts.get("hour"):
            return that_day
        hour = _hour(int(parts["hour"] or 0), parts.get("half"))
        second = min(int(parts.get("second") or 0), 59)  # 60 is a leap second
        moment = datetime(
            that_day.year, that_day.month, that_day.day, hour % 24, int(parts["minute"] or 0), second,
            tzinfo=_zone(parts.get("zone"), zone),
        )  # fmt: skip
        return (moment + timedelta(days=hour // 24)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _year(written: str) -> int:
    """A year of two digits is of this century below 70, of the last one else (RFC 2822 section 4.3, a little wider)."""
    year = int(written)
    return year if len(written) == 4 else year + (2000 if year < 70 else 1900)


def _hour(hour: int, half: str | None) -> int:
    if half:
        return hour % 12 + (12 if half.lower().startswith("p") else 0)
    if hour > 24:
        raise ValueError(hour)
    return hour


def _zone(written: str | None, zone: str) -> tzinfo:
    name = (written or "").upper()
    if name in _HOURS:
        return timezone(timedelta(hours=_HOURS[name]))
    offset = re.fullmatch(r"(?:GMT|UTC)?([+-])(\d{1,2}):?(\d\d)?", name)
    if offset:
        sign = -1 if offset[1] == "-" else 1
        return timezone(sign * timedelta(hours=int(offset[2]), minutes=int(offset[3] or 0)))
    try:
        return ZoneInfo(written) if written and "/" in written else ZoneInfo(zone)
    except (ZoneInfoNotFoundError, OSError) as exc:
        raise ValueError(written) from exc


def _month(name: str, language: str | None) -> int | None:
    """1 to 12 by a month's name or its beginning; None where it is a month in no language we look in."""
    languages = (("en", language.split("-")[0]) if language else ("en",)) + _FEED_LANGUAGES
    wanted = name.casefold().rstrip(".")
    for tag in dict.fromkeys(languages):
        for word, number in _months(tag):
            if word == wanted or (len(wanted) >= _PREFIX and word.startswith(wanted)):
                return number
    return None


@lru_cache(maxsize=64)
def _months(language: str) -> tuple[tuple[str, int], ...]:
    """The names of the months, long and short, in and out of a date, in the words of CLDR."""
    try:
        months = Locale.parse(language).months
    except (UnknownLocaleError, ValueError):
        return ()
    names = [
        (str(name).casefold().rstrip("."), number)
        for context in ("format", "stand-alone")
        for width in ("wide", "abbreviated")
        for number, name in months[context][width].items()
    ]
    extra = [("sept", 9)] if language == "en" else []
    return tuple(dict.fromkeys(names + extra))
