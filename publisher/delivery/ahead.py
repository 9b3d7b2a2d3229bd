"""One thread that prepares copies ahead of the couriers, so that none of them composes while the others wait for it.

take from the ledger -> prepare -> a short row of finished copies -> whichever courier is free
Where a copy stands in that row, the ledger has it as claimed: what never leaves is given back with the rest.
"""

import threading
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import NamedTuple, TypeAlias

from publisher.delivery.ledger import Ledger
from publisher.records import Delivery, Envelope

Prepare: TypeAlias = Callable[[Delivery], tuple[Envelope, bytes]]
"""Makes the envelope and the finished message of a copy."""

_LENGTH = 16
"""So many copies stand ready: twice the couriers that a relay usually lets in."""


class Prepared(NamedTuple):
    """A copy, and all that a courier needs of it."""

    copy: Delivery
    envelope: Envelope
    message: bytes


class Ahead:
    """The row of copies that are ready; `work` fills it in a thread of its own, any number of others take from it."""

    def __init__(self, ledger: Ledger, prepare: Prepare) -> None:
        self._ledger, self._prepare = ledger, prepare
        self._ready: SimpleQueue[Prepared | None] = SimpleQueue()
        self._room = threading.Semaphore(_LENGTH)

    def work(self) -> None:
        """Until the ledger gives out no more. Raises what breaks composing: an error in the program or a template."""
        try:
            while (copy := self._ledger.take()) is not None:
                ready = Prepared(copy, *self._prepare(copy))
                self._room.acquire()
                self._ready.put(ready)
        finally:
            self._ready.put(None)

    def take(self, *, wait: bool) -> Prepared | None:
        """The next copy. None: there is none now, or, after `wait`ing, none for this sender any more."""
        try:
            ready = self._ready.get(block=wait)
        except Empty:
            return None
        if ready is None:
            self._ready.put(None)  # for the next who asks
            return None
        self._room.release()
        return None if self._ledger.over else ready

    def give_back(self, ready: Prepared) -> None:
        """From one that finds no way out: another shall take it."""
        self._room.acquire(blocking=False)
        self._ready.put(ready)

    def end(self) -> None:
        """When it is over and nobody takes any more: `work` must not wait for room."""
        self._room.release()
