"""List and show what is kept; take an article from readers, and give it back."""

from dataclasses import dataclass

from publisher.app import App
from publisher.errors import StoreError
from publisher.records import Article, Teaser
from publisher.sources import clean
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
    return there(article, name)


def withdraw_article(app: App, name: str, *, why: str | None) -> Article:
    """Take the article with that id or slug from readers, whatever its source says later. `why` is for readers.

    One that its source withdrew would come back with it; withdrawn here too, it does not. Raises StoreError when there
    is none, or it is withdrawn already.
    """
    with app.database.write() as connection:
        article = there(content.find(connection, name), name)
        if article.withdrawn_at and article.withdrawn_why != content.AT_ITS_SOURCE:
            raise StoreError(f'"{article.headline}" was withdrawn on {article.withdrawn_at:%Y-%m-%d} already')
        return content.withdraw(connection, article, app.clock().replace(microsecond=0), clean.line(why or "") or None)


def restore_article(app: App, name: str) -> Article:
    """Give a withdrawn article back to readers. Raises StoreError when there is none, or it is not withdrawn."""
    with app.database.write() as connection:
        article = there(content.find(connection, name), name)
        if article.withdrawn_at is None:
            raise StoreError(f'"{article.headline}" is not withdrawn')
        return content.restore(connection, article, app.clock())


def there(article: Article | None, name: str) -> Article:
    """The article that was found. Raises StoreError, which tells where names are, when there is none."""
    if article is None:
        raise StoreError(f'there is no article "{name}"; `publisher articles list` shows their short names')
    return article
