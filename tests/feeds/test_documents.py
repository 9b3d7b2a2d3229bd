"""Every trap of feedgen and every habit of readers that notes and standards name, on documents as they are served."""

import json
from dataclasses import replace
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from html import unescape
from pathlib import Path

import feedparser
import pytest
from lxml import etree

from publisher.feeds import Channel, Entry, apart, documents, entries_of
from publisher.feeds.xml import _generator
from publisher.records import Feed, Image, Topic
from tests.conftest import NOW

ATOM = "{http://www.w3.org/2005/Atom}"
MEDIA = "{http://search.yahoo.com/mrss/}"
DC = "{http://purl.org/dc/elements/1.1/}"
CONTENT = "{http://purl.org/rss/1.0/modules/content/}encoded"
LANG = "{http://www.w3.org/XML/1998/namespace}lang"

FEED = Feed(path="news", title="Bay & Co <News>", description="All of it", language="en")
CHANNEL = Channel(
    feed=FEED,
    home="https://news.example/",
    addresses={ending: f"https://news.example/feeds/news.{ending}" for ending in ("rss", "atom", "json")},
    publisher="Bay Hospital",
    id="https://news.example/feeds/news.atom",
)
IMAGE = Image(
    url="https://news.example/images/a.jpg",
    alt="A ward",
    credit="Ana",
    width=1200,
    height=800,
    length=5,
    type="image/jpeg",
)


def entry(number: int = 1, **more: object) -> Entry:
    values: dict[str, object] = {
        "id": f"tag:bay.example,2026-11-23:{number}",
        "url": f"https://news.example/a/{number}",
        "title": f"Story {number}: 3 < 4 & true",
        "summary": "In short: 3 < 4 & <b>true</b>.",
        "html": "<p>Whole &amp; true.</p>",
        "authors": ("Ana Ruiz", "Bo Lind"),
        "topics": (Topic(slug="heart", title="Heart health"),),
        "image": IMAGE,
        "language": "en",
        "published": NOW - timedelta(hours=number),
        "updated": NOW - timedelta(hours=number),
    }
    return Entry(**values | more)  # type: ignore[arg-type]


TEASER = entry(2, html=None, image=None, authors=(), topics=(), summary="It opens...")
ENTRIES = [entry(1, updated=NOW - timedelta(minutes=5)), TEASER, entry(3, language="es")]


@pytest.fixture(scope="module")
def made() -> dict[str, bytes]:
    return documents(CHANNEL, ENTRIES)


@pytest.fixture(scope="module")
def rss(made: dict[str, bytes]) -> etree._Element:
    return etree.fromstring(made["rss"]).find("channel")


@pytest.fixture(scope="module")
def atom(made: dict[str, bytes]) -> etree._Element:
    return etree.fromstring(made["atom"])


@pytest.fixture(scope="module")
def items(made: dict[str, bytes]) -> list[dict[str, object]]:
    loaded: list[dict[str, object]] = json.loads(made["json"])["items"]
    return loaded


def test_all_three_formats_carry_the_same_ids_order_and_dates(rss, atom, items) -> None:  # type: ignore[no-untyped-def]
    told = [(e.id, e.published, e.updated) for e in ENTRIES]
    in_rss = [
        (
            item.findtext("guid"),
            parsedate_to_datetime(item.findtext("pubDate")),
            datetime.fromisoformat(
                item.findtext(f"{ATOM}updated") or parsedate_to_datetime(item.findtext("pubDate")).isoformat()
            ),
        )
        for item in rss.findall("item")
    ]
    in_atom = [
        tuple(
            [e.findtext(f"{ATOM}id")]
            + [datetime.fromisoformat(e.findtext(f"{ATOM}{name}")) for name in ("published", "updated")]
        )
        for e in atom.findall(f"{ATOM}entry")
    ]
    in_json = [
        (i["id"], datetime.fromisoformat(i["date_published"]), datetime.fromisoformat(i["date_modified"]))
        for i in items
    ]
    assert in_rss == in_atom == in_json == told


