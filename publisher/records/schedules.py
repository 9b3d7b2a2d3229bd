"""When a newsletter leaves, as the office says it: plain values; what they mean is reckoned in `slots`."""

from dataclasses import dataclass
from datetime import date, time
from typing import Literal, TypeAlias

Interval: TypeAlias = Literal["weekly", "fortnightly", "monthly", "daily"]
Which: TypeAlias = Literal["first", "second", "third", "fourth", "last"]
OnHoliday: TypeAlias = Literal["skip", "before", "after"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """`weekday` is 0 for Monday, `at` a local time in the IANA `zone`; daily ones have no use for the weekday.

    Nothing leaves before `starts`, and fortnights count from it. `which` weekday of the month, for monthly ones alone.
    `skip` are days (`2026-12-28`) and periods (`2026-W53`) that are left out. `holidays` are days with their names, and
    `on_holiday` says what becomes of a slot on one: left out, or moved to the nearest working day before or after.
    """

    weekday: int
    at: time
    zone: str
    interval: Interval = "weekly"
    starts: date | None = None
    which: Which | None = None
    skip: frozenset[str] = frozenset()
    holidays: tuple[tuple[date, str], ...] = ()
    on_holiday: OnHoliday = "skip"
