"""feeds build, feeds check, feeds list."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

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
    tally,
)

if TYPE_CHECKING:
    from publisher.actions.feeds import Built


@click.group()
def feeds() -> None:
    """Build, check and list the feeds."""


@feeds.command()
@click.option("--all", "everything", is_flag=True, help="Write every document anew, not only what changed.")
@click.option("--force", is_flag=True, help="Replace a feed even when the new one has errors that the old had not.")
@dry_run_option(help="Say what would be built, write nothing.")
@common
def build(everything: bool, force: bool, dry_run: bool, site: Path, now: datetime | None, as_json: bool) -> None:
    """Bring the feeds up to now: RSS, Atom and JSON, archives by month, a page about each, and a list of all.

    Only documents that changed are written, each with a compressed twin. A feed with errors never replaces a good one.
    """
    from publisher.actions.feeds import build_feeds
    from publisher.actions.websub import tell_hub

    with opened(site, now) as app:
        with progress("Building", None) as advance:
            built = build_feeds(
                app, everything=everything, force=force, dry_run=dry_run, progress=lambda done, of: advance(1, of)
            )
        problems = [problem for feed in built for problem in feed.problems]
        if as_json:
            say_json([_as_json(one) for one in built])
        else:
            _show(built, dry_run)
            say_problems(problems)
            folders = f"{app.feeds_folder}, {app.images_folder} and {app.files_folder}"
            say("Nothing was written: this was a dry run." if dry_run else _said(built, folders, app.links.home))
        for one in [] if dry_run else tell_hub(app):
            say(f"hub {one.what}: {one.url}{f': {one.why}' if one.why else ''}")
    fail_if(has_errors(problems))


def _as_json(one: "Built") -> dict[str, Any]:
    told = {"feed": one.feed.path, "entries": one.entries, "files": one.files, "archives": one.archives}
    return told | {"problems": one.problems}


def _show(built: "list[Built]", dry_run: bool) -> None:
    table(("File", "Entries", ""), [(file, b.entries, what) for b in built for file, what in b.files.items()])
    archives = sum(len(b.archives) for b in built)
    if archives:
        say(f"{count(archives, 'archive document')} {'would be looked at' if dry_run else 'looked at'}.")


def _said(built: "list[Built]", folders: str, home: str) -> str:
    written = sum(what == "written" for b in built for what in (b.files | b.archives).values())
    return f"{count(written, 'document')} written. Publish the folders {folders} below {home}, or: publisher serve"


@feeds.command()
@click.argument("what", nargs=-1, metavar="[FILE|URL]...")
@click.option("--strict", is_flag=True, help="Exit with 1 for warnings too, not for errors only.")
@common
def check(what: tuple[str, ...], strict: bool, site: Path, now: datetime | None, as_json: bool) -> None:
    """Check feeds by file or address, of whatever publisher; without any, all of this site.

    RSS, Atom, JSON Feed and OPML: what the standards and the W3C validator ask for, and the mistakes that readers
    complain of. Of an address also how the server answers a second poll. docs/feed-rules.md lists every rule.
    """
    from publisher.actions.checking import check_feeds

    with opened(site, now, needs_site=not what) as app, progress("Checking", None) as advance:
        checked = check_feeds(app, what, progress=lambda done, of: advance(1, of))
    findings = [finding for one in checked for finding in one.findings]
    if as_json:
        say_json([{"document": one.what, "findings": one.findings} for one in checked])
    else:
        for one in checked:
            for finding in one.findings:
                click.echo(f"{one.what}: {finding.severity}: {finding.place}: {finding.mend} [{finding.code}]")
        say(f"{count(len(checked), 'document')} checked: {tally(findings)}.")
    fail_if(has_errors(findings) or (strict and any(f.severity == "warning" for f in findings)))


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
