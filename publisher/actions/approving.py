"""Approve an issue: pass the gate, then freeze what will be sent, to the byte."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from publisher.actions.gate import links_found, proved
from publisher.actions.issues import WHAT_NEXT, Draft, as_draft, find_issue, once, told_of
from publisher.actions.selecting import carried_by
from publisher.app import App
from publisher.digest.check import rules
from publisher.errors import GateClosed, IssueError, Overtaken
from publisher.records import Finding, Issue, Newsletter, Override
from publisher.store import Connection, issues

_SHORTEST_REASON = 10
"""Letters and digits that a reason for an override has at least."""


def approve_issue(
    app: App,
    newsletter: Newsletter,
    period: str,
    *,
    who: str,
    override: str | None = None,
    with_spam: bool = True,
    also: Callable[[Connection, Draft], None] = lambda connection, made: None,
) -> Draft:
    """Freeze the draft as the editions to send. The whole gate is passed first, on the finished messages too.

    `override` is the reason why errors need not stop it; it is kept with the issue. Some can never be overridden.
    `with_spam` is for a SpamAssassin that is installed and that publisher.toml does not leave out. `also` is done in
    the same transaction, and may refuse by raising.
    Raises GateClosed when a finding forbids it, IssueError when it is no draft or no longer what was drafted.
    """
    issue = find_issue(app, newsletter, period)
    if issue.state not in ("draft", "held"):
        raise IssueError(f"{newsletter.name} {period} is in state {issue.state}: {WHAT_NEXT[issue.state]}")
    made = as_draft(app, newsletter, issue)
    if not made.editions:
        raise IssueError(f"{newsletter.name} {period} carries nothing; collect articles and draft it again")
    if issue.looked_at and told_of(made.editions) != issue.looked_at:
        raise IssueError(
            f"{newsletter.name} {period} is not what was drafted any more: an article, a picture or a setting changed; "
            "draft it again, look at it, then approve it"
        )
    with_spam = with_spam and app.config.gate.spam
    proof = proved(app, newsletter, made.issue, made.editions, with_spam=with_spam)
    dead = links_found(app, made.editions)[0] if app.config.gate.links else []
    findings = once([*made.issue.findings, *proof.findings, *dead])
    overrides = _overridden(made.issue, findings, override, who, app.clock())
    frozen = replace(
        made.issue,
        editions=made.editions,
        shown=tuple(item.id for item in made.selection.everything_shown),
        findings=findings,
        overrides=overrides,
    )
    with app.database.write() as connection:
        issues.alone(connection, newsletter.name)
        carried = carried_by(i for i in issues.every(connection, newsletter.name) if i.period != period)
        by_hand = {*issue.edits.included, issue.edits.lead}
        if twice := (carried.keys() & set(issue.carried)) - by_hand:
            raise IssueError(
                f"{newsletter.name} {period}: another issue carried {len(twice)} of it meanwhile; draft it again"
            )
        also(connection, made)
        why = _approval(made, overrides)
        approved = issues.freeze(connection, issue, frozen, at=app.clock(), who=who, why=why)
        if approved is None:
            raise Overtaken(f"{newsletter.name} {period} was changed by someone else meanwhile; look at it again")
    return replace(made, issue=approved)


def _overridden(
    issue: Issue, findings: Sequence[Finding], reason: str | None, who: str, now: datetime
) -> tuple[Override, ...]:
    """The override that lets the issue pass; none when nothing stands against it. Raises IssueError for the rest."""
    errors = [f for f in findings if f.severity == "error"]
    name = f"{issue.newsletter} {issue.period} cannot be approved"
    final = next((f for f in errors if f.code in rules() and rules()[f.code].final), None)
    if final:
        raise GateClosed(f"{name}: {final.place}: {final.mend}")
    if errors and reason is None:
        more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
        raise GateClosed(
            f"{name}: {errors[0].place}: {errors[0].mend}{more}; "
            f"see `publisher issue check`, or say with --override why it may leave all the same"
        )
    if not errors:
        return ()
    told = " ".join((reason or "").split())
    if sum(map(str.isalnum, told)) < _SHORTEST_REASON:
        raise IssueError(f'{name}: "{told}" is no reason; say in a sentence why the errors may stand')
    return (Override(codes=tuple(sorted({f.code for f in errors})), reason=told[:500], who=who, at=now),)


def _approval(made: Draft, overrides: Sequence[Override]) -> str:
    """What was approved, for the audit log."""
    told = ", ".join(f"edition {edition.hash}" for edition in made.editions)
    return "; ".join([told, *(f"{', '.join(o.codes)} overridden: {o.reason}" for o in overrides)])
