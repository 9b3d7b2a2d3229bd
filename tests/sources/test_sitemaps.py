"""Sitemaps: what the protocol allows, what offices serve instead, and what is made to do harm."""

import gzip
import time
from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings, strategies as st

from publisher.sources.sitemaps import Sitemap, read_sitemap

BASE = "https://www.larkfield.example/sitemap.xml"
SPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"


def urlset(*entries: str) -> bytes:
    return f'<?xml version="1.0" encoding="UTF-8"?><urlset xmlns="{SPACE}">{"".join(entries)}</urlset>'.encode()


def url(path: str, more: str = "") -> str:
    return f"<url><loc>https://www.larkfield.example{path}</loc>{more}</url>"


def read(data: bytes) -> Sitemap:
    return read_sitemap(data, base=BASE)


def locs(sitemap: Sitemap) -> list[str]:
    return [page.loc.removeprefix("https://www.larkfield.example") for page in sitemap.pages]


def codes(sitemap: Sitemap) -> list[str]:
    return [problem.code for problem in sitemap.problems]


def test_pages_are_listed_in_order_each_once_with_their_dates() -> None:
    data = urlset(
        url("/news/b", "<lastmod>2026-03-12T09:30:00+01:00</lastmod>"),
        url("/news/a", "<lastmod>2026-03-11</lastmod>"),
        url("/news/b"),
        url("/news/c", "<lastmod>2026-03</lastmod>"),
    )
    sitemap = read(data)
    assert locs(sitemap) == ["/news/b", "/news/a", "/news/c"]
    assert [page.lastmod for page in sitemap.pages] == [
        datetime(2026, 3, 12, 8, 30, tzinfo=UTC),
        date(2026, 3, 11),
        None,
    ]
    assert codes(sitemap) == ["sitemap-date"]


def test_a_news_sitemap_tells_title_date_language_and_image() -> None:
    news = (
        "<n:news><n:publication><n:name>Larkfield</n:name><n:language>en</n:language></n:publication>"
        "<n:publication_date>2026-05-01T07:00:00Z</n:publication_date><n:title>Beds &amp; breakfast</n:title></n:news>"
        "<i:image><i:loc>https://cdn.example.org/a.jpg</i:loc></i:image>"
    )
    data = (
        f'<s:urlset xmlns:s="{SPACE}" xmlns:n="http://www.google.com/schemas/sitemap-news/0.9"'
        ' xmlns:i="http://www.google.com/schemas/sitemap-image/1.1">'
        f"<s:url><s:loc> https://www.larkfield.example/beds </s:loc>{news}</s:url></s:urlset>"
    )
    (page,) = read(data.encode()).pages
    assert (page.loc, page.title, page.language) == ("https://www.larkfield.example/beds", "Beds & breakfast", "en")
    assert page.published == datetime(2026, 5, 1, 7, tzinfo=UTC) and page.lastmod is None
    assert page.image == "https://cdn.example.org/a.jpg"


def test_an_index_lists_its_children_and_not_itself() -> None:
    children = (
        f"<sitemap><loc>{BASE}</loc></sitemap><sitemap><loc>/news.xml.gz</loc><lastmod>2026-01-02</lastmod></sitemap>"
    )
    sitemap = read(f'<sitemapindex xmlns="{SPACE}">{children}</sitemapindex>'.encode())
    assert [(child.loc, child.lastmod) for child in sitemap.children] == [
        ("https://www.larkfield.example/news.xml.gz", date(2026, 1, 2))
    ]
    assert codes(sitemap) == ["sitemap-itself"] and not sitemap.pages


def test_a_sitemap_without_any_namespace_is_read() -> None:
    assert locs(read(b"<urlset><url><loc>https://www.larkfield.example/a</loc></url></urlset>")) == ["/a"]


def test_a_text_sitemap_has_an_address_a_line() -> None:
    data = "\ufeffhttps://www.larkfield.example/a\r\n\r\nhttps://www.larkfield.example/b\nftp://x.example/\n".encode()
    assert locs(read(data)) == ["/a", "/b"] and codes(read(data)) == ["sitemap-entry"]


