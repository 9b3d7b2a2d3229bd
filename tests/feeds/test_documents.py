"""Every trap of feedgen and every habit of readers that notes and standards name, on documents as they are served."""

import json
from dataclasses import replace
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from html import unescape
from pathlib import Path
from typing import Any

import feedparser
import pytest
from lxml import etree

from publisher.feeds import Channel, Entry, Place, Tombstone, documents, figure, rendered, sound
from publisher.records import Attachment, Feed, Image, Topic
from tests.conftest import NOW

ATOM = "{http://www.w3.org/2005/Atom}"
MEDIA = "{http://search.yahoo.com/mrss/}"
AT = "{http://purl.org/atompub/tombstones/1.0}"
FH = "{http://purl.org/syndication/history/1.0}"
DC = "{http://purl.org/dc/elements/1.1/}"
CONTENT = "{http://purl.org/rss/1.0/modules/content/}encoded"
LANG = "{http://www.w3.org/XML/1998/namespace}lang"

FEED = Feed(path="news", title="Bay & Co <News>", description="All of it", language="en")
CHANNEL = Channel(
    feed=FEED,
    id="https://news.example/feeds/news.atom",
    page="https://news.example/feeds/news.html",
    publisher="Bay Hospital",
    publisher_url="https://bay.example",
)


def urls(path: str) -> dict[str, str]:
    return {ending: f"https://news.example/feeds/{path}.{ending}" for ending in ("rss", "atom", "json")}


