"""Which articles, teasers and events an issue carries: a pure rule over what there is and what was carried before.

New is what no earlier issue carried and what was released since the newsletter's first window, at most `oldest_days`
ago: so a late or an early run, an article that arrived late and one that found no room neither repeat nor are lost.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from publisher.digest.period import WEEK
from publisher.records import Article, Event, Finding, Issue, Newsletter, Teaser

SELECTION_CODES = ("under-embargo", "review-due", "no-room", "too-few-items")
"""Findings of the selection; those of the finished edition are made anew whenever it is looked at."""

CARRYING = ("approved", "sending", "paused", "sent")


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """(after, cut_off] is the issue's own window; `since` reaches back over earlier ones for what they left out.

    `leaves` is the earliest moment the issue can leave: what is under embargo then stays out.
    """

    after: datetime
    since: datetime
    cut_off: datetime
    leaves: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    lead: Article | None
    entries: tuple[Article | Teaser, ...]
    events: tuple[Event, ...]
    findings: tuple[Finding, ...]

    @property
    def is_empty(self) -> bool:
        return self.lead is None and not self.entries


def window(
    newsletter: Newsletter, earlier: Sequence[Issue], slot: datetime, cut_off: datetime, leaves: datetime
) -> Window:
    """`earlier` are this newsletter's issues of earlier periods. The first window begins one interval before the slot.

    `cut_off` is the slot itself; in a rehearsal of a whole week it is that week's end.
    """
    carried = [issue for issue in earlier if issue.state in CARRYING]
    latest = max(carried, key=lambda issue: issue.period, default=None)
    after = latest.cut_off if latest else slot - WEEK
    first = min((issue.after for issue in carried), default=after)
    since = max(first, cut_off - timedelta(days=newsletter.oldest_days))
    return Window(after=after, since=since, cut_off=cut_off, leaves=leaves)


def select(
    newsletter: Newsletter,
    window: Window,
    carried: Collection[str],
    articles: Sequence[Article],
    teasers: Sequence[Teaser],
    events: Sequence[Event],
) -> Selection:
    """The issue's contents. `carried` are ids that other issues carried; all sequences may be in any order."""
    findings: list[Finding] = []
    fresh = [a for a in articles if _is_new(a.id, a.released, window, carried) and _is_wanted(newsletter, a.topics)]
    today = window.leaves.astimezone(ZoneInfo(newsletter.zone)).date()
    kept_back = [a for a in fresh if a.embargo and a.embargo > window.leaves]
    findings += [_under_embargo(a) for a in kept_back]
    fresh = [a for a in fresh if a not in kept_back]
    due = [a for a in fresh if a.review_by and a.review_by < today]
    findings += [_past_review(a) for a in due]
    stories = sorted((a for a in fresh if a not in due), key=lambda a: (a.released, a.id), reverse=True)
    pointers = [] if newsletter.topics else [t for t in teasers if _is_new(t.id, _at(t), window, carried)]
    pointers.sort(key=lambda t: (_at(t), t.id), reverse=True)

    lead = _lead(newsletter, stories)
    rest: list[Article | Teaser] = [a for a in stories if a is not lead]
    room = newsletter.most - (1 if lead else 0)
    entries = (rest + pointers)[:room]
    findings += [_no_room(e) for e in (rest + pointers)[room:]]
    findings += _too_few(newsletter, len(entries) + (1 if lead else 0))
    soon = sorted((e for e in events if _is_wanted(newsletter, e.topics)), key=lambda e: (e.start, e.id))
    return Selection(
        lead=lead, entries=tuple(entries), events=tuple(soon[: newsletter.most_events]), findings=tuple(findings)
    )


def _at(teaser: Teaser) -> datetime:
    assert teaser.published_at, "only a stored teaser has a moment"
    return teaser.published_at


def _is_new(id: str, moment: datetime, window: Window, carried: Collection[str]) -> bool:
    return window.since < moment <= window.cut_off and id not in carried


def _is_wanted(newsletter: Newsletter, topics: Sequence[str]) -> bool:
    return not newsletter.topics or bool(set(newsletter.topics) & set(topics))


def _lead(newsletter: Newsletter, stories: Sequence[Article]) -> Article | None:
    """The newest story; by the rule `newest-with-image` the newest that has a picture, if any has."""
    if newsletter.lead == "newest-with-image":
        pictured = next((a for a in stories if a.image and a.image.url), None)
        if pictured:
            return pictured
    return next(iter(stories), None)


def _under_embargo(article: Article) -> Finding:
    mend = f"left out: under embargo until {article.released:%Y-%m-%d %H:%M} UTC; a later issue takes it"
    return Finding(code="under-embargo", severity="note", place=article.headline or article.id, mend=mend)


def _past_review(article: Article) -> Finding:
    mend = f"left out: its review was due on {article.review_by}; review it and set a new review-by date"
    return Finding(code="review-due", severity="warning", place=article.headline or article.id, mend=mend)


def _no_room(entry: Article | Teaser) -> Finding:
    mend = 'no room this time, next week\'s issue takes it; or raise "most" in [[newsletter]]'
    return Finding(code="no-room", severity="note", place=entry.headline or entry.id, mend=mend)


def _too_few(newsletter: Newsletter, count: int) -> list[Finding]:
    if count >= newsletter.fewest:
        return []
    mend = f'{count} of at least {newsletter.fewest} items; collect more, or lower "fewest" in [[newsletter]]'
    return [Finding(code="too-few-items", severity="error", place=newsletter.name, mend=mend)]
