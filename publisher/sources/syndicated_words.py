"""The words of feeds: titles made plain, marks of a cut text and lines of a feed program taken off, names of people."""

import html
import re
from dataclasses import dataclass
from urllib.parse import unquote

from publisher.records import plain
from publisher.sources import clean
from publisher.sources.syndicated_bytes import meant
from publisher.sources.syndicated_entries import Words

_INLINE = re.compile(
    r"</?(?:a|abbr|b|bdi|big|br|cite|code|div|em|font|h[1-6]|i|img|ins|mark|p|q|s|small|span|strong|sub|sup|tt|u|wbr)"
    r"(?:\s[^<>]*)?/?>|<[a-z][a-z0-9]*\s[^<>=]*=[^<>]*>|</[a-z][a-z0-9]*\s*>",
    re.I,
)
"""Tags of text, and whatever has attributes or is closed: a title may name `<video>`, and stays as it is."""
_TAG = re.compile(r"<[/!]?[a-z][^<>]*>", re.I)
_UNSEEN = re.compile(
    r"<(script|style|iframe|object|applet|noscript)\b[^<>]*>(?:(?!<\1\b).)*?</\1\s*>"
    r"|<!--(?:(?!<!--).)*?-->|<!doctype[^<>]*>",
    re.I | re.S,
)
"""What no browser shows of a title."""
_REFERENCE = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});")

_GO_ON = (
    r"(?:continue (?:reading|to read)|keep reading|weiterlesen|mehr lesen|lire la suite|leer más|seguir leyendo"
    r"|lees (?:meer|verder)|leia mais|läs mer|continua a leggere)\b[^.<>]{0,160}?"
)
_READ_ON = (
    r"(?:(?:click here to )?read (?:more|on|full|the (?:full|rest|whole|entire|complete)(?: (?:story|article|post))?)"
    r"|(?:view|see) (?:more|(?:the )?full (?:story|article|post))|full (?:story|article|post))\b"
    r"(?: (?:here|now|online|of (?:this|the) (?:story|article|post|entry)))?"
)
_MORE = rf"(?:{_GO_ON}|{_READ_ON})[\s»›→…]{{0,5}}"
"""What a program writes at the end of a text that it cut. "Read more about sleep" is the text's own, and stays."""
_ELLIPSIS = r"(?:\[?\(?(?:…|&hellip;|\.\s?\.\s?\.+)\)?\]?)"
_SPACE = r"(?:\s|&nbsp;|<br ?/?>)"
_SIGNS = (
    *("…", "..", ". .", "&hellip;", "read ", "continue ", "keep reading", "view ", "see ", "full ", "weiterlesen"),
    *("mehr lesen", "lire la", "leer ", "seguir", "lees ", "leia ", "läs mer", "continua a"),
)
"""What every mark has: most texts have none of it near their end, and need not be looked at closely."""
_CUT_END = re.compile(rf"{_SPACE}*{_ELLIPSIS}{_SPACE}*$")
_MORE_END = re.compile(
    rf"(?:(?<=[.!?…>\])”\"])|^|{_ELLIPSIS}){_SPACE}*[\[(]?{_ELLIPSIS}?\s*{_MORE}(?:&gt;|[\])])*{_ELLIPSIS}?{_SPACE}*$",
    re.I,
)
_DATED = r"(?:\s{0,3}\([0-9][0-9 /.:h–-]{5,30}\))?"
"""When it was written, in brackets behind the link that leads on."""
_LAST_LINK = re.compile(rf'<a(?: [a-z]+="[^"]*")*>((?:(?!</a>|<a ).){{1,400}})</a>[\])]?{_DATED}{_SPACE}*$', re.S)
_MORE_LINK = re.compile(rf"\s*[\[(]?{_ELLIPSIS}?\s*{_MORE}(?:&gt;|[\])])*{_ELLIPSIS}?\s*", re.I)
_TO_PAGE = re.compile(r"\s*(?:read|see|view|more|full|continue|go to)\b", re.I)
_TAGS = re.compile(r"<[^>]*>")
_FIRST_ON = (
    *("appeared first on", "first appeared on", "was first published on", "erschien zuerst auf", "proviene da"),
    *("est apparu en premier sur", "se publicó primero en", "apareceu primeiro em", "verscheen eerst op"),
)
_POSTED_ON = re.compile(
    r"(?:<p>)?\s*(?:The post|The article|Der Beitrag|L[’']article|La entrada|El artículo|O post|Het bericht"
    rf"|L[’']articolo)\s(?:(?!<p>|</p>).){{1,600}}?(?:{'|'.join(_FIRST_ON)})(?:(?!<p>|</p>).){{1,300}}?(?:</p>)?\s*$",
    re.S,
)
_GOES_ON_AT = "where people are continuing the conversation"
_FIRST_IN = re.compile(
    r"(?:<hr>\s*)?<p>(?:(?!<p>|</p>).){1,600}? was originally published in (?:(?!<p>|</p>).){1,300}?"
    rf"{_GOES_ON_AT}(?:(?!<p>|</p>).){{0,200}}</p>\s*$",
    re.S,
)
_LAST_CLOSE = re.compile(r"(?:</(?:p|div|li|ul|ol|em|strong|blockquote)>|<p></p>|<br>|\s|&nbsp;)+$")
_EMPTY_END = re.compile(r"<(p|em|strong|li|ul|div)>\s*</\1>\s*$")
_FAR, _NEAR = 1_600, 400
"""So many characters from the end a program's line begins at most, and a mark that words are left out."""

