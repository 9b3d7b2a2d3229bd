"""What is promised and sent: newsletters, issues and editions."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from html import escape
from typing import Literal, TypeAlias, TypeVar

from publisher.records.content import Finding
from publisher.records.schedules import Schedule
from publisher.records.staff import ApprovalRule

IssueState: TypeAlias = Literal[
    "draft", "approved", "sending", "paused", "sent", "held", "skipped", "missed", "cancelled"
]


HEADERS = (
    "Date",
    "From",
    "To",
    "Message-ID",
    "Subject",
    "List-Id",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
    "Precedence",
    "MIME-Version",
    "Content-Type",
)
"""The header fields of every message, in their order; each stands once, and no other does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Newsletter(Schedule):
    """A standing promise: what leaves, by which schedule and by whose approval.

    `language` is the main one, `languages` are the further ones it is made in. `topics` and `sources` limit what it
    carries (empty: all), `lead` says how the lead is found, `sections` are topics that have a heading of their own,
    `reading_grade` is the US school grade that its articles should not be above, `sender` is (name, address). The draft
    is made `draft_hours` before the slot; `deadline` is what happens when it is not approved by then, and
    `remind_hours` before the slot staff are reminded (0: never).
    """

    name: str
    title: str
    tagline: str
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
    approval: ApprovalRule
    deadline: Literal["send", "hold"] = "hold"
    draft_hours: int = 0
    remind_hours: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """Which turn of a newsletter: its name (`2026-W48`), its moment to leave, and the end of its week, fortnight, month
    or day (UTC).

    `skipped` is why nothing leaves in it, `moved` why it leaves on another day than usual; mostly both are empty.
    """

    name: str
    slot: datetime
    end: datetime
    skipped: str = ""
    moved: str = ""


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


def blocks_for(blocks: Sequence[Block], chosen: Collection[str], *, public: bool = False) -> frozenset[int]:
    """The numbers of the blocks that a reader who chose these topics gets, or that stand on the public page."""
    stands = {
        block.number
        for block in blocks
        if (block.kind == "item" and (not chosen or not block.topics or any(t in chosen for t in block.topics)))
        or (block.kind == "mail" and not public)
    }
    groups = {block.inside for block in blocks if block.number in stands and block.inside is not None}
    return frozenset(stands | groups)


class Token(str):
    """The name of a token in a cut document: a personal value's, or where a block begins (`B3`) or ends (`E3`)."""

    __slots__ = ()

    @property
    def block(self) -> int | None:
        return int(self[1:]) if self[1:].isdigit() else None


T = TypeVar("T")


def left_for(pieces: Iterable[T | Token], stands: Collection[int]) -> Iterator[T | Token]:
    """What is left of a cut document, marks gone, when these blocks stand: its own pieces, and personal values."""
    left_out: int | None = None
    for piece in pieces:
        block = piece.block if isinstance(piece, Token) else None
        if left_out is not None:
            left_out = None if block == left_out and piece == f"E{block}" else left_out
        elif block is None:
            yield piece
        elif piece == f"B{block}" and block not in stands:
            left_out = block


def as_html(value: str) -> str:
    """A personal value as it stands in HTML: escaped, and in ASCII, which no program garbles."""
    return escape(value).encode("ascii", "xmlcharrefreplace").decode("ascii")


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
        """html or text cut at its tokens, in their places."""
        parts = re.split(f"(?:<!--)?{token(self.nonce, '([A-Z]+[0-9]*)')}(?:-->)?", document)
        return [Token(part) if number % 2 else part for number, part in enumerate(parts)]

    def html_for(self, chosen: Collection[str], values: Mapping[str, str], *, public: bool = False) -> str:
        """One reader's HTML: with the blocks of the chosen topics, and with the personal `values`, plain, by name."""
        stands = blocks_for(self.blocks, chosen, public=public)
        left = left_for(self.cut(self.html), stands)
        return "".join(as_html(values[piece]) if isinstance(piece, Token) else piece for piece in left)

    def text_for(self, chosen: Collection[str], values: Mapping[str, str]) -> str:
        """One reader's plain part, likewise."""
        left = left_for(self.cut(self.text), blocks_for(self.blocks, chosen))
        return "".join(values[piece] if isinstance(piece, Token) else piece for piece in left)


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
    printing order (the lead not repeated), `events` ids of events; `shown` are the ids of all that its editions show,
    translations too. `editions` are what was frozen, one for each language, the main one first; `looked_at` tells the
    editions as they were drafted. `revision` is raised by every change.
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
    shown: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    edits: Edits = Edits()
    overrides: tuple[Override, ...] = ()
    editions: tuple[Edition, ...] = ()
    looked_at: str = ""
    reason: str | None = None
    revision: int = 0
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
