"""What happens to an entry after it was published: corrected, withdrawn, restored, put under embargo, gone bad."""

import gzip
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from lxml import etree
from sqlalchemy import Connection, update

from publisher.actions.approving import approve_issue
from publisher.actions.articles import restore_article, withdraw_article
from publisher.actions.collect import collect
from publisher.actions.entering import enter, settings_of
from publisher.actions.feeds import Built, build_feeds, write_documents
from publisher.actions.issues import draft_issue, show_issue
from publisher.actions.pages import issue_page
from publisher.actions.sending import send_issue
from publisher.actions.writing import channels_of
from publisher.app import App
from publisher.errors import IssueError
from publisher.links import ENDINGS
from publisher.records import Collected, Finding, Teaser
from publisher.schedule import tick
from publisher.store import entries, saving, schema
from publisher.store.identity import Mint
from tests.conftest import NOW, ROOT, article_file, take_in
from tests.feeds.test_archives import (
    HOME,
    OCTOBER,
    Office,
    any_office as any_office,
    changed,
    empty_database,
    errors_in,
    office as office,
    opened,
    reached,
    reaches_all,
    small_site,
    stamps,
)

Open = Callable[..., App]
AT = "{http://purl.org/atompub/tombstones/1.0}"
NOVEMBER = datetime(2026, 11, 12, 17, 0, tzinfo=UTC)


def item(office: Office, name: str, path: str = "news") -> dict[str, Any]:
    items = json.loads((office.feeds / f"{path}.json").read_bytes())["items"]
    (found,) = (one for one in items if one["id"] == office.id(name))
    return dict(found)


def files_with(folder: Path, words: str) -> set[str]:
    """Every file below the folder that holds these words, compressed or not."""
    found = set()
    for path in folder.rglob("*"):
        if path.is_file():
            text = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
            if words.encode() in text:
                found.add(str(path.relative_to(folder)))
    return found


def tombstones(path: Path) -> list[tuple[str, str, str | None]]:
    gone = etree.fromstring(path.read_bytes()).findall(f"{AT}deleted-entry")
    return [(one.get("ref"), one.get("when"), one.findtext(f"{AT}comment")) for one in gone]


def filled(office: Office, number: int = 12) -> None:
    """More articles than what subscribers poll holds, in months to come, so that the first ones lie in an archive."""
    for count in range(number):
        office.later(days=3)
        office.write(f"filling-{count}", topics="[sleep]")
        office.read()


def problems(built: list[Built]) -> list[Finding]:
    return [problem for one in built for problem in one.problems]


# corrections


def test_a_correction_keeps_id_and_date_and_carries_its_note(office: Office) -> None:
    office.write("dose", body="Take two spoons.", topics="[heart]")
    office.build()
    before = item(office, "dose")
    office.later(hours=3, minutes=1)
    office.write("dose", body="Take one spoon.", topics="[heart]", correction="We first wrote two spoons.")
    office.build()
    after = item(office, "dose")
    assert (after["id"], after["date_published"], after["url"]) == (
        before["id"],
        before["date_published"],
        before["url"],
    )
    assert after["date_modified"] == "2026-10-12T20:01:00+00:00"
    for path in ("news.rss", "news.atom", "news.json", "topics/heart.rss", "topics/heart.atom", "topics/heart.json"):
        text = (office.feeds / path).read_text()
        assert "We first wrote two spoons." in text
        assert "Take one spoon." in text
        assert "Take two spoons." not in text
    assert errors_in(office) == []


def test_a_correction_of_an_archived_article_is_polled_and_stands_in_the_archive(any_office: Office) -> None:
    office = any_office
    office.write("old", body="Take two spoons.", topics="[heart]")
    office.write("beside", topics="[heart]")
    office.build()
    filled(office)
    office.build()
    assert office.id("old") not in opened(office.feeds / "news.rss").ids
    assert "archive/news/2026-10.rss" in files_with(office.feeds, "Take two spoons.")
    before = opened(office.feeds / "archive/news/2026-10.atom")
    stood = stamps(office.feeds)
    office.later(days=1)
    office.write("old", body="Take one spoon.", topics="[heart]", correction="It is one spoon.")
    office.build()
    for path in ("news", "languages/en", "topics/heart", "archive/news/2026-10", "archive/topics/heart/2026-10"):
        for ending in ENDINGS:
            text = (office.feeds / f"{path}.{ending}").read_text()
            assert "It is one spoon." in text, path
            assert "Take one spoon." in text, path
    assert files_with(office.feeds, "Take two spoons.") == set()
    after = opened(office.feeds / "archive/news/2026-10.atom")
    assert (after.ids, after.links) == (before.ids, before.links)
    assert {id for id in after.ids if after.updated[id] != before.updated[id]} == {office.id("old")}
    touched = {name for name in changed(stood, office.feeds) if name.startswith("archive/")}
    assert {Path(name).stem for name in touched} == {"2026-10"}
    reaches_all(office)
    assert errors_in(office) == []


