"""Exports of WordPress: the golden folder, broken files, large ones, and the same keys as by the REST API."""

import io
import json
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from publisher.errors import SourceError
from publisher.records import Collected
from publisher.sources.wordpress import Answer, read_site
from publisher.sources.wordpress_exports import read_export
from publisher.sources.wordpress_paragraphs import with_paragraphs

EXPORTS = Path(__file__).parents[1] / "data" / "wordpress"


def read(path_or_file: Any, **more: Any) -> list[Collected]:
    return list(read_export(path_or_file, source="blog", place="export.xml", zone="America/Los_Angeles", **more))


def shown(collected: list[Collected]) -> bytes:
    """What came in, without what is empty, and the problems."""
    articles = [
        {name: value for name, value in asdict(one).items() if value} for part in collected for one in part.articles
    ]
    for one in articles:
        if "image" in one:
            one["image"] = {name: value for name, value in one["image"].items() if value}
    problems = [asdict(one) for part in collected for one in part.problems]
    made = json.dumps({"articles": articles, "problems": problems}, indent=2, ensure_ascii=False, default=str)
    return f"{made}\n".encode()


@pytest.mark.parametrize("path", sorted(EXPORTS.glob("*.xml")), ids=lambda path: path.stem)
def test_an_export_gives_its_public_posts(path: Path, golden: Callable[[Path, bytes], None]) -> None:
    golden(path.with_suffix(".json"), shown(read(path)))


def test_the_corpus_is_there() -> None:
    assert len(list(EXPORTS.glob("*.xml"))) >= 15


def test_a_featured_image_that_the_body_opens_with_stands_above_it_alone() -> None:
    picture = "https://www.fernhill.example/wp-content/uploads/lamp"
    export = f"""<?xml version="1.0"?><rss xmlns:content="c" xmlns:wp="http://wordpress.org/export/1.2/"><channel>
<item><title>Lamp</title><wp:post_id>8</wp:post_id><wp:post_type>attachment</wp:post_type><wp:status>inherit</wp:status>
<wp:attachment_url>{picture}.jpg</wp:attachment_url></item>
<item><title>A lamp</title><wp:post_id>9</wp:post_id><wp:post_type>post</wp:post_type><wp:status>publish</wp:status>
<content:encoded><![CDATA[<figure><img src="{picture}-300x200.jpg"><figcaption>By night</figcaption></figure>
<p>It shines.</p>]]></content:encoded>
<wp:postmeta><wp:meta_key>_thumbnail_id</wp:meta_key><wp:meta_value>8</wp:meta_value></wp:postmeta></item>
</channel></rss>"""
    ((article,),) = (part.articles for part in read(io.BytesIO(export.encode())) if part.articles)
    assert article.body == "<p>It shines.</p>"
    assert article.image and (article.image.url, article.image.caption) == (f"{picture}.jpg", "By night")


def test_nothing_that_is_not_public_is_anywhere_in_what_comes_out() -> None:
    out = shown(read(EXPORTS / "04-what-is-not-public.xml"))
    assert out.count(b"Everyone may read it.") == 1
    assert b"Not for readers" not in out


def test_pages_come_in_when_asked_for() -> None:
    keys = [
        one.key
        for part in read(EXPORTS / "05-pages-menus-revisions.xml", kinds=("post", "page"))
        for one in part.articles
    ]
    assert keys == ["post-61", "post-62"]


def test_a_post_has_the_same_key_and_address_by_export_and_by_the_api() -> None:
    (by_file,) = (one for part in read(EXPORTS / "01-blocks-of-today.xml") for one in part.articles)
    item = {"id": 11, "status": "publish", "link": by_file.url, "title": {"rendered": "Lantern walk on Saturday"}}

    def ask(url: str) -> Answer:
        found = [item] if "/posts?" in url else []
        return Answer(status=200, headers={"x-wp-totalpages": "1"}, body=json.dumps(found).encode())

    pages = read_site(ask, "https://www.fernhill.example", source="blog", zone="UTC", since=None)
    (by_api,) = (one for page in pages for part in page.collected for one in part.articles)
    assert (by_file.key, by_file.url, by_file.headline) == (by_api.key, by_api.url, by_api.headline)


class _Upload(io.RawIOBase):
    """A file that can be read only once, as an upload."""

    def __init__(self, data: bytes) -> None:
        self._inner = io.BytesIO(data)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        return self._inner.readinto(buffer)


def test_an_upload_that_can_be_read_once_is_read_like_a_file() -> None:
    path = EXPORTS / "01-blocks-of-today.xml"
    assert shown(read(_Upload(path.read_bytes()))) == shown(read(path))
    with path.open("rb") as file:
        file.seek(100)
        assert shown(read(file)) == shown(read(path))


