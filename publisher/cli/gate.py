"""issue check, preview, test-send: look at an issue before anybody else does."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from publisher.cli.common import (
    common,
    count,
    fail_if,
    has_errors,
    newsletter_option,
    opened,
    progress,
    refuse_rehearsal,
    say,
    say_json,
    tally,
    week_named,
    week_option,
)
from publisher.records import Accepted

if TYPE_CHECKING:
    from publisher.actions.gate import Report


@click.command()
@week_option()
@newsletter_option()
@click.option("--links", "visit_links", is_flag=True, help="Ask every link whether it is there: this uses the network.")
@click.option("--no-spam", is_flag=True, help="Leave SpamAssassin out, which takes a second or two.")
@click.option(
    "--html", "page", type=click.Path(path_type=Path, dir_okay=False), help="Write the report as one HTML page."
)
@click.option("--strict", is_flag=True, help="Exit with 1 for warnings too, not for errors only.")
@common
def check(
    week: str | None,
    newsletter: str | None,
    visit_links: bool,
    no_spam: bool,
    page: Path | None,
    strict: bool,
    site: Path,
    now: datetime | None,
    as_json: bool,
) -> None:
    """Look at an issue as its readers, their programs and their providers will; every approval passes this gate.

    Accessibility, mail programs, privacy and delivery: each finding with its place and its mend. What can be proved
    is proved on the finished messages, byte for byte. docs/issue-rules.md lists every rule.
    """
    from publisher.actions.reporting import check_issue, report_page
    from publisher.files import put

    with opened(site, now) as app:
        letter = app.newsletter(newsletter)
        period = week_named(app, letter, week)
        with progress("Asking links", None) as advance:
            report = check_issue(
                app,
                letter,
                period,
                visit_links=visit_links,
                with_spam=not no_spam,
                progress=lambda done, of: advance(done, of),
            )
        if page:
            put(page, report_page(app, report).encode("utf-8"))
    if as_json:
        say_json(report)
    else:
        _show(report)
        say(f"The report is in {page}" if page else "To file it: publisher issue check --html report.html")
    fail_if(has_errors(report.findings) or (strict and any(f.severity == "warning" for f in report.findings)))


def _show(report: "Report") -> None:
    for family, findings in report.by_family().items():
        click.echo(f"{family.capitalize()}")
        for finding, _ in findings:
            click.echo(f"  {finding.severity}: {finding.place}: {finding.mend} [{finding.code}]")
    for override in report.overrides:
        click.echo(f"Overridden by {override.who}: {', '.join(override.codes)}: {override.reason}")
    for one in report.examined:
        spam = f", spam score {one.spam.score:g}" if one.spam else ""
        size = f"{one.html_bytes / 1024:.1f} KB of HTML (Gmail cuts at 102)"
        loaded = ", ".join(one.loaded_from) or "nowhere"
        say(f"[{one.language}] {size}, {count(one.links, 'link')}, pictures from {loaded}{spam}")
    for headline, grade in report.grades.items():
        say(f"reading grade {grade:.0f}: {headline}")
    say(f"{report.newsletter} {report.period}: {tally(report.findings)}.")


@click.command()
@week_option()
@newsletter_option()
@click.option("--topics", metavar="TOPIC,TOPIC", help="As a reader gets it who chose these topics.")
@click.option("--no-pictures", is_flag=True, help="Leave out the pictures that Chromium takes.")
@click.option(
    "--to",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder for the files.",
    show_default="preview/",
)
@common
def preview(
    week: str | None,
    newsletter: str | None,
    topics: str | None,
    no_pictures: bool,
    folder: Path | None,
    site: Path,
    now: datetime | None,
    as_json: bool,
) -> None:
    """Write the issue as a reader sees it: HTML with local pictures, text, and the message as .eml; each language.

    With Chromium installed also pictures of it: on wide, narrow and dark screens, and without images.
    """
    from publisher.actions.previewing import preview_issue

    with opened(site, now) as app, progress("Taking pictures", None) as advance:
        letter = app.newsletter(newsletter)
        made = preview_issue(
            app,
            letter,
            week_named(app, letter, week),
            folder or site / "preview",
            topics=[topic.strip() for topic in (topics or "").split(",") if topic.strip()],
            pictures=not no_pictures,
            progress=lambda done, of: advance(done, of),
        )
    if as_json:
        say_json(made)
        return
    for file in made.files:
        click.echo(file)
    if made.without_pictures:
        say(made.without_pictures)
    say("Open the first in a browser. Next: publisher issue check, then publisher issue approve")


@click.command("test-send")
@click.argument("addresses", nargs=-1, required=True, metavar="ADDRESS...")
@week_option()
@newsletter_option()
@click.option("--language", metavar="TAG", help="In which of its languages.", show_default="the main one")
@common
def test_send(
    addresses: tuple[str, ...],
    week: str | None,
    newsletter: str | None,
    language: str | None,
    site: Path,
    now: datetime | None,
    as_json: bool,
) -> None:
    """Send the issue as it is now to any addresses, marked as a test; it is counted nowhere.

    The addresses need not be subscribers'. The links to leave or to choose are nobody's and do nothing.
    """
    from publisher.actions.previewing import test_send

    with opened(site, now) as app:
        refuse_rehearsal(app, now)
        letter = app.newsletter(newsletter)
        sent = test_send(app, letter, week_named(app, letter, week), addresses, language=language)
    files = [one.file for one in sent if one.file]
    well = [one for one in sent if isinstance(one.outcome, Accepted)]
    if as_json:
        told = [{"address": one.address, "accepted": one in well, "reply": one.outcome.reply} for one in sent]
        say_json({"sent": len(well), "files": files, "mails": told})
    else:
        for one in sent:
            click.echo(one.file or f"{one.address}: {one.outcome.reply}")
        what = "written" if files else "accepted by the relay"
        say(f"{count(len(well), 'test message')} {what}. Next: publisher issue check, then publisher issue approve")
    fail_if(len(well) < len(sent))
