"""Draft, show, edit and approve issues: what the officer does before anything leaves."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from publisher import digest
from publisher.actions.gate import checked, links_found, proved
from publisher.actions.making import make_editions
from publisher.app import App
from publisher.digest.check import DRAFTING, largest_copy, rules
from publisher.digest.period import period_at, period_named
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
    Override,
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
    app: App, newsletter: Newsletter, *, week: str | None = None, who: str = "publisher", period: Period | None = None
) -> Draft:
    """Select and render the issue of `week`, of the scheduled `period`, or of the present week.

    The cut-off of a week is its end, of a scheduled period its slot; by hand in the present week it is the slot or,
    when that has gone by, now. A draft is made again from what there is now, with what was edited by hand; an issue
    that was approved or sent stays as it is. Raises IssueError when this period's issue is no draft any more.
    """
    period, cut_off = turn_of(newsletter, week, period, app.clock())
    with app.database.read() as connection:
        known = issues.find(connection, newsletter.name, period.name)
    if known and known.state not in REDRAFTABLE:
        raise IssueError(f"{newsletter.name} {period.name} is in state {known.state} and cannot be drafted again")
    return redraft(app, newsletter, period, cut_off, known, known.edits if known else Edits(), who)


def redraft(
    app: App,
    newsletter: Newsletter,
    period: Period,
    cut_off: datetime,
    known: Issue | None,
    edits: Edits,
    who: str,
    why: str | None = None,
) -> Draft:
    """Make and keep the draft of a period with these edits. Raises Overtaken when `known` is not what is stored."""
    with app.database.read() as connection:
        others = [i for i in issues.every(connection, newsletter.name) if i.period != period.name]
        window, selection = selected(connection, newsletter, others, period, cut_off, app.clock(), edits)
    made = make_editions(app, newsletter, period, selection, edits)
    found = [*selection.findings, *made.findings]
    found += checked(app, newsletter, made.editions, selection, edits)
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
        findings=_once(found),
        edits=edits,
    )
    with app.database.write() as connection:
        kept = _keep(connection, issue, known, who, why)
    return Draft(issue=kept, period=period, selection=selection, editions=made.editions)


def _once(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple(dict.fromkeys(findings))


def turn_of(newsletter: Newsletter, week: str | None, period: Period | None, now: datetime) -> tuple[Period, datetime]:
    """Which period is drafted, and up to when it takes in what is new."""
    if week:
        named = period_named(newsletter, week)
        return named, named.end
    if period:
        return period, period.slot
    this = period_at(newsletter, now)
    return this, max(this.slot, now)


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


def approve_issue(
    app: App, newsletter: Newsletter, period: str, *, who: str, override: str | None = None, with_spam: bool = True
) -> Draft:
    """Freeze the draft as the editions to send. The whole gate is passed first, on the finished messages too.

    `override` is the reason why errors need not stop it; it is kept with the issue. Some can never be overridden.
    `with_spam` is for a SpamAssassin that is installed and that publisher.toml does not leave out.
    Raises IssueError when a finding forbids it, or it is no draft.
    """
    issue = find_issue(app, newsletter, period)
    if issue.state != "draft":
        raise IssueError(f"{newsletter.name} {period} is in state {issue.state}: {WHAT_NEXT[issue.state]}")
    made = as_draft(app, newsletter, issue)
    if not made.editions:
        raise IssueError(f"{newsletter.name} {period} carries nothing; collect articles and draft it again")
    with_spam = with_spam and app.config.gate.spam
    proof = proved(app, newsletter, made.issue, made.editions, with_spam=with_spam)
    dead = links_found(app, made.editions)[0] if app.config.gate.links else []
    findings = _once([*made.issue.findings, *proof.findings, *dead])
    overrides = _overridden(made.issue, findings, override, who, app.clock())
    with app.database.write() as connection:
        carried = carried_by(i for i in issues.every(connection, newsletter.name) if i.period != period)
        if twice := carried.keys() & set(issue.carried):
            raise IssueError(
                f"{newsletter.name} {period}: another issue carried {len(twice)} of it meanwhile; draft it again"
            )
        moved = issues.move(connection, issue, "approved", at=app.clock(), who=who, why=_approval(made, overrides))
        if moved is None:
            raise Overtaken(f"{newsletter.name} {period} was changed by someone else meanwhile; look at it again")
        issues.freeze(connection, moved, made.editions)
        issues.note_override(connection, moved, overrides)
    frozen = replace(moved, editions=made.editions, overrides=overrides, findings=findings)
    return replace(made, issue=frozen)


def _overridden(
    issue: Issue, findings: Sequence[Finding], reason: str | None, who: str, now: datetime
) -> tuple[Override, ...]:
    """The override that lets the issue pass; none when nothing stands against it. Raises IssueError for the rest."""
    errors = [f for f in findings if f.severity == "error"]
    name = f"{issue.newsletter} {issue.period} cannot be approved"
    final = next((f for f in errors if f.code in rules() and rules()[f.code].final), None)
    if final:
        raise IssueError(f"{name}: {final.place}: {final.mend}")
    if errors and reason is None:
        more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
        raise IssueError(
            f"{name}: {errors[0].place}: {errors[0].mend}{more}; "
            f"see `publisher issue check`, or say with --override why it may leave all the same"
        )
    if not errors:
        return ()
    told = " ".join((reason or "").split())
    if sum(map(str.isalnum, told)) < _SHORTEST_REASON:
        raise IssueError(f'{name}: "{told}" is no reason; say in a sentence why the errors may stand')
    return (Override(codes=tuple(sorted({f.code for f in errors})), reason=told[:500], who=who, at=now),)


_SHORTEST_REASON = 10


def _approval(made: Draft, overrides: Sequence[Override]) -> str:
    """What was approved, for the audit log."""
    told = ", ".join(f"edition {edition.hash}" for edition in made.editions)
    return "; ".join([told, *(f"{', '.join(o.codes)} overridden: {o.reason}" for o in overrides)])


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


def selected(
    connection: Connection,
    newsletter: Newsletter,
    others: Sequence[Issue],
    period: Period,
    cut_off: datetime,
    now: datetime,
    edits: Edits,
    also: Sequence[str] = (),
) -> tuple[digest.Window, digest.Selection]:
    """What the period's issue carries by the newsletter's rules and by hand, from what is stored.

    `others` are the newsletter's issues of other periods; `also` are ids to be judged however old they are.
    """
    earlier = [i for i in others if i.period < period.name]
    leaves = max(now, period.slot)
    window = digest.window(newsletter, earlier, period.slot, cut_off, leaves)
    by_hand = [id for id in (edits.lead, *edits.order, *edits.included, *edits.excluded, *also) if id]
    chosen, pointed, _ = content.by_ids(connection, by_hand)
    articles = {a.id: a for a in (*content.candidates(connection, window.since), *chosen.values())}
    articles |= {a.id: a for a in content.family(connection, articles.values())}
    teasers = {t.id: t for t in (*content.teasers(connection, until=cut_off), *pointed.values())}
    events = content.events(connection, after=leaves, until=leaves + timedelta(days=newsletter.event_days))
    return window, digest.select(
        newsletter, window, carried_by(others), list(articles.values()), list(teasers.values()), events, edits
    )


def carried_by(others: Iterable[Issue]) -> dict[str, str]:
    """What issues that were approved or sent have carried: the period by id."""
    return {id: issue.period for issue in others if issue.state in digest.CARRYING for id in issue.carried}


def _keep(connection: Connection, issue: Issue, known: Issue | None, who: str, why: str | None) -> Issue:
    if known:
        if not issues.rewrite(connection, known, issue, who, why):
            raise Overtaken(
                f"{issue.newsletter} {issue.period} was changed by someone else meanwhile; look at it again"
            )
        return issue
    added = issues.add(connection, issue, who, why or "drafted")
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


def as_draft(app: App, newsletter: Newsletter, issue: Issue) -> Draft:
    """The stored issue with its records; frozen editions as they are, a draft's made again and checked as of now."""
    period = period_named(newsletter, issue.period)
    with app.database.read() as connection:
        selection = _held(connection, newsletter, issue, period, app.clock())
    if issue.editions:
        return Draft(issue=issue, period=period, selection=selection, editions=issue.editions)
    made = make_editions(app, newsletter, period, selection, issue.edits)
    kept = [f for f in issue.findings if f.code in _KEPT]
    found = checked(app, newsletter, made.editions, selection, issue.edits)
    issue = replace(issue, findings=_once([*kept, *made.findings, *found]))
    return Draft(issue=issue, period=period, selection=selection, editions=made.editions)


def _held(
    connection: Connection, newsletter: Newsletter, issue: Issue, period: Period, now: datetime
) -> digest.Selection:
    """What the stored issue carries, as its records are now."""
    articles, teasers, events = content.by_ids(connection, [*issue.carried, *issue.events])
    every: dict[str, Article | Teaser] = {**teasers, **articles}
    family = {a.id: a for a in (*articles.values(), *content.family(connection, articles.values()))}
    window = digest.window(newsletter, [], period.slot, issue.cut_off, max(now, period.slot))
    _, translations = digest.paired(family.values(), newsletter, window)
    return digest.Selection(
        lead=articles.get(issue.lead or ""),
        entries=tuple(every[id] for id in issue.entries if id in every),
        events=tuple(events[id] for id in issue.events if id in events),
        translations={id: found for id, found in translations.items() if id in articles},
    )
