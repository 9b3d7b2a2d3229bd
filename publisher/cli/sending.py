"""issue send, pause, resume, cancel, resend: an issue on its way.

Exit codes of all that sends or accounts: 0 everyone has one copy; 3 every copy is settled, but some were refused, given
up or are in doubt; 4 not finished; 1 it could not be done.
"""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from publisher.cli.common import (
    common,
    count,
    dry_run_option,
    lift_guard,
    newsletter_option,
    opened,
    progress,
    refuse_rehearsal,
    say,
    say_json,
    week_named,
    week_option,
    who_named,
    who_option,
)
from publisher.cli.proving import account, exit_code
from publisher.errors import IssueError

if TYPE_CHECKING:
    from publisher.actions.sending import Sending
    from publisher.app import App

yes_option = click.option("--yes", is_flag=True, help="Do not ask.")


@click.command()
@week_option()
@newsletter_option()
@who_option()
@dry_run_option(help="Say what would be sent, and by what; send nothing.")
@click.option("--limit", type=click.IntRange(1), help="Stop after so many copies; the others wait.")
@click.option("--after-restore", is_flag=True, help="Send although the database was restored; written down with --as.")
@yes_option
@common
def send(
    week: str | None,
    newsletter: str | None,
    who: str | None,
    dry_run: bool,
    limit: int | None,
    after_restore: bool,
    yes: bool,
    site: Path,
    now: datetime | None,
    as_json: bool,
) -> None:
    """Send the approved issue, one copy for each subscriber; or go on with one that was interrupted.

    Sending again is safe: who was accepted gets nothing twice. Before a list gets mail by a relay for the first time
    you are asked for the number of its people. Ctrl-C and SIGTERM finish what is under way.

    Exit code 0: everyone has one copy. 3: all is settled, but some copies were refused, given up or are in doubt.
    4: not finished; the same command goes on, and so does `publisher run`.
    """
    from publisher.actions.sending import outlook, send_issue

    with opened(site, now) as app:
        letter = app.newsletter(newsletter)
        period = week_named(app, letter, week)
        if after_restore and dry_run:
            raise click.UsageError("--after-restore changes what may be sent: leave out --dry-run.")
        lift_guard(app, after_restore, who)
        found = outlook(app, letter, period)
        if dry_run:
            _say_outlook(app, found, as_json)
            return
        refuse_rehearsal(app, now, "leave it out, or add --dry-run")
        if found.first_live and found.waiting and not yes:
            _ask(f"This list never got mail by {found.relay} before", letter.sender[1], found.waiting)
        waiting = min(found.waiting, limit or found.waiting)
        with _told_to_stop(app), progress("Sending", waiting) as advance:
            sent = send_issue(app, letter, period, who=who_named(who), limit=limit, progress=advance)
        _say_sent(sent, as_json)
    raise click.exceptions.Exit(exit_code(sent.certificate))


@contextmanager
def _told_to_stop(app: "App") -> Iterator[None]:
    """The first signal ends it after what is under way, the second at once."""

    def stop(number: int, _: object) -> None:
        if app.stop.is_set():
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)
        app.stop.set()
        # Not by print: the signal may have come in the middle of one, which cannot be entered twice.
        with suppress(OSError):
            os.write(2, "Stopping after what is under way …\n".encode())

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _ask(why: str, sender: str, number: int) -> None:
    """Let a person type the number of people. Raises IssueError when it is another, or nobody is there to ask."""
    people = count(number, "person", "people")
    if not sys.stdin.isatty():
        raise IssueError(f"{why}: nobody is here to ask; run it in a terminal, or add --yes for {people} from {sender}")
    say(f"{why}.\nFrom:  {sender}\nTo:    {people}")
    typed = click.prompt("Type the number of people to go on", err=True, default="", show_default=False)
    if typed.strip() != str(number):
        raise IssueError(f'"{typed[:40]}" is not {number}; nothing was sent')


def _say_outlook(app: "App", found: "Sending", as_json: bool) -> None:
    from publisher.actions.pacing import pace_in_force

    in_force = pace_in_force(app)
    rate = in_force.pace.per_minute
    minutes = found.waiting / rate if rate and app.relay else None
    if as_json:
        facts = {"relay": found.relay, "waiting": found.waiting, "first_live": found.first_live, "minutes": minutes}
        say_json(_facts(found) | facts | {"pace": in_force.pace})
        return
    name = f"{found.issue.newsletter} {found.issue.period}"
    where = f"by {found.relay}" if app.relay else f"as files in {found.outbox}"
    click.echo(f"{name} would go to {count(found.waiting, 'subscriber')}, {where}")
    if minutes is not None:
        click.echo(f"At {rate} a minute that takes {_duration(timedelta(minutes=minutes))}.")
    if in_force.opens:
        click.echo(f"The send window opens at {in_force.opens:%Y-%m-%d %H:%M} UTC.")
    if found.first_live:
        click.echo("This list never got mail by a relay before.")
    say("Nothing was sent: this was a dry run.")


def _facts(found: "Sending") -> dict[str, Any]:
    issue, certificate = found.issue, found.certificate
    return {
        "newsletter": issue.newsletter,
        "period": issue.period,
        "state": issue.state,
        "certificate": account(certificate),
        "outbox": found.outbox,
        "dry_run": found.dry_run,
        "ending": found.ending,
        "next_try": found.next_try,
    }


