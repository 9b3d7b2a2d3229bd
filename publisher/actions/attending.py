"""What is due for the staff of a newsletter: when a draft is made ahead, when nobody approved in time, whom to tell.

Mails are only written down here, each once; `telling` sends them.
"""

from datetime import datetime, timedelta

from publisher.actions.issues import cut_off_of
from publisher.actions.passes import write_down
from publisher.actions.standing import content_now, promise
from publisher.app import App
from publisher.records import Change, Issue, IssueState, Newsletter, Period, needed, stand_by
from publisher.store import Connection, approvals, deliveries, issues, staff

_QUIET = timedelta(minutes=10)
"""A draft that is being edited is announced again only once nobody has touched it for so long."""

_TOLD: dict[IssueState, str] = {
    "approved": "Approved",
    "held": "Held",
    "skipped": "Skipped this time",
    "missed": "Missed",
    "cancelled": "Given up",
    "paused": "Paused on its way",
}


def is_to_be_drafted(newsletter: Newsletter, period: Period, issue: Issue | None, now: datetime) -> bool:
    """Whether the draft is to be made now, ahead of its slot. What a person approved or held stays as it is."""
    cut_off = cut_off_of(newsletter, period)
    if period.skipped or not cut_off <= now < period.slot:
        return False
    return issue is None or (issue.state == "draft" and issue.drafted_at < cut_off)


def is_overdue(app: App, newsletter: Newsletter, period: Period, issue: Issue) -> bool:
    """Whether the issue should have been approved by its slot and was not.

    Not for a draft that was made or touched only after the slot: nobody had time to look at it, or somebody has just
    decided about it. That one waits for a person.
    """
    waits = issue.state == "draft" and newsletter.approval != "automatic" and newsletter.draft_hours > 0
    if not waits or app.clock() < period.slot:
        return False
    with app.database.read() as connection:
        last = issues.changes(connection, issue)[-1]
    return max(last.at, issue.drafted_at) < period.slot


def write_notices(app: App, newsletter: Newsletter, period: Period) -> None:
    """Write down what staff are to be told of the issue as it is now; what was written down before is not again."""
    with app.database.write() as connection:
        issue = issues.find(connection, newsletter.name, period.name)
        if issue is None:
            return
        if issue.state == "draft":
            _of_draft(app, connection, newsletter, period, issue)
        elif issue.state == "sent":
            told = str(deliveries.certificate(connection, issue))
            write_down(app, connection, newsletter, issue, "certificate", "", f"Sent\n{told}")
        elif issue.state in _TOLD:
            _of_state(app, connection, newsletter, issue, issues.changes(connection, issue)[-1])


def _of_draft(app: App, connection: Connection, newsletter: Newsletter, period: Period, issue: Issue) -> None:
    now, content = app.clock(), content_now(newsletter, issue)
    if not issue.carried or now < cut_off_of(newsletter, period):
        return
    given = approvals.of(connection, issue.id)
    people = app.staff_of(newsletter.name)
    able = tuple(person.name for person in people if person.may("approve"))
    by = stand_by(given, able, content)
    if len(by) >= needed(newsletter.approval):
        return
    first = not any(n.kind == "draft" for n in staff.notices(connection, issue.id))
    if first or now - issue.drafted_at >= _QUIET:
        head = "Please look at the draft" if first else "The draft has changed"
        write_down(app, connection, newsletter, issue, "draft", content, f"{head}\n{promise(newsletter, period, by)}")
    if newsletter.approval == "automatic":
        return  # it waits for nobody
    if newsletter.remind_hours and period.slot - timedelta(hours=newsletter.remind_hours) <= now < period.slot:
        said = {comment.who for comment in approvals.comments(connection, issue.id)}
        silent = tuple(name for name in able if name not in by and name not in said)
        text = f"Reminder: the draft waits for you\n{promise(newsletter, period, by)}"
        write_down(app, connection, newsletter, issue, "reminder", "", text, only=silent)


def _of_state(app: App, connection: Connection, newsletter: Newsletter, issue: Issue, change: Change) -> None:
    """To all but those who did it. An issue whose state and last change disagree is being changed: next time."""
    if change.after != issue.state:
        return
    why = "" if issue.state == "approved" or not change.why else f"\nWhy: {change.why}"
    text = f"{_TOLD[issue.state]} by {change.who}{why}"
    others = tuple(p.name for p in app.staff_of(newsletter.name) if p.name not in change.who.split(" and "))
    write_down(app, connection, newsletter, issue, "acted", f"state {issue.revision}", text, only=others)
