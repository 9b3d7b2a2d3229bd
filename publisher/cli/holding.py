"""issue hold, issue release: stop an issue before it leaves, and let it go on."""

from datetime import datetime
from pathlib import Path

import click

from publisher.cli.common import (
    common,
    newsletter_option,
    opened,
    say,
    say_json,
    week_named,
    week_option,
    who_named,
    who_option,
)


@click.command()
@week_option()
@newsletter_option()
@who_option()
@click.option("--why", metavar="REASON", required=True, help="What must be mended or decided first; staff read it.")
@common
def hold(
    week: str | None, newsletter: str | None, who: str | None, why: str, site: Path, now: datetime | None, as_json: bool
) -> None:
    """Stop an issue that has not begun to leave; who had approved it has to approve it again.

    It leaves only when a person approves it, or releases it: issue release. What is on its way is stopped by
    `issue pause`.
    """
    from publisher.actions.agreeing import hold_issue

    with opened(site, now) as app:
        letter = app.newsletter(newsletter)
        held = hold_issue(app, letter, week_named(app, letter, week), who=who_named(who), why=why)
    if as_json:
        say_json({"newsletter": held.newsletter, "period": held.period, "state": held.state, "reason": held.reason})
        return
    click.echo(f"{held.newsletter} {held.period} held by {who_named(who)}: {held.reason}")
    say(f"Next: mend it, then publisher issue release --week {held.period}, or publisher issue approve")


@click.command()
@week_option()
@newsletter_option()
@who_option()
@click.option("--why", metavar="REASON", help="What was mended or decided, for the issue's history.")
@common
def release(
    week: str | None,
    newsletter: str | None,
    who: str | None,
    why: str | None,
    site: Path,
    now: datetime | None,
    as_json: bool,
) -> None:
    """Make a held issue a draft again: it may leave as its newsletter's rule of approval says.

    Where approval = "automatic" and its slot has come, `publisher run` sends it within a minute.
    """
    from publisher.actions.agreeing import release_issue

    with opened(site, now) as app:
        letter = app.newsletter(newsletter)
        freed = release_issue(app, letter, week_named(app, letter, week), who=who_named(who), why=why)
    if as_json:
        say_json({"newsletter": freed.newsletter, "period": freed.period, "state": freed.state})
        return
    click.echo(f"{freed.newsletter} {freed.period} released by {who_named(who)}; it is a draft again")
    if letter.approval == "automatic":
        say("It leaves by itself at its slot, or within a minute when that has come.")
    else:
        say(f'Next: it waits for approval ("{letter.approval}"); see publisher issue show --week {freed.period}')
