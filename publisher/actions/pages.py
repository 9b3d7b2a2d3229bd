"""What the public may read of one article or one issue: the values of its page, or why there is none."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from publisher import digest
from publisher.app import App
from publisher.feeds import carried_html, issue_told
from publisher.feeds.page import words
from publisher.languages import direction, long_date
from publisher.links import ENDINGS
from publisher.records import Article, Edition, Issue, Teaser, may_be_read
from publisher.store import content, issues

_BARE: dict[str, Any] = dict.fromkeys(("summary", "authors", "correction", "topics", "image", "attachments"))
"""What a page of an article may have and that of an issue has not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page as it is shown: `here`, `elsewhere` (at `url`), `gone` for good (it was withdrawn), or `unknown`."""

    state: Literal["here", "elsewhere", "gone", "unknown"]
    html: str = ""
    url: str = ""


def article_page(app: App, slug: str) -> Page:
    """Our page of an article. One under embargo is as unknown as one that is not there."""
    with app.database.read() as connection:
        article = content.find(connection, slug)
    if article is None or article.slug != slug or article.released > app.clock():
        return Page(state="unknown")
    if article.url and not article.withdrawn_at:
        return Page(state="elsewhere", url=article.url)
    if article.withdrawn_at:
        return Page(state="gone", html=_rendered(app, "web/gone.html.j2", app.language))
    language = article.language or app.language
    return Page(
        state="here", html=_rendered(app, "web/article.html.j2", language, article=_told(app, article, language))
    )


def issue_page(app: App, newsletter: str, period: str, language: str | None = None) -> Page:
    """A past issue in the browser, without personal parts; in `language`, or its main one. Before it was sent it is
    unknown.

    Once something that it carried was withdrawn, the page shows what is left of it, no longer the mail as it was.
    """
    with app.database.read() as connection:
        issue = issues.find(connection, newsletter, period)
        if issue is None or issue.state not in ("sending", "paused", "sent") or issue.edition is None:
            return Page(state="unknown")
        articles, teasers, _ = content.by_ids(connection, {*issue.carried, *issue.shown})
    edition = next((e for e in issue.editions[1:] if e.language == language), None) if language else issue.edition
    if edition is None:
        return Page(state="unknown")
    known: dict[str, Article | Teaser] = {**teasers, **articles}
    carried = [known[id] for id in issue.carried if id in known]
    left = [one for one in carried if may_be_read(one, app.clock())]
    if all(may_be_read(one, app.clock()) for one in known.values()):
        return Page(state="here", html=digest.for_the_web(edition, _found(app, issue, edition)))
    told = {
        "headline": issue_told(issue, issue.edition, left)[0],
        "body": carried_html(left, app.links),
        "canonical": app.links.issue(newsletter, period),
        **_dated(app, issue.edition.date, _language(app, issue)),
    }
    return Page(state="here", html=_rendered(app, "web/article.html.j2", _language(app, issue), article=_BARE | told))


def _language(app: App, issue: Issue) -> str:
    """The issue's main language; editions of before this was kept do not say it."""
    newsletter = app.newsletters.get(issue.newsletter)
    return (issue.edition.language if issue.edition else "") or (newsletter.language if newsletter else app.language)


def _found(app: App, issue: Issue, edition: Edition) -> digest.Found:
    """The page's own address, the feeds that readers of this newsletter may follow, and its other languages."""
    name, period = issue.newsletter, issue.period
    urls = [
        (one.language or _language(app, issue), app.links.issue(name, period, one.language if place else None))
        for place, one in enumerate(issue.editions)
    ]
    feeds = [feed for feed in app.feeds if feed.path in ("news", f"newsletters/{name}")]
    return digest.Found(
        canonical=urls[issue.editions.index(edition)][1],
        feeds=[
            (feed.title, media_type, app.links.feed(feed.path, ending))
            for feed in feeds
            for ending, media_type in ENDINGS.items()
        ],
        languages=urls if len(urls) > 1 else (),
    )


def _told(app: App, article: Article, language: str) -> dict[str, Any]:
    image = article.image if article.image and article.image.url else None
    return _dated(app, article.released, language) | {
        "headline": article.headline,
        "summary": article.summary,
        "body": article.body,
        "authors": article.authors,
        "correction": article.correction,
        "topics": [app.topics[slug].title for slug in article.topics if slug in app.topics],
        "attachments": article.attachments,
        "image": image,
        "canonical": app.links.article(article),
    }


def _dated(app: App, moment: datetime, language: str) -> dict[str, str]:
    day = moment.astimezone(ZoneInfo(app.zone)).date()
    return {"day": day.isoformat(), "date": long_date(day, language)}


def _rendered(app: App, template: str, language: str, **values: Any) -> str:
    main = app.feeds[0]
    return app.templates.render(
        template,
        lang=language,
        dir=direction(language),
        site=app.config.site.title,
        publisher={"name": app.organisation, "url": app.organisation_url},
        feed={"title": main.title, "url": app.links.feed(main.path, "rss"), "page": app.links.feed(main.path, "html")},
        palette=app.templates.data("email/palette.json"),
        words=words(app.templates, language),
        **values,
    )
