"""The element that holds a page's story in, the blocks that are of the story out, and their clean HTML.

A block's words tell what it is, as on captured pages (`captured_furniture`); `page_story` has found the element.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import accumulate, islice
from typing import Literal

import lxml.html

from publisher.sources import captured_dates, captured_furniture as furniture, captured_head as heads, clean
from publisher.sources.captured_furniture import Block
from publisher.sources.captured_text import Line
from publisher.sources.page_blocks import Piece, blocks_of
from publisher.sources.page_story import key_of
from publisher.sources.page_tree import Element, is_caption, names_of, text_of

_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_STATES = re.compile(r"^(?:posted|published|last (?:updated|modified|reviewed)|updated|released?|date)\b", re.I)
_SYNDICATED = re.compile(r"^\W*The post\b.{1,400}\bappeared first on\b.{1,200}$", re.I | re.S)
_BRACKET_CUT = re.compile(r"\s*\[\s*(?:…|\.\.\.|&hellip;)\s*\]\s*$")
_TAG_PATH = re.compile(r"/(?:tags?|categor(?:y|ies)|topics?|keywords?|schlagwort|etiquetas?)/", re.I)
_ENDS = ("end", "about", "links")
_CLOSES = re.compile(r"[.,:;!?…。,:!?؟।][\"”’')\]»]*$")
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
    def told(self) -> bool:
        """Whether it tells anything: a paragraph that is no label, were it of a few words."""
        return any(piece.tag == "p" and len(piece.text.split()) >= 3 for piece in self.pieces)

    @property
    def prose(self) -> list[str]:
        """Its running text; a script without spaces has none by the count of words."""
        told = (piece.text for piece in self.pieces if piece.tag not in ("ul", "ol") or not _is_of_links(piece))
        return [text for text in told if furniture.is_prose(text) or _is_unspaced_prose(text)]


def _is_of_links(piece: Piece) -> bool:
    return sum(len(text_of(link)) for link in piece.element.iter("a")) > 0.6 * len(piece.text)


def _is_of_tags(piece: Piece) -> bool:
    """Whether it only links to what has the same tags (`/tags/heart/`)."""
    links = list(piece.element.iter("a"))
    tags = all(_TAG_PATH.search(link.get("href") or "") for link in links)
    return bool(links) and tags and piece.text == " ".join(filter(None, map(text_of, links)))


def _is_unspaced_prose(text: str) -> bool:
    return len(text) >= 20 and sum(ord(char) > 0x2E80 for char in text) > 0.5 * len(text)


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
    return Block(line=line, kind=_run_in(piece) or furniture.kind_of(line))


def _run_in(piece: Piece) -> Literal["about"] | None:
    """A paragraph that begins with its own heading in bold letters (`About Larkfield` and a line break)."""
    if piece.tag != "p" or not len(piece.element) or (piece.element.text or "").strip():
        return None
    first = piece.element[0]
    heading = text_of(first) if first.tag in ("b", "strong") else ""
    named = bool(heading) and furniture.kind_of(Line(text=heading, number=0)) == "about"
    return "about" if named and len(first.tail or "") < len(piece.text) else None


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
    if not told and piece.tag == "p" and len(piece.text) <= 80 and not _CLOSES.search(piece.text):
        return False  # a label, a name, a dek: what stands above a text and is no sentence of it
    caption = furniture.labelled_caption(piece.text) if piece.tag == "p" else None
    around = (piece.stood_in, piece.stood_in.getparent(), *piece.element)
    if piece.tag == "p" and any(_is_caption(part, piece.text) for part in around if part is not None):
        caption = piece.text
    if caption:
        body.caption = body.caption or caption
        return False
    return kind not in _SKIPPED


def _is_caption(element: Element, text: str) -> bool:
    return is_caption(element) and text_of(element) == text


def _without_repeats(pieces: list[Piece]) -> list[Piece]:
    """Without pull-quotes, whose words stand in another paragraph, and captions that stand twice in a row."""
    keys = [key_of(piece.text) for piece in pieces]
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
            spoken = key_of(re.split(r"\s[–—-]\s|[”\"»]\s*[–—-]", piece.text)[0]) if piece.tag == "blockquote" else key
            if whole.count(f" {spoken} ") > 1:
                continue
        kept.append(piece)
    return kept


def _trimmed(pieces: list[Piece]) -> list[Piece]:
    """Without tags at the end, and without headings and rules there that head nothing."""
    end = len(pieces)
    while end and _is_of_tags(pieces[end - 1]):
        end -= 1
    if end < len(pieces) and len(pieces[end - 1].text) <= 60 and not _CLOSES.search(pieces[end - 1].text):
        end -= 1  # what introduces them
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
