"""Archives by month (RFC 5005): whoever starts at the feed walks back to the first article, and no archive changes
but for a correction, a withdrawal, or the link to the archive that came after it."""

import gzip
import json
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from publisher.actions.articles import list_articles
from publisher.actions.collect import collect
from publisher.actions.feeds import Built, build_feeds
from publisher.app import App
from publisher.config import load
from publisher.feeds.lint import check
from publisher.links import ENDINGS
from publisher.store import entries
from tests.conftest import article_file

Open = Callable[..., App]
HOME = "https://news.example.org/"
SETTINGS = """
[site]
title = "Bay News"
description = "News from the bay"
url = "https://news.example.org"
language = "en"
zone = "America/Los_Angeles"
tag = "example.org"
languages = ["en", "es"]

[organisation]
name = "Bay Hospital"
url = "https://www.example.org"
address = ["1 Bay Road", "Bay"]

[[source]]
name = "articles"
kind = "markdown"
path = "content/articles"

[[topic]]
slug = "heart"
title = "Heart"

[[topic]]
slug = "sleep"
title = "Sleep"

[[feed]]
path = "news"
limit = 10
"""
OCTOBER = datetime(2026, 10, 12, 17, 0, tzinfo=UTC)
ATOM = "{http://www.w3.org/2005/Atom}"
HISTORY = "{http://purl.org/syndication/history/1.0}"
GONE = "{http://purl.org/atompub/tombstones/1.0}deleted-entry"
DOCUMENTS = ENDINGS | {"opml": "text/x-opml"}


@dataclass(frozen=True, slots=True)
class Office:
    """A small site, and a clock that the test sets."""

    folder: Path
    app: App

    @property
    def feeds(self) -> Path:
        return self.folder / "feeds"

    @property
    def now(self) -> datetime:
        return self.app.clock()

    def at(self, moment: datetime) -> None:
        self.app.clock = lambda: moment

    def later(self, **more: float) -> None:
        self.at(self.now + timedelta(**more))

    def write(self, name: str, *, body: str = "", **fields: str) -> None:
        article_file(self.folder, name, body=body, **{"headline": f"Headline {name}", **fields})

    def read(self) -> None:
        assert [p for p in collect(self.app).problems if p.severity == "error"] == []

    def build(self, **more: bool) -> list[Built]:
        self.read()
        return build_feeds(self.app, **more)

    def ids(self, topic: str | None = None, language: str | None = None) -> set[str]:
        """The ids of all that readers may see now, of one topic or language where given."""
        return {
            article.id
            for article in list_articles(self.app).articles
            if article.released <= self.now
            and article.withdrawn_at is None
            and (topic is None or topic in article.topics)
            and (language is None or language == (article.language or "en"))
        }

    def id(self, name: str) -> str:
        (found,) = (a.id for a in list_articles(self.app).articles if a.key == name)
        return found


def small_site(folder: Path, more: str = "") -> Path:
    (folder / "content" / "articles").mkdir(parents=True)
    (folder / "publisher.toml").write_text(SETTINGS + more)
    return folder


@cache
def empty_database() -> bytes:
    """An SQLite database of the present schema: making it anew for each test takes longer than most tests."""
    with tempfile.TemporaryDirectory(prefix="publisher-empty-") as folder:
        app = App(load(small_site(Path(folder) / "site")))
        with app.database.read():
            pass
        app.close()
        return (Path(folder) / "site" / "publisher.db").read_bytes()


@pytest.fixture
def office(tmp_path: Path, open_app: Open) -> Office:
    folder = small_site(tmp_path / "site")
    (folder / "publisher.db").write_bytes(empty_database())
    return Office(folder, open_app(folder, OCTOBER))


@pytest.fixture
def any_office(tmp_path: Path, open_app: Open, database_url: str) -> Office:
    """The same, on each database."""
    return Office(folder := small_site(tmp_path / "site"), open_app(folder, OCTOBER, database_url))


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """A document as a program that follows archives sees it: ids in order, links by relation, and ids of tombstones."""

    ids: list[str]
    updated: dict[str, str]
    links: dict[str, str]
    is_archive: bool
    gone: list[str]


