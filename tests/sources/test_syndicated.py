"""Feeds as sources: the golden folder of feeds of all kinds, what is refused, and any bytes at all."""

import html
import json
import re
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st
from lxml import etree

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
    return there(
        **{name: getattr(image, name) for name in ("url", "alt", "caption", "credit", "width", "height", "type")}
    )


def there(**fields: Any) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value}


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.name)
def test_a_feed_gives_its_articles(path: Path, golden: Callable[[Path, bytes], None]) -> None:
    beside = path.with_name(f"{path.name}.golden.json")
    expected = json.loads(beside.read_bytes())
    given = expected.get("given", {})
    made = there(given=given) | shown(read(path.read_bytes(), **given))
    golden(beside, (json.dumps(made, ensure_ascii=False, indent=1) + "\n").encode())


def test_the_corpus_is_there() -> None:
    assert len(CASES) >= 60
    assert {f"{path.name}.golden.json" for path in CASES} == {path.name for path in FEEDS.glob("*.golden.json")}


def test_the_same_feed_gives_the_same_records() -> None:
    for path in CASES:
        assert read(path.read_bytes()) == read(path.read_bytes()), path.name


def test_an_item_whose_own_author_has_no_name_is_not_given_those_of_the_feed() -> None:
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": "News",
        "authors": [{"name": "Wren Hollis"}, {"name": "Tomas Brandt"}],
        "items": [
            {"id": "1", "content_text": "One.", "authors": [{"url": "mailto:wren@news.example.org"}]},
            {"id": "2", "content_text": "Two."},
            {"id": "3", "content_text": "Three.", "author": {"name": "Ida Renner"}},
        ],
    }
    authors = [item.article.authors for item in read(json.dumps(feed)).items]
    assert authors == [(), ("Wren Hollis", "Tomas Brandt"), ("Ida Renner",)]


def test_the_face_of_who_wrote_it_is_no_picture_of_an_entry() -> None:
    def picture(size: str) -> Image | None:
        media = 'xmlns:media="http://search.yahoo.com/mrss/"'
        shown = f'<media:thumbnail url="https://faces.example.org/7?s=30" {size}/>'
        (item,) = read(rss(f"<item {media}><title>Beds</title>{shown}</item>")).items
        return item.article.image

    assert picture('width="30" height="30"') is None
    assert picture('width="66" height="49"') is not None
    assert picture("") is not None


@pytest.mark.parametrize(
    "end",
    [
        '<a href="https://news.example.org/1">Leia mais</a> (25/05/2026 - 17h07)',
        '<a href="https://news.example.org/1">Leia mais</a> (2026-05-25)',
        '<a href="https://news.example.org/1">Read more</a>',
    ],
)
def test_a_date_behind_the_link_that_leads_on_goes_with_it(end: str) -> None:
    text = html.escape(f"The beds are quiet now, say the nurses of ward four. {end}")
    (item,) = read(rss(f"<item><link>https://news.example.org/1</link><description>{text}</description></item>")).items
    assert item.article.summary == "The beds are quiet now, say the nurses of ward four. …"


def test_the_line_that_a_magazine_puts_below_each_story_is_no_part_of_it() -> None:
    story = "".join(f"<p>Paragraph {number} says that the beds are quiet now.</p>" for number in range(4))
    line = (
        '<hr><p><a href="https://pages.example/1">The beds</a> was originally published in '
        '<a href="https://pages.example/">Pages</a> on Medium, where people are continuing the conversation by '
        "highlighting and responding to this story.</p>"
    )
    (item,) = read(
        rss(f"<item><title>Beds</title><description>{html.escape(story * 4 + line)}</description></item>")
    ).items
    assert item.whole and item.article.body == story * 4


def test_rss_in_a_namespace_that_nobody_knows_is_read_as_it_stands() -> None:
    feed = rss("<item><title>Beds</title><link>https://news.example.org/1</link></item>").replace(
        "<rss ", '<rss xmlns="https://schemas.example.org/rss.html" '
    )
    result = read(feed)
    assert codes(result) == [] and result.title == "News"
    assert [item.article.headline for item in result.items] == ["Beds"]


