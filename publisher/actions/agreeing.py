"""Staff act on an issue: approve what they saw, stop it, let it go on, say something about it.

An approval is for one content and one audience, told by a hash. Any edit and any hold makes all approvals void. When
the last that is needed arrives, the issue is frozen through the gate in the same transaction.
"""

from dataclasses import dataclass
from hashlib import sha256
from typing import Literal

from publisher.actions.approving import approve_issue
from publisher.actions.issues import WHAT_NEXT, Draft, as_draft, find_issue, told_of
from publisher.actions.passes import Opened, write_down
from publisher.actions.standing import approvers, content_of, listed, standing
from publisher.app import App
from publisher.errors import GateClosed, IssueError, Overtaken
from publisher.records import Approval, Comment, Issue, Newsletter, Person, is_enough, needed, stand_by
from publisher.store import Connection, approvals, issues

MOST_LETTERS = 2000
"""Of a comment, or of a reason to hold."""

_HELD: tuple[str, ...] = ("draft", "approved")


@dataclass(frozen=True, slots=True, kw_only=True)
class Acted:
    """What became of it: `done` now, done `before` (the same was sent twice), or nothing, for things are `otherwise`
    than this person saw them, or they `may not`. `said` says it in a sentence."""

    what: Literal["done", "before", "otherwise", "may not"]
    said: str


def approve(app: App, opened: Opened, revision: int) -> Acted:
    """One of the staff approves the issue as their link shows it; `revision` is that of the page they saw.

    Raises GateClosed when something must not leave, IssueError when the issue is not what was drafted any more.
    """
    person, newsletter, issue = opened.person, opened.newsletter, opened.issue
    if not person.may("approve"):
        return _may_not(person, "approve")
    if person.name in standing(app, newsletter, issue):
        settle(app, newsletter, issue)
        return Acted(what="before", said="You have approved this issue; there is nothing more to do.")
    if issue.state not in ("draft", "held") or not opened.is_current or issue.revision != revision:
        return _otherwise(issue)
    mine = Approval(who=person.name, hash=opened.content, at=app.clock(), how="link")
    try:
        return _approved(app, opened, mine)
    except GateClosed:
        raise
    except IssueError:
        # Somebody was quicker: perhaps this same person, whose form came twice.
        now = find_issue(app, newsletter, issue.period)
        if person.name in standing(app, newsletter, now):
            return Acted(what="before", said="You have approved this issue; there is nothing more to do.")
        if now.revision != revision:
            return _otherwise(now)
        raise


def _approved(app: App, opened: Opened, mine: Approval) -> Acted:
    newsletter, issue = opened.newsletter, opened.issue
    with app.database.read() as connection:
        given = [*approvals.of(connection, issue.id), mine]
    able = approvers(app, newsletter)
    if is_enough(newsletter.approval, given, able, mine.hash):

        def also(connection: Connection, made: Draft) -> None:
            same = content_of(newsletter, told_of(made.editions)) == mine.hash
            if not same or made.issue.revision != issue.revision:
                raise Overtaken(f"{newsletter.name} {issue.period} was changed by someone else meanwhile")
            approvals.add(connection, issue.id, mine)

        who = listed(stand_by(given, able, mine.hash))
        approve_issue(app, newsletter, issue.period, who=who[:120], also=also)
        return Acted(what="done", said="The issue is approved. What you saw is what will leave.")
    _refuse_errors(app, newsletter, issue)
    with app.database.write() as connection:
        issues.alone(connection, newsletter.name)
        now = issues.find(connection, newsletter.name, issue.period)
        if now is None or now.revision != issue.revision:
            raise Overtaken(f"{newsletter.name} {issue.period} was changed by someone else meanwhile")
        approvals.add(connection, issue.id, mine)
        text = f"Approved by {mine.who}\nOne more person must approve it."
        write_down(app, connection, newsletter, issue, "acted", _about(text, opened), text, but=mine.who)
    if settle(app, newsletter, issue):  # another came at the same moment
        return Acted(what="done", said="The issue is approved. What you saw is what will leave.")
    return Acted(what="done", said="Your approval is kept. One more person must approve the issue before it can leave.")


def _refuse_errors(app: App, newsletter: Newsletter, issue: Issue) -> None:
    """What the last approval would stumble over must not be approved by the first either: nor what is not shown."""
    if issue.looked_at and told_of(as_draft(app, newsletter, issue).editions) != issue.looked_at:
        raise IssueError(
            f"{issue.newsletter} {issue.period} is not what was drafted any more: an article, a picture or a setting "
            "changed; have it drafted again, then look at it anew"
        )
    errors = [finding for finding in issue.findings if finding.severity == "error"]
    if errors:
        raise GateClosed(f"{issue.newsletter} {issue.period} cannot be approved: {errors[0].place}: {errors[0].mend}")