# withdrawals


def test_a_withdrawn_article_leaves_a_tombstone_in_atom_and_nothing_else(any_office: Office) -> None:
    office = any_office
    office.write("wrong", body="Quite unbelievable.", topics="[heart]")
    office.write("right", topics="[heart]")
    office.build()
    office.later(minutes=5)
    withdraw_article(office.app, office.id("wrong"), why="The study was retracted & <withdrawn>.")
    office.build()
    told = [(office.id("wrong"), "2026-10-12T17:05:00+00:00", "The study was retracted & <withdrawn>.")]
    for path in ("news", "topics/heart", "languages/en"):
        assert tombstones(office.feeds / f"{path}.atom") == told
        assert opened(office.feeds / f"{path}.rss").ids == [office.id("right")]
        assert opened(office.feeds / f"{path}.json").ids == [office.id("right")]
    assert files_with(office.feeds, "Quite unbelievable.") == set()
    assert files_with(office.feeds, "Headline wrong") == set()
    reaches_all(office)
    assert errors_in(office) == []


def test_a_withdrawal_reaches_the_archive_and_what_is_polled(office: Office) -> None:
    office.write("wrong", body="Quite unbelievable.", topics="[heart]")
    office.write("right", topics="[heart]")
    office.build()
    filled(office)
    office.build()
    office.later(days=1)
    withdraw_article(office.app, office.id("wrong"), why=None)
    office.build()
    for path in ("news", "topics/heart", "archive/news/2026-10", "archive/topics/heart/2026-10"):
        assert [ref for ref, _, _ in tombstones(office.feeds / f"{path}.atom")] == [office.id("wrong")], path
    assert files_with(office.feeds, "Quite unbelievable.") == set()
    reaches_all(office)
    assert errors_in(office) == []


def test_collecting_its_source_again_does_not_bring_a_withdrawn_article_back_but_restoring_does(
    office: Office,
) -> None:
    office.write("wrong", topics="[heart]")
    office.write("right", topics="[heart]")
    office.build()
    before = item(office, "wrong")
    office.later(minutes=5)
    withdraw_article(office.app, office.id("wrong"), why=None)
    office.build()
    office.later(minutes=5)
    office.write("wrong", body="The same, told otherwise.", topics="[heart]", headline="Once more")
    office.build()
    assert files_with(office.feeds, "Once more") == set()
    assert len(tombstones(office.feeds / "news.atom")) == 1
    office.later(minutes=5)
    restore_article(office.app, office.id("wrong"))
    office.build()
    after = item(office, "wrong", "topics/heart")
    assert (after["id"], after["date_published"]) == (before["id"], before["date_published"])
    assert after["date_modified"] == "2026-10-12T17:15:00+00:00"
    assert after["title"] == "Once more"
    assert tombstones(office.feeds / "news.atom") == []
    reaches_all(office)
    assert errors_in(office) == []


def test_an_archived_article_can_be_withdrawn_and_restored(office: Office) -> None:
    office.write("old", body="Long ago.", topics="[heart]")
    office.write("beside", topics="[heart]")
    office.build()
    filled(office)
    office.build()
    withdraw_article(office.app, office.id("old"), why=None)
    office.build()
    office.later(days=1)
    restore_article(office.app, office.id("old"))
    office.build()
    assert office.id("old") in opened(office.feeds / "news.rss").ids
    assert office.id("old") in opened(office.feeds / "archive/news/2026-10.rss").ids
    reaches_all(office)