def atom(entry: str, space: str = "http://www.w3.org/2005/Atom") -> str:
    return f'<feed xmlns="{space}"><title>News</title><entry><id>tag:news.example,2026:1</id>{entry}</entry></feed>'


def only(data: bytes | str) -> Article:
    (item,) = read(data).items
    return item.article


def test_words_of_atom_0_3_in_base64_are_unpacked() -> None:
    def packed(words: str) -> str:
        return "\n  ".join(re.findall(".{1,20}", b64encode(words.encode()).decode()))

    title = f'<title mode="base64">{packed("Quiet <b>ward</b>")}</title>'
    content = f'<content type="text/html" mode="base64">{packed("<p>Die <i>Küche</i> öffnet.</p>")}</content>'
    article = only(atom(title + content, "http://purl.org/atom/ns#"))
    assert (article.headline, article.body) == ("Quiet ward", "<p>Die <i>Küche</i> öffnet.</p>")
    for none in ('<title mode="base64">not base64!</title>', '<title type="image/png" mode="base64">AAAA</title>'):
        assert only(atom(none + content, "http://purl.org/atom/ns#")).headline is None


def test_text_of_atom_that_writes_of_markup_is_shown_as_written() -> None:
    assert only(atom('<content type="text">The sign &lt;quiet&gt; is on.</content>')).body == (
        "<p>The sign &lt;quiet&gt; is on.</p>"
    )


def test_an_item_of_rss_1_0_without_a_link_stands_where_it_is_about() -> None:
    about = '<item rdf:about="{}"><title>Beds</title></item>'
    rdf = '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/">'
    page, name = "https://news.example.org/1", "urn:news:1"
    for written, url in ((page, page), (name, None)):
        article = only(f"{rdf}<channel><title>News</title></channel>{about.format(written)}</rdf:RDF>")
        assert (article.key, article.url) == (written, url)


@pytest.mark.parametrize(
    ("inside", "named"),
    [
        ('<dc:author xmlns:dc="http://purl.org/dc/elements/1.1/">Jane Roe</dc:author>', ("Beds", ("Jane Roe",), "")),
        ('<media:title xmlns:media="http://search.yahoo.com/mrss/">Cots</media:title>', ("Beds", (), "")),
        ("<fullitem>&lt;p&gt;Two beds.&lt;/p&gt;</fullitem>", ("Beds", (), "<p>Two beds.</p>")),
        ("<body>&lt;p&gt;Two beds.&lt;/p&gt;</body>", ("Beds", (), "<p>Two beds.</p>")),
    ],
)
def test_seldom_used_names_are_known(inside: str, named: tuple[str, tuple[str, ...], str]) -> None:
    article = only(rss(f"<item>{inside}<title>Beds</title></item>"))
    assert (article.headline, article.authors, article.body) == named


def test_the_title_of_a_recording_is_that_of_an_item_without_one() -> None:
    media = '<media:title xmlns:media="http://search.yahoo.com/mrss/">Cots</media:title>'
    assert only(rss(f"<item>{media}</item>")).headline == "Cots"


def test_what_stands_in_an_image_without_an_address_is_no_picture() -> None:
    for inside in ("<link>https://news.example.org/about</link>", "<title>Our house</title>"):
        assert only(rss(f"<item><title>Beds</title><image>{inside}</image></item>")).image is None


@pytest.mark.parametrize(
    "unseen",
    [
        "<script>location.href='https://evil.example/'</script>",
        '<iframe src="https://evil.example/">x</iframe>',
        "<style>p {}</style>",
        '<embed src="https://evil.example/"/>',
        '<form action="/"><input type="text"></form>',
        "<!-- not yet -->",
        "<!DOCTYPE html>",
    ],
)
def test_what_a_browser_would_not_show_is_no_part_of_a_headline(unseen: str) -> None:
    for title in (f"<title>{html.escape(unseen)}Beds</title>", f"<title><![CDATA[Beds{unseen}]]></title>"):
        assert only(rss(f"<item>{title}</item>")).headline == "Beds"
    assert only(atom(f'<title type="html">{html.escape(unseen)}Beds</title>')).headline == "Beds"


