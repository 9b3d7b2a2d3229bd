"""Rows to records and back. What a source states about dates stays its own text, so that a bare day stays a day."""

from dataclasses import asdict, fields
from datetime import date, datetime
from typing import Any

from sqlalchemy import RowMapping

from publisher.records import Article, Attachment, Event, Image, Stated, Teaser, headline_key
from publisher.store import handwork

# Asked for once: it is slow, and there may be a hundred thousand rows.
_NAMES = {record: tuple(field.name for field in fields(record)) for record in (Article, Teaser, Event)}


def stated_text(stated: Stated) -> str | None:
    return stated.isoformat() if stated else None


def stated_from(text: str | None) -> Stated:
    if text is None:
        return None
    return date.fromisoformat(text) if len(text) == 10 else datetime.fromisoformat(text)


def _image_row(image: Image | None) -> dict[str, Any] | None:
    return {name: value for name, value in asdict(image).items() if value is not None} if image else None


def _plain(record: Article | Teaser | Event) -> dict[str, Any]:
    return {name: getattr(record, name) for name in _NAMES[type(record)]}


def article_row(article: Article, revision: int) -> dict[str, Any]:
    return _plain(article) | {
        "headline_key": headline_key(article.headline or ""),
        "revision": revision,
        "image": _image_row(article.image),
        "authors": list(article.authors),
        "topics": list(article.topics),
        "attachments": [asdict(attachment) for attachment in article.attachments],
        "published": stated_text(article.published),
        "updated": stated_text(article.updated),
        "review_by": article.review_by.isoformat() if article.review_by else None,
        "by_hand": handwork.as_json(article.by_hand),
        "borrowed": list(article.borrowed),
    }


def article_from(row: RowMapping) -> Article:
    values = {name: row[name] for name in _NAMES[Article]}
    return Article(
        **values
        | {
            "image": Image(**row["image"]) if row["image"] else None,
            "authors": tuple(row["authors"]),
            "topics": tuple(row["topics"]),
            "attachments": tuple(Attachment(**held) for held in row["attachments"]),
            "published": stated_from(row["published"]),
            "updated": stated_from(row["updated"]),
            "review_by": date.fromisoformat(row["review_by"]) if row["review_by"] else None,
            "by_hand": handwork.from_json(row["by_hand"]),
            "borrowed": tuple(row["borrowed"]),
        }
    )


def teaser_row(teaser: Teaser, revision: int) -> dict[str, Any]:
    return _plain(teaser) | {
        "revision": revision,
        "image": _image_row(teaser.image),
        "published": stated_text(teaser.published),
    }


def teaser_from(row: RowMapping) -> Teaser:
    values = {name: row[name] for name in _NAMES[Teaser]}
    return Teaser(
        **values
        | {
            "image": Image(**row["image"]) if row["image"] else None,
            "published": stated_from(row["published"]),
        }
    )


def event_row(event: Event) -> dict[str, Any]:
    return _plain(event) | {"topics": list(event.topics)}


def event_from(row: RowMapping) -> Event:
    return Event(**{name: row[name] for name in _NAMES[Event]} | {"topics": tuple(row["topics"])})
