"""The ledger under any order of claims, crashes, lapses and departures: nobody is lost, nobody written to twice."""

import tempfile
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from hypothesis import settings
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, multiple, rule
from hypothesis.strategies import integers

from publisher.records import Delivery, Issue, Subscriber, Suppression
from publisher.store import deliveries, issues, open_database, subscribers, suppressions
from tests.conftest import KEYS, NOW

PEOPLE = 6
LEASE = timedelta(seconds=60)


class Ledger(RuleBasedStateMachine):
    """Senders come and go on one issue. `left` is every message whose end was sent, by person and sender."""

    claimed = Bundle("claimed")
    sending = Bundle("sending")

    @initialize()
    def begin(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.database = open_database("sqlite:///ledger.db", Path(self.folder.name), KEYS.fingerprint)
        self.now = NOW
        self.senders = 0
        self.left: Counter[int] = Counter()
        self.gone: set[int] = set()
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
        self.senders += 1
        token = f"sender-{self.senders}"
        with self.database.write() as connection:
            _, held = deliveries.claim(connection, self.issue, token, self.now, LEASE, most)
        assert not {one.subscriber for one in held} & self.gone, "someone who left was claimed"
        return token, held

    @rule(target=sending, batch=consumes(claimed))
    def intend_and_send(self, batch: tuple[str, list[Delivery]]):  # type: ignore[no-untyped-def]
        token, held = batch
        if not held:
            return multiple()
        with self.database.write() as connection:
            fenced = deliveries.intend(connection, held, token, self.now)
        self.left.update(one.subscriber for one in fenced)
        return fenced

    @rule(sent=consumes(sending))
    def settle(self, sent: list[Delivery]) -> None:
        with self.database.write() as connection:
            deliveries.settle(connection, [replace(one, state="accepted", reply="250") for one in sent], self.now)

    @rule(batch=consumes(claimed))
    def crash_before_sending(self, batch: object) -> None:
        """The sender is gone; its rows stay claimed until the lease is over."""

    @rule(sent=consumes(sending))
    def crash_after_sending(self, sent: object) -> None:
        """The sender is gone; whether its messages arrived, nobody here knows."""

    @rule(seconds=integers(1, 90))
    def time_goes_by(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @rule()
    def the_lease_runs_out(self) -> None:
        self.now += LEASE + timedelta(seconds=1)
        self.recover()

    @rule()
    def recover(self) -> None:
        with self.database.write() as connection:
            deliveries.recover(connection, self.issue.id, self.now, repeatable=False, alone=False)

    @rule(person=integers(1, PEOPLE))
    def someone_leaves(self, person: int) -> None:
        self.gone.add(person)
        key = f"r{person - 1}@example.org"
        with self.database.write() as connection:
            forbidden = Suppression(fingerprint=KEYS.fingerprint(key), reason="unsubscribed", at=self.now)
            suppressions.add(connection, forbidden)

    @invariant()
    def nobody_is_lost_or_written_to_twice(self) -> None:
        if not hasattr(self, "database"):
            return
        with self.database.read() as connection:
            certificate = deliveries.certificate(connection, self.issue)
        assert sum(certificate.counts.values()) == PEOPLE
        assert all(count == 1 for count in self.left.values()), "a second copy left"
        assert certificate.counts.get("accepted", 0) <= len(self.left)

    def teardown(self) -> None:
        if hasattr(self, "database"):
            self.database.close()
            self.folder.cleanup()


Ledger.TestCase.settings = settings(max_examples=120, stateful_step_count=30, deadline=None)
TestLedger = Ledger.TestCase