@pytest.mark.parametrize(
    ("encoding", "title"),
    [
        ("ibm866", "Новая палата"),
        ("cp850", "Küche geöffnet"),
        ("x-sjis", "新しい病棟"),
        ("windows_1250", "Nová kuchyň"),
        ("mac", "Küche geöffnet"),
        ("tis-620", "หอผู้ป่วยใหม่"),
        ("iso-8859-8-i", "מחלקה חדשה"),
    ],
)
def test_an_encoding_is_known_by_any_of_its_names(encoding: str, title: str) -> None:
    known = {"x-sjis": "cp932", "mac": "mac-roman", "iso-8859-8-i": "iso8859-8"}.get(encoding, encoding)
    feed = f'<?xml version="1.0" encoding="{encoding}"?>' + rss(f"<item><title>{title}</title></item>")
    result = read(feed.encode(known))
    assert [item.article.headline for item in result.items] == [title]
    assert codes(result) == []


@pytest.mark.parametrize("encoding", ["utf-7", "rot13", "cp037", "unicode_escape", "base64"])
def test_an_encoding_that_no_feed_has_is_not_believed(encoding: str) -> None:
    feed = f'<?xml version="1.0" encoding="{encoding}"?>' + rss("<item><title>Two +ADw-b+AD4- beds</title></item>")
    assert only(feed).headline == "Two +ADw-b+AD4- beds"


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("koi8-r", "Новая палата открыта для всех пациентов города, а кухня работает каждый день."),
        ("cp1251", "Новая палата открыта для всех пациентов города, а кухня работает каждый день."),
        ("cp932", "新しい病棟は来週の月曜日に開きます。ご家族の皆様もぜひお越しください。"),
        ("euc_jp", "新しい病棟は来週の月曜日に開きます。ご家族の皆様もぜひお越しください。"),
        ("gb18030", "新的病房将于下周一开放，欢迎各位家属前来参观，并与护士们交谈。"),
        ("cp949", "새 병동은 다음 주 월요일에 문을 엽니다. 가족 여러분도 많이 찾아와 주시기 바랍니다."),
        ("cp1253", "Ο νέος θάλαμος ανοίγει την ερχόμενη εβδομάδα και η κουζίνα λειτουργεί κάθε μέρα."),
        ("cp1252", "La cuisine de l’hôpital a été réorganisée : les repas, préparés sur place, sont servis à midi."),
        ("cp1252", "Größere Küche für Ärzte: Öffnungszeiten ändern sich übermorgen, täglich geöffnet."),
    ],
)
def test_text_that_does_not_say_its_encoding_is_read_by_its_bytes(encoding: str, text: str) -> None:
    result = read(rss(f"<item><title>1</title><description>{text}</description></item>").encode(encoding))
    assert [item.article.summary for item in result.items] == [text]
    assert codes(result) == ["wrong-encoding"]


def test_a_damaged_byte_does_not_make_another_script_of_utf_8() -> None:
    text = "新しい病棟は来週の月曜日に開きます。ご家族の皆様もぜひお越しください。"
    feed = rss(f"<item><title>{text}</title></item>").encode().replace("来".encode(), "来".encode()[:2])
    headline = only(feed).headline
    assert headline and headline.startswith("新しい病棟は") and headline.endswith("お越しください。")


def test_an_entry_whose_own_author_has_no_name_is_not_given_those_of_the_feed() -> None:
    feed = atom("<title>Beds</title>{}").replace("<entry>", "<author><name>Wren Hollis</name></author><entry>")
    assert only(feed.format("<author><email>ida@news.example.org</email></author>")).authors == ()
    assert only(feed.format("")).authors == ("Wren Hollis",)


