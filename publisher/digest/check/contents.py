"""What is wrong with the articles themselves and with the words the office writes around them.

In: the items an edition carries, as they are stored, and the office's own texts. Out: findings, each at the headline
of its item or at the place of its text. Nothing here looks at the finished mail.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from lxml import etree
from lxml.html import HtmlElement, HTMLParser, document_fromstring

from publisher.digest.check.patients import suspicions
from publisher.digest.check.reading import blocks, cut, grade
from publisher.digest.check.rules import REVIEW_DUE, Rule
from publisher.digest.check.wording import MENDS, fault_of_alt, fault_of_link
from publisher.records import Article, Finding, Teaser, headline_key

MOST_CHARACTERS = 500_000
"""What is looked at of one body, so that a book pasted into an article holds up nobody's mail."""

_MOST_ALIKE = 20
"""Findings of one rule in one body: a list of 10,000 pictures without words is one mistake."""
_MOST_PIECES = 100
"""Pieces of text that are looked at in one link: in broken HTML the whole body may be within it."""

# fmt: off
EMBARGOED = Rule(
    code="embargoed", family="delivery", severity="error", final=True,
    wrong="An article may not be read yet when the issue leaves.",
    why="Whoever set the embargo was promised it; a mail cannot be called back.",
)
WITHDRAWN = Rule(
    code="withdrawn", family="delivery", severity="error", final=True,
    wrong="An article was withdrawn after it was chosen.",
    why="It was withdrawn for a reason, and in health advice that may be somebody's safety.",
)
ALT_MISSING = Rule(
    code="alt-missing", family="accessibility", severity="warning",
    wrong="An article's picture has no alternative text.",
    why="Blind readers hear nothing of it, and where pictures are off nobody knows what was there.",
)
READING_GRADE = Rule(
    code="reading-grade", family="accessibility", severity="warning",
    wrong="An article asks for more years of school than the newsletter allows.",
    why="Health advice that is hard to read is not followed, least of all by those who need it most.",
)
PLACEHOLDER = Rule(
    code="placeholder", family="delivery", severity="warning",
    wrong="A headline, summary or text of the issue still has a gap that somebody meant to fill.",
    why="Readers see it as it stands: nothing fills it in.",
)
SHOUTING = Rule(
    code="headline-shouting", family="delivery", severity="warning",
    wrong="A headline is in capitals or has several exclamation marks.",
    why="It is harder to read, and filters take it for advertising.",
)
STRANGE = Rule(
    code="strange-characters", family="delivery", severity="warning",
    wrong="A headline, summary or text has characters that nobody sees, or that turn the writing round.",
    why="They can make a line say something else than it seems to; most programs drop or garble them.",
)
TWICE = Rule(
    code="item-twice", family="delivery", severity="warning",
    wrong="Two items of the issue have the same headline or lead to the same page.",
    why="Readers take it for a mistake, and it takes the place of another story.",
)
LONG = Rule(
    code="article-long", family="delivery", severity="note",
    wrong="An article is so long that only its beginning was checked.",
    why="What is wrong further down is not among the findings.",
)
# fmt: on
RULES = (EMBARGOED, WITHDRAWN, ALT_MISSING, READING_GRADE, PLACEHOLDER, SHOUTING, STRANGE, TWICE, LONG)

_PLACEHOLDER = re.compile(
    r"\blorem ipsum\b|\bdolor sit amet\b"
    # In Spanish, TODO in capitals can be a word like another: then something else than an end follows.
    r"|(?-i:\bTODO\b(?=\s*(?:[:\-–—!.,)\]]|$))|\bTBD\b|\bTBC\b|\bXXX+\b|\bFIXME\b)"
    r"|[\[<(](?:insert|add|enter|put|your|insertar|inserte|einfügen|insérer)\b[^\[\]<>()\n]{0,60}[\])>]"
    r"|\{\{[^{}\n]{0,80}\}\}|\{%[^{}\n]{0,80}%\}|\$\{[^{}\n]{0,80}\}"
    r"|%[A-Z][A-Z_]{2,30}%|%%[^%\s]{1,40}%%|\*\|[^|\n]{1,60}\|\*|\[\[[^\[\]\n]{1,60}\]\]",
    re.IGNORECASE | re.MULTILINE,
)
_STRANGE = re.compile(
    r"(?P<turn>[\u202a-\u202e\u2066-\u2069])|(?P<unseen>[\u200b\u2060-\u2064\ufeff\ufff9-\ufffb])"
    r"|(?P<line>[\u2028\u2029])|(?P<word>=\?[^?\s]{1,40}\?[bq]\?)"
    r"|(?P<control>[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ue000-\uf8ff\ufdd0-\ufdef\ufffe\uffff])",
    re.IGNORECASE,
)
_KINDS = {
    "turn": "a mark that turns the direction of writing",
    "unseen": "a character that nobody sees",
    "line": "a line separator",
    "word": "what mail programs take for an encoded word",
    "control": "a control character",
}


