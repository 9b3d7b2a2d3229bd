"""pace show, set, reset: how fast mail leaves, changed while it leaves."""

from datetime import datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from publisher.cli.common import common, opened, say, say_json, table

if TYPE_CHECKING:
    from publisher.actions.pacing import InForce

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Hours(click.ParamType[tuple[time, time]]):
    """Two times of day."""

    name = "hours"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[time, time]:
        if isinstance(value, tuple):
            return value
        try:
            begin, end = (time.fromisoformat(part) for part in str(value).split("-"))
            if begin == end:
                raise ValueError(value)
        except ValueError:
            self.fail(f'"{value}" is no time from and to; write it like 08:00-20:00', param, ctx)
        return begin, end


class Days(click.ParamType[tuple[int, ...]]):
    """Days of the week, or all."""

    name = "days"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, ...]:
        if isinstance(value, tuple):
            return value
        if value == "all":
            return ()
        try:
            return tuple(sorted({_DAYS.index(day.strip().lower()[:3]) for day in str(value).split(",")}))
        except ValueError:
            self.fail(f'"{value}" are no days; write them like mon,tue,wed, or all', param, ctx)


@click.group()
def pace() -> None:
    """Show and change how fast mail leaves, also while it leaves."""


@pace.command()
@common
def show(site: Path, now: datetime | None, as_json: bool) -> None:
    """How fast mail leaves now, and where each part is set."""
    from publisher.actions.pacing import pace_in_force

    with opened(site, now) as app:
        _say(pace_in_force(app), as_json)


@pace.command("set")
@click.option("--per-minute", type=click.IntRange(0, 1_000_000), help="Messages a minute; 0: as fast as it goes.")
@click.option("--connections", type=click.IntRange(1, 64), help="Connections to the relay at once.")
@click.option("--per-connection", type=click.IntRange(1, 1_000_000), help="Messages over one connection.")
@click.option("--hours", type=Hours(), metavar="HH:MM-HH:MM", help="When mail may leave, in the site's zone.")
@click.option("--days", type=Days(), metavar="DAYS", help="On which days, like mon,tue; or all.")
@common
def set_(
    per_minute: int | None,
    connections: int | None,
    per_connection: int | None,
    hours: tuple[time, time] | None,
    days: tuple[int, ...] | None,
    site: Path,
    now: datetime | None,
    as_json: bool,
) -> None:
    """Change the pace at once, for senders at work too. It holds until `pace reset`, over restarts."""
    from publisher.actions.pacing import PaceWish, set_pace

    wish = PaceWish(
        per_minute=per_minute, connections=connections, per_connection=per_connection, hours=hours, days=days
    )
    if wish == PaceWish():
        raise click.UsageError("Say what to change, like --per-minute 600.")
    with opened(site, now) as app:
        _say(set_pace(app, wish), as_json)


@pace.command()
@common
def reset(site: Path, now: datetime | None, as_json: bool) -> None:
    """Take back what was set: the pace is as publisher.toml says."""
    from publisher.actions.pacing import reset_pace

    with opened(site, now) as app:
        _say(reset_pace(app), as_json)


def _say(found: "InForce", as_json: bool) -> None:
    if as_json:
        say_json({"pace": found.pace, "set_live": sorted(found.set_live), "opens": found.opens})
        return
    pace = found.pace
    shown = {
        "per_minute": str(pace.per_minute) if pace.per_minute else "as fast as the relay takes it",
        "connections": str(pace.connections),
        "per_connection": str(pace.per_connection),
        "hours": "-".join(f"{end:%H:%M}" for end in pace.hours) + f" in {pace.zone}" if pace.hours else "always",
        "days": ", ".join(_DAYS[day] for day in pace.days) or "all",
    }
    rows = [(name, value, "set live" if name in found.set_live else "settings") for name, value in shown.items()]
    table(("What", "Is", "From"), rows)
    if found.opens:
        say(f"The send window opens at {found.opens:%Y-%m-%d %H:%M} UTC")
