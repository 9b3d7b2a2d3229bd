"""The door of delivery: sends what is waiting of one issue and proves it.

claim a batch -> compose -> store the intent (fence) -> transport -> store the results; again until nothing waits.
Whatever a dead sender left is given back first, by the rules of the ledger.
"""

import fcntl
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from publisher.delivery.compose import Composer
from publisher.delivery.transport import Transport
from publisher.errors import Busy
from publisher.records import Accepted, Certificate, Deferred, Delivery, Issue, Outcome, Refused, Uncertain
from publisher.store import Database, deliveries


def send(
    database: Database,
    issue: Issue,
    composer: Composer,
    transport: Transport,
    clock: Callable[[], datetime],
    *,
    batch: int,
    lease: timedelta,
    return_path: Callable[[Delivery], str | None] = lambda delivery: None,
    progress: Callable[[int], None] = lambda done: None,
) -> Certificate:
    """Send every waiting copy of a `sending` issue; its certificate as it stands afterwards.

    `return_path` gives the address that a copy comes back to when it cannot be delivered.

    Raises Busy when another process sends (SQLite), TransportError when nothing can leave.
    """
    with _alone(database.file):
        with database.write() as connection:
            alone = database.is_sqlite
            deliveries.recover(connection, issue.id, clock(), repeatable=transport.repeatable, alone=alone)
        verified = False
        while True:
            token = secrets.token_hex(16)
            with database.write() as connection:
                taken, claimed = deliveries.claim(connection, issue, token, clock(), lease, batch)
            if not taken:
                break
            messages = {one.subscriber: composer.message(one) for one in claimed}
            if claimed and not verified:
                composer.verify(messages[claimed[0].subscriber])
                verified = True
            _send_batch(database, claimed, messages, transport, clock, token, return_path)
            progress(taken)
    with database.read() as connection:
        return deliveries.certificate(connection, issue)


def _send_batch(
    database: Database,
    claimed: list[Delivery],
    messages: dict[int, bytes],
    transport: Transport,
    clock: Callable[[], datetime],
    token: str,
    return_path: Callable[[Delivery], str | None],
) -> None:
    """Nothing leaves without a stored intent, and no result is stored before what it says is durable."""
    if not claimed:
        return
    with database.write() as connection:
        fenced = deliveries.intend(connection, claimed, token, clock())
    results = [settle(one, transport.send(one.public_id, messages[one.subscriber], return_path(one))) for one in fenced]
    transport.flush()
    with database.write() as connection:
        deliveries.settle(connection, results, clock())


def settle(delivery: Delivery, outcome: Outcome) -> Delivery:
    """The delivery after what the transport answered."""
    match outcome:
        case Accepted():
            return replace(delivery, state="accepted", reply=outcome.reply)
        case Refused():
            return replace(delivery, state="refused", reply=outcome.reply)
        case Uncertain():
            return replace(delivery, state="uncertain", reply=outcome.reply)
        case Deferred():
            return replace(delivery, state="deferred", reply=outcome.reply)


@contextmanager
def _alone(database_file: Path | None) -> Iterator[None]:
    """On SQLite one sender at a time, by a lock that the kernel frees when its holder dies."""
    if database_file is None:
        yield
        return
    with database_file.with_name(f"{database_file.name}.sender").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Busy(
                "another process is sending already; it will finish the issue, look with `publisher status`"
            ) from None
        yield
