"""Reports: nobody is blamed without a token of ours, and whoever is gone is not written to any more."""

import mailbox
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from publisher.actions.bounces import Judged, poll_mailbox, read_reports
from publisher.actions.people import erase_subscriber
from publisher.actions.run import tend
from publisher.app import App
from publisher.config import defaults
from publisher.errors import MailboxError
from publisher.keys import Keyring
from publisher.links import Links
from publisher.records import Issue
from publisher.return_paths import Copy, ReturnPaths
from publisher.store import deliveries, issues, subscribers
from tests.actions.people import (
    HARBOR,
    WEEKLY,
    a_list,
    about,
    approved,
    at,
    dump,
    frozen,
    more_settings,
    person,
    reasons,
    taken,
    two_newsletters,
    with_people,
)
from tests.conftest import KEYS, NOW, ROOT

Open = Callable[..., App]
SAMPLES = ROOT / "tests" / "data" / "bounces"
BASE = "bounces@news.alderbay.example"


@pytest.fixture
def app(site: Path, open_app: Open, database_url: str) -> App:
    more_settings(two_newsletters(site), f'[bounces]\naddress = "{BASE}"\nmaildir = "reports"\n')
    opened = open_app(site, database_url=database_url)
    with_people(opened, "ana@example.org", "zoe@example.org", newsletters=(WEEKLY, HARBOR))
    return opened


def path_of(app: App, issue: int = 1, who: str = "ana@example.org") -> str:
    assert app.return_paths
    return app.return_paths.make(Copy(issue, person(app, who).public_id))


def report(
    to: str, status: str, *, recipient: str, action: str = "failed", returned: str = "", text: str = ""
) -> bytes:
    """A report as RFC 3464 has it, about one recipient."""
    diagnostic = text or f"550 {status} no such user"
    return f"""Return-Path: <>
Delivered-To: {to}
From: Mail Delivery System <MAILER-DAEMON@mx.example.org>
To: {to}
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

It could not be delivered.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.org

Final-Recipient: rfc822; {recipient}
Action: {action}
Status: {status}
Diagnostic-Code: smtp; {diagnostic}

--b
Content-Type: message/rfc822

From: Alder Bay Hospital <weekly@news.alderbay.example>
To: {recipient}
Subject: This week
{f"List-Unsubscribe: <{returned}>" if returned else "X-Nothing: here"}

This week at Alder Bay.
--b--
""".encode()


def bounce(app: App, status: str = "5.1.1", *, issue: int = 1, who: str = "ana@example.org", mark: str = "") -> bytes:
    text = f"550 {status} no such user {mark}" if status.startswith("5") else f"452 {status} mailbox full {mark}"
    return report(path_of(app, issue, who), status, recipient=who, text=text)


def complaint(to: str, recipient: str, returned: str = "") -> bytes:
    return f"""Return-Path: <feedback@fbl.example.com>
Delivered-To: {to}
From: feedback@fbl.example.com
To: {to}
Subject: FW: This week
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="b"

--b
Content-Type: text/plain

An abuse report.
--b
Content-Type: message/feedback-report

Feedback-Type: abuse
User-Agent: SomeLoop/1.0
Version: 1
Original-Rcpt-To: <{recipient}>

--b
Content-Type: message/rfc822

From: Alder Bay Hospital <weekly@news.alderbay.example>
To: {recipient}
Subject: This week
{f"List-Unsubscribe: <{returned}>" if returned else "X-Nothing: here"}

This week at Alder Bay.
--b--
""".encode()


def judged(app: App, *messages: bytes, dry_run: bool = False) -> list[Judged]:
    return list(read_reports(app, [(f"{n}.eml", data) for n, data in enumerate(messages)], dry_run=dry_run))


def actions(app: App, *messages: bytes, dry_run: bool = False) -> list[str]:
    return [one.action for one in judged(app, *messages, dry_run=dry_run)]


