"""Web pages: the golden folder with what is right written beside each page, hostile pages, and any bytes at all."""

import json
import re
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from publisher.records import Article, Collected, Teaser
from publisher.sources.html import paragraphs
from publisher.sources.pages import read_page

PAGES = Path(__file__).parents[1] / "data" / "webpages"
URL = "https://www.larkfield.example/news/one"


def read(data: bytes | str, **more: Any) -> Collected:
    raw = data.encode() if isinstance(data, str) else data
    return read_page(raw, **{"source": "web", "place": "page", "url": URL, **more})


def codes(collected: Collected) -> list[str]:
    return [problem.code for problem in collected.problems]


def stated(value: Any) -> str | None:
    return value.isoformat() if value else None


def differences(article: Article | None, wanted: dict[str, Any] | None, url: str | None) -> list[str]:
    """What of an article is not as its expectation says; what that leaves unsaid is absent."""
    if article is None or wanted is None:
        return [] if article is wanted is None else [f"article: {article and article.headline!r}"]
    image = article.image
    picture = (
        {name: getattr(image, name) for name in ("url", "alt", "caption", "credit", "width", "height")}
        if image
        else None
    )
    texts = paragraphs(article.body)
    got = {
        "headline": article.headline,
        "url": article.url,
        "published": stated(article.published),
        "updated": stated(article.updated),
        "embargo": stated(article.embargo),
        "authors": list(article.authors),
        "topics": list(article.topics),
        "summary": article.summary,
        "image": picture,
        "paragraphs": len(texts),
    }
    blank = {"url": url, "authors": [], "topics": [], "paragraphs": None}
    want = {name: wanted.get(name, blank.get(name)) for name in got}
    if want["image"]:
        want["image"] = {name: want["image"].get(name) for name in picture or want["image"]}
    wrong = [f"{name}: {got[name]!r}, not {want[name]!r}" for name in got if got[name] != want[name]]
    if "language" in wanted and article.language != wanted["language"]:
        wrong.append(f"language: {article.language}")
    if not texts or not texts[0].startswith(wanted["first"]):
        wrong.append(f"first: {texts[:1]}")
    if not texts or not texts[-1].endswith(wanted["last"]):
        wrong.append(f"last: {texts[-1:]}")
    wrong += [f"lacks {part!r}" for part in wanted.get("has", ()) if part not in article.body]
    return wrong + [f"leaks {part!r}" for part in wanted.get("not", ()) if part in article.body]


def shown(teaser: Teaser) -> dict[str, Any]:
    return {
        "headline": teaser.headline,
        "url": teaser.url,
        "excerpt": teaser.excerpt,
        "truncated": teaser.truncated,
        "published": stated(teaser.published),
        "image": teaser.image.url if teaser.image else None,
    }


def wrong_with(path: Path) -> list[str]:
    wanted = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    given = {name: wanted[name] for name in ("zone", "content_type", "headline") if name in wanted}
    collected = read_page(path.read_bytes(), source="web", place=path.name, url=wanted["url"], **given)
    wrong = differences(next(iter(collected.articles), None), wanted["article"], wanted["url"])
    blank = {"excerpt": None, "truncated": False, "published": None, "image": None}
    teasers, expected = [shown(t) for t in collected.teasers], [{**blank, **t} for t in wanted["teasers"]]
    wrong += [f"teaser more: {t}" for t in teasers if t not in expected] + [
        f"teaser lost: {t}" for t in expected if t not in teasers
    ]
    if not wrong and teasers != expected:
        wrong.append("teasers are out of order")
    if codes(collected) != wanted["problems"]:
        wrong.append(f"problems: {codes(collected)}, not {wanted['problems']}")
    return wrong


@pytest.mark.parametrize("path", sorted(PAGES.glob("*.html")), ids=lambda path: path.stem)
def test_a_page_gives_what_is_right(path: Path) -> None:
    assert wrong_with(path) == []


def test_the_corpus_is_there() -> None:
    assert len(list(PAGES.glob("*.html"))) >= 60
    assert {path.stem for path in PAGES.glob("*.html")} == {path.stem for path in PAGES.glob("*.json")}


