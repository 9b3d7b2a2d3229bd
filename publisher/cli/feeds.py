"""feeds build, feeds list."""

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
    progress,
    say,
    say_json,
    say_problems,
    table,
)


@click.group()
def feeds() -> None:
    """Build and list the feeds."""


@feeds.command()
@dry_run_option(help="Say what would be built, write nothing.")
@common
def build(dry_run: bool, site: Path, now: datetime | None, as_json: bool) -> None:
    """Build every feed as RSS, Atom and JSON below feeds/. What did not change is not rewritten."""
    from publisher.actions.feeds import build_feeds

    with opened(site, now) as app:
        with progress("Building", len(app.feeds)) as advance:
            built = build_feeds(app, dry_run=dry_run, progress=lambda _: advance(1))
        problems = [problem for feed in built for problem in feed.problems]
        if as_json:
            say_json(
                [{"feed": b.feed.path, "entries": b.entries, "files": b.files, "problems": b.problems} for b in built]
            )
        else:
            table(("File", "Entries", ""), [(file, b.entries, what) for b in built for file, what in b.files.items()])
            say_problems(problems)
            written = sum(what == "written" for b in built for what in b.files.values())
            if dry_run:
                say("Nothing was written: this was a dry run.")
            else:
                folders = f"{app.feeds_folder} and {app.images_folder}"
                say(f"{count(written, 'file')} written. Publish the folders {folders} below {app.links.home}")
    fail_if(has_errors(problems))


@feeds.command("list")
@common
def list_(site: Path, now: datetime | None, as_json: bool) -> None:
    """Every feed with its public address in each format."""
    from publisher.actions.feeds import list_feeds

    with opened(site, now) as app:
        listed = list_feeds(app)
        if as_json:
            say_json([{"feed": f.path, "title": f.title, "topic": f.topic, "addresses": urls} for f, urls in listed])
            return
        table(("Feed", "Address"), [(f.title, url) for f, urls in listed for url in urls.values()])
