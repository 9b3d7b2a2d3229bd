"""The tree of a page without its furniture in, the element that holds its story out.

Trafilatura tells which text of a page is its main text, whatever the template; the page's own marks (articleBody,
`<article>`) tell where it begins and ends. Each mends what the other loses.
"""

import copy
import re

import lxml.html

from publisher.records import headline_key
from publisher.sources import captured_furniture as furniture
from publisher.sources.page_blocks import Piece, blocks_of
from publisher.sources.page_tree import Element, classes_of, names_of, sizes

# fmt: off
_MARKED = frozenset({
    "entry-content", "article-body", "article__body", "articlebody", "article-body-text", "story-body",
    "post-content", "post-body", "post__content", "field--name-body", "news-body", "release-body", "body-copy",
    "td-post-content", "article-content", "article__content", "article-text", "story-content", "news-content",
    "e-content", "wp-block-post-content", "field-name-body", "newsarticlebody", "cmp-text", "story__body",
    "press-release-body", "gh-content", "articlecontent", "article_body", "storybody", "news-detail__body", "rich-text",
    "richtext", "pressrelease-body",
})
# fmt: on
_MOST_FOR_TRAFILATURA = 600_000
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")


def story_of(root: Element) -> Element:
    """The element that holds the story: the marked one where it has all of it, else what holds the main text."""
    body = next(iter(root.iter("body")), root)
    weights = sizes(body, links=False)
    lines = _main_text(root)
    marked = _marked(body, weights)
    if marked is None:
        return _around(body, lines, weights)
    wider = next((above for above in marked.iterancestors() if above.tag in ("article", "main")), marked)
    opens_above = any(furniture.is_prose(text) for text in lines_above(wider, marked))
    if wider is not marked and (opens_above or _lost(marked, wider, lines) > 0.02):
        return wider
    whole = _lost(marked, body, lines)
    return marked if whole < 0.5 else _around(body, lines, weights)


def _marked(body: Element, weights: dict[Element, int]) -> Element | None:
    """What the page marks as its text; the longest where several are marked, an outer one before one inside it."""
    found: list[Element] = []
    for element in body.iter():
        said = f"{element.get('itemprop') or ''} {element.get('property') or ''}".lower()
        if "articlebody" in said or classes_of(element) & _MARKED or {"article", "body"} == names_of(element):
            found.append(element)
    found = [element for element in found if weights.get(element, 0) >= 60] or []
    if not found:
        articles = [element for element in body.iter("article") if weights.get(element, 0) >= 60]
        return articles[0] if len(articles) == 1 else None
    best = max(found, key=lambda element: weights.get(element, 0))
    outer = [element for element in found if not any(above in found for above in element.iterancestors())]
    if weights.get(best, 0) < 0.8 * sum(weights.get(element, 0) for element in outer):
        return _common([_path(element, body) for element in outer[:300]], body)  # one box a paragraph
    return best


def _main_text(root: Element) -> frozenset[str]:
    """The lines that trafilatura takes for the main text, as words to compare."""
    if len(lxml.html.tostring(root, encoding="unicode")) > _MOST_FOR_TRAFILATURA:
        return frozenset()
    import trafilatura  # loaded when the first page is read: it takes a second

    try:
        text = trafilatura.extract(copy.deepcopy(root), include_comments=False, include_tables=True, fast=True)
    except Exception:  # it has many parts, and a page can make any of them stumble; the page's own marks remain
        return frozenset()
    return frozenset(key for line in (text or "").split("\n") if len(key := key_of(line)) >= 20)


def _lost(part: Element, whole: Element, lines: frozenset[str]) -> float:
    """How much of the main text in `whole` does not stand in `part`, from 0 to 1."""
    inside = {key_of(piece.text) for piece in blocks_of(part)}
    around = {key_of(piece.text) for piece in blocks_of(whole)} & lines
    total = sum(map(len, around))
    return sum(len(key) for key in around - inside) / total if total else 0.0


def _around(body: Element, lines: frozenset[str], weights: dict[Element, int]) -> Element:
    """The smallest element around the main text, or its `<article>`; without a main text, around the most prose."""
    told = [piece for piece in blocks_of(body) if piece.tag in ("p", "blockquote") and len(piece.text) >= 20]
    main = [piece for piece in told if key_of(piece.text) in lines]
    holds_prose = any(furniture.is_prose(piece.text) for piece in main)
    found = [piece.stood_in for piece in main] if holds_prose else _densest(told)
    if not found:
        return body
    common = _common([_path(element, body) for element in found[:300]], body)
    if common.tag in ("p", "pre") and common.getparent() is not None:
        common = common.getparent()
    article = next((above for above in (common, *common.iterancestors()) if above.tag == "article"), None)
    if article is not None and weights.get(article, 0) <= 3 * max(1, weights.get(common, 0)):
        return article
    return common


def _common(paths: list[list[Element]], body: Element) -> Element:
    """The innermost element that all paths go through."""
    common = body
    for level in zip(*paths, strict=False):
        if any(element is not level[0] for element in level):
            break
        common = level[0]
    return common


def opening(story: Element) -> str | None:
    """The heading that opens a story, above its first paragraph."""
    for piece in blocks_of(story):
        if piece.tag in _HEADINGS:
            return piece.text
        if furniture.is_prose(piece.text):
            return None
    return None


def lines_above(root: Element, story: Element) -> list[str]:
    """The short lines between the headline and the story: where most templates print date and byline."""
    inside = set(story.iter())
    lines: list[str] = []
    for piece in blocks_of(next(iter(root.iter("body")), root)):
        if piece.stood_in in inside:
            break
        lines = [] if piece.tag == "h1" else [*lines[-9:], piece.text]
    return lines


def _path(element: Element, body: Element) -> list[Element]:
    path = [element]
    for above in element.iterancestors():
        path.append(above)
        if above is body:
            break
    return path[::-1]


def _densest(pieces: list[Piece]) -> list[Element]:
    """Where paragraphs stand together with the most text between them."""
    by_parent: dict[Element, list[Piece]] = {}
    for piece in pieces:
        parent = piece.stood_in.getparent() if piece.stood_in.tag == "p" else piece.stood_in
        by_parent.setdefault(parent, []).append(piece)
    if not by_parent:
        return []
    best = max(by_parent.values(), key=lambda group: sum(len(piece.text) for piece in group))
    return [piece.stood_in for piece in best]


def key_of(text: str) -> str:
    """The words of a text, to compare."""
    return " ".join(re.findall(r"\w+", headline_key(text)))
