"""Rows 10 to 23 of the fault matrix: whatever a relay does, each copy is where the ledger says."""

import time
from datetime import timedelta

import pytest

from tests.conftest import NOW
from tests.delivery.relay import Rule
from tests.faults.conftest import MakeTrial
from tests.faults.trial import DONE


def number(recipient: str) -> int:
    return int(recipient.removeprefix("reader").partition("@")[0])


def test_a_relay_that_is_away_costs_nobody_an_attempt(make_trial: MakeTrial, kind: str) -> None:
    with make_trial(Rule("banner", reply="421 4.3.2 closed for now", times=8), kind=kind) as trial:
        stopped = trial.send()
        assert stopped.ending and stopped.ending.why == "away"
        assert (stopped.issue.state, trial.counts()) == ("sending", {"waiting": 60})
        assert trial.send(by_hand=False).ending == stopped.ending, "it is left alone for a while"
        trial.later(minutes=1)
        trial.send(by_hand=False)
        trial.later(minutes=1)
        trial.send(by_hand=False)
        assert trial.account().counts == {"accepted": 60}
        assert {copy.attempts for copy in trial.copies().values()} == {1}


def test_what_is_put_off_is_tried_again_after_five_minutes(make_trial: MakeTrial, kind: str) -> None:
    rule = Rule("rcpt", recipient=lambda who: number(who) % 20 == 0, reply="450 4.2.1 later", each=2)
    with make_trial(rule, kind=kind) as trial:
        assert trial.send().certificate.counts == {"accepted": 57, "deferred": 3}
        trial.later(minutes=4)
        assert trial.send().certificate.counts == {"accepted": 57, "deferred": 3}, "that was too early"
        trial.later(minutes=3)
        trial.send()
        trial.later(minutes=15)
        trial.send()
        assert trial.account().counts == {"accepted": 60}
        assert {who: copy.attempts for who, copy in trial.copies().items() if copy.attempts > 1} == {
            f"reader{n}@example.org": 3 for n in (0, 20, 40)
        }


def test_put_off_after_the_end_a_copy_arrives_once(make_trial: MakeTrial) -> None:
    with make_trial(Rule("end", reply="452 4.3.1 disk full", times=5)) as trial:
        assert trial.send().certificate.counts == {"accepted": 55, "deferred": 5}
        trial.later(minutes=7)
        trial.send()
        assert trial.account().doubted == 0


def test_what_is_put_off_for_ever_is_given_up(make_trial: MakeTrial) -> None:
    with make_trial(Rule("rcpt", recipient="reader7@example.org", reply="450 4.2.1 later")) as trial:
        done = trial.send()
        while done.certificate.open:
            trial.later(minutes=90)
            done = trial.send()
        assert trial.account().counts == {"accepted": 59, "expired": 1}


def test_who_is_refused_is_named_with_the_reason(make_trial: MakeTrial, kind: str) -> None:
    rule = Rule("rcpt", recipient=lambda who: number(who) in (1, 2, 3), reply="550 5.1.1 no such user")
    with make_trial(rule, kind=kind) as trial:
        trial.send()
        assert trial.account().counts == {"accepted": 57, "refused": 3}
        assert {copy.reply for copy in trial.in_question().values()} == {"550 5.1.1 no such user"}


@pytest.mark.parametrize(
    ("rule", "why"),
    [
        (Rule("mail", reply="550 5.7.1 not from you"), "barred"),
        (Rule("banner", reply="554 5.7.1 no service for you"), "refuses"),
        (Rule("rcpt", reply="550 5.1.1 no such user"), "barred"),
    ],
    ids=["sender", "banner", "everybody"],
)
def test_a_relay_that_will_not_have_us_pauses_the_issue(make_trial: MakeTrial, rule: Rule, why: str) -> None:
    with make_trial(rule) as trial:
        stopped = trial.send()
        assert stopped.ending and stopped.ending.why == why
        assert stopped.issue.state == "paused"
        assert "accepted" not in trial.counts()
        assert trial.counts().get("refused", 0) < 30


def test_a_wrong_password_is_tried_once(make_trial: MakeTrial) -> None:
    with make_trial(Rule("auth", reply="535 5.7.8 no"), users={"office": "secret"}) as trial:
        assert trial.send().issue.state == "paused"
        assert trial.counts() == {"waiting": 60}
        assert trial.relay.connections == 1


@pytest.mark.parametrize(
    "rule",
    [
        Rule("rcpt", drop="before", after=5, times=3),
        Rule("data", drop="before", after=5, times=3),
        Rule("content", at=500, drop="before", after=5, times=3),
        Rule("end", reply="421 4.3.2 later", drop="after", after=5, times=3),
    ],
    ids=["recipient", "data", "content", "closing"],
)
def test_a_connection_that_breaks_before_the_end_costs_nothing(make_trial: MakeTrial, rule: Rule) -> None:
    with make_trial(rule) as trial:
        trial.send()
        certificate = trial.account()
        assert (certificate.counts, certificate.doubted) == ({"accepted": 60}, 0)


@pytest.mark.parametrize("keep", [False, True], ids=["not kept", "kept"])
def test_a_connection_that_breaks_after_the_end_is_a_doubt(make_trial: MakeTrial, kind: str, keep: bool) -> None:
    with make_trial(Rule("end", drop="before", keep=keep, after=5, times=3), kind=kind) as trial:
        assert trial.send().certificate.counts == {"accepted": 57, "deferred": 3}
        trial.later(minutes=7)
        trial.send()
        certificate = trial.account(twice=3 if keep else 0)
        assert (certificate.counts, certificate.doubted) == ({"accepted": 60}, 3)
        assert len(trial.twice) == (3 if keep else 0)


def test_an_answer_that_never_comes_is_a_doubt_and_others_go_on(make_trial: MakeTrial) -> None:
    with make_trial(Rule("end", silent=True, keep=True, after=5, times=1)) as trial:
        assert trial.send(end=0.5).certificate.counts == {"accepted": 59, "deferred": 1}
        trial.later(minutes=7)
        trial.send()
        assert trial.account(twice=1).doubted == 1


def test_a_late_answer_is_waited_for(make_trial: MakeTrial) -> None:
    with make_trial(Rule("end", delay=1.0, after=5, times=1)) as trial:
        trial.send(command=0.5, data=0.5, block=0.5, end=5.0)
        assert trial.account().doubted == 0


def test_a_relay_that_ends_a_connection_after_ten_messages_is_taken_up_again(make_trial: MakeTrial) -> None:
    with make_trial(per_connection=10) as trial:
        trial.send()
        assert trial.account().counts == {"accepted": 60}
        assert trial.relay.connections >= 6


def test_the_rate_holds_over_all_connections(make_trial: MakeTrial) -> None:
    begun = time.monotonic()
    with make_trial(people=60, per_minute=3_000) as trial:
        trial.app.clock = lambda: NOW + timedelta(seconds=time.monotonic() - begun)
        trial.send()
        assert time.monotonic() - begun > 1, "sixty at fifty a second"
        assert trial.account().counts == {"accepted": 60}


def test_a_relay_that_lets_in_fewer_connections_than_we_may_open_gets_every_copy(
    make_trial: MakeTrial, kind: str
) -> None:
    """Who finds no way in hands on the copy that it was to bring."""
    rules = (Rule("banner", reply="421 4.7.0 too many connections", after=2), Rule("end", delay=0.02))
    with make_trial(*rules, kind=kind, people=80, connections=8) as trial:
        trial.start()
        assert trial.ended(seconds=20) == DONE
        trial.account()