def test_teasers_do_not_come_back_in_the_stead_of_a_withdrawn_article(sample: Path, open_app: Open) -> None:
    app = open_app(sample)
    collect(app)
    build_feeds(app)
    headline = "Evening Hours Begin at the Children’s Clinic"
    (teaser,) = (i for i in json.loads((sample / "feeds/news.json").read_bytes())["items"] if i["title"] == headline)
    page = sample / "content" / "pages" / "evening-hours.txt"
    page.write_text(f"{headline}\n\nThe children’s clinic will stay open until 8 p.m. on Mondays.\n\nCome by.\n")
    app.clock = lambda: NOW + timedelta(hours=1)
    collect(app)
    build_feeds(app)
    (article,) = (i for i in json.loads((sample / "feeds/news.json").read_bytes())["items"] if i["title"] == headline)
    assert article["id"] == teaser["id"]
    withdraw_article(app, article["id"], why=None)
    app.clock = lambda: NOW + timedelta(hours=2)
    collect(app)
    build_feeds(app)
    assert files_with(sample / "feeds", headline) == set()
    assert tombstones(sample / "feeds/news.atom")[0][0] == article["id"]


def test_withdrawing_the_only_article_empties_its_feed(office: Office) -> None:
    office.write("only", topics="[heart]")
    office.write("other", topics="[sleep]")
    office.build()
    withdraw_article(office.app, office.id("only"), why=None)
    built = {one.feed.path: set(one.files.values()) for one in office.build()}
    assert built["topics/heart"] == {"written"}
    for ending in ENDINGS:
        assert opened(office.feeds / f"topics/heart.{ending}").ids == []
    assert "Headline only" not in (office.feeds / "topics/heart.html").read_text()
    assert [ref for ref, _, _ in tombstones(office.feeds / "topics/heart.atom")] == [office.id("only")]
    assert errors_in(office) == []


def test_the_last_article_of_a_topic_can_move_to_another(office: Office) -> None:
    office.write("only", topics="[heart]")
    office.build()
    office.later(hours=1)
    office.write("only", topics="[sleep]")
    built = office.build()
    assert problems(built) == []
    for ending in ENDINGS:
        assert opened(office.feeds / f"topics/heart.{ending}").ids == []
    assert errors_in(office) == []


def test_an_emptied_feed_has_the_same_bytes_whenever_it_is_built(office: Office) -> None:
    office.write("only", topics="[heart]")
    office.build()
    office.later(hours=1)
    office.write("only", topics="[sleep]")
    office.build()
    before = stamps(office.feeds)
    office.later(days=1)
    office.build(everything=True)
    assert changed(before, office.feeds) == set()


def test_a_lost_database_leaves_every_file_alone(office: Office, open_app: Open) -> None:
    office.write("one", topics="[heart]")
    office.build()
    office.at(NOVEMBER)
    office.build()
    before = stamps(office.feeds)
    office.app.close()
    for file in office.folder.glob("publisher.db*"):
        file.unlink()
    app = open_app(office.folder, NOVEMBER + timedelta(hours=1))
    for _ in range(2):
        build_feeds(app)
        build_feeds(app, everything=True)
        assert changed(before, office.feeds) == set()


# embargoes


def test_an_embargo_holds_to_the_minute_and_one_tick_of_the_service_ends_it(any_office: Office) -> None:
    office = any_office
    office.at(datetime(2026, 10, 14, 17, 0, tzinfo=UTC))
    office.write("open", topics="[heart]")
    office.write("kept", embargo="2026-10-15T08:00:00-07:00", topics="[heart]", summary="Said too early")
    office.build()
    assert files_with(office.feeds, "Headline kept") | files_with(office.feeds, "Said too early") == set()
    office.at(datetime(2026, 10, 15, 14, 59, 59, tzinfo=UTC))
    tick(office.app)
    office.build(everything=True)
    assert files_with(office.feeds, "Headline kept") | files_with(office.feeds, "Said too early") == set()
    office.later(seconds=1)
    done = tick(office.app)
    assert [one.well for one in done] == [True]
    for path in ("news", "topics/heart", "languages/en"):
        assert item(office, "kept", path)["date_published"] == "2026-10-15T15:00:00+00:00"
        assert f"{path}.html" in files_with(office.feeds, "Headline kept")
    reaches_all(office)
    assert errors_in(office) == []
    assert tick(office.app) == []


