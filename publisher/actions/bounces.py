"""What came back: read the reports, blame an address only with proof, and stop writing to it when that is due.

Proof is a keyed token of ours: in the return path that the report was sent to, or in the unsubscribe link of the copy
that it returns. A report without one, whomever it names, changes nothing.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Literal, TypeAlias

from publisher.actions.choosing import leave_all
from publisher.app import App
from publisher.links import public_id_in
from publisher.records import Bounce, Subscriber
from publisher.return_paths import Copy
from publisher.store import Connection, bounces, database_file, issues, subscribers
from publisher.subscribers import parse
from publisher.subscribers.bounces import Report, is_address_dead, read
from publisher.subscribers.mailboxes import Imap, Mailbox, Maildir


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One message and what it leads to: `suppress` (never write there again), `count` (a soft bounce), `none`."""

    file: str
    kind: Literal["bounce", "complaint", "auto-reply", "other"]
    recipients: tuple[str, ...]
    permanent: bool
    status: str | None
    action: Literal["suppress", "count", "none"]
    why: str


def read_reports(app: App, messages: Iterable[tuple[str, bytes]], *, dry_run: bool = False) -> Iterator[Judged]:
    """Judge messages one by one, and act, each in a transaction of its own. A dry run acts too, and undoes it.

    The database and the keys are asked for at the first message that could be about a copy of ours.
    """
    rehearsed = _Rehearsed() if dry_run else None
    for name, data in messages:
        yield _judged(app, name, data, rehearsed)


@dataclass(slots=True)
class _Rehearsed:
    """What a dry run has counted so far: it holds no lock between two messages, for readers may want to leave."""

    digests: set[str] = field(default_factory=set)
    issues: dict[int, set[int]] = field(default_factory=dict)


def poll_mailbox(app: App) -> list[Judged] | None:
    """Read what arrived in the site's mailbox of reports; None when it has none. What was dealt with is marked there as
    read, after it was written down here. Raises MailboxError."""
    with _mailbox(app) as mailbox:
        if mailbox is None:
            return None
        judged = []
        for name, data in mailbox.unread():
            judged.append(_judged(app, name, data, None))
            mailbox.done(name)
        return judged


@contextmanager
def _mailbox(app: App) -> Iterator[Mailbox | None]:
    settings = app.config.bounces
    if settings.maildir:
        yield Maildir(app.folder / settings.maildir)
    elif settings.imap:
        at = settings.imap
        ca_file = app.folder / at.ca_file if at.ca_file else None
        with Imap(at.host, at.port, at.user, at.password, at.folder, at.encryption, ca_file) as mailbox:
            yield mailbox
    else:
        yield None


def _judged(app: App, name: str, data: bytes, rehearsed: _Rehearsed | None) -> Judged:
    report = read(data)
    action, why = _acted(app, report, sha256(data).hexdigest(), rehearsed)
    return Judged(
        file=name,
        kind=report.kind,
        recipients=report.recipients,
        permanent=report.permanent,
        status=report.status,
        action=action,
        why=why,
    )


Action: TypeAlias = Literal["suppress", "count", "none"]


def _acted(app: App, report: Report, digest: str, rehearsed: _Rehearsed | None) -> tuple[Action, str]:
    """What follows from a report, and why."""
    if report.kind not in ("bounce", "complaint"):
        return "none", "it reports no failure"
    if report.delayed:
        return "none", "the relay still tries"
    if not _may_have_proof(app, report):
        return "none", "nothing in it proves that it is about a mail of ours"
    with app.database.write(keep=rehearsed is None) as connection:
        copy = _proof(app, connection, report)
        if copy is None:
            return "none", "its token is not one of ours"
        person = subscribers.with_public_id(connection, copy.public_id, hold=True)
        if person is None:
            return "none", "whoever it was is not held any more"
        bounce = _bounce(app, connection, report, digest, copy.issue, person)
        return _counted(app, connection, report, bounce, person, rehearsed or _Rehearsed())


def _bounce(app: App, connection: Connection, report: Report, digest: str, issue: int, person: Subscriber) -> Bounce:
    return Bounce(
        digest=digest,
        at=app.clock(),
        kind="complaint" if report.kind == "complaint" else "bounce",
        issue=issue or bounces.latest_issue(connection, person),
        permanent=report.permanent,
        status=report.status,
    )


def _counted(
    app: App, connection: Connection, report: Report, bounce: Bounce, person: Subscriber, before: _Rehearsed
) -> tuple[Action, str]:
    """Keep the report, once, and stop writing to this person when the rule says so."""
    if bounce.digest in before.digests or not bounces.add(connection, person, bounce):
        return "none", "it was counted before"
    before.digests.add(bounce.digest)
    back = before.issues.setdefault(person.id, set())
    back |= {bounce.issue} if bounce.issue else set()
    said = report.why or report.status or "no reason given"
    if bounce.kind == "complaint":
        return _complained(app, connection, report, person)
    if is_address_dead(report) and _names(report, person):
        leave_all(app, connection, person, "bounced", f"bounced: {said}")
        return "suppress", f"the address is gone: {said}"
    row, most = bounces.in_a_row(connection, person, back), app.config.bounces.issues_in_a_row
    if row >= most:
        leave_all(app, connection, person, "bounced", f"{row} issues in a row came back: {said}")
        return "suppress", f"{row} issues in a row came back: {said}"
    return "count", f"{row} of {most} issues in a row: {said}"


def _complained(app: App, connection: Connection, report: Report, person: Subscriber) -> tuple[Action, str]:
    """Who complained gets nothing more, for ever. A complaint that names someone else, to whom the mail was passed on,
    ends the subscription too; but whose it was may ask for it again."""
    if report.recipients and not _names(report, person):
        leave_all(app, connection, person, "unsubscribed", "reported as spam by someone it was passed on to")
        return "suppress", "someone it was passed on to reported it as spam"
    leave_all(app, connection, person, "complained", "reported as spam")
    return "suppress", "the reader reported it as spam"


def _names(report: Report, person: Subscriber) -> bool:
    """Whether the report names this very address: a copy may have been passed on, and failed elsewhere."""
    judged = [parse(recipient) for recipient in report.recipients]
    return any(not isinstance(one, str) and one.key == person.address_key for one in judged)


def _may_have_proof(app: App, report: Report) -> bool:
    """Whether something in it looks like a token of ours. Asks neither for the database nor for the keys."""
    file = database_file(app.config.store.url, app.folder)
    if file and not file.exists():
        # No site was ever here, so nothing was sent: looking at reports makes no database.
        return False
    base = app.config.bounces.address
    name, _, domain = base.lower().partition("@") if base else ("", "", "")
    ours = [
        a for a in report.addressed_to if base and a.lower().startswith(f"{name}+") and a.lower().endswith(f"@{domain}")
    ]
    return bool(ours) or any(app.links.token_in("unsubscribe", url) for url in report.returned)


def _proof(app: App, connection: Connection, report: Report) -> Copy | None:
    """The copy that the report is about; of issue 0 where only the returned mail tells whose it was."""
    paths = app.return_paths
    for address in report.addressed_to if paths else ():
        if paths and (copy := paths.read(address)):
            return copy
    links = app.signing_links
    for url in report.returned:
        token = links.token_in("unsubscribe", url) or ""
        for newsletter in ("", *app.newsletters, *issues.newsletters(connection)):
            if links.check("unsubscribe", token, newsletter):
                return Copy(0, public_id_in(token))
    return None
