"""staff list, staff link: who answers for the issues, and a link to hand over where mail is not set up yet."""

from datetime import datetime
from pathlib import Path

import click

from publisher.cli.common import (
    common,
    count,
    newsletter_option,
    opened,
    say,
    say_json,
    table,
    week_named,
    week_option,
)


@click.group()
def staff() -> None:
    """Who answers for the issues: list them, and make a personal link."""


@staff.command("list")
@common
def list_(site: Path, now: datetime | None, as_json: bool) -> None:
    """Everyone of [[staff]] in publisher.toml: what they may do, for which newsletters, and what those wait for."""
    with opened(site, now) as app:
        people, letters = list(app.staff.values()), list(app.newsletters.values())
    if as_json:
        rules = [{"newsletter": n.name, "approval": n.approval, "deadline": n.deadline} for n in letters]
        say_json({"staff": people, "newsletters": rules})
        return
    table(
        ("Name", "Address", "Rights", "Newsletters"),
        [(p.name, p.address, p.rights, ", ".join(p.newsletters) or "all") for p in people],
    )
    for letter in letters:
        able = sum(p.may("approve") and p.works_on(letter.name) for p in people)
        say(f"{letter.name}: approval = {letter.approval}, {count(able, 'person', 'people')} may approve")
    if not people:
        say("Nobody is named yet. Add [[staff]] to publisher.toml: docs/approval.md")


@staff.command()
@week_option()
@newsletter_option()
@click.option("--as", "name", metavar="NAME", required=True, help="Whom it is for, as [[staff]] names them.")
@common
def link(week: str | None, newsletter: str | None, name: str, site: Path, now: datetime | None, as_json: bool) -> None:
    """Print a personal link to the page of an issue, to be handed over to whom it is for.

    Whoever has it can approve, hold and comment in that name until it expires. `publisher run` mails such links by
    itself; this is for a site whose mail is not set up yet.
    """
    from publisher.actions.passes import make_link

    with opened(site, now) as app:
        letter = app.newsletter(newsletter)
        period = week_named(app, letter, week)
        person, url, until = make_link(app, letter, period, name)
    if as_json:
        say_json({"name": person.name, "rights": person.rights, "url": url, "until": until})
        return
    click.echo(url)
    say(f"For {person.name} ({person.rights}) alone, until {until:%Y-%m-%d %H:%M} UTC. Hand it over in private.")
    say("`publisher serve` must run for the page to be seen.")
