"""Sends the mails to staff that were written down: drafts to look at, reminders, what others did, certificates.

Each has a personal link. A relay that is away is waited for; what is not true any more is not sent. No issue waits for
any of it.
"""

import hmac
import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Literal
from zoneinfo import ZoneInfo

from publisher.actions.issues import as_draft
from publisher.actions.outbox import post
from publisher.actions.passes import link_of
from publisher.actions.standing import content_now
from publisher.app import App
from publisher.errors import PublisherError
from publisher.records import SEVERITIES, Accepted, Issue, Newsletter, Person, Refused, StaffNotice
from publisher.records.alarms import impersonal
from publisher.store import issues, staff

_FIRST_PAUSE = timedelta(minutes=1)
_LONGEST_PAUSE = timedelta(hours=1)
_PATIENCE = timedelta(days=1)
_LEASE = timedelta(minutes=15)
"""Longer than one mail can take: who holds one for so long has died."""

_MOST_FINDINGS = 12
_log = logging.getLogger("publisher.staff")


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What became of one mail to one of the staff, and why it was not sent."""

    notice: StaffNotice
    what: Literal["told", "later", "given up"]
    why: str | None = None


def tell_staff(app: App) -> list[Told]:
    """Send every mail to staff that is due. Raises StoreError alone: a relay that is away makes them wait."""
    with app.database.read() as connection:
        waiting = staff.due_notices(connection, app.clock())
    told: list[Told] = []
    for notice in waiting:
        with app.database.write() as connection:
            if not staff.claim_notice(connection, notice, app.clock() + _LEASE):
                continue
        told.append(_settled(app, _tried(app, notice)))
        if told[-1].what == "later":
            break  # the others would wait for the same relay, one after the other
    return told


def _tried(app: App, notice: StaffNotice) -> Told:
    try:
        return _sent(app, notice)
    except PublisherError as exc:
        return Told(notice=notice, what="later", why=impersonal(str(exc)))
    except Exception as exc:
        # Whatever this one does to us, the next minute must not fall with it. Nothing of it stands in the log.
        _log.error("mail %d to staff could not be sent (%s)", notice.id, type(exc).__name__)
        return Told(notice=notice, what="later", why="internal error, see the log")


def _settled(app: App, told: Told) -> Told:
    now = app.clock()
    if told.what == "later" and now - told.notice.made_at >= _PATIENCE:
        told = Told(notice=told.notice, what="given up", why=told.why)
    with app.database.write() as connection:
        if told.what == "told":
            staff.settle_notice(connection, told.notice, now)
        else:
            until = now + min(_FIRST_PAUSE * 2 ** min(told.notice.attempts, 10), _LONGEST_PAUSE)
            staff.put_off_notice(connection, told.notice, until if told.what == "later" else None, told.why or "")
    return told


def _sent(app: App, notice: StaffNotice) -> Told:
    """Compose and send one. Raises PublisherError when nothing can leave."""
    with app.database.read() as connection:
        issue = issues.by_numbers(connection, [notice.issue]).get(notice.issue)
        opens = staff.find_pass(connection, notice.pass_id)
    person = app.staff.get(notice.who)
    newsletter = app.newsletters.get(issue.newsletter) if issue else None
    if issue is None or opens is None or person is None or newsletter is None:
        return Told(notice=notice, what="given up", why="publisher.toml names this person no more")
    if notice.kind in ("draft", "reminder") and not (
        issue.state == "draft" and opens.hash == content_now(newsletter, issue)
    ):
        return Told(notice=notice, what="given up", why="it is not so any more")
    message = _message(app, notice, newsletter, issue, person)
    outcome = post(app, "staff", f"{notice.id}", message, person.address, newsletter.sender[1])
    if isinstance(outcome, Accepted):
        return Told(notice=notice, what="told")
    what: Literal["given up", "later"] = "given up" if isinstance(outcome, Refused) else "later"
    return Told(notice=notice, what=what, why=impersonal(outcome.reply))


def _message(app: App, notice: StaffNotice, newsletter: Newsletter, issue: Issue, person: Person) -> bytes:
    """The mail, in English."""
    from publisher.delivery.notices import compose

    head, _, text = notice.text.partition("\n")
    subject = f"{newsletter.title} {issue.period}: {head}"
    values = {
        "subject": subject,
        "head": head,
        "told": text.splitlines(),
        "newsletter": newsletter.title,
        "period": issue.period,
        "person": person,
        "link": link_of(app, notice.pass_id, person),
        "until": _local(newsletter, _expiry(app, notice)),
        "organisation": {"name": app.organisation, "url": app.organisation_url, "address": app.organisation_address},
        "palette": app.templates.data("email/palette.json"),
        **_contents(app, notice, newsletter, issue),
    }
    _, key = app.keyring.newest("message-id")
    mac = hmac.digest(key, f"staff\0{notice.id}\0{notice.made_at.isoformat()}".encode(), sha256).hex()[:32]
    return compose(
        sender=newsletter.sender,
        to=person.address,
        subject=subject,
        text=app.templates.render("notices/staff.txt.j2", **values),
        html=app.templates.render("notices/staff.html.j2", **values),
        date=notice.made_at,
        message_id=f"<{mac}@{newsletter.sender[1].rpartition('@')[2]}>",
    )


def _contents(app: App, notice: StaffNotice, newsletter: Newsletter, issue: Issue) -> dict[str, Any]:
    """What the draft carries and what was found, for the mails that ask for a look at it."""
    if notice.kind not in ("draft", "reminder", "fresh"):
        return {"issue_subject": "", "headlines": [], "findings": [], "more": 0}
    made = as_draft(app, newsletter, issue)
    worst = sorted(made.issue.findings, key=lambda f: SEVERITIES.index(f.severity))
    told = [finding for finding in worst if finding.severity != "note"]
    return {
        "issue_subject": made.edition.subject if made.edition else "",
        "headlines": [item.headline for item in ([made.lead] if made.lead else []) + list(made.entries)],
        "findings": told[:_MOST_FINDINGS],
        "more": len(told[_MOST_FINDINGS:]),
    }


def _expiry(app: App, notice: StaffNotice) -> datetime:
    with app.database.read() as connection:
        opens = staff.find_pass(connection, notice.pass_id)
    return opens.expires_at if opens else notice.made_at


def _local(newsletter: Newsletter, moment: datetime) -> str:
    return f"{moment.astimezone(ZoneInfo(newsletter.zone)):%A, %Y-%m-%d %H:%M %Z}"
