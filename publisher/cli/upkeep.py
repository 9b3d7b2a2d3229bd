"""bounces, retention, keys: what keeps addresses and data in order."""

import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from publisher.cli.common import common, count, dry_run_option, opened, progress, say, say_json, table

if TYPE_CHECKING:
    from publisher.actions.bounces import Judged


@click.group()
def bounces() -> None:
    """Read bounces and complaints; stop writing to addresses that are gone."""


@bounces.command("read")
@click.argument("paths", nargs=-1, required=True, metavar="FILE|DIR|-...")
@dry_run_option(help="Say what would be done; change nothing.")
@common
def read_(paths: tuple[str, ...], dry_run: bool, site: Path, now: datetime | None, as_json: bool) -> None:
    """Read reports from files, folders (a Maildir, too) or standard input (-), and act on those with proof.

    An address is blamed only when the report carries a token of ours: in the return path that it came to, or in the
    copy that it returns. A mailbox that is gone, or a complaint, ends the subscription at once; other bounces do when
    several issues in a row came back ([bounces] in publisher.toml).
    """
    from publisher.actions.bounces import read_reports

    with opened(site, now, needs_site=not dry_run) as app:
        judged = []
        with progress("reading", None) as bar:
            for one in read_reports(app, _messages(paths), dry_run=dry_run):
                judged.append(one)
                bar(1)
    _show(judged, as_json, "Nothing was changed: this was a dry run." if dry_run else "")


@bounces.command()
@common
def poll(site: Path, now: datetime | None, as_json: bool) -> None:
    """Read what arrived in the mailbox of [bounces] now, as the service does every few minutes."""
    from publisher.actions.bounces import poll_mailbox

    with opened(site, now) as app:
        judged = poll_mailbox(app)
    if judged is None:
        say("There is no mailbox to read: set maildir, or [bounces.imap], in publisher.toml.")
    _show(judged or [], as_json, "")


def _messages(paths: tuple[str, ...]) -> Iterator[tuple[str, bytes]]:
    from publisher.subscribers.mailboxes import MOST_BYTES, messages, messages_of

    for path in paths:
        if path == "-":
            yield from messages_of(sys.stdin.buffer.read(64 * MOST_BYTES))
        else:
            yield from messages(Path(path))


def _show(judged: "list[Judged]", as_json: bool, end: str) -> None:
    if as_json:
        say_json(judged)
        return
    table(
        ("File", "Kind", "Status", "Action", "Why"),
        [(one.file, one.kind, one.status, one.action, one.why) for one in judged],
    )
    gone = count(sum(one.action == "suppress" for one in judged), "address", "addresses")
    say(f"{count(len(judged), 'message')} read, {gone} not written to any more. {end}".strip())


@click.group()
def retention() -> None:
    """Forget what is personal once it has served."""


@retention.command("run")
@dry_run_option(help="Count what would be forgotten.")
@common
def run_(dry_run: bool, site: Path, now: datetime | None, as_json: bool) -> None:
    """Erase what is older than [retention] in publisher.toml allows; counts stay. The service does so every day."""
    from publisher.actions.retention import forget_what_is_due

    with opened(site, now) as app:
        done = forget_what_is_due(app, dry_run=dry_run)
    if as_json:
        say_json(done)
        return
    click.echo(f"recipients of {count(done.copies, 'copy', 'copies')} of {count(done.issues, 'issue')}")
    click.echo(f"{count(done.left, 'person', 'people')} who left, {done.unconfirmed} who never confirmed")
    click.echo(f"{count(done.requests, 'form')} of the web, {count(done.reports, 'report')} that came back")
    click.echo(f"{count(done.alarms, 'alarm')} of more than a year ago")
    say("Nothing was forgotten: this was a dry run." if dry_run else "Forgotten.")


@click.group()
def keys() -> None:
    """The site's secret keys: which there are, and a new one."""


@keys.command("list")
@common
def list_keys(site: Path, now: datetime | None, as_json: bool) -> None:
    """How many keys there are for each purpose, and which one signs; never the keys."""
    with opened(site, now) as app:
        held = {purpose: [key_id for key_id, _ in of] for purpose, of in app.keyring.keys.items()}
    if as_json:
        say_json(held)
        return
    table(("Purpose", "Signs", "Still good"), [(p, ids[0], ", ".join(ids[1:])) for p, ids in held.items()])


@keys.command()
@click.argument("purpose", type=click.Choice(["links", "return-path", "staff"]))
@common
def rotate(purpose: str, site: Path, now: datetime | None, as_json: bool) -> None:
    """Make a new key for PURPOSE. What older keys signed stays good for ever: nobody's way out breaks.

    Not while an issue is on its way: a copy that has to be sent twice must be the same, to the byte. The key of the
    suppression list cannot be changed: without it nobody could tell whom the list names.
    """
    from publisher.actions.upkeep import rotate_key

    with opened(site, now) as app:
        key_id = rotate_key(app, purpose)
    if as_json:
        say_json({"purpose": purpose, "key": key_id})
    click.echo(f"{purpose}: key {key_id} signs from now on", err=as_json)
    say("Restart `publisher serve` and `publisher run` now: until then they do not know it. Back up the key file.")
