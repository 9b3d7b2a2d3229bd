"""Boxes of a page's layout in, paragraphs out: `div` and its like go when HTML is cleaned, and their edges with them.

Editors that write a `div` for each paragraph are as common as those that write a `p`. Where a box that goes held text,
the text becomes a paragraph, so that no sentence runs into the next; headings of levels that no body has get the
nearest that it has.
"""

from typing import TypeAlias

import lxml.html
from lxml import etree

Element: TypeAlias = lxml.html.HtmlElement

# fmt: off
_BOXES = frozenset({
    "div", "section", "article", "main", "header", "footer", "aside", "nav", "center", "address", "details", "summary",
    "fieldset", "legend", "hgroup", "form", "body",
})
_BLOCKS = frozenset({
    "p", "h2", "h3", "h4", "ul", "ol", "dl", "blockquote", "pre", "hr", "figure", "table", "li", "dt", "dd", "tr", "td",
    "th", "thead", "tbody", "caption", "figcaption",
})
# fmt: on
_LEVELS = {"h1": "h2", "h5": "h4", "h6": "h4"}
_CELLS = frozenset({"li", "td", "th", "dd"})
_ROOMS = _CELLS | {"blockquote", "ul", "ol", "dl", "table", "thead", "tbody", "tr"}
"""What stays and may hold paragraphs, or what may (HTML Standard, "Flow content"); elsewhere a gap has to do."""


def part(tree: Element, kept: frozenset[str]) -> None:
    """Make paragraphs of the boxes below `tree`, in place. `kept` are the elements that cleaning leaves."""
    if next(tree.iterdescendants(*_BOXES, *_LEVELS), None) is None:
        return
    etree.strip_elements(tree, "script", "style", with_tail=False)
    for heading in list(tree.iter(*_LEVELS)):
        heading.tag = _LEVELS[heading.tag]
    _part(tree, kept, may_stand=True)


def _part(element: Element, kept: frozenset[str], *, may_stand: bool) -> bool:
    """Whether the element is a block or holds one, when all below it is done.

    `may_stand` says that a paragraph may stand where the element does.
    """
    inside = may_stand and (element.tag in _ROOMS or element.tag not in kept)
    children = [child for child in element if isinstance(child.tag, str)]
    blocks = [child for child in children if _part(child, kept, may_stand=inside)]
    if element.tag not in _BOXES:
        return bool(blocks) or element.tag in _BLOCKS
    if blocks and inside:
        _wrap(element, blocks)
    if blocks:
        for edge in () if inside else (element, *blocks):
            _gap(edge)
        return True
    if element.getparent() is None or _is_alone(element):
        return False
    if may_stand and _says(element):
        element.tag = "p"
        return True
    if _says(element) or (element.tail or "").strip():
        _gap(element)
    return False


def _gap(box: Element) -> None:
    """White space at the edges of a box that has something beside it."""
    before, parent = box.getprevious(), box.getparent()
    if before is not None:
        before.tail = (before.tail or "") + "\n"
    elif parent is not None and (parent.text or "").strip():
        parent.text += "\n"
    if (box.tail or "").strip() or box.getnext() is not None:
        box.tail = "\n" + (box.tail or "")


def _wrap(box: Element, blocks: list[Element]) -> None:
    """Put what stands loose between the blocks of a box into paragraphs of its own."""
    children, parted = list(box), set(blocks)
    loose = box.makeelement("p")
    loose.text, box.text = box.text, None
    for child in children:
        tail, child.tail = child.tail, None
        if child in parted:
            _put(box, loose)
            box.append(child)
            loose = box.makeelement("p")
            loose.text = tail
        else:
            loose.append(child)
            child.tail = tail
    _put(box, loose)


def _put(box: Element, loose: Element) -> None:
    """At the end of the box; what says nothing, a picture or a line's end, in no paragraph."""
    if _says(loose):
        _trim(loose)
    else:
        loose.tag = "div"
    box.append(loose)


def _trim(loose: Element) -> None:
    """Line ends at the edges of a paragraph kept it apart from what stood beside it."""
    while len(loose) and loose[-1].tag == "br" and not (loose[-1].tail or "").strip():
        loose.remove(loose[-1])
    while len(loose) and loose[0].tag == "br" and not (loose.text or "").strip():
        loose.text = loose[0].tail
        loose.remove(loose[0])


def _says(element: Element) -> bool:
    return any(text.strip() for text in element.itertext() if isinstance(text, str))


def _is_alone(element: Element) -> bool:
    """Whether it is all that a cell or an entry of a list has: the cell is its paragraph."""
    parent = element.getparent()
    if parent.tag not in _CELLS or len(parent) > 1:
        return False
    return not ((parent.text or "").strip() or (element.tail or "").strip())
