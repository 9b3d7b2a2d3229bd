"""The tree of a page without its furniture in, the story's blocks out: which part of the page is the story, and which
of its blocks are of it.

Trafilatura tells which text of a page is its main text, whatever the template; the page's own marks (articleBody,
`<article>`) tell where it begins and ends. Each mends what the other loses. How a line reads is `captured_furniture`.
"""

import copy
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import accumulate, islice

import lxml.html

from publisher.records import headline_key
from publisher.sources import captured_dates, captured_furniture as furniture, captured_head as heads, clean
from publisher.sources.captured_furniture import Block
from publisher.sources.captured_text import Line
from publisher.sources.page_blocks import Piece, blocks_of
from publisher.sources.page_tree import Element, classes_of, names_of, sizes, text_of

# fmt: off
_MARKED = frozenset({
    "entry-content", "article-body", "article__body", "articlebody", "article-body-text", "story-body",
    "post-content", "post-body", "post__content", "field--name-body", "news-body", "release-body", "body-copy",
    "td-post-content", "article-content", "article__content", "article-text", "story-content", "news-content",
    "e-content", "wp-block-post-content", "field-name-body", "newsarticlebody", "cmp-text", "story__body",
    "press-release-body", "articlecontent", "article_body", "storybody", "news-detail__body", "rich-text",
    "richtext", "pressrelease-body",
})
# fmt: on
_MOST_FOR_TRAFILATURA = 600_000
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_STATES = re.compile(r"^(?:posted|published|last (?:updated|modified|reviewed)|updated|released?|date)\b", re.I)
_SYNDICATED = re.compile(r"^\W*The post\b.{1,400}\bappeared first on\b.{1,200}$", re.I | re.S)
_BRACKET_CUT = re.compile(r"\s*\[\s*(?:…|\.\.\.|&hellip;)\s*\]\s*$")
_ENDS = ("end", "about", "links")
_SKIPPED = ("icon", "furniture", "label", "month", "more", "pointer")


@dataclass(slots=True, kw_only=True)
class Body:
    """The story's blocks, and the lines met on the way that say when, by whom, and what a picture shows."""

    pieces: list[Piece] = field(default_factory=list)
    stated: list[str] = field(default_factory=list)
    caption: str | None = None

    @property
    def texts(self) -> list[str]:
        return [piece.text for piece in self.pieces if piece.text]

    @property
    def prose(self) -> list[str]:
        """Its running text; a script without spaces has none by the count of words."""
        told = (piece.text for piece in self.pieces if piece.tag not in ("ul", "ol") or not _is_of_links(piece))
        return [text for text in told if furniture.is_prose(text) or _is_unspaced_prose(text)]


def _is_of_links(piece: Piece) -> bool:
    return sum(len(text_of(link)) for link in piece.element.iter("a")) > 0.6 * len(piece.text)


def _is_unspaced_prose(text: str) -> bool:
    return len(text) >= 20 and sum(ord(char) > 0x2E80 for char in text) > 0.5 * len(text)


# --- Where the story is


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
    return frozenset(key for line in (text or "").split("\n") if len(key := _key(line)) >= 20)


def _key(text: str) -> str:
    return " ".join(re.findall(r"\w+", headline_key(text)))


def _lost(part: Element, whole: Element, lines: frozenset[str]) -> float:
    """How much of the main text in `whole` does not stand in `part`, from 0 to 1."""
    inside = {_key(piece.text) for piece in blocks_of(part)}
    around = {_key(piece.text) for piece in blocks_of(whole)} & lines
    total = sum(map(len, around))
    return sum(len(key) for key in around - inside) / total if total else 0.0


def _around(body: Element, lines: frozenset[str], weights: dict[Element, int]) -> Element:
    """The smallest element around the main text, or its `<article>`; without a main text, around the most prose."""
    told = [piece for piece in blocks_of(body) if piece.tag in ("p", "blockquote") and len(piece.text) >= 20]
    found = [piece.stood_in for piece in told if _key(piece.text) in lines] or _densest(told)
    if not found:
        return body
    common = _common([_path(element, body) for element in found[:300]], body)
    if common.tag == "p" and common.getparent() is not None:
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


# --- Which blocks are of it


def read(story: Element, is_headline: Callable[[str], bool], is_stated: Callable[[str], bool]) -> Body:
    """blocks | end | furniture | repeats -> Body.

    `is_headline` tells the page's headlines, which are not repeated; `is_stated` lines above the text that only say
    when and by whom, in the page's language.
    """
    pieces = blocks_of(story)
    blocks = [_as_block(piece, number) for number, piece in enumerate(pieces)]
    prose_below = list(accumulate((block.kind == "prose" for block in blocks[:0:-1]), initial=0))[::-1]
    body = Body()
    told = index = 0
    listing = False
    while index < len(pieces):
        piece, block = pieces[index], blocks[index]
        kind = "prose" if piece.tag in ("pre", "table", "dl") else block.kind
        if told and _ends_here(pieces, blocks, index, prose_below[index]):
            break
        if kind == "contact" and piece.tag not in ("ul", "ol"):
            index = heads.contact_end(blocks, index)
            continue
        listing = kind == "section" or (listing and not _goes_on(piece, block))
        if not told and piece.tag == "p" and len(piece.text) <= 140 and is_stated(piece.text):
            body.stated.append(piece.text)
        elif not listing and _keeps(piece, kind, told, is_headline, body):
            body.pieces.append(piece)
            told += bool(piece.text) and piece.tag not in (*_HEADINGS, "figure", "img")
        index += 1
    body.pieces = _trimmed(_without_repeats(body.pieces))
    return body