def sent(app: App, number: int, *, accepted: bool = True) -> Issue:
    """One more issue of the weekly that everyone got, or that is on its way to them."""
    when = NOW + timedelta(weeks=number)
    with app.database.write() as connection:
        period = f"2027-W{number:02}"
        connection.exec_driver_sql(
            "INSERT INTO issue (newsletter, period, state, after, cut_off, drafted_at, entries, events, findings) "
            f"VALUES ('{WEEKLY}', '{period}', 'sending', '{NOW:%Y-%m-%d}', '{when:%Y-%m-%d}', '{NOW:%Y-%m-%d}', "
            "'[]', '[]', '[]')"
        )
        issue = issues.find(connection, WEEKLY, period)
        assert issue
        deliveries.freeze_recipients(connection, issue, NOW)
        if accepted:
            connection.exec_driver_sql(f"UPDATE delivery SET state = 'accepted' WHERE issue = {issue.id}")
        return issue


def accept(app: App, issue: Issue) -> None:
    with app.database.write() as connection:
        _, claimed = deliveries.claim(connection, issue, "s", NOW, timedelta(seconds=60), 99)
        gone = deliveries.intend(connection, issue, claimed, "s", NOW)
        deliveries.settle(connection, [replace(one, state="accepted") for one in gone], NOW)


def test_an_address_that_is_gone_is_not_written_to_any_more(app: App) -> None:
    (one,) = judged(app, bounce(app))
    assert (one.kind, one.permanent, one.status, one.action) == ("bounce", True, "5.1.1", "suppress")
    assert one.recipients == ("ana@example.org",) and one.why.startswith("the address is gone: ")
    assert (person(app).state, reasons(app)) == ("left", [("", "bounced")])
    assert [e.what for e in about(app, "ana@example.org").history] == ["bounced"]
    assert [(b.kind, b.issue, b.permanent) for b in about(app, "ana@example.org").bounces] == [("bounce", 1, True)]
    assert person(app, "zoe@example.org").state == "active"


@pytest.mark.parametrize("newsletter", ["", WEEKLY, HARBOR])
def test_the_link_in_the_copy_that_came_back_is_proof_too(app: App, newsletter: str) -> None:
    link = app.signing_links.personal("unsubscribe", person(app).public_id, newsletter)
    data = report("weekly@news.alderbay.example", "5.1.1", recipient="ana@example.org", returned=link)
    assert actions(app, data) == ["suppress"]


def forgeries(app: App) -> dict[str, bytes]:
    who = person(app).public_id
    good, name = path_of(app), "ana@example.org"
    links, elsewhere = app.signing_links, Keyring(dict.fromkeys(KEYS.keys, (("1", b"x" * 32),)))
    altered = good.replace("@", "a@") if good[good.index("@") - 1] != "a" else good.replace("a@", "b@")
    nobody = "weekly@news.alderbay.example"
    foreign = Links("https://news.alderbay.example", elsewhere).personal("unsubscribe", who)
    return {
        "no token": report(BASE, "5.1.1", recipient=name),
        "an altered path": report(altered, "5.1.1", recipient=name),
        "a path of another issue": report(good.replace("+1-", "+2-"), "5.1.1", recipient=name),
        "a path of another site": report(ReturnPaths(BASE, elsewhere).make(Copy(1, who)), "5.1.1", recipient=name),
        "a path at another domain": report(good.replace("@news.", "@evil."), "5.1.1", recipient=name),
        "a link of another site": report(nobody, "5.1.1", recipient=name, returned=foreign),
        "a link to preferences": report(nobody, "5.1.1", recipient=name, returned=links.personal("preferences", who)),
        "a link for no newsletter of ours": report(
            nobody, "5.1.1", recipient=name, returned=links.personal("unsubscribe", who, "nonsense")
        ),
        "a link cut off": report(nobody, "5.1.1", recipient=name, returned=links.personal("unsubscribe", who)[:-2]),
        "a link with more behind": report(
            nobody, "5.1.1", recipient=name, returned=links.personal("unsubscribe", who) + "?x=1"
        ),
        "a link with another id": report(
            nobody, "5.1.1", recipient=name, returned=links.personal("unsubscribe", "zz" * 16).replace("zz", "qq")
        ),
        "a complaint without": complaint(nobody, name),
    }


