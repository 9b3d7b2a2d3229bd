"""Which articles, teasers and events an issue carries, and why each is in or out: a pure rule.

New is what no other issue carried and what was released since the newsletter's first window, at most `oldest_days`
ago: so a late or an early run, an article that arrived late and one that found no room neither repeat nor are lost.
An article and its translations are one item: the original stands for all in the issue, each edition shows its own.
What the office chose by hand (Edits) goes before every rule but those that protect readers: withdrawals, embargoes and
reviews that are due.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal, TypeAlias
from zoneinfo import ZoneInfo

from publisher.digest.check.rules import (
    LEAD_UNUSABLE,
    NO_ROOM,
    REVIEW_DUE,
    TOO_FEW_ITEMS,
    TRANSLATION_ALONE,
    UNDER_EMBARGO,
    WISH_UNMET,
    Rule,
    some_of_each,
)
from publisher.digest.period import latest_slot, period_named
from publisher.languages import fitting
from publisher.records import Article, Edits, Event, Finding, Issue, Newsletter, Teaser, released

_FEW = 5
"""Items without room that are told one by one."""

CARRYING = ("approved", "sending", "paused", "sent")

Why: TypeAlias = Literal[
    "lead", "chosen", "by-hand", "withdrawn", "translation", "out-by-hand", "under-embargo", "review-due", "carried",
    "other-source", "other-topic", "too-old", "too-new", "no-room", "decided",
]  # fmt: skip


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
class Verdict:
    """Whether an item is in the issue, by which rule, and that rule as a sentence about this item."""

    item: Article | Teaser
    is_in: bool
    why: Why
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What an issue carries. `translations` are what may be shown in an original's place, by the original's id."""

    lead: Article | None
    entries: tuple[Article | Teaser, ...]
    events: tuple[Event, ...]
    findings: tuple[Finding, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    translations: Mapping[str, tuple[Article, ...]] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        return self.lead is None and not self.entries

    @property
    def carried(self) -> tuple[Article | Teaser, ...]:
        return ((self.lead,) if self.lead else ()) + self.entries

    @property
    def everything_shown(self) -> tuple[Article | Teaser, ...]:
        """What is carried, and the translations that stand for it in other languages."""
        return self.carried + tuple(t for item in self.carried for t in self.translations.get(item.id, ()))


def window(
    newsletter: Newsletter, earlier: Sequence[Issue], slot: datetime, cut_off: datetime, leaves: datetime
) -> Window:
    """`earlier` are this newsletter's issues of earlier periods. The first window begins one interval before the slot.

    `cut_off` is the slot itself; in a rehearsal of a whole period it is that period's end.
    """
    carried = [issue for issue in earlier if issue.state in CARRYING]
    latest = max(carried, key=lambda issue: period_named(newsletter, issue.period).slot, default=None)
    after = latest.cut_off if latest else latest_slot(newsletter, slot - timedelta(seconds=1)).slot
    first = min((issue.after for issue in carried), default=after)
    since = max(first, cut_off - timedelta(days=newsletter.oldest_days))
    return Window(after=after, since=since, cut_off=cut_off, leaves=leaves)


def select(
    newsletter: Newsletter,
    window: Window,
    carried: Mapping[str, str],
    articles: Sequence[Article],
    teasers: Sequence[Teaser],
    events: Sequence[Event],
    edits: Edits,
) -> Selection:
    """The issue's contents. `carried` are ids that other issues carried, each with the period; any order will do."""
    originals, translations = paired(articles, newsletter, window)
    verdicts = [_judged(a, newsletter, window, carried, edits, originals) for a in articles]
    verdicts += [_judged(t, newsletter, window, carried, edits, originals) for t in teasers]
    ranked = sorted((v for v in verdicts if v.is_in), key=lambda v: _rank(v.item, edits))
    lead = _lead(newsletter, [v.item for v in ranked if isinstance(v.item, Article)], edits)
    room = newsletter.most - (1 if lead else 0)
    rest = [v.item for v in ranked if v.item is not lead]
    entries = sorted(rest[:room], key=_printing(newsletter, edits))
    full = {entry.id for entry in rest[room:]}
    told = [_final(v, lead, full, newsletter, edits) for v in verdicts]
    told = _with_originals(told, originals)
    soon = sorted((e for e in events if _is_wanted(newsletter, e.topics)), key=lambda e: (e.start, e.id))
    return Selection(
        lead=lead,
        entries=tuple(entries),
        events=tuple(soon[: newsletter.most_events]),
        findings=tuple(_findings(newsletter, window, told, lead, edits)),
        verdicts=tuple(_in_order(told, lead, entries)),
        translations={id: found for id, found in translations.items() if id in {e.id for e in (lead, *entries) if e}},
    )


def paired(
    articles: Iterable[Article], newsletter: Newsletter, window: Window
) -> tuple[dict[str, Article], dict[str, tuple[Article, ...]]]:
    """(the original by its translation's id, the translations fit to be shown by their original's id)."""
    by_key = {(a.source, a.key): a for a in articles}
    originals = {a.id: root for a in by_key.values() if (root := _root(a, by_key)) is not a}
    shown: dict[str, tuple[Article, ...]] = {}
    for article in sorted(by_key.values(), key=lambda a: a.id):
        original = originals.get(article.id)
        if original and _protects(article, newsletter, window) is None and article.released <= window.leaves:
            shown[original.id] = (*shown.get(original.id, ()), article)
    return originals, shown


def _root(article: Article, by_key: Mapping[tuple[str, str], Article]) -> Article:
    """The original of a translation, of a translation of one, and so on; the article itself where there is none.

    Those that call each other their original are each one's own: somebody's slip must not lose both.
    """
    met = [article]
    while (key := met[-1].translation_of) is not None and (met[-1].source, key) in by_key:
        further = by_key[met[-1].source, key]
        if further in met:
            return article
        met.append(further)
    return met[-1]


def in_language(item: Article | Teaser, translations: Sequence[Article], language: str) -> Article | Teaser:
    """The item as it stands in that language: the translation that serves its readers best, else itself."""
    candidates = (item, *translations)
    tags = [(one.language if isinstance(one, Article) else None) or "" for one in candidates]
    return candidates[fitting(language, tags)]


def _judged(
    item: Article | Teaser,
    newsletter: Newsletter,
    window: Window,
    carried: Mapping[str, str],
    edits: Edits,
    originals: Mapping[str, Article],
) -> Verdict:
    """The first rule that speaks of this item; room is given afterwards."""

    def out(why: Why, because: str) -> Verdict:
        return Verdict(item=item, is_in=False, why=why, because=because)

    if item.id in originals:
        return out("translation", "is a translation")
    if item.id in edits.excluded:
        return out("out-by-hand", "left out by hand")
    if isinstance(item, Article) and (protected := _protects(item, newsletter, window)):
        return out(*protected)
    if item.id in edits.included or item.id == edits.lead:
        return Verdict(item=item, is_in=True, why="by-hand", because="taken in by hand")
    if against := _against(item, newsletter, window, carried):
        return out(*against)
    return Verdict(item=item, is_in=True, why="chosen", because=f"new: released {_said(released(item))}")


def _protects(article: Article, newsletter: Newsletter, window: Window) -> tuple[Why, str] | None:
    """What keeps an article from readers whatever the office wishes."""
    if article.withdrawn_at:
        return "withdrawn", f"withdrawn on {article.withdrawn_at:%Y-%m-%d}"
    if article.embargo and article.embargo > window.leaves:
        return "under-embargo", f"under embargo until {_said(article.embargo)}; a later issue takes it"
    today = window.leaves.astimezone(ZoneInfo(newsletter.zone)).date()
    if article.review_by and article.review_by < today:
        return "review-due", f"its review was due on {article.review_by}; review it and set a new review-by date"
    return None


def _against(
    item: Article | Teaser, newsletter: Newsletter, window: Window, carried: Mapping[str, str]
) -> tuple[Why, str] | None:
    """The newsletter's own rules."""
    if item.id in carried:
        return "carried", f"issue {carried[item.id]} carried it"
    if newsletter.sources and item.source not in newsletter.sources:
        return "other-source", f'comes from "{item.source}"; this newsletter takes {_listed(newsletter.sources)}'
    if not _is_wanted(newsletter, item.topics if isinstance(item, Article) else ()):
        return "other-topic", f"has none of the newsletter's topics ({_listed(newsletter.topics)})"
    if released(item) <= window.since:
        return "too-old", f"released {_said(released(item))}; the issue reaches back to {_said(window.since)}"
    if released(item) > window.cut_off:
        return "too-new", f"is released {_said(released(item))}, after the cut-off {_said(window.cut_off)}"
    return None


def _lead(newsletter: Newsletter, stories: Sequence[Article], edits: Edits) -> Article | None:
    """The one chosen by hand; else the newest story, by the rule `newest-with-image` the newest with a picture."""
    if chosen := next((a for a in stories if a.id == edits.lead), None):
        return chosen
    newest = sorted(stories, key=lambda a: (a.released, a.id), reverse=True)
    if newsletter.lead == "newest-with-image":
        pictured = next((a for a in newest if a.image and a.image.url), None)
        if pictured:
            return pictured
    return next(iter(newest), None)


def _rank(item: Article | Teaser, edits: Edits) -> tuple[object, ...]:
    """Who gets room first: what was chosen by hand, then articles before teasers, then the newest."""
    by_hand = item.id in edits.included or item.id in edits.order or item.id == edits.lead
    return not by_hand, isinstance(item, Teaser), -released(item).timestamp(), item.id


def _printing(newsletter: Newsletter, edits: Edits) -> Callable[[Article | Teaser], tuple[object, ...]]:
    """The order on the page: by hand first, then articles and teasers, each by the newsletter's rule."""
    sign = 1 if newsletter.order == "oldest" else -1
    placed = {id: number for number, id in enumerate(edits.order)}

    def key(item: Article | Teaser) -> tuple[object, ...]:
        place = placed.get(item.id, len(placed))
        return place, isinstance(item, Teaser), sign * released(item).timestamp(), item.id

    return key


def _with_originals(verdicts: Sequence[Verdict], originals: Mapping[str, Article]) -> list[Verdict]:
    """Translations share the fate of their originals."""
    by_id = {v.item.id: v for v in verdicts}
    told = []
    for v in verdicts:
        original = by_id.get(originals[v.item.id].id) if v.why == "translation" else None
        if original:
            fate = "and stands in its place" if original.is_in else f"which is not in this issue: {original.because}"
            v = replace(v, because=f'says in {_tongue(v.item)} what "{original.item.headline}" says, {fate}')
        told.append(v)
    return told


def _final(verdict: Verdict, lead: Article | None, full: set[str], newsletter: Newsletter, edits: Edits) -> Verdict:
    """The verdict after lead and room were given."""
    item = verdict.item
    if verdict.is_in and item is lead:
        how = "chosen by hand" if item.id == edits.lead else f'by the rule lead = "{newsletter.lead}"'
        return Verdict(item=item, is_in=True, why="lead", because=f"leads the issue, {how}")
    if verdict.is_in and item.id in full:
        because = f'no room among the {newsletter.most}: a later issue takes it; or raise "most" in [[newsletter]]'
        return Verdict(item=item, is_in=False, why="no-room", because=because)
    return verdict


def _in_order(verdicts: Sequence[Verdict], lead: Article | None, entries: Sequence[Article | Teaser]) -> list[Verdict]:
    """As they are printed, then what is out, the newest first."""
    printed = {item.id: number for number, item in enumerate([*([lead] if lead else []), *entries])}
    ins = sorted((v for v in verdicts if v.is_in), key=lambda v: printed[v.item.id])
    outs = sorted((v for v in verdicts if not v.is_in), key=lambda v: (released(v.item), v.item.id), reverse=True)
    return ins + outs


def _findings(
    newsletter: Newsletter, window: Window, verdicts: Sequence[Verdict], lead: Article | None, edits: Edits
) -> list[Finding]:
    newest_first = sorted(verdicts, key=lambda v: (released(v.item), v.item.id), reverse=True)
    found = _without_room([v for v in newest_first if v.why == "no-room"], newsletter)
    for v in newest_first:
        # What only a later cut-off would take in is no news; what would be in this issue but for its embargo is.
        in_time = window.since < released(v.item) <= window.cut_off
        if v.why == "under-embargo" and in_time:
            found.append(_told(v, UNDER_EMBARGO))
        elif v.why == "review-due" and in_time:
            found.append(_told(v, REVIEW_DUE))
    count = sum(v.is_in for v in verdicts)
    if count < newsletter.fewest:
        mend = f'{count} of at least {newsletter.fewest} items; collect more, or lower "fewest" in [[newsletter]]'
        found.append(TOO_FEW_ITEMS.found(newsletter.name, mend))
    found += _unmet(verdicts, edits)
    found += [
        TRANSLATION_ALONE.found(
            v.item.headline or v.item.id,
            f'says that it translates "{v.item.translation_of}", which is not there; mend translation-of in its file',
        )
        for v in verdicts
        if v.is_in and isinstance(v.item, Article) and v.item.translation_of
    ]
    if edits.lead and (lead is None or lead.id != edits.lead):
        why = next((v.because for v in verdicts if v.item.id == edits.lead), "it is no article we have")
        mend = f"cannot lead, as was chosen by hand: {why}; choose another with `publisher issue edit --lead`"
        place = next((v.item.headline or edits.lead for v in verdicts if v.item.id == edits.lead), edits.lead)
        found.append(LEAD_UNUSABLE.found(place, mend))
    return some_of_each(found)


def _without_room(verdicts: Sequence[Verdict], newsletter: Newsletter) -> list[Finding]:
    """A note for each; of many one that names the first, for nobody reads two thousand."""
    if len(verdicts) <= _FEW:
        return [_told(v, NO_ROOM) for v in verdicts]
    first = ", ".join(f'"{(v.item.headline or v.item.id)[:60]}"' for v in verdicts[:3])
    told = f"{len(verdicts):,} items found no room among the {newsletter.most}, the newest of them {first}"
    mend = f'{told}; later issues take them; or raise "most" in [[newsletter]]'
    return [NO_ROOM.found(newsletter.name, mend)]


def _unmet(verdicts: Sequence[Verdict], edits: Edits) -> list[Finding]:
    """What was taken in or ordered by hand and is not in the issue, with the reason."""
    asked = {*edits.included, *edits.order} - {edits.lead}
    return [
        WISH_UNMET.found(v.item.headline or v.item.id, f"was chosen by hand and is not in the issue: {v.because}")
        for v in verdicts
        if v.item.id in asked and not v.is_in and v.why != "out-by-hand"
    ]


def _told(verdict: Verdict, rule: Rule) -> Finding:
    because = verdict.because if rule is NO_ROOM else f"left out: {verdict.because}"
    return rule.found(verdict.item.headline or verdict.item.id, because)


def _is_wanted(newsletter: Newsletter, topics: Sequence[str]) -> bool:
    return not newsletter.topics or bool(set(newsletter.topics) & set(topics))


def _tongue(item: Article | Teaser) -> str:
    return (item.language if isinstance(item, Article) else None) or "another language"


def _said(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names)
