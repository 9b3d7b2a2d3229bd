"""A folder of Markdown: what is written is read, what cannot be read is told with its line, nothing harmful passes."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import lxml.html
import pytest
from hypothesis import HealthCheck, example, given, settings, strategies as st
from PIL import Image as Pillow

from publisher.actions.collect import collect
from publisher.app import App
from publisher.records import Article, Collected, Event, FolderSource, Image
from publisher.sources import Reading, read_one, read_source
from tests.conftest import article_file

PACIFIC = ZoneInfo("America/Los_Angeles")
READING = Reading(
    home="https://news.example/",
    zone="America/Los_Angeles",
    topics=("heart", "sleep"),
    publish=lambda path, _: f"https://news.example/images/{path.name}",
    attach=lambda path: f"https://news.example/files/{path.name}",
    folder=Path(__file__).parent,
)
NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of articles with one good picture."""
    (tmp_path / "articles").mkdir()
    Pillow.new("RGB", (40, 30), "teal").save(tmp_path / "articles" / "bay.png")
    return tmp_path / "articles"


def read(folder: Path, text: str | bytes, name: str = "storm.md") -> Collected:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
    return read_one(path, FolderSource(name="articles", kind="markdown", path=folder), READING)


def article(folder: Path, *matter: str, body: str = "Text.") -> Article:
    """The one article of a file, about which there must be nothing to say."""
    collected = read(folder, "\n".join(["---", "headline: After the storm", *matter, "---", "", body, ""]))
    assert collected.problems == ()
    (found,) = collected.articles
    return found


def told(collected: Collected) -> list[tuple[str, str, str, str]]:
    return [(p.code, p.severity, p.place, p.mend) for p in collected.problems]


def body_of(folder: Path, body: str) -> str:
    (found,) = read(folder, f"---\nheadline: H\n---\n{body}\n").articles
    return found.body


def test_every_field_of_an_article_is_read(folder: Path) -> None:
    text = """\
---
kind: article
id: storm-2026
headline: After  the storm
date: 2026-11-20
updated: 2026-11-21T08:30:00-08:00
topics: [heart, sleep]
authors:
  - Ana Ruiz
  - Bo Lindqvist
summary: How to clear up without hurting yourself.
image:
  file: bay.png
  alt: The bay in the morning
  caption: Calm again
  credit: Ana Ruiz
embargo: 2026-11-22T06:00
review-by: 2027-11-20
url: https://www.alderbay.example/storm
language: pt-BR
correction: The first version named the wrong street.
---

A **first** paragraph.
"""
    collected = read(folder, text)
    assert collected.problems == ()
    assert collected.articles == (
        Article(
            source="articles",
            key="storm-2026",
            headline="After the storm",
            body="<p>A <strong>first</strong> paragraph.</p>",
            summary="How to clear up without hurting yourself.",
            image=Image(
                url="https://news.example/images/bay.png",
                alt="The bay in the morning",
                caption="Calm again",
                credit="Ana Ruiz",
                file="bay.png",
                width=40,
                height=30,
                length=(folder / "bay.png").stat().st_size,
                type="image/png",
            ),
            authors=("Ana Ruiz", "Bo Lindqvist"),
            topics=("heart", "sleep"),
            published=date(2026, 11, 20),
            updated=datetime(2026, 11, 21, 16, 30, tzinfo=UTC),
            embargo=datetime(2026, 11, 22, 14, 0, tzinfo=UTC),
            review_by=date(2027, 11, 20),
            url="https://www.alderbay.example/storm",
            language="pt-BR",
            correction="The first version named the wrong street.",
        ),
    )


def test_every_field_of_an_event_is_read(folder: Path) -> None:
    text = """\
---
kind: event
headline: Lantern walk
start: 2026-12-04T17:30
end: 2026-12-04T19:00
zone: Europe/Berlin
place: Main entrance
url: https://www.alderbay.example/lanterns
summary: Bring a lantern.
topics: [heart]
language: en
---
"""
    collected = read(folder, text, "walk.md")
    assert collected.problems == ()
    assert collected.articles == ()
    assert collected.events == (
        Event(
            source="articles",
            key="walk",
            title="Lantern walk",
            start=datetime(2026, 12, 4, 16, 30, tzinfo=UTC),
            end=datetime(2026, 12, 4, 18, 0, tzinfo=UTC),
            zone="Europe/Berlin",
            place="Main entrance",
            url="https://www.alderbay.example/lanterns",
            summary="Bring a lantern.",
            topics=("heart",),
            language="en",
        ),
    )


def test_a_file_is_known_by_its_path_below_the_folder(folder: Path) -> None:
    (folder / "2026").mkdir()
    text = "---\nheadline: H\n---\nText.\n"
    (folder / "2026" / "storm.md").write_text(text)
    (folder / "storm.MARKDOWN").write_text(text)
    (folder / "notes.txt").write_text("not ours")
    source = FolderSource(name="articles", kind="markdown", path=folder)
    assert [a.key for page in read_source(source, READING) for a in page.articles] == ["2026/storm", "storm"]


