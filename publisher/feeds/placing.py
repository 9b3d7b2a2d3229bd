"""Where an entry belongs: in which feeds, in which part of each, with which moments. Pure rules.

An entry enters the month in which it was first published here and stays in it for ever, whatever its own dates say:
so an import of old articles rewrites no archive, and a new article never changes one (RFC 5005, section 4). Where a
feed gets more in a month than a document should hold, the month is cut into parts in the order of their coming.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from publisher.records import Feed, Placed, Standing

_SECOND = timedelta(seconds=1)
MOST_IN_A_PART = 100
"""Entries in one part: with full texts some hundred kilobytes, of which compression leaves a tenth."""


@dataclass(frozen=True, slots=True)
class LastPart:
    """The last part of one month in one feed, `2026-11` or `2026-11-0002`, and how many entries it has."""

    name: str
    entries: int

    def enter(self) -> "LastPart":
        """After one more entry."""
        if self.entries < MOST_IN_A_PART:
            return LastPart(self.name, self.entries + 1)
        number = int(self.name[8:] or "1") + 1
        return LastPart(f"{self.name[:7]}-{number:04}", 1)


def month_of(moment: datetime, zone: str) -> str:
    return f"{moment.astimezone(ZoneInfo(zone)):%Y-%m}"


def closed_parts(parts: Iterable[str], month: str, archived: Collection[str]) -> set[str]:
    """Those of a feed's parts that nothing new can enter any more: their month is over, or a later part was begun.

    `parts` are those since the last archive document, and `archived` the ones that are archive documents already. The
    first part of the first month waits for another, while that month goes on: an archive document that leads to no
    other is incomplete in the eyes of validators.
    """
    every = {*parts, *archived}
    closed = {part for part in every if part[:7] < month or part < max(every)}
    is_lone = len(closed) == 1 and all(part[:7] == month for part in closed)
    return set(archived) if is_lone else closed


def belongs(feed: Feed, standing: Standing, site_language: str) -> bool:
    """Whether the feed lists it. Past issues are listed only by their newsletter's feed."""
    if feed.newsletter or standing.kind == "issue":
        return standing.kind == "issue" and standing.newsletter == feed.newsletter
    if feed.teasers == "omit" and standing.kind == "teaser":
        return False
    if feed.only_language and not _in_range(feed.only_language, standing.language or site_language):
        return False
    return feed.topic is None or feed.topic in standing.topics


def _in_range(wanted: str, language: str) -> bool:
    """Basic filtering of RFC 4647, section 3.3.1."""
    return f"{language.lower()}-".startswith(f"{wanted.lower()}-")


def in_order_of_coming(standings: Iterable[Standing]) -> list[Standing]:
    return sorted(standings, key=lambda s: (s.came_at, s.published, s.id))


def placed(standing: Standing, was: Placed | None, month: str, is_taken: Callable[[datetime], bool]) -> Placed:
    """The entry as it is remembered from now on. `month` is its own, or the one that a new entry enters.

    No two entries are updated in the same second, for readers need one order: `is_taken` says whether another has a
    moment. An entry that has one of its own keeps it until something newer happens to it.
    """
    updated = standing.updated
    if was and was.updated >= updated:
        updated = was.updated
    else:
        while is_taken(updated):
            updated += _SECOND
    return Placed(
        id=standing.id,
        kind=standing.kind,
        month=month,
        published=standing.published,
        updated=updated,
        issue=standing.issue,
        gone_at=standing.gone_at,
    )
