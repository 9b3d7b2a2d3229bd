"""What the unattended service does when something is due: collect, draft, check, approve by rule, send, prove."""

import logging
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import Literal

from publisher.actions.agreeing import settle
from publisher.actions.alarms import raise_alarm, tell_alarms
from publisher.actions.approving import approve_issue
from publisher.actions.attending import is_overdue, is_to_be_drafted, write_notices
from publisher.actions.bounces import poll_mailbox
from publisher.actions.feeds import build_feeds
from publisher.actions.gathering import gather, unreadable
from publisher.actions.issues import (
    cut_off_of,
    draft_issue,
    record_missed,
    record_skipped,
    redraft,
    settle_without_sending,
)
from publisher.actions.retention import forget_what_is_due
from publisher.actions.sending import nobody_to_write_to, send_issue
from publisher.actions.subscribing import mail_requests
from publisher.actions.telling import tell_staff
from publisher.actions.watching import watch
from publisher.actions.websub import tell_hub
from publisher.app import App
from publisher.errors import GateClosed, IssueError, Overtaken, PublisherError, StoreAway
from publisher.records import Issue, Newsletter, Period
from publisher.store import content, heartbeats, issues

WHO = "scheduler"
_VOUCHED = "clock vouched for"
_LATEST = 50
_log = logging.getLogger("publisher.run")


def ledger(app: App) -> list[Issue]:
    """What is open, and the latest issues of each newsletter: what is due follows from these, after ten years, too."""
    with app.database.read() as connection:
        return issues.open_and_latest(connection, _LATEST)


def next_release(app: App) -> datetime | None:
    """When the next article becomes readable: its embargo ends, or its own moment comes."""
    with app.database.read() as connection:
        return content.next_release(connection, app.clock())


def beat(app: App) -> None:
    """Leave a sign that the service is awake."""
    with app.database.write() as connection:
        heartbeats.beat(connection, WHO, app.clock())


def moments(app: App) -> tuple[datetime | None, datetime | None]:
    """When the service was last awake; and the newest moment in the audit log, if nobody vouched for an earlier one."""
    with app.database.read() as connection:
        newest, vouched = issues.newest_moment(connection), heartbeats.last(connection, _VOUCHED)
        return heartbeats.last(connection, WHO), None if newest and vouched and newest <= vouched else newest


def vouch(app: App) -> None:
    """A person says that it is now what the clock says: what was written down as later is known to be wrong."""
    with app.database.write() as connection:
        newest = issues.newest_moment(connection)
        if newest and newest > app.clock():
            heartbeats.beat(connection, _VOUCHED, newest)
        heartbeats.beat(connection, WHO, app.clock())


def cry(app: App, why: str) -> None:
    """Tell staff that nothing is done by this clock: a person must hear of it before readers miss an issue."""
    raise_alarm(app, "clock", "", "", f"{why[0].upper()}{why[1:]}.")
    tell_alarms(app)


def make(app: App, newsletter: Newsletter, period: Period) -> str:
    """Make the period's issue and send it if the newsletter's rule allows; what was done, as a line.

    Of several schedulers one is first at each step; the others see that and stand back. Raises Overtaken for them.
    """
    try:
        return _make(app, newsletter, period)
    except IssueError as exc:
        issue = _known(app, newsletter, period)
        if issue is not None and issue.state != "draft":
            raise Overtaken(f"another scheduler has brought it to state {issue.state}") from exc
        raise


def _make(app: App, newsletter: Newsletter, period: Period) -> str:
    issue = _known(app, newsletter, period)
    if issue is None or issue.drafted_at < cut_off_of(newsletter, period):
        issue = _drafted(app, newsletter, period)
    elif issue.state == "draft" and newsletter.approval == "automatic":
        # As it is now: what is approved must be what was drafted, and an article may have changed since.
        issue = redraft(app, newsletter, period, issue.cut_off, issue, issue.edits, WHO).issue
    return _release(app, newsletter, issue)


def _drafted(app: App, newsletter: Newsletter, period: Period) -> Issue:
    """The draft at its cut-off. One made by hand before does not know what came in since.

    A source that is down stops no issue: that it is missing stands in the issue's history.
    """
    gather(app, all_of_them=True)
    build_feeds(app)
    down = unreadable(app)
    why = f"drafted without what could not be read: {', '.join(down)}" if down else None
    issue = draft_issue(app, newsletter, period=period, who=WHO, why=why).issue
    _log.info("%s %s %s", newsletter.name, period.name, why or "drafted")
    return issue


