"""Makes text and HTML from outside harmless: what is stored is clean, absolute and can be put in any XML document."""

import re
from collections.abc import Callable
from html import escape, unescape
from urllib.parse import urljoin, urlsplit

import lxml.html
import nh3
from lxml import etree

from publisher.sources.clean_blocks import part

_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
_REFERENCE = re.compile(r"&#(?:[xX][0-9a-fA-F]+|[0-9]+);?")
_OVERRIDES = re.compile("[\u202a-\u202e\u2066-\u2069\ufeff]")
_SEPARATORS = re.compile("[\r\u2028\u2029]")
"""Line ends that nobody types: they come from a program, or to mislead."""

# fmt: off
_TAGS = frozenset({
    "p", "h2", "h3", "h4", "ul", "ol", "li", "dl", "dt", "dd", "blockquote", "pre", "code", "a", "em", "strong", "b",
    "i", "sub", "sup", "abbr", "br", "hr", "figure", "figcaption", "img", "table", "caption", "thead", "tbody", "tr",
    "th", "td",
})
# fmt: on
_ATTRIBUTES = {
    "a": {"href", "hreflang", "title"},
    "img": {"src", "alt", "width", "height"},
    "abbr": {"title"},
    "th": {"colspan", "rowspan", "scope"},
    "td": {"colspan", "rowspan"},
    "ol": {"start"},
    "*": {"lang", "dir"},
}
_LONGEST_ADDRESS = 2_000
"""In bytes. PostgreSQL refuses rows with more than 2,704 in one of its indexes, and then all of the reading fails."""
_SCHEMES = {"http", "https", "mailto", "tel"}
_UNSEEN = {"script", "style", "iframe", "noembed", "noframes"}
"""Elements whose text is never shown: no browser reads markup inside of them."""


def text(value: str) -> str:
    """One string without characters that XML cannot carry (XML 1.0, section 2.2), with LF line ends."""
    return _NOT_XML.sub("", value.replace("\r\n", "\n").replace("\r", "\n"))


def harmless(raw: str) -> str:
    """HTML without characters, or references to them, that XML cannot carry: ready for lxml, which raises on some."""
    return _REFERENCE.sub(_harmless, text(raw))


def line(value: str) -> str:
    """Text on one line: a headline, a name. Without overrides of the writing direction, which hide what is written."""
    return re.sub(r"\s+", " ", _OVERRIDES.sub("", text(value))).strip()


def unseen(value: str) -> str:
    """The characters, each once, that `line` takes out of `value` or makes spaces of, and nobody wrote knowingly."""
    found = (mark.findall(value) for mark in (_NOT_XML, _OVERRIDES, _SEPARATORS))
    return "".join(dict.fromkeys(char for chars in found for char in chars))


def shortened(value: str, most: int) -> str:
    """At most so many characters of one line, with an ellipsis where words are left out."""
    if len(value) <= most:
        return value
    kept = value[: most - 1]
    at_word = kept.rsplit(" ", 1)[0]
    return (at_word if len(at_word) > most // 2 else kept).rstrip(" ,;:") + "…"


def html(raw: str, base: str, publish: Callable[[str], str | None] = lambda _: None) -> str | None:
    """Clean HTML with absolute links; None where elements stand in each other deeper than the reader follows.

    `base` is the URL that relative links start from; `publish` may give the public URL of a local image by the `src`
    it was written with. Scripts, styles, forms, frames, event handlers and images without an address go.
    """
    raw = harmless(raw)
    if not raw.strip():
        return ""
    parser = lxml.html.HTMLParser()
    try:
        tree = lxml.html.fragment_fromstring(raw, create_parent="div", parser=parser)
    except etree.ParserError:  # a declaration alone, or what else has nothing to show
        return ""
    if parser.error_log.filter_from_fatals():  # it stopped there, and would have lost the rest without a word
        return None
    for element, attribute, value, _ in list(tree.iterlinks()):
        if attribute:
            local = publish(value) if element.tag == "img" and attribute == "src" else None
            address = text(local or _absolute(base, value))
            if urlsplit(address).scheme in _SCHEMES:
                element.set(attribute, address)
            else:
                del element.attrib[attribute]
    for image in tree.xpath("//img"):
        if not image.get("src", "").startswith(("http:", "https:")) or _is_pixel(image):
            image.drop_tree()
    part(tree, _TAGS)
    before = escape(tree.text or "", quote=False)
    inner = before + "".join(lxml.html.tostring(child, encoding="unicode") for child in tree)
    return nh3.clean(
        inner,
        tags=set(_TAGS),
        clean_content_tags=_UNSEEN,
        attributes=_ATTRIBUTES,
        url_schemes=_SCHEMES,
        link_rel=None,
    ).strip()


def _is_pixel(image: lxml.html.HtmlElement) -> bool:
    """A picture that nobody can see is there to track readers."""
    return any(re.fullmatch(r"\s*0*[01](px)?\s*", image.get(side, "")) for side in ("width", "height"))


def _harmless(reference: re.Match[str]) -> str:
    """A character reference as it is, unless it names what XML cannot carry: lxml raises on some, lets others pass.

    `unescape` reads &#150; as the dash that old Windows editors meant, as browsers do.
    """
    meant = unescape(reference.group())
    return reference.group() if len(meant) == 1 and not _NOT_XML.search(meant) and ord(meant) < 128 else text(meant)


def _absolute(base: str, value: str) -> str:
    """`value` from `base`, or nothing where a browser would have to guess."""
    if not value.strip():  # else it would be the page itself
        return ""
    try:
        address = urljoin(base, value.strip())
        parts = urlsplit(address)
    except ValueError:
        return ""
    return "" if parts.scheme in ("http", "https") and not parts.hostname else address


def web_address(value: str) -> str | None:
    """`value` if it is an absolute http(s) URL without credentials that a database can find again, else None."""
    if len(value.encode("utf-8", "replace")) > _LONGEST_ADDRESS:
        return None
    try:
        parts = urlsplit(value.strip())
        usable = parts.scheme in ("http", "https") and parts.hostname and not parts.username and value.isprintable()
    except ValueError:
        return None
    return value.strip() if usable and " " not in value.strip() else None
