"""What a person must know of at once: a typed event for every trouble, and what became of telling it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

AlarmKind: TypeAlias = Literal[
    "relay-away",
    "relay-refuses",
    "barred",
    "uncertain",
    "refused",
    "expired",
    "stopped",
    "slot-passed",
    "missed",
    "stalled",
    "source-silent",
    "bounces",
    "complaints",
    "clock",
    "restored",
    "test",
]
"""A new kind is a word here, of 20 letters at most, and its headline below."""

HEADLINES: Mapping[AlarmKind, str] = {
    "relay-away": "the relay is away, mail waits",
    "relay-refuses": "the relay refuses our mail",
    "barred": "the relay takes no more of this mail",
    "uncertain": "nobody knows of some copies whether they left",
    "refused": "the relay refused copies",
    "expired": "copies were given up after waiting too long",
    "stopped": "sending stopped",
    "slot-passed": "its time has passed, and there is no issue",
    "missed": "an issue was missed",
    "stalled": "sending stands still",
    "source-silent": "a source cannot be read",
    "bounces": "many addresses do not exist",
    "complaints": "readers complain",
    "clock": "the clock of this machine jumped",
    "restored": "nothing is sent after a restore",
    "test": "this is a test",
}


_ADDRESS = re.compile(r"""("[^"]{0,256}"|[^\s<>"(),;:\[\]]{1,256})@(\[[^\]\s]*\]?|[^\s<>"(),;:\[\]]+)""")


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """One trouble: of an issue, of a newsletter (no period), or of the whole site (neither).

    `text` says in one or two sentences what happened and what to do. It goes to several people and to another program:
    no address and no secret may be in it.
    """

    id: int = 0
    at: datetime
    kind: AlarmKind
    newsletter: str
    period: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """One alarm on its way by one channel: `mail:1` is the first address of the settings, `webhook` the webhook.

    `due_at` is null once it is done, or given up because of `trouble`.
    """

    channel: str
    attempts: int
    due_at: datetime | None
    done_at: datetime | None = None
    trouble: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Raised:
    """An alarm with its posts; `said_at` is when the last of them was told."""

    alarm: Alarm
    said_at: datetime | None
    posts: tuple[Post, ...]


def gist(text: str) -> str:
    """A text without its numbers: two alarms that differ by counts, times or codes alone are the same again."""
    return re.sub(r"\S*\d\S*", "#", text)


def impersonal(text: str, most: int = 600) -> str:
    """A text on one line, with every mail address taken out: what a relay answers repeats whom a mail was for."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    bare = _ADDRESS.sub("(an address)", line)
    return bare if len(bare) <= most else f"{bare[: most - 1]}…"
