import itertools
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, strategies as st

from publisher.digest.period import (
    following,
    latest_slot,
    next_slot,
    next_to_leave,
    period_at,
    period_named,
    period_to_make,
    slots_between,
)
from publisher.errors import IssueError
from publisher.records import Newsletter
from tests.conftest import newsletter

ZONES = [
    "America/Los_Angeles", "America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Africa/Casablanca",
    "Asia/Kathmandu", "Pacific/Apia", "America/Santiago", "UTC",
]  # fmt: skip


def letter(weekday: int = 0, at: time = time(7), zone: str = "America/Los_Angeles") -> Newsletter:
    return newsletter(weekday=weekday, at=at, zone=zone)


def test_a_week_has_its_name_its_slot_and_its_end() -> None:
    period = period_named(letter(), "2026-W48")
    assert period.slot == datetime(2026, 11, 23, 15, tzinfo=UTC)
    assert period.end == datetime(2026, 11, 30, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    "name", ["2026-W54", "2026-W00", "2025-W53", "2026W48", "2026-48", "W48", "", "2026-W48\n", "٢٠٢٦-W48"]
)
def test_what_is_no_week_is_refused(name: str) -> None:
    with pytest.raises(IssueError, match="is no week; write year and ISO week like 2026-W48"):
        period_named(letter(), name)


def test_the_clock_that_springs_forward_gives_the_first_minute_after_the_gap() -> None:
    gap = letter(6, time(2, 30), "America/New_York")
    assert period_named(gap, "2027-W10").slot == datetime(2027, 3, 14, 7, 0, tzinfo=UTC)


def test_the_clock_that_falls_back_gives_the_first_of_the_two_moments() -> None:
    fold = letter(6, time(1, 30), "America/New_York")
    assert period_named(fold, "2027-W44").slot == datetime(2027, 11, 7, 5, 30, tzinfo=UTC)


@given(
    zone=st.sampled_from(ZONES),
    weekday=st.integers(0, 6),
    at=st.times().map(lambda t: t.replace(second=0, microsecond=0)),
    now=st.datetimes(
        datetime.fromisoformat("2010-01-04"), datetime.fromisoformat("2040-01-01"), timezones=st.just(UTC)
    ),
)
def test_there_is_one_slot_a_week_on_the_right_day_whatever_the_zone_does(
    zone: str, weekday: int, at: time, now: datetime
) -> None:
    weekly = letter(weekday, at, zone)
    latest, upcoming = latest_slot(weekly, now), next_slot(weekly, now)
    assert latest.slot <= now < upcoming.slot
    assert abs(upcoming.slot - latest.slot - timedelta(days=7)) <= timedelta(hours=25)
    assert period_named(weekly, latest.name) == latest
    assert period_at(weekly, latest.end - timedelta(seconds=1)) == latest
    local = latest.slot.astimezone(ZoneInfo(zone))
    assert local.weekday() == weekday or (zone == "Pacific/Apia" and local.year == 2011)


INTERVALS: dict[str, dict[str, Any]] = {
    "weekly": {},
    "fortnightly": {"starts": date(2008, 12, 29)},
    "monthly": {"which": "first"},
    "daily": {},
}
CHRISTMAS = ((date(2026, 12, 25), "Christmas Day"), (date(2026, 12, 28), ""), (date(2026, 12, 29), ""))


def every(interval: str, **more: Any) -> Newsletter:
    return newsletter(interval=interval, zone="UTC", **INTERVALS[interval] | more)


def told(letter: Newsletter, first: str, last: str) -> list[str]:
    """Day and name of each period between two days, or why nothing leaves in it."""
    begin, end = (datetime.fromisoformat(day).replace(tzinfo=UTC) for day in (first, last))
    return [f"{p.name} {p.skipped or f'{p.slot:%a %m-%d}'}" for p in slots_between(letter, begin, end)]


def test_each_interval_has_its_days_and_its_names() -> None:
    assert told(every("weekly"), "2026-11-20", "2026-12-01") == ["2026-W48 Mon 11-23", "2026-W49 Mon 11-30"]
    fortnights = every("fortnightly", starts=date(2026, 11, 23))
    assert told(fortnights, "2026-11-20", "2026-12-10") == ["2026-W48 Mon 11-23", "2026-W50 Mon 12-07"]
    assert told(every("daily"), "2026-11-28", "2026-11-30") == ["2026-11-28 Sat 11-28", "2026-11-29 Sun 11-29"]


@pytest.mark.parametrize(
    ("which", "days"),
    [("first", "11-03 12-01"), ("second", "11-10 12-08"), ("fourth", "11-24 12-22"), ("last", "11-24 12-29")],
)
def test_a_month_has_its_first_tuesday_or_its_last(which: str, days: str) -> None:
    monthly = every("monthly", which=which, weekday=1)
    november, december = days.split()
    assert told(monthly, "2026-11-01", "2027-01-01") == [f"2026-11 Tue {november}", f"2026-12 Tue {december}"]


def test_a_fifty_third_week_shifts_no_fortnight() -> None:
    fortnights = every("fortnightly", starts=date(2020, 12, 14))
    assert told(fortnights, "2020-12-10", "2021-01-20") == [
        "2020-W51 Mon 12-14", "2020-W53 Mon 12-28", "2021-W02 Mon 01-11"
    ]  # fmt: skip


