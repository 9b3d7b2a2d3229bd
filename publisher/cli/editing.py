"""issue edit, issue explain: what is in an issue, why, and what the office chooses by hand."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from publisher.cli.common import (
    common,
    count,
    newsletter_option,
    opened,
    say,
    say_json,
    say_problems,
    table,
    week_named,
    week_option,
    who_named,
    who_option,
)

if TYPE_CHECKING:
    from publisher.actions.explaining import Explanation, Since


@click.command()
@week_option()
@newsletter_option()
@who_option()
@click.option("--subject", help="The subject; empty: by the rule, the newsletter's title and the lead's headline.")
@click.option("--preheader", help="What the list of mails shows behind the subject; empty: the next headlines.")
@click.option("--greeting", help='The first words, like "Good morning, {name}."; empty: the usual greeting.')
@click.option("--note", help="A paragraph of this issue alone, below the introduction; empty: none.")
@click.option("--language", metavar="TAG", help="The language these texts are for.", show_default="the main one")
@click.option("--lead", metavar="ARTICLE", help="Which article leads; empty: by the newsletter's rule.")
@click.option("--order", metavar="ITEM,ITEM", help="These come first, in this order (short names or ids).")
@click.option("--in", "included", metavar="ITEM", multiple=True, help="Take this in, whatever the rules say.")
@click.option("--out", "excluded", metavar="ITEM", multiple=True, help="Leave this out.")
@click.option("--auto", "automatic", metavar="ITEM", multiple=True, help="Leave this to the rules again.")
@click.option("--reset", is_flag=True, help="First take back all that was edited before.")
@common
def edit(
    week: str | None,
    newsletter: str | None,
    who: str | None,
    order: str | None,
    included: tuple[str, ...],
    excluded: tuple[str, ...],
    automatic: tuple[str, ...],
    lead: str | None,
    language: str | None,
    reset: bool,
    site: Path,
    now: datetime | None,
    as_json: bool,
    **texts: str | None,
) -> None:
    """Change one issue by hand: its texts, its lead, its order, what is in and what is out.

    Items are named by headline, short name or id, as `issue explain` lists them. Embargoes, withdrawals and reviews
    that are due go before every edit. Each edit is a line in the issue's history; an approval becomes void by it.
    """
    from publisher.actions.editing import Wish, edit_issue

    with opened(site, now) as app:
        letter = app.newsletter(newsletter)
        wish = Wish(
            texts={what: text for what, text in texts.items() if text is not None},
            language=language,
            lead=lead,
            order=[name.strip() for name in (order or "").split(",") if name.strip()],
            included=included,
            excluded=excluded,
            automatic=automatic,
            reset=reset,
        )
        made = edit_issue(app, letter, week_named(app, letter, week), wish, who=who_named(who))
        if as_json:
            say_json({"newsletter": letter.name, "period": made.issue.period, "edits": made.issue.edits})
            return
        for edition in made.editions:
            click.echo(f"Subject [{edition.language}]: {edition.subject}")
        table(
            ("", "Headline"),
            [("lead" if item is made.lead else "also", item.headline) for item in made.selection.carried],
        )
        say_problems(made.issue.findings)
        say(f"Next: publisher issue preview --period {made.issue.period}, then publisher issue check and approve")


@click.command()
@click.argument("article", required=False)
@week_option()
@newsletter_option()
@click.option("--next", "coming", type=click.IntRange(1, 26), metavar="N", help="Simulate the next N issues.")
@common
def explain(
    article: str | None,
    week: str | None,
    newsletter: str | None,
    coming: int | None,
    site: Path,
    now: datetime | None,
    as_json: bool,
) -> None:
    """Say for each article why it is in the issue or out of it, and what changed since the last issue.

    ARTICLE (short name or id) asks for one alone. --next simulates the coming issues from what there is now, each
    carrying what those before it left. Nothing is changed.
    """
    from publisher.actions.explaining import coming_issues, explain_issue

    if article and coming:
        raise click.UsageError("ask for one article, or for the coming issues with --next, not for both")
    with opened(site, now) as app:
        letter = app.newsletter(newsletter)
        told = coming_issues(app, letter, coming) if coming else [explain_issue(app, letter, week, article)]
        if as_json:
            say_json([_as_json(one, article) for one in told])
            return
        for one in told:
            _show(one, article, brief=bool(coming))


_CHANGES = ("new", "waited", "corrected", "withdrawn")


def _as_json(one: "Explanation", article: str | None) -> dict[str, Any]:
    verdicts = [
        {"id": v.item.id, "headline": v.item.headline, "in": v.is_in, "why": v.why, "because": v.because}
        for v in one.selection.verdicts
        if article is None or article in (v.item.id, v.item.slug)
    ]
    since = one.since
    return {
        "newsletter": one.newsletter,
        "period": one.period.name,
        "state": one.state,
        "after": one.window.after,
        "cut_off": one.window.cut_off,
        "verdicts": verdicts,
        "events": [{"id": e.id, "title": e.title, "start": e.start} for e in one.selection.events],
        "findings": one.selection.findings,
        "since": {"period": since.period} | {kind: [item.id for item in getattr(since, kind)] for kind in _CHANGES}
        if since
        else None,
    }


def _show(one: "Explanation", article: str | None, *, brief: bool) -> None:
    window = f"{one.window.after:%Y-%m-%d %H:%M} to {one.window.cut_off:%Y-%m-%d %H:%M} UTC"
    click.echo(f"{one.newsletter} {one.period.name}, {one.state}: what is new from {window}")
    verdicts = [v for v in one.selection.verdicts if article is None or article in (v.item.id, v.item.slug)]
    shown = [v for v in verdicts if v.is_in or not brief]
    lead = one.selection.lead
    rows = [
        ("lead" if v.item is lead else "in" if v.is_in else "out", v.item.headline, v.item.slug, v.because)
        for v in shown
    ]
    table(("", "Headline", "Short name", "Because"), rows)
    if not any(v.is_in for v in verdicts) and article is None:
        say("Nothing to carry: the issue would be skipped.")
    if one.since and article is None and not brief:
        _show_since(one.since)
    say_problems(one.selection.findings if article is None and not brief else ())
    if brief:
        say(f"{count(sum(v.is_in for v in verdicts), 'item')}, {count(len(one.selection.events), 'event')}")


def _show_since(since: "Since") -> None:
    say(f"Since {since.period}: {count(len(since.new), 'item')} new, {len(since.waited)} waited for room or came late.")
    for kind, articles in (("corrected", since.corrected), ("withdrawn", since.withdrawn)):
        for article in articles:
            say(f"{kind} since {since.period} carried it: {article.headline}")
