"""issue status, certificate: how far an issue is on its way, and what is proved of it."""

import json
import sys
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from publisher.cli.common import (
    common,
    count,
    newsletter_option,
    opened,
    plain,
    say,
    say_json,
    week_named,
    week_option,
)
from publisher.files import put
from publisher.records import Certificate

if TYPE_CHECKING:
    from publisher.actions.proving import Progress, Proof
    from publisher.app import App

_IN_QUESTION, _UNFINISHED = 3, 4
_EACH_SECOND = 1.0


def exit_code(certificate: Certificate) -> int:
    """0: everyone has one copy; 3: all is settled, but some copies are in question; 4: not finished."""
    if not certificate.holds:
        return _UNFINISHED
    return 0 if certificate.everyone_has_one else _IN_QUESTION


def account(certificate: Certificate) -> dict[str, Any]:
    """As JSON shows it."""
    told = {"recipients": certificate.recipients, "counts": certificate.counts, "holds": certificate.holds}
    return told | {"doubted": certificate.doubted}


@click.command()
@week_option()
@newsletter_option()
@click.option("--watch", is_flag=True, help="Look again each second, until nobody sends any more.")
@common
def status(
    week: str | None, newsletter: str | None, watch: bool, site: Path, now: datetime | None, as_json: bool
) -> None:
    """How far an issue is on its way: rate, what was accepted, put off and refused, and when it will be done."""
    from publisher.actions.proving import progress_of

    with opened(site, now) as app:
        letter = app.newsletter(newsletter)
        period = week_named(app, letter, week)
        found = progress_of(app, letter, period)
        if as_json:
            say_json(_progress_facts(found))
            return
        if watch and sys.stderr.isatty():
            found = _watched(app, letter, period, found)
        while watch and found.moves:
            click.echo(_line(found))
            time.sleep(_EACH_SECOND)
            found = progress_of(app, letter, period)
        for line in _lines(found):
            click.echo(line)


def _watched(app: "App", letter: Any, period: str, found: "Progress") -> "Progress":
    """The bar, until nobody sends."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress as Bars, TaskProgressColumn, TextColumn

    from publisher.actions.proving import progress_of

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn())
    with Bars(*columns, console=Console(stderr=True), transient=True) as bars:
        bar = bars.add_task("", total=found.certificate.recipients)
        while found.moves:
            bars.update(bar, completed=found.certificate.settled, description=_line(found))
            time.sleep(_EACH_SECOND)
            found = progress_of(app, letter, period)
    return found


def _line(found: "Progress") -> str:
    counts = found.certificate.counts
    told = [f"{counts.get(state, 0)} {state}" for state in ("accepted", "deferred", "refused")]
    told += [f"{found.rate:.0f} a second"] if found.rate else []
    told += [f"done at {found.ends:%H:%M} UTC"] if found.ends else []
    return ", ".join(told)


def _lines(found: "Progress") -> Iterator[str]:
    issue, known = found.issue, found.certificate
    reason = f" ({issue.reason})" if issue.reason and issue.state not in ("sent", "approved") else ""
    yield f"{issue.newsletter} {issue.period}: {issue.state}{reason}"
    if known.recipients:
        yield str(known)
    if found.moves:
        yield _line(found)
    if found.trouble:
        until = f"{found.trouble.until:%H:%M} UTC"
        yield f"The relay cannot be used: {found.trouble.said}; tried again from {until}"
    elif known.open and not found.moves and found.stopped and found.stopped != "done":
        yield f"The last sender stopped: {found.stopped}"
    if found.next_try and known.open:
        yield f"Copies that the relay put off are tried again from {found.next_try:%Y-%m-%d %H:%M} UTC"
    if known.open and found.in_force.opens:
        yield f"The send window opens at {found.in_force.opens:%Y-%m-%d %H:%M} UTC"


def _progress_facts(found: "Progress") -> dict[str, Any]:
    issue = found.issue
    told = {"newsletter": issue.newsletter, "period": issue.period, "state": issue.state, "reason": issue.reason}
    more = {"rate": found.rate, "ends": found.ends, "next_try": found.next_try, "trouble": found.trouble}
    pace = {"pace": found.in_force.pace, "opens": found.in_force.opens, "senders": found.senders}
    return told | {"certificate": account(found.certificate)} | more | pace | {"stopped": found.stopped}


@click.command()
@week_option()
@newsletter_option()
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), help="Write it to a file, to be filed.")
@common
def certificate(
    week: str | None, newsletter: str | None, output: Path | None, site: Path, now: datetime | None, as_json: bool
) -> None:
    """The account of an issue: what became of every copy, and each that was refused, given up or is in doubt, by id.

    Exit code 0: everyone has one copy. 3: all is settled, but some copies are in question. 4: not finished.
    """
    from publisher.actions.proving import certify

    with opened(site, now) as app:
        letter = app.newsletter(newsletter)
        proof = certify(app, letter, week_named(app, letter, week))
        if as_json:
            text = json.dumps(plain(_proof_facts(proof)), ensure_ascii=False, indent=2)
        else:
            text = "\n".join(_document(proof, app.organisation, letter.title))
        if output:
            put(output, f"{text}\n".encode())
            say(f"Written to {output}")
        else:
            click.echo(text)
    raise click.exceptions.Exit(exit_code(proof.certificate) if proof.start else _UNFINISHED)


def _proof_facts(proof: "Proof") -> dict[str, Any]:
    issue = proof.issue
    told = {"newsletter": issue.newsletter, "period": issue.period, "state": issue.state}
    more = {"start": proof.start, "end": proof.end, "rate": proof.rate, "hashes": proof.hashes}
    lists = {"in_question": proof.in_question, "nameless": proof.nameless, "senders": proof.senders}
    return told | account(proof.certificate) | more | lists | {"history": proof.history}


def _document(proof: "Proof", organisation: str, title: str) -> Iterator[str]:
    account = proof.certificate
    yield f"{organisation}: {title}, {proof.issue.period}"
    yield ""
    yield str(account) if proof.start else "Nothing was sent yet."
    yield f"State:     {proof.issue.state}"
    yield f"Begun:     {_moment(proof.start)}"
    yield f"Finished:  {_moment(proof.end)}"
    if proof.rate:
        yield f"Rate:      {proof.rate:.1f} accepted a second"
    for run in proof.senders:
        times = f"{_moment(run.started_at)} to {_moment(run.ended_at)}"
        yield f"Sent by:   {run.relay}, {times}: {run.why or 'no end known'}"
    for language, value in proof.hashes.items():
        yield f"Contents:  {language} SHA-256 {value}"
    yield ""
    if account.doubted:
        yield f"{count(account.doubted, 'copy was', 'copies were')} accepted after a doubt, and may have arrived twice:"
    elif proof.start and proof.issue.state != "cancelled" and account.everyone_has_one:
        yield "Nobody was refused, given up or left in doubt."
    for one in proof.in_question:
        doubts = f", {count(one.doubts, 'doubt')}" if one.doubts else ""
        who = one.public_id or "(forgotten)"
        yield f"{one.state:<10} {who:<32} {count(one.attempts, 'attempt')}{doubts}: {one.reply}"
    yield ""
    for change in proof.history:
        why = f": {change.why}" if change.why else ""
        yield f"{_moment(change.at)}  {change.before or 'new'} -> {change.after} by {change.who}{why}"


def _moment(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC" if moment else "not yet"


COMMANDS = (status, certificate)
