"""schedule show, run-due: what comes, and what is due now for those who start Publisher by cron."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from publisher.cli.common import (
    common,
    dry_run_option,
    newsletter_option,
    opened,
    refuse_rehearsal,
    say,
    say_json,
    table,
)
from publisher.cli.service import show_done

if TYPE_CHECKING:
    from publisher.schedule import Due

_WOULD = {
    "make": "would be drafted, checked and, where its rule allows, sent",
    "on": "would go on being sent",
    "missed": "would be written down as missed",
    "skip": "would be written down as skipped",
}


@click.group()
def schedule() -> None:
    """Show when issues leave; do what is due now."""


@schedule.command()
@click.option("--next", "number", type=click.IntRange(1, 500), default=10, show_default=True, help="So many periods.")
@newsletter_option()
@common
def show(number: int, newsletter: str | None, site: Path, now: datetime | None, as_json: bool) -> None:
    """When the next issues leave, in local time and in UTC, and what is unusual: changes of the clock, holidays, skips.

    Without --newsletter those of all newsletters, one after the other.
    """
    from publisher.actions.scheduling import coming_slots

    with opened(site, now) as app:
        letters = [app.newsletter(newsletter)] if newsletter else list(app.newsletters.values())
        found = coming_slots(app, letters, number)
        if as_json:
            say_json(found)
            return
        if not letters:
            say("There is no newsletter; add a [[newsletter]] to publisher.toml.")
        table(
            ("Newsletter", "Period", "Local time", "UTC", "Notes"),
            [
                (
                    one.newsletter,
                    one.period,
                    f"{one.local:%a %Y-%m-%d %H:%M} {one.zone}" if one.leaves else "",
                    f"{one.utc:%Y-%m-%d %H:%M}" if one.leaves else "",
                    "; ".join(one.notes),
                )
                for one in found
            ],
        )


@schedule.command("run-due")
@dry_run_option(help="Say what is due; do nothing.")
@click.option("--trust-clock", is_flag=True, help="The clock is right, though it was held for wrong: go on.")
@common
def run_due(dry_run: bool, trust_clock: bool, site: Path, now: datetime | None, as_json: bool) -> None:
    """Do what is due now, as `publisher run` does each minute, then stop: for cron, each few minutes.

    However often and by however many machines it is called, each issue leaves once. The exit code is 1 when a person
    must look.
    """
    from publisher.actions.guarding import sharing
    from publisher.schedule import clock_doubt, tick, to_come

    with opened(site, now) as app:
        if dry_run:
            _show(to_come(app), None if trust_clock else clock_doubt(app), as_json)
            return
        refuse_rehearsal(app, now, 'leave --now out, add --dry-run, or rehearse with transport = "file"')
        app.keyring  # noqa: B018 - without the right keys nothing may be sent: better to say so now
        with sharing(app):
            show_done(tick(app, trust_clock=trust_clock), as_json)


def _show(found: "list[Due]", doubt: str | None, as_json: bool) -> None:
    if as_json:
        told = [{"newsletter": one.newsletter.name, "period": one.period.name, "what": one.what} for one in found]
        say_json({"due": told, "clock": doubt})
        return
    if doubt:
        say(doubt)
    for one in found:
        why = f": {one.period.skipped}" if one.what == "skip" else ""
        click.echo(f"{one.newsletter.name} {one.period.name} {_WOULD[one.what]}{why}")
    say("Nothing was done." if found else "Nothing is due.")