_MOST_TITLE, _MOST_HEADLINE = 10_000, 1_000
"""So many characters of a title as written are read, and kept: what is longer is no headline."""

_MAIL = re.compile(r"[^\s@<>()]+@[^\s@<>()]+")
_NOBODY = {"admin", "administrator", "webmaster", "editor", "staff", "root", "unknown", "noreply", "no-reply", "author"}


def headline(words: Words | None) -> str | None:
    """A title on one line, in plain text, whatever HTML it was written in; None where nothing is left."""
    if words is None:
        return None
    value = meant(words.value[:_MOST_TITLE])
    if words.form != "text":
        # Tags first: what is written &lt;b&gt; inside HTML is meant to be seen.
        value = _UNSEEN.sub("", value)
        value = html.unescape(_TAG.sub(_gap, value)) if words.form == "html" else _either(value)
    return clean.shortened(clean.line(value), _MOST_HEADLINE) or None


def _gap(tag: re.Match[str]) -> str:
    return " " if re.match(r"</?(?:br|p|div|h\d)\b", tag.group(), re.I) else ""


def _either(value: str) -> str:
    """RSS does not say whether a title is HTML. Tags of text go, whole references are read, a lone & or < stays."""
    if "&" not in value and "<" not in value:
        return value
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
    """Clean HTML without marks of cutting and without lines of the feed's program, and its plain text.

    `is_cut` says that it had a mark: words are left out at its end.
    """

    body: str
    text: str
    is_cut: bool


def shorn(body: str, page: str | None) -> Shorn:
    """Takes `[…]`, `Read more` and `The post … appeared first on …` off the end of clean HTML.

    `page` is the entry's own address: whatever a last link to it says, it leads on to the rest.
    """
    is_cut = False
    for _ in range(4):  # they come in a row: "[…] Read more. The post …"
        shorter, marked = _without_mark(_without_program_line(body), page)
        is_cut = is_cut or marked
        if shorter == body:
            break
        body = shorter
    return Shorn(body=body, text=plain(body), is_cut=is_cut)


def _without_program_line(body: str) -> str:
    head, end = body[:-_FAR], body[-_FAR:]
    if _GOES_ON_AT in end:
        end = _FIRST_IN.sub("", end).rstrip()
    if any(words in end for words in _FIRST_ON):
        end = _POSTED_ON.sub("", end).rstrip()
    return head + end


def _without_mark(body: str, page: str | None) -> tuple[str, bool]:
    """The body without the mark at its end, inside the elements that close there; and whether there was one."""
    tail = body[-_FAR:].lower()
    if not any(sign in tail for sign in _SIGNS):
        return body, False
    closing = _LAST_CLOSE.search(body, max(0, len(body) - _NEAR))
    inner, close = (body[: closing.start()], closing.group()) if closing else (body, "")
    shorter = inner
    link = inner.rfind("<a ", max(0, len(inner) - _FAR)) if inner.endswith(("</a>", "]", ")")) else -1
    if link >= 0 and _leads_on(inner, link, page):
        shorter = inner[:link].rstrip(" [(")
    else:
        for mark in (_MORE_END, _CUT_END):
            near = max(0, len(shorter) - _NEAR)
            shorter = shorter[:near] + mark.sub("", shorter[near:])
    if shorter == inner:
        return body, False
    return _EMPTY_END.sub("", shorter + close).rstrip(), True


def _leads_on(body: str, at: int, page: str | None) -> bool:
    """Whether the link at this place, the last one, leads to the rest of the text."""
    link = _LAST_LINK.match(body, at)
    if link is None:
        return False
    said = _TAGS.sub("", link[1])
    is_own = page is not None and f'href="{html.escape(page)}"' in link.group()
    return bool(_MORE_LINK.fullmatch(said) or (is_own and _TO_PAGE.match(said)))


def summary(words: Shorn, most: int = 1000) -> str | None:
    """The plain text of a shorn summary on one line, at most so many characters; `…` at its end where it was cut."""
    text = clean.line(words.text)
    if not text:
        return None
    if words.is_cut:
        text = text.rstrip(" ,;:–—-")
        text += " …" if text.endswith((".", "!", "?", "”", '"', "。")) else "…"
    return clean.shortened(text, most)


def people(written: tuple[str, ...]) -> tuple[str, ...]:
    """Names without mail addresses and roles of a program; each once. `news@x.example (Jane Roe)` is Jane Roe."""
    names: dict[str, str] = {}
    for one in written:
        name = clean.line(_either(one))
        if name.lower().startswith("mailto:"):
            name = clean.line(unquote(name[len("mailto:") :].partition("?")[0]))
        mailed = _MAIL.search(name)
        inside = re.search(r"\(([^()@]{2,80})\)", name) if mailed else None
        if mailed:
            name = inside[1] if inside else _MAIL.sub("", name)
        name = clean.line(re.sub(r"^by\s+(?=\w)", "", name.strip(" <>()\"'`,;-–"), flags=re.I))
        name += ")" if name.count("(") > name.count(")") else ""
        if any(c.isalpha() for c in name) and name.casefold() not in _NOBODY and "://" not in name:
            names.setdefault(name.casefold(), clean.shortened(name, 120))
    return tuple(names.values())


def topics(written: tuple[str, ...]) -> tuple[str, ...]:
    """Subjects in plain text, each once; a site's word for "no subject" is none."""
    found: dict[str, str] = {}
    for one in written:
        topic = clean.line(_either(one)).strip(" ,;")
        if topic and topic.casefold() not in ("uncategorized", "uncategorised") and len(topic) <= 120:
            found.setdefault(topic.casefold(), topic)
    return tuple(found.values())
