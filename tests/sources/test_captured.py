"""Captured pages: the golden folder, any bytes at all, and one real page where it is at hand."""

import json
import re
import signal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from publisher.records import headline_key
from publisher.records.content import Article, Collected, Teaser
from publisher.sources.captured import read_page
from publisher.sources.captured_text import Unreadable, decode
from publisher.sources.html import paragraphs

PAGES = Path(__file__).parents[1] / "data" / "pages"
REAL = Path(__file__).parents[3] / "shared" / "pages" / "000_0a8622da0bad2308.txt"


def shown(collected: Collected, dated: bool) -> dict[str, Any]:
    return {
        "articles": [article_shown(a) for a in collected.articles],
        "teasers": [teaser_shown(t, dated) for t in collected.teasers],
        "problems": [p.code for p in collected.problems],
    }


def article_shown(article: Article) -> dict[str, Any]:
    image = article.image
    return {
        "headline": article.headline,
        "date": article.published.isoformat() if article.published else None,
        "author": ", ".join(article.authors) or None,
        "body": paragraphs(article.body),
        "image": {"alt": image.alt, "caption": image.caption, "url": image.url} if image else None,
    }


def teaser_shown(teaser: Teaser, dated: bool) -> dict[str, Any]:
    fields: dict[str, Any] = {
        name: getattr(teaser, name) for name in ("headline", "caption", "excerpt", "truncated", "url")
    }
    if dated and teaser.published:
        fields["date"] = teaser.published.isoformat()
    return fields


@pytest.mark.parametrize("path", sorted(PAGES.glob("*.txt")), ids=lambda path: path.stem)
def test_a_page_gives_its_article_and_teasers(path: Path) -> None:
    expected = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    collected = read_page(path.read_bytes(), source="pages", place=path.name)
    assert shown(collected, dated=True) == expected


def test_the_corpus_is_there() -> None:
    assert len(list(PAGES.glob("*.txt"))) >= 60
    assert {p.stem for p in PAGES.glob("*.txt")} == {p.stem for p in PAGES.glob("*.json")}


PAGE_LINES = st.sampled_from(
    [
        "What's New",
        "Recent Articles",
        "Print icon",
        "Opioids",
        "A Nurse Goes Home",
        "A Nurse Goes Home...",
        "March 3, 2014",
        "By Ada Byron",
        "###",
        "About Larkfield Memorial",
        "\xa0",
        "",
        "  • Wash your hands",
        "MEDIA CONTACT",
        "555-010-4400",
        "Read more",
        "Related: A Nurse Goes Home",
        "The nurses of the night shift say that the new beds are easier to move than the old ones.",
        "The nurses of the night shift say that the new beds are easier to move than the old...",
        "The nurses of the night shift say that\nthe new beds are easier to move than any of the old ones.",
    ]
)


def words(text: str) -> str:
    return re.sub(r"[\W_]+", "", text)


def texts_of(collected: Collected) -> list[str]:
    texts = [t for a in collected.articles for t in (a.headline, *paragraphs(a.body)) if t]
    return texts + [t for x in collected.teasers for t in (x.headline, x.caption, x.excerpt) if t]


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.binary(max_size=400), st.text(max_size=400).map(str.encode)))
def test_any_bytes_are_read_without_raising(data: bytes) -> None:
    collected = read_page(data, source="pages", place="page.txt")
    assert collected.articles or collected.teasers or collected.problems


@settings(max_examples=200, deadline=None)
@given(st.lists(st.one_of(PAGE_LINES, st.text(max_size=60)), max_size=25), st.sampled_from(["\n", "\n\n", "\r\n"]))
def test_no_text_is_invented(lines: list[str], between: str) -> None:
    data = between.join(lines).encode("utf-8", errors="replace")
    text = decode(data)
    whole = "" if isinstance(text, Unreadable) else words(text)
    for shown_text in texts_of(read_page(data, source="pages", place="page.txt")):
        assert words(shown_text) in whole


def test_the_same_page_gives_the_same_records() -> None:
    for path in sorted(PAGES.glob("*.txt"))[:10]:
        once, again = (read_page(path.read_bytes(), source="s", place="p") for _ in range(2))
        assert once == again