def _say_sent(sent: "Sending", as_json: bool) -> None:
    if as_json:
        say_json(_facts(sent))
        return
    click.echo(str(sent.certificate))
    if sent.outbox:
        say(f"The messages are in {sent.outbox}")
    if sent.certificate.holds:
        if not sent.certificate.everyone_has_one:
            say(f"Who got none, or is in doubt: publisher issue certificate --period {sent.issue.period}")
        return
    why = sent.ending.said if sent.ending else ""
    if sent.next_try:
        deferred = count(sent.certificate.counts.get("deferred", 0), "copy is", "copies are")
        why = "; ".join(filter(None, [why, f"{deferred} tried again from {sent.next_try:%Y-%m-%d %H:%M} UTC"]))
    say(f"Not finished: {why or 'copies wait'}.")
    if sent.issue.state == "paused":
        say("It is paused: mend what is named above, then `publisher issue resume` and send it again.")
    else:
        say("`publisher run` goes on by itself; or give the same command again.")


@click.command()
@week_option()
@newsletter_option()
@who_option()
@common
def pause(
    week: str | None, newsletter: str | None, who: str | None, site: Path, now: datetime | None, as_json: bool
) -> None:
    """Let no further copy of an issue leave. What is under way is finished; `issue resume` lets it go on."""
    from publisher.actions.steering import pause_issue

    with opened(site, now) as app:
        letter = app.newsletter(newsletter)
        done = pause_issue(app, letter, week_named(app, letter, week), who=who_named(who))
        _say_steered(done, as_json, f"paused, {count(done.copies, 'copy waits', 'copies wait')}")


@click.command()
@week_option()
@newsletter_option()
@who_option()
@common
def resume(
    week: str | None, newsletter: str | None, who: str | None, site: Path, now: datetime | None, as_json: bool
) -> None:
    """Let a paused issue leave: `publisher run` sends it on, or `issue send`."""
    from publisher.actions.steering import resume_issue

    with opened(site, now) as app:
        letter = app.newsletter(newsletter)
        done = resume_issue(app, letter, week_named(app, letter, week), who=who_named(who))
        _say_steered(done, as_json, f"may leave again, {count(done.copies, 'copy waits', 'copies wait')}")


@click.command()
@week_option()
@newsletter_option()
@who_option()
@yes_option
@common
def cancel(
    week: str | None,
    newsletter: str | None,
    who: str | None,
    yes: bool,
    site: Path,
    now: datetime | None,
    as_json: bool,
) -> None:
    """Give an issue up, for good: whoever did not get it yet never will."""
    from publisher.actions.steering import cancel_issue

    with opened(site, now) as app:
        letter = app.newsletter(newsletter)
        period = week_named(app, letter, week)
        if not yes:
            if not sys.stdin.isatty():
                raise IssueError(f"giving up {letter.name} {period} cannot be undone; add --yes if you are sure")
            click.confirm(f"Give up {letter.name} {period}, for good?", abort=True, err=True)
        done = cancel_issue(app, letter, period, who=who_named(who))
        _say_steered(done, as_json, f"given up, {count(done.copies, 'copy', 'copies')} will never leave")


@click.command()
@week_option()
@newsletter_option()
@who_option()
@click.option("--uncertain", "state", flag_value="uncertain", help="Those nobody knows of whether they arrived.")
@click.option("--refused", "state", flag_value="refused", help="Those the relay refused.")
@yes_option
@common
def resend(
    week: str | None,
    newsletter: str | None,
    who: str | None,
    state: str | None,
    yes: bool,
    site: Path,
    now: datetime | None,
    as_json: bool,
) -> None:
    """Let copies wait again that a person decided on; `publisher run` sends them, or `issue send`.

    Uncertain copies may have arrived: whoever has one gets a second, with the same Message-ID.
    """
    from publisher.actions.steering import resend_copies, resendable

    if state not in ("uncertain", "refused"):
        raise click.UsageError("Say which: --uncertain or --refused.")
    with opened(site, now) as app:
        letter = app.newsletter(newsletter)
        period = week_named(app, letter, week)
        number = resendable(app, letter, period, state)  # type: ignore[arg-type]  # one of the two, see above
        if state == "uncertain" and number and not yes:
            _ask("These copies may have arrived already, and would arrive twice", letter.sender[1], number)
        done = resend_copies(app, letter, period, state, who=who_named(who))  # type: ignore[arg-type]  # likewise
        _say_steered(done, as_json, f"{count(done.copies, 'copy waits', 'copies wait')} again")
        say(f"Next: publisher issue send --period {period}")


def _say_steered(done: Any, as_json: bool, what: str) -> None:
    if as_json:
        told = {"newsletter": done.issue.newsletter, "period": done.issue.period, "state": done.issue.state}
        say_json(told | {"copies": done.copies, "certificate": account(done.certificate)})
        return
    click.echo(f"{done.issue.newsletter} {done.issue.period} {what}")


def _duration(duration: timedelta) -> str:
    minutes = max(1, round(duration.total_seconds() / 60))
    hours, rest = divmod(minutes, 60)
    return f"{count(hours, 'hour')} and {count(rest, 'minute')}" if hours else count(minutes, "minute")


COMMANDS = (send, pause, resume, cancel, resend)
