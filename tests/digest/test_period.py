from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, strategies as st

from publisher.digest.period import latest_slot, next_slot, period_at, period_named
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
