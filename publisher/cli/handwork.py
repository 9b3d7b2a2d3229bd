"""articles edit, articles correct, articles embargo: what the office decides over an article's source."""

from datetime import datetime
from pathlib import Path
from typing import Any

import click

from publisher.cli.common import common, moment_of, opened, say, say_json
from publisher.records import HAND_FIELDS, Article

_BUILD = "Next: publisher feeds build"


@click.command()
@click.argument("name")
@click.option("--headline", help="The headline.")
@click.option("--summary", help="The sentence or two that lists show; empty: none.")
@click.option("--author", "authors", multiple=True, metavar="NAME", help="Who wrote it. May be given again.")
@click.option("--topic", "topics", multiple=True, metavar="TOPIC", help="A declared topic. May be given again.")
@click.option("--language", metavar="TAG", help='The language of the article, like "es".')
@click.option("--alt", help="What the picture shows, for those who do not see it.")
@click.option(
    "--body",
    type=click.File(encoding="utf-8"),
    help="A file of HTML with the whole text; - reads it from standard input.",
)
@click.option(
    "--as-source",
    "back",
    multiple=True,
    type=click.Choice(sorted(HAND_FIELDS)),
    help="Take back what was decided of this field: it says what its source says. May be given again.",
)
@common
def edit(
    name: str, back: tuple[str, ...], body: Any, site: Path, now: datetime | None, as_json: bool, **words: Any
) -> None:
    """Change the article NAME, its id or short name, by hand.

    What is decided here stays when the source is read again, until it is taken back with --as-source. Readers are told
    of an update; an approved issue that carries the article must be drafted and approved anew.
    """
    from publisher.actions.handwork import edit_article

    wanted = {field: word for field, word in words.items() if word is not None and word != ()}
    if body is not None:
        wanted["body"] = _read(body)
    if not wanted and not back:
        raise click.UsageError("say what is to change, as with --headline, or --as-source to take something back")
    with opened(site, now) as app:
        _say("edited", edit_article(app, name, wanted, back), as_json, _BUILD)


@click.command()
@click.argument("name")
@click.argument("note", required=False)
@click.option("--take-back", is_flag=True, help="Take the note away.")
@common
def correct(name: str, note: str | None, take_back: bool, site: Path, now: datetime | None, as_json: bool) -> None:
    """Put a NOTE of correction above the text of the article NAME: what was wrong, and what is right.

    The article appears in the feeds as updated, also when it is years old, and the next issue may carry the note.
    """
    from publisher.actions.handwork import correct_article

    if (note is None) != take_back:
        raise click.UsageError("give the note, one sentence in quotation marks, or --take-back")
    with opened(site, now) as app:
        _say("corrected", correct_article(app, name, note), as_json, _BUILD)


@click.command()
@click.argument("name")
@click.argument("until", required=False)
@click.option("--lift", is_flag=True, help="Let readers see it now.")
@common
def embargo(name: str, until: str | None, lift: bool, site: Path, now: datetime | None, as_json: bool) -> None:
    """Keep the article NAME from readers UNTIL a moment, like "2026-12-05 09:00" in the site's zone.

    Feeds, pages and issues leave it out until then; `publisher run` puts it in at that moment by itself.
    """
    from publisher.actions.handwork import embargo_article

    if (until is None) != lift:
        raise click.UsageError('give a moment, like "2026-12-05 09:00", or --lift')
    with opened(site, now) as app:
        moment = _moment(until, app.zone) if until else None
        article = embargo_article(app, name, moment)
        _say("embargo" if moment else "lifted", article, as_json, _BUILD)
        if moment and article.first_seen and not as_json:
            say("Feeds that were built before may have shown it: readers keep what they have.")


def _read(file: Any) -> str:
    try:
        return str(file.read())
    except UnicodeDecodeError:
        raise click.UsageError(f"{file.name} is not UTF-8 text; save the file as UTF-8") from None


def _moment(text: str, zone: str) -> datetime:
    try:
        return moment_of(text, zone)
    except ValueError:
        raise click.UsageError(f'"{text}" is not a moment; write it like "2026-12-05 09:00"') from None


def _say(what: str, article: Article, as_json: bool, following: str) -> None:
    if as_json:
        say_json({name: getattr(article, name) for name in ("id", "slug", "headline", "embargo", "correction")})
        return
    click.echo(f"{what:<10} {article.headline}")
    for field, (word, source) in article.by_hand.items():
        click.echo(f"{'by hand':<10} {field}: {_short(word)} (its source: {_short(source)})")
    say(following)


def _short(value: Any) -> str:
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M} UTC"
    text = ", ".join(value) if isinstance(value, tuple) else str(value or "none")
    return text if len(text) <= 60 else f"{text[:59]}…"
