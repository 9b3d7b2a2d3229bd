"""What a feed calls the content and the description of an entry in: the full text out, if either is it, and a summary.

A feed says nowhere whether it gives all of an article. Marks of cutting, lengths and paragraphs tell.
"""

import re
from dataclasses import dataclass, replace

from lxml import etree

from publisher.records import Finding
from publisher.sources import clean, syndicated_pictures as pictures, syndicated_words as words
from publisher.sources.syndicated_addresses import based
from publisher.sources.syndicated_bytes import meant
from publisher.sources.syndicated_entries import Entry, Words
from publisher.sources.syndicated_words import Shorn

_LONG, _PARAGRAPHS = 500, 3
"""A description with so many characters in so many paragraphs is the full text: nobody writes such a summary."""

_MOST_BODY, _MOST_REFERENCES = 500_000, 50_000
"""Cleaning takes as long as the square of the number of `&`; no article has a tenth of these."""

_BLOCK = re.compile(r"<(?:p|h[2-4]|ul|ol|table|blockquote|figure)\b")
_GAP = re.compile(r"<br>\s*<br>")
_DATA = re.compile(r'"data:[^"<>]*"|\'data:[^\'<>]*\'')
_MARKUP = frozenset("<>&")


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """The body (clean, empty unless whole) with its plain text, the summary, and the HTML that may show pictures."""

    body: str
    text: str = ""
    summary: str | None
    whole: bool
    shown: str
    problems: tuple[Finding, ...] = ()


def texts_of(entry: Entry, base: str, page: str | None, place: str) -> Texts:
    """Which of content and description is the full text, if any, and which is a summary."""
    problems: list[Finding] = []
    content = _cleaned(entry.content, base, page, place, problems)
    summary = _cleaned(entry.summary, base, page, place, problems)
    said = words.summary(summary) if summary else None
    if content and content.text and not content.is_cut:
        is_longer = summary is None or len(content.text) > len(summary.text)
        if is_longer or _is_full(content):
            return _whole(content, said if is_longer else None, problems)
    if summary and not summary.is_cut and _is_full(summary):
        return _whole(summary, None, problems)
    shown = (content.body if content else "") + (summary.body if summary else "")
    said = said or (words.summary(content) if content else None)
    return Texts(body="", summary=said, whole=False, shown=shown, problems=tuple(problems))


def _whole(text: Shorn, summary: str | None, problems: list[Finding]) -> Texts:
    body = text.body if "<" in text.body else f"<p>{text.body}</p>"
    return Texts(body=body, text=text.text, summary=summary, whole=True, shown=text.body, problems=tuple(problems))


def _cleaned(written: Words | None, base: str, page: str | None, place: str, problems: list[Finding]) -> Shorn | None:
    if written is None:
        return None
    if "data:" in written.value:  # pictures written out, which are taken out anyway: megabytes of them
        written = replace(written, value=_DATA.sub('"data:"', written.value))
    if len(written.value) > _MOST_BODY or written.value.count("&") > _MOST_REFERENCES:
        problems.append(_warned("text-too-long", place, "its text is left out: no article is that long"))
        return None
    if _MARKUP.isdisjoint(written.value) and "\n\n" not in written.value:
        # Most summaries: what has no markup needs no cleaning.
        return words.shorn(clean.line(meant(written.value)), page)
    try:
        body = clean.html(words.as_html(written), based(base, written.base) or "")
    except etree.ParserError:  # a DOCTYPE and nothing else
        body = ""
    if body is None:
        mend = "its text is left out: its elements stand in each other too deep; mend it where it was written"
        problems.append(_warned("text-too-deep", place, mend))
        return None
    return words.shorn(pictures.without_bugs(body, base), page)


def _is_full(text: Shorn) -> bool:
    if len(text.text) < _LONG:
        return False
    gaps = len(_GAP.findall(text.body))
    return len(_BLOCK.findall(text.body)) + (gaps + 1 if gaps else 0) >= _PARAGRAPHS


def _warned(code: str, place: str, mend: str) -> Finding:
    return Finding(code=code, severity="warning", place=place, mend=mend)
