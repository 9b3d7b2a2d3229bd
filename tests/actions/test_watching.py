"""What should have happened and did not is told of: the rule, and that `watch` looks at the right things."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from publisher.actions.alarms import recent_alarms
from publisher.actions.collect import collect
from publisher.actions.watching import Limits, Sent, State, troubles, watch
from publisher.app import App
from publisher.digest.period import latest_slot
from publisher.records import Issue, IssueState
from publisher.store import heartbeats, issues
from tests.conftest import NOW, article_file, newsletter

Open = Callable[..., App]
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
LIMITS = Limits(slot=15 * MINUTE, stall=30 * MINUTE, source=DAY, bounce_percent=5.0, complaint_percent=0.3)
LETTER = newsletter()
SLOT = latest_slot(LETTER, NOW)


def issue(state: IssueState = "sent", period: str = SLOT.name) -> Issue:
    when = SLOT.slot
    return Issue(id=1, newsletter="weekly", period=period, state=state, after=when, cut_off=when, drafted_at=when)


def kinds(state: State, after: timedelta = timedelta()) -> list[str]:
    return [trouble.kind for trouble in troubles(state, LIMITS, NOW + after)]


def with_slot(*known: Issue) -> State:
    return State(slots=((LETTER, SLOT, {one.period: one for one in known}),))


def test_a_slot_without_an_issue_is_told_of_after_some_minutes_and_not_before() -> None:
    assert SLOT.slot == NOW  # the tests' moment is the slot itself
    assert kinds(with_slot(), 15 * MINUTE) == []
    assert kinds(with_slot(), 16 * MINUTE) == ["slot-passed"]
    assert kinds(with_slot(issue("draft")), 16 * MINUTE) == []


def test_a_site_that_had_no_issue_yet_is_not_blamed_for_weeks_before_it_began() -> None:
    assert kinds(with_slot(), 49 * HOUR) == []
    assert kinds(with_slot(issue(period="2026-W47")), 49 * HOUR) == ["slot-passed"]


def test_a_missed_issue_is_told_of() -> None:
    assert kinds(with_slot(issue("missed"))) == ["missed"]


def test_a_send_that_stands_still_is_told_of() -> None:
    state = State(moving=((issue("sending"), NOW),))
    assert kinds(state, 30 * MINUTE) == []
    assert kinds(state, 31 * MINUTE) == ["stalled"]


def test_a_source_that_fails_for_a_day_is_told_of() -> None:
    assert kinds(State(failing={"articles": NOW}), DAY) == []
    assert kinds(State(failing={"articles": NOW}), DAY + MINUTE) == ["source-silent"]


@pytest.mark.parametrize(
    ("accepted", "back", "told"),
    [
        (1000, {"bounce": 50}, []),
        (1000, {"bounce": 51}, ["bounces"]),
        (12, {"bounce": 2}, []),
        (1000, {"complaint": 3}, []),
        (999, {"complaint": 3}, ["complaints"]),
        (100, {"bounce": 6, "complaint": 3}, ["bounces", "complaints"]),
        (0, {"bounce": 6}, []),
    ],
)
def test_rates_are_told_of_above_their_limits_and_never_of_two_or_three_readers(
    accepted: int, back: dict[str, int], told: list[str]
) -> None:
    assert kinds(State(sent=(Sent(issue=issue(), accepted=accepted, back=back),))) == told


@pytest.mark.parametrize(
    ("last", "told"),
    [(MINUTE, []), (-5 * MINUTE, []), (-6 * MINUTE, ["clock"]), (8 * DAY, []), (9 * DAY, ["clock"])],
)
def test_a_clock_that_jumped_is_told_of(last: timedelta, told: list[str]) -> None:
    assert kinds(State(last_tick=NOW - last)) == told


def test_a_restored_database_is_told_of() -> None:
    assert kinds(State(restored=True)) == ["restored"]


# What `watch` looks at


@pytest.fixture
def open_at(site: Path, open_app: Open, database_url: str) -> Callable[..., App]:
    return lambda after=timedelta(): open_app(site, now=NOW + after, database_url=database_url)


def raised(app: App) -> list[str]:
    watch(app)
    return [one.alarm.kind for one in recent_alarms(app, 20)]


def test_a_source_that_gives_nothing_but_errors_is_told_of_until_it_gives_something(
    site: Path, open_at: Callable[..., App]
) -> None:
    bad = site / "content" / "articles" / "bad.md"
    bad.write_bytes(b"---\nheadline: [\n---\n")
    with_issue(open_at())
    collect(open_at())
    assert raised(open_at(DAY)) == []
    assert raised(open_at(DAY + MINUTE)) == ["source-silent"]
    bad.unlink()
    article_file(site, "good", headline="Good", date="2026-11-20")
    collect(open_at(DAY + MINUTE))
    assert raised(open_at(3 * DAY)) == ["source-silent"]


def with_issue(app: App, state: IssueState = "sent") -> None:
    with app.database.write() as connection:
        letter = next(iter(app.newsletters))
        when = SLOT.slot
        one = Issue(newsletter=letter, period=SLOT.name, state=state, after=when, cut_off=when, drafted_at=when)
        issues.add(connection, one, "tests", "")


def test_what_was_missed_is_told_of_once(open_at: Callable[..., App]) -> None:
    with_issue(open_at(), "missed")
    assert raised(open_at()) == ["missed"]
    assert raised(open_at(7 * HOUR)) == ["missed"]


def test_a_slot_that_stays_empty_is_told_of_again_after_some_hours(open_at: Callable[..., App]) -> None:
    assert raised(open_at(16 * MINUTE)) == ["slot-passed"]
    assert raised(open_at(30 * MINUTE)) == ["slot-passed"]
    assert raised(open_at(7 * HOUR)) == ["slot-passed", "slot-passed"]


def test_the_service_that_was_down_is_no_stall(open_at: Callable[..., App]) -> None:
    """An issue on its way is watched from when the service is awake again."""
    with_issue(open_at(), "sending")
    for hours in (0, 5):
        app = open_at(hours * HOUR)
        assert raised(app) == []
        with app.database.write() as connection:
            heartbeats.beat(connection, "watch", app.clock())
