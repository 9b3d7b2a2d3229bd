"""Draft, show, preview and approve issues: what the officer does before anything leaves."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from publisher import digest
from publisher.actions.publishing import publisher_of
from publisher.app import App
from publisher.digest.check import check, largest_copy
from publisher.digest.period import period_at, period_named
from publisher.digest.select import SELECTION_CODES
from publisher.errors import IssueError, Overtaken
from publisher.files import put
from publisher.records import (
    Article,
    Certificate,
    Change,
    Edition,
    Event,
    Finding,
    Issue,
    IssueState,
    Newsletter,
    Period,
    Teaser,
)
from publisher.store import Connection, content, deliveries, issues

REDRAFTABLE = ("draft", "held", "skipped", "missed")
WHAT_NEXT: dict[IssueState, str] = {
    "draft": "approve it first: publisher issue approve",
    "held": "mend what held it, then draft it again: publisher issue draft",
    "skipped": "collect something to carry, then draft it again: publisher issue draft",
    "missed": "to send it all the same, draft it: publisher issue draft",
    "approved": "it is frozen; send it: publisher issue send",
    "sending": "it is on its way; look with publisher issue show",
    "paused": "it stopped on its way; look with publisher issue show",
    "sent": "it has left; look with publisher issue show",
    "cancelled": "it was given up; nothing more can be done with it",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """An issue with what it carries, and the edition it would be if it were frozen now. Nothing carried: no edition."""

    issue: Issue
    period: Period
    lead: Article | None
    entries: tuple[Article | Teaser, ...]
    events: tuple[Event, ...]
    edition: Edition | None

    @property
    def largest_copy(self) -> int:
        """Bytes of the decoded HTML of the largest copy."""
        return largest_copy(self.edition) if self.edition else 0


def draft_issue(
    app: App, newsletter: Newsletter, *, week: str | None = None, who: str = "publisher", period: Period | None = None
) -> Draft:
    """Select and render the issue of `week`, of the scheduled `period`, or of the present week.

    The cut-off of a week is its end, of a scheduled period its slot; by hand in the present week it is the slot or,
    when that has gone by, now. A draft is made again from what there is now; an issue that was approved or sent stays
    as it is. Raises IssueError when this period's issue is no draft any more.
    """
    period, cut_off = _turn(newsletter, week, period, app.clock())
    with app.database.read() as connection:
        known = issues.find(connection, newsletter.name, period.name)
        if known and known.state not in REDRAFTABLE:
            raise IssueError(f"{newsletter.name} {period.name} is in state {known.state} and cannot be drafted again")
        window, selection = _selected(connection, newsletter, period, cut_off, app.clock())
    edition = _edition(app, newsletter, period, selection)
    findings = [*selection.findings, *(_checked(app, edition, selection) if edition else [])]
    issue = Issue(
        id=known.id if known else 0,
        newsletter=newsletter.name,
        period=period.name,
        state="draft",
        after=window.after,
        cut_off=cut_off,
        drafted_at=app.clock(),
        lead=selection.lead.id if selection.lead else None,
        entries=tuple(entry.id for entry in selection.entries),
        events=tuple(event.id for event in selection.events),
        findings=tuple(findings),
    )
    with app.database.write() as connection:
        kept = _keep(connection, issue, known, who)
    return _draft(kept, period, selection, edition)


def _turn(newsletter: Newsletter, week: str | None, period: Period | None, now: datetime) -> tuple[Period, datetime]:
    """Which period is drafted, and up to when it takes in what is new."""
    if week:
        named = period_named(newsletter, week)
        return named, named.end
    if period:
        return period, period.slot
    this = period_at(newsletter, now)
    return this, max(this.slot, now)


def _draft(issue: Issue, period: Period, selection: digest.Selection, edition: Edition | None) -> Draft:
    return Draft(
        issue=issue,
        period=period,
        lead=selection.lead,
        entries=selection.entries,
        events=selection.events,
        edition=edition,
    )


def list_issues(app: App) -> list[Issue]:
    with app.database.read() as connection:
        return issues.every(connection)


def show_issue(app: App, newsletter: Newsletter, period: str) -> tuple[Draft, list[Change], Certificate]:
    """The issue with what it carries, its history, and what became of its copies."""
    issue = find_issue(app, newsletter, period)
    with app.database.read() as connection:
        history = issues.changes(connection, issue)
        certificate = deliveries.certificate(connection, issue)
    return _as_draft(app, newsletter, issue), history, certificate


def approve_issue(app: App, newsletter: Newsletter, period: str, *, who: str) -> Draft:
    """Freeze the draft as the edition to send. Raises IssueError when a finding forbids it, or it is no draft."""
    issue = find_issue(app, newsletter, period)
    if issue.state != "draft":
        raise IssueError(f"{newsletter.name} {period} is in state {issue.state}: {WHAT_NEXT[issue.state]}")
    made = _as_draft(app, newsletter, issue)
    forbidding = [f for f in made.issue.findings if f.severity == "error"]
    if made.edition is None:
        raise IssueError(f"{newsletter.name} {period} carries nothing; collect articles and draft it again")
    if forbidding:
        first = forbidding[0]
        raise IssueError(f"{newsletter.name} {period} cannot be approved: {first.place}: {first.mend}")
    with app.database.write() as connection:
        carried = _carried(i for i in issues.every(connection, newsletter.name) if i.period != period)
        if twice := carried & set(issue.carried):
            raise IssueError(
                f"{newsletter.name} {period}: another issue carried {len(twice)} of it meanwhile; draft it again"
            )
        moved = issues.move(connection, issue, "approved", at=app.clock(), who=who, why=f"edition {made.edition.hash}")
        if moved is None:
            raise Overtaken(f"{newsletter.name} {period} was changed by someone else meanwhile; look at it again")
        issues.freeze(connection, moved, made.edition)
    return replace(made, issue=replace(moved, edition=made.edition))


def preview_issue(app: App, newsletter: Newsletter, period: str, folder: Path) -> list[Path]:
    """Write the issue as one reader would see it: an HTML file that shows local pictures, and the text part."""
    draft = _as_draft(app, newsletter, find_issue(app, newsletter, period))
    if draft.edition is None:
        raise IssueError(f"{newsletter.name} {period} carries nothing, so there is nothing to show")
    html, text = digest.for_one_reader(draft.edition)
    html = html.replace(app.links.image(""), f"{app.images_folder.resolve().as_uri()}/")
    made = folder / f"{newsletter.name}-{period}.html", folder / f"{newsletter.name}-{period}.txt"
    put(made[0], html.encode("ascii"))
    put(made[1], text.encode("utf-8"))
    return list(made)


def settle_without_sending(app: App, issue: Issue, to: IssueState, *, who: str, why: str) -> Issue:
    """Skip or hold an issue, with the reason that its readers' questions will be answered from."""
    with app.database.write() as connection:
        return issues.move(connection, issue, to, at=app.clock(), who=who, why=why) or issue


