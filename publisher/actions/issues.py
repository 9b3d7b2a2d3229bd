"""Draft and show issues: what the officer does before anything leaves."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from publisher import digest
from publisher.actions.gate import checked
from publisher.actions.making import make_editions
from publisher.actions.selecting import held, selected
from publisher.app import App
from publisher.digest.check import DRAFTING, largest_copy
from publisher.digest.period import period_at, period_named, period_to_make
from publisher.errors import IssueError, Overtaken
from publisher.records import (
    Article,
    Certificate,
    Change,
    Edition,
    Edits,
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
    "held": "mend what held it, then approve it, or draft it again: publisher issue approve",
    "skipped": "collect something to carry, then draft it again: publisher issue draft",
    "missed": "to send it all the same, draft it: publisher issue draft",
    "approved": "it is frozen; send it: publisher issue send",
    "sending": "it is on its way; look with publisher issue status",
    "paused": "it stopped on its way; go on with publisher issue resume, or give it up with publisher issue cancel",
    "sent": "it has left; look with publisher issue certificate",
    "cancelled": "it was given up; nothing more can be done with it",
}
_KEPT = {rule.code for rule in DRAFTING}


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """An issue with what it carries, and the editions it would be if it were frozen now. Nothing carried: none."""

    issue: Issue
    period: Period
    selection: digest.Selection
    editions: tuple[Edition, ...]

    @property
    def edition(self) -> Edition | None:
        """The one in the main language."""
        return self.editions[0] if self.editions else None

    @property
    def lead(self) -> Article | None:
        return self.selection.lead

    @property
    def entries(self) -> tuple[Article | Teaser, ...]:
        return self.selection.entries

    @property
    def events(self) -> tuple[Event, ...]:
        return self.selection.events

    @property
    def largest_copy(self) -> int:
        """Bytes of the decoded HTML of the largest copy."""
        return max((largest_copy(edition) for edition in self.editions), default=0)


def draft_issue(
    app: App,
    newsletter: Newsletter,
    *,
    week: str | None = None,
    who: str = "publisher",
    period: Period | None = None,
    why: str | None = None,
) -> Draft:
    """Select and render the issue of `week`, of the scheduled `period`, or of the present week.

    The cut-off of a week is its end, of a scheduled period its slot or so many hours before it as the newsletter says;
    by hand in the present week it is that or, when it has gone by, now. A draft is made again from what there is now,
    with what was edited by hand; an issue that was approved or sent stays as it is. `why` is
    for its history. Raises IssueError when this period's issue is no draft any more.
    """
    period, cut_off = turn_of(newsletter, week, period, app.clock())
    with app.database.read() as connection:
        known = issues.find(connection, newsletter.name, period.name)
    if known and known.state not in REDRAFTABLE:
        raise IssueError(f"{newsletter.name} {period.name} is in state {known.state} and cannot be drafted again")
    return redraft(app, newsletter, period, cut_off, known, known.edits if known else Edits(), who, why=why)


def redraft(
    app: App,
    newsletter: Newsletter,
    period: Period,
    cut_off: datetime,
    known: Issue | None,
    edits: Edits,
    who: str,
    *,
    state: IssueState = "draft",
    why: str | None = None,
) -> Draft:
    """Make and keep the draft of a period with these edits. Raises Overtaken when `known` is not what is stored.

    `why` is what was edited by hand, where this is an edit; an issue that only a person may release stays `held`.
    """
    with app.database.read() as connection:
        others = [i for i in issues.every(connection, newsletter.name) if i.period != period.name]
        window, selection = selected(connection, newsletter, others, period, cut_off, app.clock(), edits)
    made = make_editions(app, newsletter, period, selection, edits)
    found = [*selection.findings, *made.findings]
    found += checked(app, newsletter, period, made.editions, selection, edits)
    issue = Issue(
        id=known.id if known else 0,
        newsletter=newsletter.name,
        period=period.name,
        state=state,
        after=window.after,
        cut_off=cut_off,
        drafted_at=app.clock(),
        lead=selection.lead.id if selection.lead else None,
        entries=tuple(entry.id for entry in selection.entries),
        events=tuple(event.id for event in selection.events),
        shown=tuple(item.id for item in selection.everything_shown),
        findings=once(found),
        edits=edits,
        looked_at=told_of(made.editions),
        reason=why if state == "held" else None,
    )
    with app.database.write() as connection:
        kept = _keep(connection, issue, known, who, why)
    return Draft(issue=kept, period=period, selection=selection, editions=made.editions)


def told_of(editions: Sequence[Edition]) -> str:
    """The contents of all editions in one word: equal words are equal mails."""
    return " ".join(edition.hash for edition in editions)


def once(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple(dict.fromkeys(findings))


def turn_of(newsletter: Newsletter, week: str | None, period: Period | None, now: datetime) -> tuple[Period, datetime]:
    """Which period is drafted, and up to when it takes in what is new."""
    if week:
        named = period_to_make(newsletter, week)
        return named, named.end
    if period:
        return period, cut_off_of(newsletter, period)
    this = period_at(newsletter, now)
    return this, max(cut_off_of(newsletter, this), now)


def cut_off_of(newsletter: Newsletter, period: Period) -> datetime:
    """When the draft of a period is made: so long before its slot that staff can look at it."""
    return period.slot - timedelta(hours=newsletter.draft_hours)


def list_issues(app: App) -> list[Issue]:
    with app.database.read() as connection:
        return issues.every(connection)


def show_issue(app: App, newsletter: Newsletter, period: str) -> tuple[Draft, list[Change], Certificate]:
    """The issue with what it carries, its history, and what became of its copies."""
    issue = find_issue(app, newsletter, period)
    with app.database.read() as connection:
        history = issues.changes(connection, issue)
        certificate = deliveries.certificate(connection, issue)
    return as_draft(app, newsletter, issue), history, certificate


def settle_without_sending(app: App, issue: Issue, to: IssueState, *, who: str, why: str) -> Issue:
    """Skip or hold an issue, with the reason that its readers' questions will be answered from."""
    with app.database.write() as connection:
        return issues.move(connection, issue, to, at=app.clock(), who=who, why=why) or issue