def opened(path: Path) -> Read:
    return {"json": _from_json, "rss": _from_rss, "atom": _from_atom}[path.suffix[1:]](path)


def _from_json(path: Path) -> Read:
    told: dict[str, Any] = json.loads(path.read_bytes())
    links = {"self": told["feed_url"], "prev-archive": told.get("next_url")}
    return Read(
        ids=[item["id"] for item in told["items"]],
        updated={item["id"]: item["date_modified"] for item in told["items"]},
        links={rel: url for rel, url in links.items() if url},
        is_archive="/archive/" in told["feed_url"],
        gone=[],
    )


def _from_rss(path: Path) -> Read:
    channel = etree.fromstring(path.read_bytes()).find("channel")
    return Read(
        ids=[item.findtext("guid") for item in channel.findall("item")],
        updated={
            item.findtext("guid"): item.findtext(f"{ATOM}updated") or item.findtext("pubDate")
            for item in channel.findall("item")
        },
        links={link.get("rel"): link.get("href") for link in channel.findall(f"{ATOM}link")},
        is_archive=channel.find(f"{HISTORY}archive") is not None,
        gone=[],
    )


def _from_atom(path: Path) -> Read:
    feed = etree.fromstring(path.read_bytes())
    return Read(
        ids=[entry.findtext(f"{ATOM}id") for entry in feed.findall(f"{ATOM}entry")],
        updated={
            entry.findtext(f"{ATOM}id"): entry.findtext(f"{ATOM}updated") for entry in feed.findall(f"{ATOM}entry")
        },
        links={link.get("rel"): link.get("href") for link in feed.findall(f"{ATOM}link")},
        is_archive=feed.find(f"{HISTORY}archive") is not None,
        gone=[gone.get("ref") for gone in feed.findall(GONE)],
    )


def address(url: str, folder: Path, home: str = HOME) -> Path:
    assert url.startswith(home), url
    return folder / url.removeprefix(home)


def walked(folder: Path, feed: str, ending: str, home: str = HOME) -> Iterator[Read]:
    """The feed and every archive behind it, newest first, as RFC 5005, section 4 has readers go; checks their links."""
    current = f"{home}feeds/{feed}.{ending}"
    url: str | None = current
    newer: str | None = None
    seen: set[str] = set()
    while url:
        assert url not in seen, "in a circle"
        seen.add(url)
        one = opened(address(url, folder, home))
        assert one.links["self"] == url
        assert one.is_archive == (url != current)
        if ending != "json":
            assert one.links.get("current") == (current if one.is_archive else None)
            assert one.links.get("next-archive") == newer
        assert len(one.ids) == len(set(one.ids))
        yield one
        newer = url if one.is_archive else None
        url = one.links.get("prev-archive")


def reached(folder: Path, feed: str, ending: str = "atom", home: str = HOME) -> set[str]:
    return {id for one in walked(folder, feed, ending, home) for id in one.ids}


def reaches_all(office: Office) -> None:
    """In each feed and each format, what a walk finds is what readers may see, nothing less and nothing more."""
    for feed, wanted in {
        "news": office.ids(),
        "topics/heart": office.ids(topic="heart"),
        "topics/sleep": office.ids(topic="sleep"),
        "languages/en": office.ids(language="en"),
        "languages/es": office.ids(language="es"),
    }.items():
        for ending in ENDINGS:
            if not (office.feeds / f"{feed}.{ending}").exists():
                assert wanted == set(), (feed, ending)
                continue
            assert reached(office.folder, feed, ending) == wanted, (feed, ending)


def errors_in(office: Office, home: str = HOME) -> list[tuple[str, str, str]]:
    """What the linter calls an error in any document, at its true address."""
    found = []
    for path in sorted(office.feeds.rglob("*.*")):
        media_type = DOCUMENTS.get(path.suffix[1:])
        if media_type:
            where = f"{home}{path.relative_to(office.folder).as_posix()}"
            findings = check(path.read_bytes(), now=office.now, address=where, media_type=media_type)
            found += [(where, f.code, f.place) for f in findings if f.severity == "error"]
    return found