def attend(app: App, newsletter: Newsletter, period: Period) -> Iterator[str]:
    """What concerns the staff of a newsletter in one period: draft ahead of the slot | approve what has all its
    approvals | keep the deadline | write down whom to tell. What was done, as lines; the mails leave in `tend`.
    """
    name, issue = f"{newsletter.name} {period.name}", _known(app, newsletter, period)
    if is_to_be_drafted(newsletter, period, issue, app.clock()):
        issue = _drafted(app, newsletter, period)
        yield f"{name} drafted; it is to leave at {period.slot:%Y-%m-%d %H:%M} UTC"
    elif issue is not None and settle(app, newsletter, issue):
        yield f"{name} approved by all who must"
    elif issue is not None and is_overdue(app, newsletter, period, issue):
        yield _release(app, newsletter, issue, overdue=True)
    if issue is not None and app.staff_of(newsletter.name):
        write_notices(app, newsletter, period)


def go_on(app: App, newsletter: Newsletter, period: Period) -> str:
    """Send what an approved or interrupted issue still has waiting."""
    return _sent(app, newsletter, period.name)


def _sent(app: App, newsletter: Newsletter, period: str) -> str:
    """Send it; in the service beside all else, for that may take hours: then there is nothing to tell of yet."""
    if app.aside is None:
        return _sent_now(app, newsletter, period)
    app.aside("send", f"{newsletter.name} {period}", partial(_sent_now, app, newsletter, period))
    return ""


def _sent_now(app: App, newsletter: Newsletter, period: str) -> str:
    """The account of what was sent, and why it is not all yet."""
    done = send_issue(app, newsletter, period, who=WHO, by_hand=False)
    told = [str(done.certificate)]
    if not done.certificate.holds and done.ending and done.ending.said:
        told.append(done.ending.said)
    return "; ".join(told)


def miss(app: App, newsletter: Newsletter, period: Period) -> str:
    """Write down that the slot went by unused."""
    why = record_missed(app, newsletter, period, who=WHO)
    return f"{newsletter.name} {period.name} missed: {why}"


def skip(app: App, newsletter: Newsletter, period: Period) -> str:
    """Write down that the schedule leaves this period out."""
    why = record_skipped(app, newsletter, period, who=WHO)
    return f"{newsletter.name} {period.name} skipped: {why}"


ACTIONS: dict[Literal["make", "on", "missed", "skip"], Callable[[App, Newsletter, Period], str]] = {
    "make": make,
    "on": go_on,
    "missed": miss,
    "skip": skip,
}


def refresh(app: App) -> tuple[list[str], bool]:
    """Bring the feeds up to now: what came in, was released, changed or sent since; what was done, and whether all is
    well.

    This is what an embargo's end wakes the service for. A build that finds nothing new only reads.
    """
    came = gather(app)
    built = build_feeds(app)
    written = sum(what == "written" for one in built for what in (one.files | one.archives).values())
    problems = [problem for one in built for problem in one.problems]
    lines = [f"feeds: {written} documents written"] if written else []
    lines += [f"feeds: {p.severity}: {p.place}: {p.mend}" for p in problems if written or p.severity == "error"]
    lines += [f"hub: {one.what}: {one.url}{f': {one.why}' if one.why else ''}" for one in tell_hub(app)]
    well = all(well for _, well in came) and not any(problem.severity == "error" for problem in problems)
    return [line for line, _ in came] + lines, well


def tend(app: App) -> Iterator[tuple[str, bool]]:
    """What keeps the list of subscribers in order: mails that wait for an answer, reports that came back, and what is
    to be forgotten; then staff are told of trouble and of their issues. Each as a line, and whether it went well; one's
    trouble never stops the others."""
    for what, every, act in (
        ("confirmations", timedelta(), _confirmations),
        ("bounces", timedelta(minutes=app.config.bounces.poll_minutes), _reports),
        ("retention", timedelta(days=1), _retention),
        ("watch", timedelta(), _watch),
        ("alarms", timedelta(), _alarms),
        ("staff", timedelta(), _staff),
    ):
        if _is_due(app, what, every):
            try:
                line = act(app)
            except StoreAway:
                raise  # the others would wait for the database, too
            except PublisherError as exc:
                yield f"{what}: {exc}", False
                continue
            except Exception:
                _log.exception("internal error in %s", what)
                yield f"{what}: internal error, see the log", False
                continue
            with app.database.write() as connection:
                heartbeats.beat(connection, what, app.clock())
            if line:
                yield f"{what}: {line}", True