def test_one_bad_file_does_not_stop_the_others(folder: Path) -> None:
    (folder / "a.md").write_text("---\nheadline: [\n---\nText.\n")
    (folder / "b.md").write_bytes(b"\x89PNG\r\n\x1a\n\x00\xff\xfe")
    (folder / "c.md").write_text("---\nheadline: Good\n---\nText.\n")
    pages = list(read_source(FolderSource(name="articles", kind="markdown", path=folder), READING))
    assert [[p.code for p in page.problems] for page in pages] == [["front-matter"], ["not-utf-8"], []]
    assert [a.headline for page in pages for a in page.articles] == ["Good"]


def test_a_folder_that_is_not_there_is_one_problem(tmp_path: Path) -> None:
    (page,) = read_source(FolderSource(name="articles", kind="markdown", path=tmp_path / "gone"), READING)
    mend = 'there is no such folder; mend the path of [[source]] "articles", or make the folder'
    assert told(page) == [("no-folder", "error", str(tmp_path / "gone"), mend)]


# Dates


def test_a_day_stays_a_day(folder: Path) -> None:
    assert article(folder, "date: 2026-11-20").published == date(2026, 11, 20)


@pytest.mark.parametrize("written", ["2026-07-01T09:30", "2026-07-01 09:30", '"2026-07-01T09:30:00"'])
def test_a_time_without_an_offset_is_meant_in_the_zone_of_the_site(folder: Path, written: str) -> None:
    published = article(folder, f"date: {written}").published
    assert published == datetime(2026, 7, 1, 16, 30, tzinfo=UTC)


def test_a_time_with_an_offset_is_that_moment(folder: Path) -> None:
    published = article(folder, "date: 2026-07-01T09:30:00+02:00").published
    assert published == datetime(2026, 7, 1, 7, 30, tzinfo=UTC)


def test_an_embargo_of_a_day_ends_at_its_midnight_in_the_zone_of_the_site(folder: Path) -> None:
    assert article(folder, "embargo: 2026-11-22").embargo == datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


def test_an_article_without_a_date_has_none(folder: Path) -> None:
    found = article(folder)
    assert (found.published, found.updated, found.embargo) == (None, None, None)


@pytest.mark.parametrize(
    "written", ["20 Nov 2026", "2026-13-01", "2026-11-31", "2026-11-20T25:00", "yesterday", "2026"]
)
def test_a_date_that_is_none_is_told_and_the_article_stays(folder: Path, written: str) -> None:
    collected = read(folder, f"---\nheadline: H\ndate: {written}\n---\nText.\n")
    mend = f'"date: {written}" is not a date; write it like 2026-11-23 or 2026-11-23T09:00'
    assert told(collected) == [("bad-date", "error", "storm.md:3", mend)]
    assert collected.articles[0].published is None


@pytest.mark.parametrize("field", ["date", "updated", "embargo", "review-by"])
@pytest.mark.parametrize("written", ["0001-01-01T00:00+14:00", "9999-12-31T23:59-12:00"])
def test_the_edges_of_time_are_problems_and_no_accidents(folder: Path, field: str, written: str) -> None:
    collected = read(folder, f"---\nheadline: H\n{field}: {written}\n---\nText.\n")
    assert ("bad-date", "storm.md:3") in [(p.code, p.place) for p in collected.problems]


@pytest.mark.parametrize("written", ["soon", "", "[2026-11-22]", "22.11.2026"])
def test_an_embargo_that_cannot_be_read_keeps_the_article_back(folder: Path, written: str) -> None:
    collected = read(folder, f"---\nheadline: H\nembargo: {written}\n---\nText.\n")
    assert collected.articles == ()
    mend = "this is kept back: its embargo cannot be read"
    assert told(collected)[-1] == ("embargo-unread", "error", "storm.md:3", mend)


@pytest.mark.parametrize("name", ["embrago", "Embargo", "EMBARGO", "embargoed", "emargo"])
def test_a_misspelt_embargo_keeps_the_article_back(folder: Path, name: str) -> None:
    collected = read(folder, f"---\nheadline: H\n{name}: 2026-11-22\n---\nText.\n")
    assert collected.articles == ()
    mend = "this is kept back: its embargo cannot be read"
    assert told(collected)[-1] == ("embargo-unread", "error", "storm.md:3", mend)


# Events


