"""The engine under any answers, over any number of connections: what the ledger says is what the transport holds."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis.strategies import builds, dictionaries, integers, just, lists, sampled_from

from publisher.delivery import engine
from publisher.delivery.crew import Manners
from publisher.delivery.engine import Orders
from publisher.delivery.ledger import Terms
from publisher.records import (
    Accepted,
    Certificate,
    Deferred,
    Delivery,
    Envelope,
    Issue,
    Outcome,
    Pace,
    Refused,
    Subscriber,
    Suppression,
    Uncertain,
    Unsent,
)
from publisher.store import Database, deliveries, issues, open_database, subscribers, suppressions
from tests.conftest import KEYS, NOW
from tests.delivery.recorder import Recorder

PEOPLE = [f"r{number}@example.org" for number in range(12)]
ANSWERS = sampled_from(
    [
        Accepted(reply="250 kept"),
        Refused(reply="550 no such person"),
        Deferred(reply="451 later"),
        Unsent(reply="the relay hung up"),
        Uncertain(reply="kept"),
        Uncertain(reply="lost"),
    ]
)
SHAPES = builds(Pace, connections=integers(1, 6), per_connection=integers(1, 5))


def prepare(copy: Delivery) -> tuple[Envelope, bytes]:
    return Envelope(name=copy.public_id, sender="", recipient=copy.address, size=9), copy.public_id.encode()


@contextmanager
def begun() -> Iterator[tuple[Database, Issue]]:
    """An issue that is sent to all people."""
    with tempfile.TemporaryDirectory() as folder:
        database = open_database("sqlite:///engine.db", Path(folder), KEYS.fingerprint)
        draft = Issue(newsletter="w", period="2026-W48", state="sending", after=NOW, cut_off=NOW, drafted_at=NOW)
        with database.write() as connection:
            for number, address in enumerate(PEOPLE):
                person = Subscriber(address=address, address_key=address, public_id=f"{number:032x}", created_at=NOW)
                subscribers.add(connection, person, KEYS.fingerprint(address))
            issue = issues.add(connection, draft, "test", "")
            assert issue
            deliveries.freeze_recipients(connection, issue, NOW)
        try:
            yield database, issue
        finally:
            database.close()


def sent(database: Database, issue: Issue, transport: Recorder, at: datetime, orders: Orders) -> Certificate:
    engine.send(database, issue, prepare, transport, lambda: at, orders)
    with database.read() as connection:
        return deliveries.certificate(connection, issue)


@pytest.mark.long
@settings(max_examples=40, deadline=None)
@given(
    answers=dictionaries(sampled_from(PEOPLE), lists(ANSWERS, max_size=3)),
    pace=SHAPES,
    batch=integers(1, 5),
    again=sampled_from(["resend", "hold"]),
    limit=integers(1, 12) | just(None),
)
def test_whatever_is_answered_the_ledger_and_the_transport_agree(
    answers: dict[str, list[Outcome]], pace: Pace, batch: int, again: str, limit: int | None
) -> None:
    transport, at = Recorder(answers), NOW
    orders = Orders(
        pace=pace,
        terms=Terms(batch=batch, limit=limit),
        manners=Manners(after_crash=again, reconnect=(0,) * 9),  # type: ignore[arg-type]  # one of the two
    )
    with begun() as (database, issue):
        found = sent(database, issue, transport, at, orders)
        while not found.holds:
            at += timedelta(hours=1)
            found = sent(database, issue, transport, at, orders)
            assert at < NOW + timedelta(days=3), f"it never comes to an end: {found}"
        with database.read() as connection:
            in_question = {copy.address: copy for copy in deliveries.in_question(connection, issue.id)}
    assert sum(found.counts.values()) == len(PEOPLE)
    for who in PEOPLE:
        copy, kept = in_question.get(who), transport.kept[who]
        assert len(set(kept)) <= 1, "the second copy is not the first"
        if copy is None:
            assert len(kept) == 1, "accepted, and not exactly one copy is there"
        else:
            assert len(kept) <= (1 if again == "hold" else 2)
            assert len(kept) <= copy.doubts + (copy.state == "accepted"), "a copy is there that nobody knows of"


def test_the_copy_of_someone_who_left_while_it_was_handed_over_is_withdrawn() -> None:
    """Between the claim and the fence: the content is out, and its end never follows."""
    transport = Recorder()
    gone = PEOPLE[3]

    def leaving(copy: Delivery) -> tuple[Envelope, bytes]:
        if copy.address == gone:
            left = Suppression(fingerprint=KEYS.fingerprint(gone), reason="unsubscribed", at=NOW)
            with database.write() as connection:
                suppressions.add(connection, left)
        return prepare(copy)

    with begun() as (database, issue):
        engine.send(database, issue, leaving, transport, lambda: NOW, Orders(pace=Pace(connections=2)))
        with database.read() as connection:
            counts = deliveries.certificate(connection, issue).counts
    assert counts == {"accepted": len(PEOPLE) - 1, "skipped": 1}
    assert transport.broken_off == {gone: 1} and not transport.kept[gone]
