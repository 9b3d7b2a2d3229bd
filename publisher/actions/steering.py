"""Pause, resume or give up an issue that is on its way, and send copies again that a person decided on.

Each is one transaction with its audit row. A sender at work sees it before its next copies; nothing here sends.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from publisher.actions.issues import WHAT_NEXT, find_issue
from publisher.app import App
from publisher.errors import IssueError, Overtaken
from publisher.records import Certificate, Issue, IssueState, Newsletter
from publisher.store import Connection, deliveries, issues, senders

Again: TypeAlias = Literal["uncertain", "refused"]

_CANCELLABLE: tuple[IssueState, ...] = ("draft", "held", "approved", "sending", "paused", "cancelled")
_RESENDABLE: tuple[IssueState, ...] = ("sending", "paused", "sent")


@dataclass(frozen=True, slots=True, kw_only=True)
class Steered:
    """The issue as it is now, the account of its copies, and how many copies this concerned."""

    issue: Issue
    certificate: Certificate
    copies: int


def pause_issue(app: App, newsletter: Newsletter, period: str, *, who: str, why: str | None = None) -> Steered:
    """Let no further copy leave until it is resumed. Copies whose answer is awaited are finished by their sender.

    What senders hold is given back, so that their fence fails. `copies` wait. Raises IssueError unless it is `sending`.
    """

    def pause(connection: Connection, issue: Issue) -> int:
        deliveries.release(connection, issue.id)
        return deliveries.open_left(connection, issue.id)

    return _steer(app, newsletter, period, ("sending",), "paused", pause, who=who, why=why)


def resume_issue(app: App, newsletter: Newsletter, period: str, *, who: str, why: str | None = None) -> Steered:
    """Allow a paused issue to leave; `issue send` or the service sends it on. Raises IssueError unless it is paused."""

    def resume(connection: Connection, issue: Issue) -> int:
        return deliveries.open_left(connection, issue.id)

    return _steer(app, newsletter, period, ("paused",), "sending", resume, who=who, why=why)


def cancel_issue(app: App, newsletter: Newsletter, period: str, *, who: str, why: str | None = None) -> Steered:
    """Give the issue up, for good: `copies` that did not begin to leave never will.

    A copy whose answer is awaited is left to its sender; where that has died, nobody knows whether it left. Cancelling
    once more only settles such copies. Raises IssueError when every copy is settled, or nothing was made.
    """

    def cancel(connection: Connection, issue: Issue) -> int:
        living = senders.living(connection, issue.id, app.clock())
        deliveries.recover(connection, issue.id, app.clock(), living, again=False, repeatable=False)
        return deliveries.cancel(connection, issue.id, app.clock())

    return _steer(app, newsletter, period, _CANCELLABLE, "cancelled", cancel, who=who, why=why)


def resend_copies(
    app: App, newsletter: Newsletter, period: str, state: Again, *, who: str, why: str | None = None
) -> Steered:
    """A person decided: `copies` that are `uncertain` or were `refused` wait again, and the issue is `sending`.

    Those who left meanwhile get nothing all the same. Raises IssueError when there is no such copy.
    """

    def resend(connection: Connection, issue: Issue) -> int:
        number = deliveries.resend(connection, issue.id, state)
        if number == 0:
            raise IssueError(f"{newsletter.name} {period}: {_none(connection, issue, state)}")
        return number

    told = why or f"{state} copies are sent again"
    return _steer(app, newsletter, period, _RESENDABLE, "sending", resend, who=who, why=told)


def resendable(app: App, newsletter: Newsletter, period: str, state: Again) -> int:
    """How many copies `resend_copies` would let wait again."""
    issue = find_issue(app, newsletter, period)
    with app.database.read() as connection:
        copies = deliveries.in_question(connection, issue.id)
    return sum(copy.state == state and bool(copy.address) for copy in copies)


def _none(connection: Connection, issue: Issue, state: Again) -> str:
    """Why there is nothing to send again."""
    if deliveries.certificate(connection, issue).counts.get(state):
        return f"whom the {state} copies were for is forgotten already; they cannot be sent again"
    return f"no copy is {state}; there is nothing to send again"


def _steer(
    app: App,
    newsletter: Newsletter,
    period: str,
    allowed: tuple[IssueState, ...],
    to: IssueState,
    act: Callable[[Connection, Issue], int],
    *,
    who: str,
    why: str | None,
) -> Steered:
    """Move the issue and act on its copies, together or not at all. Raises Overtaken when someone else was quicker."""
    issue = find_issue(app, newsletter, period)
    if issue.state not in allowed:
        raise IssueError(f"{newsletter.name} {period} is in state {issue.state}: {WHAT_NEXT[issue.state]}")
    with app.database.write() as connection:
        # An issue that was cancelled already has its reason.
        if issue.state == to == "cancelled":
            moved: Issue | None = issue
        else:
            moved = issues.move(connection, issue, to, at=app.clock(), who=who, why=why)
        if moved is None:
            raise Overtaken(f"{newsletter.name} {period} was changed by someone else meanwhile; look at it again")
        copies = act(connection, moved)
        return Steered(issue=moved, certificate=deliveries.certificate(connection, moved), copies=copies)