def test_an_id_that_all_stories_of_a_feed_have_is_the_id_of_none() -> None:
    stories = "".join(
        f"<item><title>Story {n}</title><link>https://news.example.org/{n}</link><guid>news</guid></item>"
        for n in range(3)
    )
    result = read(rss(stories))
    assert [item.article.key for item in result.items] == [f"https://news.example.org/{n}" for n in range(3)]
    assert codes(result) == ["same-id"]
    assert '3 stories have the id "news"' in result.problems[0].mend


def test_of_two_states_of_an_entry_the_later_is_kept_in_its_place() -> None:
    def entry(key: str, title: str, year: int) -> str:
        return f"<entry><id>{key}</id><title>{title}</title><updated>{year}-01-01T00:00:00Z</updated></entry>"

    old, new, other = entry("1", "Old", 2020), entry("1", "New", 2021), entry("2", "Other", 2020)
    for entries in (old + other + new, new + other + old):
        result = read(f'<feed xmlns="http://www.w3.org/2005/Atom"><title>News</title>{entries}</feed>')
        assert [item.article.headline for item in result.items] == ["New", "Other"]
        assert codes(result) == ["same-id"]


def test_atom_in_a_namespace_that_nobody_knows_is_read_as_it_stands() -> None:
    result = read(atom("<title>Beds</title>", "https://schemas.example.org/feed"))
    assert [item.article.headline for item in result.items] == ["Beds"]
    assert codes(result) == []


def test_tags_in_the_text_beside_an_image_are_tags() -> None:
    image = '<img src="https://news.example.org/1.jpg" alt="A bed"/>'
    words = "<![CDATA[<p>Two <b>beds</b> &amp; a cot.</p>]]>"
    (item,) = read(rss(f"<item><title>Beds</title><description>{image}{words}</description></item>")).items
    assert item.article.summary == "Two beds & a cot."
    assert item.article.image and item.article.image.alt == "A bed"
    inside = (
        f'<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">{image}&lt;p&gt;a&lt;/p&gt;</div></content>'
    )
    assert "&lt;p&gt;a&lt;/p&gt;" in only(atom(inside)).body


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("mailto:Jane%20Roe%20%3Cjane%40news.example.org%3E?subject=News", "Jane Roe"),
        ("mailto:jane@news.example.org", None),
        ("Jane Roe (Nursing)", "Jane Roe (Nursing)"),
        ("(Jane Roe)", "Jane Roe"),
        ("Jane Roe)", "Jane Roe"),
    ],
)
def test_an_author_is_named_without_what_stands_around(written: str, name: str | None) -> None:
    assert only(rss(f"<item><title>Beds</title><author>{written}</author></item>")).authors == ((name,) if name else ())


@pytest.mark.parametrize("said", ["isPermaLink", "isPermalink", "ispermalink"])
def test_a_guid_that_is_no_address_says_so_in_any_capitals(said: str) -> None:
    assert (
        only(rss(f'<item><title>Beds</title><guid {said}="false">https://news.example.org/1</guid></item>')).url is None
    )


def test_a_link_that_begins_with_a_host_is_no_path() -> None:
    for link, url in (
        ("www.aldervale.example/1", "http://www.aldervale.example/1"),
        ("www.html", "https://news.example.org/www.html"),
    ):
        assert only(rss(f"<item><title>Beds</title><link>{link}</link></item>")).url == url


@pytest.mark.parametrize(
    "image", ['url="{}"/>', 'href="{}"/>', 'rdf:resource="{}"/>', "><url>{}</url></image>", ">{}</image>"]
)
def test_an_image_of_an_item_is_found_however_it_is_written(image: str) -> None:
    shown = "<image " + image.format("https://news.example.org/1.jpg")
    space = 'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
    found = only(rss(f"<item {space}><title>Beds</title>{shown}</item>")).image
    assert found and found.url == "https://news.example.org/1.jpg"