def test_a_story_in_a_figure_that_was_never_closed_stays() -> None:
    page = "<html><body><figure><img src=/a.jpg> He said that it was so, and that it would go on for a while."
    (article,) = read(page).articles
    assert "He said that it was so" in article.body


# --- What is no page


@pytest.mark.parametrize(
    ("data", "code", "hint"),
    [
        (b"", "empty-page", "fetch it again"),
        (b"\xef\xbb\xbf \n", "empty-page", "fetch it again"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3", "pdf-page", "the page that links to it"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "not-html", "picture"),
        (b"PK\x03\x04\x14\x00", "not-html", "Office"),
        (bytes(range(256)) * 20, "not-html", "not text"),
        (b'<?xml version="1.0"?><rss version="2.0"><channel/></rss>', "feed-page", 'kind = "feed"'),
        (b'<feed xmlns="http://www.w3.org/2005/Atom"></feed>', "feed-page", 'kind = "feed"'),
        (b'{"version": "https://jsonfeed.org/version/1.1", "items": []}', "feed-page", 'kind = "feed"'),
        (b'[{"id": 7, "title": {"rendered": "x"}}]', "json-page", "wordpress"),
        (b'<?xml version="1.0"?><urlset></urlset>', "sitemap-page", "sitemap"),
        (b"<?xml version='1.0'?><note><to>x</to></note>", "not-html", "XML"),
        (b"Just some words that somebody saved.", "not-html", "captured"),
    ],
)
def test_what_is_no_page_is_refused_and_named(data: bytes, code: str, hint: str) -> None:
    collected = read(data)
    assert codes(collected) == [code] and not collected.articles and not collected.teasers
    assert hint in collected.problems[0].mend


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ("<html><body>" + "<div>" * 50_000 + "<p>He said that it was so.", "too-deep"),
        ("<html><body><article><h1>A head line</h1>" + "<p>He said that it was so.</p>" * 20_000, "too-large"),
        ("<p>" + "He said that it was so. " * 40_000, "too-large"),
        (b"<p>" + b"a" * (10 * 1024 * 1024), "too-large"),
    ],
)
def test_a_page_beyond_all_measure_is_refused_at_once(data: bytes | str, code: str) -> None:
    began = time.monotonic()
    assert codes(read(data)) == [code]
    assert time.monotonic() - began < 10


PROSE = "He said that it was so, and that it would go on for a while. "


@pytest.mark.parametrize(
    "page",
    [
        "<article><h1>A head line here</h1>" + "<h2>About Us</h2><p>" + "</p><h2>About Us</h2><p>".join([PROSE] * 1000),
        "<h2>Related</h2><p>x y z</p>" * 1500,
        "".join(f"<h2><a href='/n/{i}'>The name of an article is {i}</a></h2>" for i in range(1500)),
        "<blockquote>“He said that it was so today”</blockquote>" * 1500,
        "<script type='application/ld+json'>" + "[" * 100_000 + "</script><p>" + PROSE,
        "<div>" + "a line of text<br><br>" * 2000,
        "<table><tr><td>" * 70 + PROSE * 20,
        "<div class='" + "card " * 100_000 + "'><p>" + PROSE,
        "<p>" + "“" * 50_000 + "</p>",
        "<p>" + "March 3, 2014 " * 20_000,
    ],
    ids=range(10),
)
def test_a_page_made_to_take_long_does_not(page: str) -> None:
    """Twenty seconds are no measure of speed: what is quadratic here takes minutes."""
    began = time.monotonic()
    read(page)
    assert time.monotonic() - began < 20


@pytest.mark.parametrize(
    "headline", ["Nurse shares good news", "Sign in the lobby welcomes everyone", "New captcha protects the portal"]
)
def test_a_story_with_a_headline_like_a_list_or_a_login_is_still_a_story(headline: str) -> None:
    page = f"<title>{headline} | H</title><article><h1>{headline}</h1><p>{PROSE}</p><p>{PROSE * 9}</p></article>"
    assert [article.headline for article in read(page).articles] == [headline]


