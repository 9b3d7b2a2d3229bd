"""Send an approved issue: every subscriber one copy, and a certificate that says what became of each."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from publisher.actions.alarms import raise_alarm
from publisher.actions.epochs import count_a_send, note_epoch, refuse_after_restore
from publisher.actions.issues import WHAT_NEXT, find_issue
from publisher.actions.outbox import way_out
from publisher.app import App
from publisher.digest.check.contents import unfit_to_leave
from publisher.errors import Busy, IssueError, Overtaken, StoreError
from publisher.failpoints import reach
from publisher.records import Certificate, Delivery, Ending, Issue, Newsletter, Trouble
from publisher.records.alarms import AlarmKind
from publisher.return_paths import Copy
from publisher.store import content, deliveries, issues, relays, senders, subscribers

if TYPE_CHECKING:
    from publisher.delivery.engine import Orders
    from publisher.delivery.prepare import Prepare
    from publisher.delivery.transport import Transport


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """What `send` did or, in a dry run, would do: `waiting` copies are not sent yet.

    `relay` names where the mail goes; `outbox` is the folder, where it leaves as files. `first_live`: people on this
    list never got mail by a relay before. `ending` is why the sender stopped, None when it did not begin; `next_try` is
    when the first of the deferred copies is due.
    """

    issue: Issue
    certificate: Certificate
    relay: str
    outbox: Path | None
    first_live: bool = False
    waiting: int = 0
    dry_run: bool = False
    ending: Ending | None = None
    next_try: datetime | None = None


def outlook(app: App, newsletter: Newsletter, period: str) -> Sending:
    """What sending this issue would do now. Raises IssueError when it cannot be sent in its state."""
    issue = _to_send(app, newsletter, period)
    with app.database.read() as connection:
        if issue.state == "approved":
            waiting = subscribers.willing(connection, issue.newsletter, app.clock())
        else:
            waiting = deliveries.open_left(connection, issue.id)
        return Sending(
            issue=issue,
            certificate=deliveries.certificate(connection, issue),
            relay=_transport(app, issue).relay,
            outbox=_folder(app, issue),
            first_live=app.relay is not None and not senders.was_live(connection, newsletter.name),
            waiting=waiting,
            dry_run=True,
            next_try=deliveries.next_try(connection, issue.id),
        )


def send_issue(
    app: App,
    newsletter: Newsletter,
    period: str,
    *,
    who: str = "publisher",
    by_hand: bool = True,
    limit: int | None = None,
    progress: Callable[[int], None] = lambda done: None,
) -> Sending:
    """Send the approved edition to everyone who may be written to; or go on where it was interrupted.

    Recipients are frozen in one transaction with the change to `sending`. Sending a sent issue again does nothing.
    `by_hand` tries a relay that could not be used lately; the service leaves it alone for a while. `limit` stops after
    about so many copies; the others wait.
    """
    issue = _to_send(app, newsletter, period)
    transport = _transport(app, issue)
    trouble = None if by_hand else _trouble(app, transport.relay)
    if issue.state == "sent" or trouble:
        ending = Ending(why="away", said=trouble.said) if trouble else None
        return _told(app, issue, transport.relay, ending)
    if issue.state == "approved":
        issue = _begin(app, newsletter, issue, who)
        reach("frozen")
    ending = _deliver(app, newsletter, issue, transport, limit, progress)
    issue = _concluded(app, newsletter, issue, ending, who)
    return _told(app, issue, transport.relay, ending)


def nobody_to_write_to(app: App, newsletter: Newsletter) -> bool:
    with app.database.read() as connection:
        return subscribers.willing(connection, newsletter.name, app.clock()) == 0


def _to_send(app: App, newsletter: Newsletter, period: str) -> Issue:
    """Raises IssueError for one that cannot be sent, Restored where the database may not know what left."""
    issue = find_issue(app, newsletter, period)
    if issue.state not in ("approved", "sending", "sent") or issue.edition is None:
        raise IssueError(f"{newsletter.name} {period} is in state {issue.state}: {WHAT_NEXT[issue.state]}")
    if issue.state != "sent":
        refuse_after_restore(app)
    return issue


def _transport(app: App, issue: Issue) -> "Transport":
    return way_out(app, app.outbox / issue.newsletter / issue.period)


def _folder(app: App, issue: Issue) -> Path | None:
    return None if app.relay else app.outbox / issue.newsletter / issue.period


def _trouble(app: App, relay: str) -> Trouble | None:
    """Why this relay is left alone just now."""
    with app.database.read() as connection:
        trouble = relays.trouble(connection, relay)
    return trouble if trouble and trouble.until > app.clock() else None


def _told(app: App, issue: Issue, relay: str, ending: Ending | None) -> Sending:
    with app.database.read() as connection:
        return Sending(
            issue=issue,
            certificate=deliveries.certificate(connection, issue),
            relay=relay,
            outbox=_folder(app, issue),
            waiting=deliveries.open_left(connection, issue.id),
            ending=ending,
            next_try=deliveries.next_try(connection, issue.id),
        )


def _begin(app: App, newsletter: Newsletter, issue: Issue, who: str) -> Issue:
    """Freeze the recipients and enter `sending`, together or not at all; or find that another sender just did so. An
    embargo that still holds forbids it."""
    assert issue.edition
    with app.database.write() as connection:
        articles, _, _ = content.by_ids(connection, issue.shown or issue.carried)
        found = [finding for a in articles.values() for finding in unfit_to_leave(a, app.clock())]
        errors = [finding for finding in found if finding.severity == "error"]
        if errors:
            raise IssueError(f"{newsletter.name} {issue.period} cannot be sent: {errors[0].place}: {errors[0].mend}")
        moved = issues.move(connection, issue, "sending", at=app.clock(), who=who)
        if moved is None:
            begun = issues.find(connection, issue.newsletter, issue.period)
            if begun and begun.state in ("sending", "sent"):
                return begun
            raise Overtaken(f"{newsletter.name} {issue.period} was changed by someone else just now; look at it again")
        if deliveries.freeze_recipients(connection, moved, app.clock()) == 0:
            raise IssueError(f"{newsletter.name} {issue.period}: there is nobody to write to; import subscribers first")
        epoch = count_a_send(app, connection)
        reach("freezing")
    note_epoch(app, epoch)
    return moved


def _deliver(
    app: App,
    newsletter: Newsletter,
    issue: Issue,
    transport: "Transport",
    limit: int | None,
    progress: Callable[[int], None],
) -> Ending:
    from publisher.delivery import engine

    try:
        return engine.send(
            app.database,
            issue,
            _prepare(app, newsletter, issue),
            transport,
            app.clock,
            _orders(app, limit),
            progress=progress,
        )
    except Busy:
        raise
    except StoreError as exc:
        raise_alarm(app, "stopped", newsletter.name, issue.period, f"{exc}. It goes on with the next try.")
        raise


def _prepare(app: App, newsletter: Newsletter, issue: Issue) -> "Prepare":
    from publisher.delivery.compose import Composer
    from publisher.delivery.prepare import Prepare

    assert issue.edition
    _, key = app.keyring.newest("message-id")
    composer = Composer(issue.editions, f"{newsletter.name}/{issue.period}", newsletter.name, app.signing_links, key)
    paths = app.return_paths
    # A relay must be told who sends; in a file there is something to tell only where it leads to one copy.
    sender = issue.edition.sender_address if app.relay else ""

    def return_path(copy: Delivery) -> str:
        return paths.make(Copy(issue.id, copy.public_id)) if paths else sender

    return Prepare(composer, app.signer(issue.edition.domain), return_path)


def _orders(app: App, limit: int | None) -> "Orders":
    from publisher.delivery.crew import Manners
    from publisher.delivery.engine import Orders
    from publisher.delivery.ledger import Terms
    from publisher.delivery.patience import Patience

    table = app.config.delivery
    return Orders(
        pace=app.pace,
        terms=Terms(batch=table.batch, lease=timedelta(seconds=table.lease_seconds), limit=limit),
        manners=Manners(
            patience=Patience(age=timedelta(hours=table.give_up_hours)),
            after_crash=table.after_crash,
        ),
        live=app.relay is not None,
        stop=app.stop,
    )


def _concluded(app: App, newsletter: Newsletter, issue: Issue, ending: Ending, who: str) -> Issue:
    """What the ending makes of the issue: `sent` when every copy is settled, `paused` when a person must look."""
    name = f"{newsletter.name} {issue.period}"
    with app.database.write() as connection:
        certificate = deliveries.certificate(connection, issue)
        if certificate.holds:
            why = str(certificate)
            issue = issues.move(connection, issue, "sent", at=app.clock(), who=who, why=why) or issue
        elif ending.why in ("refuses", "barred"):
            issue = issues.move(connection, issue, "paused", at=app.clock(), who=who, why=ending.said) or issue
        # Somebody may have paused or cancelled it meanwhile.
        issue = issues.find(connection, issue.newsletter, issue.period) or issue
        if issue.state == "sent":
            reach("finishing")
    if issue.state == "sent":
        reach("finished")
    _raise_alarms(app, issue, name, certificate, ending)
    return issue


def _raise_alarms(app: App, issue: Issue, name: str, certificate: Certificate, ending: Ending) -> None:
    week = f"--newsletter {issue.newsletter} --period {issue.period}"
    about = (issue.newsletter, issue.period)
    if ending.why == "away":
        raise_alarm(app, "relay-away", *about, f"{name} waits: {ending.said}. It is tried again by itself.")
    elif ending.why == "refuses":
        what = f"{name} is paused: {ending.said}. Mend it, then `publisher issue resume {week}`."
        raise_alarm(app, "relay-refuses", *about, what)
    elif ending.why == "barred":
        what = f"{name} is paused, the relay refuses our mail: {ending.said}. Then `publisher issue resume {week}`."
        raise_alarm(app, "barred", *about, what)
    lost: tuple[AlarmKind, ...] = ("uncertain", "refused", "expired")
    for state in lost if issue.state == "sent" else ():
        if number := certificate.counts.get(state, 0):
            what = f"{name}: {number} copies are {state}. Look at `publisher issue certificate {week}`."
            raise_alarm(app, state, *about, what)
