"""Feeds as sources: the golden folder of feeds of all kinds, what is refused, and any bytes at all."""

import json
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from publisher.records import Article, Image
from publisher.sources import clean, syndicated_loose as loose, syndicated_xml as xml
from publisher.sources.syndicated import Item, Syndicated, as_teaser, read_feed
from publisher.sources.syndicated_articles import Circumstances, item_of
from publisher.sources.syndicated_bytes import decode
from publisher.sources.syndicated_dates import stated
from publisher.sources.syndicated_entries import Document
from publisher.sources.syndicated_kinds import feed_text

FEEDS = Path(__file__).parents[1] / "data" / "feeds_in"
CASES = sorted(path for path in FEEDS.iterdir() if not path.name.endswith(".golden.json"))
NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
URL = "https://news.example.org/feed.xml"


def read(data: bytes | str, **more: Any) -> Syndicated:
    data = data.encode() if isinstance(data, str) else data
    return read_feed(data, **{"source": "feed", "place": "feed.xml", "url": URL, "now": NOW, **more})


def codes(result: Syndicated) -> list[str]:
    return [problem.code for problem in result.problems]


def rss(items: str, head: str = "") -> str:
    return f'<rss version="2.0"><channel><title>News</title>{head}{items}</channel></rss>'


# --- What a reading shows, as golden files have it: only what is there


def shown(result: Syndicated) -> dict[str, Any]:
    return {
        **there(
            title=result.title, language=result.language, next_page=result.next_page, withdrawn=list(result.withdrawn)
        ),
        "items": [item_shown(item) for item in result.items],
        "problems": codes(result),
    }


def item_shown(item: Item) -> dict[str, Any]:
    article = item.article
    return {
        "key": article.key,
        **there(
            url=article.url,
            headline=article.headline,
            language=article.language,
            authors=list(article.authors),
            topics=list(article.topics),
            published=article.published.isoformat() if article.published else None,
            updated=article.updated.isoformat() if article.updated else None,
            summary=article.summary,
            whole=item.whole,
            body=article.body,
            image=image_shown(article.image) if article.image else None,
            attachments=[[file.url, file.type, file.length, file.title] for file in article.attachments],
        ),
    }


def image_shown(image: Image) -> dict[str, Any]:
    return there(**{name: getattr(image, name) for name in ("url", "alt", "caption", "credit", "width", "height", "type")})


def there(**fields: Any) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value}


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.name)
def test_a_feed_gives_its_articles(path: Path, golden: Callable[[Path, bytes], None]) -> None:
    beside = path.with_name(f"{path.name}.golden.json")
    expected = json.loads(beside.read_bytes())
    given = expected.get("given", {})
    made = there(given=given) | shown(read(path.read_bytes(), **given))
    golden(beside, (json.dumps(made, ensure_ascii=False, indent=1) + "\n").encode())
