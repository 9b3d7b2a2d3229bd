"""A frozen edition -> its public page: the archive, and the view in the browser. The same mail, without what is
personal, findable (canonical address, feeds, other languages), and a page where the mail was a message."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from publisher.records import Edition

_PERSONAL = ("EMAIL", "UNSUBSCRIBE", "PREFERENCES")


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Where else a page leads machines: its own address, feeds as (title, media type, URL), languages as (tag, URL)."""

    canonical: str
    feeds: Sequence[tuple[str, str, str]] = ()
    languages: Sequence[tuple[str, str]] = ()


def for_the_web(edition: Edition, found: Found) -> str:
    """HTML that anyone may read, with the greeting that names nobody and every topic's blocks."""
    from lxml.html import document_fromstring, tostring
    from lxml.html.builder import HEAD

    values = {name: edition.token(name) for name in _PERSONAL} | {"GREETING": edition.greeting}
    tree: Any = document_fromstring(edition.html_for((), values, public=True))
    _drop_personal(tree, list(values.values())[:-1])
    for preheader in tree.find_class("preheader"):
        preheader.drop_tree()
    for wrapper in tree.xpath("//body/*[@role='article']")[:1]:
        wrapper.tag = "main"
        for name in {"role", "aria-roledescription", "aria-label"} & set(wrapper.attrib):
            del wrapper.attrib[name]
    head = tree.find("head")
    if head is None:  # a site's own template may leave it out
        tree.insert(0, head := HEAD())
    head.extend(_links(found))
    return str(tostring(tree, encoding="unicode", doctype="<!DOCTYPE html>"))


def _drop_personal(tree: Any, tokens: Sequence[str]) -> None:
    """A site's own template may have personal values outside the part it marks as the mail's alone."""
    for element in list(tree.iter("a", "p", "span", "td", "div", "li")):
        told = [element.text or "", element.tail or "", *element.attrib.values()]
        if any(token in text for token in tokens for text in told):
            block = next((e for e in (element, *element.iterancestors()) if e.tag in ("p", "li", "td")), element)
            if block.getparent() is not None:
                block.drop_tree()


def _links(found: Found) -> list[Any]:
    from lxml.html.builder import LINK

    links = [LINK(rel="canonical", href=found.canonical)]
    links += [LINK(rel="alternate", type=kind, title=title, href=url) for title, kind, url in found.feeds]
    links += [LINK(rel="alternate", hreflang=tag, href=url) for tag, url in found.languages]
    return links
