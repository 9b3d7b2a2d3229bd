"""Which turn of a newsletter a moment belongs to, when its issue leaves, and why it does not: pure, for all intervals.

One turn is one period, and each period has one slot, later than that of the period before: a slot that a holiday moves
stays between the days of its neighbours, or is left out.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import count, islice, takewhile
from zoneinfo import ZoneInfo

from publisher.errors import IssueError
from publisher.records import Newsletter, Period
from publisher.slots import DAY, LIKE, begin_named, day_of, has, moment, name_of, named, shifted, turn

_FAR = 1000
"""So many periods are looked through for one that leaves: more are left out by nobody who means to write at all."""


def period_named(newsletter: Newsletter, name: str) -> Period:
    """The period called `2026-W48`, `2026-11` or `2026-11-23`. Raises IssueError for a name that is none.

    A newsletter keeps its past issues when its interval is changed: their names are understood, too.
    """
    begin = begin_named(newsletter, name)
    if begin:
        return _period(newsletter, begin)
    found = named(name)
    if found is None:
        raise IssueError(f'"{name}" is {LIKE[newsletter.interval]}')
    interval, begin = found
    return _period(replace(newsletter, interval=interval, starts=None), begin)


def period_to_make(newsletter: Newsletter, name: str) -> Period:
    """The same, for an issue that is to be made: the period must be one of the newsletter's present schedule."""
    begin = begin_named(newsletter, name)
    if begin:
        return _period(newsletter, begin)
    period = period_named(newsletter, name)
    nearest = period_at(newsletter, period.slot).name
    raise IssueError(f"{newsletter.name} is {newsletter.interval} and has no period {name}; its own then is {nearest}")


def period_at(newsletter: Newsletter, now: datetime) -> Period:
    """The period of the newsletter's local day, ISO week, fortnight or month at `now`."""
    return _period(newsletter, _turn_at(newsletter, now))


def latest_slot(newsletter: Newsletter, now: datetime) -> Period:
    """The latest period whose moment to leave is not after `now`, also when nothing leaves in it."""
    return next(period for period in _back(newsletter, now) if period.slot <= now)


def next_slot(newsletter: Newsletter, now: datetime) -> Period:
    """The earliest period whose moment to leave is after `now`, also when nothing leaves in it."""
    return next(slots_after(newsletter, now))


def next_to_leave(newsletter: Newsletter, now: datetime) -> Period | None:
    """The earliest period after `now` in which an issue leaves; None where the schedule leaves all out."""
    return next((period for period in islice(slots_after(newsletter, now), _FAR) if not period.skipped), None)


def slots_after(newsletter: Newsletter, now: datetime) -> Iterator[Period]:
    """All periods whose moment to leave is after `now`, the earliest first."""
    # A slot may be moved by a holiday into the turn before its own or after it, but not further.
    begin = shifted(newsletter, _turn_at(newsletter, now), -2)
    every = (_period(newsletter, shifted(newsletter, begin, turns)) for turns in count())
    return (period for period in every if period.slot > now)


def slots_between(newsletter: Newsletter, after: datetime, until: datetime) -> list[Period]:
    """The periods whose moments to leave are in (after, until], the earliest first."""
    return list(takewhile(lambda period: period.slot <= until, slots_after(newsletter, after)))


def following(newsletter: Newsletter, period: Period) -> Period:
    """The period after this one."""
    begin = begin_named(newsletter, period.name)
    return _period(newsletter, shifted(newsletter, begin, 1)) if begin else period_at(newsletter, period.end)


def _turn_at(newsletter: Newsletter, now: datetime) -> date:
    return turn(newsletter, now.astimezone(ZoneInfo(newsletter.zone)).date())


def _back(newsletter: Newsletter, now: datetime) -> Iterator[Period]:
    begin = shifted(newsletter, _turn_at(newsletter, now), 1)
    return (_period(newsletter, shifted(newsletter, begin, -turns)) for turns in count())


@lru_cache(maxsize=4096)
def _period(newsletter: Newsletter, begin: date) -> Period:
    name, usual, zone = name_of(newsletter, begin), day_of(newsletter, begin), newsletter.zone
    day, skipped = _leaving(newsletter, begin, name, usual)
    slot = moment(day or usual, newsletter.at, zone)
    if newsletter.interval == "daily" and not has(zone, usual):
        # Else it would fall together with the next day's. All other slots are at whole minutes.
        slot = moment(usual, datetime.min.time(), zone) - timedelta(seconds=1)
    return Period(
        name=name,
        slot=slot,
        end=moment(shifted(newsletter, begin, 1), datetime.min.time(), zone),
        skipped=skipped,
        moved=f"moved from {usual:%A} {_holiday(newsletter, usual)}" if day and day != usual else "",
    )


def _leaving(newsletter: Newsletter, begin: date, name: str, usual: date) -> tuple[date | None, str]:
    """The day on which the issue leaves; or None, and why none does."""
    if newsletter.starts and usual < newsletter.starts:
        return None, f"its schedule starts on {newsletter.starts}"
    if left_out := sorted(newsletter.skip & {name, str(usual)}):
        return None, f'"skip" in [[newsletter]] names {left_out[0]}'
    if newsletter.interval == "daily" and not has(newsletter.zone, usual):
        return None, f"{newsletter.zone} has no {usual}: the clock jumped over that day"
    if usual not in dict(newsletter.holidays):
        return usual, ""
    if newsletter.on_holiday == "skip":
        return None, _holiday(newsletter, usual)
    day = _working_day(newsletter, begin, usual)
    where = "between it and the issue before" if newsletter.on_holiday == "before" else "between it and the next issue"
    return day, "" if day else f"{_holiday(newsletter, usual)}, and there is no working day {where}"


def _working_day(newsletter: Newsletter, begin: date, usual: date) -> date | None:
    """The nearest one before or after, short of the neighbour's day: so no two slots ever change places."""
    step = -1 if newsletter.on_holiday == "before" else 1
    neighbour = day_of(newsletter, shifted(newsletter, begin, step))
    between = (usual + step * number * DAY for number in range(1, abs((neighbour - usual).days)))
    return next((day for day in between if _is_working(newsletter, day)), None)


def _is_working(newsletter: Newsletter, day: date) -> bool:
    return day.weekday() < 5 and day not in dict(newsletter.holidays) and str(day) not in newsletter.skip


def _holiday(newsletter: Newsletter, day: date) -> str:
    name = dict(newsletter.holidays)[day]
    return f"{day}, a holiday: {name}" if name else f"{day}, a holiday"
