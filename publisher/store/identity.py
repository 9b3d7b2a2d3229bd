"""What an article is called and when it counts: pure rules for slugs, moments and merging (DESIGN, section 3)."""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from urllib.parse import quote
from zoneinfo import ZoneInfo

from publisher.records import Article, Stated, Teaser, filled, plain
from publisher.store.handwork import given_back, read_again

_DAY_STARTS = time(6)
"""A record that states only a day is published at six in the morning there: before any newsletter of that day, and
the same calendar day in most readers' zones."""

_RUN, _SHARE = 5, 0.6
_FEWEST_RUNS, _MOST_WORDS = 30, 2_000
_SEEN_BY_READERS = ("headline", "body", "summary", "image", "correction", "attachments")
_GAPS = ("summary", "image", "authors", "topics", "published", "url", "language")
_MINTED = (
    "id",
    "slug",
    "source",
    "key",
    "published_at",
    "updated_at",
    "first_seen",
    "withdrawn_at",
    "withdrawn_why",
    "by_hand",
)


def slugify(text: str, most: int = 80) -> str:
    """ASCII words joined by hyphens, for URLs and ids; never empty."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    plain = re.sub(r"['’]", "", plain)
    return re.sub(r"[^a-z0-9]+", "-", plain)[:most].strip("-") or "untitled"


def tag_uri(authority: str, minted: date, specific: str) -> str:
    """A `tag:` URI (RFC 4151): minted once, stored, never changed."""
    return f"tag:{authority},{minted.isoformat()}:{quote(specific, safe='/-._~')}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mint:
    """What new ids and moments are made of: the site's tag authority, its zone, and the moment of this reading."""

    authority: str
    zone: str
    now: datetime

    def id_of(self, source: str, key: str) -> str:
        """The id that something new with this key would have."""
        return tag_uri(self.authority, self.now.date(), f"{source}/{slugify(key, 120)}")


def free(wish: str, taken: Callable[[str], bool]) -> str:
    """`wish`, or with the first suffix that is not taken."""
    name, number = wish, 2
    while taken(name):
        name, number = f"{wish}-{number}", number + 1
    return name


def whole_second(moment: datetime) -> datetime:
    """The moment as it is stored: in UTC, cut to its second."""
    return moment.astimezone(UTC).replace(microsecond=0)


def stepped_back(wish: datetime, taken: Callable[[datetime], bool]) -> datetime:
    """`wish` cut to whole seconds, stepped back a second at a time until nobody else has that moment.

    Feeds with two entries of one moment are ambiguous to readers (and a warning to validators).
    """
    moment = whole_second(wish)
    while taken(moment):
        moment -= timedelta(seconds=1)
    return moment


def moment_of(stated: Stated, zone: str) -> datetime | None:
    """The moment a stated date stands for; a bare day is that day's morning in `zone`."""
    if stated is None:
        return None
    if isinstance(stated, datetime):
        return stated.astimezone(UTC) if stated.tzinfo else stated.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    return datetime.combine(stated, _DAY_STARTS, ZoneInfo(zone)).astimezone(UTC)


def published_moment(stated: Stated, first_seen: datetime, zone: str) -> datetime:
    """When it was published; undated: when it was first seen. A day's own morning is never later than the reading."""
    moment = moment_of(stated, zone)
    if moment is None:
        return first_seen
    is_bare_day = isinstance(stated, date) and not isinstance(stated, datetime)
    today = first_seen.astimezone(ZoneInfo(zone)).date()
    return min(moment, first_seen) if is_bare_day and stated == today else moment


def wished_moment(found: Article | Teaser, first_seen: datetime, zone: str) -> datetime:
    """When it would count as published. What was changed years ago was not published today, though nobody says when."""
    stated = found.published or (found.updated if isinstance(found, Article) else None)
    return published_moment(stated, first_seen, zone)


def merged(known: Article, found: Article) -> Article:
    """What we hold after reading `found`: its own source replaces all it states, another source only fills gaps, where
    the office did not want them. What was filled stays, or each of two sources would undo what the other did."""
    if found.source == known.source:
        kept = {name: getattr(known, name) for name in _MINTED if name != "key"}
        if known.url and not found.url:
            kept |= {"key": known.key, "url": known.url}
        borrowed = tuple(name for name in known.borrowed if not getattr(found, name) and name not in known.by_hand)
        theirs = given_back(known, ["alt"])
        kept |= {name: getattr(theirs, name) for name in borrowed}
        return read_again(known, replace(found, **kept, borrowed=borrowed))
    held = filled(known, found, [name for name in _GAPS if name not in known.by_hand])
    gaps = [name for name in _GAPS if getattr(held, name) != getattr(known, name)]
    return replace(held, borrowed=tuple(sorted({*known.borrowed, *gaps})))


def readers_see_a_change(before: Article, after: Article) -> bool:
    return any(getattr(before, name) != getattr(after, name) for name in (*_SEEN_BY_READERS, "updated"))


def tell_the_same(one: Article, other: Article) -> bool:
    """Whether two texts share most of what they say: runs of five words, of which the shorter text has most in the
    longer. Two short notices that share only phrases of the house do not."""
    runs, others = _runs(one.body), _runs(other.body)
    fewer = min(len(runs), len(others))
    return fewer >= _FEWEST_RUNS and len(runs & others) >= fewer * _SHARE


@lru_cache(maxsize=256)
def _runs(body: str) -> frozenset[int]:
    """As numbers, and kept: what comes in together is compared with the same few, while others wait to write."""
    words = re.findall(r"\w+", plain(body).lower())[:_MOST_WORDS]
    return frozenset(map(hash, zip(*(words[start:] for start in range(_RUN)), strict=False)))


def met_again(known: Teaser, found: Teaser) -> Teaser:
    """A teaser met again: what we hold stands, gaps are filled. Pages cut excerpts differently; that is no update."""
    return filled(known, found, ("caption", "excerpt", "url", "image", "published", "page"))