def test_an_entry_is_in_the_language_that_its_texts_agree_on() -> None:
    texts = '<title xml:lang="de">Betten</title><summary xml:lang="{}">Zwei Betten.</summary>'
    assert [only(atom(texts.format(second))).language for second in ("de", "fr")] == ["de", None]


def test_a_date_that_is_none_does_not_hide_another() -> None:
    dates = '<pubDate>Monday</pubDate><dc:date xmlns:dc="http://purl.org/dc/elements/1.1/">{}</dc:date>'
    result = read(rss(f"<item><title>Beds</title>{dates.format('2026-11-20')}</item>"))
    assert [item.article.published for item in result.items] == [date(2026, 11, 20)]
    assert codes(result) == []
    assert codes(read(rss(f"<item><title>Beds</title>{dates.format('soon')}</item>"))) == ["bad-date"]


@pytest.mark.parametrize(("when", "headlines"), [("2026-11-02", ["Beds"]), ("2026-11-04", [])])
def test_an_entry_that_was_deleted_since_its_last_change_is_gone(when: str, headlines: list[str]) -> None:
    space = 'xmlns:at="http://purl.org/atompub/tombstones/1.0"'
    deleted = f'<at:deleted-entry {space} ref="tag:news.example,2026:1" when="{when}T09:00:00Z"/>'
    entry = atom("<title>Beds</title><updated>2026-11-03T09:00:00Z</updated>")
    result = read(entry.replace("<entry>", f"{deleted}<entry>"))
    assert [item.article.headline for item in result.items] == headlines
    assert result.withdrawn == ("tag:news.example,2026:1",)


def test_an_entry_without_a_link_stands_where_its_content_does() -> None:
    content = '<title>Beds</title><content src="https://news.example.org/1.html" type="{}"/>'
    link = '<link href="https://news.example.org/2"/>'
    assert only(atom(content.format("text/html"))).url == "https://news.example.org/1.html"
    assert only(atom(content.format("text/html") + link)).url == "https://news.example.org/2"
    assert only(atom(content.format("video/mp4"))).url is None


def test_a_relation_by_its_registered_address_is_that_relation() -> None:
    link = '<link rel="http://www.iana.org/assignments/relation/{}" href="https://news.example.org/1"/>'
    assert only(atom("<title>Beds</title>" + link.format("alternate"))).url == "https://news.example.org/1"
    assert only(atom("<title>Beds</title>" + link.format("related"))).url is None


@pytest.mark.parametrize("image", ['href="{}"/>', 'url="{}"/>', ">{}</itunes:image>"])
def test_the_picture_of_an_episode_is_found_however_it_is_written(image: str) -> None:
    shown = "<itunes:image " + image.format("https://news.example.org/1.jpg")
    space = 'xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd"'
    found = only(rss(f"<item {space}><title>Beds</title>{shown}</item>")).image
    assert found and found.url == "https://news.example.org/1.jpg"


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("2026/11/20 15:04:05", "2026-11-20T15:04:05"),
        ("Fri, 2026/11/20 08:19:53 EST", "2026-11-20T13:19:53"),
        ("2026-11-20 03:04 PM", "2026-11-20T15:04:00"),
        ("2026-11-20t03:04:05z", "2026-11-20T03:04:05"),
        ("Fri,20 Nov 2026 12:00:00 GMT", "2026-11-20T12:00:00"),
        ("Fri, 20 Nov 2026 12:00:00 +0000 GMT", "2026-11-20T12:00:00"),
        ("Fri, 20 Nov 2026 12:00:00 Europe/Berlin", "2026-11-20T11:00:00"),
        ("Fri, 20 Nov 2026 12:00:00 Etc/GMT", "2026-11-20T12:00:00"),
        ("Fri, 20 Nov 2026 12:00:00 MET", "2026-11-20T11:00:00"),
        ("Fri, 20 Nov 2026 12:00:00 PT", "2026-11-20T20:00:00"),
        ("Friday, November 20, 2026 - 12:00", "2026-11-20T12:00:00"),
        ("20.11.2026 12:00", "2026-11-20T12:00:00"),
        ("20.11.2026 um 12:00 Uhr", "2026-11-20T12:00:00"),
        ("Παρ, 20 Νοέ 2026 12:00:00 GMT", "2026-11-20T12:00:00"),
    ],
)
def test_a_date_is_read_in_the_forms_of_many_programs(written: str, moment: str) -> None:
    assert stated(written, "UTC") == datetime.fromisoformat(moment).replace(tzinfo=UTC)


