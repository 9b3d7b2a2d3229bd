"""What an outcome makes of a copy: nobody is given up early, tried for ever, or charged for a relay's trouble."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, strategies as st

from publisher.delivery.patience import AfterCrash, Patience, settle
from publisher.records import Accepted, Barred, Deferred, Delivery, Outcome, Refused, Uncertain, Unsent
from tests.conftest import NOW

COPY = Delivery(issue=1, subscriber=1, public_id="ab" * 16, address="ana@example.org", name=None, state="sending")
PATIENCE = Patience()
IDS = st.integers(0, 2**128 - 1).map(lambda number: f"{number:032x}")


def after(outcome: Outcome, copy: Delivery = COPY, policy: AfterCrash = "resend") -> Delivery:
    return settle(copy, outcome, NOW, PATIENCE, policy)


@pytest.mark.parametrize(
    ("outcome", "state"),
    [
        (Accepted(reply="250 ok"), "accepted"),
        (Refused(reply="550 no"), "refused"),
        (Deferred(reply="450 later"), "deferred"),
    ],
)
def test_what_the_relay_decided_is_an_attempt(outcome: Outcome, state: str) -> None:
    settled = after(outcome)
    assert (settled.state, settled.attempts, settled.first_try, settled.reply) == (state, 1, NOW, outcome.reply)


@pytest.mark.parametrize("outcome", [Unsent(reply="421 bye"), Barred(reply="550 5.7.1 not you")])
def test_trouble_of_the_relay_is_charged_to_nobody(outcome: Outcome) -> None:
    settled = after(outcome)
    assert (settled.state, settled.attempts, settled.first_try) == ("waiting", 0, None)


@given(IDS)
def test_a_deferred_copy_is_tried_until_it_is_too_old(public_id: str) -> None:
    copy, now, waits = replace(COPY, public_id=public_id), NOW, []
    for _ in range(1000):
        copy = settle(copy, Deferred(reply="450 later"), now, PATIENCE, "resend")
        if copy.next_try is None:
            break
        waits.append(copy.next_try - now)
        now = copy.next_try
    assert copy.state == "expired"
    assert timedelta(seconds=300) <= waits[0] <= timedelta(seconds=360)
    assert all(timedelta(seconds=300) <= wait <= timedelta(seconds=4800) for wait in waits)
    assert timedelta(hours=34) < now - NOW <= timedelta(hours=36)
    assert len(waits) < 40


def test_not_all_come_back_at_once() -> None:
    copies = [after(Deferred(reply="450"), replace(COPY, public_id=f"{n:032x}")) for n in range(50)]
    assert len({copy.next_try for copy in copies}) == 50


def test_a_copy_without_an_answer_is_sent_once_more_and_then_left_to_a_person() -> None:
    first = after(Uncertain(reply="no answer"))
    assert (first.state, first.doubts) == ("deferred", 1)
    second = after(Uncertain(reply="no answer"), first)
    assert (second.state, second.doubts, second.next_try) == ("uncertain", 2, None)


def test_a_copy_without_an_answer_is_held_where_that_is_the_rule() -> None:
    held = after(Uncertain(reply="no answer"), policy="hold")
    assert (held.state, held.doubts, held.attempts) == ("uncertain", 1, 1)


def test_a_copy_accepted_after_a_doubt_keeps_it() -> None:
    settled = after(Accepted(reply="250 ok"), after(Uncertain(reply="no answer")))
    assert (settled.state, settled.doubts, settled.attempts) == ("accepted", 1, 2)
