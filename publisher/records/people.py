"""Who may be written to, and what they agreed to."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

Reason: TypeAlias = Literal["unsubscribed", "bounced", "complained", "erased"]
"""Why we must not write to an address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscriber:
    """An address with consent evidence. `public_id` is random and the only name of this person outside the store.

    `address` is as it was written to us, `address_key` the form compared for sameness: the domain in lower case as
    ASCII, the rest case-folded. Empty `topics` means everything, empty `newsletters` every newsletter. Until
    `paused_until` (aware UTC) nothing is sent. `intake` is the import that brought this person. `revision` is raised by
    every change, so that an old form cannot undo a newer one.
    """

    address: str
    address_key: str
    public_id: str
    name: str | None = None
    language: str | None = None
    topics: tuple[str, ...] = ()
    newsletters: tuple[str, ...] = ()
    state: Literal["active", "unconfirmed", "left"] = "active"
    paused_until: datetime | None = None
    consent_source: str | None = None
    consent_at: str | None = None
    created_at: datetime | None = None
    intake: int | None = None
    revision: int = 0
    id: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppression:
    """An address we must not write to, and why; it outlives the subscriber.

    `fingerprint` is the keyed hash of the address key: the list names nobody. An empty `newsletter` means all of them.
    """

    fingerprint: bytes
    reason: Reason
    at: datetime
    newsletter: str = ""
    how: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """One import: when, by whom, from which files, where the people had agreed (`source`) and what proves it."""

    at: datetime
    who: str
    files: str
    source: str
    consent: str
    id: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What someone asked for in the form; nothing of it holds before it is confirmed by mail."""

    address: str
    address_key: str
    newsletters: tuple[str, ...]
    topics: tuple[str, ...] = ()
    language: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A wish that waits for its confirmation. `public_id` is random; the link in the mail carries it with a MAC."""

    public_id: str
    wish: Wish
    asked_at: datetime
    expires_at: datetime
    mailed_at: datetime | None = None
    used_at: datetime | None = None


ConsentKind: TypeAlias = Literal["imported", "confirmed", "changed", "left", "paused", "bounced", "complained"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentEvent:
    """One thing that happened to someone's consent; `how` says by which way, in words for a person."""

    at: datetime
    what: ConsentKind
    how: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounce:
    """A report that came back for one subscriber, with proof that it is for our mail.

    `digest` is the SHA-256 of the report: the same report counts once.
    """

    digest: str
    at: datetime
    kind: Literal["bounce", "complaint"]
    issue: int | None
    permanent: bool
    status: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """How many of one newsletter would be written to now, and how many of its readers are paused or unconfirmed."""

    newsletter: str
    willing: int
    paused: int
    unconfirmed: int
    topics: dict[str, int]
    languages: dict[str, int]
