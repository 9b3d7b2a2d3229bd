"""collect, articles list, articles show, articles withdraw, articles restore."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from publisher.cli.common import (
    common,
    count,
    dry_run_option,
    fail_if,
    has_errors,
    opened,
    plain,
    progress,
    say,
    say_json,
    say_problems,
    table,
)
from publisher.cli.handwork import correct, edit, embargo
from publisher.records import Article, Teaser

if TYPE_CHECKING:
    from publisher.actions.collect import Collection


@click.command()
@click.argument("source", nargs=-1)
@click.option(
    "--file",
    "files",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Read this file by hand: a captured page (.txt) or Markdown (.md). May be given again.",
)
@click.option("--url", help="Where the page of --file lives on the web.")
@click.option("--headline", help="The headline of --file, where the page lost it.")
@click.option("--again", is_flag=True, help="Ask web sources also for what did not change, after you declared topics.")
@dry_run_option(help="Read and show, keep nothing.")
@common
def collect(
    source: tuple[str, ...],
    files: tuple[Path, ...],
    url: str | None,
    headline: str | None,
    again: bool,
    dry_run: bool,
    site: Path,
    now: datetime | None,
    as_json: bool,
) -> None:
    """Read the SOURCEs (all that publisher.toml declares, when none is named) and keep what is new or edited.

    The same content collected twice adds nothing; an edited page updates its article. What cannot be read is said
    in one line with its mend, the rest is kept, and the exit code is 1.
    """
    from publisher.actions.collect import collect as act, count_files

    _refuse_unusable(files, url, headline)
    with opened(site, now, needs_site=not (dry_run and files)) as app:
        with progress("Reading", count_files(app, source, files)) as advance:
            done = act(
                app,
                source,
                files=files,
                url=url,
                headline=headline,
                dry_run=dry_run,
                again=again,
                progress=lambda _: advance(1),
            )
        if as_json:
            say_json(_as_json(done))
        else:
            _show(done, dry_run, closely=bool(files) or dry_run)
    fail_if(has_errors(done.problems))


def _refuse_unusable(files: tuple[Path, ...], url: str | None, headline: str | None) -> None:
    from publisher.sources.clean import web_address

    if (url or headline) and len(files) != 1:
        raise click.UsageError("--url and --headline tell of one page: give exactly one --file with them")
    if (url or headline) and files[0].suffix.lower() in (".md", ".markdown"):
        raise click.UsageError("a Markdown file says its url and headline itself, between its first lines of ---")
    if url and web_address(url) is None:
        raise click.UsageError(f'"{url}" is not a web address; begin it with https://')


def _as_json(done: "Collection") -> dict[str, Any]:
    ids = list(done.ids) or [None] * len(done.articles)
    return {
        "articles": [_article(article, id) for article, id in zip(done.articles, ids, strict=True)],
        "teasers": [
            {name: getattr(teaser, name) for name in ("headline", "caption", "excerpt", "truncated", "url")}
            for teaser in done.teasers
        ],
        "events": [{name: getattr(e, name) for name in ("title", "start", "end", "place", "url")} for e in done.events],
        "problems": done.problems,
        "new": done.new,
        "updated": done.updated,
        "unchanged": done.unchanged,
    }


def _article(article: Article, id: str | None) -> dict[str, Any]:
    from publisher.sources.html import paragraphs

    image = article.image
    return {
        "id": id,
        "headline": article.headline,
        "date": article.published,
        "author": ", ".join(article.authors) or None,
        "body": paragraphs(article.body),
        "image": {"alt": image.alt, "caption": image.caption, "url": image.url} if image else None,
        "topics": article.topics,
        "url": article.url,
        "language": article.language,
    }


def _show(done: "Collection", dry_run: bool, closely: bool) -> None:
    for article in done.articles:
        click.echo(f"article  {article.headline or '(headline lost)'}")
        if closely:
            _show_closely(article)
    for teaser in done.teasers:
        caption = f"{teaser.caption}: " if closely and teaser.caption else ""
        cut = " (its text was cut)" if closely and teaser.truncated else ""
        click.echo(f"teaser   {caption}{teaser.headline}{cut}")
    for event in done.events:
        click.echo(f"event    {event.title}")
    say_problems(done.problems)
    if dry_run:
        say("Nothing was kept: this was a dry run.")
        return
    say(f"{len(done.new)} new, {len(done.updated)} updated, {done.unchanged} as they were.")
    if done.new or done.updated:
        say("Next: publisher feeds build")


def _show_closely(article: Article) -> None:
    """What was read, so that a person can see at a glance whether it is right."""
    from publisher.sources.html import paragraphs

    body = paragraphs(article.body)
    facts = [
        ("date", article.published or "none stated"),
        ("author", ", ".join(article.authors) or "none stated"),
        ("picture", (article.image.alt or "without alt text") if article.image else "none"),
        ("text", count(len(body), "paragraph")),
        ("topics", ", ".join(article.topics) or "none"),
        ("files", ", ".join(one.title for one in article.attachments) or "none"),
        ("embargo", f"until {article.embargo:%Y-%m-%d %H:%M} UTC" if article.embargo else "none"),
    ]
    for label, value in facts:
        click.echo(f"  {label:<8} {value}")
    for paragraph in body:
        click.echo(f"           {paragraph[:90]}{'…' if len(paragraph) > 90 else ''}")


@click.group()
def articles() -> None:
    """List, show and edit what is kept; correct an article, hold it back, withdraw and restore it."""


articles.add_command(edit)
articles.add_command(correct)
articles.add_command(embargo)


@articles.command("list")
@click.option("--newest", type=click.IntRange(min=1), help="Only so many.")
@common
def list_(newest: int | None, site: Path, now: datetime | None, as_json: bool) -> None:
    """Articles, and teasers whose article we do not have, newest first."""
    from publisher.actions.articles import list_articles

    with opened(site, now) as app:
        kept = list_articles(app, newest=newest)
        if as_json:
            say_json(
                {
                    "articles": [_without_body(article) for article in kept.articles],
                    "teasers": [plain(teaser) for teaser in kept.teasers],
                }
            )
            return
        rows = [_row(article, app.clock()) for article in kept.articles] + [
            _teaser_row(teaser) for teaser in kept.teasers
        ]
        table(("Date", "Kind", "Headline", "Short name", "Topics"), rows)
        said = f"{count(len(kept.articles), 'article')}, {count(len(kept.teasers), 'teaser')}."
        say(said if rows else "Nothing is kept yet. Next: publisher collect")


@articles.command()
@click.argument("name")
@common
def show(name: str, site: Path, now: datetime | None, as_json: bool) -> None:
    """Show the article NAME, its id or short name, whole."""
    from publisher.actions.articles import show_article
    from publisher.sources.html import paragraphs

    with opened(site, now) as app:
        article = show_article(app, name)
        if as_json:
            say_json(article)
            return
        click.echo(f"{article.headline}\n")
        for label, value in _facts(article, app.links.article(article)):
            click.echo(f"{label:<10} {value}")
        for paragraph in paragraphs(article.body):
            click.echo(f"\n{click.wrap_text(paragraph, width=78)}")


@articles.command()
@click.argument("name")
@click.option("--reason", help="Why, in one sentence: readers of the Atom feed may see it.")
@common
def withdraw(name: str, reason: str | None, site: Path, now: datetime | None, as_json: bool) -> None:
    """Take the article NAME, its id or short name, from all feeds and issues to come.

    It stays away when its source is collected again. Readers that follow the Atom feed are told to remove it.
    """
    from publisher.actions.articles import withdraw_article
    from publisher.actions.publishing import files_of

    with opened(site, now) as app:
        article = withdraw_article(app, name, why=reason)
        if as_json:
            say_json(_without_body(article))
            return
        click.echo(f"withdrawn  {article.headline}")
        for path in files_of(app, article):
            say(f"Still there: {path}; delete it too, if nobody may see it.")
        say("Next: publisher feeds build. Mail that was sent, and copies in feed readers, cannot be called back.")


@articles.command()
@click.argument("name")
@common
def restore(name: str, site: Path, now: datetime | None, as_json: bool) -> None:
    """Give the withdrawn article NAME, its id or short name, back to readers."""
    from publisher.actions.articles import restore_article

    with opened(site, now) as app:
        article = restore_article(app, name)
        if as_json:
            say_json(_without_body(article))
            return
        click.echo(f"restored   {article.headline}")
        say("Next: publisher feeds build")


def _without_body(article: Article) -> dict[str, Any]:
    return {name: value for name, value in plain(article).items() if name != "body"}


def _row(article: Article, now: datetime) -> tuple[Any, ...]:
    day = article.published or article.published_at
    kind = "withdrawn" if article.withdrawn_at else "article"
    if article.released > now:
        kind = f"from {article.released:%Y-%m-%d %H:%M} UTC"
    return (f"{day:%Y-%m-%d}", kind, article.headline, article.slug, ", ".join(article.topics))


def _teaser_row(teaser: Teaser) -> tuple[Any, ...]:
    return (f"{teaser.published_at:%Y-%m-%d}", "teaser", teaser.headline, "", teaser.caption)


def _facts(article: Article, url: str) -> list[tuple[str, Any]]:
    facts = [
        ("id", article.id),
        ("address", url),
        ("source", article.source),
        ("date", article.published or f"not stated; first seen {article.first_seen:%Y-%m-%d %H:%M} UTC"),
        ("authors", ", ".join(article.authors)),
        ("topics", ", ".join(article.topics)),
        ("picture", article.image.alt if article.image else None),
        ("embargo", f"until {article.embargo:%Y-%m-%d %H:%M} UTC" if article.embargo else None),
        ("review by", article.review_by),
        ("corrected", article.correction),
        ("files", ", ".join(attachment.title for attachment in article.attachments)),
        ("by hand", ", ".join(article.by_hand)),
        ("withdrawn", f"on {article.withdrawn_at:%Y-%m-%d %H:%M} UTC" if article.withdrawn_at else None),
    ]
    return [(label, value) for label, value in facts if value]
