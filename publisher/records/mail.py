"""What is promised and sent: newsletters, issues and editions."""

from dataclasses import dataclass
from datetime import datetime, time
from typing import Literal, TypeAlias

from publisher.records.content import Finding

IssueState: TypeAlias = Literal[
    "draft", "approved", "sending", "paused", "sent", "held", "skipped", "missed", "cancelled"
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Newsletter:
    """A standing promise. `weekday` is 0 for Monday, `at` a local time in the IANA `zone`.

    `topics` limits the articles (empty: all), `lead` says how the lead is found, `sender` is (name, address).
    """

    name: str
    title: str
    tagline: str
    weekday: int
    at: time
    zone: str
    language: str
    sender: tuple[str, str]
    topics: tuple[str, ...]
    lead: Literal["newest-with-image", "newest"]
    most: int
    fewest: int
    oldest_days: int
    event_days: int
    most_events: int
    catch_up_hours: int
    approval: Literal["automatic", "one-person"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """Which turn of a newsletter: its name (`2026-W48`), its moment to leave, and the end of its ISO week (UTC)."""

    name: str
    slot: datetime
    end: datetime


def personal_token(nonce: str, name: str) -> str:
    """Letters and digits only: it survives style inlining, URL quoting and quoted-printable as it is."""
    return f"ZQ{nonce}{name}QZ"


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """An issue frozen for sending: everything that makes its messages, so that no later setting changes one.

    `html` and `text` are finished but for the per-subscriber tokens, each `ZQ<nonce><NAME>QZ`. `greeting_named` has
    `{name}` where the reader's name goes. `hash` is the SHA-256 of all but the date; `date` (aware UTC) becomes the
    Date of every message.
    """

    subject: str
    preheader: str
    title: str
    sender_name: str
    sender_address: str
    greeting: str
    greeting_named: str
    html: str
    text: str
    nonce: str
    hash: str
    date: datetime

    @property
    def domain(self) -> str:
        """The sender's, which Message-ID and List-Id are made in."""
        return self.sender_address.rpartition("@")[2]

    def token(self, name: str) -> str:
        """What stands for the personal value `name` (UNSUBSCRIBE, EMAIL, …) in html and text."""
        return personal_token(self.nonce, name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """One newsletter in one period, unique on (newsletter, period).

    The window (`after`, `cut_off`] is what counted as new. `lead` and `entries` are ids of articles and teasers in
    printing order (the lead not repeated), `events` ids of events.
    """

    newsletter: str
    period: str
    state: IssueState
    after: datetime
    cut_off: datetime
    drafted_at: datetime
    lead: str | None = None
    entries: tuple[str, ...] = ()
    events: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    edition: Edition | None = None
    reason: str | None = None
    id: int = 0

    @property
    def carried(self) -> tuple[str, ...]:
        return ((self.lead,) if self.lead else ()) + self.entries


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One row of the audit log: which issue went from one state to the next, when, by whom and why."""

    newsletter: str
    period: str
    at: datetime
    who: str
    before: str | None
    after: str
    why: str | None = None
