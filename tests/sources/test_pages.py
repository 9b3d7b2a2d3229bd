"""Web pages: the golden folder with what is right written beside each page, hostile pages, and any bytes at all."""

import json
from pathlib import Path
from typing import Any

import pytest

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
