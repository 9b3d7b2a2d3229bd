"""Which turn of a newsletter a moment belongs to: pure calendar arithmetic in the newsletter's own zone."""

import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from publisher.errors import IssueError
from publisher.records import Newsletter, Period

WEEK = timedelta(days=7)


def period_named(newsletter: Newsletter, name: str) -> Period:
    """The period called `2026-W48` (ISO 8601 week). Raises IssueError for a name that is no week."""
    parts = re.fullmatch(r"([0-9]{4})-W([0-9]{2})", name)
    try:
        if not parts or not 1970 <= int(parts[1]) <= 2200:
            raise ValueError(name)
        monday = date.fromisocalendar(int(parts[1]), int(parts[2]), 1)
    except ValueError:
        raise IssueError(f'"{name}" is no week; write year and ISO week like 2026-W48') from None
    return _period(newsletter, monday)


def period_at(newsletter: Newsletter, now: datetime) -> Period:
    """The period of the newsletter's local ISO week at `now`."""
    today = now.astimezone(ZoneInfo(newsletter.zone)).date()
    return _period(newsletter, today - timedelta(days=today.weekday()))


def latest_slot(newsletter: Newsletter, now: datetime) -> Period:
    """The latest period whose moment to leave is not after `now`."""
    this = period_at(newsletter, now)
    return this if this.slot <= now else period_at(newsletter, this.end - WEEK - timedelta(days=1))


def next_slot(newsletter: Newsletter, now: datetime) -> Period:
    """The earliest period whose moment to leave is after `now`."""
    this = period_at(newsletter, now)
    return this if this.slot > now else period_at(newsletter, this.end + timedelta(days=1))


def _period(newsletter: Newsletter, monday: date) -> Period:
    year, week, _ = monday.isocalendar()
    zone = ZoneInfo(newsletter.zone)
    day = monday + timedelta(days=newsletter.weekday)
    return Period(
        name=f"{year}-W{week:02}",
        slot=_instant(datetime.combine(day, newsletter.at), zone),
        end=_instant(datetime.combine(monday + WEEK, datetime.min.time()), zone),
    )


def _instant(wall: datetime, zone: ZoneInfo) -> datetime:
    """The UTC moment of a wall-clock time: in a fold the first of the two, in a gap the first minute after it."""
    while True:
        moment = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
        if moment.astimezone(zone).replace(tzinfo=None) == wall:
            return moment
        wall += timedelta(minutes=1)
