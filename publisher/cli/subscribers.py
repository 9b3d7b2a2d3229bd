"""subscribers import, list, count, export, show, erase, form."""

import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from publisher.cli.common import (
    common,
    count,
    dry_run_option,
    fail_if,
    opened,
    plain,
    progress,
    say,
    say_json,
    say_problems,
    table,
    who_named,
    who_option,
)

if TYPE_CHECKING:
    from publisher.actions.importing import Imported
    from publisher.actions.people import About

_only = click.option("--newsletter", help="Only those who asked for this newsletter.")


@click.group()
def subscribers() -> None:
    """Import, count, export, show and erase subscribers."""


@subscribers.command("import")
@click.argument("files", type=click.Path(path_type=Path), nargs=-1, required=True, metavar="FILE...")
@click.option("--source", default="", help="Where these people agreed: needed for new ones whose row does not say it.")
@click.option("--consent", default="", help="What proves it: needed for new ones whose row does not say when.")
@click.option("--newsletter", "newsletters", multiple=True, help="What they agreed to; repeat for several.")
@who_option()
@dry_run_option(help="Count and check, keep nobody.")
@common
def import_(
    files: tuple[Path, ...],
    source: str,
    consent: str,
    newsletters: tuple[str, ...],
    who: str | None,
    dry_run: bool,
    site: Path,
    now: datetime | None,
    as_json: bool,
) -> None:
    """Take in lists of people: our own CSV, exports of Mailchimp (also its zip), Constant Contact, listmonk, Ghost,
    Substack, MailPoet, Keila, Outlook, and plain lists of addresses.

    Whom we have stays as they are. Who unsubscribed, bounced or complained in any of the lists is never written to
    again, in whatever order they come. All files together are one import: all of it or nothing.
    """
    from publisher.actions.importing import import_subscribers

    total = sum(file.stat().st_size for file in files if file.is_file())
    with opened(site, now) as app, progress("reading", total or None) as bar:
        done = import_subscribers(
            app,
            files,
            who=who_named(who),
            source=source,
            consent=consent,
            newsletters=newsletters,
            dry_run=dry_run,
            progress=bar,
        )
    if as_json:
        say_json(done)
    else:
        _show_import(done)
    fail_if(done.refusal or done.rejected)


def _show_import(done: "Imported") -> None:
    say_problems(done.findings)
    for place, program, rows in done.sheets:
        click.echo(f"{place}: {program}, {count(rows, 'row')}")
    c = done.counts
    if done.refusal and not done.dry_run:
        say(f"publisher: nobody was kept: {done.refusal}")
        return
    told = [
        (c.new, "new"),
        (c.known, "known already"),
        (c.confirmed, "of them confirmed now"),
        (c.widened, "of them with a newsletter more"),
        (c.unconfirmed, "never confirmed and will not be written to"),
        (c.left, "left and will not be written to"),
        (c.unclear, "left out, because a line about them cannot be understood"),
        (c.doubles, "twice in it"),
        (done.rejected, "rejected"),
    ]
    always = ("new", "known already")
    click.echo(", ".join(f"{number} {what}" for number, what in told if number or what in always))
    if done.newsletters and c.new:
        click.echo(f"newsletters of the new ones: {', '.join(done.newsletters)}")
    if done.refusal:
        say(f"publisher: this would be refused: {done.refusal}")
    elif done.dry_run:
        say("Nobody was kept: this was a dry run. Run it again without --dry-run to keep them.")
    else:
        say("Next: publisher subscribers count")


@subscribers.command("list")
@_only
@common
def list_(newsletter: str | None, site: Path, now: datetime | None, as_json: bool) -> None:
    """Everyone we hold, with state, newsletters, topics and consent."""
    from publisher.actions.people import list_subscribers

    with opened(site, now) as app:
        people = list_subscribers(app, newsletter)
        if as_json:
            say_json([plain(person) for person in people])
            return
        headings = ("Address", "Name", "State", "Newsletters", "Topics", "Consent", "Since")
        rows = [
            (
                *(p.address, p.name, p.state, ", ".join(p.newsletters) or "all", ", ".join(p.topics) or "all"),
                *(p.consent_source, p.consent_at),
            )
            for p in people
        ]
        table(headings, rows)
        say(count(len(people), "subscriber") + ".")


@subscribers.command("count")
@common
def count_(site: Path, now: datetime | None, as_json: bool) -> None:
    """How many each newsletter would go to now, by topic and language; nobody is named."""
    from publisher.actions.people import segments

    with opened(site, now) as app:
        found = segments(app)
        titles = {slug: topic.title for slug, topic in app.topics.items()}
    if as_json:
        say_json(found)
        return
    for one in found:
        more = [(one.paused, "paused"), (one.unconfirmed, "unconfirmed")]
        waiting = ", ".join(f"{number} {what}" for number, what in more if number)
        click.echo(f"{one.newsletter}: {count(one.willing, 'reader')}{f' ({waiting})' if waiting else ''}")
        rows = [
            ("topic", titles.get(slug, slug) or "all topics", number) for slug, number in sorted(one.topics.items())
        ]
        rows += [("language", language or "not said", number) for language, number in sorted(one.languages.items())]
        table(("", "", "Readers"), [(f"  {kind}", name, number) for kind, name, number in rows])
    if not found:
        say("There is no newsletter; add a [[newsletter]] to publisher.toml.")