@pytest.mark.parametrize("written", ["2026/11/20", "20.11.2026", "Fri, 20.11.2026"])
def test_a_day_alone_is_read_in_other_forms_too(written: str) -> None:
    assert stated(written, "UTC") == date(2026, 11, 20)


@pytest.mark.parametrize("written", ["11/12/2026", "2026/13/01", "32.1.2026", "Fri, 20 Nov 2026 12:00 Nowhere/Land"])
def test_a_date_that_may_be_two_or_none_is_no_date(written: str) -> None:
    assert stated(written, "UTC") is None


# --- Both readers


LOOSELY_OTHERWISE = {
    "authors.xml",  # feedparser puts all authors together, and tears their addresses apart
    "media-rss.xml",  # it takes the description of a picture for that of the entry
    "rss-1.0-government.rdf",  # it keeps one of dc:date and dcterms:modified
}


def _by(document: Document | None) -> list[Item]:
    assert document
    around = Circumstances(source="s", url=URL, zone="UTC", now=NOW, language=None, site=None)
    found = (item_of(entry, around, "p")[0] for entry in document.entries)
    return [alike(item) for item in found if item]


def alike(item: Item) -> Item:
    """Without what only one of the two tells: the image among several, a stated language, attachments."""
    article = replace(item.article, image=None, language=None, attachments=(), body=" ".join(item.article.body.split()))
    return replace(item, article=article)


def well_formed() -> Iterator[tuple[str, str]]:
    for path in CASES:
        text = feed_text(decode(path.read_bytes(), None).text, "p", URL)
        with suppress(etree.XMLSyntaxError):
            if isinstance(text, str) and xml.is_feed(xml.parse(text)):
                yield path.name, text


def test_a_feed_says_the_same_however_it_is_read() -> None:
    texts = dict(well_formed())
    differing = {n for n, text in texts.items() if _by(xml.read(xml.parse(text), 99)) != _by(loose.read(text, 99))}
    assert differing == LOOSELY_OTHERWISE
    assert len(texts) >= 50


# --- What must not happen, whatever comes in


LAUGHS = '<!DOCTYPE rss [<!ENTITY a "haha">' + "".join(
    f'<!ENTITY a{n} "{"&a" + str(n - 1 if n > 1 else "") + ";"}{"&a" + str(n - 1 if n > 1 else "") + ";"}">'
    for n in range(1, 40)
)


