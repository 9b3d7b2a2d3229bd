"""init, demo, config show, config check."""

import time
from datetime import UTC, datetime
from pathlib import Path

import click

from publisher.cli.common import common, count, say, say_json, say_problems, table


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), default=Path(), metavar="[DIR]")
@click.option("--sample", is_flag=True, help="With the sample site: an invented hospital, articles and subscribers.")
@common
def init(folder: Path, sample: bool, site: Path, now: datetime | None, as_json: bool) -> None:
    """Make a site folder in DIR (this folder, when not given). Nothing that is there is replaced."""
    from publisher.actions.sites import init_site

    made = init_site(site / folder, with_sample=sample, now=now or datetime.now(UTC))
    if as_json:
        say_json({"made": made})
        return
    for path in made:
        click.echo(path)
    there = "" if site / folder == Path() else f"cd {site / folder}, then "
    say(f"Next: edit {made[-1]}, then {there}publisher collect")


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), default=Path("demo"), metavar="[DIR]")
@common
def demo(folder: Path, site: Path, now: datetime | None, as_json: bool) -> None:
    """Show the whole product on the sample site in DIR (./demo): collect, feeds, this week's issue, an outbox.

    Nothing leaves this machine: every message is a file.
    """
    from publisher.actions.sites import SAMPLE_NOW, demo as act

    began = time.monotonic()
    done = act(site / folder, now=now or SAMPLE_NOW, step=lambda what: None if as_json else say(f"… {what}"))
    if as_json:
        say_json(
            {
                "folder": done.folder,
                "articles": len(done.collection.articles),
                "teasers": len(done.collection.teasers),
                "feeds": [file for built in done.feeds for file in built.files],
                "subscribers": done.imported.counts.rows,
                "subject": done.draft.edition.subject if done.draft.edition else None,
                "certificate": str(done.sending.certificate),
                "outbox": done.sending.outbox,
                "preview": done.previews,
            }
        )
        return
    say_problems([*done.collection.problems, *done.imported.findings, *done.draft.issue.findings])
    articles, teasers = count(len(done.collection.articles), "article"), count(len(done.collection.teasers), "teaser")
    files = sum(what != "empty" for built in done.feeds for what in built.files.values())
    click.echo(f"{articles} and {teasers} read, {count(files, 'feed file')} built, in {time.monotonic() - began:.1f} s")
    click.echo(str(done.sending.certificate))
    click.echo("\nWhere to look:")
    for what, where in (
        ("this week's email, in a browser", done.previews[0]),
        ("its text part", done.previews[1]),
        ("one message for each subscriber", done.sending.outbox),
        ("the feeds", done.folder / "feeds"),
        ("the settings", done.folder / "publisher.toml"),
    ):
        click.echo(f"  {what:<32} {where}")


@click.group()
def config() -> None:
    """Show and check publisher.toml."""


@config.command()
@common
def show(site: Path, now: datetime | None, as_json: bool) -> None:
    """Every setting with its value and where it came from: file and line, environment, or default."""
    from publisher.config import load, rows

    settings = rows(load(site))
    if as_json:
        say_json([{"setting": name, "value": value, "from": origin} for name, value, origin in settings])
        return
    table(("Setting", "Value", "From"), settings)


@config.command()
@common
def check(site: Path, now: datetime | None, as_json: bool) -> None:
    """Read publisher.toml as every command does and say all that is wrong with it."""
    from publisher.app import App
    from publisher.config import FILE, load, unasked
    from publisher.errors import ConfigError

    problems: list[str] = []
    perhaps: list[str] = []
    try:
        config = load(site)
        App(config).look_at_pictures()
        perhaps = unasked(config)
    except ConfigError as exc:
        problems = str(exc).splitlines()
        if not as_json:
            raise
    if as_json:
        say_json({"file": site / FILE, "problems": problems, "warnings": perhaps})
        raise click.exceptions.Exit(1 if problems else 0)
    for line in perhaps:
        say(f"warning: {line}")
    click.echo(f"{site / FILE} is in order")
