"""The command line: parse, call one action, show. Commands are imported only when they are called."""

import importlib
import sys
from typing import Any

import click

from publisher import __version__
from publisher.errors import Busy, PublisherError

_COMMANDS = {
    "init": ("publisher.cli.sites:init", "Make a site folder, empty or with the sample site."),
    "demo": ("publisher.cli.sites:demo", "Show the whole product working on the sample site."),
    "collect": ("publisher.cli.content:collect", "Read the sources; keep what is new or edited."),
    "sources": ("publisher.cli.sources:sources", "List, try and add the places content comes from."),
    "articles": ("publisher.cli.content:articles", "List, show, edit, correct and withdraw articles."),
    "feeds": ("publisher.cli.feeds:feeds", "Build, check and list the feeds."),
    "issue": ("publisher.cli.issues:issue", "Draft, edit, check, preview, approve and send issues."),
    "staff": ("publisher.cli.staff:staff", "List who answers for the issues; make a personal link."),
    "subscribers": ("publisher.cli.subscribers:subscribers", "Import, count, export, show and erase subscribers."),
    "bounces": ("publisher.cli.upkeep:bounces", "Read bounces and complaints."),
    "retention": ("publisher.cli.upkeep:retention", "Forget what is personal once it has served."),
    "pace": ("publisher.cli.pace:pace", "Show and change how fast mail leaves."),
    "alarms": ("publisher.cli.alarms:alarms", "List what staff were told of; test how they are told."),
    "keys": ("publisher.cli.upkeep:keys", "List and rotate the site's secret keys."),
    "config": ("publisher.cli.sites:config", "Show and check publisher.toml."),
    "doctor": ("publisher.cli.doctor:doctor", "Look at relay, DNS and mailboxes before mail leaves."),
    "schedule": ("publisher.cli.schedule:schedule", "Show when issues leave; do what is due now."),
    "run": ("publisher.cli.service:run", "Run unattended: send what is due, serve the site."),
    "serve": ("publisher.cli.service:serve", "Serve feeds, pictures and pages over HTTP."),
    "backup": ("publisher.cli.backups:backup", "Keep all that cannot be made again in one file."),
    "restore": ("publisher.cli.backups:restore", "Put a backup in its place; send nothing until told."),
    "upgrade": ("publisher.cli.backups:upgrade", "Bring an older database up to this Publisher."),
    "status": ("publisher.cli.service:status", "One page: what happened, what comes, what needs you."),
}


class Lazy(click.Group):
    """Knows its commands by name and one line; importing them waits until one is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module, _, name = _COMMANDS[cmd_name][0].partition(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in _COMMANDS.items()])


@click.group(cls=Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="publisher")
def cli() -> None:
    """Turn the articles and teasers your office writes into feeds that validate and a weekly email that arrives once.

    Begin with `publisher demo`, or with `publisher init my-site`. Every command takes --json and --now.
    """


def main(args: list[str] | None = None) -> Any:
    """Run the command line; exit code 0 done, 1 something is wrong and was said, 2 wrong words, 130 interrupted."""
    try:
        code = cli.main(args=args, prog_name="publisher", standalone_mode=False)
    except click.exceptions.Exit as exc:
        code = exc.exit_code
    except click.ClickException as exc:
        exc.show()
        code = exc.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("publisher: interrupted; what was done is kept, run the same again to go on", err=True)
        code = 130
    except Busy as exc:
        click.echo(f"publisher: {exc}", err=True)
        code = 0
    except PublisherError as exc:
        for line in str(exc).splitlines():
            click.echo(f"publisher: {line}", err=True)
        code = 1
    except BrokenPipeError:
        sys.stderr.close()
        code = 0
    except OSError as exc:
        what = exc.strerror or "cannot be used"
        click.echo(
            f"publisher: {exc.filename or 'a file'}: {what}; mend its path or rights, then run the same again", err=True
        )
        code = 1
    sys.exit(code if isinstance(code, int) else 0)
