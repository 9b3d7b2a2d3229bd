"""One thread that writes the ledger for all couriers of a sender: what many wait for is committed together.

A courier takes claimed copies here, hands in what became of the last one together with its intent for the next, and
waits until both are durable before the next end leaves. So one commit a copy is enough, and a crash leaves in doubt at
most one copy for each courier.
"""

import threading
from collections import deque
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from queue import Empty, SimpleQueue
from time import monotonic
from typing import TypeAlias

from publisher.delivery import pace as paces_
from publisher.errors import StoreError
from publisher.failpoints import reach
from publisher.records import SETTLED, Delivery, Ending, Issue, Pace
from publisher.store import Connection, Database, deliveries, issues, paces, senders

_BEAT_SECONDS = 60.0
"""Far below the time after which a silent sender counts as dead (`senders.SILENT`)."""

_GATHER_SECONDS = 0.003
"""So long the first of several couriers waits for the others: a commit for eight costs little more than one for one,
and where threads compete for two processors that is a sixth of all. A single courier never waits."""

_UNAWAITED = 2
"""So many of the couriers at work are not waited for: while the ledger writes, these still have something to do."""

Begin: TypeAlias = Callable[[], AbstractContextManager[Connection]]


class Ticket:
    """What a courier waits on: `wait` returns, once it is durable, whether the copy it intends may leave."""

    __slots__ = ("_durable", "fenced", "intent", "results")

    def __init__(self, results: list[Delivery], intent: Delivery | None) -> None:
        self.results, self.intent, self.fenced = results, intent, False
        self._durable = threading.Lock()
        self._durable.acquire()

    def settle(self) -> None:
        self._durable.release()

    def wait(self) -> bool:
        self._durable.acquire()
        return self.fenced


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """`batch` copies are claimed at once, for the time of a `lease`, `limit` in all. What cannot be stored is tried for
    `hold`: a disk may be freed, a database come back."""

    batch: int = 100
    limit: int | None = None
    lease: timedelta = timedelta(seconds=120)
    hold: timedelta = timedelta(seconds=60)