def test_the_channel_link_is_the_page_and_self_is_self(rss, atom) -> None:  # type: ignore[no-untyped-def]
    assert rss.findtext("link") == "https://news.example/"
    assert [(link.get("rel"), link.get("href")) for link in rss.findall(f"{ATOM}link")] == [
        ("self", "https://news.example/feeds/news.rss")
    ]
    assert {link.get("rel"): link.get("href") for link in atom.findall(f"{ATOM}link")} == {
        "self": "https://news.example/feeds/news.atom",
        "alternate": "https://news.example/",
    }


def test_no_date_is_that_of_the_build(rss, atom) -> None:  # type: ignore[no-untyped-def]
    newest = max(e.updated for e in ENTRIES)
    assert parsedate_to_datetime(rss.findtext("lastBuildDate")) == newest
    assert parsedate_to_datetime(rss.findtext("pubDate")) == max(e.published for e in ENTRIES)
    assert datetime.fromisoformat(atom.findtext(f"{ATOM}updated")) == newest


def test_two_builds_are_the_same_bytes(made: dict[str, bytes]) -> None:
    assert documents(CHANNEL, ENTRIES) == made


def test_guids_are_no_permalinks(rss) -> None:  # type: ignore[no-untyped-def]
    assert {item.find("guid").get("isPermaLink") for item in rss.findall("item")} == {"false"}


def test_authors_are_names_in_rss_too_and_no_address_is_published(made, rss, atom) -> None:  # type: ignore[no-untyped-def]
    first = rss.find("item")
    assert [c.text for c in first.findall(f"{DC}creator")] == ["Ana Ruiz", "Bo Lind"]
    assert first.find("author") is None
    assert [a.findtext(f"{ATOM}name") for a in atom.find(f"{ATOM}entry").findall(f"{ATOM}author")] == [
        "Ana Ruiz",
        "Bo Lind",
    ]
    assert atom.find(f"{ATOM}author").findtext(f"{ATOM}name") == "Bay Hospital"


def test_content_is_html_and_the_summary_stays_beside_it(rss, atom, items) -> None:  # type: ignore[no-untyped-def]
    assert rss.find("item").findtext(CONTENT) == "<p>Whole &amp; true.</p>"
    content = atom.find(f"{ATOM}entry").find(f"{ATOM}content")
    assert (content.get("type"), content.text) == ("html", "<p>Whole &amp; true.</p>")
    assert atom.find(f"{ATOM}entry").findtext(f"{ATOM}summary") == "In short: 3 < 4 & <b>true</b>."
    assert items[0]["content_html"] == "<p>Whole &amp; true.</p>"


def test_a_plain_summary_is_not_taken_for_html(rss) -> None:  # type: ignore[no-untyped-def]
    shown = rss.find("item").findtext("description")
    assert unescape(shown) == "In short: 3 < 4 & <b>true</b>."
    assert "<" not in shown


def test_a_teaser_is_a_summary_with_its_link(rss, atom, items) -> None:  # type: ignore[no-untyped-def]
    item, in_atom = rss.findall("item")[1], atom.findall(f"{ATOM}entry")[1]
    assert item.find(CONTENT) is None
    assert item.findtext("description") == "It opens..."
    assert in_atom.find(f"{ATOM}content") is None
    assert in_atom.find(f"{ATOM}link").get("href") == TEASER.url
    assert items[1]["content_html"] == "<p>It opens...</p>"


def test_the_picture_has_one_url_in_every_place_and_no_group(rss, atom, items) -> None:  # type: ignore[no-untyped-def]
    for parent in (rss.find("item"), atom.find(f"{ATOM}entry")):
        picture = parent.find(f"{MEDIA}content")
        assert dict(picture.attrib) == {
            "url": IMAGE.url,
            "medium": "image",
            "type": "image/jpeg",
            "fileSize": "5",
            "width": "1200",
            "height": "800",
        }
        assert picture.findtext(f"{MEDIA}credit") == "Ana"
        assert parent.find(f"{MEDIA}thumbnail").get("url") == IMAGE.url
        assert parent.find(f"{MEDIA}group") is None
    assert items[0]["image"] == IMAGE.url