@pytest.mark.parametrize(
    ("matter", "problem"),
    [
        ("headline: Walk", ("bad-date", "error", "storm.md:1", 'say when it begins: "start: 2026-11-26T18:00"')),
        ("start: 2026-11-26", ("headline-missing", "error", "storm.md:1", 'give the event a headline: "headline: …"')),
        (
            "headline: Walk\nstart: soon",
            (
                "bad-date",
                "error",
                "storm.md:4",
                '"start: soon" is not a date; write it like 2026-11-23 or 2026-11-23T09:00',
            ),
        ),
    ],
)
def test_an_event_without_name_or_beginning_is_none(
    folder: Path, matter: str, problem: tuple[str, str, str, str]
) -> None:
    collected = read(folder, f"---\nkind: event\n{matter}\n---\n")
    assert collected.events == ()
    assert told(collected) == [problem]


@pytest.mark.parametrize("zone", ["Mars/Base", "Pacific Time", "../etc", "America"])
def test_an_event_in_an_unknown_zone_is_shown_in_that_of_the_site(folder: Path, zone: str) -> None:
    collected = read(folder, f"---\nkind: event\nheadline: Walk\nstart: 2026-11-26T18:00\nzone: {zone}\n---\n")
    mend = f'"zone: {zone}" is no time zone; write it like America/Los_Angeles'
    assert told(collected) == [("bad-zone", "error", "storm.md:5", mend)]
    (event,) = collected.events
    assert (event.zone, event.start) == ("America/Los_Angeles", datetime(2026, 11, 27, 2, 0, tzinfo=UTC))


# Pictures


def picture_problem(folder: Path, *lines: str) -> tuple[Collected, list[tuple[str, str, str, str]]]:
    collected = read(folder, "\n".join(["---", "headline: H", "image:", *lines, "---", "Text.", ""]))
    return collected, told(collected)


def test_a_picture_can_be_named_on_one_line_but_needs_its_alt_text(folder: Path) -> None:
    collected = read(folder, "---\nheadline: H\nimage: bay.png\n---\nText.\n")
    assert told(collected) == [("alt-missing", "warning", "storm.md:3", 'say what the picture shows: "alt: …"')]
    image = collected.articles[0].image
    assert image is not None
    assert (image.url, image.alt) == ("https://news.example/images/bay.png", None)


@pytest.mark.parametrize(
    ("format", "ending", "type"),
    [("JPEG", "jpg", "image/jpeg"), ("GIF", "gif", "image/gif"), ("WEBP", "png", "image/webp")],
)
def test_a_picture_is_measured_without_trusting_its_name(folder: Path, format: str, ending: str, type: str) -> None:
    Pillow.new("RGB", (64, 48), "teal").save(folder / f"harbour.{ending}", format=format)
    image = article(folder, f"image: {{file: harbour.{ending}, alt: The harbour}}").image
    assert image is not None
    assert (image.width, image.height, image.type) == (64, 48, type)


def test_a_missing_picture_leaves_the_article_without_one(folder: Path) -> None:
    collected, problems = picture_problem(folder, "  file: gone.png", "  alt: Gone")
    mend = "gone.png: there is no such picture; put it there or mend the path"
    assert problems == [("missing-image", "error", "storm.md:4", mend)]
    assert collected.articles[0].image is None


@pytest.mark.parametrize("name", ["a" * 300 + ".png", "bay.png/x", "."])
def test_a_path_that_no_file_can_have_is_a_missing_picture(folder: Path, name: str) -> None:
    collected, problems = picture_problem(folder, f"  file: {name}", "  alt: Gone")
    assert [(code, place) for code, _, place, _ in problems] == [("missing-image", "storm.md:4")]
    assert collected.articles[0].image is None


@pytest.mark.parametrize("damage", ["cut short", "text", "empty"])
def test_a_damaged_picture_is_told(folder: Path, damage: str) -> None:
    whole = (folder / "bay.png").read_bytes()
    (folder / "bad.png").write_bytes({"cut short": whole[:50], "text": b"I am text", "empty": b""}[damage])
    collected, problems = picture_problem(folder, "  file: bad.png", "  alt: Bad")
    mend = "bad.png: the picture is damaged or is no picture; save it again as JPEG or PNG"
    assert problems == [("missing-image", "error", "storm.md:4", mend)]
    assert collected.articles[0].image is None


def test_a_picture_of_a_kind_that_mail_does_not_show_is_told(folder: Path) -> None:
    Pillow.new("RGB", (4, 4)).save(folder / "old.bmp")
    _, problems = picture_problem(folder, "  file: old.bmp", "  alt: Old")
    mend = "old.bmp: BMP pictures do not show everywhere; save it as JPEG or PNG"
    assert problems == [("missing-image", "error", "storm.md:4", mend)]


def test_a_picture_without_a_file_is_told(folder: Path) -> None:
    _, problems = picture_problem(folder, "  alt: Nothing")
    assert problems == [("missing-image", "error", "storm.md:4", 'name the picture: "file: …"')]


def test_a_picture_in_the_text_is_published(folder: Path) -> None:
    (folder / "bay.png").rename(folder / "the bay, früh.png")
    body = body_of(folder, "![The bay](<the bay, früh.png>)")
    assert body == '<p><img src="https://news.example/images/the%20bay,%20fr%C3%BCh.png" alt="The bay"></p>'


