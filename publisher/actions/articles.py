"""List and show what is kept."""

from dataclasses import dataclass

from publisher.app import App
from publisher.errors import StoreError
from publisher.records import Article, Teaser
from publisher.store import content


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    articles: tuple[Article, ...]
    teasers: tuple[Teaser, ...]


def list_articles(app: App, *, newest: int | None = None) -> Kept:
    """Articles, and the teasers whose article we do not have, newest first."""
    with app.database.read() as connection:
        return Kept(
            articles=tuple(content.articles(connection, newest=newest)),
            teasers=tuple(content.teasers(connection, newest=newest)),
        )


def show_article(app: App, name: str) -> Article:
    """The article with that id or slug. Raises StoreError when there is none."""
    with app.database.read() as connection:
        article = content.find(connection, name)
    if article is None:
        raise StoreError(f'there is no article "{name}"; `publisher articles list` shows their short names')
    return article
