"""One teaser's card in, what it says out: headline, excerpt and whether it was cut, date, picture.

Which elements are cards is decided by `page_teasers`.
"""

import re
from dataclasses import dataclass

from publisher.records import Image, Stated, headline_key
from publisher.sources import captured_dates, captured_furniture as furniture, clean
from publisher.sources.captured_text import Line
from publisher.sources.page_blocks import blocks_of
from publisher.sources.page_dates import is_likely, machine_date, written_date
from publisher.sources.page_furniture import is_hidden
from publisher.sources.page_images import image_of
from publisher.sources.page_tree import Element, Page, text_of

_HEADINGS = frozenset({"h2", "h3", "h4", "h5", "h6"})
MORE = re.compile(
    r"\s*[\[(]?\b(?:read (?:more|on|full (?:story|article))|continue reading|learn more"
    r"|leer más|weiterlesen|mehr lesen|lire la suite)"
    r"\b[^.]{0,60}$",
    re.I,
)
"""The link to the rest, at the end of an excerpt or alone."""

_CHANGED = re.compile(r"(?<=\d)\s+(?=(?:last )?updated\b)", re.I)
"""Where a line that says when something came out goes on to say when it changed."""

_MORE_CJK = re.compile(r"(?:阅读更多|查看详情|اقرأ المزيد)\W*$")


@dataclass(slots=True, kw_only=True)
class Pointer:
    """One teaser as it stands on the page, and the element that it takes up."""

    headline: str
    url: str
    card: Element
    excerpt: str | None = None
    truncated: bool = False
    image: Image | None = None
    published: Stated = None


def read(
    parts: list[Element], label: str, url: str, page: Page, zone: str, language: str | None, *, bare: bool
) -> Pointer:
    """The teaser whose headline is `label`. `parts` are its card and what follows it; a `bare` one has no more."""
    headline, glued = captured_dates.unglue(label)
    pointer = Pointer(headline=clean.line(headline) or label, url=url, card=parts[0])
    pointer.published = _date(parts, headline, zone, language) or glued
    if not is_likely(pointer.published):
        pointer.published = None
    raw = None if bare else _excerpt(parts, label)
    if raw:
        pointer.truncated = furniture.is_cut(raw)
        pointer.excerpt = clean.line(_MORE_CJK.sub("", MORE.sub("", raw))) or None
    shown = (image_of(element, page) for part in parts for element in part.iter("img"))
    pointer.image = next((image for image in shown if image), None)
    return pointer


def following(head: Element, heads: set[Element]) -> list[Element]:
    """What stands below a headline that has no card of its own, down to the next headline."""
    found: list[Element] = []
    for after in head.itersiblings():
        if (
            after in heads
            or after.tag in (*_HEADINGS, "h1", "dt")
            or any(below in heads for below in after.iter())
            or len(found) == 4
        ):
            break
        found.append(after)
    return found


def date_above(card: Element) -> list[Element]:
    """The term that dates a card in a list of definitions, if it does."""
    term = card.getprevious() if card.tag == "dd" else None
    dates = term is not None and term.tag == "dt" and captured_dates.date_line(text_of(term))
    return [term] if term is not None and dates else []


def _date(parts: list[Element], label: str, zone: str, language: str | None) -> Stated:
    for part in parts:
        for element in part.iter("time"):
            stated = machine_date(element.get("datetime") or text_of(element), zone, language)
            if stated:
                return stated
    for part in parts:
        for piece in blocks_of(part):
            rest = _CHANGED.split(piece.text.replace(label, " ", 1), maxsplit=1)[0].strip(" |–—-·•:,")
            if len(rest) <= 60 and (stated := written_date(rest, zone, language)):
                return stated
            found = captured_dates.find(rest[:40]) if rest else None
            if found and found[1] == 0:
                return found[0]
    return None


def _excerpt(parts: list[Element], label: str) -> str | None:
    """The first text in a card that is no headline, date, label or link to the rest."""
    for part in parts:
        if is_hidden(part):
            continue
        for piece in blocks_of(part):
            text = _without_date(piece.text)
            if text.startswith(label):
                text = _without_date(text.removeprefix(label).strip(" |–—·•:"))
            dense = sum(ord(char) > 0x2E80 for char in text) >= 12
            closes = furniture.ends_sentence(text) or furniture.is_cut(text)
            told = dense or len(text.split()) >= 6 or (len(text.split()) >= 3 and closes)
            if label in text and len(text) <= len(label) + 30:
                continue  # the headline's own line, with its date or kind
            fits = piece.tag in ("p", "li", "blockquote", "ul") and told
            if fits and headline_key(text) != headline_key(label) and not _is_said_about(text):
                return text
    return None


def _without_date(text: str) -> str:
    found = captured_dates.find(text[:40])
    return text[found[2] :].lstrip(" |–—-·•:,.") if found and found[1] <= 1 else text


def _is_said_about(text: str) -> bool:
    """Whether a card's line dates or signs it, and tells nothing."""
    return furniture.kind_of(Line(text=_CHANGED.split(text, maxsplit=1)[0], number=0)) in (
        "date",
        "byline",
        "label",
        "furniture",
        "more",
    )