def record_missed(app: App, newsletter: Newsletter, period: Period, *, who: str) -> str:
    """Write down, once, that a slot went by unused, so that the gap is explained; the reason."""
    why = f"nothing was sent between {period.slot:%Y-%m-%d %H:%M} UTC and {newsletter.catch_up_hours} hours later"
    missed = Issue(
        newsletter=newsletter.name,
        period=period.name,
        state="missed",
        after=period.slot,
        cut_off=period.slot,
        drafted_at=app.clock(),
        reason=why,
    )
    with app.database.write() as connection:
        known = issues.find(connection, newsletter.name, period.name)
        if known is None:
            issues.add(connection, missed, who, why)
        elif known.state == "draft":
            issues.move(connection, known, "missed", at=app.clock(), who=who, why=why)
    return why


def _selected(
    connection: Connection, newsletter: Newsletter, period: Period, cut_off: datetime, now: datetime
) -> tuple[digest.Window, digest.Selection]:
    others = [i for i in issues.every(connection, newsletter.name) if i.period != period.name]
    earlier = [i for i in others if i.period < period.name]
    leaves = max(now, period.slot)
    window = digest.window(newsletter, earlier, period.slot, cut_off, leaves)
    return window, digest.select(
        newsletter,
        window,
        _carried(others),
        content.articles(connection, until=cut_off),
        content.teasers(connection, until=cut_off),
        content.events(connection, after=leaves, until=leaves + timedelta(days=newsletter.event_days)),
    )


def _carried(others: Iterable[Issue]) -> set[str]:
    """What issues that were approved or sent have carried, by id."""
    return {name for issue in others if issue.state in digest.CARRYING for name in issue.carried}


def _edition(app: App, newsletter: Newsletter, period: Period, selection: digest.Selection) -> Edition | None:
    if selection.is_empty:
        return None
    shown_by = {e.shown_by for e in selection.entries if isinstance(e, Teaser) and e.shown_by}
    with app.database.read() as connection:
        beside, _, _ = content.by_ids(connection, shown_by)
    look = app.look(newsletter, publisher_of(app))
    return digest.make_edition(
        newsletter, period, selection, beside, look, app.links, app.templates, app.clock().replace(microsecond=0)
    )


def _checked(app: App, edition: Edition, selection: digest.Selection) -> list[Finding]:
    carried = [a for a in (selection.lead, *selection.entries) if isinstance(a, Article)]
    return check(edition, carried, app.clock(), app.links.home)


def _keep(connection: Connection, issue: Issue, known: Issue | None, who: str) -> Issue:
    if known:
        if not issues.rewrite(connection, known, issue, who):
            raise Overtaken(
                f"{issue.newsletter} {issue.period} was changed by someone else meanwhile; look at it again"
            )
        return issue
    added = issues.add(connection, issue, who, "drafted")
    if added is None:
        raise Overtaken(f"{issue.newsletter} {issue.period} was drafted by someone else just now; look at it again")
    return added


def find_issue(app: App, newsletter: Newsletter, period: str) -> Issue:
    """The stored issue. Raises IssueError when there is none, or `period` is no week."""
    period_named(newsletter, period)
    with app.database.read() as connection:
        issue = issues.find(connection, newsletter.name, period)
    if issue is None:
        raise IssueError(
            f"there is no issue {newsletter.name} {period}; make it: `publisher issue draft --week {period}`"
        )
    return issue


def _as_draft(app: App, newsletter: Newsletter, issue: Issue) -> Draft:
    """The stored issue with its records; a frozen edition as it is, a draft's made again and checked as of now."""
    period = period_named(newsletter, issue.period)
    with app.database.read() as connection:
        articles, teasers, events = content.by_ids(connection, [*issue.carried, *issue.events])
    every: dict[str, Article | Teaser] = {**teasers, **articles}
    selection = digest.Selection(
        lead=articles.get(issue.lead or ""),
        entries=tuple(every[id] for id in issue.entries if id in every),
        events=tuple(events[id] for id in issue.events if id in events),
        findings=(),
    )
    edition = issue.edition or _edition(app, newsletter, period, selection)
    if edition and not issue.edition:
        stored = [f for f in issue.findings if f.code in SELECTION_CODES]
        issue = replace(issue, findings=(*stored, *_checked(app, edition, selection)))
    return _draft(issue, period, selection, edition)