@subscribers.command()
@click.option(
    "--format",
    "form",
    type=click.Choice(["csv", "json"]),
    default="csv",
    show_default=True,
    help="CSV for spreadsheets and other programs, JSON with all that the record holds.",
)
@click.option(
    "--output", type=click.Path(path_type=Path, dir_okay=False), help="Write to this file, readable by you alone."
)
@_only
@common
def export(
    form: Literal["csv", "json"],
    output: Path | None,
    newsletter: str | None,
    site: Path,
    now: datetime | None,
    as_json: bool,
) -> None:
    """Write out everyone we hold, those who left too. No cell of the CSV can run as a formula, and `subscribers import`
    reads it again. With --json: as --format json."""
    from publisher.actions.people import export_subscribers
    from publisher.files import private

    made = "json" if as_json else form
    with opened(site, now) as app:
        if output is None:
            sys.stdout.reconfigure(newline="")  # type: ignore[union-attr]  # a test may put a plain stream there
            number = export_subscribers(app, sys.stdout, made, newsletter)
        else:
            with private(output) as file:
                number = export_subscribers(app, file, made, newsletter)
    say(f"{count(number, 'subscriber')} exported; it is personal data: keep it where few can read it.")


@subscribers.command()
@click.argument("address")
@common
def show(address: str, site: Path, now: datetime | None, as_json: bool) -> None:
    """All that we hold on one address: why we have it, what was agreed and when, what was sent and came back.

    With --json it is what a person may ask for by law (GDPR, article 15).
    """
    from publisher.actions.people import show_subscriber

    with opened(site, now) as app:
        about = show_subscriber(app, address)
    if as_json:
        say_json(_as_json(about))
        return
    for line in _lines(about):
        click.echo(line)


@subscribers.command()
@click.argument("address")
@click.option("--yes", is_flag=True, help="Do not ask.")
@who_option()
@dry_run_option(help="Show what would be erased.")
@common
def erase(
    address: str, yes: bool, who: str | None, dry_run: bool, site: Path, now: datetime | None, as_json: bool
) -> None:
    """Erase a person and all that names them (GDPR, article 17); it cannot be undone.

    A keyed hash of the address stays on the suppression list, so that no import brings it back. What was sent stays
    counted, without whom it was for. Backups and the relay's own logs are not reached from here.
    """
    from publisher.actions.people import erase_subscriber

    with opened(site, now) as app:
        about = erase_subscriber(app, address, who=who_named(who), dry_run=True)
        if not (dry_run or as_json):
            for line in _lines(about):
                click.echo(line)
        if not (dry_run or yes):
            click.confirm("Erase all this for ever?", abort=True, err=True)
        if not dry_run:
            erase_subscriber(app, address, who=who_named(who))
    if as_json:
        say_json({"erased": not dry_run, "held": _as_json(about)})
    say("Nothing was erased: this was a dry run." if dry_run else "Erased. The address is on the suppression list.")


@subscribers.command()
@click.option("--newsletter", help="The newsletter that the form is for; without it, all.")
@click.option("--language", help="The language of the form; without it, that of the site.")
@common
def form(newsletter: str | None, language: str | None, site: Path, now: datetime | None, as_json: bool) -> None:
    """Print a form for new subscribers, to be put into a page of your own website."""
    from publisher.actions.subscribing import embedded_form

    with opened(site, now) as app:
        html = embedded_form(app, newsletter, language)
    if as_json:
        say_json({"html": html})
    else:
        click.echo(html, nl=False)


def _as_json(about: "About") -> dict[str, Any]:
    told: dict[str, Any] = plain(about)
    for suppression in told["suppressions"]:
        del suppression["fingerprint"]
    return told


def _lines(about: "About") -> list[str]:
    """What is held, for a person who asks why."""
    person = about.person
    if about.is_unknown:
        return [f"{about.address}: we hold nothing on this address, and it is not on the suppression list."]
    lines = [f"{about.address}: {_state(about)}"]
    if person:
        lines += [
            f"  why we have it: {person.consent_source or 'not said'}, {person.consent_at or 'moment not said'}",
            *([f"  name: {person.name}"] if person.name else []),
            f"  language: {person.language or 'not said'}",
            f"  topics: {', '.join(person.topics) or 'all'}",
            f"  newsletters: {', '.join(person.newsletters) or 'all'}",
        ]
    if about.intake:
        i = about.intake
        proof = "; ".join(part for part in (i.source, i.consent) if part)
        lines.append(f"  imported {i.at:%Y-%m-%d} by {i.who} from {i.files}{f': {proof}' if proof else ''}")
    if person and person.paused_until:
        lines.append(f"  paused until {person.paused_until:%Y-%m-%d}")
    for held in about.suppressions:
        what = held.newsletter or "all mail"
        lines.append(f"  must not get {what}: {held.reason} {held.at:%Y-%m-%d}{f' ({held.how})' if held.how else ''}")
    lines += [f"  {event.at:%Y-%m-%d %H:%M} UTC  {event.what}: {event.how}" for event in about.history]
    for request in about.requests:
        told = "" if request.used_at else ", not confirmed"
        lines.append(f"  {request.asked_at:%Y-%m-%d %H:%M} UTC  filled in the form{told}")
    lines += [
        f"  {copy.newsletter} {copy.period}: {copy.delivery.state}"
        f"{f' {copy.settled_at:%Y-%m-%d}' if copy.settled_at else ''}"
        for copy in about.copies
    ]
    lines += [f"  {b.at:%Y-%m-%d}  {b.kind}{f' {b.status}' if b.status else ''}" for b in about.bounces]
    return lines


def _state(about: "About") -> str:
    if about.person is None:
        return "not held" + ("; on the suppression list" if about.suppressions else "; a form waits for confirmation")
    states: Sequence[tuple[str, str]] = (
        ("active", "may be written to"),
        ("unconfirmed", "never confirmed, is not written to"),
        ("left", "left, is not written to"),
    )
    return dict(states)[about.person.state]