def test_without_proof_nobody_is_blamed(app: App) -> None:
    before = dump(app)
    for what, data in forgeries(app).items():
        (one,) = judged(app, data)
        assert (one.action, one.kind in ("bounce", "complaint")) == ("none", True), what
    assert dump(app) == before


def test_proof_about_one_person_never_harms_another(app: App) -> None:
    data = report(path_of(app), "5.1.1", recipient="zoe@example.org")
    (one,) = judged(app, data)
    assert (one.action, one.recipients) == ("count", ("zoe@example.org",))
    assert [person(app, f"{who}@example.org").state for who in ("ana", "zoe")] == ["active", "active"]
    assert about(app, "zoe@example.org").bounces == ()


def test_an_address_written_otherwise_is_the_same(app: App) -> None:
    assert actions(app, report(path_of(app).upper(), "5.1.1", recipient="Ana@EXAMPLE.org")) == ["suppress"]


def test_bounces_that_may_pass_count_until_there_are_enough_in_a_row(app: App) -> None:
    for number in range(1, 4):
        issue = sent(app, number)
        (one,) = judged(app, bounce(app, "4.2.2", issue=issue.id))
        assert one.action == ("suppress" if number == 3 else "count"), number
        assert one.why.startswith(f"{number} of 3 issues in a row" if number < 3 else "3 issues in a row came back")
    assert reasons(app) == [("", "bounced")]
    assert len(about(app, "ana@example.org").bounces) == 3


def test_an_issue_that_did_not_come_back_begins_the_row_anew(app: App) -> None:
    for number in range(1, 8):
        issue = sent(app, number)
        if number != 3:
            said = judged(app, bounce(app, "4.2.2", issue=issue.id))[0]
            assert said.action == ("suppress" if number == 6 else "count" if number < 6 else "none"), number
        if number == 6:
            break
    assert person(app).state == "left"


def test_an_issue_that_never_left_neither_counts_nor_ends_the_row(app: App) -> None:
    for number in range(1, 4):
        issue = sent(app, number)
        sent(app, number + 20, accepted=False)
        last = judged(app, bounce(app, "4.2.2", issue=issue.id))[0]
    assert last.action == "suppress"


def test_several_bounces_of_one_issue_count_once(app: App) -> None:
    issue = sent(app, 1)
    said = judged(app, *(bounce(app, "4.2.2", issue=issue.id, mark=str(n)) for n in range(5)))
    assert {one.action for one in said} == {"count"}
    assert {one.why.partition(":")[0] for one in said} == {"1 of 3 issues in a row"}


def test_the_same_report_twice_counts_once(app: App) -> None:
    issue = sent(app, 1)
    data = bounce(app, "4.2.2", issue=issue.id)
    first, second = judged(app, data, data)
    assert (first.action, second.action, second.why) == ("count", "none", "it was counted before")
    assert len(about(app, "ana@example.org").bounces) == 1


def test_a_soft_bounce_before_anything_was_sent_is_only_kept(app: App) -> None:
    assert actions(app, bounce(app, "4.2.2", issue=9)) == ["count"]
    assert person(app).state == "active"


def test_a_full_mailbox_is_no_dead_one_though_it_says_so_for_good(app: App) -> None:
    assert actions(app, bounce(app, "5.2.2", issue=9)) == ["count"]


def test_a_notice_that_the_relay_still_tries_changes_nothing(app: App) -> None:
    before = dump(app)
    data = report(path_of(app), "4.4.1", recipient="ana@example.org", action="delayed")
    (one,) = judged(app, data)
    assert (one.action, one.why) == ("none", "the relay still tries")
    assert dump(app) == before


def test_answers_and_other_mail_change_nothing_even_with_a_token(app: App) -> None:
    before = dump(app)
    samples = [*sorted(SAMPLES.glob("auto-*.eml")), SAMPLES / "other-newsletter.eml", SAMPLES / "other-spam.eml"]
    for sample in samples:
        with_token = f"Delivered-To: {path_of(app)}\n".encode() + sample.read_bytes()
        assert actions(app, with_token) == ["none"], sample.name
    assert len(samples) > 8 and dump(app) == before