def test_a_story_in_a_zone_has_its_times_in_it() -> None:
    page = '<meta property="article:published_time" content="2026-07-01T09:00"><article><h1>A head line</h1><p>' + PROSE
    (article,) = read(page, zone="America/Los_Angeles").articles
    assert stated(article.published) == "2026-07-01T09:00:00-07:00"


def test_a_canonical_link_that_leads_nowhere_is_ignored() -> None:
    for href in ("", "javascript:x", "http://[", "//", "#top"):
        page = f'<link rel="canonical" href="{href}"><article><h1>A head line</h1><p>{PROSE}</p></article>'
        assert [article.url for article in read(page).articles] == [URL], href


# --- Any page at all

PARTS = st.sampled_from(
    [
        *(
            "<article>",
            "</article>",
            "<main>",
            "</div>",
            "<div class=card>",
            "<h1>",
            "</h1>",
            "<h2>Related</h2>",
            "<p>",
            "</p>",
        ),
        *(
            "<ul><li>",
            "</li></ul>",
            "<table><tr><td>",
            "</table>",
            "<blockquote>",
            "<figure><img src=/a.jpg>",
            "</figure>",
            "<br>",
        ),
        *(
            "<time datetime='2026-03-01'>",
            "</time>",
            "<a href='/news/two'>",
            "<a href='//['>",
            "<a href='http://[::1'>",
            "</a>",
        ),
        *(
            "<meta property='article:published_time' content='0000-00-00'>",
            "<base href='http://['>",
            "<title>A | B</title>",
        ),
        *('<script type=\'application/ld+json\'>{"@type":[null,3],"headline":{"a":[]},"author":[[]]}</script>', "&#0;"),
        *(
            "<meta property=og:image content='http://[x'>",
            "<link rel=canonical href='http://['>",
            "&#xD800;",
            "<!--",
            "-->",
        ),
        *(
            PROSE,
            "A Nurse Goes Home",
            "March 3, 2014",
            "By Ada Byron",
            "Read more",
            "###",
            "About Larkfield",
            "[…]",
            "Photo: x",
        ),
    ]
)


def words(text: str) -> str:
    return re.sub(r"[\W_]+", "", text)


@settings(max_examples=100, deadline=None)
@given(st.one_of(st.binary(max_size=300), st.text(max_size=300).map(str.encode)))
def test_any_bytes_are_read_without_raising(data: bytes) -> None:
    collected = read(data)
    assert collected.articles or collected.teasers or collected.problems


@settings(max_examples=150, deadline=None)
@given(st.lists(st.one_of(PARTS, st.text(max_size=30)), max_size=40))
def test_any_page_gives_clean_records_or_says_why_not(parts: list[str]) -> None:
    page = "<html><body>" + " ".join(parts)
    collected = read(page.encode("utf-8", errors="replace"), zone="America/New_York")
    assert collected.articles or collected.teasers or collected.problems
    for article in collected.articles:
        assert article.body and article.key
        assert "<script" not in article.body and 'href="/' not in article.body
        seen = words(re.sub(r"<[^<>]*>", "", page))  # a heading that is never closed runs on through other tags
        assert not article.headline or words(article.headline) in words(page) or words(article.headline) in seen
    for teaser in collected.teasers:
        assert teaser.url and teaser.url.startswith(("http://", "https://")) and teaser.key == teaser.url


def test_the_same_page_gives_the_same_records() -> None:
    for path in sorted(PAGES.glob("*.html"))[:10]:
        assert read(path.read_bytes()) == read(path.read_bytes())


def test_a_given_headline_stands_in_for_a_lost_one() -> None:
    page = f"<html><title>Larkfield</title><body><article><p>{PROSE}</p><p>{PROSE}</p></article></body></html>"
    assert codes(read(page)) == ["headline-missing"]
    named = read(page, headline="  A lamp\tgoes on ")
    assert [article.headline for article in named.articles] == ["A lamp goes on"] and not named.problems


def test_a_typical_page_is_read_in_no_time() -> None:
    page = (PAGES / "01-wordpress-blocks.html").read_bytes()
    read(page)
    began = time.perf_counter()
    for _ in range(5):
        read(page)
    assert (time.perf_counter() - began) / 5 < 0.15
