"""An element of a page in, its blocks out: paragraphs, headings, lists, tables, pictures, in page order.

Wrappers are gone through; text that stands in no paragraph, or is parted by two line breaks, becomes paragraphs;
tables that only lay a page out are read through like wrappers.
"""

import copy
import re
from collections.abc import Iterator
from dataclasses import dataclass

import lxml.html

from publisher.sources import clean
from publisher.sources.page_tree import BLOCKS, Element, text_of

_WHOLE = frozenset(
    {"p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "dl", "blockquote", "pre", "figure", "hr", "img"}
)
_LONG_CELL = 350


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A block: its tag, its text on one line, an element of its own to publish, and the element it stood in."""

    tag: str
    text: str
    element: Element
    stood_in: Element


def blocks_of(element: Element) -> list[Piece]:
    """The blocks in an element. The page's tree is left as it is."""
    return [piece for piece in _through(element) if piece.text or piece.tag in ("figure", "img", "hr")]


def _through(element: Element) -> Iterator[Piece]:
    run = _Run(element)
    run.add_text(element.text)
    for child in element:
        if child.tag == "br":
            yield from run.line_break()
        elif _is_inline(child):
            run.add(child)
        else:
            yield from run.flush()
            if child.tag == "pre" and not len(child):
                yield from _typed(child)
            else:
                yield from _whole(child) if _stands_whole(child) else _through(child)
        run.add_text(child.tail)
    yield from run.flush()


def _is_inline(element: Element) -> bool:
    if element.tag in BLOCKS or element.tag == "img":
        return False
    return not any(below.tag in BLOCKS and below.tag != "br" for below in element.iterdescendants())


def _stands_whole(element: Element) -> bool:
    if element.tag == "table":
        return not _is_layout(element)
    if element.tag == "p":  # two line breaks in a paragraph part it, as people write in a visual editor
        return not _has_double_break(element)
    return element.tag in _WHOLE


def _whole(element: Element) -> Iterator[Piece]:
    own = copy.deepcopy(element)
    own.tail = None
    text = text_of(element)
    tag = str(element.tag)
    if tag in ("p", "h1", "h2", "h3", "h4", "h5", "h6") and not text:
        for image in own.iter("img"):
            figure = lxml.html.Element("figure")
            image.tail = None
            figure.append(copy.deepcopy(image))
            yield Piece(tag="figure", text="", element=figure, stood_in=element)
        return
    yield Piece(tag=tag, text=text, element=own, stood_in=element)


def _typed(element: Element) -> Iterator[Piece]:
    """Text typed with blank lines between its paragraphs; in one piece it stays as it was typed."""
    parts = [part for part in re.split(r"\n[ \t]*\n", (element.text or "").replace("\r\n", "\n")) if part.strip()]
    if len(parts) < 2:
        yield from _whole(element)
        return
    for part in parts:
        run = _Run(element)
        run.add_text(part)
        yield from run.flush()


def _has_double_break(element: Element) -> bool:
    breaks = [child for child in element if child.tag == "br"]
    return any(
        not (one.tail or "").strip() and one.getnext() is not None and one.getnext().tag == "br" for one in breaks
    )


def _is_layout(table: Element) -> bool:
    """A table that only lays the page out: tables in it, or cells that hold a story."""
    if (table.get("role") or "") in ("presentation", "none"):
        return True
    cells = 0
    for below in table.iterdescendants():
        if below.tag in ("table", "h1", "h2", "article"):
            return True
        if below.tag in ("td", "th"):
            cells += 1
            length = len(text_of(below))
            if length > _LONG_CELL or (length > _LONG_CELL // 2 and len(below.findall(".//p")) >= 2):
                return True
    return cells <= 1


class _Run:
    """Text and inline elements that stand in no paragraph, until a block or two line breaks end them."""

    def __init__(self, stood_in: Element) -> None:
        self._stood_in = stood_in
        self._paragraph = lxml.html.Element("p")
        self._breaks = 0

    def add_text(self, text: str | None) -> None:
        if not text:
            return
        if text.strip():
            self._end_line()
        if len(self._paragraph):
            self._paragraph[-1].tail = (self._paragraph[-1].tail or "") + text
        else:
            self._paragraph.text = (self._paragraph.text or "") + text

    def add(self, element: Element) -> None:
        self._end_line()
        own = copy.deepcopy(element)
        own.tail = None
        self._paragraph.append(own)

    def line_break(self) -> Iterator[Piece]:
        self._breaks += 1
        if self._breaks == 2:
            yield from self.flush()

    def _end_line(self) -> None:
        if self._breaks == 1 and (len(self._paragraph) or (self._paragraph.text or "").strip()):
            self._paragraph.append(lxml.html.Element("br"))
        self._breaks = 0

    def flush(self) -> Iterator[Piece]:
        paragraph, self._paragraph, self._breaks = self._paragraph, lxml.html.Element("p"), 0
        text = clean.line(text_of(paragraph))
        if text:
            yield Piece(tag="p", text=text, element=paragraph, stood_in=self._stood_in)