def record_missed(app: App, newsletter: Newsletter, period: Period, *, who: str) -> str:
    """Write down, once, that a slot went by unused, so that the gap is explained; the reason."""
    why = f"nothing was sent between {period.slot:%Y-%m-%d %H:%M} UTC and {newsletter.catch_up_hours} hours later"
    with app.database.write() as connection:
        known = issues.find(connection, newsletter.name, period.name)
        if known is None:
            issues.add(connection, _without_issue(app, newsletter, period, "missed", why), who, why)
        elif known.state in ("draft", "approved"):
            issues.move(connection, known, "missed", at=app.clock(), who=who, why=why)
    return why


def record_skipped(app: App, newsletter: Newsletter, period: Period, *, who: str) -> str:
    """Write down, once, that the schedule leaves a period out, so that the gap is explained; the reason."""
    with app.database.write() as connection:
        issues.add(connection, _without_issue(app, newsletter, period, "skipped", period.skipped), who, period.skipped)
    return period.skipped


def _without_issue(app: App, newsletter: Newsletter, period: Period, state: IssueState, why: str) -> Issue:
    return Issue(
        newsletter=newsletter.name,
        period=period.name,
        state=state,
        after=period.slot,
        cut_off=period.slot,
        drafted_at=app.clock(),
        reason=why,
    )


def _keep(connection: Connection, issue: Issue, known: Issue | None, who: str, why: str | None) -> Issue:
    if known:
        kept = issues.rewrite(connection, known, issue, who, why)
        if kept is None:
            raise Overtaken(
                f"{issue.newsletter} {issue.period} was changed by someone else meanwhile; look at it again"
            )
        return kept
    added = issues.add(connection, issue, who, why or "drafted")
    if added is None:
        raise Overtaken(f"{issue.newsletter} {issue.period} was drafted by someone else just now; look at it again")
    return added


def find_issue(app: App, newsletter: Newsletter, period: str) -> Issue:
    """The stored issue. Raises IssueError when there is none, or `period` is no name of one."""
    period_named(newsletter, period)
    with app.database.read() as connection:
        issue = issues.find(connection, newsletter.name, period)
    if issue is None:
        raise IssueError(
            f"there is no issue {newsletter.name} {period}; make it: `publisher issue draft --period {period}`"
        )
    return issue


def as_draft(app: App, newsletter: Newsletter, issue: Issue) -> Draft:
    """The stored issue with its records; frozen editions as they are, a draft's made again and checked as of now."""
    period = period_named(newsletter, issue.period)
    from publisher.digest.check.contents import unfit_to_leave as unfit

    with app.database.read() as connection:
        selection = held(connection, newsletter, issue, period, app.clock())
        shown, _, _ = content.by_ids(connection, issue.shown)
    if issue.editions:
        # Editions of before there were several do not say their language.
        editions = tuple(replace(e, language=e.language or newsletter.language) for e in issue.editions)
        found = checked(app, newsletter, period, editions, selection, issue.edits, frozen=True)
        if issue.state == "approved":  # what has left cannot be called back, but this can still be stopped
            found += [finding for article in shown.values() for finding in unfit(article, app.clock())]
        issue = replace(issue, editions=editions, findings=once([*issue.findings, *found]))
        return Draft(issue=issue, period=period, selection=selection, editions=editions)
    made = make_editions(app, newsletter, period, selection, issue.edits)
    kept = [f for f in issue.findings if f.code in _KEPT]
    found = checked(app, newsletter, period, made.editions, selection, issue.edits)
    issue = replace(issue, findings=once([*kept, *made.findings, *found]))
    return Draft(issue=issue, period=period, selection=selection, editions=made.editions)
