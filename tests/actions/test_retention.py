"""What is personal goes when its time is over, to the day; the counts and the suppression list stay."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from publisher.actions.alarms import raise_alarm, recent_alarms
from publisher.actions.bounces import read_reports
from publisher.actions.choosing import leave
from publisher.actions.people import list_subscribers
from publisher.actions.retention import Forgotten, forget_what_is_due, months_before
from publisher.actions.run import tend
from publisher.actions.sending import send_issue
from publisher.actions.subscribing import ask, confirm, mail_requests
from publisher.app import App
from publisher.records import Wish
from publisher.store import deliveries, issues, requests
from tests.actions.people import (
    WEEK,
    WEEKLY,
    a_list,
    about,
    approved,
    at,
    certificate,
    dump,
    frozen,
    more_settings,
    person,
    reasons,
    taken,
    with_people,
)
from tests.actions.test_bounces import bounce
from tests.conftest import NOW

Open = Callable[..., App]
YEAR_LATER = NOW.replace(year=2027)
INSTANT = timedelta(seconds=1)
NOTHING = Forgotten(issues=0, copies=0, left=0, unconfirmed=0, requests=0, reports=0, alarms=0)


@pytest.fixture
def app(site: Path, open_app: Open, database_url: str) -> App:
    more_settings(site, '[bounces]\naddress = "bounces@news.alderbay.example"\n')
    return open_app(site, database_url=database_url)


@pytest.fixture
def plain(site: Path, open_app: Open) -> App:
    """On SQLite alone, for what the databases do alike."""
    more_settings(site, '[bounces]\naddress = "bounces@news.alderbay.example"\n')
    return open_app(site)


def forgotten_at(app: App, moment: datetime, *, dry_run: bool = False) -> Forgotten:
    return forget_what_is_due(at(app, moment), dry_run=dry_run)


def keeping(app: App, **settings: int) -> App:
    app.config = app.config.model_copy(update={"retention": app.config.retention.model_copy(update=settings)})
    return app


def sent(app: App) -> None:
    with_people(app, "ana@example.org", "zoe@example.org")
    approved(app)
    send_issue(app, app.newsletter(WEEKLY), WEEK)


def outbox(app: App) -> list[str]:
    return sorted(path.relative_to(app.outbox).as_posix() for path in app.outbox.rglob("*.eml"))


def test_the_recipients_of_an_issue_are_forgotten_after_a_year_and_counted_for_ever(app: App) -> None:
    sent(app)
    before = str(send_issue(app, app.newsletter(WEEKLY), WEEK).certificate)
    assert forgotten_at(app, YEAR_LATER) == NOTHING
    assert len(outbox(app)) == 2
    done = forgotten_at(app, YEAR_LATER + INSTANT)
    assert done == replace(NOTHING, issues=1, copies=2)
    assert outbox(app) == []
    assert str(send_issue(app, app.newsletter(WEEKLY), WEEK).certificate) == before
    for row in dump(app)["delivery"]:
        assert "example.org" not in repr(row) and "eml" not in repr(row)
    assert forgotten_at(app, YEAR_LATER + timedelta(days=400)) == NOTHING
    assert {p.address for p in list_subscribers(app)} == {"ana@example.org", "zoe@example.org"}


def test_what_was_sent_to_someone_still_shows_without_the_address(plain: App) -> None:
    sent(plain)
    forgotten_at(plain, YEAR_LATER + INSTANT)
    (copy,) = about(plain, "ana@example.org").copies
    assert (copy.period, copy.delivery.state, copy.delivery.address) == (WEEK, "accepted", "")


def test_an_issue_that_is_not_finished_is_left_alone(app: App) -> None:
    with_people(app, "ana@example.org", "zoe@example.org")
    issue = approved(app)
    frozen(app)
    with app.database.write() as connection:
        _, claimed = deliveries.claim(connection, issue, "s", NOW, timedelta(seconds=60), 1)
        (gone,) = deliveries.intend(connection, issue, claimed, "s", NOW)
        deliveries.settle(connection, [replace(gone, state="accepted", reply="ok")], NOW)
    assert forgotten_at(app, YEAR_LATER + timedelta(days=900)).copies == 0
    assert certificate(app, issue).counts == {"accepted": 1, "waiting": 1}


def test_copies_that_nobody_knows_the_end_of_are_forgotten_too(app: App) -> None:
    with_people(app, "ana@example.org")
    issue = approved(app)
    frozen(app)
    with app.database.write() as connection:
        _, claimed = deliveries.claim(connection, issue, "dead", NOW, timedelta(seconds=60), 9)
        deliveries.intend(connection, issue, claimed, "dead", NOW)
        deliveries.recover(connection, issue.id, NOW + timedelta(minutes=2), [], again=False, repeatable=False)
    assert certificate(app, issue).counts == {"uncertain": 1}
    assert forgotten_at(app, YEAR_LATER + timedelta(days=1)).copies == 1
    assert certificate(app, issue).holds


def test_who_left_is_forgotten_after_two_years_and_still_not_written_to(app: App) -> None:
    with_people(app, "ana@example.org")
    link = app.signing_links.sign("unsubscribe", person(app).public_id)
    leave(at(app, NOW + timedelta(days=100)), link, everything=True, how="by the page")
    end = (NOW + timedelta(days=100)).replace(year=NOW.year + 3)
    assert end.month == 3
    assert forgotten_at(app, end).left == 0
    assert forgotten_at(app, end + INSTANT).left == 1
    assert (list_subscribers(app), reasons(app)) == ([], [("", "unsubscribed")])
    with_people(app, "ana@example.org")
    assert list_subscribers(app) == []


def test_who_left_is_forgotten_in_the_ledger_too(app: App) -> None:
    sent(app)
    app = keeping(app, delivery_months=0)
    taken(app, a_list(app.folder, "gone.csv", "ana@example.org,left,"))
    assert forgotten_at(app, NOW.replace(year=2028) + INSTANT).left == 1
    assert "ana@example.org" not in repr(dump(app)["delivery"])
    assert len(outbox(app)) == 1
    assert send_issue(app, app.newsletter(WEEKLY), WEEK).certificate.recipients == 2


def test_who_never_confirmed_is_forgotten_after_a_month_and_may_come_again(app: App) -> None:
    taken(app, a_list(app.folder, "asked.csv", "ana@example.org,unconfirmed,"))
    assert forgotten_at(app, NOW + timedelta(days=30)).unconfirmed == 0
    assert forgotten_at(app, NOW + timedelta(days=30) + INSTANT).unconfirmed == 1
    assert reasons(app) == []
    with_people(app, "ana@example.org")
    assert person(app).state == "active"


def test_a_form_that_was_never_confirmed_is_forgotten_a_month_after_its_end(app: App) -> None:
    ask(app, Wish(address="ana@example.org", address_key="ana@example.org", newsletters=(WEEKLY,)))
    mail_requests(app)
    assert len(outbox(app)) == 1
    end = NOW + timedelta(days=7 + 30)
    assert forgotten_at(app, end).requests == 0
    assert forgotten_at(app, end + INSTANT).requests == 1
    assert (outbox(app), dump(app)["request"]) == ([], [])


def test_a_form_that_was_confirmed_goes_the_same_way_and_the_person_stays(plain: App) -> None:
    ask(plain, Wish(address="ana@example.org", address_key="ana@example.org", newsletters=(WEEKLY,)))
    with plain.database.read() as connection:
        (request,) = requests.of(connection, "ana@example.org")
    link = plain.signing_links.sign("confirm", request.public_id)
    confirm(plain, link)
    assert forgotten_at(plain, NOW + timedelta(days=38)).requests == 1
    assert person(plain).state == "active"
    assert confirm(plain, link).state == "invalid"


def test_reports_that_came_back_are_forgotten_after_a_year(plain: App) -> None:
    with_people(plain, "ana@example.org")
    list(read_reports(plain, [("b", bounce(plain, "4.2.2", issue=7))]))
    assert forgotten_at(plain, YEAR_LATER).reports == 0
    assert forgotten_at(plain, YEAR_LATER + INSTANT).reports == 1
    assert about(plain, "ana@example.org").bounces == ()


def test_nought_keeps_for_ever(plain: App) -> None:
    sent(plain)
    list(read_reports(plain, [("b", bounce(plain, "4.2.2"))]))
    rows = ("gone@example.org,left,", "asked@example.org,unconfirmed,")
    taken(plain, a_list(plain.folder, "asked.csv", "gone@example.org,,"))
    taken(plain, a_list(plain.folder, "more.csv", *rows))
    keeping(plain, delivery_months=0, left_months=0, unconfirmed_days=0)
    before = dump(plain)
    done = forgotten_at(plain, NOW + timedelta(days=9000))
    assert replace(done, reports=0) == NOTHING
    assert {name: rows for name, rows in dump(plain).items() if name != "bounce"} == {
        name: rows for name, rows in before.items() if name != "bounce"
    }


def test_a_dry_run_counts_the_same_and_changes_nothing(app: App) -> None:
    sent(app)
    list(read_reports(app, [("b", bounce(app, "4.2.2"))]))
    ask(app, Wish(address="eva@example.org", address_key="eva@example.org", newsletters=(WEEKLY,)))
    mail_requests(app)
    taken(app, a_list(app.folder, "gone.csv", "zoe@example.org,left,", "cy@example.org,unconfirmed,"))
    before, files = dump(app), outbox(app)
    later = NOW + timedelta(days=900)
    planned = forgotten_at(app, later, dry_run=True)
    assert (dump(app), outbox(app)) == (before, files)
    assert forgotten_at(app, later) == planned
    assert planned == Forgotten(issues=1, copies=2, left=1, unconfirmed=1, requests=1, reports=1, alarms=0)
    assert outbox(app) == []


def test_no_byte_is_left_of_whoever_was_forgotten(site: Path, open_app: Open) -> None:
    app = open_app(site)
    sent(app)
    taken(app, a_list(site, "gone.csv", "ana@example.org,left,"))
    forgotten_at(app, NOW + timedelta(days=900))
    held = b"".join(file.read_bytes() for file in site.glob("publisher.db*"))
    assert b"ana@example.org" not in held and b"zoe@example.org" in held


def test_the_service_does_it_once_a_day(site: Path, open_app: Open) -> None:
    app = open_app(site)
    sent(app)
    assert list(tend(at(app, YEAR_LATER))) == []
    assert list(tend(at(app, YEAR_LATER + timedelta(hours=23)))) == []
    assert list(tend(at(app, YEAR_LATER + timedelta(days=1)))) == [
        ("retention: recipients of 2 copies and 0 people forgotten", True)
    ]


def test_an_issue_in_which_nobody_was_is_no_trouble(plain: App) -> None:
    approved(plain)
    with plain.database.read() as connection:
        assert len(issues.every(connection)) == 1
    assert forgotten_at(plain, NOW + timedelta(days=900)) == NOTHING


@pytest.mark.parametrize(
    ("moment", "months", "then"),
    [
        ((2026, 3, 31), 1, (2026, 2, 28)),
        ((2028, 3, 31), 1, (2028, 2, 29)),
        ((2026, 1, 15), 1, (2025, 12, 15)),
        ((2026, 11, 23), 12, (2025, 11, 23)),
        ((2028, 2, 29), 12, (2027, 2, 28)),
        ((2026, 5, 31), 120, (2016, 5, 31)),
    ],
)
def test_so_many_months_before_is_the_same_day_or_the_months_last(
    moment: tuple[int, int, int], months: int, then: tuple[int, int, int]
) -> None:
    assert months_before(datetime(*moment, 8, tzinfo=UTC), months) == datetime(*then, 8, tzinfo=UTC)


@given(st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)), st.integers(0, 120))  # noqa: DTZ001
def test_months_before_never_goes_forward_nor_more_than_a_month_too_far(moment: datetime, months: int) -> None:
    then = months_before(moment, months)
    assert then <= moment
    assert (moment.year * 12 + moment.month) - (then.year * 12 + then.month) == months


def test_alarms_are_kept_for_a_year(app: App) -> None:
    raise_alarm(app, "relay-away", WEEKLY, WEEK, "the relay is away")
    assert forgotten_at(app, YEAR_LATER) == NOTHING
    assert forgotten_at(app, YEAR_LATER + INSTANT, dry_run=True).alarms == 1
    assert len(recent_alarms(app, 5)) == 1
    assert forgotten_at(app, YEAR_LATER + INSTANT) == replace(NOTHING, alarms=1)
    assert list(recent_alarms(app, 5)) == []
