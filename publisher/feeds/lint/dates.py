"""The text of a date -> the moment it means, and what is wrong with it.

Three formats: RFC 822 as RSS and OPML use it, RFC 3339 for Atom and JSON Feed, and W3CDTF (which may be a day only)
for Dublin Core. A moment is given wherever one can be read, even from a date that has flaws.
"""

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import NamedTuple

from publisher.feeds.lint.rules import Flaw, shown

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_ZONES = {"est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6, "pst": -8, "pdt": -7}
_LETTERS = re.compile("[a-ik-z]", re.ASCII)
_RFC822 = re.compile(
    r"(?:(?P<name>mon|tue|wed|thu|fri|sat|sun)\s*,\s*)?(?P<day>\d\d?)\s+(?P<month>[a-z]{3})\s+(?P<year>\d{4}|\d\d)\s+"
    r"(?P<hour>\d\d):(?P<minute>\d\d)(?::(?P<second>\d\d))?\s+(?P<zone>[+-]\d{4}|[a-z]+)",
    re.ASCII | re.IGNORECASE,
)
_NEAT822 = re.compile(
    r"(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), )?\d\d? [A-Z][a-z]{2} \d{4} \d\d:\d\d(?::\d\d)? (?:[+-]\d\d[03]0|GMT)"
)
_RFC3339 = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:(Z)|([+-])(\d\d):(\d\d))", re.ASCII)
_W3CDTF = re.compile(r"\d{4}(-\d\d(-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?)?)?", re.ASCII)
_OLDEST = datetime(1990, 1, 1, tzinfo=UTC)


class Dated(NamedTuple):
    """A moment if one can be read, and the flaws of its text."""

    moment: datetime | None
    flaws: tuple[Flaw, ...] = ()


def rfc822(text: str, now: datetime) -> Dated:
    """`Mon, 23 Nov 2026 15:00:00 +0000`. A zone of letters other than GMT is outdated or means nothing."""
    match = _RFC822.fullmatch(text.strip())
    offset = _offset(match["zone"]) if match else None
    if not match or offset is None:
        return _unreadable(text, "Mon, 23 Nov 2026 15:00:00 +0000")
    year = int(match["year"])
    year += 0 if len(match["year"]) == 4 else 2000 if year < 50 else 1900
    clock = (int(match["hour"]), int(match["minute"]), int(match["second"] or 0), 0)
    moment = _moment((year, _month(match["month"]), int(match["day"])), clock, offset)
    if moment is None:
        return _unreadable(text, "Mon, 23 Nov 2026 15:00:00 +0000")
    weekday = _DAYS[moment.weekday()]
    flaws: list[Flaw] = []
    if match["name"] and match["name"].title() != weekday:
        flaws.append(("date-weekday", f'"{shown(text)}" was a {weekday}, not a {match["name"]}; correct the weekday'))
    if not _NEAT822.fullmatch(text.strip()):
        mend = "write four digits for the year and +0000 for the zone, as in Mon, 23 Nov 2026 15:00:00 +0000"
        flaws.append(("date-obsolete", f'"{shown(text)}" is an outdated spelling; {mend}'))
    # Ten minutes is the validator's patience with clocks for RFC 822 dates; for the others it is a day.
    return Dated(moment, (*flaws, *_implausible(text, moment, now + timedelta(minutes=10))))


def rfc3339(text: str, now: datetime) -> Dated:
    """`2026-11-23T15:00:00Z`, with the capital T and a zone."""
    match = _RFC3339.fullmatch(text.strip())
    if not match:
        return _unreadable(text, "2026-11-23T15:00:00Z")
    minutes = int(match[10] or 0) * 60 + int(match[11] or 0)
    offset = timedelta(minutes=-minutes if match[9] == "-" else minutes)
    micro = int((match[7] or "0").ljust(6, "0")[:6])
    year, month, day, hour, minute, second = (int(match[n]) for n in range(1, 7))
    moment = _moment((year, month, day), (hour, minute, second, micro), offset)
    if moment is None:
        return _unreadable(text, "2026-11-23T15:00:00Z")
    return Dated(moment, _implausible(text, moment, now + timedelta(days=1)))


def w3cdtf(text: str, now: datetime) -> Dated:
    """A year, a month, a day or an RFC 3339 moment whose seconds may lack. Its moment is the first it may mean."""
    text = text.strip()
    if not _W3CDTF.fullmatch(text):
        return _unreadable(text, "2026-11-23 or 2026-11-23T15:00:00Z")
    day, _, clock = text.partition("T")
    whole = day + "-01-01"[len(day) - 4 :] if len(day) < 10 else day
    if clock and not re.match(r"\d\d:\d\d:\d\d", clock):
        clock = clock[:5] + ":00" + clock[5:]
    return rfc3339(f"{whole}T{clock or '00:00:00Z'}", now)


def _offset(zone: str) -> timedelta | None:
    if zone[0] in "+-":
        minutes = int(zone[1:3]) * 60 + int(zone[3:])
        return timedelta(minutes=-minutes if zone[0] == "-" else minutes)
    zone = zone.lower()
    if zone in ("gmt", "ut", "z"):
        return timedelta()
    if zone in _ZONES:
        return timedelta(hours=_ZONES[zone])
    # RFC 2822 says that military letters mean nothing: many were written with the wrong sign.
    return timedelta() if _LETTERS.fullmatch(zone) else None


def _month(name: str) -> int:
    """0 for none, which no date has."""
    return _MONTHS.index(name.lower()) + 1 if name.lower() in _MONTHS else 0


def _moment(day: tuple[int, int, int], clock: tuple[int, int, int, int], offset: timedelta) -> datetime | None:
    """In UTC; null where no such moment is. The leap second 60 counts as 59."""
    hour, minute, second, micro = clock
    try:
        moment = datetime(*day, hour, minute, 59 if second == 60 else second, micro, tzinfo=timezone(offset))
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _unreadable(text: str, form: str) -> Dated:
    return Dated(None, (("date-format", f'"{shown(text)}" is not a date readers can read; write it as {form}'),))


def _implausible(text: str, moment: datetime, latest: datetime) -> tuple[Flaw, ...]:
    if _OLDEST <= moment <= latest:
        return ()
    why = "lies in the future" if moment > latest else "lies before 1990"
    return (("date-implausible", f'"{shown(text)}" {why}; give the date on which the text was really published'),)
