"""What is wrong with articles and events themselves, and with the words the office writes around them.

In: the items an edition carries, as they are stored, and the office's own texts. Out: findings, each at the headline
of its item or at the place of its text. Nothing here looks at the finished mail.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from lxml import etree
from lxml.html import HtmlElement, HTMLParser, document_fromstring

from publisher.digest.check.patients import suspicions
from publisher.digest.check.reading import blocks, cut, grade
from publisher.digest.check.rules import REVIEW_DUE, Rule
from publisher.digest.check.wording import (
    MENDS,
    PLACEHOLDER,
    SHOUTING,
    STRANGE,
    fault_of_alt,
    fault_of_link,
    gap_in,
    is_shouting,
    strange_in,
)
from publisher.records import Article, Event, Finding, Teaser, headline_key

MOST_CHARACTERS = 500_000
"""What is looked at of one body, so that a book pasted into an article holds up nobody's mail."""

_MOST_ALIKE = 20
"""Findings of one rule in one body: a list of 10,000 pictures without words is one mistake."""
_BEGINNING = 300
"""Characters of a text that stand for its summary, about as many as the mail shows."""
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
RULES = (EMBARGOED, WITHDRAWN, ALT_MISSING, READING_GRADE, TWICE, LONG)


def check(
    carried: Sequence[Article | Teaser],
    now: datetime,
    *,
    most_grade: int,
    events: Sequence[Event] = (),
    own_texts: Mapping[str, str] = {},
    language: str = "en",
) -> list[Finding]:
    """All findings on the items, events and the office's own texts (by their place) if the issue left at `now`.

    `most_grade` is a US school grade; `language` is that of articles that do not say theirs.
    """
    return [
        *(finding for item in carried for finding in _item(item, now, most_grade, language)),
        *(finding for event in events for finding in _event(event)),
        *(TWICE.found(_place(item), "is in the issue twice; leave one out") for item in repeated(carried, events)),
        *(finding for place, text in own_texts.items() for finding in _own(place, text)),
    ]


def grades(carried: Sequence[Article | Teaser], language: str = "en") -> dict[str, float]:
    """The school grade of each article that can be given one, by its headline."""
    known = ((_place(a), grade(a.body, a.language or language)) for a in carried if isinstance(a, Article))
    return {headline: years for headline, years in known if years is not None}


def _own(place: str, text: str) -> Iterator[Finding]:
    """A text of the office's own. The characters of a subject are `delivery`'s matter, whoever wrote it."""
    strange = STRANGE.code if place.startswith("subject") else None
    yield from (finding for finding in _words(place, text) if finding.code != strange)
    yield from _patients(place, text)


def _item(item: Article | Teaser, now: datetime, most_grade: int, language: str) -> Iterator[Finding]:
    yield from _shouting(_place(item), item.headline or "")
    yield from _article(item, now, most_grade, language) if isinstance(item, Article) else _teaser(item)


def _article(article: Article, now: datetime, most_grade: int, language: str) -> Iterator[Finding]:
    place, body = _place(article), _Body(article.body)
    lines, alts = body.lines, [image.get("alt") for image in body.elements("img")]
    told = [article.headline, article.correction, article.summary, _alt_of(article), *alts]
    # Where there is no summary, the mail shows the beginning of the text.
    yield from _words(place, *told, None if article.summary else " ".join(lines[:_BEGINNING])[:_BEGINNING])
    yield from unfit_to_leave(article, now)
    yield from _reading(article, most_grade, language)
    yield from _pictures(article, alts)
    yield from _links(article, body)
    if len(article.body) > MOST_CHARACTERS:
        yield LONG.found(place, f"only its first {MOST_CHARACTERS:,} characters were checked; is it one article?")
    yield from _patients(place, *told, *lines)


