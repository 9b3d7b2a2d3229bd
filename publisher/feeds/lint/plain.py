"""Texts that are no HTML: titles, names, categories. They must not look as if they were."""

import re
from collections.abc import Iterator
from html.entities import name2codepoint
from typing import cast

from publisher.feeds.lint.elements import Context, Element, text
from publisher.feeds.lint.rules import Flaw, at, found, shown
from publisher.records import Finding

_TAG = re.compile(r"</?[A-Za-z]|&#[x0-9]")
_ENTITY = re.compile(r"&(#?\w+)")


def plain(value: str) -> tuple[Flaw, ...]:
    """Some readers take such a text for HTML and some do not, so markup in it shows wrong in one of them."""
    if "<" not in value and "&" not in value:
        return ()
    if not (_TAG.search(value) or any(_means_a_character(word) for word in _ENTITY.findall(value))):
        return ()
    mend = f'"{shown(value, 60)}" holds tags or character codes that readers show letter by letter; write plain words'
    return (("title-html", mend),)


def _means_a_character(word: str) -> bool:
    return word in name2codepoint or word == "apos" or not word.isalpha()


def titled(element: Element, place: str, context: Context) -> Iterator[Finding]:
    """A title: plain, and not empty."""
    if not text(element):
        yield found("title-empty", place, "the title is empty; readers show a gap: give it a few words")
    yield from worded(element, place, context)


def worded(element: Element, place: str, context: Context) -> Iterator[Finding]:
    """A plain text of an RSS element. The RSS profile has & and < written as &#x26; and &#x3C;: that is meant so."""
    flaws = plain(text(element))
    if flaws and not any(b"&#x" in line for line in _lines(element, context)):
        yield from at(place, flaws)


def _lines(element: Element, context: Context) -> tuple[bytes, ...]:
    line = cast("int | None", element.sourceline) or 1  # the stubs do not know
    return context.lines[line - 1 : line + (element.text or "").count("\n")]