def test_no_sample_report_acts_on_a_site_it_is_not_about(app: App) -> None:
    before = dump(app)
    messages = [path.read_bytes() for path in sorted(SAMPLES.glob("*.eml"))]
    assert set(actions(app, *messages)) == {"none"}
    assert dump(app) == before


def test_a_complaint_ends_it_for_good(app: App) -> None:
    (one,) = judged(app, complaint(path_of(app), "ana@example.org"))
    assert (one.kind, one.action, one.why) == ("complaint", "suppress", "the reader reported it as spam")
    assert reasons(app) == [("", "complained")]
    assert [e.what for e in about(app, "ana@example.org").history] == ["complained"]


def test_a_complaint_of_someone_who_left_outweighs_the_leaving(app: App) -> None:
    taken(app, a_list(app.folder, "gone.csv", "ana@example.org,left,"))
    assert actions(app, complaint(path_of(app), "ana@example.org")) == ["suppress"]
    assert reasons(app) == [("", "complained")]


def test_a_report_about_someone_erased_names_nobody(app: App) -> None:
    data = bounce(app)
    erase_subscriber(app, "ana@example.org", who="tests")
    before = dump(app)
    (one,) = judged(app, data)
    assert (one.action, one.why) == ("none", "whoever it was is not held any more")
    assert dump(app) == before


def test_a_dry_run_predicts_the_same_and_changes_nothing(app: App) -> None:
    two, three, four = (sent(app, number) for number in (1, 2, 3))
    messages = [
        bounce(app, "4.2.2", issue=two.id),
        bounce(app, "4.2.2", issue=two.id),
        bounce(app, "4.2.2", issue=three.id),
        (SAMPLES / "auto-vacation.eml").read_bytes(),
        bounce(app, "4.2.2", issue=four.id),
        bounce(app, "4.2.2", issue=four.id, mark="again"),
        complaint(path_of(app, who="zoe@example.org"), "zoe@example.org"),
        b"",
    ]
    before = dump(app)
    planned = judged(app, *messages, dry_run=True)
    assert dump(app) == before
    assert judged(app, *messages) == planned
    assert [one.action for one in planned] == ["count", "none", "count", "none", "suppress", *planned_rest(planned)]
    assert dump(app) != before


def planned_rest(planned: list[Judged]) -> list[str]:
    """A further report about someone gone already says what it would have said; the complaint ends it for Zoe."""
    assert planned[5].action in ("suppress", "none")
    return [planned[5].action, "suppress", "none"]


def test_a_dry_run_that_stops_half_way_changes_nothing_either(app: App) -> None:
    before = dump(app)
    reading = read_reports(app, [("a", bounce(app)), ("b", b"")], dry_run=True)
    assert next(iter(reading)).action == "suppress"
    reading.close()  # type: ignore[attr-defined]
    assert dump(app) == before


@pytest.mark.parametrize("url", ["https://news.example.org", "https://news.alderbay.example"])
def test_reports_can_be_looked_at_where_there_is_no_site(tmp_path: Path, url: str) -> None:
    folder = tmp_path / "nowhere"
    folder.mkdir()
    app = App(defaults(folder), clock=lambda: NOW)
    link = Links(url, KEYS).personal("unsubscribe", "ab" * 16)
    messages = [path.read_bytes() for path in sorted(SAMPLES.glob("standard-*.eml"))]
    messages.append(report("x@example.org", "5.1.1", recipient="ana@example.org", returned=link))
    assert set(actions(app, *messages, dry_run=True)) == {"none"}
    app.close()
    assert list(folder.iterdir()) == []


@given(data=st.binary(max_size=400), cut=st.integers(0, 1500))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_put_around_a_report_nothing_raises(app: App, data: bytes, cut: int) -> None:
    whole = bounce(app, "4.2.2", issue=9)
    for message in (data, whole[:cut] + data + whole[cut:], data + whole):
        assert actions(app, message, dry_run=True)[0] in ("none", "count", "suppress")


