"""backup, restore, upgrade."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from publisher.cli.common import common, count, dry_run_option, opened, say, say_json, who_named, who_option

if TYPE_CHECKING:
    from publisher.actions.restoring import Restored


@click.command()
@click.argument("to", type=click.Path(path_type=Path), metavar="FILE|DIR")
@click.option("--without-database", is_flag=True, help="Leave the database out: its server makes backups of its own.")
@common
def backup(to: Path, without_database: bool, site: Path, now: datetime | None, as_json: bool) -> None:
    """Keep all of the site that cannot be made again in one .tar, for its owner alone; nothing has to be stopped.

    In it: the database as it is at one moment, the keys, publisher.toml, templates, files and images, and the secrets
    that publisher.toml names. Not in it: content/ and the outbox. What does not end in .tar is a folder, made if it is
    not there; in it the file is named by site and moment.
    """
    from publisher.actions.backups import backup as act

    with opened(site, now) as app:
        kept = act(app, to, without_database=without_database)
    if as_json:
        say_json({"file": kept.path, "bytes": kept.size, "manifest": kept.manifest})
        return
    click.echo(f"{kept.path}: {count(len(kept.manifest.files), 'file')}, {kept.size / 1e6:.1f} MB")
    say("It holds addresses and secret keys: keep it where nobody else reads it, and on another machine.")


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@who_option()
@dry_run_option(help="Look through the backup and say what would change; change nothing.")
@click.option("--yes", is_flag=True, help="Also over data that changed after the backup was taken.")
@common
def restore(
    file: Path, who: str | None, dry_run: bool, yes: bool, site: Path, now: datetime | None, as_json: bool
) -> None:
    """Put a backup in the place of what is here. What is here is moved aside, never deleted.

    All hashes and the whole database are looked through first. Stop `publisher run` and `serve` before. Afterwards no
    issue is sent until somebody says --after-restore: what left after the backup was taken must not leave again.
    """
    from publisher.actions.restoring import restore as act

    with opened(site, now, needs_site=False) as app:
        done = act(app, file, who=who_named(who), yes=yes, dry_run=dry_run)
    if as_json:
        told = {"backup": done.kept.path, "taken_at": done.kept.manifest.taken_at, "changes": done.changes}
        say_json(told | {"aside": done.aside, "newer": done.newer, "carried": done.carried, "dry_run": done.dry_run})
        return
    _say_restored(done)


def _say_restored(done: "Restored") -> None:
    files = done.kept.manifest.files
    taken = f"{done.kept.manifest.taken_at:%Y-%m-%d %H:%M} UTC"
    click.echo(f"{done.kept.path}: of {taken}; {count(len(files), 'file')}, every hash right, the database whole")
    for name in done.changes:
        click.echo(f"{'would be put in place' if done.dry_run else 'put in place'}: {name}")
    if done.newer:
        say(f"The database here changed after that, at {done.newer:%Y-%m-%d %H:%M} UTC: it is newer than the backup.")
    if done.dry_run:
        say("Nothing was changed: this was a dry run.")
        return
    if done.aside:
        say(f"What was here lies in {done.aside}; delete it when you are sure. It holds addresses and keys.")
    if done.carried:
        say(f"{count(done.carried, 'address', 'addresses')} that must not be written to since then stayed so.")
    say("No issue is sent now. See in the relay's log what left after the backup, and `publisher issue cancel` that.")
    say("Then: publisher feeds build, and publisher run --after-restore")


@click.command()
@click.option("--without-backup", is_flag=True, help="Make no backup first: there is one.")
@common
def upgrade(without_backup: bool, site: Path, now: datetime | None, as_json: bool) -> None:
    """Bring the database of an older Publisher up to this one: a backup, the change, then a look whether all is there.

    Stop `publisher run` and `serve` before. The backup goes into backups/ of the site folder.
    """
    from publisher.actions.upgrading import upgrade as act

    with opened(site, now) as app:
        done = act(app, without_backup=without_backup)
    if as_json:
        say_json({"before": done.before, "after": done.after, "backup": done.kept, "rows": done.rows})
        return
    if done.before == done.after:
        click.echo(f"The database has schema {done.after}, as this Publisher needs it; there is nothing to do.")
        return
    if done.kept:
        say(f"Backup: {done.kept}")
    rows = sum(after for _, after in done.rows.values())
    click.echo(f"Schema {done.before} became {done.after}: {count(rows, 'row')} in {count(len(done.rows), 'table')}")
    say("Every row is still there. Start `publisher run` again.")