def test_a_picture_that_the_text_names_and_nobody_has_is_told(folder: Path) -> None:
    collected = read(folder, "---\nheadline: H\n---\n![Gone](gone.png)\n")
    assert [(p.code, p.severity, p.mend) for p in collected.problems] == [
        ("missing-image", "error", "gone.png: there is no such picture; put it there or mend the path")
    ]
    assert collected.problems[0].place.startswith("storm.md")


def test_a_picture_that_the_text_shows_often_is_looked_at_once(folder: Path) -> None:
    looked, published = [], []

    def measure(path: Path) -> Image | str:
        looked.append(path.name)
        return READING.measure(path)

    def publish(path: Path, found: Image) -> str:
        published.append(path.name)
        return READING.publish(path, found)

    text = "---\nheadline: H\n---\n" + "![The bay](bay.png)\n\n![Gone](gone.png)\n\n" * 50
    (folder / "storm.md").write_text(text)
    source = FolderSource(name="articles", kind="markdown", path=folder)
    collected = read_one(folder / "storm.md", source, replace(READING, measure=measure, publish=publish))
    assert (looked, published) == (["bay.png", "gone.png"], ["bay.png"])
    assert [problem.code for problem in collected.problems] == ["missing-image"]
    assert collected.articles[0].body.count("/images/bay.png") == 50


def test_a_picture_elsewhere_on_the_web_stays_there(folder: Path) -> None:
    body = body_of(folder, "![A](https://cdn.example/a.png) ![B](//cdn.example/b.png)")
    assert lxml.html.fromstring(body).xpath("//img/@src") == ["https://cdn.example/a.png", "https://cdn.example/b.png"]


# What must never be published


def published(site: Path) -> list[bytes]:
    return [path.read_bytes() for path in (site / "images").rglob("*") if path.is_file()]


@pytest.mark.parametrize("written", ["../../../secret.png", "{outside}/secret.png"])
@pytest.mark.parametrize("where", ["front matter", "text"])
def test_a_picture_outside_the_site_is_never_published(
    site: Path, open_app: Callable[..., App], written: str, where: str
) -> None:
    secret = site.parent / "secret.png"
    Pillow.new("RGB", (9, 9), "red").save(secret)
    written = written.format(outside=site.parent)
    if where == "text":
        article_file(site, "curious", headline="Curious", body=f"Text. ![Secret]({written})")
    else:
        article_file(site, "curious", headline="Curious", image=f"{{file: {written}, alt: Secret}}")
    collection = collect(open_app(site), ["articles"])
    assert secret.read_bytes() not in published(site)
    assert [a.headline for a in collection.articles] == ["Curious"]
    if where == "front matter":
        assert [p.mend for p in collection.problems] == [
            f"{written}: the picture is outside the site folder; copy it into the site"
        ]


@pytest.mark.parametrize("name", ["publisher.toml", "publisher.keys", "subscribers.csv"])
def test_what_is_no_picture_is_never_published_as_one(site: Path, open_app: Callable[..., App], name: str) -> None:
    if not (site / name).exists():
        (site / name).write_text("secret")
    article_file(site, "careless", headline="Careless", body=f"Text. ![Oops](../../{name})")
    collection = collect(open_app(site), ["articles"])
    assert published(site) == []
    assert [p.mend for p in collection.problems] == [
        f"../../{name}: the picture is damaged or is no picture; save it again as JPEG or PNG"
    ]


def test_a_picture_elsewhere_in_the_site_is_published(site: Path, open_app: Callable[..., App]) -> None:
    article_file(site, "good", headline="Good", image="{file: ../images/logo.png, alt: Our logo}")
    collection = collect(open_app(site), ["articles"])
    assert collection.problems == []
    assert published(site) == [(site / "content" / "images" / "logo.png").read_bytes()]


# Front matter that cannot be read as meant


@pytest.mark.parametrize(
    ("line", "mend"),
    [
        ("autors: Ana", 'unknown field "autors"; did you mean "authors"?'),
        ("review_by: 2027-01-01", 'unknown field "review_by"; did you mean "review-by"?'),
        (
            "zzz: 1",
            (
                'unknown field "zzz"; known are attachments, authors, correction, date, embargo, headline, id, image, '
                "kind, language, review-by, summary, topics, translation-of, updated, url"
            ),
        ),
    ],
)
def test_an_unknown_field_is_told_with_its_line(folder: Path, line: str, mend: str) -> None:
    collected = read(folder, f"---\nheadline: H\n{line}\n---\nText.\n")
    assert told(collected) == [("unknown-field", "error", "storm.md:3", mend)]
    assert len(collected.articles) == 1


