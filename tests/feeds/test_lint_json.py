"""JSON Feed in the linter: a clean feed of an invented hospital, and every way in which one can go wrong."""

import json

import pytest

from publisher.feeds.lint import check
from tests.conftest import NOW
from tests.feeds.test_lint_rss import codes, mutated

ADDRESS = "https://news.larkmoor.example/feeds/news.json"
CLEAN = json.dumps(
    {
        "version": "https://jsonfeed.org/version/1.1",
        "title": "Larkmoor News",
        "home_page_url": "https://news.larkmoor.example/",
        "feed_url": ADDRESS,
        "authors": [{"name": "Larkmoor Hospital"}],
        "language": "en",
        "hubs": [{"type": "WebSub", "url": "https://hub.example/"}],
        "items": [
            {
                "id": "tag:larkmoor.example,2026-11-22:1",
                "url": "https://news.larkmoor.example/a/1",
                "title": "Blood drive on Friday",
                "content_html": "<p>Come and <b>give</b>.</p>",
                "image": "https://news.larkmoor.example/drive.jpg",
                "date_published": "2026-11-22T09:00:00Z",
                "date_modified": "2026-11-22T10:00:00Z",
                "tags": ["Donors"],
                "attachments": [
                    {"url": "https://larkmoor.example/a.mp3", "mime_type": "audio/mpeg", "size_in_bytes": 1200}
                ],
            },
            {
                "id": "tag:larkmoor.example,2026-11-20:2",
                "url": "https://news.larkmoor.example/a/2",
                "content_text": "All of the stairs are open.",
                "date_published": "2026-11-20T09:00:00+01:00",
                "_larkmoor": {"floor": 2},
            },
        ],
    }
)