@pytest.mark.parametrize("archived", [False, True])
def test_a_published_article_put_under_embargo_disappears_and_comes_back_at_its_end(
    office: Office, archived: bool
) -> None:
    office.write("soon", topics="[heart]", body="Quite secret.")
    office.write("beside", topics="[heart]")
    office.build()
    if archived:
        office.at(NOVEMBER)
        office.build()
    office.later(days=1)
    office.write("soon", topics="[heart]", body="Quite secret.", embargo=(office.now + timedelta(days=40)).isoformat())
    office.build()
    assert files_with(office.feeds, "Quite secret.") | files_with(office.feeds, "Headline soon") == set()
    assert tombstones(office.feeds / "news.atom") == []
    reaches_all(office)
    office.later(days=40)
    office.build()
    reaches_all(office)
    assert office.id("soon") in opened(office.feeds / "news.atom").ids
    assert errors_in(office) == []


def test_the_only_article_of_an_archive_can_be_put_under_embargo(office: Office) -> None:
    office.write("soon", body="Quite secret.")
    office.build()
    office.at(NOVEMBER)
    office.write("other")
    office.build()
    office.later(days=1)
    office.write("soon", body="Quite secret.", embargo="2027-01-01T08:00:00-08:00")
    office.build()
    assert files_with(office.feeds, "Quite secret.") == set()
    reaches_all(office)
    assert errors_in(office) == []


def test_articles_released_in_the_same_minute_have_moments_of_their_own(office: Office) -> None:
    for number in range(4):
        office.write(f"kept-{number}", embargo="2026-10-15T08:00:00-07:00")
    office.build()
    office.at(datetime(2026, 10, 15, 15, 0, tzinfo=UTC))
    office.build()
    for ending in ENDINGS:
        updated = opened(office.feeds / f"news.{ending}").updated
        assert len(set(updated.values())) == len(updated) == 4
    before = stamps(office.feeds)
    office.later(days=1)
    office.build(everything=True)
    assert changed(before, office.feeds) == set()


def test_a_neighbour_of_the_same_release_does_not_move_when_one_is_corrected(office: Office) -> None:
    for number in range(3):
        office.write(f"kept-{number}", embargo="2026-10-15T08:00:00-07:00")
    office.build()
    office.at(datetime(2026, 10, 15, 15, 0, tzinfo=UTC))
    office.build()
    ids = [office.id(f"kept-{number}") for number in range(3)]
    before = opened(office.feeds / "news.atom").updated
    for number in (0, 1):
        office.later(hours=1)
        office.write(f"kept-{number}", embargo="2026-10-15T08:00:00-07:00", correction="Mended.")
        office.build()
    office.build(everything=True)
    after = opened(office.feeds / "news.atom").updated
    assert {id for id in ids if before[id] != after[id]} == set(ids[:2])


def test_a_shared_release_finds_free_moments_beside_one_that_is_taken(any_office: Office) -> None:
    office = any_office
    office.at(datetime(2026, 10, 20, 15, 0, tzinfo=UTC))
    office.write("second", date="2026-10-15T08:00:01-07:00")
    office.build()
    office.later(hours=1)
    for number in range(2):
        office.write(f"late-{number}", date="2026-10-14", embargo="2026-10-15T08:00:00-07:00")
    office.build()
    updated = opened(office.feeds / "news.atom").updated
    assert len(set(updated.values())) == len(updated) == 3


# bad records


@contextmanager
def tampered(office: Office) -> Iterator[Connection]:
    """The store, for putting into it what no source would let through; the feeds are told that something changed."""
    with office.app.database.write() as connection:
        yield connection
        connection.execute(update(schema.article).values(revision=schema.article.c.revision + 1000))


def id_of(problem: Finding) -> str:
    """The entry's id in a place like `"Headline" (id)`."""
    return problem.place.rpartition("(")[2].removesuffix(")")


def stands(office: Office, path: str = "news") -> None:
    """The feed is there, whole and without errors, and has its good article."""
    for ending in ENDINGS:
        assert office.id("good") in opened(office.feeds / f"{path}.{ending}").ids
    assert errors_in(office) == []


