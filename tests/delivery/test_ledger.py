"""The ledger under any order of claims, crashes, lapses, answers and departures: nobody is lost, nobody written to
twice but where a doubt says so."""

import tempfile
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, multiple, rule
from hypothesis.strategies import booleans, integers, sampled_from

from publisher.delivery.patience import Patience, settle
from publisher.records import (
    OPEN,
    Accepted,
    Barred,
    Deferred,
    Delivery,
    Issue,
    Outcome,
    Refused,
    Subscriber,
    Suppression,
    Uncertain,
    Unsent,
)
from publisher.store import deliveries, issues, open_database, subscribers, suppressions
from tests.conftest import KEYS, NOW

pytestmark = pytest.mark.long

PEOPLE = 6
LEASE = timedelta(seconds=60)
PATIENCE = Patience()
OUTCOMES: list[type[Outcome]] = [Accepted, Refused, Deferred, Uncertain, Unsent, Barred]


class Ledger(RuleBasedStateMachine):
    """Senders come and go on one issue. `left` is every message whose end was sent and may have arrived, by person."""

    claimed = Bundle("claimed")
    sending = Bundle("sending")

    @initialize(again=booleans())
    def begin(self, again: bool) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.database = open_database("sqlite:///ledger.db", Path(self.folder.name), KEYS.fingerprint)
        self.now = NOW
        self.again = again
        self.senders: set[str] = set()
        self.left: Counter[int] = Counter()
        self.gone: set[int] = set()
        self.asked_for: set[int] = set()
        people = [
            Subscriber(
                address=f"r{n}@example.org", address_key=f"r{n}@example.org", public_id=f"{n:032x}", created_at=NOW
            )
            for n in range(PEOPLE)
        ]
        draft = Issue(newsletter="w", period="2026-W48", state="sending", after=NOW, cut_off=NOW, drafted_at=NOW)
        with self.database.write() as connection:
            for person in people:
                subscribers.add(connection, person, KEYS.fingerprint(person.address_key))
            added = issues.add(connection, draft, "test", "")
            assert added
            self.issue = added
            assert deliveries.freeze_recipients(connection, added, NOW) == PEOPLE

    @rule(target=claimed, most=integers(1, 4))
    def claim(self, most: int) -> tuple[str, list[Delivery]]:
        token = f"sender-{len(self.senders)}"
        self.senders.add(token)
        with self.database.write() as connection:
            _, held = deliveries.claim(connection, self.issue, token, self.now, LEASE, most)
        assert not {one.subscriber for one in held} & self.gone, "someone who left was claimed"
        return token, held

    @rule(target=sending, batch=consumes(claimed))
    def intend(self, batch: tuple[str, list[Delivery]]):  # type: ignore[no-untyped-def]
        token, held = batch
        if not held:
            return multiple()
        with self.database.write() as connection:
            fenced = deliveries.intend(connection, self.issue, held, token, self.now)
            # Where the answer to the commit was lost, the same is asked again and may leave all the same.
            assert deliveries.intend(connection, self.issue, fenced, token, self.now) == fenced
        assert not {one.subscriber for one in fenced} & self.gone, "someone who left was written to"
        return fenced

    @rule(sent=consumes(sending), outcome=sampled_from(OUTCOMES))
    def is_answered(self, sent: list[Delivery], outcome: type[Outcome]) -> None:
        """The end of each was sent, or the way broke before; the result is stored, twice where a commit was unsure."""
        if outcome in (Accepted, Uncertain):
            self.left.update(one.subscriber for one in sent)
        policy = "resend" if self.again else "hold"
        results = [settle(one, outcome(reply="said"), self.now, PATIENCE, policy) for one in sent]  # type: ignore[arg-type]
        with self.database.write() as connection:
            deliveries.settle(connection, results, self.now)
            deliveries.settle(connection, results, self.now)

    @rule(batch=consumes(claimed))
    def crash_before_the_intent(self, batch: tuple[str, list[Delivery]]) -> None:
        """The sender is gone; its rows stay claimed until somebody gives them back."""
        self.senders.discard(batch[0])

    @rule(sent=consumes(sending), left=booleans())
    def crash_after_the_intent(self, sent: list[Delivery], left: bool) -> None:
        """The sender is gone; whether its messages arrived, nobody here knows."""
        self.senders.difference_update(str(one.claim) for one in sent)
        if left:
            self.left.update(one.subscriber for one in sent)

    @rule(seconds=sampled_from([1, 30, 61, 400, 5000]))
    def time_goes_by(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @rule()
    def the_clock_jumps_back(self) -> None:
        self.now -= timedelta(hours=1)

    @rule()
    def recover(self) -> None:
        """Another sender comes: those that live keep what they have begun."""
        living = sorted(self.senders)
        with self.database.write() as connection:
            deliveries.recover(connection, self.issue.id, self.now, living, again=self.again, repeatable=False)

    @rule()
    def deferred_copies_are_due(self) -> None:
        with self.database.write() as connection:
            deliveries.revive(connection, self.issue.id, self.now)

    @rule()
    def it_is_paused(self) -> None:
        with self.database.write() as connection:
            deliveries.release(connection, self.issue.id)

    @rule(state=sampled_from(["uncertain", "refused"]))
    def a_person_sends_again(self, state: str) -> None:
        with self.database.write() as connection:
            these = {one.subscriber for one in deliveries.in_question(connection, self.issue.id) if one.state == state}
            assert deliveries.resend(connection, self.issue.id, state) == len(these)  # type: ignore[arg-type]
        self.asked_for |= these

    @rule(person=integers(1, PEOPLE))
    def someone_leaves(self, person: int) -> None:
        self.gone.add(person)
        key = f"r{person - 1}@example.org"
        with self.database.write() as connection:
            forbidden = Suppression(fingerprint=KEYS.fingerprint(key), reason="unsubscribed", at=self.now)
            suppressions.add(connection, forbidden)

    @invariant()
    def every_copy_is_in_one_state(self) -> None:
        if hasattr(self, "database"):
            with self.database.read() as connection:
                certificate = deliveries.certificate(connection, self.issue)
                left = deliveries.open_left(connection, self.issue.id)
            assert sum(certificate.counts.values()) == PEOPLE
            assert left == sum(certificate.counts.get(state, 0) for state in OPEN)

    @invariant()
    def a_second_copy_leaves_only_with_a_doubt_on_record(self) -> None:
        if hasattr(self, "database"):
            with self.database.read() as connection:
                doubted = {one.subscriber: one.doubts for one in deliveries.in_question(connection, self.issue.id)}
                raw = f"SELECT subscriber, doubts FROM delivery WHERE issue = {self.issue.id}"
                rows = connection.exec_driver_sql(raw).all()
            assert set(doubted.items()) <= set(map(tuple, rows))
            for person, times in self.left.items():
                doubts = dict(map(tuple, rows))[person]
                assert times <= 1 + doubts, "a copy left twice, and nothing says so"
                if person not in self.asked_for:
                    assert times <= (2 if self.again else 1), "it was sent again more than once by itself"

    def teardown(self) -> None:
        if hasattr(self, "database"):
            self.database.close()
            self.folder.cleanup()


Ledger.TestCase.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
TestLedger = Ledger.TestCase
