"""The couriers of one sender at work: each thread takes a finished copy, offers it, puts it, and lets its end go.

take -> exchange (the last one's end, this one's envelope) -> hand in the result and the intent -> put -> wait until
both are durable -> and again. A courier that breaks is opened anew; when none gets through, the relay is away.
"""

import os
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime

from publisher.delivery.ahead import Ahead, Prepare, Prepared
from publisher.delivery.ledger import Ledger
from publisher.delivery.patience import AfterCrash, Patience, settle
from publisher.delivery.transport import Courier, Transport
from publisher.errors import RelayAway, RelayRefuses
from publisher.records import Barred, Deferred, Delivery, Ending, Outcome, Refused, Unsent

_OFTEN = 3
_ALL_REFUSED = 20
"""So many refusals in a row are about us, not about so many people."""
_LOOK_AGAIN = 0.1
_STOPPED = Ending(why="stopped", said="it was told to stop")
_UNREACHABLE = Ending(why="away", said="no connection could be kept")
_NICER = 5
"""How far couriers stand back from the rest of the program, in steps of `nice`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manners:
    """How the crew takes what relays answer; `reconnect` are the seconds before each further try to get through."""

    patience: Patience = field(default_factory=Patience)
    after_crash: AfterCrash = "resend"
    reconnect: Sequence[float] = (0, 1, 2, 4, 8)


class Crew:
    """Sends what the ledger gives out, over as many couriers as the pace allows, until the ledger says it is over."""

    def __init__(
        self,
        ledger: Ledger,
        transport: Transport,
        prepare: Prepare,
        clock: Callable[[], datetime],
        manners: Manners,
        stop: threading.Event,
    ) -> None:
        self.ledger, self.stop = ledger, stop
        self.ahead = Ahead(ledger, prepare)
        self._transport, self._clock, self._manners = transport, clock, manners
        self._lock = threading.Lock()
        self._answers = 0
        self._refusals = 0
        self._missed: dict[int, tuple[int, int]] = {}
        self._failure: BaseException | None = None

    def work(self) -> Ending:
        """Until it is over, and why. Raises what broke a thread: that is an error in the program or in a template."""
        # One courier at first: a wrong password is tried once, not by all at the same moment.
        first = self.opened()
        if first is None:
            return self.ledger.halt(_UNREACHABLE)
        preparing = self._thread("prepare", self.ahead.work)
        hands = [self._hand(0, first)]
        while any(hand.is_alive() for hand in hands):
            while len(hands) < self.ledger.pace.connections and not self.ledger.over:
                hands.append(self._hand(len(hands), None))
            if self.stop.is_set():
                self.ledger.halt(_STOPPED)
            next((hand for hand in hands if hand.is_alive()), hands[0]).join(_LOOK_AGAIN)
        ending = self.ledger.halt(_UNREACHABLE)
        self.ahead.end()
        preparing.join()
        if self._failure:
            raise self._failure
        return ending

    def _hand(self, number: int, courier: Courier | None) -> threading.Thread:
        def work() -> None:
            _stand_back()
            _Hand(self, number, courier).work()

        return self._thread(f"courier-{number}", work)

    def _thread(self, name: str, work: Callable[[], None]) -> threading.Thread:
        """Started. What breaks it ends the work of all."""

        def guarded() -> None:
            try:
                work()
            except BaseException as exc:
                self._failure = self._failure or exc
                self.ledger.halt(Ending(why="stopped", said="an error in the program"))

        thread = threading.Thread(target=guarded, name=name, daemon=True)
        thread.start()
        return thread

    def opened(self, failures: int = 0) -> Courier | None:
        """A courier that got through, after `failures` in a row. None: this hand can do nothing more.

        When no other hand gets through either, that is the end for all.
        """
        waits = self._manners.reconnect
        said = "the relay ends each connection"
        while not self.ledger.over:
            if failures > len(waits):
                self._give_up(said)
                return None
            if failures and self.stop.wait(waits[failures - 1]):
                self.ledger.halt(_STOPPED)
                return None
            try:
                courier = self._transport.open()
                self._at_work(1)
                return courier
            except RelayAway as exc:
                failures, said = failures + 1, str(exc)
            except RelayRefuses as exc:
                self.ledger.halt(Ending(why="refuses", said=str(exc)))
        return None

    def _give_up(self, said: str) -> None:
        """A relay may let in fewer connections than we may open: while others get through, this hand is not needed."""
        if not self.ledger.couriers:
            self.ledger.halt(Ending(why="away", said=said))

    def closed(self, courier: Courier) -> None:
        courier.close()
        self._at_work(-1)

    def _at_work(self, more: int) -> None:
        with self._lock:
            self.ledger.couriers += more

    def judged(self, copy: Delivery, outcome: Outcome) -> Delivery:
        """The copy after this outcome. One that breaks the way again and again while others get through is put off."""
        if isinstance(outcome, Barred):
            self.ledger.halt(Ending(why="barred", said=outcome.reply))
        with self._lock:
            if not isinstance(outcome, Unsent):
                self._refusals = self._refusals + 1 if isinstance(outcome, Refused) else 0
            if self._refusals >= _ALL_REFUSED:
                said = f"it refused {self._refusals} copies one after the other, the last with: {outcome.reply}"
                self.ledger.halt(Ending(why="barred", said=said))
            if isinstance(outcome, Unsent):
                times, answers = self._missed.get(copy.subscriber, (0, self._answers))
                self._missed[copy.subscriber] = (times + 1, answers)
                if times + 1 >= _OFTEN and self._answers > answers:
                    outcome = Deferred(reply=outcome.reply)
            else:
                self._answers += 1
                self._missed.pop(copy.subscriber, None)
        return settle(copy, outcome, self._clock(), self._manners.patience, self._manners.after_crash)


def _stand_back() -> None:
    """Couriers always have something to compute, and the others wait for little: the ledger, for which they all wait,
    and whoever asks for a page. Linux alone gives each thread its own priority (sched(7))."""
    if sys.platform == "linux":
        me = threading.get_native_id()
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, me, os.getpriority(os.PRIO_PROCESS, me) + _NICER)


class _Hand:
    """One thread with its courier. `underway` is the copy that was put, whose end did not leave yet."""

    def __init__(self, crew: Crew, number: int, courier: Courier | None) -> None:
        self._crew, self._number, self._courier = crew, number, courier
        self._underway: Delivery | None = None
        self._carried = 0
        self._failures = 0

    def work(self) -> None:
        prepared = self._next(wait=True)
        while prepared or self._underway:
            if self._courier is None:
                self._courier, self._carried = self._crew.opened(self._failures), 0
                if self._courier is None:
                    if prepared:
                        self._crew.ahead.give_back(prepared)
                    return
            prepared = self._carry(self._courier, prepared)
            if not self._courier.is_open or self._is_full:
                self._crew.closed(self._courier)
                self._courier = None
            if not prepared and not self._underway:
                prepared = self._next(wait=True)
        if self._courier:
            self._crew.closed(self._courier)

    def _next(self, *, wait: bool) -> Prepared | None:
        """The next copy, ready to leave, while the pace still allows this connection."""
        if self._number >= self._crew.ledger.pace.connections:
            return None
        return self._crew.ahead.take(wait=wait)

    @property
    def _is_full(self) -> bool:
        return self._underway is None and self._carried >= self._crew.ledger.pace.per_connection

    def _carry(self, courier: Courier, prepared: Prepared | None) -> Prepared | None:
        """Let the last end go and bring the next copy on its way; what comes after it, prepared meanwhile."""
        full = self._carried >= self._crew.ledger.pace.per_connection
        copy, envelope, message = prepared if prepared and not full else (None, None, b"")
        became, unwanted = courier.exchange(envelope)
        results = [self._judged(self._underway, became)] if self._underway and became else []
        self._underway = None
        if copy is None:
            self._crew.ledger.post(results).wait()
            return prepared
        if unwanted:
            ticket = self._crew.ledger.post([*results, self._judged(copy, unwanted)])
            prepared = self._next(wait=False)
            ticket.wait()
            return prepared
        ticket = self._crew.ledger.post(results, copy)
        broken = courier.put(message)
        prepared = self._next(wait=False)
        self._put(courier, copy, broken, fenced=ticket.wait())
        return prepared

    def _put(self, courier: Courier, copy: Delivery, broken: Unsent | None, *, fenced: bool) -> None:
        """The content is out, or broke on its way. Without the ledger's leave its end never follows."""
        if broken:
            if fenced:
                self._crew.ledger.post([self._judged(copy, broken)]).wait()
        elif fenced:
            self._underway = copy
            self._carried += 1
        else:
            courier.withdraw()

    def _judged(self, copy: Delivery, outcome: Outcome) -> Delivery:
        self._failures = self._failures + 1 if isinstance(outcome, Unsent) else 0
        return self._crew.judged(copy, outcome)
