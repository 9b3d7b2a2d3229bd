"""Rows 3 to 8 of the fault matrix: a sender that is killed or told to stop loses nobody, and doubles nobody unsaid."""

import os
import signal
import threading

import pytest

from publisher.store import senders
from tests.delivery.relay import Rule, Visit, kill
from tests.faults.conftest import MakeTrial
from tests.faults.killing import killed
from tests.faults.trial import CONNECTIONS, UNFINISHED

pytestmark = pytest.mark.long

KILLS = 25


@pytest.mark.parametrize("hold", [False, True], ids=["resend", "hold"])
def test_killed_twenty_five_times_an_issue_reaches_everybody(make_trial: MakeTrial, kind: str, hold: bool) -> None:
    toll = killed(make_trial, kind, KILLS, people=600, seed=1, hold=hold)
    assert toll.kills >= KILLS * 3 // 4
    assert toll.is_right, toll
    assert not (hold and toll.twice)


@pytest.mark.parametrize("point", ["frozen", "claimed"])
def test_killed_before_any_end_was_sent_nothing_is_in_doubt(make_trial: MakeTrial, kind: str, point: str) -> None:
    with make_trial(kind=kind) as trial:
        trial.start(failpoint=f"{point}:kill")
        assert trial.died()
        trial.later()
        trial.send()
        certificate = trial.account()
        assert (certificate.counts, certificate.doubted) == ({"accepted": 60}, 0)


@pytest.mark.parametrize("point", ["freezing", "finishing", "finished"])
def test_killed_as_it_begins_or_ends_an_issue_is_begun_and_ended_once(
    make_trial: MakeTrial, kind: str, point: str
) -> None:
    with make_trial(kind=kind) as trial:
        trial.start(failpoint=f"{point}:kill")
        assert trial.died()
        begun, ended = point != "freezing", point == "finished"
        assert trial.issue().state == ("sent" if ended else "sending" if begun else "approved")
        assert trial.counts() == ({"accepted": 60} if begun else {})
        trial.later()
        trial.send()
        assert trial.account().doubted == 0


def test_killed_while_the_relay_had_a_copy_and_did_not_answer_that_copy_is_named(
    make_trial: MakeTrial, kind: str
) -> None:
    with make_trial(Rule("end", after=20, times=1, keep=True, do=kill(lambda: trial.pid)), kind=kind) as trial:
        trial.start()
        assert trial.died()
        trial.later()
        trial.send()
        certificate = trial.account(twice=trial.doubtful)
        assert 1 <= certificate.doubted <= CONNECTIONS


def test_with_hold_what_is_in_doubt_is_left_to_a_person_and_sent_when_they_say_so(
    make_trial: MakeTrial, kind: str
) -> None:
    rule = Rule("end", after=20, times=1, do=kill(lambda: trial.pid))
    with make_trial(rule, kind=kind, after_crash="hold") as trial:
        trial.start()
        assert trial.died()
        trial.later()
        trial.send()
        held = trial.account().counts["uncertain"]
        assert 1 <= held <= CONNECTIONS
        assert trial.resend_uncertain() == held
        before = len(trial.relay.kept)
        trial.send()
        assert len(trial.relay.kept) - before == held
        assert trial.counts() == {"accepted": 60}


def test_told_to_stop_it_finishes_what_is_under_way_and_leaves_no_doubt(make_trial: MakeTrial, kind: str) -> None:
    with make_trial(Rule("end", delay=0.02), people=200, kind=kind, batch=20) as trial:
        process = trial.start()
        trial.relay.wait_for("end", 20)
        process.terminate()
        assert trial.ended() == UNFINISHED
        halfway = trial.account(finished=False)
        assert halfway.counts.get("sending", 0) == halfway.counts.get("claimed", 0) == 0
        assert 20 <= halfway.counts["accepted"] < 200
        trial.send()
        assert trial.account().doubted == 0


def test_a_sender_that_slept_through_its_lease_lets_nothing_go(make_trial: MakeTrial) -> None:
    with make_trial(Rule("end", delay=0.01), people=120, kind="postgresql", batch=10) as trial:
        zombie = trial.start(failpoint="intended:stop:5", lease=1)
        trial.stopped()
        trial.later(minutes=12)
        trial.send()
        os.kill(trial.pid, signal.SIGCONT)
        trial.ended(zombie)
        trial.later(minutes=12)
        trial.send()
        # What it had begun was sent again, for it gave no sign for eleven minutes; nothing else may come twice.
        trial.account(twice=CONNECTIONS)


def test_a_sender_that_is_thought_dead_learns_that_it_is(make_trial: MakeTrial) -> None:
    """It wakes beside the one that took over: what it sends after that must not count for what it sent before."""
    others_turn = threading.Event()

    def wake(visit: Visit) -> None:
        if others_turn.is_set():
            os.kill(trial.pid, signal.SIGCONT)

    rules = (Rule("banner", do=wake), Rule("end", delay=0.02))
    with make_trial(*rules, people=200, kind="postgresql", batch=10) as trial:
        early = trial.start(failpoint="intended:stop:5")
        trial.stopped()
        trial.later(minutes=12)
        others_turn.set()
        trial.send()
        trial.ended(early)
        trial.later(minutes=12)
        trial.send()
        trial.account(twice=CONNECTIONS)
        issue = trial.issue()
        with trial.app.database.read() as connection:
            assert "took over" in (senders.of(connection, issue.id)[0].why or "")
