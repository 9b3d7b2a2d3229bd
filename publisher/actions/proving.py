"""How far an issue is on its way, and what can be proved of it afterwards: counts, rates, times, relays, reasons.

Nothing here names a reader: copies are known by their public ids, and addresses are taken out of a relay's answers.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from publisher.actions.issues import find_issue
from publisher.actions.outbox import way_out
from publisher.actions.pacing import InForce, pace_in_force
from publisher.app import App
from publisher.delivery.pace import is_open
from publisher.records import Certificate, Change, Delivery, DeliveryState, Issue, Newsletter, Sender, Trouble
from publisher.records.alarms import impersonal
from publisher.store import deliveries, issues, relays, senders

_LATELY = timedelta(seconds=60)
_SILENT = timedelta(minutes=3)
"""Who is at work gives a sign each minute. Nobody is given up by this, it is only shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Where an issue stands now.

    `rate` is accepted copies a second, over the last minute or since the sender began; None when nobody sends.
    `ends` is when the last would be accepted at that rate, None where that cannot be said. `next_try` is when the first
    of the deferred copies is due. `trouble` is the relay's, which is left alone until then. `senders` gave a sign of
    life lately; `stopped` is why the last one ended.
    """

    issue: Issue
    certificate: Certificate
    rate: float | None
    ends: datetime | None
    next_try: datetime | None
    trouble: Trouble | None
    in_force: InForce
    senders: int
    stopped: str | None

    @property
    def moves(self) -> bool:
        """Whether somebody sends."""
        return self.senders > 0 and self.certificate.open > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Questioned:
    """A copy that did not simply arrive, by its reader's public id: empty once that is erased. `reply` is the relay's
    last word, without addresses; `doubts` counts how often its end was sent and no answer came."""

    public_id: str
    state: DeliveryState
    attempts: int
    doubts: int
    reply: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What became of an issue, to be filed.

    `start` is when its recipients were frozen, `end` when the last copy was settled (None: not yet). `rate` is accepted
    copies a second from the first to the last, None for fewer than two moments. `hashes` are the contents by language.
    `nameless` of the copies in question have lost their id, and with it whom they were for.
    """

    issue: Issue
    certificate: Certificate
    in_question: Sequence[Questioned]
    nameless: int
    start: datetime | None
    end: datetime | None
    rate: float | None
    hashes: dict[str, str]
    senders: Sequence[Sender]
    history: Sequence[Change]


def progress_of(app: App, newsletter: Newsletter, period: str) -> Progress:
    """Where this issue stands now. Raises IssueError when there is none."""
    issue = find_issue(app, newsletter, period)
    now = app.clock()
    with app.database.read() as connection:
        certificate = deliveries.certificate(connection, issue)
        runs = senders.of(connection, issue.id)
        living = len(senders.living(connection, issue.id, now, _SILENT))
        begun = max((run.started_at for run in runs), default=now)
        since = max(now - _LATELY, begun)
        lately = deliveries.accepted_since(connection, issue.id, since)
        next_try = deliveries.next_try(connection, issue.id)
    in_force = pace_in_force(app)
    rate = lately / (now - since).total_seconds() if living and now > since else None
    last = runs[-1] if runs else None
    return Progress(
        issue=issue,
        certificate=certificate,
        rate=rate,
        ends=_ends(certificate, rate, in_force, now),
        next_try=next_try,
        trouble=relay_trouble(app, issue),
        in_force=in_force,
        senders=living,
        stopped=_bare(last.why) if last else None,
    )


def _ends(certificate: Certificate, rate: float | None, in_force: InForce, now: datetime) -> datetime | None:
    """When what waits has left at this rate; None when the window closes before; deferred copies wait apart."""
    to_go = certificate.open - certificate.counts.get("deferred", 0)
    if not rate or not to_go:
        return None
    end = now + timedelta(seconds=to_go / rate)
    return end if is_open(in_force.pace, end) else None


def relay_trouble(app: App, issue: Issue) -> Trouble | None:
    """Why the relay of this issue is left alone just now."""
    with app.database.read() as connection:
        trouble = relays.trouble(connection, _relay(app, issue))
    return trouble if trouble and trouble.until > app.clock() else None


def _relay(app: App, issue: Issue) -> str:
    """As the transport calls it; without the password, which whoever looks need not be allowed to read."""
    table = app.config.delivery
    if table.transport == "smtp" and table.smtp:
        return f"{table.smtp.host}:{table.smtp.port}"
    return way_out(app, app.outbox / issue.newsletter / issue.period).relay


def certify(app: App, newsletter: Newsletter, period: str) -> Proof:
    """The account of this issue. Raises IssueError when there is none."""
    issue = find_issue(app, newsletter, period)
    with app.database.read() as connection:
        certificate = deliveries.certificate(connection, issue)
        copies = deliveries.in_question(connection, issue.id)
        history = issues.changes(connection, issue)
        first, last = deliveries.accepted_between(connection, issue.id)
        end = deliveries.last_settled(connection, issue.id) if certificate.holds else None
        runs = senders.of(connection, issue.id)
    start = next((change.at for change in history if change.after == "sending"), None)
    seconds = (last - first).total_seconds() if first and last else 0
    return Proof(
        issue=issue,
        certificate=certificate,
        in_question=[_questioned(copy) for copy in copies],
        nameless=sum(not copy.public_id for copy in copies),
        start=start,
        end=end,
        rate=certificate.counts.get("accepted", 0) / seconds if seconds else None,
        hashes={edition.language or newsletter.language: edition.hash for edition in issue.editions},
        senders=[replace(run, why=_bare(run.why)) for run in runs],
        history=[replace(change, why=_bare(change.why)) for change in history],
    )


def _questioned(copy: Delivery) -> Questioned:
    return Questioned(
        public_id=copy.public_id,
        state=copy.state,
        attempts=copy.attempts,
        doubts=copy.doubts,
        reply=_bare(copy.reply),
    )


def _bare(text: str | None) -> str | None:
    """Without addresses: what a relay answered repeats whom a copy was for."""
    return impersonal(text, most=2000) if text else None
