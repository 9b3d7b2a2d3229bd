"""What comes in together is saved as if each had come alone, only faster."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TypeAlias

import pytest
from hypothesis import given, settings, strategies as st
from sqlalchemy import select

from publisher.records import Article, Collected, Teaser
from publisher.store import Database, content, open_database, schema
from publisher.store.identity import Mint
from publisher.store.saving import Saved, save
from tests.conftest import KEYS, NOW

Records: TypeAlias = Sequence[Article | Teaser]

# Few of each, so that they meet each other in all ways.
_URLS = st.none() | st.sampled_from([f"https://news.example.org/{n}" for n in range(3)])
_HEADLINES = st.sampled_from(["A new ward", "A new  Ward", "A new ward!", "A new ward 2", "¡Vacunas!"])
_DATES = st.none() | st.sampled_from([date(2026, 11, 20), date(2026, 11, 23), datetime(2026, 11, 20, 14, tzinfo=UTC)])
_KEYS = st.sampled_from(["a new ward", "a new ward!", "a new ward 2", "1", "2"])
_TALE = " ".join(f"word{n}" for n in range(60))


@st.composite
def _article(draw: st.DrawFn, source: str) -> Article:
    return Article(
        source=source,
        key=draw(_KEYS),
        headline=draw(_HEADLINES),
        body=draw(st.sampled_from(["<p>Short.</p>", f"<p>{_TALE}</p>"])),
        url=draw(_URLS),
        published=draw(_DATES),
        updated=draw(_DATES),
    )


@st.composite
def _teaser(draw: st.DrawFn, source: str) -> Teaser:
    return Teaser(
        source=source,
        key=draw(_KEYS),
        headline=draw(_HEADLINES),
        excerpt=draw(st.none() | st.just("It opens...")),
        url=draw(_URLS),
        published=draw(_DATES),
    )


@st.composite
def _readings(draw: st.DrawFn) -> list[list[Article | Teaser]]:
    """Some readings of two sources, one after the other: of each either articles or teasers."""
    source, kind = st.sampled_from(["site", "feed"]), st.sampled_from([_article, _teaser])
    return [draw(st.lists(draw(kind)(draw(source)), max_size=6)) for _ in range(draw(st.integers(1, 4)))]


@given(readings=_readings())
@settings(max_examples=120, deadline=None)
def test_together_is_as_one_by_one(
    tmp_path_factory: pytest.TempPathFactory, readings: list[list[Article | Teaser]]
) -> None:
    _assert_alike(tmp_path_factory.mktemp("saving"), readings)


def test_a_key_that_another_took_over_in_the_same_page_is_known_no_more(tmp_path: Path) -> None:
    def moved(key: str, url: int) -> Article:
        where = f"https://news.example.org/{url}"
        return Article(source="site", key=key, headline=f"Story {url}", body="<p>Short.</p>", url=where)

    _assert_alike(tmp_path, [[moved("old", 1), moved("other", 2)], [moved("new", 1), moved("old", 2)]])


def test_a_name_given_with_a_number_is_nobody_elses(tmp_path: Path) -> None:
    """Its wish was taken: so what it was given was asked for after all wishes were."""
    stories = [
        Article(source="site", key=key, headline="News", body="<p>Short.</p>", published=date(2026, 11, day))
        for day, key in enumerate(("x", "x!", "x 2"), start=1)
    ]
    _assert_alike(tmp_path / "ids", [stories])
    titles = [
        replace(one, headline=headline) for one, headline in zip(stories, ("News", "News!", "News 2"), strict=True)
    ]
    _assert_alike(tmp_path / "slugs", [titles])
    teasers = [Teaser(source="site", key=one.key, headline=one.headline or "") for one in stories]
    _assert_alike(tmp_path / "teasers", [teasers])


def test_a_teaser_leads_to_the_article_at_its_address_whatever_stands_beside_it(tmp_path: Path) -> None:
    stories = [
        Article(source="site", key=f"{n}", headline="News", body="<p>Short.</p>", url=f"https://x.example/{n}")
        for n in range(3)
    ]
    teasers = [
        Teaser(source="site", key="news", headline="News"),
        Teaser(source="feed", key="2", headline="News", url="https://x.example/2"),
    ]
    _assert_alike(tmp_path, [stories, teasers])


def test_what_another_source_tells_is_compared_also_when_its_date_was_just_filled(tmp_path: Path) -> None:
    told = Article(source="feed", key="1", headline="They tell", body=f"<p>{_TALE}</p>", url="https://x.example/1")
    dated = replace(told, source="site", headline="We tell", body="<p>Short.</p>", published=date(2026, 11, 20))
    alike = replace(dated, key="2", headline="We tell it again", body=f"<p>{_TALE}</p>", url="https://x.example/2")
    old = NOW - timedelta(days=30)
    with _stores(tmp_path) as stores:
        for database in stores:
            _save(database, [told], old)
        found = [_save(database, [dated, alike], NOW).problems for database in stores]
        assert [[one.code for one in problems] for problems in found] == [["near-duplicate"]] * 2


def _assert_alike(folder: Path, readings: Sequence[Records]) -> None:
    """Whether each reading is saved at once or record by record."""
    with _stores(folder) as (together, alone):
        for day, records in enumerate(readings):
            now = NOW + timedelta(days=day)
            at_once = _save(together, records, now)
            each = Saved()
            for record in records:
                each.add(_save(alone, [record], now))
            assert at_once == each
            assert _kept(together) == _kept(alone)


@contextmanager
def _stores(folder: Path) -> Iterator[list[Database]]:
    folder.mkdir(exist_ok=True)
    with ExitStack() as stack:
        yield [
            stack.enter_context(closing(open_database(f"sqlite:///{name}.db", folder, KEYS.fingerprint)))
            for name in ("together", "alone")
        ]


def _save(database: Database, records: Records, now: datetime) -> Saved:
    articles = tuple(one for one in records if isinstance(one, Article))
    teasers = tuple(one for one in records if isinstance(one, Teaser))
    mint = Mint(authority="alderbay.example", zone="America/Los_Angeles", now=now)
    with database.write() as connection:
        return save(connection, Collected(articles=articles, teasers=teasers), mint)


def _kept(database: Database) -> tuple[list[Article], list[Teaser], list[tuple[str, str]]]:
    """The articles, the teasers without one, and to which article each of the others leads."""
    t = schema.teaser.c
    with database.read() as connection:
        leads = connection.execute(select(t.id, t.article).where(t.article.is_not(None)).order_by(t.id))
        return content.articles(connection), content.teasers(connection), [(own, article) for own, article in leads]
