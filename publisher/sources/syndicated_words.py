"""The words of feeds: titles made plain, marks of a cut text and lines of a feed program taken off, names of people."""

import html
import re
from dataclasses import dataclass

from publisher.records import plain
from publisher.sources import clean
from publisher.sources.syndicated_bytes import meant
from publisher.sources.syndicated_entries import Words

_INLINE = re.compile(
    r"</?(?:a|abbr|b|bdi|big|br|cite|code|div|em|font|h[1-6]|i|img|ins|mark|p|q|s|small|span|strong|sub|sup|tt|u|wbr)"
    r"(?:\s[^<>]*)?/?>",
    re.I,
)
_REFERENCE = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});")

_MORE = (
    r"(?:(?:click here to )?read (?:more|on|the (?:full|rest|whole|entire|complete)|full)\b"
    r"|continue (?:reading|to read)\b|keep reading\b|(?:view|see) (?:more|the full|full)\b|full (?:story|article|post)\b|weiterlesen\b|mehr lesen\b"
    r"|lire la suite\b|leer más\b|seguir leyendo\b|lees (?:meer|verder)\b|leia mais\b|läs mer\b|continua a leggere\b)"
)
_ELLIPSIS = r"(?:\[?\(?(?:…|&hellip;|\.\s?\.\s?\.+)\)?\]?)"
_SPACE = r"(?:\s|&nbsp;|<br ?/?>)"
_CUT_END = re.compile(rf"{_SPACE}*{_ELLIPSIS}{_SPACE}*$")
_MORE_END = re.compile(rf"{_SPACE}*[\[(]?{_ELLIPSIS}?\s*{_MORE}[^.<>]{{0,120}}?[\])]?{_ELLIPSIS}?{_SPACE}*$", re.I)
_MORE_LINK = re.compile(
    rf'{_SPACE}*[\[(]?<a(?: [a-z]+="[^"]*")*>(?:<[a-z]+>)?\s*{_ELLIPSIS}?\s*{_MORE}[^<]{{0,160}}'
    rf"(?:</[a-z]+>)?</a>[\])]?{_SPACE}*$",
    re.I,
)
_POSTED_ON = re.compile(
    r"(?:<p>)?\s*(?:The post|The article|Der Beitrag|L[’']article|La entrada|El artículo|O post|Het bericht"
    r"|L[’']articolo)"
    r"\s(?:(?!<p>|</p>).){1,600}?"
    r"(?:appeared first on|first appeared on|was first published on|erschien zuerst auf|est apparu en premier sur"
    r"|se publicó primero en|apareceu primeiro em|verscheen eerst op|proviene da)"
    r"(?:(?!<p>|</p>).){1,300}?(?:</p>)?\s*$",
    re.I | re.S,
)
_LAST_CLOSE = re.compile(r"((?:</(?:p|div|li|ul|ol|em|strong|blockquote)>|<p></p>|<br>|\s|&nbsp;|<p>(?=</p>))+)$")
_FAR = 1_600
"""So many characters from the end such a line may begin."""

_MAIL = re.compile(r"[^\s@<>()]+@[^\s@<>()]+")
_NOBODY = {"admin", "administrator", "webmaster", "editor", "staff", "root", "unknown", "noreply", "no-reply", "author"}


def headline(words: Words | None) -> str | None:
    """A title on one line, in plain text, whatever HTML it was written in; None where nothing is left."""
    if words is None:
        return None
    value = meant(words.value)
    if words.form != "text":
        # Tags first: what is written &lt;b&gt; inside HTML is meant to be seen.
        value = html.unescape(_INLINE.sub(_gap, value)) if words.form == "html" else _either(value)
    return clean.line(value) or None


def _gap(tag: re.Match[str]) -> str:
    return " " if re.match(r"</?(?:br|p|div|h\d)\b", tag.group(), re.I) else ""


def _either(value: str) -> str:
    """RSS does not say whether a title is HTML. Tags of text go, whole references are read, a lone & or < stays."""
    return _REFERENCE.sub(lambda found: html.unescape(found.group()), _INLINE.sub(_gap, value))


def as_html(words: Words) -> str:
    """Words as HTML, not yet clean: text without a tag in paragraphs as its blank lines part it."""
    value = meant(words.value)
    if words.form == "text":
        value = html.escape(value, quote=False)
    elif "<" in value:
        return value
    blocks = [block.strip() for block in re.split(r"\n[ \t]*\n", value) if block.strip()]
    return "".join(f"<p>{block}</p>" for block in blocks) if len(blocks) > 1 else "".join(blocks)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shorn:
    """Clean HTML without marks of cutting and without lines of the feed's program; `is_cut` that it had a mark."""

    body: str
    is_cut: bool


def shorn(body: str) -> Shorn:
    """Takes `[…]`, `Read more` and `The post … appeared first on …` off the end of clean HTML."""
    head, end = body[:-_FAR], body[-_FAR:]
    is_cut = False
    for _ in range(4):  # they come in a row: "[…] Read more. The post …"
        before = end
        end = _POSTED_ON.sub("", end).rstrip()
        closing = _LAST_CLOSE.search(end)
        inner, close = (end[: closing.start()], closing.group()) if closing else (end, "")
        for mark in (_MORE_LINK, _MORE_END, _CUT_END):
            shorter = mark.sub("", inner)
            if shorter != inner:
                inner, is_cut = shorter, True
        end = re.sub(r"<(p|em|strong|li|ul|div)></\1>\s*$", "", inner + close).rstrip()
        if end == before:
            break
    return Shorn(body=head + end, is_cut=is_cut)


def summary(words: Shorn, most: int = 1000) -> str | None:
    """The plain text of a shorn summary on one line, at most so many characters; `…` at its end where it was cut."""
    text = clean.line(plain(words.body))
    if not text:
        return None
    if words.is_cut:
        text = text.rstrip(" ,;:–—-") + "…"
    return clean.shortened(text, most)


def people(written: tuple[str, ...]) -> tuple[str, ...]:
    """Names without mail addresses and roles of a program; each once. `news@x.example (Jane Roe)` is Jane Roe."""
    names: dict[str, str] = {}
    for one in written:
        name = clean.line(html.unescape(_INLINE.sub("", one)))
        mailed = _MAIL.search(name)
        inside = re.search(r"\(([^()]{2,80})\)", name) if mailed else None
        if mailed:
            name = inside[1] if inside else _MAIL.sub("", name)
        name = clean.line(re.sub(r"^(?:by|von|par|por)\s+(?=\w)", "", name.strip(" <>()\"'`,;-–"), flags=re.I))
        if any(c.isalpha() for c in name) and name.casefold() not in _NOBODY and "://" not in name:
            names.setdefault(name.casefold(), clean.shortened(name, 120))
    return tuple(names.values())


def topics(written: tuple[str, ...]) -> tuple[str, ...]:
    """Subjects in plain text, each once; a site's word for "no subject" is none."""
    found: dict[str, str] = {}
    for one in written:
        topic = clean.line(html.unescape(one)).strip(" ,;")
        if topic and topic.casefold() not in ("uncategorized", "uncategorised") and len(topic) <= 120:
            found.setdefault(topic.casefold(), topic)
    return tuple(found.values())
