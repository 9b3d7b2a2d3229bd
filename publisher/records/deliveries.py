"""What became of each copy, how fast copies may leave, and the account of them all."""

from dataclasses import dataclass
from datetime import datetime, time
from typing import Literal, TypeAlias

DeliveryState: TypeAlias = Literal[
    "waiting", "claimed", "sending", "accepted", "deferred", "refused", "expired", "uncertain", "skipped"
]
OPEN: tuple[DeliveryState, ...] = ("waiting", "claimed", "sending", "deferred")
SETTLED: tuple[DeliveryState, ...] = ("accepted", "refused", "expired", "skipped", "uncertain")


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One issue to one subscriber, with the name, language and topics as they were when recipients were frozen.

    `claim` is the token of the sender that holds it until `lease_until`. `attempts` counts what the relay decided on
    this copy, from `first_try` on; a deferred one is tried again at `next_try`. `doubts` counts how often its end was
    sent and no answer came: a copy that was accepted with a doubt may have arrived twice. `address` is empty, and so
    are the rest of who it was, once that was erased.
    """

    issue: int
    subscriber: int
    public_id: str
    address: str
    name: str | None
    language: str | None = None
    topics: tuple[str, ...] = ()
    state: DeliveryState
    attempts: int = 0
    claim: str | None = None
    reply: str | None = None
    first_try: datetime | None = None
    next_try: datetime | None = None
    doubts: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """What a relay is told before the message (RFC 5321, section 3.3): who it is from and for, and how large it is.

    `name` is the copy's public id, `sender` its return path (empty: nobody wants it back), `size` in octets.
    `smtputf8`: an address has letters beyond ASCII, which only a relay with that extension takes (RFC 6531). `dotless`:
    no line of the message begins with a dot, so that none needs a second (RFC 5321, section 4.5.2).
    """

    name: str
    sender: str
    recipient: str
    size: int
    smtputf8: bool = False
    dotless: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """The relay took responsibility (SMTP 250, or the file is durable). Not: delivered."""

    reply: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Deferred:
    """Known not accepted; may be tried again later."""

    reply: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Known not accepted, for good, for this recipient only."""

    reply: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Uncertain:
    """The end was sent and no answer came: it may or may not have been accepted."""

    reply: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsent:
    """Known not accepted, by no fault of the recipient: the way there broke before the end was sent, or the relay
    stopped the session (SMTP 421). No attempt is charged."""

    reply: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Barred:
    """Known not accepted, and no other copy would be either: the relay refuses the sender, a size or the quota.

    A person must look; the copy waits, and no attempt is charged.
    """

    reply: str


Outcome: TypeAlias = Accepted | Deferred | Refused | Uncertain | Unsent | Barred


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How fast mail leaves, over all senders of one database.

    `per_minute` messages (0: as fast as the relay takes them) over at most `connections`, each for at most
    `per_connection` messages; only in these `hours` (local times in the IANA `zone`; an end before the begin is on the
    next day) and on these `days` (0 is Monday; none named: all).
    """

    per_minute: int = 0
    connections: int = 4
    per_connection: int = 100
    hours: tuple[time, time] | None = None
    days: tuple[int, ...] = ()
    zone: str = "UTC"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """Why a sender stopped: `done` (nothing is left for now), `paused` (or cancelled) meanwhile, the `window` closed,
    `stopped` by a person or a signal, or the relay: `away`, `refuses`, or `barred`. `said` explains it."""

    why: Literal["done", "paused", "window", "stopped", "away", "refuses", "barred"]
    said: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """A relay that could not be used `failures` times in a row; it is not tried again before `until`."""

    relay: str
    failures: int
    since: datetime
    until: datetime
    said: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """One run of a sender: by which relay, from when to when (None: it runs, or died), and why it ended. `live`: it
    sent to people, not into files."""

    relay: str
    live: bool
    started_at: datetime
    ended_at: datetime | None
    why: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """What became of every copy of one issue. It holds only when nothing is open and the settled sum to recipients.

    `counts` are by state. `doubted` were accepted after an attempt that was never answered: these may have arrived
    twice. `cancelled`: the issue was given up, and what is skipped of it never left.
    """

    newsletter: str
    period: str
    recipients: int
    counts: dict[str, int]
    doubted: int = 0
    cancelled: bool = False

    @property
    def open(self) -> int:
        return sum(self.counts.get(state, 0) for state in OPEN)

    @property
    def settled(self) -> int:
        return sum(self.counts.get(state, 0) for state in SETTLED)

    @property
    def holds(self) -> bool:
        return self.open == 0 and self.settled == self.recipients

    @property
    def everyone_has_one(self) -> bool:
        """Nobody who wanted it was refused, given up or left in doubt."""
        without = ("refused", "expired", "uncertain", *(("skipped",) if self.cancelled else ()))
        return self.holds and not any(self.counts.get(state, 0) for state in without)

    def __str__(self) -> str:
        parts = [f"{self.counts.get(state, 0)} {state}" for state in SETTLED]
        if self.open:
            parts.append(f"{self.open} open")
        people = "1 recipient" if self.recipients == 1 else f"{self.recipients} recipients"
        verdict = "every copy accounted for" if self.holds else "not finished"
        return f"{self.newsletter} {self.period}: {people} = {' + '.join(parts)}; {verdict}"
