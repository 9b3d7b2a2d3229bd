"""What became of each copy."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

DeliveryState: TypeAlias = Literal[
    "waiting", "claimed", "sending", "accepted", "deferred", "refused", "expired", "uncertain", "skipped"
]
OPEN: tuple[DeliveryState, ...] = ("waiting", "claimed", "sending", "deferred")
SETTLED: tuple[DeliveryState, ...] = ("accepted", "refused", "expired", "skipped", "uncertain")


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One issue to one subscriber, with the name, language and topics as they were when recipients were frozen.

    `claim` is the token of the sender that holds it until `lease_until`. `address` is empty, and so are the rest of
    who it was, once that was erased.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """The relay took responsibility (SMTP 250, or the file is durable). Not: delivered."""

    reply: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Deferred:
    """Known not accepted; may be tried again."""

    reply: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Known not accepted, for good, for this recipient only."""

    reply: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Uncertain:
    """The end was sent and no answer came: it may or may not have been accepted."""

    reply: str


Outcome: TypeAlias = Accepted | Deferred | Refused | Uncertain


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """What became of every copy of one issue. It holds only when nothing is open and the settled sum to recipients."""

    newsletter: str
    period: str
    recipients: int
    counts: dict[str, int]

    @property
    def holds(self) -> bool:
        open_left = sum(self.counts.get(state, 0) for state in OPEN)
        return open_left == 0 and sum(self.counts.get(state, 0) for state in SETTLED) == self.recipients

    def __str__(self) -> str:
        parts = [f"{self.counts.get(state, 0)} {state}" for state in SETTLED]
        still_open = sum(self.counts.get(state, 0) for state in OPEN)
        if still_open:
            parts.append(f"{still_open} open")
        people = "1 recipient" if self.recipients == 1 else f"{self.recipients} recipients"
        verdict = "every copy accounted for" if self.holds else "not finished"
        return f"{self.newsletter} {self.period}: {people} = {' + '.join(parts)}; {verdict}"
