"""What all commands share: the options --site, --now and --json, opening the site, and showing results."""

import functools
import getpass
import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from zoneinfo import ZoneInfo

import click

from publisher.errors import TransportError
from publisher.records import SEVERITIES, Finding

if TYPE_CHECKING:
    from publisher.app import App
    from publisher.records import Newsletter

F = TypeVar("F", bound=Callable[..., Any])


class Moment(click.ParamType[datetime]):
    """An ISO 8601 moment; without an offset it is UTC."""

    name = "moment"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        if isinstance(value, datetime):
            return value
        try:
            return moment_of(str(value))
        except ValueError:
            self.fail(f'"{value}" is not a moment; write it like 2026-11-23T07:00:00Z', param, ctx)


def moment_of(text: str, zone: str = "UTC") -> datetime:
    """An ISO 8601 moment of our time; without an offset it is meant in the zone. Raises ValueError for another text."""
    moment = datetime.fromisoformat(text)
    if not 1970 <= moment.year <= 2200:
        raise ValueError(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone))).astimezone(UTC)


def common(function: F) -> F:
    """The three options every command has."""
    for option in reversed(
        [
            click.option(
                "--site",
                type=click.Path(path_type=Path, file_okay=False),
                default=Path(),
                envvar="PUBLISHER_SITE_FOLDER",
                show_default="this folder",
                help="The site folder, where publisher.toml is.",
            ),
            click.option("--now", type=Moment(), help="Act as if it were this moment: for rehearsals."),
            click.option("--json", "as_json", is_flag=True, help="Print the result as JSON."),
        ]
    ):
        function = option(function)
    return function


@contextmanager
def opened(site: Path, now: datetime | None, *, moving: bool = False, needs_site: bool = True) -> Iterator["App"]:
    """The App of a site folder. With `now` its clock stands at that moment, or goes on from it when `moving`."""
    from publisher.app import App, system_clock
    from publisher.config import FILE, defaults, load

    config = load(site) if needs_site or (site / FILE).exists() else defaults(site)
    clock = system_clock
    if now is not None:
        gained = now - system_clock() if moving else timedelta()
        clock = (lambda: system_clock() + gained) if moving else (lambda: now)
    app = App(config, clock=clock)
    try:
        yield app
    finally:
        app.close()


def refuse_rehearsal(app: "App", now: datetime | None, instead: str = "leave --now out") -> None:
    """A rehearsal never writes to people. Raises TransportError where mail would leave by a relay."""
    if now is not None and app.config.delivery.transport == "smtp":
        raise TransportError(
            f"--now is for rehearsals, and mail of this site leaves by a relay, to people; {instead}. Nothing was sent"
        )


def lift_guard(app: "App", after_restore: bool, who: str | None) -> None:
    """Let a restored database send, if that is said; it is written down who did."""
    from publisher.actions.epochs import lift

    if after_restore:
        lifted = lift(app, who_named(who))
        say(
            f"From now on it sends again, by {who_named(who)}; that is written down."
            if lifted
            else "It was not restored, or may send already: --after-restore changes nothing."
        )


def plain(value: Any) -> Any:
    """Records as JSON values: dates as ISO 8601, paths as text."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, dict):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(inner) for inner in value]
    if isinstance(value, (datetime, date, time)):
        return value.isoformat()
    return str(value) if isinstance(value, Path) else value


def say_json(value: Any) -> None:
    click.echo(json.dumps(plain(value), ensure_ascii=False, indent=2))


def say(line: str = "") -> None:
    """A line of talk, to stderr: results alone go to stdout."""
    click.echo(line, err=True)


def say_problems(problems: Sequence[Finding]) -> None:
    """One line for each: place, severity, and what to do."""
    for problem in problems:
        say(f"{problem.severity}: {problem.place}: {problem.mend}")


def table(headings: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """A table to stdout; plain tab-separated lines when nobody looks at it."""
    if not sys.stdout.isatty():
        for row in rows:
            click.echo("\t".join("" if cell is None else str(cell) for cell in row))
        return
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    shown = Table(*headings, box=None, header_style="bold", pad_edge=False)
    for row in rows:
        shown.add_row(*(escape("" if cell is None else str(cell)) for cell in row))
    Console().print(shown)


@contextmanager
def progress(what: str, total: int | None) -> Iterator[Callable[..., None]]:
    """A bar on stderr for anything that may take a while, when someone is looking.

    It is called with how much was done since, and with the total where that is known only then.
    """
    if not sys.stderr.isatty() or total == 0:
        yield lambda done, of=None: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bars:
        bar = bars.add_task(what, total=total)
        yield lambda done, of=total: bars.update(bar, advance=done, total=of)


def count(number: int, one: str, many: str | None = None) -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"


def tally(findings: Sequence[Finding]) -> str:
    """How many of each severity, the worst first."""
    return ", ".join(count(sum(f.severity == kind for f in findings), kind) for kind in SEVERITIES)


def fail_if(condition: object) -> None:
    """Exit with 1 after the results have been shown."""
    if condition:
        raise click.exceptions.Exit(1)


def has_errors(problems: Sequence[Finding]) -> bool:
    return any(problem.severity == "error" for problem in problems)


newsletter_option = functools.partial(
    click.option, "--newsletter", help="Which newsletter; not needed when there is only one."
)
dry_run_option = functools.partial(click.option, "--dry-run", is_flag=True)
week_option = functools.partial(
    click.option,
    *("--period", "--week", "week"),
    metavar="PERIOD",
    help="Which period, like 2026-W48, 2026-11 or 2026-11-23; without it, the present one.",
)
who_option = functools.partial(
    click.option, "--as", "who", help="Who does this, for the audit log.", show_default="your login"
)


def who_named(who: str | None) -> str:
    """The name for the audit log: as given, else the login, else (in a container without users) the user's number."""
    if who:
        return who[:120]
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"user {os.getuid()}"


def week_named(app: "App", newsletter: "Newsletter", week: str | None) -> str:
    """The week that was given, else the present one there."""
    from publisher.digest.period import period_at

    return week or period_at(newsletter, app.clock()).name