def test_a_field_that_stands_twice_is_told_where_it_stands_again(folder: Path) -> None:
    collected = read(folder, "---\nheadline: First\ndate: 2026-11-20\nheadline: Second\n---\nText.\n")
    mend = 'the field "headline" stands here a second time; keep one'
    assert told(collected) == [("field-twice", "error", "storm.md:4", mend)]
    assert collected.articles[0].headline == "First"


def test_an_unknown_topic_is_a_warning(folder: Path) -> None:
    collected = read(folder, "---\nheadline: H\ntopics: [hart, finance]\n---\nText.\n")
    assert told(collected) == [
        ("unknown-topic", "warning", "storm.md:3", 'nobody can follow the topic "hart"; did you mean "heart"?'),
        (
            "unknown-topic",
            "warning",
            "storm.md:3",
            'nobody can follow the topic "finance"; declare it in publisher.toml as a [[topic]]',
        ),
    ]


@pytest.mark.parametrize(
    ("matter", "place", "mend"),
    [
        (
            "headline: a: b",
            "storm.md:2",
            'put a text with a colon into quotation marks: headline: "Flu: act now"',
        ),
        (
            "headline: H\ntopics: [heart",
            "storm.md:4",
            "the front matter cannot be read: expected ',' or ']', but got '<stream end>'; mend it",
        ),
        ("headline: *x", "storm.md:2", "the front matter cannot be read: found undefined alias 'x'; mend it"),
        ("- one\n- two", "storm.md:2", 'the front matter must be lines like "headline: …"'),
    ],
)
def test_broken_front_matter_is_told_with_its_line(folder: Path, matter: str, place: str, mend: str) -> None:
    collected = read(folder, f"---\n{matter}\n---\nText.\n")
    assert collected.articles == ()
    assert told(collected) == [("front-matter", "error", place, mend)]


@pytest.mark.parametrize("matter", ['headline: "\\U99999999"', "headline: " + "[" * 3000, "headline: " + "{a: " * 3000])
def test_front_matter_made_to_break_the_reader_is_one_problem(folder: Path, matter: str) -> None:
    collected = read(folder, f"---\n{matter}\n---\nText.\n")
    assert collected.articles == ()
    assert [p.code for p in collected.problems] == ["front-matter"]


@pytest.mark.parametrize(
    "text", ["", "Just text.\n", "---\nheadline: H\n", "----\nheadline: H\n----\nText.\n", "---\n---\n"]
)
def test_a_file_without_front_matter_is_told_how_to_begin(folder: Path, text: str) -> None:
    collected = read(folder, text)
    mend = 'begin the file with "---", lines like "headline: …", and "---" again'
    assert told(collected) == [("front-matter", "error", "storm.md:1", mend)]


@pytest.mark.parametrize("line", ["date: 2026-11-20", "headline:", 'headline: " "'])
def test_an_article_without_a_headline_is_none(folder: Path, line: str) -> None:
    collected = read(folder, f"---\n{line}\n---\nText.\n")
    assert collected.articles == ()
    assert told(collected) == [("headline-missing", "error", "storm.md:1", 'give it a headline: "headline: …"')]


def test_an_article_without_text_is_a_warning(folder: Path) -> None:
    collected = read(folder, "---\nheadline: H\n---\n\n")
    mend = "there is no text below the front matter; write it"
    assert told(collected) == [("empty-body", "warning", "storm.md", mend)]


def test_a_kind_that_is_none_is_told(folder: Path) -> None:
    collected = read(folder, "---\nheadline: H\nkind: teaser\n---\nText.\n")
    assert told(collected) == [("unknown-kind", "error", "storm.md:3", '"kind: teaser" is neither article nor event')]


@pytest.mark.parametrize("written", ["English", "en_US", "NO", "e", "en-"])
def test_a_language_that_is_none_is_told_and_left_out(folder: Path, written: str) -> None:
    collected = read(folder, f"---\nheadline: H\nlanguage: {written}\n---\nText.\n")
    mend = f'"language: {written}" is no language tag; write it like en, es or pt-BR'
    assert told(collected) == [("bad-language", "error", "storm.md:3", mend)]
    assert collected.articles[0].language is None


def test_norwegian_is_a_language_and_no_refusal(folder: Path) -> None:
    found = article(folder, "language: no", "summary: yes", "id: 0123", "authors: [on, null, 1.0]")
    assert (found.language, found.summary, found.key) == ("no", "yes", "0123")
    assert found.authors == ("on", "null", "1.0")


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "//evil.example/x", "/storm", "www.alderbay.example", "ftp://a.b"]
)
def test_an_address_that_is_none_is_told_and_left_out(folder: Path, url: str) -> None:
    collected = read(folder, f"---\nheadline: H\nurl: {url}\n---\nText.\n")
    mend = f'"url: {url}" is not a web address; begin it with https://'
    assert told(collected) == [("bad-url", "error", "storm.md:3", mend)]
    assert collected.articles[0].url is None


# Encodings