def _is_due(app: App, what: str, every: timedelta) -> bool:
    if not every:
        return True
    with app.database.read() as connection:
        last = heartbeats.last(connection, what)
    return last is None or last + every <= app.clock()


def _confirmations(app: App) -> str:
    sent = mail_requests(app)
    return f"{sent} sent that had been left over" if sent else ""


def _reports(app: App) -> str:
    judged = poll_mailbox(app) or []
    gone = sum(one.action == "suppress" for one in judged)
    return f"{len(judged)} messages read, {gone} addresses not written to any more" if judged else ""


def _retention(app: App) -> str:
    done = forget_what_is_due(app)
    people = done.left + done.unconfirmed
    return f"recipients of {done.copies} copies and {people} people forgotten" if done.copies or people else ""


def _watch(app: App) -> str:
    """Each alarm has its own line in the log when it is raised."""
    watch(app)
    return ""


def _alarms(app: App) -> str:
    """Nothing about those that only wait: they are tried so often that nobody would read the log."""
    if app.aside is None:
        return _told(app)
    app.aside("alarms", "alarms", partial(_told, app))
    return ""


def _told(app: App) -> str:
    said = tell_alarms(app)
    told, ended = (sum(one.what == what for one in said) for what in ("told", "given up"))
    return f"{told} told, {ended} given up" if told or ended else ""


def _staff(app: App) -> str:
    """Likewise."""
    said = tell_staff(app)
    told, ended = (sum(one.what == what for one in said) for what in ("told", "given up"))
    return f"{told} mails sent, {ended} given up" if told or ended else ""


def _known(app: App, newsletter: Newsletter, period: Period) -> Issue | None:
    with app.database.read() as connection:
        return issues.find(connection, newsletter.name, period.name)


def _release(app: App, newsletter: Newsletter, issue: Issue, *, overdue: bool = False) -> str:
    """skip | hold | wait | approve and send, by what the draft carries and what was found.

    `overdue`: it was to be approved by now, and its newsletter's deadline says what becomes of it.
    """
    name = f"{newsletter.name} {issue.period}"
    if not issue.carried:
        settle_without_sending(app, issue, "skipped", who=WHO, why="nothing new to carry")
        return f"{name} skipped: nothing new to carry"
    errors = [finding for finding in issue.findings if finding.severity == "error"]
    if errors:
        why = f"{errors[0].place}: {errors[0].mend}"
        settle_without_sending(app, issue, "held", who=WHO, why=why)
        return f"{name} held: {why}"
    if nobody_to_write_to(app, newsletter):
        why = "there is nobody to write to; import subscribers, then draft it again"
        settle_without_sending(app, issue, "held", who=WHO, why=why)
        return f"{name} held: {why}"
    if newsletter.approval != "automatic" and not overdue:
        return f"{name} waits for approval: publisher issue approve --period {issue.period}"
    if newsletter.approval != "automatic" and newsletter.deadline == "hold":
        why = "it was not approved by its slot"
        settle_without_sending(app, issue, "held", who=WHO, why=why)
        return f"{name} held: {why}"
    rule = "deadline = send" if overdue else "approval = automatic"
    try:
        approve_issue(app, newsletter, issue.period, who=f"{WHO}, by the rule {rule}")
    except Overtaken:
        raise
    except IssueError as exc:
        # At its deadline nobody makes the draft anew: nobody would have looked at what leaves then.
        if not (overdue or isinstance(exc, GateClosed)):
            raise
        why = str(exc).removeprefix(f"{name} cannot be approved: ").removeprefix(f"{name} ")
        settle_without_sending(app, issue, "held", who=WHO, why=why)
        return f"{name} held: {why}"
    return _sent(app, newsletter, issue.period)
