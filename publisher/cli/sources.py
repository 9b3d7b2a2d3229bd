"""sources list, sources check, sources add: where content comes from."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from publisher.cli.common import (
    common,
    count,
    fail_if,
    has_errors,
    opened,
    progress,
    say,
    say_json,
    say_problems,
    table,
)

if TYPE_CHECKING:
    from publisher.actions.collect import Collection


@click.group()
def sources() -> None:
    """Where content comes from: list it, try it, find out what stands behind an address."""


@sources.command("list")
@common
def list_(site: Path, now: datetime | None, as_json: bool) -> None:
    """Every [[source]] of publisher.toml: how many articles came of it, when it was read, and whether it fails."""
    from publisher.actions.sources import standing

    with opened(site, now) as app:
        known = standing(app)
    if as_json:
        say_json(
            [
                {
                    "name": one.source.name,
                    "kind": one.source.kind,
                    "place": one.place,
                    "articles": one.articles,
                    "last": one.last,
                    "failing": one.failing,
                }
                for one in known
            ]
        )
        return
    rows = [
        (
            one.source.name,
            one.source.kind,
            one.place,
            one.articles,
            f"{one.last:%Y-%m-%d %H:%M} UTC" if one.last else "never",
            f"fails since {one.failing:%Y-%m-%d %H:%M} UTC" if one.failing else "well" if one.last else "",
        )
        for one in known
    ]
    table(("Name", "Kind", "Where", "Articles", "Last read", "How it fares"), rows)
    if not known:
        say("No source is declared yet. Next: publisher sources add https://www.your-hospital.example")


@sources.command()
@click.argument("name", nargs=-1)
@common
def check(name: tuple[str, ...], site: Path, now: datetime | None, as_json: bool) -> None:
    """Read the sources NAME (all, when none is named), show what they would give, and keep nothing.

    Exit code 1 when one of them gives an error.
    """
    from publisher.actions.collect import collect, count_files

    with opened(site, now) as app:
        told = []
        for one in name or tuple(app.sources):
            with progress(f"Reading {one}", count_files(app, (one,), ()) or None) as advance:
                told.append((one, collect(app, [one], dry_run=True, progress=lambda _: advance(1))))
    problems = [problem for _, done in told for problem in done.problems]
    if as_json:
        say_json({one: _counted(done) for one, done in told})
    else:
        for one, done in told:
            _show(one, done)
        say("Nothing was kept. Next: publisher collect")
    fail_if(has_errors(problems))


@sources.command()
@click.argument("url")
@click.option("--allow", multiple=True, metavar="HOST", help="A host or network of your own that may be asked.")
@click.option("--kind", type=click.Choice(["wordpress", "feed", "sitemap", "page"]), help="Take this kind of source.")
@click.option("--name", help="Its name; without it, one after the host.")
@click.option("--write", is_flag=True, help="Put the best, or the --kind asked for, into publisher.toml.")
@common
def add(
    url: str,
    allow: tuple[str, ...],
    kind: str | None,
    name: str | None,
    write: bool,
    site: Path,
    now: datetime | None,
    as_json: bool,
) -> None:
    """Look what stands behind URL (WordPress, feeds, sitemaps, a page of news) and propose the lines to declare it.

    What is best stands first. Without --write nothing is changed.
    """
    from publisher.actions.sources import declare, look

    with opened(site, now) as app:
        found = look(app, url, allowed=allow)
        chosen = [one for one in found if kind in (None, one.kind)]
        written = declare(app, chosen[0], name) if write and chosen else None
    if as_json:
        say_json(
            {
                "found": [{"kind": c.kind, "url": c.url, "gives": c.gives, "toml": c.toml} for c in chosen],
                "written": written,
            }
        )
        fail_if(not chosen)
        return
    for one in chosen:
        click.echo(f"{one.kind:<10} {one.url}\n{'':<10} {one.gives}")
        for headline in one.headlines:
            click.echo(f"{'':<12} {headline}")
    if not chosen:
        what = {None: "news", "wordpress": "WordPress", "page": "page of news"}.get(kind, kind)
        say(f"No {what} was found at {url}. Give the address of the page that lists your news, or of a feed.")
        fail_if(True)
    elif written:
        say("\nWritten into publisher.toml:\n")
        click.echo(written)
        say(f"Next: publisher sources check {chosen[0].name if name is None else name}")
    else:
        say("\nTo declare the first, put this into publisher.toml, or say --write:\n")
        click.echo(chosen[0].toml)


def _counted(done: "Collection") -> dict[str, object]:
    return {
        "articles": len(done.articles),
        "teasers": len(done.teasers),
        "events": len(done.events),
        "headlines": [article.headline for article in done.articles[:5]],
        "problems": done.problems,
    }


def _show(name: str, done: "Collection") -> None:
    gave = [count(len(done.articles), "article"), count(len(done.teasers), "teaser"), count(len(done.events), "event")]
    click.echo(f"{name}: {', '.join(gave)}, {count(len(done.problems), 'problem')}")
    for article in done.articles[:5]:
        click.echo(f"  {article.headline or '(headline lost)'}")
    say_problems(done.problems)