def test_topics_are_text_without_domain(rss, atom, items) -> None:  # type: ignore[no-untyped-def]
    category = rss.find("item").find("category")
    assert (category.text, dict(category.attrib)) == ("Heart health", {})
    assert atom.find(f"{ATOM}entry").find(f"{ATOM}category").get("term") == "heart"
    assert items[0]["tags"] == ["Heart health"]


def test_an_entry_in_another_language_says_so(rss, atom, items) -> None:  # type: ignore[no-untyped-def]
    assert [item.get(LANG) for item in rss.findall("item")] == [None, None, "es"]
    assert [e.get(LANG) for e in atom.findall(f"{ATOM}entry")] == [None, None, "es"]
    assert [i["language"] for i in items] == ["en", "en", "es"]


def test_every_entry_link_of_atom_says_what_it_is(atom) -> None:  # type: ignore[no-untyped-def]
    links = [link.get("rel") for e in atom.findall(f"{ATOM}entry") for link in e.findall(f"{ATOM}link")]
    assert links == ["alternate"] * 3


def test_json_feed_is_version_1_1_and_has_no_nulls(made: dict[str, bytes]) -> None:
    document = json.loads(made["json"])
    assert document["version"] == "https://jsonfeed.org/version/1.1"
    assert document["feed_url"] == "https://news.example/feeds/news.json"
    assert document["authors"] == [{"name": "Bay Hospital"}]
    for item in document["items"]:
        assert {"id", "url", "title", "content_html", "date_published"} <= item.keys()
        assert all(value not in (None, [], "") for value in item.values())


@pytest.mark.parametrize("ending", ["rss", "atom"])
def test_a_real_reader_gets_every_entry_whole(made: dict[str, bytes], ending: str) -> None:
    read = feedparser.parse(made[ending])
    assert not read.bozo
    assert [e.id for e in read.entries] == [e.id for e in ENTRIES]
    assert [e.title for e in read.entries] == [e.title for e in ENTRIES]
    assert read.entries[0].content[0].value == "<p>Whole &amp; true.</p>"
    assert read.feed.title == "Bay & Co <News>"


def test_feedgen_gives_the_order_it_was_given() -> None:
    assert [e.id() for e in _generator(CHANNEL, ENTRIES, "rss").entry()] == [e.id for e in ENTRIES]


def test_entries_are_newest_first_by_topic_and_limit() -> None:
    many = [entry(n) for n in (3, 1, 2)]
    chosen, problems = entries_of(replace(FEED, limit=2), many)
    assert [e.id[-1] for e in chosen] == ["1", "2"]
    assert problems == []
    of_sleep, _ = entries_of(replace(FEED, topic="sleep"), many)
    assert of_sleep == []


def test_a_feed_can_leave_teasers_out() -> None:
    chosen, _ = entries_of(replace(FEED, teasers="omit"), ENTRIES)
    assert TEASER.id not in [e.id for e in chosen]
    assert len(chosen) == 2


def test_one_bad_record_is_left_out_and_said_and_the_feed_stands() -> None:
    chosen, problems = entries_of(FEED, [entry(1, title="Bad \x0b title"), entry(2, summary="\ud800"), entry(3)])
    assert [e.id[-1] for e in chosen] == ["3"]
    assert [p.code for p in problems] == ["entry-left-out"] * 2
    documents(CHANNEL, chosen)


def test_two_embargoes_that_end_together_are_a_second_apart() -> None:
    together = [entry(n, published=NOW, updated=NOW) for n in (1, 2, 3)]
    chosen, _ = entries_of(FEED, apart(together))
    assert len({e.updated for e in chosen}) == 3
    assert all(e.updated >= e.published for e in chosen)
    assert entries_of(FEED, apart(list(reversed(together))))[0] == chosen


def test_feed_files_are_replaced_whole_and_not_touched_without_need(tmp_path: Path) -> None:
    from publisher.files import put

    path = tmp_path / "feeds" / "news.rss"
    assert put(path, b"one") == "written"
    before = path.stat().st_mtime_ns, path.stat().st_ino
    assert put(path, b"one") == "unchanged"
    assert (path.stat().st_mtime_ns, path.stat().st_ino) == before
    assert put(path, b"two") == "written"
    assert [p.name for p in path.parent.iterdir()] == ["news.rss"]