@pytest.mark.parametrize("before", [b"", b"\xef\xbb\xbf"])
def test_a_file_that_is_not_utf_8_is_told_with_its_line(folder: Path, before: bytes) -> None:
    collected = read(folder, before + "---\nheadline: H\n---\n\nIm Krankenhaus für alle.\n".encode("latin-1"))
    assert told(collected) == [("not-utf-8", "error", "storm.md:5", "this is not UTF-8 text; save the file as UTF-8")]


def test_a_file_in_utf_16_is_told(folder: Path) -> None:
    collected = read(folder, "---\nheadline: H\n---\nText.\n".encode("utf-16"))
    assert told(collected) == [("not-utf-8", "error", "storm.md:1", "this is not UTF-8 text; save the file as UTF-8")]


def test_a_file_from_windows_reads_like_any_other(folder: Path) -> None:
    text = "---\nheadline: Für alle\ndate: 2026-11-20\n---\n\nOne.\n\nTwo.\n"
    plain = read(folder, text)
    windows = read(folder, b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode("utf-8"))
    assert windows == plain
    assert plain.articles[0].body == "<p>One.</p>\n<p>Two.</p>"


def test_control_characters_are_taken_out(folder: Path) -> None:
    text = '---\nheadline: "Af\\x07ter\\0 the\\uFFFE storm"\nauthors: ["An\\x1ba"]\n---\nTe\x0bx\x01t\ufffe.\n'
    collected = read(folder, text)
    (found,) = collected.articles
    assert (found.headline, found.authors, found.body) == ("After the storm", ("Ana",), "<p>Text.</p>")


# Too much


def headed(body: str, *matter: str) -> str:
    return "\n".join(["---", "headline: H", *matter, "---", body])


def test_a_text_longer_than_any_article_is_cut_at_an_empty_line_and_told(folder: Path) -> None:
    collected = read(folder, headed("One line.\nAnd one.\n\n" * 50_000, "date: 2026-11-20"))
    (found,) = collected.articles
    paragraphs = found.body.count("<p>")
    assert found.body == "\n".join(["<p>One line.\nAnd one.</p>"] * paragraphs)
    assert 9_000 < paragraphs < 50_000
    said = "the text is cut here, for it has 1,000,000 characters; is it one article? shorten it, or make several"
    assert told(collected) == [("too-long", "warning", f"storm.md:{4 + 3 * paragraphs - 1}", said)]


@pytest.mark.parametrize(("body", "kept"), [("word " * 100_000, "word word"), ("x" * 12_000_000, "xxx")])
def test_a_text_without_empty_lines_is_cut_at_a_space_or_anywhere(folder: Path, body: str, kept: str) -> None:
    collected = read(folder, headed(body))
    (found,) = collected.articles
    assert found.body.endswith(f"{kept}</p>")
    assert 199_000 < len(found.body) < 201_000
    assert [(p.code, p.place) for p in collected.problems] == [("too-long", "storm.md:4")]


def test_elements_too_deep_in_each_other_are_shown_as_they_are_written_and_told(folder: Path) -> None:
    collected = read(folder, headed("First.\n\n" + "<b>" * 300 + "deep" + "</b>" * 300 + "\n\n<i>Last.</i>"))
    (found,) = collected.articles
    assert found.body.startswith("<p>First.</p>\n<p>&lt;b&gt;&lt;b&gt;")
    assert "&gt;deep&lt;" in found.body and found.body.endswith("<p>&lt;i&gt;Last.&lt;/i&gt;</p>")
    assert [(p.code, p.severity, p.place) for p in collected.problems] == [("too-deep", "warning", "storm.md:4")]


@pytest.mark.parametrize(
    ("nested", "is_too_deep"),
    [
        ("> " * 19 + "deep", False),
        ("> " * 20 + "deep", True),
        ("".join("  " * n + f"- {n}\n" for n in range(9)) + " " * 18 + "deep", False),
        ("".join("  " * n + f"- {n}\n" for n in range(10)) + " " * 20 + "deep", True),
        ("[" * 50 + "deep" + "](b)" * 50, False),
    ],
)
def test_nothing_is_lost_however_deep_it_stands(folder: Path, nested: str, is_too_deep: bool) -> None:
    collected = read(folder, headed(nested + "\n\nLast."))
    assert "deep" in collected.articles[0].body and "Last." in collected.articles[0].body
    assert [problem.code for problem in collected.problems] == ["too-deep"] * is_too_deep


@pytest.mark.parametrize(("field", "most"), [("headline", 300), ("summary", 5_000), ("correction", 2_000)])
def test_a_line_longer_than_any_is_cut_at_a_word_and_told(folder: Path, field: str, most: int) -> None:
    for written in ("words " * 900, "words " * 1_000_000):
        matter = [f"{field}: {written}"] if field == "headline" else ["headline: H", f"{field}: {written}"]
        collected = read(folder, "\n".join(["---", *matter, "---", "Text."]))
        (found,) = collected.articles
        shown = getattr(found, field)
        assert most - 10 < len(shown) <= most and shown.endswith("words…")
        said = f'"{field}" has more than {most:,} characters; the rest is left out: shorten it'
        assert told(collected) == [("too-long", "warning", f"storm.md:{len(matter) + 1}", said)]


