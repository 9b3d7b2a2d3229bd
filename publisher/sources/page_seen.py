"""What people see at a story outside its text: a page without teasers in; the dates and names printed on it out.

Nothing is judged here: which date is the story's is for `page_head`.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from publisher.records import Stated
from publisher.sources import captured_dates, captured_furniture as furniture, clean
from publisher.sources.page_dates import machine_date, written_date
from publisher.sources.page_furniture import is_hidden
from publisher.sources.page_tree import Element, Page, classes_of, names_of, text_of

# fmt: off
_DATE_NAMES = frozenset({
    "date", "dateline", "published", "pubdate", "timestamp", "posted", "datetime", "postdate", "fecha", "datum",
    "created", "submitted", "postmeta", "meta", "modified", "time",
})
# fmt: on

_AUTHOR_NAMES = frozenset({"byline", "author", "autor", "authors", "submitted"})

_UPDATED = re.compile(r"\b(?:updated|modified|reviewed|revised|actualizado|aktualisiert|mis à jour)\b", re.I)

_BY = re.compile(
    r"^(?:(?:written|posted|story|words|article|submitted)?\s*by|por|von|par|przez|(?-i:Av|Af)|作者|بقلم"
    r"|(?:author|autor(?:in|ka)?|auteur|texte?|testo|forfatter|författare)(?=\s?[::]))\b\s*[::]?\s*",
    re.I,
)


@dataclass(slots=True, kw_only=True)
class Seen:
    """Dates and names that people see at the story, outside its text."""

    published: list[Stated] = field(default_factory=list)
    updated: list[Stated] = field(default_factory=list)
    embargo: Stated = None
    authors: list[str] = field(default_factory=list)


def seen_of(page: Page, zone: str, language: str | None) -> Seen:
    """What stands in `<time>` and in the parts that a template names for date and author; teasers are gone by now."""
    return _seen_in(page.root, page, zone, language)


def signed_below(page: Page, zone: str, language: str | None) -> Seen:
    """What stands in the footer of the page's one entry, where some templates print date and author."""
    entries = list(page.root.iter("article")) or [one for one in page.root.iter("div") if "hentry" in classes_of(one)]
    below = entries[0].iter("footer", "div") if len(entries) == 1 else iter(())
    footer = next((one for one in below if one.tag == "footer" or "footer" in names_of(one)), None)
    return Seen() if footer is None or page.sizes.get(footer, 0) > 400 else _seen_in(footer, page, zone, language)


def _seen_in(root: Element, page: Page, zone: str, language: str | None) -> Seen:
    seen = Seen()
    for element in root.iter():
        if (
            element.tag in ("footer", "nav", "head", "meta", "link")
            or page.sizes.get(element, 0) > 200
            or is_hidden(element)
        ):
            continue
        names = names_of(element)
        if element.tag == "time" or (element.tag == "abbr" and names & {"published", "updated", "modified"}):
            _take_time(element, seen, zone, language)
        elif (names & _DATE_NAMES or element.get("itemprop") == "datePublished") and element.find(".//time") is None:
            _take_line(text_of(element), seen, zone, language)
        if "author" in (element.get("rel") or "").split() or (
            names & _AUTHOR_NAMES and not names & {"bio", "box", "about"}
        ):
            seen.authors += people(text_of(element))
    return seen


def _take_time(element: Element, seen: Seen, zone: str, language: str | None) -> None:
    written = element.get("datetime") or (element.tag == "abbr" and element.get("title")) or text_of(element)
    stated = machine_date(written, zone, language) or written_date(text_of(element), zone, language)
    (seen.updated if _says_updated(element) else seen.published).append(stated)


def _says_updated(element: Element) -> bool:
    """Whether a time is that of a change, by its own name or by the words it stands among."""
    names, above = names_of(element), element.getparent()
    if names & {"updated", "modified", "published"}:
        return "published" not in names
    label = text_of(above)[:60] if above is not None and above.tag not in ("body", "article", "main", "header") else ""
    return bool(_UPDATED.search(label)) and not re.search(r"\b(?:publish|posted)", label, re.I)


def _take_line(text: str, seen: Seen, zone: str, language: str | None) -> None:
    for part in re.split(r"\s*[|•·]\s*|(?<=\d)\s+(?=(?:last )?updated\b)", text, flags=re.I):
        seen.authors += furniture.byline(part) or (people(part) if _BY.match(part) and len(part) <= 60 else [])
        said = captured_dates.date_line(part)
        if said is None:
            stated = written_date(part, zone, language) if len(part) <= 80 else None
            (seen.updated if _UPDATED.search(part) else seen.published).append(stated)
            continue
        seen.embargo = seen.embargo or said.embargo
        seen.authors += said.authors
        seen.published.append(said.published)
        seen.updated.append(said.updated)


def complete(seen: Seen, signed: Seen) -> None:
    """Add what stands below the text where nothing above it says so."""
    if not any(seen.published):
        seen.published, seen.updated = signed.published, seen.updated or signed.updated
    seen.authors = seen.authors or signed.authors


def take_lines(lines: Iterable[str], seen: Seen, zone: str, language: str | None) -> None:
    """Add what the lines above a body say (`Posted on …`, `By …`, `Embargoed until …`)."""
    for text in lines:
        if len(text) > 140 or (
            not is_stated(text, zone, language) and not re.match(r"embargo|not for release|hold for", text, re.I)
        ):
            continue
        _take_line(text, seen, zone, language)


def is_stated(text: str, zone: str, language: str | None) -> bool:
    """Whether a line only says when, or by whom, in the page's language."""
    if captured_dates.date_line(text) or furniture.byline(text):
        return True
    if written_date(text, zone, language) and len(text) <= 60 and len(re.findall(r"[^\W\d_]+", text)) <= 6:
        return not text.endswith(("。", ".")) or len(text) <= 30
    return (
        bool(_BY.match(text)) and len(text) <= 60 and 2 <= len(text.split()) <= 6 and not furniture.ends_sentence(text)
    )


def people(text: str) -> list[str]:
    text = _BY.sub("", clean.line(text)[:200])
    text = re.split(
        r"\s+(?:on|in|at|\|)\s+|\s*[|•·]\s*|\s+(?=(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*\.? \d)",
        text,
    )[0]
    return [
        name
        for name in captured_dates.names(text)
        if not re.match(r"photo|image|illustrat|video", name, re.I)
        and 2 <= len(name) <= 60
        and len(name.split()) <= 6
        and not any(char.isdigit() for char in name)
        and "@" not in name
    ]