def test_a_packed_sitemap_is_unpacked_and_a_bomb_is_not() -> None:
    assert locs(read(gzip.compress(urlset(url("/a"))))) == ["/a"]
    began = time.monotonic()
    assert codes(read(gzip.compress(b" " * 60_000_000))) == ["sitemap-packed"]
    assert codes(read(gzip.compress(urlset(url("/a")))[:-12])) == ["sitemap-packed"]
    assert time.monotonic() - began < 10


def test_only_the_sitemaps_own_host_counts_and_others_are_noted() -> None:
    other = "".join(
        f"<url><loc>{address}</loc></url>"
        for address in (
            "https://news.larkfield.example/a",
            "https://evil.example/",
            "mailto:x@y.example",
            "https://[bad/",
        )
    )
    sitemap = read(urlset(url("/a"), other))
    assert locs(sitemap) == ["/a"]
    assert codes(sitemap) == ["sitemap-subdomain", "sitemap-other-host", "sitemap-entry"]
    assert "news.larkfield.example" in sitemap.problems[0].mend


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "sitemap-empty"),
        (b"<rss version='2.0'><channel/></rss>", "sitemap-feed"),
        (b"<feed xmlns='http://www.w3.org/2005/Atom'/>", "sitemap-feed"),
        (b"<html><body>Not found</body></html>", "sitemap-html"),
        (b"<!DOCTYPE html><html></html>", "sitemap-doctype"),
        (b"<other/>", "sitemap-unknown"),
        (b"nothing to see", "sitemap-unknown"),
        (b"<<<", "sitemap-broken"),
        (b'<!DOCTYPE x [<!ENTITY a "b">]><urlset><url><loc>&a;</loc></url></urlset>', "sitemap-doctype"),
        (b"\xff\xfe" + '<!DOCTYPE x [<!ENTITY a "b">]><urlset/>'.encode("utf-16-le"), "sitemap-doctype"),
        (b" " * 10 + b"x" * (50 * 1024 * 1024), "sitemap-too-large"),
    ],
    ids=range(11),
)
def test_what_is_no_sitemap_is_refused_and_named(data: bytes, code: str) -> None:
    sitemap = read(data)
    assert codes(sitemap) == [code] and not sitemap.pages and sitemap.problems[0].severity == "error"


def test_a_torn_sitemap_gives_its_whole_entries() -> None:
    data = urlset(url("/a"), url("/b"), url("/c"))
    torn = read(data[: data.index(b"/c") - 20])
    assert locs(torn) == ["/a", "/b"] and codes(torn) == ["sitemap-broken"]
    assert locs(read(data[: data.index(b"/c") + 1])) == ["/a", "/b"], "half an address is no address"


def test_no_more_than_fifty_thousand_pages_are_taken() -> None:
    sitemap = read(urlset(*(url(f"/{number}") for number in range(50_010))))
    assert len(sitemap.pages) == 50_000 and codes(sitemap) == ["sitemap-too-long"]


@settings(max_examples=100)
@given(
    st.one_of(
        st.binary(max_size=300),
        st.lists(
            st.sampled_from(
                [
                    "<urlset>",
                    "</urlset>",
                    "<url>",
                    "</url>",
                    "<loc>",
                    "</loc>",
                    "https://www.larkfield.example/a",
                    "<lastmod>",
                    "0000-99-99",
                    "</lastmod>",
                    "<sitemapindex>",
                    "<sitemap>",
                    "&amp;",
                    "&#0;",
                    "\x00",
                    "<![CDATA[",
                    "]]>",
                    "<x:y>",
                    "http://[",
                    "\x1f\x8b",
                ]
            )
        ).map(lambda parts: "".join(parts).encode()),
    )
)
def test_any_bytes_are_read_without_raising(data: bytes) -> None:
    sitemap = read(data)
    assert all(page.loc.startswith("https://www.larkfield.example/") for page in sitemap.pages)
