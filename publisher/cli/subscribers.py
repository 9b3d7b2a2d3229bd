"""subscribers import, subscribers list."""

from datetime import datetime
from pathlib import Path

import click

from publisher.cli.common import (
    common,
    count,
    dry_run_option,
    fail_if,
    has_errors,
    opened,
    plain,
    say,
    say_json,
    say_problems,
    table,
)


@click.group()
def subscribers() -> None:
    """Import and list subscribers."""


@subscribers.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@dry_run_option(help="Count and check, keep nobody.")
@common
def import_(file: Path, dry_run: bool, site: Path, now: datetime | None, as_json: bool) -> None:
    """Add the people in FILE, a CSV with the columns address, name, language, topics, consent_source, consent_at.

    Several topics are separated by semicolons; none means all. Whom we have stays as they are; who left stays away.
    """
    from publisher.actions.subscribers import import_subscribers

    with opened(site, now) as app:
        done = import_subscribers(app, file, dry_run=dry_run)
        if as_json:
            say_json(done)
        else:
            say_problems(done.problems)
            click.echo(
                f"{done.read} read, {done.new} new, {done.read - done.new - done.left} known, {done.left} left before"
            )
            say("Nobody was kept: this was a dry run." if dry_run else "Next: publisher issue draft")
    fail_if(has_errors(done.problems))


@subscribers.command("list")
@common
def list_(site: Path, now: datetime | None, as_json: bool) -> None:
    """Everyone we hold, with state, topics and consent."""
    from publisher.actions.subscribers import list_subscribers

    with opened(site, now) as app:
        people = list_subscribers(app)
        if as_json:
            say_json([plain(person) for person in people])
            return
        rows = [
            (p.address, p.name, p.state, ", ".join(p.topics) or "all", p.consent_source, p.consent_at) for p in people
        ]
        table(("Address", "Name", "State", "Topics", "Consent", "Since"), rows)
        say(count(len(people), "subscriber") + ".")