@pytest.mark.parametrize(
    "values",
    [
        {"headline": "Bell \x07 and NUL-like \x01"},
        {"headline": "  "},
        {"body": "<p>A form feed \x0c and an escape \x1b[0m</p>"},
        {"summary": "Not a character: \ufffe, \uffff"},
        {"authors": ["Ann \x08 Backspace"]},
        {"url": "https://www.example.org/\x0b"},
        {"correction": "A vertical \x0b tab"},
        {"image": {"url": "https://www.example.org/a.jpg", "alt": "A \x02 picture", "type": "image/jpeg"}},
        {"image": {"url": "https://www.example.org/a.jpg", "alt": "A picture", "credit": "By \x03"}},
        {"image": {"url": "https://www.example.org/a.jpg\x04", "alt": "A picture"}},
        {"attachments": [{"url": "https://www.example.org/a.pdf", "type": "x", "length": 3, "title": "T \x05"}]},
        {"language": "e\x06"},
        {"topics": ["heart", "\x07"]},
    ],
    ids=lambda values: "-".join(values),
)
def test_a_record_with_control_characters_never_takes_a_feed_down(office: Office, values: dict[str, Any]) -> None:
    office.write("bad", topics="[heart]")
    office.write("good", topics="[heart]")
    office.build()
    office.later(hours=1)
    with tampered(office) as connection:
        bad = schema.article.c.key == "bad"
        connection.execute(update(schema.article).where(bad).values(updated_at=office.now, **values))
    built = build_feeds(office.app)
    stands(office)
    stands(office, "topics/heart")
    if office.id("bad") not in opened(office.feeds / "news.atom").ids:
        assert [id_of(p) for p in problems(built)] == [office.id("bad")]
    else:
        assert all("\\x" not in ascii(i) for i in (office.feeds / "news.json").read_text())


@pytest.mark.parametrize("field", ["authors", "image", "attachments"])
def test_half_characters_in_the_database_never_take_a_feed_down(any_office: Office, field: str) -> None:
    """JSON columns keep them as escapes, so the database lets them through."""
    office = any_office
    office.write("bad", topics="[heart]")
    office.write("good", topics="[heart]")
    office.build()
    office.later(hours=1)
    attachment = {"url": "https://www.example.org/a.pdf", "type": "application/pdf", "length": 3, "title": "T \ud800"}
    values: dict[str, Any] = {
        "authors": ["Ann \ud800"],
        "image": {"url": "https://www.example.org/a.jpg", "alt": "A \udfff picture"},
        "attachments": [attachment],
    }
    with tampered(office) as connection:
        bad = schema.article.c.key == "bad"
        connection.execute(update(schema.article).where(bad).values(**{field: values[field]}))
    build_feeds(office.app)
    stands(office)


def test_a_reason_with_control_characters_never_takes_a_feed_down(office: Office) -> None:
    office.write("bad", topics="[heart]")
    office.write("good", topics="[heart]")
    office.build()
    withdraw_article(office.app, office.id("bad"), why="Pasted\x0bfrom\x1ba mail")
    build_feeds(office.app)
    assert [ref for ref, _, _ in tombstones(office.feeds / "news.atom")] == [office.id("bad")]
    stands(office)


def test_an_enormous_body_is_given_as_summary_and_link(office: Office) -> None:
    office.write("bad", topics="[heart]")
    office.write("good", topics="[heart]")
    office.build()
    office.later(hours=1)
    with tampered(office) as connection:
        bad = schema.article.c.key == "bad"
        body = "<p>All work and no play.</p>" * 750_000
        connection.execute(update(schema.article).where(bad).values(body=body, updated_at=office.now))
    (problem,) = problems(build_feeds(office.app))
    assert (problem.code, problem.severity, id_of(problem)) == ("entry-too-long", "warning", office.id("bad"))
    assert office.id("bad") in opened(office.feeds / "news.atom").ids
    assert (office.feeds / "news.rss").stat().st_size < 20_000
    stands(office)


def test_unclosed_html_in_the_store_stays_inside_its_entry(office: Office) -> None:
    office.write("bad")
    office.write("good")
    office.build()
    office.later(hours=1)
    with tampered(office) as connection:
        bad = schema.article.c.key == "bad"
        body = "<p>Never <em>closed <table><tr><td>]]> & &nbsp; <!-- </channel> <![CDATA["
        connection.execute(update(schema.article).where(bad).values(body=body, updated_at=office.now))
    build_feeds(office.app)
    for ending in ENDINGS:
        assert set(opened(office.feeds / f"news.{ending}").ids) == {office.id("bad"), office.id("good")}
    stands(office)


def test_a_picture_that_was_taken_away_is_left_out_and_told_of(sample: Path, open_app: Open) -> None:
    office = Office(sample, open_app(sample))
    collect(office.app)
    build_feeds(office.app)
    items = json.loads((sample / "feeds/news.json").read_bytes())["items"]
    pictured = next(one for one in items if "/images/" in one.get("image", ""))
    picture = pictured["image"]
    (sample / "images" / picture.rsplit("/")[-1]).unlink()
    told = problems(build_feeds(office.app, everything=True))
    assert (("image-gone", pictured["id"])) in {(p.code, id_of(p)) for p in told}
    assert files_with(sample / "feeds", picture) == set()
    home = "https://news.alderbay.example/"
    assert errors_in(office, home) == []
    assert {one["id"] for one in items} == reached(sample, "news", "json", home)


