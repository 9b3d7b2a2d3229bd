"""Atom's texts and contents: plain, HTML in escapes, XHTML in a div, other types, or an address."""

import binascii
from base64 import b64decode
from collections.abc import Iterator

from lxml import etree

from publisher.feeds.lint import addresses, html
from publisher.feeds.lint.elements import Element, attribute, based, children, name, text
from publisher.feeds.lint.plain import plain
from publisher.feeds.lint.rules import Flaw, at, found, shown
from publisher.feeds.lint.tags import LINKING
from publisher.feeds.lint.vocabulary import XHTML
from publisher.records import Finding

_FOREIGN = ("http://www.w3.org/2000/svg", "http://www.w3.org/1998/Math/MathML")


def text_construct(element: Element, place: str) -> Iterator[Finding]:
    """A title, subtitle, summary or rights."""
    kind = attribute(element, "type")
    if kind is not None and kind not in ("text", "html", "xhtml"):
        mend = f'the type of a text must be text, html or xhtml, not "{shown(kind)}"; correct it'
        yield found("content-type-invalid", place, mend)
        return
    if not text(element):
        yield found(
            "title-empty" if place.endswith("title") else "element-empty", place, "it is empty; give it a few words"
        )
        return
    yield from _body(element, kind or "text", place)


def content(element: Element, place: str) -> Iterator[Finding]:
    kind, src = attribute(element, "type"), attribute(element, "src")
    if src is not None:
        yield from _elsewhere(element, kind, src, place)
        return
    kind = kind if kind is not None else "text"
    if kind not in ("text", "html", "xhtml") and (addresses.media_type(kind) or kind.lower().startswith("multipart/")):
        mend = f'"{shown(kind)}" is no type of content; use html for HTML in escapes'
        yield found("content-type-invalid", place, mend)
        return
    if not text(element) and not len(element):
        yield found("content-empty", place, "there is nothing in it; fill it or leave it out")
        return
    yield from _body(element, kind.lower(), place)


def _elsewhere(element: Element, kind: str | None, src: str, place: str) -> Iterator[Finding]:
    if not (addresses.is_relative(src) and based(element)):
        yield from at(place, addresses.web_address(src, international=True))
    if text(element) or children(element):
        yield found("text-stray", place, "content with src= must be empty; keep one of them")
    if kind is None:
        yield found("type-missing", place, "the content lies elsewhere and its type is not said; add type")
    elif kind in ("text", "html", "xhtml"):
        yield found("content-type-invalid", place, f'content elsewhere needs a media type like text/html, not "{kind}"')
    else:
        yield from at(place, addresses.media_type(kind))


def _body(element: Element, kind: str, place: str) -> Iterator[Finding]:
    value = text(element)
    if kind == "xhtml":
        yield from _xhtml(element, place)
        return
    if kind.endswith(("+xml", "/xml")):
        return
    if children(element):
        yield found("element-unknown", place, 'tags stand in it unescaped; escape them, or use type="xhtml" with a div')
    elif kind == "html":
        yield from _hypertext(value, element, place)
    elif kind == "text":
        yield from at(place, plain(value))
    elif "/" in kind and not kind.startswith("text/"):
        yield from _binary(value, place)


def _hypertext(value: str, element: Element, place: str) -> Iterator[Finding]:
    read = html.read(value)
    # An xml:base gives relative addresses a meaning, in Atom only.
    resolved = any(code == "html-relative" for code, _ in read.flaws) and based(element)
    yield from at(place, (flaw for flaw in read.flaws if not (resolved and flaw[0] == "html-relative")))
    if read.blank:
        yield found("content-empty", place, "there are tags and no words in it; fill it or leave it out")


def _binary(value: str, place: str) -> Iterator[Finding]:
    try:
        b64decode("".join(value.split()), validate=True)
    except (binascii.Error, ValueError):
        yield found("content-not-base64", place, "content of this type must be base64; encode it, or use type html")


def _xhtml(element: Element, place: str) -> Iterator[Finding]:
    inner = children(element)
    around = (element.text or "").strip() or any((child.tail or "").strip() for child in element)
    if len(inner) != 1 or name(inner[0]) != (XHTML, "div") or around:
        mend = f'type="xhtml" takes exactly one <div xmlns="{XHTML}"> with everything inside; wrap it'
        yield found("xhtml-div", place, mend)
        return
    flaws: dict[Flaw, None] = {}
    for node in inner[0].iter(etree.Element):
        flaws.update(dict.fromkeys(_node_flaws(node)))
    yield from at(place, flaws)
    if not text(element) and inner[0].find(f".//{{{XHTML}}}img") is None:
        yield found("content-empty", place, "there are tags and no words in it; fill it or leave it out")


def _node_flaws(node: Element) -> Iterator[Flaw]:
    namespace, local = name(node)
    if namespace in _FOREIGN:
        if local in ("svg", "math"):
            yield "html-foreign", f"<{local}> is not shown by most readers; put in a picture instead"
    elif namespace != XHTML:
        yield "html-unknown", f"<{shown(local)}> is not in the XHTML namespace; readers drop it: put it there"
    else:
        attributes = {str(key): str(value) for key, value in node.attrib.items() if "}" not in str(key)}
        if based(node):
            attributes = {key: value for key, value in attributes.items() if not _is_relative(key, value)}
        yield from html.tag_flaws(local, attributes)


def _is_relative(key: str, value: str) -> bool:
    return key in LINKING and addresses.is_relative(value.strip())
