"""On which days a schedule's turns leave, and at which moments: pure calendar arithmetic in a time zone.

A turn is a week, a fortnight, a month or a day, and is known by the day it begins on: Monday for weeks and fortnights,
the first for months. In: a Schedule. Out: days, names and moments. What is left out or moved is for
`digest.period` to say.
"""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import count, takewhile
from zoneinfo import ZoneInfo

from publisher.records import Interval, Schedule, Which

DAY, WEEK, FORTNIGHT = timedelta(days=1), timedelta(days=7), timedelta(days=14)
HOURS: dict[Interval, int] = {"daily": 24, "weekly": 168, "fortnightly": 336, "monthly": 672}
"""From one slot to the next, at least, but for changes of the clock and moves."""

LIKE: dict[Interval, str] = {
    "daily": "no day; write it like 2026-11-23",
    "weekly": "no week; write year and ISO week like 2026-W48",
    "fortnightly": "no week; write year and ISO week like 2026-W48",
    "monthly": "no month; write year and month like 2026-11",
}
_NUMBERS: dict[Which, int] = {"first": 0, "second": 1, "third": 2, "fourth": 3}
_YEARS = range(1970, 2201)


def turn(schedule: Schedule, day: date) -> date:
    """The day on which the turn begins that `day` is in."""
    monday = day - timedelta(days=day.weekday())
    match schedule.interval:
        case "daily":
            return day
        case "monthly":
            return day.replace(day=1)
        case "fortnightly":
            starts = schedule.starts or date(1970, 1, 5)
            first = starts - timedelta(days=starts.weekday())
            return first + (monday - first) // FORTNIGHT * FORTNIGHT
    return monday


def shifted(schedule: Schedule, begin: date, turns: int) -> date:
    """The beginning of the turn so many turns later, or earlier."""
    if schedule.interval == "monthly":
        year, month = divmod(begin.year * 12 + begin.month - 1 + turns, 12)
        return date(year, month + 1, 1)
    length = {"daily": DAY, "weekly": WEEK, "fortnightly": FORTNIGHT}[schedule.interval]
    return begin + turns * length


def day_of(schedule: Schedule, begin: date) -> date:
    """The day on which the turn's issue leaves, but for skips and holidays."""
    if schedule.interval == "daily":
        return begin
    if schedule.interval != "monthly":
        return begin + timedelta(days=schedule.weekday)
    if schedule.which == "last":
        end = shifted(schedule, begin, 1) - DAY
        return end - timedelta(days=(end.weekday() - schedule.weekday) % 7)
    first = begin + timedelta(days=(schedule.weekday - begin.weekday()) % 7)
    return first + _NUMBERS[schedule.which or "first"] * WEEK


def days(schedule: Schedule, first: date, last: date) -> Iterator[date]:
    """The days from `first` to `last` on which issues leave, but for skips and holidays."""
    begin = turn(schedule, first)
    every = (day_of(schedule, shifted(schedule, begin, turns)) for turns in count())
    return (day for day in takewhile(lambda day: day <= last, every) if day >= first)


def name_of(schedule: Schedule, begin: date) -> str:
    """`2026-11-23`, `2026-W48` (a fortnight by its first week) or `2026-11`."""
    if schedule.interval == "daily":
        return begin.isoformat()
    if schedule.interval == "monthly":
        return f"{begin:%Y-%m}"
    year, week, _ = begin.isocalendar()
    return f"{year}-W{week:02}"


def named(name: str) -> tuple[Interval, date] | None:
    """Whether the name is a day's, a week's or a month's, and the day that begins; None where it is nobody's."""
    parts = re.fullmatch(r"([0-9]{4})-(?:W([0-9]{2})|([0-9]{2})(?:-([0-9]{2}))?)", name)
    if not parts or int(parts[1]) not in _YEARS:
        return None
    year, week, month, day = parts.groups()
    try:
        if week:
            return "weekly", date.fromisocalendar(int(year), int(week), 1)
        return "daily" if day else "monthly", date(int(year), int(month), int(day or 1))
    except ValueError:
        return None


def begin_named(schedule: Schedule, name: str) -> date | None:
    """The beginning of this schedule's turn of that name; None where none of its turns has it."""
    found = named(name)
    begin = found and turn(schedule, found[1])
    return begin if begin and name_of(schedule, begin) == name else None


def moment(day: date, at: time, zone: str) -> datetime:
    """The UTC moment of a wall-clock time: in a fold the first of the two, in a gap the first minute after it."""
    wall, place = datetime.combine(day, at), ZoneInfo(zone)
    while True:
        found = wall.replace(tzinfo=place, fold=0).astimezone(UTC)
        if found.astimezone(place).replace(tzinfo=None) == wall:
            return found
        wall += timedelta(minutes=1)


def is_skipped(day: date, at: time, zone: str) -> bool:
    """Whether the clock of the zone jumps over this time on this day."""
    wall = datetime.combine(day, at, ZoneInfo(zone))
    return wall.astimezone(UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None) != wall.replace(tzinfo=None)


def is_doubled(day: date, at: time, zone: str) -> bool:
    """Whether the clock of the zone is set back over this time on this day, so that it comes twice."""
    wall = datetime.combine(day, at, ZoneInfo(zone))
    return wall.utcoffset() != wall.replace(fold=1).utcoffset() and not is_skipped(day, at, zone)


def has(zone: str, day: date) -> bool:
    """Whether the zone has that day at all: Pacific/Apia went from 2011-12-29 to 2011-12-31."""
    return moment(day, time(), zone).astimezone(ZoneInfo(zone)).date() == day


def first_gap(schedule: Schedule, first: date, last: date) -> tuple[date, time] | None:
    """The first slot that the clock of the zone jumps over, and the next time of day that every slot up to `last` has.

    None where no slot is jumped over. A day that the zone does not have is no gap of this kind.
    """
    leaving = [day for day in days(schedule, first, last) if has(schedule.zone, day)]
    lost = next((day for day in leaving if is_skipped(day, schedule.at, schedule.zone)), None)
    if lost is None:
        return None
    after = moment(lost, schedule.at, schedule.zone).astimezone(ZoneInfo(schedule.zone))
    minutes = (after.hour * 60 + after.minute + 15 * step for step in range(96))
    times = [time(minute // 60 % 24, minute % 60) for minute in minutes]
    return lost, next((at for at in times if not any(is_skipped(day, at, schedule.zone) for day in leaving)), time(12))
