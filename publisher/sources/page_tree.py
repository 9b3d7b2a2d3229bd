"""The text of a web page in, its tree out: parsed once, within limits, with the plain questions that all readers ask.

Scripts, styles and comments leave the tree; the text of the JSON-LD scripts is kept beside it.
"""

import re
from dataclasses import dataclass, field
from typing import TypeAlias
from urllib.parse import urljoin, urlsplit

import lxml.html
from lxml import etree

from publisher.sources import clean
from publisher.sources.page_text import Refusal

Element: TypeAlias = lxml.html.HtmlElement

_MOST_ELEMENTS = 15_000
_MOST_TEXT = 500_000
"""Characters that readers could see: ten times a very long article."""

_UNREAD = ("script", "style", "template", "noscript", "svg", "math", "object", "embed", "iframe", "select", "textarea")
# fmt: off
BLOCKS = frozenset({
    "address", "article", "aside", "blockquote", "body", "br", "center", "dd", "details", "div", "dl", "dt",
    "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li",
    "main", "nav", "ol", "option", "p", "pre", "section", "summary", "table", "tbody", "td", "tfoot", "th", "thead",
    "tr", "ul",
})
# fmt: on
_WORDS = re.compile(r"[a-z0-9]+")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_XML_DECLARATION = re.compile(r"^\s*<\?xml\b[^>]*>", re.I)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A parsed page. `base` is where its relative links start from, `url` where it stands, as far as known.

    `sizes` holds the number of characters of text in each element, `prose` of that outside links (a menu is all
    links), `scripts` the JSON-LD as written.
    """

    root: Element
    url: str | None
    base: str
    scripts: tuple[str, ...] = ()
    sizes: dict[Element, int] = field(default_factory=dict)
    prose: dict[Element, int] = field(default_factory=dict)

    def address(self, href: str | None) -> str | None:
        """The absolute http(s) address of a link, without its fragment; None for any other sort of link."""
        if not href or len(href) > 2000:
            return None
        try:
            absolute = urljoin(self.base, href.strip())
        except ValueError:
            return None
        return clean.web_address(absolute.split("#")[0].replace(" ", "%20"))


def parse(text: str, url: str | None) -> Page | Refusal:
    """The page's tree, or why it is not read."""
    raw = clean.harmless(_XML_DECLARATION.sub("", text))
    parser = lxml.html.HTMLParser(huge_tree=False, no_network=True, remove_comments=True, remove_pis=True)
    try:
        root = lxml.html.document_fromstring(raw, parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError, AssertionError):
        return Refusal(code="not-html", mend="no HTML could be read from it; check that this is a web page")
    if parser.error_log.filter_from_fatals():
        why = "its elements stand in each other deeper than any page needs, or a text in it has no end"
        return Refusal(code="too-deep", mend=f"{why}; the page is broken, so save its article as Markdown")
    if sum(1 for _ in root.iter()) > _MOST_ELEMENTS:
        why = f"the page has more than {_MOST_ELEMENTS:,} elements"
        return Refusal(code="too-large", mend=f"{why}; no article has: give the address of one article")
    scripts = tuple(
        script.text or "" for script in root.iter("script") if "ld+json" in (script.get("type") or "").lower()
    )
    etree.strip_elements(root, *_UNREAD, with_tail=False)
    weights = sizes(root)
    if weights[root] > _MOST_TEXT:
        why = f"the page has more than {_MOST_TEXT:,} characters of text"
        return Refusal(code="too-large", mend=f"{why}; no article has: give the address of one article")
    return Page(
        root=root, url=url, base=_base(root, url), scripts=scripts, sizes=weights, prose=sizes(root, links=False)
    )


def sizes(root: Element, *, links: bool = True) -> dict[Element, int]:
    """How many characters of text each element has, with or without the text of links."""
    found: dict[Element, int] = {}
    for element in reversed(list(root.iter())):
        below = sum(found.get(child, 0) + len((child.tail or "").strip()) for child in element)
        counts = links or element.tag != "a"
        found[element] = len((element.text or "").strip()) + below if counts else 0
    return found


def _base(root: Element, url: str | None) -> str:
    """Where relative links start: `<base href>` if it stays on the site, else the page's own address."""
    own = url or _self_named(root)
    for tag in root.iter("base"):
        href = tag.get("href")
        if href:
            try:
                based = clean.web_address(urljoin(own, href.strip()))
            except ValueError:
                return own
            return based if based and (not own or same_site(based, own)) else own
    return own


def _self_named(root: Element) -> str:
    """The address a page gives itself, for one that was handed over without any."""
    for path in ("//link[@rel='canonical']/@href", "//meta[@property='og:url']/@content"):
        for value in root.xpath(path)[:1]:
            if clean.web_address(str(value)):
                return str(value).strip()
    return ""


def same_site(one: str, other: str) -> bool:
    """Whether two addresses are of one site: the same host, `www.` aside, or one a part of the other."""
    try:
        first, second = ((urlsplit(url).hostname or "").removeprefix("www.") for url in (one, other))
    except ValueError:
        return False
    return bool(first and second) and (first == second or first.endswith(f".{second}") or second.endswith(f".{first}"))


def text_of(element: Element) -> str:
    """All text of an element on one line, a space at each edge of a block."""
    pieces: list[str] = []
    _gather(element, pieces)
    return clean.line("".join(pieces))


def _gather(element: Element, pieces: list[str]) -> None:
    edge = " " if element.tag in BLOCKS else ""
    pieces += (edge, element.text or "")
    for child in element:
        _gather(child, pieces)
        pieces.append(child.tail or "")
    pieces.append(edge)


def names_of(element: Element) -> frozenset[str]:
    """The words of an element's class, id and role: `card__title` and `cardTitle` are `card` and `title`."""
    said = " ".join(element.get(name) or "" for name in ("class", "id", "role"))[:600]
    return frozenset(_WORDS.findall(_CAMEL.sub(" ", said).lower())) if said.strip() else frozenset()


def is_caption(element: Element) -> bool:
    """Whether a template calls the element a caption (`caption`, `imagecaption`)."""
    return any(name.endswith("caption") for name in names_of(element)) or element.get("itemprop") == "caption"


def classes_of(element: Element) -> frozenset[str]:
    """The whole class names of an element, in small letters."""
    return frozenset((element.get("class") or "")[:600].lower().split())


def within(element: Element, tags: frozenset[str]) -> bool:
    """Whether the element stands in one of these tags."""
    return any(above.tag in tags for above in element.iterancestors())