def test_an_address_is_never_shortened(folder: Path) -> None:
    collected = read(folder, headed("Text.", "url: https://x.example/" + "a" * 3_000))
    assert collected.articles[0].url is None
    assert [(p.code, p.severity) for p in collected.problems] == [("too-long", "warning"), ("bad-url", "error")]
    assert collected.problems[1].mend.endswith("is cut off; give the whole address")


@pytest.mark.parametrize("line", ['summary: "' + "x" * 30_000 + '"', "topics: [" + "heart, " * 9_000 + "sleep]"])
def test_a_line_that_cannot_be_cut_is_told_beside_what_is_broken_by_it(folder: Path, line: str) -> None:
    collected = read(folder, headed("Text.", line))
    assert collected.articles == ()
    assert ("too-long", "storm.md:3") in [(p.code, p.place) for p in collected.problems]


def test_a_front_matter_of_thousands_of_fields_is_told_and_keeps_nobody_waiting(folder: Path) -> None:
    few = read(folder, headed("Text.", *(f"a{n}: b" for n in range(5_000))))
    assert len(few.articles) == 1
    assert few.problems[-1].mend == "4980 more unknown fields from here on; is this front matter?"
    assert len(few.problems) == 21
    many = read(folder, headed("Text.", *(f"a{n}: b" for n in range(50_000))))
    said = 'the fields have more than 100,000 characters; move text below the second "---"'
    assert (many.articles, told(many)) == ((), [("too-long", "error", "storm.md:2", said)])


@pytest.mark.parametrize(
    ("written", "shown", "names"),
    [
        ('"Open \\u202egnp.exe\\u202c now"', "Open gnp.exe now", "U+202E, U+202C"),
        ("Open \u202egnp.exe\u202c now", "Open gnp.exe now", "U+202E, U+202C"),
        ("\ufeffFirst of all", "First of all", "U+FEFF"),
        ('"A bell\\x07"', "A bell", "U+0007"),
        ("A bell\x07", "A bell", "U+0007"),
        ('"One\\u2028two"', "One two", "U+2028"),
        ('"One\\r\\nBcc: two"', "One Bcc: two", "U+000D"),
    ],
)
def test_what_nobody_sees_is_taken_out_and_told(folder: Path, written: str, shown: str, names: str) -> None:
    collected = read(folder, f"---\ndate: 2026-11-20\nheadline: {written}\n---\nText.\n")
    assert collected.articles[0].headline == shown
    ((code, severity, place, mend),) = told(collected)
    assert (code, severity, place) == ("characters-removed", "warning", "storm.md:3")
    assert mend.endswith(f"has characters that nobody sees ({names}); they are left out: check how it reads")


def test_white_space_of_any_kind_is_nothing_to_tell(folder: Path) -> None:
    found = article(folder, "summary: |", "  One\u00a0line\tand", "  one more.")
    assert found.summary == "One line and one more."


# The text


@pytest.mark.parametrize(
    ("written", "clean"),
    [
        ("[a](javascript:alert(1))", "<p>[a](javascript:alert(1))</p>"),
        ('<a href="javascript:alert(1)">a</a>', "<p><a>a</a></p>"),
        ('<a href="java&#115;cript:alert(1)">a</a>', "<p><a>a</a></p>"),
        ('<a href=" java&#9;script:alert(1)">a</a>', "<p><a>a</a></p>"),
        ('<a href="vbscript:x">a</a> <a href="data:text/html,x">b</a>', "<p><a>a</a> <a>b</a></p>"),
        ("One. <script>alert(1)</script>", "<p>One.</p>"),
        ("One. <style>p{}</style><iframe src=https://x.example></iframe>", "<p>One.</p>"),
        ("One <b onclick='x()' style='x'>two</b>", "<p>One <b>two</b></p>"),
        ("One <svg><script>alert(1)</script></svg>", "<p>One</p>"),
        ("One <img src='data:image/png;base64,AA' onerror='x()' alt='a'>", "<p>One</p>"),
        ("One <img src='javascript:x'> <img alt='a'>", "<p>One</p>"),
        ("[a](/b)", '<p><a href="https://news.example/b">a</a></p>'),
        ("[a](b/c?d=e&f=g#h)", '<p><a href="https://news.example/b/c?d=e&amp;f=g#h">a</a></p>'),
        ("[a](//cdn.example/b)", '<p><a href="https://cdn.example/b">a</a></p>'),
        ("[a](mailto:ana@alderbay.example)", '<p><a href="mailto:ana@alderbay.example">a</a></p>'),
        ("[a](http://[broken)", "<p><a>a</a></p>"),
        ('<a href="http://a&#1;b.example/">a</a>', '<p><a href="http://ab.example/">a</a></p>'),
        ("<p>One&#150;two&#1; &#xFFFF;&#8211; &amp;&#60;</p>", "<p>One–two – &amp;&lt;</p>"),
        ("`<script>`", "<p><code>&lt;script&gt;</code></p>"),
    ],
)
def test_the_text_is_made_harmless_and_absolute(folder: Path, written: str, clean: str) -> None:
    assert re.sub(r"\s+(?=</p>)", "", body_of(folder, written)) == clean


