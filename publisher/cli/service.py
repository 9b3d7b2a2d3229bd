"""run, serve, status."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from zoneinfo import ZoneInfo

import click

from publisher.cli import logs
from publisher.cli.common import (
    common,
    count,
    fail_if,
    lift_guard,
    opened,
    refuse_rehearsal,
    say,
    say_json,
    who_option,
)
from publisher.errors import StoreAway

if TYPE_CHECKING:
    from socket import socket

    from publisher.actions.status import Status
    from publisher.app import App
    from publisher.records import Issue
    from publisher.schedule import Done

_log = logging.getLogger("publisher.run")


@click.command()
@click.option("--once", is_flag=True, help="Do what is due now, then stop.")
@click.option("--no-web", is_flag=True, help="Serve nothing over HTTP: `publisher serve` does, or nobody.")
@click.option("--log-format", type=click.Choice(["text", "json"]), default="text", help="How the log is written.")
@click.option("--after-restore", is_flag=True, help="Send although the database was restored; written down with --as.")
@who_option()
@common
def run(
    once: bool,
    no_web: bool,
    log_format: Literal["text", "json"],
    after_restore: bool,
    who: str | None,
    site: Path,
    now: datetime | None,
    as_json: bool,
) -> None:
    """Run unattended: wake each minute, send each newsletter's issue when it is due, once, however many run, tell staff
    of trouble, and serve the site as `publisher serve` does.

    SIGTERM or Ctrl-C stops after what is under way. With --now the clock goes on from that moment; what a rehearsal
    does is written down like everything else, so rehearse in a copy of the site folder.
    """
    from publisher.actions.guarding import sharing
    from publisher.schedule import tick

    logs.begin(log_format)
    with opened(site, now, moving=True) as app:
        refuse_rehearsal(app, now, 'leave --now out, or rehearse with transport = "file"')
        with sharing(app):
            _look_at_the_keys(app, wait=not once)
            lift_guard(app, after_restore, who)
            if once:
                show_done(tick(app), as_json)
                return
            with _listening(app, no_web) as listener:
                _keep_running(app, listener, as_json)


def _look_at_the_keys(app: "App", *, wait: bool) -> None:
    """Without the right keys nothing may be sent: better to say so now. A database that is away is no reason to end:
    the first tick tells of it, and who sends looks at the keys again."""
    try:
        app.keyring  # noqa: B018
    except StoreAway:
        if not wait:
            raise


@contextmanager
def _listening(app: "App", no_web: bool) -> Iterator["socket | None"]:
    web = app.config.web
    if no_web or not web.serve:
        yield None
        return
    from publisher.web.server import listening

    mend = "end what listens there, set another port in [web], or leave the web to it with --no-web"
    with listening(web.host, web.port, mend) as (listener, url):
        say(f"Serving {url}; it leads to {app.links.home}.")
        yield listener


def _keep_running(app: "App", listener: "socket | None", as_json: bool) -> None:
    from publisher.service import services

    def tell(one: "Done") -> None:
        _log.log(logging.INFO if one.well else logging.ERROR, "%s", one.line)
        if as_json:
            say_json({"done": one.line})

    with services(app, tell, listener) as keep_on:
        say("Running; stop with Ctrl-C.")
        keep_on()


def show_done(done: "list[Done]", as_json: bool) -> None:
    """The lines of a tick, and exit code 1 when a person must look."""
    well = all(one.well for one in done)
    if as_json:
        say_json({"done": [one.line for one in done]})
    else:
        for one in done:
            click.echo(one.line)
        say(("Done." if done else "Nothing was due.") if well else "Not all went well: look at the lines above.")
    fail_if(not well)


@click.command()
@click.option("--host", help="Listen at this address instead of that in publisher.toml.")
@click.option("--port", type=click.IntRange(0, 65535), help="Listen at this port; 0 takes any that is free.")
@common
def serve(host: str | None, port: int | None, site: Path, now: datetime | None, as_json: bool) -> None:
    """Serve feeds/, images/ and files/, the articles without an address elsewhere, and past issues.

    Put a proxy before it that speaks HTTPS (docs/serving.md); or let that serve the folders itself, with the same
    headers. SIGTERM or Ctrl-C stops after the answers under way. Whoever asks is not written down.
    """
    from publisher.actions.guarding import sharing
    from publisher.web.server import listening, serve as act

    with opened(site, now, moving=True) as app:
        app.keyring  # noqa: B018 - without the right keys nobody could leave: better to say so now
        web = app.config.web
        with sharing(app), listening(host or web.host, web.port if port is None else port) as (listener, url):
            if as_json:
                say_json({"url": url})
            say(f"Serving {url}; stop with Ctrl-C.")
            if app.links.home != url:
                say(f"Pictures and links in it lead to {app.links.home}, the address in publisher.toml.")
            act(app, listener)


@click.command()
@common
def status(site: Path, now: datetime | None, as_json: bool) -> None:
    """One page: what happened last, what comes next, what needs a person, and whether all is well."""
    from publisher.actions.status import status as act

    with opened(site, now) as app:
        found = act(app)
        if as_json:
            say_json(_as_json(found))
            return
        _say_what_happened(found)
        _say_what_comes(app, found)
    click.echo("\nWhat needs a person")
    for need in found.needs:
        click.echo(f"  {need.what}: {need.command}")
    if not found.needs:
        click.echo("  nothing")
    click.echo("\nIs it well")
    for one in found.health:
        click.echo(f"  {one.part}: {'' if one.well else 'NOT WELL: '}{one.said}")


def _say_what_happened(found: "Status") -> None:
    click.echo("What happened last")
    counts = (count(number, name.removesuffix("s")) for name, number in found.counts.items())
    click.echo(f"  {', '.join(counts)}")
    for s in found.sources:
        read = f"read {s['at']:%Y-%m-%d %H:%M} UTC, {s['new']} new, {count(s['problems'], 'problem')}"
        click.echo(f"  source {s['source']}: {read}")
    for issue, certificate in found.issues:
        told = str(certificate) if certificate.recipients else f"{issue.newsletter} {issue.period}"
        reason = f" ({issue.reason})" if issue.reason and issue.state != "sent" else ""
        click.echo(f"  {told}; {issue.state}{reason}")
        _say_what_holds_up(found, issue)
    for ping in found.unsaid:
        click.echo(f"  hub not told of {ping.url} yet{f': {ping.trouble}' if ping.trouble else ''}")


def _say_what_comes(app: "App", found: "Status") -> None:
    click.echo("\nWhat comes next")
    for name, period in found.next.items():
        if period is None:
            click.echo(f"  {name}: nothing leaves, its schedule leaves out all periods: publisher schedule show")
            continue
        local = period.slot.astimezone(ZoneInfo(app.newsletter(name).zone))
        click.echo(f"  {name}: {period.name}, {local:%A %Y-%m-%d %H:%M} in {app.newsletter(name).zone}")
    if not found.next:
        click.echo("  nothing: publisher.toml has no [[newsletter]]")


def _say_what_holds_up(found: "Status", issue: "Issue") -> None:
    """Why an issue on its way does not move, and that it needs nobody."""
    if issue.state != "sending":
        return
    if trouble := found.troubles.get(issue.id):
        failed = f"failed {count(trouble.failures, 'time')} since {trouble.since:%Y-%m-%d %H:%M} UTC"
        click.echo(f"    waits for its relay: {trouble.said}; {failed}, tried again {trouble.until:%H:%M} UTC")
    if found.opens:
        click.echo(f"    waits for the send window, which opens {found.opens:%Y-%m-%d %H:%M} UTC")


def _as_json(found: "Status") -> dict[str, Any]:
    issues = [
        {
            "newsletter": issue.newsletter,
            "period": issue.period,
            "state": issue.state,
            "reason": issue.reason,
            "counts": certificate.counts,
            "holds": certificate.holds,
            "trouble": found.troubles.get(issue.id),
        }
        for issue, certificate in found.issues
    ]
    told = {"counts": found.counts, "sources": found.sources, "issues": issues, "window_opens": found.opens}
    return (
        told
        | {"next": found.next, "last_tick": found.last_tick, "unsaid": found.unsaid, "stale": found.stale}
        | {
            "needs": found.needs,
            "health": found.health,
        }
    )
