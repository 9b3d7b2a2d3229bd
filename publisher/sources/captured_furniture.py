"""What a line of a captured page is by its wording alone: furniture, a label, a heading of teasers, an end, prose.

Comes in: one line. Goes out: its kind. Where a line stands, and so what it does, is judged by
`captured_head`, `captured_story` and `captured_teasers`.
"""

import re
from dataclasses import dataclass
from typing import Literal, TypeAlias

from publisher.records import headline_key
from publisher.sources import captured_dates, captured_phrases as phrases
from publisher.sources.captured_text import Line

Kind: TypeAlias = Literal[
    "icon",
    "furniture",
    "label",
    "section",
    "end",
    "about",
    "links",
    "contact",
    "byline",
    "date",
    "month",
    "more",
    "pointer",
    "bullet",
    "cut",
    "prose",
    "short",
    "url",
]
"""icon: `Print icon`. label: a name of the site's rooms (`News & Events`). section: a heading of teasers.
end, about, links: what closes a story. more: a lone `Read more`. pointer: `Related: <headline>` in one line.
cut: prose that its ending says was cut. prose: sentences. short: anything else; heading, caption, alt text, name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A line and its kind."""

    line: Line
    kind: Kind

    @property
    def text(self) -> str:
        return self.line.text


_SOURCE_CAPS = re.compile(r"^SOURCES?\b(?!\s+OF\b)")
_ABOUT = re.compile(r"^(?:About (?:Us|(?:the )?[A-Z0-9“\"][^.!?]{1,90})|ABOUT [A-Z][^.!?]{1,90}|About[: ]*)[:.]?$")
_ABOUT_RUN_IN = re.compile(r"^(?:About|ABOUT) (?:the )?[A-Z][\w.’'&,()®™ -]{2,80}?(?:\s*[:–—]|\s+-|\.)\s+\S")
_ABOUT_STORY = re.compile(
    r"\babout (?:the|this|these) (?:study|studies|trial|research|survey|program|event|data|findings|grant|award|gift"
    r"|project|disease|procedure|virus|vaccine|flu)\b"
    r"|^about [\w ]*(?:%|\b(?:percent\b|half\b|one\b|two\b|three\b|\d))|\?$",
    re.I,
)

_CONTACT = re.compile(
    r"^(?:(?:for )?(?:media|press|news|public(?:ity)?|pr|editorial)\s*(?:relations |affairs |information "
    r"|inquir(?:y|ies)\s?)?"
    r",?\s*(?:please )?(?:contacts?|inquiries|relations)?|contacts?|contact information"
    r"|for (?:more|further) information,? (?:please )?contact|for more information)\s*(?:\(.{2,40}\))?\s*:\s*\S",
    re.I,
)
PHONE = re.compile(
    r"(?<!\d)(?:\+?1[-. ])?\(?\d{3}\)?[-–. /]{1,3}\d{3}[-–. ]\d{4}(?!\d)|(?<!\d)\d{3}[-.]\d{4}(?!\d)"
    r"|\b1-8\d\d-[A-Z0-9-]{4,}"
)
EMAIL = re.compile(r"[\w.+-]+(?:@| ?\[?at\]? )[\w-]+\.[\w.]+|e-?mail\s*:", re.I)
URL = re.compile(r"^(?:https?://|www\.)\S+$", re.I)

_BYLINE = re.compile(
    r"^(?i:(?:story |posted |written |article |reported |submitted |words )?by|author"
    r"|written and photographed by)\s*:?\s+"
    r"(?P<names>(?:Dr\.? )?[A-Z][\w.’'-]*(?:[ ,]+(?:and |& |de |van |von |la |del |di |bin )?[A-Z][\w.’'()-]*){0,9})"
    r"(?P<rest>\s*(?:,|\||–|—|-|/|·)\s*[^.!?]{0,70})?$"
)
_BYLINE_ANY = re.compile(
    r"^(?:BY|By|by|Author|AUTHOR|Written by|WRITTEN BY|Posted by|Story by|Reported by|Submitted by)\b"
)
_NOT_NAMES = re.compile(r"\b(?:The|Numbers?|Hand|Design|Appointment|Choice|Law|Now|Then|Phone)\b")

_DOTS = re.compile(r"(?:\.\s?\.\s?\.|…)[\"”’']?$|[\[(]\s*(?:\.\.\.|…|&hellip;)\s*[\])]$|\[more\]$|\(more\)$", re.I)
_CUT_MORE = re.compile(
    r"[\[(]?\b(?:read (?:more|the (?:full|rest)\b[^.]{0,40}|full (?:story|article|post)|on)|continue reading\b.{0,120}"
    r"|keep reading|full (?:story|article)|(?<=[.…\]] )(?:more|learn more))[\s.»›>→…:+]*[\])]?$"
    r"|(?:\.\.\.|…|\])\s*(?:continue(?: reading)?|(?:\w+ ){0,2}more)[\s.»›>→]*$",
    re.I,
)