def test_a_date_in_the_far_future_is_told_of_and_shown_nowhere(office: Office) -> None:
    office.write("far", date="2126-10-12")
    office.write("good")
    for everything in (False, False, True):
        (problem,) = problems(office.build(everything=everything))
        assert (problem.code, problem.severity, problem.place) == ("far-future", "warning", '"Headline far"')
    assert files_with(office.feeds, "Headline far") == set()
    stands(office)


# refusals


def lost(office: Office) -> None:
    office.app.close()
    for file in office.folder.glob("publisher.db*"):
        file.unlink()


@pytest.mark.parametrize("other", ["mint date", "tag"])
def test_a_feed_whose_ids_changed_never_replaces_the_good_one(office: Office, open_app: Open, other: str) -> None:
    for number in range(3):
        office.write(f"n{number}", date=f"2026-10-0{number + 1}", topics="[heart]")
    office.build()
    office.at(NOVEMBER)
    office.write("more", date="2026-11-01", topics="[heart]")
    office.build()
    assert (office.feeds / "archive/news/2026-10.rss").exists()
    lost(office)
    if other == "tag":
        settings = office.folder / "publisher.toml"
        settings.write_text(settings.read_text().replace('tag = "example.org"', 'tag = "example.net"'))
    office = Office(office.folder, open_app(office.folder, NOVEMBER + timedelta(days=30)))
    article_file(office.folder, "nap", headline="Nap", date="2026-11-20", topics="[sleep]", language="es")
    before = stamps(office.feeds)
    for _ in range(2):
        office.later(minutes=1)
        built = {one.feed.path: one for one in office.build()}
        for feed in ("news", "topics/heart", "languages/en"):
            assert set(built[feed].files.values()) == {"refused"}
        assert set(built["topics/sleep"].files.values()) <= {"written", "unchanged"}
        told = problems(list(built.values()))
        assert {p.code for p in told} == {"feed-refused"}
        assert {p.severity for p in told} == {"error"}
        assert any("keep the old id" in p.mend and "--force" in p.mend for p in told)
        touched = changed(before, office.feeds)
        assert {name.split(".")[0] for name in touched} == {"topics/sleep", "languages/es", "index"}
        assert office.id("nap") in opened(office.feeds / "topics/sleep.atom").ids
    office.later(minutes=1)
    forced = {one.feed.path: set(one.files.values()) for one in office.build(force=True)}
    assert forced["news"] == {"written"}
    reaches_all(office)
    office.later(minutes=1)
    assert problems(office.build()) == []


def test_a_refused_feed_is_built_once_its_database_is_back(office: Office, open_app: Open) -> None:
    office.write("one", date="2026-10-01")
    office.build()
    before = stamps(office.feeds)
    office.app.close()
    kept = {file: file.read_bytes() for file in office.folder.glob("publisher.db*")}
    lost(office)
    office = Office(office.folder, open_app(office.folder, OCTOBER + timedelta(days=3)))
    assert [p.code for p in problems(office.build())] != []
    assert changed(before, office.feeds) == set()
    lost(office)
    for file, held in kept.items():
        file.write_bytes(held)
    office = Office(office.folder, open_app(office.folder, OCTOBER + timedelta(days=3, minutes=1)))
    assert problems(office.build()) == []
    assert changed(before, office.feeds) == set()


# newsletters


LETTER = """
[[newsletter]]
name = "weekly"
title = "Weekly"
tagline = "Every Monday"
weekday = "monday"
at = "07:00"
approval = "automatic"
sender = { name = "Bay Hospital", address = "weekly@example.org" }

[delivery]
transport = "file"
outbox = "outbox"
"""


def with_readers(folder: Path, app: App) -> Office:
    """A site with a newsletter and a reader, on the Monday and the minute when an issue leaves."""
    office = Office(folder, app)
    (folder / "people.csv").write_text("address\na@example.org\n")
    take_in(office.app, folder / "people.csv")
    return office


