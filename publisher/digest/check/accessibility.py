"""Whether everyone can read the mail: by ear, enlarged, in poor light, in their own language's direction.

Judged is what WCAG 2.2 asks of a mail that has no page around it. What shuts someone out is an error, what makes
reading harder a warning. Colours and sizes come from `looks`, words from `wording`.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import pairwise

from lxml import etree
from lxml.html import HtmlElement

from publisher.digest.check import wording
from publisher.digest.check.document import NOWHERE, Document, Link, Picture, name, short, shown
from publisher.digest.check.looks import Told, hexadecimal, looks
from publisher.digest.check.rules import Rule
from publisher.languages import direction
from publisher.records import Finding, Severity

LEAST_SIZE = 12.0
"""Pixels; smaller text is hard to read on a telephone."""


def _rule(code: str, severity: Severity, wrong: str, why: str) -> Rule:
    return Rule(code=code, family="accessibility", severity=severity, wrong=wrong, why=why)


LANGUAGE_MISSING = _rule(
    "language-missing",
    "error",
    "The mail, or the part that mail programs keep of it, does not say its language.",
    "A screen reader then reads it with the sounds of another language.",
)
DIRECTION_MISSING = _rule(
    "direction-missing",
    "warning",
    "The mail, or a part in a language that runs the other way, does not say its direction.",
    "Mail programs show it in the direction of their own menus.",
)
DIRECTION_WRONG = _rule(
    "direction-wrong",
    "error",
    "A part runs in another direction than its language is written in.",
    "Full stops, numbers and lists stand on the wrong side.",
)
TITLE_MISSING = _rule(
    "title-missing", "warning", "The mail has no title.", "It names the mail to a screen reader and on a browser's tab."
)
NO_H1 = _rule(
    "no-h1", "warning", "The mail has no main heading.", "Who listens goes by the headings; the first says what it is."
)
SEVERAL_H1 = _rule(
    "several-h1", "warning", "The mail has more than one main heading.", "Nobody knows which of them names the mail."
)
HEADING_SKIPPED = _rule(
    "heading-skipped",
    "warning",
    "A heading is more than one level below the one before it.",
    "Who goes by the headings looks for the one between.",
)
HEADING_EMPTY = _rule(
    "heading-empty", "warning", "A heading without any text.", "A screen reader announces it and then says nothing."
)
IMAGE_ALT_MISSING = _rule(
    "image-alt-missing",
    "error",
    "A picture without an alternative text, where it has no attribute for one or is all that a link shows.",
    "Blind readers do not learn what it shows; others see an empty box while pictures are not loaded.",
)
LINKS_ALIKE = _rule(
    "links-alike",
    "warning",
    "Links of the same text lead to different pages.",
    "In a list of links nobody can tell them apart.",
)
CONTRAST_LIGHT = _rule(
    "contrast-light",
    "error",
    "Text that is hard to tell from its ground.",
    "Many with weak eyes cannot read it, and nobody in the sun.",
)
CONTRAST_DARK = _rule(
    "contrast-dark",
    "error",
    "Text that is hard to tell from its ground on a dark screen.",
    "The dark colours are the only ones that a reader in the dark gets to see.",
)
TABLE_ROLE = _rule(
    "table-role",
    "warning",
    'A table for layout without role="presentation".',
    "A screen reader counts its rows and columns aloud.",
)
TEXT_SMALL = _rule(
    "text-small", "warning", "Text of less than 12 pixels.", "Many cannot read it without enlarging the mail."
)
ZOOM_LOCKED = _rule(
    "zoom-locked",
    "error",
    "The mail forbids to enlarge it.",
    "Who needs large letters cannot read it on a telephone.",
)

_LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8})*", re.IGNORECASE)
_COMMENTED_TABLE = re.compile(r"<table\b(?![^>]*\brole\s*=\s*[\"']?(?:presentation|none)\b)", re.IGNORECASE)


def check(document: Document, known: Collection[str] = (), repeated: Collection[str] = ()) -> list[Finding]:
    """All findings of this family.

    `known` are alternative texts that are judged elsewhere, in their articles; `repeated` headlines of which it is
    told elsewhere that there are two.
    """
    light = list(looks(document, "light"))
    return list(
        dict.fromkeys(
            [
                *_languages(document),
                *_directions(document),
                *_title(document),
                *_headings(document),
                *_alternatives(document, known),
                *_link_texts(document),
                *_links_alike(document, repeated),
                *_contrasts(document, light),
                *_small(light),
                *_tables(document),
                *_zoom(document),
            ]
        )
    )


def _wrappers(document: Document) -> list[HtmlElement]:
    """<html>, and what stands right within <body>: many mail programs keep neither, but what is in them."""
    body = document.tree.find("body")
    within = [] if body is None else body.iterchildren(etree.Element)
    return [document.tree, *(e for e in within if e not in document.hidden and "".join(e.itertext()).strip())]


def _languages(document: Document) -> Iterator[Finding]:
    for element in _wrappers(document):
        if not _LANGUAGE.fullmatch(element.get("lang", "").strip()):
            mend = f"<{element.tag}> does not say its language; give it a lang, like {document.language or 'en'}"
            yield LANGUAGE_MISSING.found(NOWHERE, mend)


def _directions(document: Document) -> Iterator[Finding]:
    wrappers = _wrappers(document)
    for element in wrappers:
        if element.get("dir", "").lower() not in ("ltr", "rtl", "auto"):
            mend = f"<{element.tag}> does not say its direction; give it a dir, ltr or rtl"
            yield DIRECTION_MISSING.found(NOWHERE, mend)
    for element in document.tree.iter(etree.Element):
        language, told = element.get("lang", "").strip().lower(), element.get("dir", "").lower()
        if not language or element in document.hidden:
            continue
        right, place = direction(language), NOWHERE if element in wrappers else short(name(element)) or NOWHERE
        if told in ("ltr", "rtl") and told != right:
            yield DIRECTION_WRONG.found(place, f'"{language}" is written {right}, not {told}; mend its dir')
        elif not told and element not in wrappers and right != _around(element):
            mend = f'"{language}" is written {right}, unlike what is around it; give it dir="{right}"'
            yield DIRECTION_MISSING.found(place, mend)


def _around(element: HtmlElement) -> str:
    """The direction that an element has from those around it."""
    told = (around.get("dir", "").lower() for around in element.iterancestors())
    return next((direction for direction in told if direction), "ltr")


def _title(document: Document) -> Iterator[Finding]:
    title = document.tree.find("head/title")
    if title is None or not (title.text or "").strip():
        yield TITLE_MISSING.found(NOWHERE, "there is no <title>; put the subject into it")


def _headings(document: Document) -> Iterator[Finding]:
    main = [heading for heading in document.headings if heading.level == 1]
    if not main:
        yield NO_H1.found(NOWHERE, "there is no <h1>; make the newsletter's title one")
    for heading in main[1:]:
        yield SEVERAL_H1.found(short(heading.text) or NOWHERE, "is a second <h1>; make it an <h2>")
    for before, heading in pairwise(document.headings):
        if heading.level > before.level + 1:
            mend = f"is an <h{heading.level}> after an <h{before.level}>; make it an <h{before.level + 1}>"
            yield HEADING_SKIPPED.found(short(heading.text) or NOWHERE, mend)
    for heading in document.headings:
        if not heading.text:
            yield HEADING_EMPTY.found(NOWHERE, f"an <h{heading.level}> has no text; write one or take it out")


def _alternatives(document: Document, known: Collection[str]) -> Iterator[Finding]:
    silent = {link.element for link in document.links if not link.text}
    for image in document.images:
        fault = wording.fault_of_alt(image.alt or "") if image.alt not in known else None
        if image.alt is None:
            mend = f'the picture {short(image.src)} has no alt; say what it shows, or give it alt="" as decoration'
            yield IMAGE_ALT_MISSING.found(image.place, mend)
        elif not image.alt.strip() and _is_in(image, silent):
            mend = (
                "a picture is all that a link shows, and has no alternative text; say in its alt where the link leads"
            )
            yield IMAGE_ALT_MISSING.found(image.place, mend)
        elif fault:
            yield fault.found(short(image.alt), wording.MENDS[fault.code])


def _is_in(image: Picture, elements: Collection[HtmlElement]) -> bool:
    return any(around in elements for around in image.element.iterancestors("a"))


def _link_texts(document: Document) -> Iterator[Finding]:
    for link in document.links:
        fault = wording.fault_of_link(link.text, pictured=link.element.find(".//img") is not None)
        if fault:
            near = f'near "{link.place}": ' if link.text and link.place != NOWHERE else ""
            yield fault.found(short(link.text) or link.place, near + wording.MENDS[fault.code])


def _links_alike(document: Document, repeated: Collection[str]) -> Iterator[Finding]:
    """But for links under two headlines that are the same: what is wrong with these is the headlines."""
    told = {short(shown(headline)).casefold() for headline in repeated}
    targets: dict[str, dict[str, Link]] = defaultdict(dict)
    for link in document.links:
        if link.text and not wording.fault_of_link(link.text):
            targets[link.text.casefold()].setdefault(link.href.rstrip("/"), link)
    for links in targets.values():
        places = {link.place.casefold() for link in links.values()}
        if len(links) > 1 and (len(places) > 1 or not places <= told):
            one, other, *_ = links.values()
            mend = f"leads to {short(one.href)} and to {short(other.href)}; say in each what its page is about"
            yield LINKS_ALIKE.found(short(one.text), mend)


def _contrasts(document: Document, light: Sequence[Told]) -> Iterator[Finding]:
    yield from _faint(light, CONTRAST_LIGHT, "")
    dark = list(_faint(looks(document, "dark"), CONTRAST_DARK, " on a dark screen"))
    yield from dark
    # The same fault in both kinds of dark colours is one, mended in one place.
    known = {finding.place for finding in dark}
    outlook = _faint(looks(document, "outlook-dark"), CONTRAST_DARK, " on a dark screen in Outlook")
    yield from (finding for finding in outlook if finding.place not in known)


def _faint(told: Iterable[Told], rule: Rule, when: str) -> Iterator[Finding]:
    """One finding for each pair of colours, at the first text that has it."""
    found: dict[tuple[str, str], list[Told]] = defaultdict(list)
    for text in told:
        look = text[2]
        ratio = look.ratio
        if look.ink and look.ground and ratio is not None and ratio < look.least:
            found[hexadecimal(look.ink), hexadecimal(look.ground)].append(text)
    for (ink, ground), texts in found.items():
        _, words, look = texts[0]
        more = f", here and in {len(texts) - 1} more" if len(texts) > 1 else ""
        mend = f"{ink} on {ground}{when} has a contrast of {look.ratio:.1f}{more}; it must have {look.least:g} at least"
        yield rule.found(short(words), mend)


def _small(told: Iterable[Told]) -> Iterator[Finding]:
    for element, words, look in told:
        # Signs like ® stand high and small by custom, and text of no size at all is there for machines.
        if 1 < look.size < LEAST_SIZE and element.tag not in ("sup", "sub"):
            yield TEXT_SMALL.found(short(words), f"is {look.size:g} pixels high; make it 12 at least, better 14")


def _tables(document: Document) -> Iterator[Finding]:
    bare = sum(_is_bare(table) for table in document.tree.iter("table") if table not in document.hidden)
    bare += sum(len(_COMMENTED_TABLE.findall(comment)) for comment in document.comments)
    if bare:
        mend = f'{bare} of its tables have no role; give tables for layout role="presentation", data a row of <th>'
        yield TABLE_ROLE.found(NOWHERE, mend)


def _is_bare(table: HtmlElement) -> bool:
    """Neither for layout, by its role, nor with the heads or the caption that data have."""
    role = table.get("role", "").strip().lower()
    return role not in ("presentation", "none", "table", "grid") and not table.xpath("caption | tr/th | */tr/th")


def _zoom(document: Document) -> Iterator[Finding]:
    for meta in document.tree.iter("meta"):
        told = meta.get("content", "").lower().replace(" ", "") if meta.get("name", "").lower() == "viewport" else ""
        most = re.search(r"maximum-scale=([\d.]+)", told)
        if re.search(r"user-scalable=(no|0)", told) or (most and _number(most[1]) < 2):
            mend = "its viewport forbids to enlarge it; take user-scalable and maximum-scale out"
            yield ZOOM_LOCKED.found(NOWHERE, mend)


def _number(told: str) -> float:
    try:
        return float(told)
    except ValueError:
        return 0.0
