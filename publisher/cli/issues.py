"""issue draft, list, show, approve; editing, holding, the gate and sending have rooms of their own."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click

from publisher.cli import proving, sending
from publisher.cli.common import (
    common,
    count,
    fail_if,
    has_errors,
    newsletter_option,
    opened,
    say,
    say_json,
    say_problems,
    table,
    week_named,
    week_option,
    who_named,
    who_option,
)
from publisher.cli.editing import edit, explain
from publisher.cli.gate import check, preview, test_send
from publisher.cli.holding import hold, release
from publisher.records import Issue

if TYPE_CHECKING:
    from publisher.actions.issues import Draft


@click.group()
def issue() -> None:
    """Draft, edit, check, preview, approve and send issues; and prove what became of every copy."""


for command in (edit, explain, check, preview, test_send, hold, release, *sending.COMMANDS, *proving.COMMANDS):
    issue.add_command(command)


@issue.command()
@week_option()
@newsletter_option()
@who_option()
@common
def draft(
    week: str | None, newsletter: str | None, who: str | None, site: Path, now: datetime | None, as_json: bool
) -> None:
    """Select and render the present issue, or that of any period; a draft is made again from what there is now.

    What is new is what no earlier issue carried, up to the moment it is to leave, or to now when that has gone by.

    With --period the issue takes in everything up to that period's end: a rehearsal for any one.
    """
    from publisher.actions.issues import draft_issue

    with opened(site, now) as app:
        made = draft_issue(app, app.newsletter(newsletter), week=week, who=who_named(who))
        if as_json:
            say_json(_as_json(made))
        else:
            _show(made)
            _say_next_after_draft(made)
    fail_if(has_errors(made.issue.findings) or made.edition is None)


@issue.command("list")
@common
def list_(site: Path, now: datetime | None, as_json: bool) -> None:
    """All issues, the latest first."""
    from publisher.actions.issues import list_issues

    with opened(site, now) as app:
        listed = list_issues(app)
        if as_json:
            say_json([_facts(one) for one in listed])
            return
        rows = [(i.period, i.newsletter, i.state, count(len(i.carried), "item"), i.reason) for i in listed]
        table(("Week", "Newsletter", "State", "Carries", "Because"), rows)
        if not rows:
            say("There is no issue yet. Next: publisher issue draft")


@issue.command()
@week_option()
@newsletter_option()
@common
def show(week: str | None, newsletter: str | None, site: Path, now: datetime | None, as_json: bool) -> None:
    """What an issue carries, what was found, what was done with it and what became of its copies."""
    from publisher.actions.issues import show_issue

    with opened(site, now) as app:
        letter = app.newsletter(newsletter)
        made, history, certificate = show_issue(app, letter, week_named(app, letter, week))
        if as_json:
            say_json(_as_json(made) | {"history": history, "certificate": proving.account(certificate)})
            return
        _show(made)
        for change in history:
            why = f": {change.why}" if change.why else ""
            click.echo(
                f"{change.at:%Y-%m-%d %H:%M} UTC  {change.before or 'new'} -> {change.after} by {change.who}{why}"
            )
        if certificate.recipients:
            click.echo(str(certificate))


@issue.command()
@week_option()
@newsletter_option()
@who_option()
@click.option("--override", metavar="REASON", help="Why the issue may leave although the gate found errors.")
@common
def approve(
    week: str | None,
    newsletter: str | None,
    who: str | None,
    override: str | None,
    site: Path,
    now: datetime | None,
    as_json: bool,
) -> None:
    """Freeze a draft: what is approved is what is sent, to the byte. It passes the gate first: see `issue check`.

    Errors stop it. With --override they do not; the reason is kept in the audit log and printed in every report.
    What would break an embargo or leave readers no way out cannot be overridden.

    --as is only a claim: where approval = "two-person", people approve by their personal links instead.
    """
    from publisher.actions.agreeing import approve_by_hand

    with opened(site, now) as app:
        letter = app.newsletter(newsletter)
        made = approve_by_hand(app, letter, week_named(app, letter, week), who=who_named(who), override=override)
        if as_json:
            say_json(_as_json(made))
            return
        say_problems([f for f in made.issue.findings if f.severity != "note"])
        click.echo(f"{made.issue.newsletter} {made.issue.period} approved by {who_named(who)}")
        say(f"Next: publisher issue send --period {made.issue.period}")


def _facts(one: Issue) -> dict[str, Any]:
    return {
        "newsletter": one.newsletter,
        "period": one.period,
        "state": one.state,
        "after": one.after,
        "cut_off": one.cut_off,
        "lead": one.lead,
        "entries": one.entries,
        "events": one.events,
        "findings": one.findings,
        "edits": one.edits,
        "overrides": one.overrides,
        "reason": one.reason,
    }


def _as_json(made: "Draft") -> dict[str, Any]:
    """The issue with its items in printing order; the finished documents are for `preview`."""
    lead = {"id": made.lead.id, "headline": made.lead.headline} if made.lead else None
    return _facts(made.issue) | {
        "lead": lead,
        "teasers": [{"id": entry.id, "headline": entry.headline} for entry in made.entries],
        "events": [{"id": event.id, "title": event.title, "start": event.start} for event in made.events],
        "subject": made.edition.subject if made.edition else None,
        "preheader": made.edition.preheader if made.edition else None,
        "hash": made.edition.hash if made.edition else None,
        "editions": [
            {"language": e.language, "subject": e.subject, "preheader": e.preheader, "hash": e.hash}
            for e in made.editions
        ],
        "largest_copy_bytes": made.largest_copy,
    }


def _show(made: "Draft") -> None:
    one = made.issue
    click.echo(f"{one.newsletter} {one.period}, {one.state}, takes in {_moment(one.after)} to {_moment(one.cut_off)}")
    for edition in made.editions:
        click.echo(f"Subject{f' [{edition.language}]' if len(made.editions) > 1 else ''}: {edition.subject}")
    rows = [("lead", made.lead.headline, "")] if made.lead else []
    rows += [("also", entry.headline, "") for entry in made.entries]
    rows += [("event", e.title, f"{e.start.astimezone(ZoneInfo(e.zone)):%Y-%m-%d %H:%M}") for e in made.events]
    table(("", "Headline", ""), rows)
    if made.edition:
        click.echo(f"Largest copy: {made.largest_copy / 1024:.1f} KB of HTML (Gmail cuts at 102)")
    say_problems(one.findings)


def _moment(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def _say_next_after_draft(made: "Draft") -> None:
    week = made.issue.period
    if made.edition is None:
        say("Nothing new to carry. Next: publisher collect, then draft again.")
    elif has_errors(made.issue.findings):
        say("Mend what is marked error, then draft again.")
    else:
        say(f"Next: publisher issue preview --period {week}, publisher issue check --period {week}, then approve")