def _as_block(piece: Piece, number: int) -> Block:
    line = Line(text=piece.text or " ", number=number, gap=1, bullet=piece.tag in ("ul", "ol"))
    return Block(line=line, kind=furniture.kind_of(line))


def _ends_here(pieces: list[Piece], blocks: list[Block], index: int, rest: int) -> bool:
    """Whether the story is over: an end mark, or the heading of what stands below it and little more text."""
    kind, text = blocks[index].kind, pieces[index].text
    if _SYNDICATED.match(text):
        return True
    if kind not in _ENDS:
        return False
    if kind == "end":
        return bool(re.match(r"[#<]|.*(?:30|end)", text, re.I)) or rest < 3
    if pieces[index].tag in ("ul", "ol", "table", "figure"):
        return False
    below = next((block.text for block in islice(blocks, index + 1, index + 6) if block.kind == "prose"), "")
    return rest <= 2 or furniture.is_boilerplate(below)


def _goes_on(piece: Piece, block: Block) -> bool:
    """Whether a story goes on here below a box of links."""
    if piece.tag in ("ul", "ol", "figure", "img") or (piece.element.find(".//a") is not None and len(piece.text) < 140):
        return False
    return block.kind == "prose" or (piece.tag in _HEADINGS and block.kind == "short")


def _keeps(piece: Piece, kind: str, told: int, is_headline: Callable[[str], bool], body: Body) -> bool:
    """Whether a block is of the story; what it says of date, author or picture instead is noted in `body`."""
    if piece.tag in ("figure", "img", "hr") or kind == "bullet":
        return piece.tag != "hr" or bool(told)
    if len(piece.element) == 1 and piece.element[0].tag == "time" and text_of(piece.element[0]) == piece.text:
        return False
    if is_headline(piece.text) or _BRACKET_CUT.search(piece.text) or furniture.is_tweet(piece.text):
        return False
    if kind in ("date", "byline") or (kind == "label" and captured_dates.date_line(piece.text)):
        body.stated.append(piece.text)
        return bool(told) and kind == "date" and not _STATES.match(piece.text)
    caption = furniture.labelled_caption(piece.text) if piece.tag == "p" else None
    if piece.tag == "p" and any(_is_caption(part, piece.text) for part in (piece.stood_in, *piece.element)):
        caption = piece.text
    if caption:
        body.caption = body.caption or caption
        return False
    return kind not in _SKIPPED


def _is_caption(element: Element, text: str) -> bool:
    named = "caption" in names_of(element) or element.get("itemprop") == "caption"
    return named and text_of(element) == text


def _without_repeats(pieces: list[Piece]) -> list[Piece]:
    """Without pull-quotes, whose words stand in another paragraph, and captions that stand twice in a row."""
    keys = [_key(piece.text) for piece in pieces]
    whole = " \n ".join(f" {key} " for key in keys)
    kept: list[Piece] = []
    looked = 0
    for piece, key in zip(pieces, keys, strict=True):
        may_pull = (
            piece.tag == "blockquote"
            or bool(names_of(piece.element) & {"pullquote", "pull"})
            or (piece.tag == "p" and piece.text[:1] in '“"«„' and len(piece.text) < 300)
        )
        if may_pull and len(key.split()) >= 4 and looked < 40:
            looked += 1
            spoken = _key(re.split(r"\s[–—-]\s|[”\"»]\s*[–—-]", piece.text)[0]) if piece.tag == "blockquote" else key
            if whole.count(f" {spoken} ") > 1:
                continue
        kept.append(piece)
    return kept


def _trimmed(pieces: list[Piece]) -> list[Piece]:
    """Without headings and rules at the end that head nothing."""
    end = len(pieces)
    while end and (pieces[end - 1].tag == "hr" or pieces[end - 1].tag in _HEADINGS):
        end -= 1
    start = 0
    while start < end and pieces[start].tag == "hr":
        start += 1
    return pieces[start:end]


# --- What is published


def to_html(pieces: list[Piece], base: str) -> str | None:
    """The blocks as clean HTML with absolute links; None where they cannot be made clean."""
    made = clean.html("\n".join(map(_published, pieces)), base)
    if made is None:
        return None
    made = re.sub(r"<(p|li|h[2-4]|figure|figcaption|strong|em|b|i|a)(?: [^<>]*)?>(?:\s|&nbsp;|\xa0)*</\1>", "", made)
    return re.sub(r"\n\s*\n+", "\n", made).strip()


def _published(piece: Piece) -> str:
    element = piece.element
    for below in (element, *element.iterdescendants()):
        if below.tag == "h1":
            below.tag = "h2"
        elif below.tag in ("h5", "h6"):
            below.tag = "h4"
    if element.tag == "img":
        figure = lxml.html.Element("figure")
        figure.append(element)
        element = figure
    return str(lxml.html.tostring(element, encoding="unicode", with_tail=False))
