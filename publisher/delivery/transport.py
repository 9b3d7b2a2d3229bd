"""How a finished message leaves: the seam between the engine and files, a relay, or a test's recorder.

A Transport opens couriers; each is one way out, used by one thread. A message goes in three steps, so that the ledger
can write down the intent after all but the end has left, and before the end does: `exchange` offers its envelope, `put`
hands over its content, and the next `exchange` sends its end. What became of it is a value; a courier raises only when
nothing can leave at all.
"""

from typing import Protocol

from publisher.records import Envelope, Outcome, Unsent


class Courier(Protocol):
    """One way out. After an Unsent, Uncertain or Barred outcome it may be broken: `is_open` says whether to go on."""

    @property
    def is_open(self) -> bool: ...

    def exchange(self, envelope: Envelope | None) -> tuple[Outcome | None, Outcome | None]:
        """Send the end of what was put last, and offer the next message in the same breath.

        Returns what became of the last (None when none was put), and why the next is not wanted (None when its content
        may be put, or when none was offered). Raises TransportError only where nothing was put.
        """

    def put(self, message: bytes) -> Unsent | None:
        """Hand over the content of the message that was offered, all but its end. Unsent when the way broke."""

    def withdraw(self) -> None:
        """Break off so that what was put without its end is discarded."""

    def close(self) -> None:
        """Say good-bye; what was put without its end is discarded."""


class Transport(Protocol):
    """`repeatable`: sending the same message twice leaves one copy, so that an interrupted one may be sent again.
    `relay` names where mail goes, for people: a host and port, or a folder."""

    repeatable: bool
    relay: str

    def open(self) -> Courier:
        """A new courier. Raises RelayAway when it may work later, RelayRefuses when a person must mend something."""