@pytest.mark.parametrize("unit", ["A A | ", "> a ", "1 ", "small ", "email this ", "AVON, ", "May 5, 2014 "])
def test_a_strange_line_does_not_send_a_pattern_backtracking_for_ever(unit: str) -> None:
    """A minute is no measure of speed: a pattern that backtracks does not come back within it."""

    def stuck(*_: object) -> None:
        raise AssertionError("a pattern backtracks on this line")

    line = unit * (158 // len(unit)) + "!Z"
    before = signal.signal(signal.SIGALRM, stuck)
    signal.alarm(60)
    try:
        pages = [
            read_page(f"{line}\n\nWhat's New\n\n{line}\n\n{line}".encode(), source="s", place="p") for _ in range(20)
        ]
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
    assert len(set(pages)) == 1


def test_a_given_headline_stands_in_for_a_lost_one() -> None:
    data = (PAGES / "05-headline-lost-icon-only.txt").read_bytes()
    collected = read_page(data, source="pages", place="p.txt", url="https://a.example/x", headline="When Ears Ache")
    assert collected.articles[0].headline == "When Ears Ache"
    assert collected.articles[0].key == collected.articles[0].url == "https://a.example/x"
    assert collected.problems == ()


def test_a_lost_headline_is_said_with_its_place_and_mend() -> None:
    data = (PAGES / "05-headline-lost-icon-only.txt").read_bytes()
    (problem,) = read_page(data, source="pages", place="p.txt").problems
    assert (problem.code, problem.severity, problem.place) == ("headline-missing", "error", "p.txt:1")
    assert "--headline" in problem.mend


def test_without_an_address_the_key_is_the_normalised_headline() -> None:
    data = (PAGES / "03-neither-alt-nor-icon.txt").read_bytes()
    collected = read_page(data, source="pages", place="p.txt")
    assert collected.articles[0].key == headline_key(collected.articles[0].headline or "")
    assert [t.key for t in collected.teasers] == [headline_key(t.headline) for t in collected.teasers]


def test_teasers_know_the_page_that_showed_them() -> None:
    data = (PAGES / "03-neither-alt-nor-icon.txt").read_bytes()
    collected = read_page(data, source="pages", place="p.txt", url="https://a.example/x")
    assert {t.page for t in collected.teasers} == {"https://a.example/x"}


def test_a_body_is_escaped_and_lists_are_lists() -> None:
    page = "Beds & Boards\n\nThe ward needs <strong> nurses & doctors who like to work at night.\n\n  • One\n  • Two\n"
    (article,) = read_page(page.encode(), source="s", place="p").articles
    assert article.body == (
        "<p>The ward needs &lt;strong&gt; nurses &amp; doctors who like to work at night.</p>\n"
        "<ul>\n<li>One</li>\n<li>Two</li>\n</ul>"
    )


def test_headlines_are_compared_without_case_space_and_typography() -> None:
    assert headline_key("  Nurses’  “Night”—Shift… ") == headline_key('nurses\' "night"-shift...')


def test_the_real_page_is_read_whole() -> None:
    if not REAL.exists():
        pytest.skip("The real captured page is not beside this checkout.")
    lines = REAL.read_text(encoding="utf-8").splitlines()
    collected = read_page(REAL.read_bytes(), source="pages", place=REAL.name)
    (article,) = collected.articles
    body = paragraphs(article.body)
    assert article.headline == lines[0]
    assert article.image and article.image.alt == lines[lines.index("Print icon") - 1]
    assert (article.published, article.authors, article.summary) == (None, (), None)
    assert body == [
        line.strip() for line in lines[lines.index("Print icon") + 1 : lines.index("What's New")] if line.strip()
    ]
    assert len(body) == 9
    assert [bool(t.caption) for t in collected.teasers] == [False, True, False, False, True, True]
    assert all(t.truncated and (t.excerpt or "").endswith("...") for t in collected.teasers)
    assert collected.problems == ()


def test_paragraphs_are_the_innermost_blocks_and_captions_are_left_out() -> None:
    html = (
        "<h2>One</h2><figure><figcaption>No</figcaption></figure>loose "
        "<blockquote><p>Two\n  lines\xa0here</p></blockquote><ul><li>Three</li></ul><p> </p>"
    )
    assert paragraphs(html) == ["One", "loose", "Two lines\xa0here", "Three"]
    assert paragraphs("") == []
