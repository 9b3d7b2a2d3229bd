"""Clean HTML in, its block texts out, for comparing and counting."""

import re

import lxml.html
from lxml import etree

_BLOCKS = frozenset({"p", "li", "h2", "h3", "h4", "h5", "h6", "blockquote", "pre", "td"})
_LEFT_OUT = frozenset({"figcaption", "script", "style"})


def paragraphs(html: str) -> list[str]:
    """The texts of the blocks of `html`, in page order, white space collapsed (no-break spaces are kept).

    A block inside a block counts once, in the innermost; text outside any block is a paragraph of its own.
    """
    if not html.strip():
        return []
    try:
        root = lxml.html.fragment_fromstring(html, create_parent="div")
    except (etree.ParserError, ValueError):
        return []
    texts: list[list[str]] = [[]]
    _gather(root, texts)
    return [text for text in (_collapse("".join(pieces)) for pieces in texts) if text]


def _gather(element: lxml.html.HtmlElement, texts: list[list[str]]) -> None:
    """Append the text of `element` to the last of `texts`, beginning a new one at each edge of a block."""
    if not isinstance(element.tag, str) or element.tag in _LEFT_OUT:
        return
    if element.tag == "br":
        texts[-1].append(" ")
    is_block = element.tag in _BLOCKS
    if is_block:
        texts.append([])
    texts[-1].append(element.text or "")
    for child in element:
        _gather(child, texts)
        texts[-1].append(child.tail or "")
    if is_block:
        texts.append([])


def _collapse(text: str) -> str:
    return re.sub(r"[ \t\r\n\f\v]+", " ", text).strip(" \xa0")
