"""What is due is decided from the ledger alone, however late and however often someone asks."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import given, strategies as st

from publisher.actions.approving import approve_issue
from publisher.actions.collect import collect
from publisher.actions.issues import draft_issue, list_issues, show_issue
from publisher.actions.sending import send_issue
from publisher.app import App
from publisher.digest.period import period_named
from publisher.records import Issue, IssueState, Newsletter
from publisher.schedule import Done, doubt, due, next_wake, tick
from publisher.store import alarms
from tests.conftest import NOW, article_file, newsletter, take_in

Open = Callable[..., App]
LETTER = newsletter()


def issue(period: str = "2026-W48", state: IssueState = "sent") -> Issue:
    slot = period_named(LETTER, period).slot
    return Issue(newsletter="weekly", period=period, state=state, after=slot, cut_off=slot, drafted_at=slot)


def asked(ledger: list[Issue], now: datetime = NOW, letter: Newsletter = LETTER) -> list[tuple[str, str]]:
    return [(one.period.name, one.what) for one in due([letter], ledger, now)]


def test_an_issue_is_due_at_its_slot_and_not_a_second_before() -> None:
    assert asked([issue("2026-W47")], NOW) == [("2026-W48", "make")]
    assert asked([issue("2026-W47")], NOW - timedelta(seconds=1)) == []


@pytest.mark.parametrize("state", ["sent", "held", "skipped", "missed", "cancelled", "paused"])
def test_a_period_that_is_settled_is_never_due_again(state: IssueState) -> None:
    assert asked([issue(state=state)]) == []


def test_what_was_begun_goes_on_however_late() -> None:
    begun = [issue("2026-W46", "sending"), issue("2026-W47"), issue()]
    assert asked(begun, NOW + timedelta(days=3)) == [("2026-W46", "on")]


def test_an_approved_issue_leaves_in_its_week_and_a_rehearsal_of_another_waits_for_a_person() -> None:
    assert asked([issue(state="approved")], NOW - timedelta(seconds=1)) == []
    assert asked([issue(state="approved")], NOW + timedelta(days=6)) == [("2026-W48", "on")]
    rehearsal = replace(issue("2020-W09", "approved"), drafted_at=NOW)
    assert asked([rehearsal, issue()]) == []


@pytest.mark.parametrize("approval", ["automatic", "one-person", "two-person"])
def test_an_approved_issue_that_nothing_sent_before_the_next_was_due_is_missed(
    approval: Literal["automatic", "one-person", "two-person"],
) -> None:
    letter = newsletter(approval=approval)
    ahead = timedelta() if approval == "automatic" else timedelta(hours=20)
    approved = replace(issue("2026-W47", "approved"), drafted_at=issue("2026-W47").drafted_at - ahead)
    assert asked([approved, issue()], letter=letter) == [("2026-W47", "missed")]
    by_hand = replace(issue("2026-W47", "approved"), drafted_at=NOW)
    assert asked([by_hand, issue()], letter=letter) == []


def test_a_draft_is_released_by_rule_or_waits_for_a_person() -> None:
    assert asked([issue(state="draft")]) == [("2026-W48", "make")]
    assert asked([issue(state="draft")], letter=replace(LETTER, approval="one-person")) == []


def test_a_late_issue_is_sent_within_its_catch_up_hours_else_it_is_missed() -> None:
    ledger = [issue("2026-W47")]
    assert asked(ledger, NOW + timedelta(hours=48)) == [("2026-W48", "make")]
    assert asked(ledger, NOW + timedelta(hours=48, seconds=1)) == [("2026-W48", "missed")]


@pytest.mark.parametrize(
    ("state", "approval", "hours", "what"),
    [
        ("draft", "automatic", 48, [("2026-W48", "make")]),
        ("draft", "automatic", 49, [("2026-W48", "missed")]),
        ("draft", "one-person", 49, []),
        ("approved", "one-person", 49, [("2026-W48", "on")]),
        ("sending", "automatic", 340, [("2026-W48", "on"), ("2026-W49", "missed"), ("2026-W50", "make")]),
    ],
)
def test_what_lateness_does_to_an_issue_that_was_begun(
    state: IssueState, approval: Literal["automatic", "one-person"], hours: int, what: list[tuple[str, str]]
) -> None:
    late = NOW + timedelta(hours=hours)
    assert asked([issue(state=state)], late, newsletter(approval=approval)) == what


def test_of_three_weeks_away_one_issue_is_caught_up_and_the_others_are_explained() -> None:
    back = NOW + timedelta(days=21, hours=1)
    missed = [(f"2026-W{week}", "missed") for week in (48, 49, 50)]
    assert asked([issue("2026-W47")], back) == [*missed, ("2026-W51", "make")]
    assert asked([issue("2026-W47")], back + timedelta(days=3)) == [*missed, ("2026-W51", "missed")]


def test_a_new_site_misses_nothing_before_it_began() -> None:
    assert asked([], NOW + timedelta(days=3)) == []


@given(st.integers(0, 60 * 24 * 40), st.sets(st.sampled_from([f"2026-W{n}" for n in range(44, 54)])))
def test_nothing_is_due_twice_and_only_once_its_slot_has_come(minutes: int, settled: set[str]) -> None:
    now = NOW + timedelta(minutes=minutes)
    for one in due([LETTER], [issue(period) for period in settled], now):
        assert one.period.name not in settled
        assert one.period.slot <= now
        after = [*[issue(period) for period in settled], issue(one.period.name)]
        assert one.period.name not in {other.period.name for other in due([LETTER], after, now)}


def ready(site: Path, approval: str = "automatic") -> None:
    toml = site / "publisher.toml"
    toml.write_text(toml.read_text().replace('approval = "automatic"', f'approval = "{approval}"'))
    article_file(site, "one", headline="One", date="2026-11-20")
    (site / "people.csv").write_text("address\na@example.org\nb@example.org\n")


def lines(app: App) -> list[str]:
    return [done.line for done in of_newsletters(app)]


def of_newsletters(app: App) -> list[Done]:
    """What a tick did but for bringing the feeds up to now."""
    return [done for done in tick(app) if not done.line.startswith("feeds: ")]


def states(app: App) -> list[tuple[str, str]]:
    return [(one.period, one.state) for one in list_issues(app)]


def test_a_tick_collects_drafts_approves_and_sends_once(site: Path, open_app: Open, database_url: str) -> None:
    ready(site)
    app = open_app(site, database_url=database_url)
    take_in(app, site / "people.csv")
    (said,) = lines(app)
    assert said.startswith("health-weekly 2026-W48: 2 recipients = 2 accepted")
    assert lines(app) == []
    assert states(app) == [("2026-W48", "sent")]
    assert len(list((site / "outbox").rglob("*.eml"))) == 2
    assert (site / "feeds" / "news.rss").is_file()
    _, history, _ = show_issue(app, app.newsletter(None), "2026-W48")
    assert history[1].who == "scheduler, by the rule approval = automatic"


def test_an_issue_for_nobody_is_held_and_not_used_up(site: Path, open_app: Open) -> None:
    ready(site)
    app = open_app(site)
    assert lines(app) == [
        "health-weekly 2026-W48 held: there is nobody to write to; import subscribers, then draft it again"
    ]
    take_in(app, site / "people.csv")
    newsletter = app.newsletter(None)
    draft_issue(app, newsletter)
    approve_issue(app, newsletter, "2026-W48", who="ana")
    assert send_issue(app, newsletter, "2026-W48").certificate.counts == {"accepted": 2}


def test_a_draft_made_before_the_slot_is_made_again_with_what_came_in_since(site: Path, open_app: Open) -> None:
    ready(site)
    early = open_app(site, NOW - timedelta(days=2))
    take_in(early, site / "people.csv")
    draft_issue(early, early.newsletter(None), week="2026-W48")
    article_file(site, "sunday", headline="Written on Sunday", date="2026-11-22")
    app = open_app(site)
    lines(app)
    draft, _, _ = show_issue(app, app.newsletter(None), "2026-W48")
    assert draft.issue.state == "sent"
    assert draft.lead and draft.lead.headline == "Written on Sunday"


def test_a_newsletter_for_a_person_waits_and_says_so(site: Path, open_app: Open) -> None:
    ready(site, approval="one-person")
    app = open_app(site)
    take_in(app, site / "people.csv")
    assert lines(app) == ["health-weekly 2026-W48 waits for approval: publisher issue approve --period 2026-W48"]
    assert lines(app) == []
    assert states(app) == [("2026-W48", "draft")]


def test_an_empty_week_is_skipped_once_with_its_reason_and_nothing_is_lost(site: Path, open_app: Open) -> None:
    ready(site)
    (site / "content" / "articles" / "one.md").unlink()
    app = open_app(site)
    assert lines(app) == ["health-weekly 2026-W48 skipped: nothing new to carry"]
    assert lines(app) == []
    article_file(site, "two", headline="Two", date="2026-11-24")
    later = open_app(site, NOW + timedelta(days=7))
    take_in(later, site / "people.csv")
    tick(later)
    assert states(later) == [("2026-W49", "sent"), ("2026-W48", "skipped")]
    draft, _, _ = show_issue(later, later.newsletter(None), "2026-W49")
    assert draft.lead and draft.lead.headline == "Two"


def test_an_issue_with_an_error_is_held_with_its_reason(site: Path, open_app: Open) -> None:
    ready(site)
    toml = site / "publisher.toml"
    toml.write_text(toml.read_text().replace("most = 12", "most = 12\nfewest = 3"))
    app = open_app(site)
    (said,) = lines(app)
    assert said == (
        "health-weekly 2026-W48 held: health-weekly: 1 of at least 3 items; "
        'collect more, or lower "fewest" in [[newsletter]]'
    )
    assert lines(app) == []


def test_a_missed_slot_is_written_down_once(site: Path, open_app: Open) -> None:
    ready(site)
    app = open_app(site)
    take_in(app, site / "people.csv")
    tick(app)
    later = open_app(site, NOW + timedelta(days=10))
    (said,) = lines(later)
    assert said.startswith(
        "health-weekly 2026-W49 missed: nothing was sent between 2026-11-30 15:00 UTC and 48 hours later"
    )
    assert lines(later) == []
    assert states(later) == [("2026-W49", "missed"), ("2026-W48", "sent")]


def test_a_draft_that_was_never_released_is_missed_too(site: Path, open_app: Open) -> None:
    ready(site)
    app = open_app(site)
    collect(app)
    draft_issue(app, app.newsletter(None))
    later = open_app(site, NOW + timedelta(hours=49))
    assert [done.well for done in of_newsletters(later)] == [False]
    assert states(later) == [("2026-W48", "missed")]


def test_a_broken_template_holds_nobody_else_up(site: Path, open_app: Open) -> None:
    ready(site)
    toml = site / "publisher.toml"
    second = """