@pytest.fixture
def letters(tmp_path: Path, open_app: Open) -> Office:
    folder = small_site(tmp_path / "site", LETTER)
    (folder / "publisher.db").write_bytes(empty_database())
    return with_readers(folder, open_app(folder, NOW))


@pytest.fixture
def any_letters(tmp_path: Path, open_app: Open, database_url: str) -> Office:
    """The same, on each database."""
    folder = small_site(tmp_path / "site", LETTER)
    return with_readers(folder, open_app(folder, NOW, database_url))


def sent(office: Office) -> None:
    done = tick(office.app)
    assert [one.well for one in done] == [True] * len(done), done
    assert any("accepted" in one.line for one in done)


def test_an_issue_that_was_sent_is_an_entry_of_its_newsletters_feed(any_letters: Office) -> None:
    letters = any_letters
    letters.write("lead", date="2026-11-20", summary="What it is about", topics="[heart]")
    letters.write("second", date="2026-11-19", summary="And this one", topics="[heart]")
    sent(letters)
    (one,) = json.loads((letters.feeds / "newsletters/weekly.json").read_bytes())["items"]
    draft, _, _ = show_issue(letters.app, letters.app.newsletter(None), "2026-W48")
    assert one["url"] == f"{HOME}issues/weekly/2026-W48"
    assert draft.edition
    assert one["title"] == draft.edition.subject
    for words in ("Headline lead", "What it is about", "Headline second", "And this one"):
        assert words in one["content_html"]
    for ending in ENDINGS:
        assert opened(letters.feeds / f"newsletters/weekly.{ending}").ids == [one["id"]]
        assert one["id"] not in opened(letters.feeds / f"news.{ending}").ids
    assert f"{HOME}feeds/newsletters/weekly.rss" in (letters.feeds / "index.opml").read_text()
    assert f"{HOME}feeds/newsletters/weekly.html" in (letters.feeds / "news.html").read_text()
    assert errors_in(letters) == []
    before = stamps(letters.feeds)
    letters.later(minutes=1)
    assert tick(letters.app) == []
    build_feeds(letters.app, everything=True)
    assert changed(before, letters.feeds) == set()


def test_past_issues_of_closed_months_lie_in_archives(letters: Office) -> None:
    for week in range(6):
        letters.write(f"week-{week}", date=(letters.now - timedelta(days=1)).date().isoformat())
        sent(letters)
        letters.later(days=7)
    letters.build()
    assert len(reached(letters.folder, "newsletters/weekly")) == 6
    assert {p.stem for p in (letters.feeds / "archive/newsletters/weekly").glob("*.rss")} == {"2026-11", "2026-12"}
    assert errors_in(letters) == []


def test_a_withdrawn_article_leaves_the_feed_of_the_newsletter_that_carried_it(letters: Office) -> None:
    letters.write("wrong", date="2026-11-20", summary="Quite unbelievable")
    letters.write("right", date="2026-11-19")
    sent(letters)
    letters.later(days=1)
    withdraw_article(letters.app, letters.id("wrong"), why=None)
    tick(letters.app)
    assert files_with(letters.feeds, "Quite unbelievable") == set()
    assert files_with(letters.feeds / "newsletters", "Headline wrong") == set()
    assert "Headline wrong" not in issue_page(letters.app, "weekly", "2026-W48").html
    assert "Headline right" in issue_page(letters.app, "weekly", "2026-W48").html
    before = stamps(letters.feeds)
    build_feeds(letters.app, everything=True)
    assert changed(before, letters.feeds) == set()


def test_an_article_put_under_embargo_leaves_the_feed_of_the_newsletter_that_carried_it(letters: Office) -> None:
    letters.write("soon", date="2026-11-20", summary="Quite secret")
    letters.write("right", date="2026-11-19")
    sent(letters)
    letters.later(days=1)
    letters.write("soon", date="2026-11-20", summary="Quite secret", embargo="2027-01-01T08:00:00-08:00")
    letters.build()
    assert {f for f in files_with(letters.feeds, "Quite secret") if not f.endswith(".gz")} == set()


def test_an_edited_article_leaves_past_issues_as_whatever_build_writes_them(letters: Office) -> None:
    letters.write("lead", date="2026-11-20", summary="As it was")
    sent(letters)
    letters.later(days=1)
    letters.write("lead", date="2026-11-20", summary="As it is now", headline="Another headline")
    letters.build()
    before = stamps(letters.feeds)
    letters.later(days=1)
    letters.build(everything=True)
    assert changed(before, letters.feeds) == set()