def stamps(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Every file with its time and bytes."""
    files = (p for p in folder.rglob("*") if p.is_file() and p.name != ".lock")
    return {str(p.relative_to(folder)): (p.stat().st_mtime_ns, p.read_bytes()) for p in files}


def changed(before: dict[str, tuple[int, bytes]], folder: Path) -> set[str]:
    """Which documents are not what they were, compressed twins left out: those must agree with their document."""
    after = stamps(folder)
    for name, (_, document) in after.items():
        if name.endswith(".gz"):
            assert gzip.decompress(document) == after[name.removesuffix(".gz")][1], name
    names = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
    return {name for name in names if not name.endswith(".gz")}


def three(path: str) -> set[str]:
    return {f"{path}.{ending}" for ending in ENDINGS}


def test_a_month_is_archived_when_it_is_over_in_the_sites_zone(any_office: Office) -> None:
    office = any_office
    office.write("one", topics="[heart]")
    office.build()
    office.at(datetime(2026, 11, 1, 6, 59, 59, tzinfo=UTC))  # summer time ends only at two that night
    office.build()
    assert not (office.feeds / "archive").exists()
    office.later(seconds=1)
    office.build()
    archives = {str(p.relative_to(office.feeds)) for p in (office.feeds / "archive").rglob("*.*") if p.suffix != ".gz"}
    assert archives == {
        name for feed in ("news", "topics/heart", "languages/en") for name in three(f"archive/{feed}/2026-10")
    }
    reaches_all(office)
    assert errors_in(office) == []


def test_at_every_moment_a_reader_can_walk_back_to_the_first_article(any_office: Office) -> None:
    office = any_office
    for month in range(4):
        for number, (topic, language) in enumerate([("heart", "en"), ("sleep", "es"), ("heart", "es")]):
            office.write(f"m{month}-{number}", topics=f"[{topic}]", language=language)
            office.build()
            reaches_all(office)
            office.later(days=10)
        office.build()
        reaches_all(office)
    assert len(list(walked(office.folder, "news", "atom"))) == 4 + 1
    assert len(office.ids()) == 12
    assert errors_in(office) == []


def test_an_archive_is_written_once_and_then_only_gets_the_link_to_the_next(office: Office) -> None:
    office.write("one")
    office.build()
    office.at(datetime(2026, 11, 10, tzinfo=UTC))
    office.write("two")
    office.build()
    october = opened(office.feeds / "archive/news/2026-10.atom")
    before = stamps(office.feeds / "archive" / "news")
    for number in range(4):
        office.later(hours=5)
        office.write(f"more-{number}")
        office.build()
    assert changed(before, office.feeds / "archive" / "news") == set()
    office.at(datetime(2026, 12, 10, tzinfo=UTC))
    office.build()
    assert changed(before, office.feeds / "archive" / "news") == {
        "2026-10.rss",
        "2026-10.atom",
        *three("2026-11"),
    }
    after = opened(office.feeds / "archive/news/2026-10.atom")
    assert (after.ids, after.updated) == (october.ids, october.updated)
    assert after.links == october.links | {"next-archive": f"{HOME}feeds/archive/news/2026-11.atom"}
    before = stamps(office.feeds / "archive" / "news")
    office.write("three")
    office.build()
    office.at(datetime(2027, 3, 10, tzinfo=UTC))
    office.build()
    assert "2026-10.atom" not in changed(before, office.feeds / "archive" / "news")
    reaches_all(office)


def test_old_articles_imported_today_enter_this_month_with_their_own_dates(any_office: Office) -> None:
    office = any_office
    for month in (10, 11, 12):
        office.at(datetime(2026, month, 12, 17, tzinfo=UTC))
        office.write(f"of-{month}", topics="[heart]")
        office.build()
    before = stamps(office.feeds / "archive")
    for year in (2009, 2019):
        office.write(f"of-{year}", date=f"{year}-10-13", topics="[heart]")
    office.write("lately", date="2026-10-20", topics="[heart]")
    office.build()
    assert changed(before, office.feeds / "archive") == set()
    items = {i["id"]: i for i in json.loads((office.feeds / "news.json").read_bytes())["items"]}
    assert items[office.id("of-2009")]["date_published"] == "2009-10-13T13:00:00+00:00"
    reaches_all(office)
    office.at(datetime(2027, 1, 12, 17, tzinfo=UTC))
    office.build()
    assert set(opened(office.feeds / "archive/news/2026-12.rss").ids) == {
        office.id(name) for name in ("of-12", "of-2009", "of-2019", "lately")
    }
    assert set(opened(office.feeds / "archive/news/2026-10.rss").ids) == {office.id("of-10")}
    reaches_all(office)
    assert errors_in(office) == []


def test_a_month_of_many_articles_is_cut_in_parts(office: Office) -> None:
    for number in range(210):
        office.write(f"n{number:03}", body="Short.", topics="[sleep]" if number % 3 else "[heart]")
        if number == 99:
            office.build()
            reaches_all(office)
    assert not (office.feeds / "archive").exists()
    office.build()
    parts = sorted(p.stem for p in (office.feeds / "archive" / "news").glob("*.atom"))
    assert parts == ["2026-10", "2026-10-0002"]
    assert [len(opened(office.feeds / f"archive/news/{part}.json").ids) for part in parts] == [100, 100]
    polled = opened(office.feeds / "news.json").ids
    assert 10 <= len(polled) <= 10 + 2 * 10  # the part that goes on, the newest ten, and the ten that changed last
    reaches_all(office)
    before = stamps(office.feeds / "archive")
    office.later(minutes=1)
    office.write("another", topics="[heart]")
    collect(office.app, files=[office.folder / "content" / "articles" / "another.md"])
    build_feeds(office.app)
    assert changed(before, office.feeds / "archive") == set()
    reaches_all(office)
    office.at(datetime(2026, 11, 12, tzinfo=UTC))
    build_feeds(office.app)
    assert sorted(p.stem for p in (office.feeds / "archive" / "news").glob("*.rss")) == [*parts, "2026-10-0003"]
    reaches_all(office)
    assert errors_in(office) == []


def test_a_topic_declared_later_is_cut_in_parts_too(office: Office, open_app: Open) -> None:
    for number in range(210):
        office.write(f"n{number:03}", body="Short.", topics="[late]")
    office.build()  # a topic that nobody can follow yet is only a warning
    settings = office.folder / "publisher.toml"
    settings.write_text(settings.read_text() + '\n[[topic]]\nslug = "late"\ntitle = "Late"\n')
    office = Office(office.folder, open_app(office.folder, datetime(2026, 11, 2, tzinfo=UTC)))
    build_feeds(office.app)
    assert reached(office.folder, "topics/late") == office.ids(topic="late")
    archived = [len(one.ids) for one in walked(office.folder, "topics/late", "json") if one.is_archive]
    assert archived == [10, 100, 100]


def test_many_old_articles_given_another_topic_make_no_document_too_long(office: Office) -> None:
    for number in range(130):
        office.write(f"n{number:03}", body="Short.", topics="[heart]")
    office.write("asleep", topics="[sleep]")
    office.build()
    office.at(datetime(2026, 11, 12, tzinfo=UTC))
    office.build()
    for number in range(130):
        office.write(f"n{number:03}", body="Short.", topics="[sleep]")
    office.build()
    reaches_all(office)
    archived = [len(one.ids) for one in walked(office.folder, "topics/sleep", "json") if one.is_archive]
    assert archived == [31, 100]


def test_an_old_article_given_another_topic_leaves_the_one_feed_and_enters_the_other(any_office: Office) -> None:
    office = any_office
    office.write("moving", topics="[heart]")
    office.write("steady", topics="[heart]")
    office.write("asleep", topics="[sleep]")
    office.build()
    for month in (11, 12):
        office.at(datetime(2026, month, 12, tzinfo=UTC))
        office.write(f"of-{month}", topics="[heart, sleep]")
        office.build()
    office.write("moving", topics="[sleep]")
    office.build()
    moving = office.id("moving")
    for ending in ENDINGS:
        assert moving in opened(office.feeds / f"archive/topics/sleep/2026-10.{ending}").ids
        assert moving in opened(office.feeds / f"archive/news/2026-10.{ending}").ids
        assert moving not in reached(office.folder, "topics/heart", ending)
    reaches_all(office)
    assert errors_in(office) == []


def test_an_old_article_can_open_a_month_that_its_new_feed_did_not_have(office: Office) -> None:
    for month, topic in ((9, "sleep"), (10, "heart"), (11, "sleep"), (12, "sleep")):
        office.at(datetime(2026, month, 12, tzinfo=UTC))
        office.write(f"of-{month}", topics=f"[{topic}]")
        office.write(f"besides-{month}", topics=f"[{topic}]")
        office.build()
    assert not (office.feeds / "archive/topics/sleep/2026-10.atom").exists()
    office.write("of-10", topics="[sleep]")
    office.build()
    assert opened(office.feeds / "archive/topics/sleep/2026-10.atom").ids == [office.id("of-10")]
    reaches_all(office)
    assert errors_in(office) == []


def test_the_only_article_of_an_archive_can_move_to_another_topic(any_office: Office) -> None:
    office = any_office
    office.write("moving", topics="[heart]")
    office.build()
    office.at(datetime(2026, 11, 12, tzinfo=UTC))
    office.write("other", topics="[heart]")
    office.build()
    office.later(days=1)
    office.write("moving", topics="[sleep]")
    office.build()
    reaches_all(office)
    assert errors_in(office) == []
    office.at(datetime(2026, 12, 12, tzinfo=UTC))
    office.build()
    reaches_all(office)


def test_an_edited_language_moves_an_article_to_the_other_feed(office: Office) -> None:
    office.write("hola", language="es")
    office.write("hello")
    office.build()
    office.at(datetime(2026, 11, 12, tzinfo=UTC))
    office.write("adios", language="es")
    office.build()
    office.write("adios")
    office.build()
    reaches_all(office)


def test_a_build_after_a_release_in_the_last_month_enters_that_month(office: Office) -> None:
    """Nobody built between the release and the end of the month: it was first published in the month of its release."""
    office.write("open")
    office.write("kept", embargo="2026-10-31T20:00:00-07:00")
    office.build()
    office.at(datetime(2026, 11, 2, tzinfo=UTC))
    office.build()
    assert set(opened(office.feeds / "archive/news/2026-10.atom").ids) == {office.id("open"), office.id("kept")}
    reaches_all(office)


def test_a_quiet_month_makes_no_archive_and_breaks_no_chain(office: Office) -> None:
    for moment in (OCTOBER, datetime(2027, 2, 3, tzinfo=UTC), datetime(2027, 5, 3, tzinfo=UTC)):
        office.at(moment)
        office.write(f"of-{moment.month}", topics="[heart]")
        office.build()
    assert sorted(p.stem for p in (office.feeds / "archive/news").glob("*.rss")) == ["2026-10", "2027-02"]
    reaches_all(office)


def test_a_build_leaves_nothing_to_be_written_even_when_a_topic_went(office: Office, open_app: Open) -> None:
    office.write("one", topics="[heart]")
    office.write("two", topics="[sleep]")
    office.build()
    settings = office.folder / "publisher.toml"
    settings.write_text(settings.read_text().replace('[[topic]]\nslug = "sleep"\ntitle = "Sleep"\n', ""))
    app = open_app(office.folder, office.now + timedelta(minutes=1))
    build_feeds(app)
    with app.database.read() as connection:
        assert entries.stale(connection) == []