POLLED = Place(own=urls("news"), current=urls("news"))
OCTOBER = Place(
    own=urls("archive/news/2026-10"),
    current=urls("news"),
    older=urls("archive/news/2026-09"),
    newer=urls("archive/news/2026-11"),
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


def made_of(*entries: Entry, channel: Channel = CHANNEL, place: Place = POLLED, **more: Any) -> dict[str, bytes]:
    return documents(channel, place, [rendered(one) for one in entries], **more)


@pytest.fixture(scope="module")
def made() -> dict[str, bytes]:
    return made_of(*ENTRIES)


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
    assert rss.findtext("link") == CHANNEL.page
    assert [(link.get("rel"), link.get("href")) for link in rss.findall(f"{ATOM}link")] == [
        ("self", "https://news.example/feeds/news.rss")
    ]
    assert {link.get("rel"): link.get("href") for link in atom.findall(f"{ATOM}link")} == {
        "self": "https://news.example/feeds/news.atom",
        "alternate": CHANNEL.page,
    }


def test_no_date_is_that_of_the_build(rss, atom) -> None:  # type: ignore[no-untyped-def]
    newest = max(e.updated for e in ENTRIES)
    assert parsedate_to_datetime(rss.findtext("lastBuildDate")) == newest
    assert parsedate_to_datetime(rss.findtext("pubDate")) == newest
    assert datetime.fromisoformat(atom.findtext(f"{ATOM}updated")) == newest


def test_two_builds_are_the_same_bytes(made: dict[str, bytes]) -> None:
    assert made_of(*ENTRIES) == made


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
    summary = atom.find(f"{ATOM}entry").find(f"{ATOM}summary")
    assert (summary.get("type"), unescape(summary.text)) == ("html", "In short: 3 < 4 & <b>true</b>.")
    assert "<" not in summary.text
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


def test_every_entry_says_its_language(rss, atom, items) -> None:  # type: ignore[no-untyped-def]
    assert [item.get(LANG) for item in rss.findall("item")] == ["en", "en", "es"]
    assert [e.get(LANG) for e in atom.findall(f"{ATOM}entry")] == ["en", "en", "es"]
    assert [i["language"] for i in items] == ["en", "en", "es"]


def test_every_entry_link_of_atom_says_what_it_is(atom) -> None:  # type: ignore[no-untyped-def]
    links = [link.get("rel") for e in atom.findall(f"{ATOM}entry") for link in e.findall(f"{ATOM}link")]
    assert links == ["alternate"] * 3


def test_json_feed_is_version_1_1_and_has_no_nulls(made: dict[str, bytes]) -> None:
    document = json.loads(made["json"])
    assert document["version"] == "https://jsonfeed.org/version/1.1"
    assert document["feed_url"] == "https://news.example/feeds/news.json"
    assert document["authors"] == [{"name": "Bay Hospital", "url": "https://bay.example"}]
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


def test_an_archive_document_says_so_and_leads_on(made: dict[str, bytes]) -> None:
    archived = made_of(ENTRIES[0], place=OCTOBER)
    for root in (etree.fromstring(archived["rss"]).find("channel"), etree.fromstring(archived["atom"])):
        links = {link.get("rel"): link.get("href") for link in root.findall(f"{ATOM}link")}
        ending = "atom" if root.tag == f"{ATOM}feed" else "rss"
        assert links["self"] == OCTOBER.own[ending]
        assert links["current"] == POLLED.own[ending]
        assert links["prev-archive"].endswith(f"2026-09.{ending}")
        assert links["next-archive"].endswith(f"2026-11.{ending}")
        assert root.find(f"{FH}archive") is not None
    assert json.loads(archived["json"])["next_url"].endswith("2026-09.json")
    assert b"syndication/history" not in made["rss"] + made["atom"]
    assert etree.fromstring(archived["atom"]).findtext(f"{ATOM}id") == CHANNEL.id


def test_the_polled_document_names_the_hub_and_an_archive_does_not() -> None:
    channel = replace(CHANNEL, hub="https://hub.example/push/")
    polled = made_of(ENTRIES[0], channel=channel)
    for root in (etree.fromstring(polled["rss"]).find("channel"), etree.fromstring(polled["atom"])):
        assert [ln.get("href") for ln in root.findall(f"{ATOM}link") if ln.get("rel") == "hub"] == [channel.hub]
    assert etree.fromstring(polled["rss"]).findtext("channel/link") == CHANNEL.page
    assert json.loads(polled["json"])["hubs"] == [{"type": "WebSub", "url": channel.hub}]
    archived = made_of(ENTRIES[0], channel=channel, place=OCTOBER)
    assert all(b"hub.example" not in document for document in archived.values())


def test_icon_and_logo_are_where_each_format_has_them() -> None:
    icon = Image(url="https://news.example/images/i.png", width=512, height=512, type="image/png")
    logo = Image(url="https://news.example/images/l.png", width=600, height=300, type="image/png")
    both = made_of(ENTRIES[0], channel=replace(CHANNEL, icon=icon, logo=logo))
    atom = etree.fromstring(both["atom"])
    assert (atom.findtext(f"{ATOM}icon"), atom.findtext(f"{ATOM}logo")) == (icon.url, logo.url)
    image = etree.fromstring(both["rss"]).find("channel/image")
    assert {child.tag: child.text for child in image} == {
        "url": logo.url,
        "title": FEED.title,
        "link": CHANNEL.page,
        "width": "144",
        "height": "72",
    }
    assert json.loads(both["json"])["icon"] == icon.url
    only_icon = made_of(ENTRIES[0], channel=replace(CHANNEL, icon=icon))
    assert etree.fromstring(only_icon["rss"]).findtext("channel/image/url") == icon.url
    assert etree.fromstring(only_icon["atom"]).find(f"{ATOM}logo") is None


def test_an_attached_file_has_its_true_length_and_type() -> None:
    plan = Attachment(url="https://news.example/files/p.pdf", type="application/pdf", length=9, title="The plan")
    talk = Attachment(url="https://news.example/files/t.mp3", type="audio/mpeg", length=8, title="The talk")
    attached = made_of(entry(1, attachments=(plan, talk)))
    (enclosure,) = etree.fromstring(attached["rss"]).findall("channel/item/enclosure")
    assert dict(enclosure.attrib) == {"url": plan.url, "length": "9", "type": "application/pdf"}
    links = etree.fromstring(attached["atom"]).find(f"{ATOM}entry").findall(f"{ATOM}link")
    assert [(ln.get("href"), ln.get("type"), ln.get("length")) for ln in links if ln.get("rel") == "enclosure"] == [
        (plan.url, "application/pdf", "9"),
        (talk.url, "audio/mpeg", "8"),
    ]
    assert [a["size_in_bytes"] for a in json.loads(attached["json"])["items"][0]["attachments"]] == [9, 8]


def test_a_withdrawn_entry_leaves_a_tombstone_in_atom_alone() -> None:
    gone = Tombstone(id="tag:bay.example,2026-01-01:x", when=NOW, why="It was about someone else.")
    left = made_of(ENTRIES[1], tombstones=[gone])
    stone = etree.fromstring(left["atom"]).find(f"{AT}deleted-entry")
    assert dict(stone.attrib) == {"ref": gone.id, "when": NOW.isoformat()}
    assert stone.findtext(f"{AT}comment") == gone.why
    assert gone.id.encode() not in left["rss"] + left["json"]
    assert etree.fromstring(left["atom"]).findtext(f"{ATOM}updated") == NOW.isoformat()


def test_a_document_that_lost_all_its_entries_is_still_one() -> None:
    empty = made_of(emptied=NOW)
    assert etree.fromstring(empty["rss"]).find("channel/item") is None
    assert etree.fromstring(empty["atom"]).findtext(f"{ATOM}updated") == NOW.isoformat()
    assert json.loads(empty["json"])["items"] == []


@pytest.mark.parametrize(
    "bad", [{"title": "Bad \x0b title"}, {"summary": "\ud800"}, {"title": " "}, {"html": "\ufffe"}]
)
def test_what_no_document_can_carry_is_left_out_and_said(bad: dict[str, str]) -> None:
    found, problems = sound(entry(1, **bad), lambda url: True, "en")
    assert found is None
    assert [(p.code, p.severity) for p in problems] == [("entry-left-out", "error")]


def test_a_body_too_long_for_any_reader_becomes_summary_and_link() -> None:
    found, problems = sound(entry(1, html="<p>" + "word " * 4_000_000 + "</p>"), lambda url: True, "en")
    assert found is not None
    assert (found.html, found.summary) == (None, entry(1).summary)
    assert [(p.code, p.severity) for p in problems] == [("entry-too-long", "warning")]


def test_a_picture_that_is_gone_is_left_out_everywhere() -> None:
    shown = entry(1, html=figure(IMAGE) + "<p>Text.</p>")
    found, problems = sound(shown, lambda url: False, "en")
    assert found is not None
    assert (found.image, found.html) == (None, "<p>Text.</p>")
    assert [p.code for p in problems] == ["image-gone"]


def test_feed_files_are_replaced_whole_and_not_touched_without_need(tmp_path: Path) -> None:
    from publisher.files import put

    path = tmp_path / "feeds" / "news.rss"
    assert put(path, b"one") == "written"
    before = path.stat().st_mtime_ns, path.stat().st_ino
    assert put(path, b"one") == "unchanged"
    assert (path.stat().st_mtime_ns, path.stat().st_ino) == before
    assert put(path, b"two") == "written"
    assert [p.name for p in path.parent.iterdir()] == ["news.rss"]