def test_a_file_that_is_not_there_is_a_dead_end(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="cannot be read"):
        read(tmp_path / "none.xml")


@pytest.mark.parametrize(
    "data", [b"", b"PK\x03\x04", b"<html><body>x", b"\xff\xfe", b"<rss><channel>", b"<item></item>"]
)
def test_what_is_no_export_is_told(data: bytes) -> None:
    (part,) = read(io.BytesIO(data))
    assert [problem.code for problem in part.problems] == ["not-an-export"]


def test_an_entry_without_an_end_does_not_fill_the_memory() -> None:
    head = (EXPORTS / "18-empty.xml").read_bytes().split(b"</channel>")[0]
    parts = read(io.BytesIO(head + b"<item><content:encoded><![CDATA[" + b"x" * 40_000_000))
    assert [problem.code for part in parts for problem in part.problems] == ["export-broken"]


def test_a_long_export_is_read_one_entry_at_a_time() -> None:
    """Fifteen megabytes in less than eight of memory."""
    text = (EXPORTS / "02-classic-paragraphs.xml").read_text()
    head, item = text[: text.index("\t<item>")], text[text.index("\t<item>") : text.index("</channel>")]
    filler = "A line of the story. " * 7_000
    many = 15_000_000 // len(item + filler)

    class Long(io.RawIOBase):
        def __init__(self) -> None:
            self._pieces, self._held = self._all(), b""

        def _all(self) -> Iterator[bytes]:
            yield head.encode()
            for number in range(many):
                yield item.replace(">21<", f">{number + 1}<").replace("Ask at", filler + "Ask at").encode()
            yield b"</channel></rss>"

        def seekable(self) -> bool:
            return True

        def readable(self) -> bool:
            return True

        def seek(self, *_: int) -> int:
            self.__init__()  # type: ignore[misc]  # back to the beginning, which is all that is asked of it
            return 0

        def read(self, size: int = -1) -> bytes:
            while len(self._held) < size and (piece := next(self._pieces, b"")):
                self._held += piece
            given, self._held = self._held[:size], self._held[size:]
            return given

    tracemalloc.start()
    try:
        count = sum(len(part.articles) for part in read_export(Long(), source="s", place="p", zone="UTC"))  # type: ignore[arg-type]  # a raw file
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert count == many
    assert most < 8_000_000


WHOLE = (EXPORTS / "03-captions-and-galleries.xml").read_bytes()


@given(st.integers(0, len(WHOLE)), st.binary(max_size=20), st.integers(0, 60))
@settings(max_examples=100)
def test_a_damaged_export_raises_nothing(at: int, junk: bytes, less: int) -> None:
    read(io.BytesIO(WHOLE[:at] + junk + WHOLE[at + less :]))


@given(st.integers(0, len(WHOLE)))
@settings(max_examples=60)
def test_half_a_post_never_comes_in(at: int) -> None:
    bodies = [one.body for part in read(io.BytesIO(WHOLE[:at])) for one in part.articles]
    assert all("daily [1]" in body for body in bodies)


@pytest.mark.parametrize(
    ("written", "html"),
    [
        ("One\n\nTwo\nlines", "<p>One</p>\n<p>Two<br>\nlines</p>"),
        ("<p>One</p>\n\n<p>Two</p>", "<p>One</p>\n\n<p>Two</p>"),
        ("<div>One\n\nTwo</div>Three", "<div><p>One</p>\n<p>Two</p></div><p>Three</p>"),
        ("<ul><li>One\nline</li></ul>", "<ul><li>One\nline</li></ul>"),
        ("<ul><li>One\n\nTwo</li></ul>", "<ul><li><p>One</p>\n<p>Two</p></li></ul>"),
        ("<pre>a\n\nb <p> c</pre>\n\nd", "<pre>a\n\nb <p> c</pre><p>d</p>"),
        ("</div>One<hr>Two", "</div><p>One</p><hr><p>Two</p>"),
        ("a<br />\nb", "<p>a<br />\nb</p>"),
        ("https://a.example/x?a=1&b=2", '<p><a href="https://a.example/x?a=1&amp;b=2">a.example/x?a=1&amp;b=2</a></p>'),
        ("", ""),
        ("\r\n\r\n", "\n\n"),
    ],
)
def test_blank_lines_part_paragraphs_where_paragraphs_may_stand(written: str, html: str) -> None:
    assert with_paragraphs(written) == html


@given(st.text(alphabet="ab<>/pdivulre \n", max_size=80))
@settings(max_examples=100)
def test_no_word_is_lost_between_paragraphs(written: str) -> None:
    import re

    made = with_paragraphs(written)
    assert re.sub(r"\s|</?p>|<br>", "", made) == re.sub(r"\s|</?p>|<br>", "", written)