# The mailbox that the service polls.


def maildir(app: App) -> mailbox.Maildir:
    return mailbox.Maildir(app.folder / "reports")


def test_what_was_dealt_with_is_marked_as_read_and_not_read_again(app: App) -> None:
    box = maildir(app)
    for data in (bounce(app), (SAMPLES / "auto-vacation.eml").read_bytes(), b"no message at all"):
        box.add(data)
    read = poll_mailbox(app) or []
    assert sorted(one.action for one in read) == ["none", "none", "suppress"]
    assert person(app).state == "left"
    assert list((app.folder / "reports" / "new").iterdir()) == []
    assert {path.name[-1] for path in (app.folder / "reports" / "cur").iterdir()} == {"S"}
    assert poll_mailbox(app) == []


def test_the_service_polls_as_often_as_it_was_told(app: App) -> None:
    maildir(app).add(bounce(app))
    assert list(tend(app)) == [("bounces: 1 messages read, 1 addresses not written to any more", True)]
    maildir(app).add(bounce(app, who="zoe@example.org"))
    assert list(tend(at(app, NOW + timedelta(minutes=4)))) == []
    lines = list(tend(at(app, NOW + timedelta(minutes=5))))
    assert len(lines) == 1 and person(app, "zoe@example.org").state == "left"


def test_a_mailbox_that_fails_is_one_line_and_stops_nobody(app: App) -> None:
    with pytest.raises(MailboxError, match="there is no Maildir"):
        poll_mailbox(app)
    left_long_ago(app)
    lines = list(tend(at(app, NOW + timedelta(days=1000))))
    assert [well for _, well in lines] == [False, True]
    assert lines[0][0].startswith("bounces: ") and "\n" not in lines[0][0]
    assert lines[1][0].startswith("retention: ")


def left_long_ago(app: App) -> None:
    taken(app, a_list(app.folder, "gone.csv", "ana@example.org,left,"))


def test_a_mailbox_that_fails_is_tried_again_at_the_next_minute(app: App) -> None:
    assert [well for _, well in tend(app)] == [False]
    maildir(app).add(bounce(app))
    assert [well for _, well in tend(at(app, NOW + timedelta(minutes=1)))] == [True]


def test_without_a_mailbox_there_is_nothing_to_poll(site: Path, open_app: Open) -> None:
    app = open_app(site)
    assert poll_mailbox(app) is None
    assert list(tend(app)) == []


def test_a_message_is_marked_as_read_only_once_what_it_means_is_kept(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    maildir(app).add(bounce(app))
    with app.database.write() as connection:
        connection.exec_driver_sql("ALTER TABLE bounce RENAME TO lost")
    assert [well for _, well in tend(app)][:1] == [False]
    with app.database.write() as connection:
        connection.exec_driver_sql("ALTER TABLE lost RENAME TO bounce")
    assert len(list((app.folder / "reports" / "new").iterdir())) == 1
    assert [one.action for one in poll_mailbox(app) or []] == ["suppress"]


def test_a_return_path_holds_nothing_that_names_anyone(app: App) -> None:
    path = path_of(app)
    assert "ana" not in path.partition("@")[0] and WEEKLY not in path
    assert path.endswith("@news.alderbay.example")


def test_who_is_paused_or_unconfirmed_is_suppressed_by_a_dead_address_too(app: App) -> None:
    with app.database.write() as connection:
        ana = subscribers.with_key(connection, "ana@example.org")
        assert ana
        subscribers.change(connection, ana, paused_until=NOW + timedelta(days=9))
    assert actions(app, bounce(app)) == ["suppress"]
    assert person(app).state == "left"


def test_what_the_ledger_says_of_a_copy_is_not_changed_by_its_bounce(app: App) -> None:
    issue = approved(app)
    frozen(app)
    accept(app, issue)
    judged(app, bounce(app, issue=issue.id))
    with app.database.read() as connection:
        copies = deliveries.of(connection, person(app).id)
    assert [copy[2].state for copy in copies] == ["accepted"]