def test_a_withdrawn_article_is_in_no_later_issue(letters: Office) -> None:
    letters.write("wrong", date="2026-11-20")
    letters.write("right", date="2026-11-19")
    letters.read()
    withdraw_article(letters.app, letters.id("wrong"), why=None)
    sent(letters)
    assert files_with(letters.folder / "outbox", "Headline right") != set()
    assert files_with(letters.folder / "outbox", "Headline wrong") == set()


def test_an_article_withdrawn_after_the_draft_is_not_in_the_mail(letters: Office) -> None:
    newsletter = letters.app.newsletter(None)
    letters.write("wrong", date="2026-11-20")
    letters.write("right", date="2026-11-19")
    letters.read()
    draft_issue(letters.app, newsletter)
    withdraw_article(letters.app, letters.id("wrong"), why=None)
    letters.later(minutes=1)
    with pytest.raises(IssueError, match="Headline wrong: was withdrawn"):
        approve_issue(letters.app, newsletter, "2026-W48", who="ana")
    draft_issue(letters.app, newsletter)
    approve_issue(letters.app, newsletter, "2026-W48", who="ana")
    send_issue(letters.app, newsletter, "2026-W48")
    assert files_with(letters.folder / "outbox", "Headline right") != set()
    assert files_with(letters.folder / "outbox", "Headline wrong") == set()


def test_a_build_after_one_new_article_touches_only_what_it_changes(sample: Path, open_app: Open) -> None:
    app = open_app(sample)
    collect(app)
    build_feeds(app)
    before = stamps(sample / "feeds")
    article_file(sample, "fresh", headline="Fresh", date="2026-11-23", topics="[heart]")
    app.clock = lambda: NOW + timedelta(minutes=3)
    collect(app)
    build_feeds(app)
    touched = changed(before, sample / "feeds")
    assert touched == {
        f"{feed}.{ending}" for feed in ("news", "topics/heart", "languages/en") for ending in (*ENDINGS, "html")
    }
    assert not (ROOT / "feeds" / "fresh").exists()


@pytest.mark.parametrize("how", ["withdrawn", "under embargo"])
def test_what_is_taken_back_while_a_build_runs_is_not_written_any_more(any_office: Office, how: str) -> None:
    office = any_office
    office.write("good")
    office.build()
    office.write("sorry", body="Quite unbelievable.")
    office.read()
    channels, _ = channels_of(office.app)
    with office.app.database.write() as connection:
        enter(connection, office.app, settings_of(office.app, channels), everything=False)
        stale = entries.stale(connection)
    if how == "withdrawn":
        withdraw_article(office.app, office.id("sorry"), why=None)
    else:
        office.write("sorry", body="Quite unbelievable.", embargo="2026-12-24T08:00:00-08:00")
        office.read()
    write_documents(office.app, channels, stale, force=False, progress=lambda done, of: None)
    assert files_with(office.feeds, "Quite unbelievable") == set()
    build_feeds(office.app)
    assert files_with(office.feeds, "Quite unbelievable") == set()
    stands(office)


def test_what_is_withdrawn_while_under_embargo_is_a_tombstone_for_those_who_had_it(office: Office) -> None:
    office.write("good")
    office.write("sorry")
    office.build()
    office.write("sorry", embargo="2026-12-24T08:00:00-08:00")
    office.build()
    withdraw_article(office.app, office.id("sorry"), why=None)
    office.build()
    assert f'ref="{office.id("sorry")}"' in (office.feeds / "news.atom").read_text()


def test_a_teaser_that_comes_back_for_an_article_under_embargo_is_no_moved_id(office: Office) -> None:
    url = "https://www.example.org/story"
    office.write("good")
    office.write("story", url=url, body="Quite secret.")
    office.build()
    teaser = Teaser(source="elsewhere", key="story", headline="A story", excerpt="Soon.", url=url)
    mint = Mint(authority="example.org", zone="UTC", now=office.now)
    with office.app.database.write() as connection:
        saving.save(connection, Collected(teasers=(teaser,)), mint)
    office.build()
    office.write("story", url=url, body="Quite secret.", embargo="2026-12-24T08:00:00-08:00")
    assert problems(office.build()) == []
    assert files_with(office.feeds, "Quite secret") == set()
    assert "A story" in (office.feeds / "news.rss").read_text()
