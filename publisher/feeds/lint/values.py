"""The one value inside a plain RSS element -> its findings, whatever element it is."""

from collections.abc import Callable, Iterator
from typing import TypeAlias

from publisher.feeds.lint import addresses, dates, html
from publisher.feeds.lint.elements import Context, Element, text
from publisher.feeds.lint.plain import worded
from publisher.feeds.lint.rules import at, found
from publisher.records import Finding

Check: TypeAlias = Callable[[Element, str, Context], Iterator[Finding]]
"""An element, its place, and what the document's checks are told."""


def hypertext(element: Element, place: str, context: Context) -> Iterator[Finding]:
    """A text that readers take for HTML."""
    content = html.read(text(element))
    yield from at(place, content.flaws)
    if content.blank:
        yield found("content-empty", place, "there is nothing in it; fill it or leave it out")


def address(element: Element, place: str, context: Context) -> Iterator[Finding]:
    return at(place, addresses.web_address(text(element)))


def date(element: Element, place: str, context: Context) -> Iterator[Finding]:
    return at(place, dates.rfc822(text(element), context.now).flaws)


def tongue(element: Element, place: str, context: Context) -> Iterator[Finding]:
    return at(place, addresses.language(text(element)))


def mail(element: Element, place: str, context: Context) -> Iterator[Finding]:
    return at(place, addresses.rss_mail(text(element)))


def whole_number(element: Element, place: str, context: Context, least: int) -> Iterator[Finding]:
    return at(place, addresses.number(text(element), least))


def category(element: Element, place: str, context: Context) -> Iterator[Finding]:
    if not text(element):
        yield found("element-empty", place, "the category is empty; name it or leave it out")
    yield from worded(element, place, context)