def check(
    carried: Sequence[Article | Teaser],
    now: datetime,
    *,
    most_grade: int,
    own_texts: Mapping[str, str] = {},
    language: str = "en",
) -> list[Finding]:
    """All findings on the items and on the office's own texts (by their place) if the issue left at `now`.

    `most_grade` is a US school grade; `language` is that of articles that do not say theirs.
    """
    return [
        *(finding for item in carried for finding in _item(item, now, most_grade, language)),
        *_twice(carried),
        *(finding for place, text in own_texts.items() for finding in _own(place, text)),
    ]


def grades(carried: Sequence[Article | Teaser], language: str = "en") -> dict[str, float]:
    """The school grade of each article that can be given one, by its headline."""
    known = ((_place(a), grade(a.body, a.language or language)) for a in carried if isinstance(a, Article))
    return {headline: years for headline, years in known if years is not None}


def strange_in(text: str) -> str | None:
    """What is strange about the first character that is, with its number in Unicode; None where there is none."""
    found = _STRANGE.search(text)
    if found is None:
        return None
    kind = str(found.lastgroup)
    return _KINDS[kind] + (f' ("{found[0]}")' if kind == "word" else f" (U+{ord(found[0]):04X})")


def is_shouting(text: str) -> bool:
    """Mostly capitals in more than an abbreviation or two, or several exclamation marks."""
    capitals, small = sum(map(str.isupper, text[:1000])), sum(map(str.islower, text[:1000]))
    return "!!" in text or (capitals >= 12 and capitals > 2 * small)


def _own(place: str, text: str) -> Iterator[Finding]:
    """A text of the office's own. The characters of a subject are `delivery`'s matter, whoever wrote it."""
    strange = STRANGE.code if place.startswith("subject") else None
    yield from (finding for finding in _words(place, text) if finding.code != strange)
    yield from _patients(place, text)


def _item(item: Article | Teaser, now: datetime, most_grade: int, language: str) -> Iterator[Finding]:
    place = _place(item)
    summary = item.summary if isinstance(item, Article) else item.excerpt
    if is_shouting(item.headline or ""):
        yield SHOUTING.found(place, "shouts; write it like a sentence, with one exclamation mark at most")
    yield from _words(place, "\n".join(filter(None, (item.headline, summary))))
    if isinstance(item, Article):
        yield from unfit_to_leave(item, now)
        yield from _reading(item, most_grade, language)
        body = _Body(item.body)
        yield from _pictures(item, body)
        yield from _links(item, body)
        if len(item.body) > MOST_CHARACTERS:
            yield LONG.found(place, f"only its first {MOST_CHARACTERS:,} characters were checked; is it one article?")
        yield from _patients(place, "\n".join([item.headline or "", summary or "", *body.lines]))
    else:
        yield from _picture(item)
        yield from _patients(place, "\n".join(filter(None, (item.headline, item.caption, summary))))


def unfit_to_leave(article: Article, now: datetime) -> Iterator[Finding]:
    """What keeps an article from readers who would get it at `now`."""
    released = article.released if article.published_at else article.embargo
    if released and released > now:
        until = f"{released:%Y-%m-%d %H:%M} UTC"
        yield EMBARGOED.found(_place(article), f"may not be read before {until}; send it then, or draft it without")
    if article.withdrawn_at:
        yield WITHDRAWN.found(_place(article), "was withdrawn; draft the issue again without it")
    if article.review_by and article.review_by < now.date():
        mend = f"its review was due on {article.review_by}; review it and set a new review-by date, or take it out"
        yield REVIEW_DUE.found(_place(article), mend)