def _teaser(teaser: Teaser) -> Iterator[Finding]:
    told = (teaser.headline, teaser.caption, teaser.excerpt, _alt_of(teaser))
    yield from _words(_place(teaser), *told)
    yield from _picture(teaser)
    yield from _patients(_place(teaser), *told)


def _event(event: Event) -> Iterator[Finding]:
    """What a mail shows of it: its title and where it is."""
    place = _place(event)
    yield from _shouting(place, event.title)
    yield from _words(place, event.title, event.place)
    yield from _patients(place, event.title, event.place)


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


def _pictures(article: Article, alts: Sequence[str | None]) -> Iterator[Finding]:
    """The main picture, and those of the body by their alternative texts."""
    yield from _picture(article)
    yield from islice((fault for alt in alts for fault in _alt(_place(article), alt)), _MOST_ALIKE)


def _picture(item: Article | Teaser) -> Iterator[Finding]:
    """The main picture; a teaser's is the page's own, whose words we do not write."""
    if item.image and item.image.url and (item.image.alt or isinstance(item, Article)):
        yield from _alt(_place(item), item.image.alt or None)


def _alt_of(item: Article | Teaser) -> str | None:
    return item.image.alt if item.image else None


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


def _shouting(place: str, headline: str) -> Iterator[Finding]:
    if is_shouting(headline):
        yield SHOUTING.found(place, "shouts; write it like a sentence, with one exclamation mark at most")


def _words(place: str, *texts: str | None) -> Iterator[Finding]:
    text = _lines(texts)
    if gap := gap_in(text):
        yield PLACEHOLDER.found(place, f'"{_short(gap)}" would be sent as it stands; write what belongs there')
    if strange := strange_in(text):
        yield STRANGE.found(place, f"has {strange}; write that passage anew, without it")


def _patients(place: str, *texts: str | None) -> Iterator[Finding]:
    for suspicion in suspicions(_lines(texts))[:_MOST_ALIKE]:
        mend = f'"{suspicion.passage}": if it is a patient\'s, take it out; if the person agreed to it, let it stand'
        yield suspicion.rule.found(place, mend)


def _lines(texts: Sequence[str | None]) -> str:
    return "\n".join(filter(None, texts))[:MOST_CHARACTERS]


# --- what is there twice ---


def repeated(carried: Sequence[Article | Teaser], events: Sequence[Event] = ()) -> list[Article | Teaser | Event]:
    """What has the headline or the page of another before it, and events of one title at one time.

    An article and its translations are one item, however much they have in common.
    """
    first: dict[tuple[str, str], Article | Teaser] = {}
    found: list[Article | Teaser | Event] = []
    for item in carried:
        keys = {("headline", headline_key(item.headline or "")), ("page", (item.url or "").rstrip("/"))}
        before = [first.setdefault(key, item) for key in keys if key[1]]
        if any(other is not item and not _are_one(item, other) for other in before):
            found.append(item)
    return found + _repeated(events)


def _are_one(item: Article | Teaser, other: Article | Teaser) -> bool:
    """Whether one is the other's translation, or both are of the same article."""
    if isinstance(item, Teaser) or isinstance(other, Teaser) or not (item.translation_of or other.translation_of):
        return False
    return (item.source, item.translation_of or item.key) == (other.source, other.translation_of or other.key)


def _repeated(events: Sequence[Event]) -> list[Article | Teaser | Event]:
    """A course that begins anew every week is no repetition."""
    known: set[tuple[str, datetime]] = set()
    found: list[Article | Teaser | Event] = []
    for event in events:
        key = headline_key(event.title), event.start
        found += [event] if key in known else []
        known.add(key)
    return found


def named(item: Article | Teaser | Event) -> str:
    """What an item is called in the mail; nothing where it has no headline."""
    return (item.title if isinstance(item, Event) else item.headline) or ""


def _place(item: Article | Teaser | Event) -> str:
    return " ".join(named(item).split())[:100] or item.id or item.key


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 60 else line[:59] + "…"
