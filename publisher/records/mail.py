"""What is promised and sent: newsletters, issues and editions."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time
from typing import Literal, TypeAlias

from publisher.records.content import Finding

IssueState: TypeAlias = Literal[
    "draft", "approved", "sending", "paused", "sent", "held", "skipped", "missed", "cancelled"
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Newsletter:
    """A standing promise. `weekday` is 0 for Monday, `at` a local time in the IANA `zone`.

    `language` is the main one, `languages` are the further ones it is made in. `topics` and `sources` limit what it
    carries (empty: all), `lead` says how the lead is found, `sections` are topics that have a heading of their own,
    `reading_grade` is the US school grade that its articles should not be above, `sender` is (name, address).
    """

    name: str
    title: str
    tagline: str
    weekday: int
    at: time
    zone: str
    language: str
    languages: tuple[str, ...]
    sender: tuple[str, str]
    topics: tuple[str, ...]
    sources: tuple[str, ...]
    sections: tuple[str, ...]
    order: Literal["newest", "oldest"]
    lead: Literal["newest-with-image", "newest"]
    most: int
    fewest: int
    oldest_days: int
    event_days: int
    most_events: int
    catch_up_hours: int
    reading_grade: int
    approval: Literal["automatic", "one-person"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """Which turn of a newsletter: its name (`2026-W48`), its moment to leave, and the end of its ISO week (UTC)."""

    name: str
    slot: datetime
    end: datetime


def token(nonce: str, name: str) -> str:
    """Letters and digits only: it survives style inlining, URL quoting and quoted-printable as it is."""
    return f"ZQ{nonce}{name}QZ"


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A part of an edition that not every copy has.

    An `item` is for readers who chose one of its `topics`, and for those who chose none; one without topics is for
    all. A `group` stands where something within it stands. `mail` is what a public page leaves out.
    """

    number: int
    kind: Literal["item", "group", "mail"]
    topics: tuple[str, ...] = ()
    inside: int | None = None


def standing(blocks: Sequence[Block], chosen: Collection[str], *, public: bool = False) -> frozenset[int]:
    """The numbers of the blocks that a reader who chose these topics gets, or that stand on the public page."""
    stands = {
        block.number
        for block in blocks
        if (block.kind == "item" and (not chosen or not block.topics or any(t in chosen for t in block.topics)))
        or (block.kind == "mail" and not public)
    }
    groups = {block.inside for block in blocks if block.number in stands and block.inside is not None}
    return frozenset(stands | groups)


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """An issue frozen for sending in one language: all that makes its messages, so that no later setting changes one.

    `html` and `text` are finished but for the tokens `ZQ<nonce><NAME>QZ`: a personal value has its name, the block n
    begins at `B<n>` and ends at `E<n>` (in the HTML inside comments). `greeting_named` has `{name}` where the reader's
    name goes. `hash` is the SHA-256 of all but the date; `date` (aware UTC) becomes the Date of every message.
    """

    language: str
    subject: str
    preheader: str
    title: str
    sender_name: str
    sender_address: str
    greeting: str
    greeting_named: str
    html: str
    text: str
    blocks: tuple[Block, ...] = ()
    nonce: str
    hash: str
    date: datetime

    @property
    def domain(self) -> str:
        """The sender's, which Message-ID and List-Id are made in."""
        return self.sender_address.rpartition("@")[2]

    def token(self, name: str) -> str:
        """What stands for the personal value `name` (UNSUBSCRIBE, EMAIL, …) in html and text."""
        return token(self.nonce, name)

    def cut(self, document: str) -> list[str]:
        """html or text cut at its tokens: every second piece, from the second on, is a token's name."""
        return re.split(f"(?:<!--)?{token(self.nonce, '([A-Z]+[0-9]*)')}(?:-->)?", document)

    def copy(self, document: str, chosen: Collection[str], values: Mapping[str, str], *, public: bool = False) -> str:
        """One reader's copy of html or text: with the blocks of the chosen topics and with the personal `values`."""
        stands = standing(self.blocks, chosen, public=public)
        told: list[str] = []
        left_out: str | None = None
        for number, piece in enumerate(self.cut(document)):
            if left_out:
                left_out = None if number % 2 and piece == f"E{left_out}" else left_out
            elif number % 2 == 0:
                told.append(piece)
            elif piece[:1] == "B" and piece[1:].isdigit():
                left_out = None if int(piece[1:]) in stands else piece[1:]
            elif not piece[1:].isdigit():
                told.append(values[piece])
        return "".join(told)


def edition_for(editions: Sequence[Edition], language: str | None) -> Edition:
    """The edition in that language, else in the same language of another region, else the main one, which is first."""
    wanted = (language or "").lower()
    same = (edition for edition in editions if edition.language.lower() == wanted)
    kin = (e for e in editions if e.language.lower().split("-")[0] == wanted.split("-")[0])
    return next(same, None) or next(kin, None) or editions[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Edits:
    """What the office chose by hand for one issue, over the rules. Texts are by language.

    `lead` is an article's id; `order` are ids that come first, in this order; `included` and `excluded` are ids.
    """

    subject: Mapping[str, str] = field(default_factory=dict)
    preheader: Mapping[str, str] = field(default_factory=dict)
    greeting: Mapping[str, str] = field(default_factory=dict)
    note: Mapping[str, str] = field(default_factory=dict)
    lead: str | None = None
    order: tuple[str, ...] = ()
    included: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """Errors of these codes did not stop the approval, because a person said why they need not."""

    codes: tuple[str, ...]
    reason: str
    who: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """One newsletter in one period, unique on (newsletter, period).

    The window (`after`, `cut_off`] is what counted as new. `lead` and `entries` are ids of articles and teasers in
    printing order (the lead not repeated), `events` ids of events. `editions` are what was frozen, one for each
    language, the main one first.
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
    edits: Edits = Edits()
    overrides: tuple[Override, ...] = ()
    editions: tuple[Edition, ...] = ()
    reason: str | None = None
    id: int = 0

    @property
    def edition(self) -> Edition | None:
        """The frozen edition in the main language."""
        return self.editions[0] if self.editions else None

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