def _reading(article: Article, most: int, language: str) -> Iterator[Finding]:
    years = grade(article.body, article.language or language)
    if years is not None and years > most:
        mend = f"reads at grade {years:g}, the newsletter's limit is {most}; shorten sentences, use everyday words"
        yield READING_GRADE.found(_place(article), mend)


# --- pictures and links ---


@dataclass(frozen=True, slots=True)
class _Body:
    """The beginning of an article's HTML: `lines` of text, the tree for its pictures and links."""

    html: str

    @property
    def lines(self) -> list[str]:
        return blocks(self.html, MOST_CHARACTERS)

    def elements(self, tag: str) -> Iterator[HtmlElement]:
        """Nothing is parsed where the tag does not occur, as in most articles."""
        html = cut(self.html, MOST_CHARACTERS)
        if f"<{tag}" not in html:
            return
        data = html.replace("\0", "").encode("utf-8", "replace")
        try:
            yield from document_fromstring(data, parser=HTMLParser(encoding="utf-8", huge_tree=True)).iter(tag)
        except etree.ParserError:
            return


def _pictures(article: Article, body: _Body) -> Iterator[Finding]:
    yield from _picture(article)
    faults = [fault for image in body.elements("img") for fault in _alt(_place(article), image.get("alt"))]
    yield from faults[:_MOST_ALIKE]


def _picture(item: Article | Teaser) -> Iterator[Finding]:
    """The main picture; a teaser's is the page's own, whose words we do not write."""
    if item.image and item.image.url and (item.image.alt or isinstance(item, Article)):
        yield from _alt(_place(item), item.image.alt or None)


def _alt(place: str, alt: str | None) -> Iterator[Finding]:
    """An empty alt in a body is a decision (of no account); a missing one is none."""
    if alt is None:
        yield ALT_MISSING.found(place, "say what its picture shows, in the article's front matter or text: alt")
    elif fault := fault_of_alt(alt):
        yield fault.found(place, f'"{_short(alt)}" {MENDS[fault.code]}')


def _links(article: Article, body: _Body) -> Iterator[Finding]:
    told = 0
    for link in body.elements("a"):
        if link.get("href") is None or told == _MOST_ALIKE:
            continue
        within = list(islice(link.iter("img"), 1))
        text = " ".join("".join(islice(link.itertext(), _MOST_PIECES)).split())
        if fault := fault_of_link(text, pictured=bool(within)):
            told += 1
            yield fault.found(_place(article), f'"{_short(text)}" {MENDS[fault.code]}' if text else MENDS[fault.code])


# --- words ---


def _words(place: str, text: str) -> Iterator[Finding]:
    text = text[:MOST_CHARACTERS]
    if gap := _PLACEHOLDER.search(text):
        yield PLACEHOLDER.found(place, f'"{_short(gap[0])}" would be sent as it stands; write what belongs there')
    if strange := strange_in(text):
        yield STRANGE.found(place, f"has {strange}; write that passage anew, without it")


def _patients(place: str, text: str) -> Iterator[Finding]:
    for suspicion in suspicions(text)[:_MOST_ALIKE]:
        mend = f'"{suspicion.passage}": if it is a patient\'s, take it out; if the person agreed to it, let it stand'
        yield suspicion.rule.found(place, mend)


def _twice(carried: Sequence[Article | Teaser]) -> Iterator[Finding]:
    headlines: set[str] = set()
    pages: set[str] = set()
    for item in carried:
        headline, page = headline_key(item.headline or ""), (item.url or "").rstrip("/")
        if (headline and headline in headlines) or (page and page in pages):
            yield TWICE.found(_place(item), "is in the issue twice; leave one out")
        headlines.add(headline)
        pages.add(page)


def _place(item: Article | Teaser) -> str:
    return " ".join((item.headline or "").split())[:100] or item.id or item.key


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 60 else line[:59] + "…"