class Ledger:
    """The rows of one issue in the hands of the sender `token`. Use as a context: at its end what was claimed and did
    not leave waits again.

    `couriers` is how many are at work, as the crew says. `trouble` is what ended it early: a StoreError, or an error in
    the program.
    """

    def __init__(
        self,
        database: Database,
        issue: Issue,
        token: str,
        clock: Callable[[], datetime],
        terms: Terms,
        pace: Pace,
        progress: Callable[[int], None],
    ) -> None:
        self._database, self._issue, self._token, self._clock = database, issue, token, clock
        self._terms, self._usual, self._progress = terms, pace, progress
        self.pace = pace
        self.couriers = 0
        self.over: Ending | None = None
        self.trouble: BaseException | None = None
        self._inbox: SimpleQueue[Ticket | None] = SimpleQueue()
        self._enough: SimpleQueue[None] = SimpleQueue()
        self._awaited = 0
        self._news = threading.Condition()
        self._ready: deque[Delivery] = deque()
        self._in_hand = 0
        self._given_out = 0
        self._closing = False
        self._claim_at = 0.0
        self._beat_at = 0.0
        self._writer = threading.Thread(target=self._write, name="ledger", daemon=True)

    def __enter__(self) -> "Ledger":
        self._writer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing = True
        self._inbox.put(None)
        self._writer.join()
        if self.trouble is None:
            with self._database.write() as connection:
                deliveries.release(connection, self._issue.id, self._token)

    def take(self) -> Delivery | None:
        """The next copy, as soon as there is one. None: there is none for this sender any more."""
        with self._news:
            if not self._ready and not self.over:
                self._inbox.put(None)
            while not self._ready and not self.over:
                self._news.wait()
            return self._ready.popleft() if self._ready and not self.over else None

    def post(self, results: list[Delivery], intent: Delivery | None = None) -> Ticket:
        """Hand in what became of copies, and for which one the end shall leave next."""
        ticket = Ticket(results, intent)
        self._inbox.put(ticket)
        if 0 < self._awaited <= self._inbox.qsize():
            self._awaited = 0
            self._enough.put(None)
        return ticket

    def halt(self, ending: Ending) -> Ending:
        """Nothing more is claimed; what is under way is finished. The first reason counts, and is given back."""
        with self._news:
            self.over = self.over or ending
            self._news.notify_all()
            return self.over

    def _write(self) -> None:
        """Take what has come in, write it in one transaction, tell those who wait; until it is closed."""
        with self._database.steady() as begin:
            while not self._closing or not self._inbox.empty():
                tickets = self._come_in()
                try:
                    if self.trouble is None:
                        self._written(begin, tickets)
                except BaseException as exc:
                    self._fail(exc)
                finally:
                    for ticket in tickets:
                        ticket.settle()

    def _come_in(self) -> list[Ticket]:
        """Everything handed in, waiting for the first of it, and shortly for the other couriers at work; or nothing
        when something else is to be done."""
        tickets: list[Ticket] = []
        until = self._beat_at if self._claim_at == 0 else min(self._claim_at, self._beat_at)
        with suppress(Empty):
            first = self._inbox.get(timeout=max(0.0, until - monotonic()))
            if first is None:
                return tickets
            tickets.append(first)
            self._await_the_others()
            while True:
                more = self._inbox.get_nowait()
                if more is not None:
                    tickets.append(more)
        return tickets

    def _await_the_others(self) -> None:
        """Until nearly every courier at work has handed something in, and shortly. Whoever is the last wakes us: to be
        woken by each would take the interpreter from those who still work."""
        while not self._enough.empty():
            self._enough.get()
        self._awaited = self.couriers - _UNAWAITED
        if self._inbox.qsize() < self._awaited:
            with suppress(Empty):
                self._enough.get(timeout=_GATHER_SECONDS)
        self._awaited = 0

    def _written(self, begin: Begin, tickets: list[Ticket]) -> None:
        """One transaction, tried again while the store is in trouble."""
        deadline = monotonic() + self._terms.hold.total_seconds()
        while True:
            try:
                with begin() as connection:
                    fenced, claimed = self._all(connection, tickets)
                break
            except StoreError as exc:
                if monotonic() > deadline or (self._closing and not tickets):
                    self._fail(exc)
                    return
                threading.Event().wait(0.25)
        self._took_effect(tickets, fenced, claimed)

    def _all(self, connection: Connection, tickets: list[Ticket]) -> tuple[frozenset[int], list[Delivery]]:
        """sign of life | results | intents | claims, in one transaction; whose copies may leave, and new ones."""
        now = self._clock()
        if monotonic() >= self._claim_at:
            self._claim_at = 0.0
        claims = self._claims_now
        # First of all: who takes over after a silence locks in this order too.
        if (claims or monotonic() >= self._beat_at) and not senders.beat(connection, self._token, now):
            self.halt(Ending(why="stopped", said="it gave no sign for so long that another sender took over"))
        deliveries.settle(connection, [one for ticket in tickets for one in ticket.results], now)
        intents = [ticket.intent for ticket in tickets if ticket.intent]
        fenced = frozenset[int]()
        if intents:
            held = deliveries.intend(connection, self._issue, intents, self._token, now)
            fenced = frozenset(one.subscriber for one in held)
        if monotonic() >= self._beat_at:
            deliveries.renew(connection, self._issue.id, self._token, now + self._terms.lease)
            self._beat_at = monotonic() + min(self._terms.lease.total_seconds() / 4, _BEAT_SECONDS)
        in_hand = self._in_hand - self._handed_back(tickets, fenced)
        claimed = self._claims(connection, now, in_hand) if claims and not self.over else []
        reach("writing")
        return fenced, claimed

    @property
    def _claims_now(self) -> bool:
        """Whether new copies are wanted, and may be claimed at this time."""
        few = len(self._ready) <= self._terms.batch // 4
        return few and not self._claim_at and not self.over and not self._closing

    @staticmethod
    def _handed_back(tickets: list[Ticket], fenced: frozenset[int]) -> int:
        """How many copies are not in anybody's hands any more."""
        done = sum(len(ticket.results) for ticket in tickets)
        return done + sum(1 for ticket in tickets if ticket.intent and ticket.intent.subscriber not in fenced)

    @property
    def _most(self) -> int:
        """So many copies may be claimed at once."""
        limit = self._terms.limit
        return self._terms.batch if limit is None else min(self._terms.batch, limit - self._given_out)

    def _claims(self, connection: Connection, now: datetime, in_hand: int) -> list[Delivery]:
        if not issues.is_sending(connection, self._issue.id):
            self.halt(Ending(why="paused", said="the issue was paused or cancelled"))
            return []
        self.pace, next_free = paces.current(connection, self._usual, to_reserve=True)
        if not paces_.is_open(self.pace, now):
            self.halt(paces_.closed(self.pace, now))
            return []
        if self._most == 0:
            if not in_hand:
                self.halt(Ending(why="stopped", said="as many were sent as asked for"))
            return []
        number, free_then, wait = paces_.allowance(self.pace, next_free, now, self._most)
        claimed = self._claimed(connection, now, number, idle=not in_hand) if number else []
        if wait and (claimed or not number):
            self._claim_at = monotonic() + wait.total_seconds()
        if claimed and free_then:
            paces.reserve(connection, free_then)
        if number and not claimed and not in_hand:
            self.halt(Ending(why="done"))
        return claimed

    def _claimed(self, connection: Connection, now: datetime, number: int, *, idle: bool) -> list[Delivery]:
        """New copies; where none wait, those whose next try has come, and those of ours that missed their fence."""
        while True:
            taken, claimed = deliveries.claim(connection, self._issue, self._token, now, self._terms.lease, number)
            if claimed or not (
                taken
                or deliveries.revive(connection, self._issue.id, now)
                or (idle and deliveries.release(connection, self._issue.id, self._token))
            ):
                return claimed

    def _took_effect(self, tickets: list[Ticket], fenced: frozenset[int], claimed: list[Delivery]) -> None:
        for ticket in tickets:
            ticket.fenced = bool(ticket.intent and ticket.intent.subscriber in fenced)
        if fenced:
            reach("intended")
        if claimed:
            reach("claimed")
        done = [one for ticket in tickets for one in ticket.results]
        self._given_out += len(claimed)
        with self._news:
            self._in_hand += len(claimed) - self._handed_back(tickets, fenced)
            self._ready.extend(claimed)
            if claimed:
                self._news.notify_all()
        if done:
            reach("settled")
            self._progress(sum(one.state in SETTLED for one in done))

    def _fail(self, trouble: BaseException) -> None:
        self.trouble = trouble
        self.halt(Ending(why="stopped", said=str(trouble)))