def test_what_is_skipped_is_a_period_with_a_reason() -> None:
    by_day, by_name = every("weekly", skip=frozenset({"2026-12-28"})), every("weekly", skip=frozenset({"2026-W53"}))
    for letter, name in ((by_day, "2026-12-28"), (by_name, "2026-W53")):
        assert told(letter, "2026-12-28", "2027-01-05") == [
            f'2026-W53 "skip" in [[newsletter]] names {name}', "2027-W01 Mon 01-04"
        ]  # fmt: skip
    leaves = next_to_leave(by_day, datetime(2026, 12, 22, tzinfo=UTC))
    assert leaves and leaves.name == "2027-W01"


def test_a_holiday_leaves_a_slot_out_or_moves_it_to_the_nearest_working_day() -> None:
    fridays = {"weekday": 4, "holidays": CHRISTMAS}
    assert told(every("weekly", **fridays), "2026-12-25", "2026-12-31") == [
        "2026-W52 2026-12-25, a holiday: Christmas Day"
    ]
    assert told(every("weekly", on_holiday="before", **fridays), "2026-12-20", "2026-12-31") == ["2026-W52 Thu 12-24"]
    after = every("weekly", on_holiday="after", **fridays)
    assert told(after, "2026-12-20", "2027-01-02") == ["2026-W52 Wed 12-30", "2026-W53 Fri 01-01"]
    assert period_named(after, "2026-W52").moved == "moved from Friday 2026-12-25, a holiday: Christmas Day"


def test_a_slot_that_would_meet_its_neighbour_is_left_out() -> None:
    always = tuple((date(2026, 12, day), "") for day in range(1, 32))
    mondays = every("weekly", on_holiday="after", holidays=always)
    assert period_named(mondays, "2026-W51").skipped == (
        "2026-12-14, a holiday, and there is no working day between it and the next issue"
    )


def test_nothing_leaves_before_the_schedule_starts() -> None:
    later = every("fortnightly", starts=date(2026, 12, 7))
    assert period_at(later, datetime(2026, 11, 24, tzinfo=UTC)).skipped == "its schedule starts on 2026-12-07"
    leaves = next_to_leave(later, datetime(2026, 1, 1, tzinfo=UTC))
    assert leaves and leaves.name == "2026-W50"


def test_a_day_that_the_zone_never_had_is_left_out() -> None:
    apia = newsletter(interval="daily", zone="Pacific/Apia", at=time(0))
    days = [period_named(apia, f"2011-12-{day}") for day in (29, 30, 31)]
    assert [bool(day.skipped) for day in days] == [False, True, False]
    assert days[1].skipped == "Pacific/Apia has no 2011-12-30: the clock jumped over that day"
    assert days[0].slot < days[1].slot < days[2].slot
    assert following(apia, days[0]) == days[1]


def test_a_newsletter_knows_the_names_of_its_past_and_makes_none_of_them_any_more() -> None:
    monthly = every("monthly")
    assert period_named(monthly, "2026-W48").slot == datetime(2026, 11, 23, 7, tzinfo=UTC)
    with pytest.raises(IssueError, match="weekly is monthly and has no period 2026-W48; its own then is 2026-11"):
        period_to_make(monthly, "2026-W48")
    with pytest.raises(IssueError, match='"2026-13" is no month; write year and month like 2026-11'):
        period_named(monthly, "2026-13")
    assert period_to_make(monthly, "2026-11").name == "2026-11"


def test_a_schedule_that_leaves_all_out_has_nothing_to_come() -> None:
    never = every("weekly", starts=date(2100, 1, 4))
    assert next_to_leave(never, datetime(2026, 1, 1, tzinfo=UTC)) is None


@st.composite
def schedules(draw: st.DrawFn) -> Newsletter:
    interval = draw(st.sampled_from(sorted(INTERVALS)))
    weekday = draw(st.integers(0, 6))
    days = draw(st.lists(st.dates(date(2009, 1, 1), date(2041, 1, 1)), max_size=20))
    own = dict(INTERVALS[interval])
    if interval == "monthly":
        own["which"] = draw(st.sampled_from(["first", "second", "third", "fourth", "last"]))
    return newsletter(
        interval=interval,
        weekday=weekday,
        zone=draw(st.sampled_from(ZONES)),
        at=draw(st.times().map(lambda t: t.replace(second=0, microsecond=0))),
        skip=frozenset(str(day) for day in days[:3]),
        holidays=tuple((day, "") for day in sorted(set(days))),
        on_holiday="skip" if interval == "daily" else draw(st.sampled_from(["skip", "before", "after"])),
        **own,
    )


MOMENTS = st.datetimes(
    datetime.fromisoformat("2010-01-04"), datetime.fromisoformat("2040-01-01"), timezones=st.just(UTC)
)


@given(schedules(), MOMENTS)
def test_whatever_the_schedule_now_is_between_two_slots_and_names_are_read_back(own: Newsletter, now: datetime) -> None:
    latest, upcoming = latest_slot(own, now), next_slot(own, now)
    assert latest.slot <= now < upcoming.slot
    assert following(own, latest) == upcoming
    for period in (latest, upcoming, period_at(own, now)):
        assert period_named(own, period.name) == period_to_make(own, period.name) == period


@given(schedules(), MOMENTS)
def test_slots_only_ever_grow_and_each_turn_has_one(own: Newsletter, now: datetime) -> None:
    periods = slots_between(own, now, now + timedelta(days=100))
    assert all(one.slot < other.slot and one.end <= other.end for one, other in itertools.pairwise(periods))
    assert len({period.name for period in periods}) == len(periods)
    for one, other in itertools.pairwise(periods):
        assert following(own, one) == other
