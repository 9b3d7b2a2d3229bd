"""When the next copies may leave: a window of hours and days, and a rate. Pure rules over a Pace."""

from datetime import datetime, timedelta
from math import ceil
from zoneinfo import ZoneInfo

from publisher.records import Ending, Pace

_AT_ONCE = timedelta(milliseconds=250)
"""A rate is kept in steps of so much time: a database is asked four times a second, not for each message."""
_FARTHEST = timedelta(seconds=70)
"""No reservation lies farther ahead (one message at the lowest rate): one that does was made by another clock."""


def is_open(pace: Pace, now: datetime) -> bool:
    """Whether mail may leave at this moment."""
    local = now.astimezone(ZoneInfo(pace.zone))
    if pace.hours is None:
        return _is_day(pace, local.weekday())
    begin, end = pace.hours
    at = local.time()
    if begin < end:
        return begin <= at < end and _is_day(pace, local.weekday())
    # Past midnight it is still the night of the day before.
    return (at >= begin and _is_day(pace, local.weekday())) or (at < end and _is_day(pace, (local.weekday() - 1) % 7))


def opens(pace: Pace, now: datetime) -> datetime:
    """The next moment, to the minute, at which mail may leave: `now` when it may already."""
    if is_open(pace, now):
        return now
    moment = now.replace(second=0, microsecond=0)
    for _ in range(8 * 24 * 60):
        moment += timedelta(minutes=1)
        if is_open(pace, moment):
            return moment
    return moment


def closed(pace: Pace, now: datetime) -> Ending:
    """Why nothing leaves now."""
    return Ending(why="window", said=f"the send window opens at {opens(pace, now):%Y-%m-%d %H:%M} UTC")


def _is_day(pace: Pace, weekday: int) -> bool:
    return not pace.days or weekday in pace.days


def allowance(
    pace: Pace, next_free: datetime | None, now: datetime, most: int
) -> tuple[int, datetime | None, timedelta]:
    """How many copies may be claimed now, at most `most`; when the next ones may then; and how long to wait until then.

    No copies: it is too early. Without a rate nothing needs to be reserved.
    """
    if not pace.per_minute:
        return most, None, timedelta()
    each = timedelta(minutes=1) / pace.per_minute
    if next_free is None or next_free > now + _FARTHEST or next_free < now:
        next_free = now
    if next_free > now:
        return 0, None, next_free - now
    number = min(most, max(1, ceil(_AT_ONCE / each)))
    return number, now + number * each, number * each
