"""doctor: is all right around the site, before mail leaves?"""

from datetime import datetime
from pathlib import Path

import click

from publisher.cli.common import common, count, fail_if, opened, progress, say, say_json
from publisher.errors import ConfigError

_TOLD = {"ok": "ok", "warning": "warning", "error": "error", "unknown": "could not be checked"}


def _address(_: click.Context, __: click.Parameter, text: str | None) -> tuple[str, int] | None:
    from publisher.doctor import nameserver_at

    try:
        return nameserver_at(text) if text else None
    except ConfigError as exc:
        raise click.BadParameter(str(exc)) from None


@click.command()
@click.option("--newsletter", help="Only for this newsletter; without it, for all.")
@click.option(
    "--nameserver",
    callback=_address,
    metavar="ADDRESS[:PORT]",
    envvar="PUBLISHER_NAMESERVER",
    show_envvar=True,
    help="Ask this name server: for a house whose own one shows another DNS than the world's.",
)
@common
def doctor(
    newsletter: str | None,
    nameserver: tuple[str, int] | None,
    site: Path,
    now: datetime | None,
    as_json: bool,
) -> None:
    """Look at all that must be right around the site: relay, TLS, SPF, DKIM, DMARC, mailboxes, clock, disk, rights.

    One line for each, with the mend; exit code 1 for errors. No message is sent, nothing is changed. The relay's
    password is tried once. docs/relays.md tells what to publish in the DNS.
    """
    from publisher.actions.doctor import examine
    from publisher.doctor import Names

    with opened(site, now) as app, progress("Asking", None) as advance:
        say("Asking the relay, the DNS and the mail servers that it names; ten seconds at most.")
        results = examine(app, Names(nameserver), newsletter=newsletter, progress=lambda done, of: advance(1, of))
    if as_json:
        say_json(results)
    else:
        for one in results:
            click.echo(f"{_TOLD[one.severity]}: {one.place}: {one.mend} [{one.code}]")
        told = [count(sum(one.severity == kind for one in results), kind) for kind in ("error", "warning")]
        unasked = sum(one.severity == "unknown" for one in results)
        say(f"{count(len(results), 'check')}: {', '.join(told)}, {unasked} could not be checked.")
    fail_if(any(one.severity == "error" for one in results))
