"""Dates as web pages state them, for machines and for people, in: a day or an aware moment out; nothing is guessed.

A time without a zone is in the zone it is read with. Days written for people are read in the page's language (CLDR).
"""

import re
import unicodedata
from datetime import UTC, date, datetime, time, timedelta, timezone
from email.utils import parsedate_to_datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from publisher.languages import locale
from publisher.records import Stated
from publisher.sources import captured_dates

_ISO = re.compile(
    r"(?P<year>\d{4})[-/.]?(?P<month>\d\d)[-/.]?(?P<day>\d\d)"
    r"(?:[T ]\s*(?P<hour>\d\d):?(?P<minute>\d\d)(?::?(?P<second>\d\d)(?:[.,]\d+)?)?"
    r"\s*(?P<zone>Z|UTC|GMT|[+-]\d\d(?::?\d\d)?)?)?",
    re.I,
)
_EAST_ASIAN = re.compile(
    r"(?P<year>(?:19|20)\d\d)\s*[年년]\s*(?P<month>\d{1,2})\s*[月월]\s*(?P<day>\d{1,2})\s*[日일号]"
)
_YEAR_FIRST = re.compile(
    r"(?<![\d/.])(?P<year>(?:19|20)\d\d)(?P<sep>[/.])\s?(?P<month>\d{1,2})(?P=sep)\s?(?P<day>\d{1,2})(?!\d|[/.]\d)"
)
_SLASHED = re.compile(
    r"(?<![\d/.])(?P<day>\d{1,2})(?P<sep>[/.-])(?P<month>\d{1,2})(?P=sep)(?P<year>(?:19|20)\d\d)(?!\d)"
)
_FIRST_YEAR, _LAST_YEAR = 1971, 2099
"""1900, 1970 and 2100 are what programs write for "no date"."""


def is_likely(stated: Stated) -> bool:
    """Whether a date can be one: 1 January 1900 is a program's word for "none"."""
    return stated is None or _FIRST_YEAR <= stated.year <= _LAST_YEAR


def machine_date(value: str, zone: str, language: str | None = None) -> Stated:
    """A date written for machines (ISO 8601, RFC 5322), or for people in its place; None where it is none."""
    value = value.strip()[:80]
    match = _ISO.fullmatch(value)
    if match:
        return _from_parts(match, zone)
    if re.match(r"(?:[A-Z][a-z]{2}, )?\d{1,2} [A-Z][a-z]{2} \d{4} \d\d:\d\d", value):
        try:
            return _aware(parsedate_to_datetime(value), zone)
        except (ValueError, OverflowError):
            return None
    return written_date(value, zone, language)


def written_date(text: str, zone: str, language: str | None = None) -> Stated:
    """The first full date in a short text for people."""
    plain = "".join(
        str(unicodedata.digit(char)) if char.isdigit() and not char.isascii() else char for char in text[:200]
    )
    foreign = language is not None and not language.startswith("en")
    numbers = _YEAR_FIRST.search(plain)
    if numbers:
        return _from_numbers(numbers["year"], numbers["month"], numbers["day"])
    match = _EAST_ASIAN.search(plain) or (_named_month(language).search(plain) if language and foreign else None)
    if match:
        return _day(match, language or "en")
    day_first = foreign or (language or "") in ("en-GB", "en-AU", "en-NZ", "en-IE", "en-IN", "en-ZA")
    slashed = _SLASHED.search(plain) if day_first else None
    if slashed:
        return _from_numbers(slashed.group("year"), slashed.group("month"), slashed.group("day"))
    found = captured_dates.find(plain)
    return found[0] if found else None


def _from_parts(match: re.Match[str], zone: str) -> Stated:
    day = _from_numbers(match["year"], match["month"], match["day"])
    if day is None or match["hour"] is None:
        return day
    try:
        clock = time(int(match["hour"]), int(match["minute"]), int(match["second"] or 0))
    except ValueError:
        return day
    return datetime.combine(day, clock, _offset(match["zone"]) if match["zone"] else ZoneInfo(zone))


def _offset(said: str) -> timezone:
    if said[0] not in "+-":
        return UTC
    minutes = min(int(said[1:3]), 23) * 60 + (int(said[-2:]) % 60 if len(said) > 3 else 0)
    return timezone(timedelta(minutes=-minutes if said[0] == "-" else minutes)) if minutes else UTC


def _aware(moment: datetime, zone: str) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone))


def _from_numbers(year: str, month: str, day: str) -> date | None:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


def _day(match: re.Match[str], language: str) -> date | None:
    month = match["month"]
    number = month if month.isdigit() else str(_months(language).get(month.casefold().rstrip("."), 0))
    return _from_numbers(match["year"], number, match["day"])


@lru_cache(maxsize=64)
def _months(language: str) -> dict[str, int]:
    """The names of the months in a language, long and short, to their numbers."""
    names: dict[str, int] = {}
    tables = locale(language).months
    for use in ("stand-alone", "format"):
        for width in ("abbreviated", "wide"):
            names |= {str(name).casefold().rstrip("."): number for number, name in tables[use][width].items()}
    return names


@lru_cache(maxsize=64)
def _named_month(language: str) -> re.Pattern[str]:
    """`12 de marzo de 2026`, `12. März 2026`, `le 1er mars 2026`."""
    names = "|".join(re.escape(name) for name in sorted(_months(language), key=len, reverse=True) if not name.isdigit())
    month = rf"(?P<month>{names or '(?!)'})"
    return re.compile(
        rf"(?<!\d)(?P<day>\d{{1,2}})(?:\.|º|er)?\s*(?:de |del |d['’])?\s*{month}"
        r"\.?,?\s*(?:de |del )?\s*(?P<year>(?:19|20)\d\d)(?!\d)",
        re.I,
    )