_POINTER = re.compile(
    r"^\W{0,3}(?:related(?: (?:story|article|post|news|content|coverage|reading))?|read more|read(?: also| next)?"
    r"|also read|see also|more|you may also like|learn more|further reading|watch|previous(?:ly)?|don['’]t miss"
    r"|in case you missed it|more on this)\s*[:»›>]+\s+(?P<headline>\S.*?)[^\w?!”\"’)]?$",
    re.I,
)

_ABBREVIATION = re.compile(
    r"(?:\b(?:U\.S|U\.K|D\.C|Inc|Jr|Sr|Co|Corp|Ltd|a\.m|p\.m|M\.D|Ph\.D|R\.N|D\.O|N\.[YJHCMD]|St|Ave|Conn|Mass|Calif"
    r"|Fla|Tex|Ill|Va|Dr|Mt|vs|No|etc|Esq|et al))\.$"
)
_STOP = re.compile(r"(?<![.\s])[.!?][\"”’')\]]*$|[.!?][\"”’')]+$")
_VERB = re.compile(
    r"\b(?:is|are|was|were|(?:is|are|was|ca|wo|do|did)n?['’]t|has|have|had|can|will|would|could|should|may|might|must"
    r"|do|does|did|says?|said|(?:it|that|there|he|she)['’]s|(?:we|you|they)['’]re|i['’]m|knew|know|think|thought|want"
    r"|wanted|need|needs|get|gets|got|felt|feels|makes?|made|took|came|went|found|helps?|begins?|began|saved|works?"
    r"|call|visit|click|please|join|ask|thank|learned|started|agreed|happened|changed)\b",
    re.I,
)
_SMALL = frozenset(
    re.findall(
        r"\w+",
        "a an and as at but by de for from in into is nor of off on or over per so than that the to up via vs with yet",
    )
)


def is_title_case(text: str) -> bool:
    """Whether nearly all words that a headline capitalises are capitalised."""
    words = [w for w in re.findall(r"[^\W\d_][\w’']*", text) if w.casefold() not in _SMALL]
    return len(words) >= 2 and sum(w[0].isupper() for w in words) >= 0.8 * len(words)


def ends_sentence(text: str) -> bool:
    return bool(_STOP.search(text)) and not _ABBREVIATION.search(text)


def is_sentence(text: str) -> bool:
    """Whether a short line is a sentence of a story, not a caption or a name: it closes like one and has a verb."""
    closes = ends_sentence(text) or text.endswith((":", ";"))
    return closes and (bool(_VERB.search(text)) or text.startswith(("“", '"')))


def is_prose(text: str) -> bool:
    """Whether the line is running text. Question marks prove little: headlines ask too."""
    words = len(text.split())
    if re.search(r"[a-z0-9)”\"’'][.!?][”\"’')]?\s+[“\"‘']?[A-Z]", text) and words >= 12 and not is_title_case(text):
        return True
    if ends_sentence(text) and not re.search(r"[?!][\"”’')]*$", text):
        return (words >= 9 or len(text) >= 60) and not (is_title_case(text) and words <= 20)
    if re.search(r"[?!][\"”’')]*$|[:;,]$", text):
        return words >= 18 and not is_title_case(text)
    return (words >= 20 or len(text) >= 140) and not is_title_case(text)


def is_cut(text: str) -> bool:
    """Whether the ending says that the page cut this text (`...`, `[…]`, `Read more.`)."""
    return bool(_DOTS.search(text) or _CUT_MORE.search(text))


def pointed_at(text: str) -> str | None:
    """The headline of a one-line pointer in mid-story (`Related: …`)."""
    match = _POINTER.match(text)
    return match.group("headline").strip() if match else None


def byline(text: str) -> tuple[str, ...]:
    """The authors a line names (`By Jane Doe, MD`), or none."""
    match = _BYLINE.match(text) if _BYLINE_ANY.match(text) else None
    match = match or (
        re.match(r"^(?P<names>[^.!?]{3,80})$", text[2:].strip(" :")) if text[:3] == "BY " and text.isupper() else None
    )
    if not match or len(text) > 120 or _NOT_NAMES.search(match.group("names")) or len(match.group("names").split()) < 2:
        return ()
    return captured_dates.names(match.group("names"))


