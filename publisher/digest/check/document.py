"""The largest copy of an edition, read once for all families: its tree, sheets, links, images and words.

In comes an edition, out goes a frozen Document. What is right or wrong about it is for others to say. What Outlook
alone reads, in conditional comments, is not in the tree; `comments` has it as it stands.
"""

import re
from dataclasses import dataclass

from lxml import etree
from lxml.html import HtmlElement, HTMLParser, document_fromstring

from publisher.records import Edition

PERSONAL = "https://personal.invalid/"
"""Where the links of the sample reader lead: all below it stands for an address that is a reader's own."""

NOWHERE = "HTML part"
"""The place of what stands under no heading."""

_HIDDEN = re.compile(
    r"(?:^|[;\s])(?:display\s*:\s*none|visibility\s*:\s*hidden|opacity\s*:\s*0(?:\.0+)?\s*(?:!|;|$))", re.IGNORECASE
)
_FLAT = re.compile(r"(?:^|[;\s])max-height\s*:\s*0(?:px)?\s*(?:!|;|$)", re.IGNORECASE)
_CUT_OFF = re.compile(r"(?:^|[;\s])overflow\s*:\s*hidden", re.IGNORECASE)
_UNSAID = {"head", "script", "style", "template", "title", "noscript"}
_HEADINGS = {"h1": 1, "h2": 2, "h3": 3, "h4": 4, "h5": 5, "h6": 6}
_INLINE = {"a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "code", "del", "dfn", "em", "font", "i", "img"}
_INLINE |= {"ins", "kbd", "mark", "q", "s", "small", "span", "strike", "strong", "sub", "sup", "time", "tt", "u"}
_INLINE |= {"var", "wbr"}
# Soft hyphens, joiners and marks of direction: nobody sees them, and the filling of a preheader is made of them.
_UNSEEN = dict.fromkeys([0xAD, 0x34F, 0x61C, 0x200B, 0x200C, 0x200D, 0x200E, 0x200F, 0x2060, 0xFEFF])
_ENDS = re.compile(r"</(?:body|html)\s*>", re.IGNORECASE)
_NAME = etree.XPath("descendant::text() | descendant::img/@alt", smart_strings=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    level: int
    text: str
    element: HtmlElement


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """`text` is all that it says, alternative texts of its images included; `place` the heading it is nearest to."""

    href: str
    text: str
    place: str
    element: HtmlElement


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """An <img>: its attributes as they stand, None where there is none."""

    src: str
    alt: str | None
    width: str | None
    height: str | None
    style: str
    place: str
    element: HtmlElement


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """`source` is the HTML, `tree` its <html>, `sheets` the texts of the style elements, `comments` those of comments.

    `links`, `images` and `headings` leave out what is `hidden` (the elements that nobody is shown, and all within
    them). `text` is what can be read, one line a block. `language` is that of <html>, "" where it says none.
    """

    source: str
    tree: HtmlElement
    language: str
    text: str
    sheets: tuple[str, ...]
    comments: tuple[str, ...]
    headings: tuple[Heading, ...]
    links: tuple[Link, ...]
    images: tuple[Picture, ...]
    hidden: frozenset[HtmlElement]


class _Sample(dict[str, str]):
    """Made-up values for any personal token, also for one that a site's own template has made up."""

    def __missing__(self, name: str) -> str:
        return PERSONAL + name.lower()


SAMPLE = _Sample(GREETING="Hello, Alex Example.", EMAIL="alex@personal.invalid")


def read(edition: Edition) -> Document:
    """The largest copy, with all blocks and a made-up reader's values."""
    greeting = edition.greeting_named.replace("{name}", "Alex Example")
    return parse(edition.html_for((), _Sample({**SAMPLE, "GREETING": greeting})))


def parse(source: str) -> Document:
    """Any HTML, however broken."""
    tree = _tree(source)
    hidden = _hidden(tree)
    headings = tuple(
        Heading(level=_HEADINGS[element.tag], text=name(element), element=element)
        for element in tree.iter(*_HEADINGS)
        if element not in hidden
    )
    places = _places(tree, headings)
    return Document(
        source=source,
        tree=tree,
        language=(tree.get("lang") or "").strip(),
        text=_text(tree, hidden),
        sheets=tuple(sheet.text or "" for sheet in tree.iter("style")),
        comments=tuple(comment.text or "" for comment in tree.xpath("//comment()")),
        headings=headings,
        links=tuple(
            Link(href=element.get("href", "").strip(), text=name(element), place=places[element], element=element)
            for element in tree.iter("a", "area")
            if element.get("href") is not None and element not in hidden
        ),
        images=tuple(_picture(e, places[e]) for e in tree.iter("img") if e not in hidden),
        hidden=hidden,
    )


def shown(text: str) -> str:
    """The text on one line and without the characters that nobody sees."""
    return " ".join(text.translate(_UNSEEN).split())


def name(element: HtmlElement) -> str:
    """What an element says, to eyes and to ears: its text and its images' alternative texts, in their order."""
    own = element.get("alt", "") if element.tag in ("img", "area") else ""
    said = _NAME(element)
    return shown(own + "".join(map(str, said)) if isinstance(said, list) else own)


def short(text: str) -> str:
    """At most 100 characters, so that a place fits on a line."""
    return text if len(text) <= 100 else text[:99].rstrip() + "…"


def _tree(source: str) -> HtmlElement:
    # A new parser each time: lxml's are not to be shared among threads. Bytes, for it refuses text that names its own
    # encoding; lone surrogates and NUL cannot be in a mail that left, and must not stop the check of one that has not.
    # The ends of body and html are left away, for the parser drops what follows them, and mail programs show it.
    data = _ENDS.sub("", source.replace("\0", "\ufffd")).encode("utf-8", "replace")
    try:
        root = document_fromstring(data, parser=HTMLParser(encoding="utf-8", huge_tree=True))
    except etree.ParserError:
        root = document_fromstring("<html><head></head><body></body></html>")
    return root


def _hidden(tree: HtmlElement) -> frozenset[HtmlElement]:
    """By their own styles; the attribute `hidden` hides nothing in most mail programs."""
    hidden: set[HtmlElement | None] = set()
    for element in tree.iter(etree.Element):
        style = element.get("style", "")
        is_hidden = _HIDDEN.search(style) or (_FLAT.search(style) and _CUT_OFF.search(style))
        if is_hidden or element.tag in _UNSAID or element.getparent() in hidden:
            hidden.add(element)
    return frozenset(hidden)


def _places(tree: HtmlElement, headings: tuple[Heading, ...]) -> dict[HtmlElement, str]:
    """The heading each element belongs to: in the smallest part that has any, the last before it, else the first."""
    first: dict[HtmlElement, int] = {}
    for number, heading in enumerate(headings):
        element: HtmlElement | None = heading.element
        while element is not None and element not in first:
            first[element] = number
            element = element.getparent()
    part: dict[HtmlElement, int] = {}
    places: dict[HtmlElement, str] = {}
    passed = -1
    for element in tree.iter(etree.Element):
        if passed + 1 < len(headings) and headings[passed + 1].element is element:
            passed += 1
        parent = element.getparent()
        part[element] = first[element] if element in first else part.get(parent, -1)
        number = max(passed, part[element])
        places[element] = short(headings[number].text) or NOWHERE if number >= 0 else NOWHERE
    return places


def _text(tree: HtmlElement, hidden: frozenset[HtmlElement]) -> str:
    """What can be read, each block on a line of its own."""
    said: list[str] = []
    for event, element in etree.iterwalk(tree, events=("start", "end", "comment", "pi")):
        if event in ("start", "end") and element.tag not in _INLINE:
            said.append("\n")
        if event == "start":
            said.append("" if element in hidden else element.text or "")
        else:
            parent = element.getparent()
            said.append("" if parent is None or parent in hidden else element.tail or "")
    lines = (shown(line) for line in "".join(said).split("\n"))
    return "\n".join(line for line in lines if line)


def _picture(element: HtmlElement, place: str) -> Picture:
    return Picture(
        src=element.get("src", "").strip(),
        alt=element.get("alt"),
        width=element.get("width"),
        height=element.get("height"),
        style=element.get("style", ""),
        place=place,
        element=element,
    )
