"""Content as old posts keep it, with blank lines for paragraphs -> HTML with paragraphs, as WordPress would show it.

One walk over the block tags. Text that stands where paragraphs may is cut at blank lines, its single line ends become
breaks; in lists, tables and headings it stays, in preformatted text nothing is touched at all. An address alone on its
line, which WordPress would play, becomes a link.
"""

import html as escaping
import re
from collections.abc import Iterator

from publisher.sources.wordpress_embeds import link_to, watched

_BLOCKS = (
    "table|thead|tfoot|caption|tbody|colgroup|tr|td|th|div|dl|dd|dt|ul|ol|li|pre|form|blockquote|address|p|h[1-6]|hr"
    "|fieldset|legend|section|article|aside|header|footer|nav|figure|figcaption|details|summary|style|script|iframe"
    "|video|audio|object"
)
_TAG = re.compile(rf"<(/?)({_BLOCKS})\b[^<>]{{0,3000}}>", re.I)
_HOLDS_PARAGRAPHS = {"div", "blockquote", "section", "article", "aside", "header", "footer", "address", "details"}
_HOLDS_LINES = {"li", "td", "th", "dd"}
_HOLDS_NOTHING = {"pre", "style", "script", "object", "video", "audio", "iframe"}
_NEVER_OPEN = {"hr"}
_BREAK = re.compile(r"(?<!<br>)(?<!<br/>)(?<!<br />)\n")
_PARTED = re.compile(r"\n[ \t]*\n")
_ALONE = re.compile(r"https?://[^\s<>\"]{4,2000}")


def with_paragraphs(content: str) -> str:
    """The content with `<p>` and `<br>` where its blank lines and line ends are."""
    return "".join(_walked(content.replace("\r\n", "\n").replace("\r", "\n")))


def _walked(content: str) -> Iterator[str]:
    opened: list[str] = []
    at = 0
    for tag in _TAG.finditer(content):
        name = tag[2].lower()
        if opened and opened[-1] in _HOLDS_NOTHING and not (tag[1] and name == opened[-1]):
            continue
        yield _between(content[at : tag.start()], opened[-1] if opened else None)
        yield tag[0]
        at = tag.end()
        _move(opened, name, closes=bool(tag[1]) or tag[0].endswith("/>"))
    yield _between(content[at:], opened[-1] if opened else None)


def _move(opened: list[str], name: str, *, closes: bool) -> None:
    """Follow one tag. What was never closed inside is closed with it; what was never opened is passed over."""
    if not closes and name not in _NEVER_OPEN:
        opened.append(name)
    elif closes and name in opened[-50:]:
        while opened.pop() != name:
            pass


def _between(text: str, inside: str | None) -> str:
    """The text between two tags, as the element that it stands in shows it."""
    may_hold = inside is None or inside in _HOLDS_PARAGRAPHS
    if not may_hold and not (inside in _HOLDS_LINES and _PARTED.search(text.strip())):
        return text
    parts = (part.strip() for part in _PARTED.split(text))
    return "\n".join(_paragraph(part) for part in parts if part) or text


def _paragraph(part: str) -> str:
    if _ALONE.fullmatch(part):
        return link_to(watched(escaping.unescape(part)))
    return "<p>" + _BREAK.sub("<br>\n", part) + "</p>"