def kind_of(line: Line) -> Kind:
    """The kind of a line by its wording. The order is the argument: the surest signs come first."""
    text = line.text
    if re.fullmatch(r"print(?:er)? icon", text, re.I):
        return "icon"
    if line.bullet:
        return "bullet"
    if len(text) <= 160:
        named = _kind_by_name(text)
        if named:
            return named
    if _is_about(text) or (_SOURCE_CAPS.match(text) and not is_prose(text)):
        return "about"
    if is_cut(text):
        return "cut"
    return "prose" if is_prose(text) else "short"


def _kind_by_name(text: str) -> Kind | None:
    if phrases.END.match(text):
        return "end"
    if URL.match(text):
        return "url"
    if captured_dates.is_month(text):
        return "month"
    if phrases.SECTION.match(text):
        return "section"
    if phrases.CONTACT_HEAD.match(text) and not re.fullmatch(r"contact|contact us[:.]?", text, re.I):
        return "contact"
    if _CONTACT.match(text) and (PHONE.search(text) or EMAIL.search(text) or not is_prose(text)):
        return "contact"
    if phrases.LINKS.match(text) or _SOURCE_CAPS.match(text):
        return "links"
    if captured_dates.date_line(text):
        return "date"
    if phrases.LABEL.match(text):
        return "label"
    if byline(text):
        return "byline"
    if _POINTER.match(text):
        return "pointer"
    if phrases.MORE.match(text):
        return "more"
    if phrases.FURNITURE.match(text) or phrases.NOT_FOUND.match(text) or _is_share_line(text):
        return "furniture"
    return None


def _is_share_line(text: str) -> bool:
    """Whether every word is one of a share bar's (`Share Facebook Twitter Email`)."""
    words = [w for w in re.split(r"[\s&|,·•/:+]+", text.casefold()) if w]
    return all(w in phrases.SHARE_WORDS or w.isdigit() for w in words)


def _is_about(text: str) -> bool:
    if _ABOUT_STORY.search(text[:120]):
        return False
    return bool((_ABOUT.match(text) and len(text.split()) <= 14) or _ABOUT_RUN_IN.match(text))


_CAPTION = re.compile(
    r"^(?:photo(?: caption| credit)?|caption|pictured(?: (?:above|left|right|here|from left))?|image"
    r"|above|photo(?:graph)? (?:by|courtesy))\s*[:|]\s*(?P<caption>\S.*)$"
    r"|^(?P<credit>(?:photo(?:graph)?s? (?:by|courtesy)|pictured (?:above|here|from left|\(l)).{3,200})$",
    re.I,
)


def labelled_caption(text: str) -> str | None:
    """The caption or credit of a line that says it is one (`Photo: …`, `Photo by …`)."""
    match = _CAPTION.match(text)
    return (match.group("caption") or match.group("credit")) if match else None


_GLUED = re.compile(
    r"^(?:bookmark and share(?: rss icon)?|(?:<<|«) ?back(?: to \w+)?\s*[|·]|rss icon)[\s|:·-]+(?=\S)"
    r"|^(?-i:Print(?=[A-Z][a-z]+ ))",
    re.I,
)
_TWEET = re.compile(
    r"^(?:click to tweet|tweet this)\s*[:|–—-]\s*\S|\s*\(?\bclick to tweet\b[.!)]?\s*$",
    re.I,
)


def is_tweet(text: str) -> bool:
    """Whether the line is a pull-quote offered for sharing (`… Click to Tweet`, `Click to Tweet: …`)."""
    return bool(_TWEET.search(text)) and len(text) <= 330


def shorn(text: str) -> str:
    """The line without furniture glued to its front (`Bookmark and Share RSS Icon …`)."""
    return _GLUED.sub("", text)


def same_text(one: str, other: str) -> bool:
    return headline_key(one).strip(" .\"'") == headline_key(other).strip(" .\"'")


_BOILERPLATE = re.compile(
    r"^(?:the )?[A-Z][^.]{2,120}?,? (?:is|are|was founded|was established|serves|provides|operates|has been)\b[^.]*\b"
    r"(?:(?:not|non)-?(?:for-?)?profit|nonprofit|-bed\b|health ?care (?:system|provider|organization)"
    r"|health system|hospital|medical center|agency|leading|accredited|teaching)",
    re.I,
)
_FAREWELL = re.compile(
    r"^(?:follow|like|find|connect with|visit) .{2,60}\b(?:on|at) (?:facebook|twitter|linkedin|instagram)"
    r"|^for more information about .{2,60}, (?:please )?visit\b|^copyright|^©",
    re.I,
)


def is_boilerplate(text: str) -> bool:
    """Whether a paragraph only says what an institution is; it counts where a story may already be over."""
    return bool(_BOILERPLATE.match(text) or _FAREWELL.match(text))
