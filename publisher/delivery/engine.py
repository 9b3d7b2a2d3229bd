"""The door of delivery: sends what waits of one issue, each copy once, and says why it stopped.

alone? -> give back what dead senders held -> the crew: claim | compose | exchange | intent | put | end | result
Whatever happens to the program, the ledger says of each copy whether it left, did not, or may have.
"""

import fcntl
import gc
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from publisher.delivery.ahead import Prepare
from publisher.delivery.crew import Crew, Manners
from publisher.delivery.ledger import Ledger, Terms
from publisher.delivery.pace import closed, is_open
from publisher.delivery.transport import Transport
from publisher.errors import Busy, StoreAway
from publisher.records import Ending, Issue, Pace
from publisher.store import Connection, Database, deliveries, paces, relays, senders

_TRIES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Orders:
    """How an issue is sent. `pace` is what the settings say; what was set meanwhile goes before it.

    `live`: the transport sends to people. `stop` ends it after what is under way.
    """

    pace: Pace = field(default_factory=Pace)
    terms: Terms = field(default_factory=Terms)
    manners: Manners = field(default_factory=Manners)
    live: bool = False
    stop: threading.Event = field(default_factory=threading.Event)


def send(
    database: Database,
    issue: Issue,
    prepare: Prepare,
    transport: Transport,
    clock: Callable[[], datetime],
    orders: Orders,
    *,
    progress: Callable[[int], None] = lambda done: None,
) -> Ending:
    """Send every copy of a `sending` issue that waits now; why it ended. What became of the copies is in the ledger.

    Raises Busy when another process sends (SQLite), StoreError when the ledger could not be written.
    """
    token = secrets.token_hex(16)
    with _alone(database.file):
        if idle := _asked_again(lambda: _begin(database, issue, token, transport, clock, orders)):
            return idle
        with _unsearched(), Ledger(database, issue, token, clock, orders.terms, orders.pace, progress) as ledger:
            ending = Crew(ledger, transport, prepare, clock, orders.manners, orders.stop).work()
        if ledger.trouble:
            raise ledger.trouble
        with database.write() as connection:
            senders.end(connection, token, ending.said or ending.why, clock())
            _note_the_relay(connection, transport.relay, ending, clock())
    return ending


def _asked_again(begin: Callable[[], Ending | None]) -> Ending | None:
    """What beginning gives, asked again where it could not be done.

    One that was thought dead and writes at this moment may hold what we want, and the other way round: PostgreSQL then
    ends one of the two, and whoever it was asks again.
    """
    for _ in range(_TRIES - 1):
        with suppress(StoreAway):
            return begin()
    return begin()


def _begin(
    database: Database,
    issue: Issue,
    token: str,
    transport: Transport,
    clock: Callable[[], datetime],
    orders: Orders,
) -> Ending | None:
    """Give back what dead senders held, and begin; or why there is nothing to send just now."""
    with database.write() as connection:
        living = [] if database.is_sqlite else senders.living(connection, issue.id, clock())
        senders.bury(connection, issue.id, living, clock())
        again = orders.manners.after_crash == "resend"
        deliveries.recover(connection, issue.id, clock(), living, again=again, repeatable=transport.repeatable)
        if idle := _idle(connection, issue, orders.pace, clock()):
            return idle
        senders.begin(connection, token, issue.id, transport.relay, live=orders.live, now=clock())
    return None


def _idle(connection: Connection, issue: Issue, usual: Pace, now: datetime) -> Ending | None:
    """Why there is nothing to send just now: then no relay is asked."""
    if not deliveries.any_due(connection, issue.id, now):
        return Ending(why="done")
    pace, _ = paces.current(connection, usual)
    return None if is_open(pace, now) else closed(pace, now)


def _note_the_relay(connection: Connection, relay: str, ending: Ending, now: datetime) -> None:
    if ending.why == "away":
        relays.failed(connection, relay, ending.said, now)
    elif ending.why in ("done", "paused"):
        relays.works(connection, relay)


@contextmanager
def _unsearched() -> Iterator[None]:
    """What is there before sending is not searched for garbage again and again meanwhile: a fiftieth of all work."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


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
                "another process is sending already; it will finish the issue, look with `publisher issue status`"
            ) from None
        yield
