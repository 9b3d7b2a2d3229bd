"""What one of the staff sees of an issue: the issue itself, what was found, who stands by it, what happened to it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from publisher import digest
from publisher.actions.issues import Draft, as_draft, told_of
from publisher.actions.passes import Opened
from publisher.actions.standing import promise, standing
from publisher.app import App
from publisher.digest.period import period_named
from publisher.languages import name
from publisher.records import SEVERITIES, Approval, Certificate, Change, Comment, Finding, needed
from publisher.records.alarms import impersonal
from publisher.store import approvals, deliveries, issues


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One edition as an invented reader gets it; pictures are below `images/` of this site."""

    language: str
    called: str
    subject: str
    preheader: str
    html: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """The issue as it is now. `stale`: an article or a setting changed since it was drafted.

    `promise` says what happens at its slot; empty where that is past. `certificate` is None before it begins to leave.
    """

    title: str
    period: str
    state: str
    promise: str
    stale: bool
    editions: Sequence[Shown]
    findings: Sequence[Finding]
    by: Sequence[str]
    needed: int
    history: Sequence[Change]
    approvals: Sequence[Approval]
    comments: Sequence[Comment]
    certificate: Certificate | None


def look_at(app: App, opened: Opened) -> Look:
    """Only reads. Raises PublisherError when the issue cannot be rendered."""
    newsletter, issue = opened.newsletter, opened.issue
    made = as_draft(app, newsletter, issue)
    with app.database.read() as connection:
        history = issues.changes(connection, issue)
        certificate = deliveries.certificate(connection, issue)
        given = approvals.of(connection, issue.id)
        said = approvals.comments(connection, issue.id)
    by = standing(app, newsletter, issue)
    return Look(
        title=newsletter.title,
        period=issue.period,
        state=issue.state,
        promise=promise(newsletter, period_named(newsletter, issue.period), by) if issue.state == "draft" else "",
        stale=issue.state in ("draft", "held") and told_of(made.editions) != issue.looked_at,
        editions=[_shown(app, made, number) for number, _ in enumerate(made.editions)],
        findings=sorted(made.issue.findings, key=lambda finding: SEVERITIES.index(finding.severity)),
        by=by,
        needed=needed(newsletter.approval),
        history=[replace(change, why=impersonal(change.why, 2000) if change.why else None) for change in history],
        approvals=given,
        comments=said,
        certificate=certificate if certificate.recipients else None,
    )


def _shown(app: App, made: Draft, number: int) -> Shown:
    edition = made.editions[number]
    html, text = digest.for_one_reader(edition)
    return Shown(
        language=edition.language,
        called=name(edition.language),
        subject=edition.subject,
        preheader=edition.preheader,
        # From where the page itself is, so that they are seen whatever the site's address is.
        html=html.replace(app.links.image(""), "../images/"),
        text=text,
    )
