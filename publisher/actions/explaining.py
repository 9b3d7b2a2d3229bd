"""Why each article is in an issue or out of it, what changed since the last issue, and what the next ones would be."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from publisher import digest
from publisher.actions.issues import selected, turn_of
from publisher.app import App
from publisher.digest.period import period_at
from publisher.errors import StoreError
from publisher.records import Article, Edits, Issue, Newsletter, Period, Teaser
from publisher.store import Connection, content, issues

_GIVEN_UP = ("cancelled", "missed", "skipped")


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
    """How the issue of that week stands by the rules now, whether it was drafted or not; nothing is changed.

    With `name` (an id or short name) that article is among the verdicts, however old it is.
    """
    period, cut_off = turn_of(newsletter, week, None, app.clock())
    with app.database.read() as connection:
        every = issues.every(connection, newsletter.name)
        known = next((i for i in every if i.period == period.name), None)
        if known and known.state in digest.CARRYING:
            cut_off = known.cut_off
        article = content.find(connection, name) if name else None
        if name and article is None:
            raise StoreError(f'there is no article "{name}"; `publisher articles list` shows their short names')
        also = [article.id] if article else []
        return _explained(app, connection, newsletter, every, period, cut_off, also)


def coming_issues(app: App, newsletter: Newsletter, number: int) -> list[Explanation]:
    """The next issues as they would be if nothing came in any more: each carries what those before it left."""
    now = app.clock()
    period = period_at(newsletter, now)
    coming: list[Explanation] = []
    with app.database.read() as connection:
        every = issues.every(connection, newsletter.name)
        while len(coming) < number:
            known = next((i for i in every if i.period == period.name), None)
            if known is None or known.state not in ("sending", "paused", "sent", *_GIVEN_UP):
                made = _explained(app, connection, newsletter, every, period, max(period.slot, now), ())
                coming.append(made)
                every = [i for i in every if i.period != period.name] + [_as_if_approved(made)]
            period = period_at(newsletter, period.end + timedelta(days=1))
    return coming


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
    others = [i for i in every if i.period != period.name]
    window, selection = selected(connection, newsletter, others, period, cut_off, app.clock(), edits, also)
    before = max((i for i in others if i.period < period.name and i.state in digest.CARRYING), default=None, key=_turn)
    return Explanation(
        newsletter=newsletter.name,
        period=period,
        state=known.state if known else "not drafted",
        window=window,
        selection=selection,
        edits=edits,
        since=_since(connection, before, selection) if before else None,
    )


def _turn(issue: Issue) -> str:
    return issue.period


def _since(connection: Connection, before: Issue, selection: digest.Selection) -> Since:
    articles, _, _ = content.by_ids(connection, before.carried)
    new = [item for item in selection.carried if _came(item) > before.cut_off]
    return Since(
        period=before.period,
        new=tuple(new),
        waited=tuple(item for item in selection.carried if item not in new),
        corrected=tuple(
            a for a in articles.values() if not a.withdrawn_at and a.updated_at and a.updated_at > before.drafted_at
        ),
        withdrawn=tuple(a for a in articles.values() if a.withdrawn_at),
    )


def _came(item: Article | Teaser) -> datetime:
    if isinstance(item, Article):
        return item.released
    assert item.published_at, "only a stored teaser has a moment"
    return item.published_at


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
