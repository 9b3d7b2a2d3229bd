"""Why each article is in an issue or out of it, what changed since the last issue, and what the next ones would be."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from publisher import digest
from publisher.actions.issues import turn_of
from publisher.actions.selecting import held, id_of, selected
from publisher.app import App
from publisher.digest.period import following, period_at, period_named
from publisher.records import Article, Edits, Issue, Newsletter, Period, Teaser, released
from publisher.store import Connection, content, issues

_GIVEN_UP = ("cancelled", "missed", "skipped")
_LEFT_OUT = 400
"""So many periods without an issue are passed over in the search for those to come."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Since:
    """What changed since the newsletter's last issue: items of this one that are `new` since and that `waited` for
    room or came late; articles that issue carried which were `corrected` or `withdrawn` since."""

    period: str
    new: tuple[Article | Teaser, ...]
    waited: tuple[Article | Teaser, ...]
    corrected: tuple[Article, ...]
    withdrawn: tuple[Article, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """One period: the window, every item that was looked at with its verdict, and the events."""

    newsletter: str
    period: Period
    state: str
    window: digest.Window
    selection: digest.Selection
    edits: Edits
    since: Since | None = None


def explain_issue(app: App, newsletter: Newsletter, week: str | None = None, name: str | None = None) -> Explanation:
    """How the issue of that week stands by the rules now, or as it was approved; nothing is changed.

    With `name` (headline, short name or id) that item is among the verdicts, however old it is.
    """
    period, cut_off = turn_of(newsletter, week, None, app.clock())
    with app.database.read() as connection:
        every = issues.every(connection, newsletter.name)
        also = [id_of(connection, name)] if name else []
        return _explained(app, connection, newsletter, every, period, cut_off, also)


def coming_issues(app: App, newsletter: Newsletter, number: int) -> list[Explanation]:
    """The next issues as they would be if nothing came in any more: each carries what those before it left."""
    now = app.clock()
    period = period_at(newsletter, now)
    coming: list[Explanation] = []
    with app.database.read() as connection:
        every = issues.every(connection, newsletter.name)
        # As many as there may be: a schedule can leave the most of them out.
        for _ in range(number + _LEFT_OUT):
            if len(coming) == number:
                break
            known = next((i for i in every if i.period == period.name), None)
            if _is_to_come(newsletter, period, known, now):
                made = _explained(app, connection, newsletter, every, period, max(period.slot, now), ())
                coming.append(made)
                every = [i for i in every if i.period != period.name] + [_as_if_approved(made)]
            period = following(newsletter, period)
    return coming


def _is_to_come(newsletter: Newsletter, period: Period, known: Issue | None, now: datetime) -> bool:
    """Whether the period's issue may still leave: nobody makes one whose slot went by unused too long ago."""
    if known is None:
        return not period.skipped and now <= period.slot + timedelta(hours=newsletter.catch_up_hours)
    return known.state not in ("sending", "paused", "sent", *_GIVEN_UP)


def _explained(
    app: App,
    connection: Connection,
    newsletter: Newsletter,
    every: Sequence[Issue],
    period: Period,
    cut_off: datetime,
    also: Sequence[str],
) -> Explanation:
    known = next((i for i in every if i.period == period.name), None)
    edits = known.edits if known else Edits()
    if known and known.state in ("draft", "held", *digest.CARRYING):
        cut_off = known.cut_off
    others = [i for i in every if i.period != period.name]
    window, selection = selected(connection, newsletter, others, period, cut_off, app.clock(), edits, also)
    if known and known.state in digest.CARRYING:
        selection = _as_decided(selection, held(connection, newsletter, known, period, app.clock()), known)
    before = max(_carrying_before(newsletter, others, period), default=None, key=lambda i: _slot(newsletter, i))
    return Explanation(
        newsletter=newsletter.name,
        period=period,
        state=known.state if known else "not drafted",
        window=window,
        selection=selection,
        edits=edits,
        since=_since(connection, before, selection) if before else None,
    )


def _as_decided(now: digest.Selection, then: digest.Selection, issue: Issue) -> digest.Selection:
    """What the issue carries is decided: the rules tell only of the rest."""
    ins = [
        digest.Verdict(item=item, is_in=True, why="decided", because=f"is in this issue, which is {issue.state}")
        for item in then.carried
    ]
    outs = [
        replace(v, is_in=False, why="decided", because=f"came after this issue was {issue.state}; a later one takes it")
        if v.is_in
        else v
        for v in now.verdicts
        if v.item.id not in issue.carried
    ]
    return replace(then, verdicts=(*ins, *outs))


def _carrying_before(newsletter: Newsletter, others: Sequence[Issue], period: Period) -> list[Issue]:
    return [i for i in others if i.state in digest.CARRYING and _slot(newsletter, i) < period.slot]


def _slot(newsletter: Newsletter, issue: Issue) -> datetime:
    return period_named(newsletter, issue.period).slot


def _since(connection: Connection, before: Issue, selection: digest.Selection) -> Since:
    articles, _, _ = content.by_ids(connection, before.carried)
    new = [item for item in selection.carried if released(item) > before.cut_off]
    return Since(
        period=before.period,
        new=tuple(new),
        waited=tuple(item for item in selection.carried if item not in new),
        corrected=tuple(
            a for a in articles.values() if not a.withdrawn_at and a.updated_at and a.updated_at > before.drafted_at
        ),
        withdrawn=tuple(a for a in articles.values() if a.withdrawn_at),
    )


def _as_if_approved(made: Explanation) -> Issue:
    return Issue(
        newsletter=made.newsletter,
        period=made.period.name,
        state="approved",
        after=made.window.after,
        cut_off=made.window.cut_off,
        drafted_at=made.window.cut_off,
        lead=made.selection.lead.id if made.selection.lead else None,
        entries=tuple(entry.id for entry in made.selection.entries),
    )