@pytest.mark.parametrize(
    "declared",
    [
        LAUGHS + "]>",
        f'<!DOCTYPE rss [<!ENTITY a "{"x" * 50_000}">]>',
        '<!DOCTYPE rss [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE rss [<!ENTITY % a SYSTEM "http://127.0.0.1:9/x.dtd"> %a;]>',
        '<!DOCTYPE rss SYSTEM "http://127.0.0.1:9/x.dtd" [<!ENTITY a PUBLIC "x" "y">]>',
        '<!doctype rss [ <!-- ]> --> <!ENTITY a "x">]>',
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_declared_entities_are_refused_and_never_expanded(declared: str, encoding: str) -> None:
    feed = declared + rss("<item><title>&a;&a39;</title><link>https://x.example/</link></item>")
    result = read(feed.encode(encoding))
    assert result.items == ()
    assert codes(result) == ["entities-declared"]


def test_entities_behind_a_slip_are_not_expanded_either() -> None:
    hidden = (
        rss("<item><title>&a; & more</title></item>") + '<!DOCTYPE rss [<!ENTITY a SYSTEM "file:///etc/hostname">]>'
    )
    assert [item.article.headline for item in read(hidden).items] == ["&a; & more"]


@pytest.mark.parametrize("wrapped", ["{}", "<![CDATA[{}]]>", "& {}"])
def test_fifty_thousand_elements_in_each_other_are_refused_quickly(wrapped: str) -> None:
    deep = "<i>" * 50_000 + "x" + "</i>" * 50_000
    began = time.perf_counter()
    result = read(rss(f"<item><title>Deep</title><description>{wrapped.format(deep)}</description></item>"))
    assert time.perf_counter() - began < 10
    assert codes(result) == (["text-too-deep"] if "CDATA" in wrapped else ["too-deep"])
    assert [item.article.body for item in result.items] in ([], [""])


def test_json_in_itself_fifty_thousand_times_is_refused() -> None:
    assert codes(read("[" * 50_000 + "]" * 50_000)) == ["bad-json"]
    assert codes(read('{"version": "https://jsonfeed.org/version/1.1", "items": [' + "[" * 50_000)) == ["bad-json"]


@pytest.mark.parametrize(
    "piece",
    [
        "<![CDATA[",
        "<!--",
        "&",
        "&amp",
        "<a ",
        "<script>",
        "<rss ",
        "<item>",
        "</item",
        "<?xml ",
        "<!DOCTYPE [",
        "<link ",
        "a:b=",
        " ",
        "[…] ",
        "Read more ",
        "The post ",
        "<p></p>",
        "\x00",
        "\ufffe",
        "x" * 30,
    ],
)
def test_what_repeats_without_end_is_read_in_time(piece: str) -> None:
    many = piece * (80_000 // len(piece))
    began = time.perf_counter()
    for text in (
        many,
        "<rss>" + many,
        rss(f"<item><title>{many}</title></item>"),
        rss(f"<item><title>T</title><description><![CDATA[{many}]]></description></item>"),
        "<html>" + many,
        '{"items": "' + many,
    ):
        read(text)
    assert time.perf_counter() - began < 10


def harmless(text: str | None) -> bool:
    return text is None or (clean.line(text) == text and "\n" not in text)


def check(result: Syndicated) -> None:
    """What holds of every reading."""
    assert result.items or result.problems or result.withdrawn
    keys = [item.article.key for item in result.items]
    assert len(set(keys)) == len(keys)
    assert all(keys)
    for item in result.items:
        article = item.article
        assert article.headline or article.url or article.summary or article.body
        assert all(harmless(text) for text in (article.headline, article.summary, article.key, *article.authors))
        assert item.whole == bool(article.body)
        assert "<script" not in article.body.lower()
        assert not re.search(r"<[^>]*javascript:", article.body, re.I)
        for address in (article.url, article.image.url if article.image else None):
            assert address is None or clean.web_address(address) == address
        for moment in (article.published, article.updated):
            assert not isinstance(moment, datetime) or moment.tzinfo is UTC
        assert as_teaser(item, page=None).headline


@settings(max_examples=150)
@given(st.one_of(st.binary(max_size=300), st.text(max_size=300).map(lambda text: text.encode("utf-8", "replace"))))
def test_any_bytes_are_read_without_raising(data: bytes) -> None:
    check(read(data))


@settings(max_examples=150)
@given(
    st.sampled_from(CASES),
    st.lists(
        st.tuples(
            st.integers(0, 10_000),
            st.integers(0, 40),
            st.sampled_from(
                [b"", b"<", b">", b"&", b"]]>", b"<![CDATA[", b'"', b"</item>", b"\xff", b"\0", b"<x:y>", b"[", b"}"]
            ),
        ),
        min_size=1,
        max_size=4,
    ),
)
def test_a_feed_with_faults_of_any_kind_is_read_without_raising(
    path: Path, faults: list[tuple[int, int, bytes]]
) -> None:
    data = path.read_bytes()
    for at, length, put in faults:
        at %= len(data) + 1
        data = data[:at] + put + data[at + length :]
    check(read(data))


@settings(max_examples=100)
@given(st.text(max_size=60), st.sampled_from([None, "en", "de", "x", "zh-Hant"]))
def test_any_text_is_a_date_or_none(text: str, language: str | None) -> None:
    found = stated(text, "America/New_York", language)
    assert found is None or not isinstance(found, datetime) or found.tzinfo is UTC


def test_values_of_any_kind_are_no_trouble_in_a_json_feed() -> None:
    values: list[Any] = [
        None,
        True,
        0,
        -1,
        1e300,
        "",
        "x",
        "\ud800",
        [],
        [1],
        {},
        {"name": 1},
        [[]],
        [{"name": "A", "url": 3}],
    ]
    names = ("id", "url", "title", "summary", "content_html", "content_text", "image", "authors", "author", "tags")
    more = ("attachments", "date_published", "date_modified", "language", "banner_image", "external_url")
    for value in values:
        item = dict.fromkeys((*names, *more), value)
        feed = {
            "version": "https://jsonfeed.org/version/1.1",
            **dict.fromkeys(("title", "language", "next_url"), value),
        }
        check(read(json.dumps({**feed, "items": [item, value]})))
        read(json.dumps({**feed, "items": value}))


# --- Limits


def test_a_feed_beyond_its_limits_is_cut_or_refused_with_a_word() -> None:
    many = rss("".join(f"<item><title>{n}</title><guid>{n}</guid></item>" for n in range(12)))
    result = read(many, most_items=10)
    assert [item.article.key for item in result.items] == [str(n) for n in range(10)]
    assert [(p.code, p.severity) for p in result.problems] == [("too-many-entries", "note")]
    assert "2 further" in result.problems[0].mend
    assert codes(read(many, most_bytes=100)) == ["too-large"]


def test_of_many_findings_alike_some_are_shown_and_the_others_counted() -> None:
    result = read(rss("".join(f"<item><title>{n}</title><pubDate>soon</pubDate></item>" for n in range(500))))
    assert codes(result) == ["bad-date"] * 11
    assert result.problems[-1].mend.startswith("the same is so for 490 more")
    assert len({problem.place for problem in result.problems[:10]}) == 10


def test_a_page_names_the_first_three_feeds_it_has() -> None:
    links = "".join(f'<link rel="alternate" type="application/atom+xml" href="/{n}.atom">' for n in range(5))
    (problem,) = read(f"<!DOCTYPE html><html><head>{links}</head>").problems
    assert problem.mend.endswith(
        "https://news.example.org/0.atom, https://news.example.org/1.atom, https://news.example.org/2.atom"
    )


# --- Teasers


def test_an_item_that_is_not_whole_gives_a_teaser_that_says_whether_it_is_cut() -> None:
    cut, plain_one, bare = read(
        rss(
            "<item><title>One</title><link>https://x.example/1</link><description>Words […]</description></item>"
            "<item><title>Two</title><description>All words.</description></item>"
            "<item><description>No headline here.</description></item>"
        )
    ).items
    teaser = as_teaser(cut, page="https://x.example/")
    assert (teaser.headline, teaser.excerpt, teaser.truncated) == ("One", "Words…", True)
    assert (teaser.url, teaser.page, teaser.key) == ("https://x.example/1", "https://x.example/", cut.article.key)
    assert not as_teaser(plain_one, page=None).truncated
    assert as_teaser(bare, page=None).headline == "No headline here."
    assert bare.article.headline is None


def test_an_article_keeps_nothing_of_how_it_was_read() -> None:
    (item,) = read(rss("<item><title>One</title></item>")).items
    assert item.article == Article(source="feed", key="one", headline="One", body="")


def test_a_date_ahead_is_measured_from_now() -> None:
    feed = rss("<item><title>One</title><pubDate>2026-12-05T00:00:00Z</pubDate></item>")
    assert read(feed).items[0].article.published is None
    assert read(feed, now=NOW + timedelta(days=5)).items[0].article.published == datetime(2026, 12, 5, tzinfo=UTC)