[[newsletter]]
name = "second"
title = "Second"
approval = "automatic"
sender = { name = "S", address = "s@example.org" }
"""
    toml.write_text(toml.read_text() + second)
    own = site / "templates" / "email"
    own.mkdir(parents=True)
    shipped = (Path(__file__).parents[1] / "templates" / "email" / "digest.txt.j2").read_text()
    (own / "digest.txt.j2").write_text("{% if newsletter.title == 'Health Weekly' %}{{ oops }}{% endif %}" + shipped)
    app = open_app(site)
    take_in(app, site / "people.csv")
    first, other = of_newsletters(app)
    assert first.line.endswith("digest.txt.j2:1: 'oops' is undefined; mend the template")
    assert (first.well, other.well) == (False, True)
    assert other.line.startswith("second 2026-W48: 2 recipients = 2 accepted")
    assert period_named(app.newsletter("second"), "2026-W48").slot <= NOW


def clocks(now: datetime, last: datetime | None, newest: datetime | None = None, ntp: bool | None = None) -> str | None:
    return doubt(now, last, newest, lambda: ntp)


def test_a_clock_that_is_behind_what_is_written_down_is_not_trusted() -> None:
    assert clocks(NOW, NOW + timedelta(minutes=5)) is None
    said = clocks(NOW, NOW + timedelta(hours=1))
    assert said == (
        "clock: it is 2026-11-23 15:00 UTC here, but 2026-11-23 16:00 UTC is written down already, so nothing is done; "
        "put the clock right; or, if this is the right time, say so: publisher schedule run-due --trust-clock"
    )
    assert clocks(NOW, NOW - timedelta(hours=1), newest=NOW + timedelta(hours=1))


def test_after_eight_days_of_silence_something_must_keep_the_clock_right() -> None:
    assert clocks(NOW, NOW - timedelta(days=8)) is None
    assert clocks(NOW, NOW - timedelta(days=9), ntp=True) is None
    for ntp in (False, None):
        said = clocks(NOW, NOW - timedelta(days=9), ntp=ntp)
        assert said and "9 days since the service was last awake and nothing that keeps the clock right (NTP)" in said


def test_ten_years_of_silence_need_a_person_whatever_keeps_the_clock() -> None:
    assert clocks(NOW + timedelta(days=3652), NOW, ntp=True)


def test_a_clock_in_doubt_holds_everything_until_a_person_vouches_for_it(site: Path, open_app: Open) -> None:
    ready(site)
    app = open_app(site, NOW + timedelta(days=3652))
    take_in(app, site / "people.csv")
    draft_issue(app, app.newsletter(None))
    back = open_app(site)
    (held,) = tick(back)
    assert not held.well and "is written down already" in held.line
    assert [period for period, _ in states(back)] == ["2036-W47"]
    vouched = tick(back, trust_clock=True)
    assert any("2026-W48: 2 recipients = 2 accepted" in done.line for done in vouched)
    later = open_app(site, NOW + timedelta(days=1))
    assert all(done.well for done in tick(later))


def test_staff_hear_that_nothing_is_done_by_a_clock_in_doubt(site: Path, open_app: Open) -> None:
    ready(site)
    toml = site / "publisher.toml"
    toml.write_text(toml.read_text() + '\n[alarms]\nmail = ["staff@example.org"]\n')
    tick(open_app(site))
    later = open_app(site, NOW + timedelta(days=9, hours=1))
    later.synchronised = lambda: False
    for _ in range(3):
        tick(later)
    with later.database.read() as connection:
        told = [one for one in alarms.recent(connection, 10) if one.alarm.kind == "clock"]
    assert [one.said_at for one in told] == [later.clock()]
    assert "so nothing is done; put the clock right" in told[0].alarm.text


def test_a_machine_that_was_off_for_long_waits_for_its_clock(site: Path, open_app: Open) -> None:
    ready(site)
    app = open_app(site)
    take_in(app, site / "people.csv")
    tick(app)
    later = open_app(site, NOW + timedelta(days=9, hours=1))
    later.synchronised = lambda: False
    (held,) = tick(later)
    assert "nothing that keeps the clock right" in held.line
    later.synchronised = lambda: True
    assert any("2026-W49 missed" in done.line for done in tick(later))


def test_what_the_schedule_leaves_out_is_written_down_with_its_reason(site: Path, open_app: Open) -> None:
    ready(site)
    toml = site / "publisher.toml"
    (site / "holidays.txt").write_text("# Alder Bay\n2026-11-30 Founders' Day  # the desk is closed\n")
    more = 'skip = [2026-12-07]\nholidays = "holidays.txt"\nmost = 12'
    toml.write_text(toml.read_text().replace("most = 12", more))
    app = open_app(site)
    take_in(app, site / "people.csv")
    tick(app)
    later = open_app(site, NOW + timedelta(days=21, hours=1))
    article_file(site, "two", headline="Two", date="2026-12-10")
    assert lines(later)[:2] == [
        "health-weekly 2026-W49 skipped: 2026-11-30, a holiday: Founders' Day",
        'health-weekly 2026-W50 skipped: "skip" in [[newsletter]] names 2026-12-07',
    ]
    assert lines(later) == []
    assert states(later) == [
        ("2026-W51", "sent"), ("2026-W50", "skipped"), ("2026-W49", "skipped"), ("2026-W48", "sent")
    ]  # fmt: skip


def test_a_new_interval_owes_nothing_of_its_past(site: Path, open_app: Open) -> None:
    ready(site)
    app = open_app(site)
    take_in(app, site / "people.csv")
    tick(app)
    toml = site / "publisher.toml"
    toml.write_text(toml.read_text().replace('weekday = "monday"', 'interval = "daily"'))
    article_file(site, "two", headline="Two", date="2026-11-24")
    later = open_app(site, NOW + timedelta(days=3))
    assert [line.split(":")[0] for line in lines(later)] == [
        "health-weekly 2026-11-24 missed", "health-weekly 2026-11-25 missed", "health-weekly 2026-11-26"
    ]  # fmt: skip
    assert states(later)[0] == ("2026-11-26", "sent")
    draft, _, _ = show_issue(later, later.newsletter(None), "2026-11-26")
    assert draft.issue.after == NOW
    assert "Thursday" in draft.editions[0].text and "In this issue" not in draft.editions[0].text


def test_the_service_is_woken_at_the_next_slot(site: Path, open_app: Open) -> None:
    app = open_app(site, NOW - timedelta(seconds=7))
    assert next_wake(app, app.clock()) == 7
    assert next_wake(app, app.clock() - timedelta(days=7)) == 7 - 7 * 24 * 3600