# What is wrong | what stands in the clean feed | what stands there instead | the codes, all of them.
CASES = [
    ("no JSON", "]}", "", "json-invalid"),
    ("a list outside", CLEAN, "[1]", "json-type"),
    ("nested without end", CLEAN, '{"a": ' + "[" * 100_000, "json-invalid"),
    ("nested too deep", CLEAN, '{"a": ' + "[" * 99 + "]" * 99 + "}", "json-invalid"),
    ("a byte order mark", "{", "\ufeff{", "encoding-mismatch"),
    ("a member twice", '"language": "en"', '"language": "en", "language": "en"', "json-key-duplicate"),
    ("half a character", "Blood drive", "Blood \\ud83d drive", "control-character"),
    ("a control character", "Blood drive", "Blood \\u0008 drive", "control-character"),
    ("a text encoded twice", "Come and", "CafÃ© and", "characters-broken"),
    ("a version that does not exist", "version/1.1", "version/2", "version-unknown"),
    ("no version", '"version": "https://jsonfeed.org/version/1.1", ', "", "version-unknown"),
    ("no title", '"title": "Larkmoor News", ', "", "title-missing"),
    ("an empty title", '"Larkmoor News"', '""', "title-empty"),
    ("a title that is a number", '"Larkmoor News"', "7", "json-type"),
    ("no items", '"items"', '"_items"', "channel-missing"),
    ("an item that is none", '"items": [', '"items": [7, ', "json-type"),
    ("a member that nobody knows", '"language": "en"', '"lang": "en"', "json-member-unknown"),
    ("the author of version 1", '"authors": [{"name": "Larkmoor Hospital"}]', '"author": {"name": "Larkmoor"}',
     "json-author-old"),
    ("an author without anything", '{"name": "Larkmoor Hospital"}', "{}", "element-empty"),
    ("an author that is a name only", '{"name": "Larkmoor Hospital"}', '"Larkmoor"', "json-type"),
    ("nobody named", '"authors": [{"name": "Larkmoor Hospital"}], ', "", "author-nowhere"),
    ("a language in words", '"language": "en"', '"language": "English"', "language-invalid"),
    ("a relative home", '"home_page_url": "https://news.larkmoor.example/"', '"home_page_url": "/"', "url-relative"),
    ("another feed_url", "feeds/news.json", "feeds/other.json", "self-different"),
    ("no feed_url", f'"feed_url": "{ADDRESS}", ', "", "self-missing"),
    ("a next page that is this page", '"language"', f'"next_url": "{ADDRESS}", "language"', "archive-links"),
    ("the hub as the home", "https://hub.example/", "https://news.larkmoor.example/", "hub-as-link"),
    ("no home", '"home_page_url": "https://news.larkmoor.example/", ', "", "home-missing"),
    ("an item without a page", '"url": "https://news.larkmoor.example/a/1", ', "", "page-missing"),
    ("a hub without type", '"type": "WebSub", ', "", "attribute-missing"),
    ("a hub over http", "https://hub.example/", "http://hub.example/", "hub-address"),
    ("a hub that is an address only", '{"type": "WebSub", "url": "https://hub.example/"}', '"https://hub.example/"',
     "json-type"),
    ("no id", '"id": "tag:larkmoor.example,2026-11-22:1", ', "", "id-missing"),
    ("an empty id", '"id": "tag:larkmoor.example,2026-11-22:1"', '"id": ""', "id-missing"),
    ("an id that is a number", '"id": "tag:larkmoor.example,2026-11-22:1"', '"id": 7', "json-type"),
    ("the same id twice", "2026-11-22:1", "2026-11-20:2", "id-duplicate"),
    ("neither HTML nor text", '"content_text": "All of the stairs are open.", ', "", "content-missing"),
    ("empty HTML", "<p>Come and <b>give</b>.</p>", "<p></p>", "content-empty"),
    ("empty text", "All of the stairs are open.", " ", "content-empty"),
    ("HTML that is broken", "</b>", "", "html-broken"),
    ("a relative picture", "Come and", "<img alt='' src='a.jpg'> and", "html-relative"),
    ("tags in a title", "Blood drive", "<i>Blood</i> drive", "title-html"),
    ("a picture over http", '"image": "https:', '"image": "http:', "http-picture"),
    ("a date without zone", "2026-11-22T09:00:00Z", "2026-11-22T09:00:00", "date-format"),
    ("a date that is a number", '"2026-11-22T09:00:00Z"', "20261122", "json-type"),
    ("a change before the publication", "2026-11-22T10", "2026-11-21T10", "date-order"),
    ("the oldest first", "2026-11-22T09", "2026-11-19T09", "order"),
    ("an empty tag", '"Donors"', '""', "json-type"),
    ("an attachment without type", '"mime_type": "audio/mpeg", ', "", "enclosure-incomplete"),
    ("an attachment of an odd type", "audio/mpeg", "mp3", "media-type-invalid"),
    ("an attachment of zero bytes", "1200", "0", "enclosure-empty"),
    ("an attachment of less than nothing", "1200", "-5", "number-invalid"),
    ("an attachment of many bytes", "1200", '"many"', "json-type"),
    ("an attachment over http", "https://larkmoor.example/a.mp3", "http://larkmoor.example/a.mp3", "http-picture"),
    ("an attachment that is an address only", '"attachments": [', '"attachments": ["https://larkmoor.example/", ',
     "json-type"),
]  # fmt: skip


def test_the_clean_feed_has_no_findings() -> None:
    assert check(CLEAN.encode(), now=NOW, address=ADDRESS, media_type="application/feed+json; charset=utf-8") == []


@pytest.mark.parametrize(("old", "new", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_what_is_wrong_is_found_and_nothing_else(old: str, new: str, expected: str) -> None:
    assert codes(mutated(CLEAN, old, new), ADDRESS) == set(expected.split())


def test_bytes_that_are_not_utf8_are_found() -> None:
    assert codes(b'{"title": "\xf6"}', ADDRESS) == {"not-utf8"}


def test_version_1_may_have_an_author() -> None:
    old = CLEAN.replace("version/1.1", "version/1").replace(
        '"authors": [{"name": "Larkmoor Hospital"}]', '"author": {"name": "L"}'
    )
    assert codes(old.encode(), ADDRESS) == set()
