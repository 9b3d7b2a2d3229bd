"""Send an approved issue: every subscriber one copy, and a certificate that says what became of each."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from publisher.actions.issues import WHAT_NEXT, find_issue
from publisher.app import App
from publisher.digest.check.contents import unfit_to_leave
from publisher.errors import IssueError, Overtaken
from publisher.records import Certificate, Issue, Newsletter
from publisher.return_paths import Copy
from publisher.store import content, deliveries, issues, subscribers


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """What `send` did or, in a dry run, would do: `waiting` copies are not sent yet."""

    issue: Issue
    certificate: Certificate
    outbox: Path
    waiting: int = 0
    dry_run: bool = False


def send_issue(
    app: App,
    newsletter: Newsletter,
    period: str,
    *,
    who: str = "publisher",
    dry_run: bool = False,
    progress: Callable[[int], None] = lambda done: None,
) -> Sending:
    """Send the approved edition to everyone who may be written to; or go on where it was interrupted.

    Recipients are frozen in one transaction with the change to `sending`. Sending a sent issue again does nothing.
    """
    issue = find_issue(app, newsletter, period)
    outbox = app.outbox / newsletter.name / period
    if issue.state not in ("approved", "sending", "sent") or issue.edition is None:
        raise IssueError(f"{newsletter.name} {period} is in state {issue.state}: {WHAT_NEXT[issue.state]}")
    if dry_run or issue.state == "sent":
        certificate, waiting = _outlook(app, issue)
        return Sending(issue=issue, certificate=certificate, outbox=outbox, waiting=waiting, dry_run=dry_run)
    if issue.state == "approved":
        issue = _begin(app, newsletter, issue, who)
    certificate = _deliver(app, newsletter, issue, outbox, progress)
    if certificate.holds:
        with app.database.write() as connection:
            issue = issues.move(connection, issue, "sent", at=app.clock(), who=who, why=str(certificate)) or issue
    return Sending(issue=issue, certificate=certificate, outbox=outbox)


def nobody_to_write_to(app: App, newsletter: Newsletter) -> bool:
    with app.database.read() as connection:
        return subscribers.willing(connection, newsletter.name, app.clock()) == 0


def _begin(app: App, newsletter: Newsletter, issue: Issue, who: str) -> Issue:
    """Freeze the recipients and enter `sending`, together or not at all. An embargo that still holds forbids it."""
    assert issue.edition
    with app.database.write() as connection:
        articles, _, _ = content.by_ids(connection, issue.shown or issue.carried)
        found = [finding for a in articles.values() for finding in unfit_to_leave(a, app.clock())]
        errors = [finding for finding in found if finding.severity == "error"]
        if errors:
            raise IssueError(f"{newsletter.name} {issue.period} cannot be sent: {errors[0].place}: {errors[0].mend}")
        moved = issues.move(connection, issue, "sending", at=app.clock(), who=who)
        if moved is None:
            raise Overtaken(f"{newsletter.name} {issue.period} is being sent by someone else already")
        if deliveries.freeze_recipients(connection, moved, app.clock()) == 0:
            raise IssueError(f"{newsletter.name} {issue.period}: there is nobody to write to; import subscribers first")
    return moved


def _deliver(
    app: App, newsletter: Newsletter, issue: Issue, outbox: Path, progress: Callable[[int], None]
) -> Certificate:
    from publisher.delivery import engine
    from publisher.delivery.compose import Composer
    from publisher.delivery.transport import FileTransport

    assert issue.edition
    paths = app.return_paths
    _, key = app.keyring.newest("message-id")
    composer = Composer(issue.editions, f"{newsletter.name}/{issue.period}", newsletter.name, app.signing_links, key)
    return engine.send(
        app.database,
        issue,
        composer,
        FileTransport(outbox),
        app.clock,
        batch=app.batch,
        lease=app.lease,
        return_path=lambda copy: paths.make(Copy(issue.id, copy.public_id)) if paths else None,
        progress=progress,
    )


def _outlook(app: App, issue: Issue) -> tuple[Certificate, int]:
    """The certificate as it stands, and how many copies would leave now."""
    with app.database.read() as connection:
        if issue.state == "approved":
            willing = subscribers.willing(connection, issue.newsletter, app.clock())
            return deliveries.certificate(connection, issue), willing
        return deliveries.certificate(connection, issue), deliveries.open_left(connection, issue.id)