def settle(app: App, newsletter: Newsletter, issue: Issue) -> bool:
    """Freeze a draft whose approvals are all there: two may have come at once, or a program died in between.

    Whether it was frozen now. Raises GateClosed or IssueError.
    """
    now = find_issue(app, newsletter, issue.period)
    by = standing(app, newsletter, now)
    if now.state not in ("draft", "held") or len(by) < needed(newsletter.approval):
        return False
    try:
        approve_issue(app, newsletter, issue.period, who=listed(by)[:120])
    except GateClosed:
        raise
    except IssueError:
        if find_issue(app, newsletter, issue.period).state in ("draft", "held"):
            raise
        return False
    return True


def hold(app: App, opened: Opened, revision: int, why: str) -> Acted:
    """One of the staff stops the issue; it leaves only when it is approved anew."""
    person, newsletter, issue = opened.person, opened.newsletter, opened.issue
    if not person.may("hold"):
        return _may_not(person, "hold")
    if issue.revision != revision or issue.state not in _HELD:
        return _otherwise(issue)
    try:
        hold_issue(app, newsletter, issue.period, who=person.name, why=why)
    except Overtaken:
        return _otherwise(find_issue(app, newsletter, issue.period))
    return Acted(what="done", said="The issue is held. It does not leave before somebody approves it.")


def hold_issue(app: App, newsletter: Newsletter, period: str, *, who: str, why: str) -> Issue:
    """Stop an issue that has not begun to leave; all its approvals are void. Raises IssueError when it is too late."""
    issue = find_issue(app, newsletter, period)
    if issue.state not in _HELD:
        raise IssueError(f"{newsletter.name} {period} is in state {issue.state}: {WHAT_NEXT[issue.state]}")
    reason = one_line(why) or f"held by {who}"
    return _stopped(app, newsletter, issue, "held", who, reason)


def release_issue(app: App, newsletter: Newsletter, period: str, *, who: str, why: str | None = None) -> Issue:
    """Make a held issue a draft again, which may leave as the newsletter's rule says. Raises IssueError for others."""
    issue = find_issue(app, newsletter, period)
    if issue.state != "held":
        raise IssueError(f"{newsletter.name} {period} is in state {issue.state}, not held: {WHAT_NEXT[issue.state]}")
    return _stopped(app, newsletter, issue, "draft", who, one_line(why or "") or "released")


def _stopped(app: App, newsletter: Newsletter, issue: Issue, to: Literal["held", "draft"], who: str, why: str) -> Issue:
    with app.database.write() as connection:
        moved = issues.stop(connection, issue, to, at=app.clock(), who=who, why=why)
    if moved is None:
        raise Overtaken(f"{newsletter.name} {issue.period} was changed by someone else meanwhile; look at it again")
    return moved


def comment(app: App, opened: Opened, text: str) -> Acted:
    """One of the staff says something about the issue; the others are told."""
    person, said = opened.person, one_line(text)
    if not person.may("comment"):
        return _may_not(person, "comment")
    if not said:
        return Acted(what="otherwise", said="The comment was empty; nothing was kept.")
    new = Comment(who=person.name, at=app.clock(), text=said)
    with app.database.write() as connection:
        digest = sha256(f"{opened.content}\0{said}".encode()).hexdigest()
        if not approvals.comment(connection, opened.issue.id, new, digest):
            return Acted(what="before", said="Your comment is kept.")
        told = f"Comment by {person.name}\n{said}"
        write_down(
            app, connection, opened.newsletter, opened.issue, "acted", _about(told, opened), told, but=person.name
        )
    return Acted(what="done", said="Your comment is kept; the others are told.")


def approve_by_hand(app: App, newsletter: Newsletter, period: str, *, who: str, override: str | None = None) -> Draft:
    """Approve at the command line, where `who` is only a claim. Raises IssueError where two people must prove it."""
    if newsletter.approval == "two-person":
        raise IssueError(
            f"{newsletter.name} needs two people, and the command line cannot prove who you are: each approves by the "
            f"personal link in their mail, or by one from `publisher staff link --week {period} --as NAME`"
        )

    def also(connection: Connection, made: Draft) -> None:
        content = content_of(newsletter, told_of(made.editions))
        claim = Approval(who=who[:120], hash=content, at=app.clock(), how="command line")
        approvals.add(connection, made.issue.id, claim)

    return approve_issue(app, newsletter, period, who=who, override=override, also=also)


def one_line(text: str) -> str:
    """What somebody typed, on one line and not too long."""
    shown = "".join(letter if letter.isprintable() else " " for letter in text)
    return " ".join(shown.split())[:MOST_LETTERS]


def _about(text: str, opened: Opened) -> str:
    return sha256(f"{text}\0{opened.content}\0{opened.issue.revision}".encode()).hexdigest()[:32]


def _may_not(person: Person, act: str) -> Acted:
    return Acted(what="may not", said=f"As {person.rights} you may not {act} issues; ask an approver.")


def _otherwise(issue: Issue) -> Acted:
    return Acted(
        what="otherwise",
        said=f"Nothing was done: the issue has changed since you opened this page. It is in state {issue.state} now.",
    )
