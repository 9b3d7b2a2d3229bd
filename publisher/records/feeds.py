"""What feeds are, and what they remember: entries by the day they came, so that an archive never changes."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

EntryKind: TypeAlias = Literal["article", "teaser", "issue"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """One list of entries in three formats. `path` is below `/feeds/`, without ending: `news`, `topics/heart`.

    It holds everything, or only what is of one topic, in one language (a range of RFC 4647: `pt` takes in `pt-BR`),
    or the past issues of one newsletter. `limit` is how many of the newest it holds at least.
    """

    path: str
    title: str
    description: str
    language: str
    topic: str | None = None
    only_language: str | None = None
    newsletter: str | None = None
    teasers: Literal["summaries", "omit"] = "summaries"
    limit: int = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What decides whether and where something appears in feeds, at one moment.

    `visible` is False before its release and while an article stands in for it; `gone_at` is when it was withdrawn.
    `came_at` is when it could first be published here. `issue` is the number of a sent issue.
    """

    id: str
    kind: EntryKind
    visible: bool
    came_at: datetime
    published: datetime
    updated: datetime
    topics: tuple[str, ...] = ()
    language: str | None = None
    newsletter: str | None = None
    issue: int | None = None
    gone_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """An entry as the feeds remember it. `month` is the one in which it was first published here, like `2026-11`."""

    id: str
    kind: EntryKind
    month: str
    published: datetime
    updated: datetime
    issue: int | None = None
    gone_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Build:
    """How far the feeds are built: the store's `revision` and the moment they know, and with which settings."""

    revision: int
    until: datetime
    settings: str
