"""When copies may leave, and how many: the rules of pace, over all hours, zones and rates."""

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given, strategies as st

from publisher.delivery.pace import allowance, is_open, opens
from publisher.records import Pace
from tests.conftest import NOW

ZONES = st.sampled_from(["UTC", "America/Los_Angeles", "Australia/Lord_Howe", "Africa/Casablanca", "Asia/Kathmandu"])
MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001
CLOCKS = st.builds(time, st.integers(0, 23), st.integers(0, 59))


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+00:00")


@pytest.mark.parametrize(
    ("moment", "open_"),
    [
        ("2026-11-23T07:59", False),
        ("2026-11-23T08:00", True),
        ("2026-11-23T19:59", True),
        ("2026-11-23T20:00", False),
        ("2026-11-22T12:00", False),
    ],
)
def test_mail_leaves_in_the_window_alone(moment: str, open_: bool) -> None:
    weekdays = Pace(hours=(time(8), time(20)), days=(0, 1, 2, 3, 4))
    assert is_open(weekdays, at(moment)) is open_


@pytest.mark.parametrize(
    ("moment", "open_"),
    [("2026-11-23T23:00", True), ("2026-11-24T05:59", True), ("2026-11-24T06:00", False), ("2026-11-23T05:00", False)],
)
def test_a_window_over_midnight_belongs_to_the_day_it_began_on(moment: str, open_: bool) -> None:
    assert is_open(Pace(hours=(time(22), time(6)), days=(0,)), at(moment)) is open_


def test_a_window_is_in_local_time() -> None:
    pace = Pace(hours=(time(8), time(20)), zone="America/Los_Angeles")
    assert not is_open(pace, at("2026-11-23T15:59"))
    assert is_open(pace, at("2026-11-23T16:00"))


@given(MOMENTS, CLOCKS, CLOCKS, st.sets(st.integers(0, 6)), ZONES)
def test_the_next_opening_is_open_and_nothing_before_it_is(
    now: datetime, begin: time, end: time, days: set[int], zone: str
) -> None:
    pace = Pace(hours=(begin, end) if begin != end else None, days=tuple(days), zone=zone)
    opening = opens(pace, now)
    if opening - now < timedelta(days=8):
        assert is_open(pace, opening)
    if opening > now:
        assert not is_open(pace, now)
        assert not is_open(pace, opening - timedelta(minutes=1))


def test_without_a_rate_as_many_as_wanted_may_leave_at_once() -> None:
    assert allowance(Pace(), None, NOW, 100) == (100, None, timedelta())


@given(st.integers(1, 1_000_000), st.integers(1, 1000), st.integers(1, 200))
def test_over_any_time_no_more_leave_than_the_rate_allows(per_minute: int, most: int, asked: int) -> None:
    pace, now, next_free, left = Pace(per_minute=per_minute), NOW, None, 0
    for _ in range(asked):
        number, then, wait = allowance(pace, next_free, now, most)
        assert number or wait > timedelta()
        left, next_free = left + number, then or next_free
        now += wait or timedelta(milliseconds=1)
    # What is claimed at once leaves at once: a quarter of a second's worth, or one.
    ahead = max(1, min(most, per_minute / 240 + 1))
    assert left <= (now - NOW).total_seconds() * per_minute / 60 + ahead


def test_two_senders_share_one_rate() -> None:
    pace = Pace(per_minute=60)
    first, then, _ = allowance(pace, None, NOW, 100)
    second, _, wait = allowance(pace, then, NOW, 100)
    assert (first, second, wait) == (1, 0, timedelta(seconds=1))


@pytest.mark.parametrize("step", [timedelta(hours=1), timedelta(days=-3650), timedelta(hours=-1)])
def test_a_clock_that_jumps_holds_nothing_up(step: timedelta) -> None:
    pace = Pace(per_minute=60)
    _, then, _ = allowance(pace, None, NOW, 100)
    number, _, _ = allowance(pace, then, NOW + step, 100)
    assert number == 1