def test_relative_links_start_from_the_articles_own_address(folder: Path) -> None:
    found = article(folder, "url: https://www.alderbay.example/news/storm", body="[a](more) [b](//cdn.example/x)")
    assert lxml.html.fromstring(found.body).xpath("//a/@href") == [
        "https://www.alderbay.example/news/more",
        "https://cdn.example/x",
    ]


def assert_harmless(collected: Collected) -> None:
    """No script, no link that a reader's browser would have to guess, no character that XML cannot carry."""
    for one in (*collected.articles, *collected.events, *collected.problems):
        written = repr(replace(one, key="") if isinstance(one, Article | Event) else one)
        assert not NOT_XML.search(written)
    for found in collected.articles:
        texts = [found.headline, found.body, found.summary, found.correction, found.url, *found.authors, *found.topics]
        assert not any(NOT_XML.search(text) for text in texts if text)
        assert "<script" not in found.body.lower()
        if not found.body:
            continue
        tree = lxml.html.fragment_fromstring(found.body, create_parent="div")
        for element in tree.iter():
            assert not any(name.startswith("on") for name in element.attrib)
        for address in tree.xpath("//@href | //@src"):
            assert re.match(r"(https?://[^/]|mailto:|tel:)", address), address


FUZZ = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
PIECES = [
    "[a](", ")", "![", "](", "javascript:", "java\tscript:", "&#x1;", "&#xFFFF;", "&#0;", "<script>", "</script>",
    '<a href="', "<a href='", "<img src=", "\">", "<p lang=\"", "http://[", "//", "https:", "http:x", "data:", "<!--",
    "-->", "<svg>", "<math>", "<style>", "\n\n", " ", "| a |", "`", "\x00", "\ufffe", "\u0085", "\ud7ff", "bay.png",
    "%00", "%", "é", "<table><td>", "</div>", "mailto:", "&lt;script", "\\\\x", "&#9;", "tel:",
]  # fmt: skip
NAMES = ["headline", "date", "embargo", "topics", "image", "url", "language", "kind", "zone", "start", "id", "authors"]
VALUES = [
    "event",
    "article",
    "bay.png",
    "2026-11-20",
    "{file: bay.png, alt: x}",
    "[a, b]",
    "Europe/Berlin",
    "https://[",
]


@FUZZ
@given(data=st.binary(max_size=300))
@example(data=b"---\nheadline: H\n---\n\xff")
@example(data=b"---\nheadline: '\x00'\n---\n")
def test_no_bytes_at_all_upset_the_reader(folder: Path, data: bytes) -> None:
    collected = read(folder, data)
    assert collected.articles or collected.events or collected.problems
    assert_harmless(collected)


@FUZZ
@given(body=st.lists(st.sampled_from(PIECES) | st.text(max_size=8), max_size=14).map("".join))
@example(body='<p lang="&#xFFFF;">x</p>')
@example(body='<a href="&#1;">x</a>')
@example(body="</div>&#x1;")
@example(body="![](a%00b) ![](loop.png)")
@example(body="<a href=https:foo>x</a>")
def test_no_text_at_all_gives_an_article_that_harms(folder: Path, body: str) -> None:
    data = f"---\nheadline: H\n---\n{body}\n".encode("utf-8", "surrogatepass")
    collected = read(folder, data)
    assert collected.articles or collected.problems
    assert_harmless(collected)


@FUZZ
@given(
    matter=st.lists(
        st.tuples(st.sampled_from(NAMES), st.sampled_from(VALUES) | st.text(max_size=20)).map(": ".join), max_size=6
    )
)
def test_no_front_matter_at_all_upsets_the_reader(folder: Path, matter: list[str]) -> None:
    text = "\n".join(["---", *matter, "---", "Text.", ""])
    collected = read(folder, text.encode("utf-8", "surrogatepass"))
    assert collected.articles or collected.events or collected.problems
    assert_harmless(collected)


@pytest.mark.parametrize("field", ["embargo", "embrago", "Embargo"])
def test_an_event_with_an_embargo_is_kept_back(folder: Path, field: str) -> None:
    found = read(folder, f"---\nkind: event\nheadline: Open day\nstart: 2026-11-26T18:00\n{field}: 2026-11-25\n---\n")
    assert found.events == ()
    assert [problem.code for problem in found.problems] == ["unknown-field", "embargo-unread"]
