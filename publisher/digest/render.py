"""A selection -> the finished HTML and text of one issue, with tokens where each subscriber's values will stand."""

import hashlib
import math
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal, TypeAlias
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_interval, format_time
from markupsafe import Markup

from publisher.digest.select import Selection, in_language
from publisher.errors import TemplateError
from publisher.languages import (
    are_kin,
    day_name,
    direction,
    general_first,
    locale,
    long_date,
    month_name,
    name as language_name,
    there,
)
from publisher.links import Links
from publisher.records import (
    Article,
    Block,
    Edits,
    Event,
    Image,
    Newsletter,
    Period,
    Teaser,
    Topic,
    excerpt,
    token,
    word_count,
)
from publisher.slots import named
from publisher.templating import Templates

PERSONAL = ("GREETING", "EMAIL", "UNSUBSCRIBE", "PREFERENCES")
LEAD_WIDTH = 600
THUMB_WIDTH = 152
LOGO_WIDTH = 160
"""The widths, in CSS pixels, that the templates show pictures at."""

OWN_TEXTS = ("title", "tagline", "intro", "footer_note", "notice")
"""What the office writes once for a newsletter and may translate."""

_WORDS_A_MINUTE = 200
_PREHEADER_PARTS = 4

Pictures: TypeAlias = Mapping[tuple[str, int], Image]
"""What to show for a picture, by its URL and the width it is shown at. One that is not there is not shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What the office chose for its mail beside the contents, in one language: plain values for the templates.

    `language` is that of what does not say its own. `untranslated` are the names of texts that stand in the
    newsletter's main language, for want of a translation.
    """

    title: str
    tagline: str
    organisation: str
    organisation_url: str
    address: tuple[str, ...]
    language: str
    intro: str = ""
    reason: str | None = None
    footer_note: str | None = None
    events_url: str | None = None
    logo: Image | None = None
    notice: tuple[str, str] | None = None
    palette: Mapping[str, str] = field(default_factory=dict)
    fonts: Mapping[str, str] = field(default_factory=dict)
    topics: Mapping[str, Topic] = field(default_factory=dict)
    untranslated: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """All that one edition tells, beside the templates: an issue in one language.

    `beside` are the articles that teasers were shown with, by id.
    """

    newsletter: Newsletter
    period: Period
    language: str
    selection: Selection
    beside: Mapping[str, Article]
    look: Look
    pictures: Pictures
    edits: Edits
    links: Links


_FILLED = {"minutes": {"n"}, "week": {"n"}, "greeting_named": {"name"}}
"""The phrases in which something is filled in, and what."""


def words(templates: Templates, language: str) -> dict[str, str]:
    """The fixed phrases in a language; in English where nobody has written them yet.

    A file for more of the tag overlays one for less: words.pt.json, then words.pt-BR.json. One in another script is
    none of this language's: readers of `zh-TW` have words.zh-Hant.json.
    """
    phrases = templates.words("email", general_first(language))
    for name, phrase in phrases.items():
        strange = set(re.findall(r"\{(\w*)\}", phrase)) - _FILLED.get(name, set())
        if strange:
            raise TemplateError(f'email/words: "{name}" has {{{strange.pop()}}}, which nothing fills in; take it out')
    return phrases


def has_phrases(templates: Templates, language: str) -> bool:
    """Whether somebody wrote the fixed phrases, or some of them, in this language and script."""
    return templates.has_words("email", general_first(language))


class _Blocks:
    """Counts the blocks of an edition while its view is made."""

    def __init__(self) -> None:
        self.made: list[Block] = []

    def add(self, kind: Literal["item", "group", "mail"], topics: Sequence[str] = (), inside: int | None = None) -> int:
        self.made.append(Block(number=len(self.made) + 1, kind=kind, topics=tuple(topics), inside=inside))
        return self.made[-1].number


def _heading(newsletter: Newsletter, *, more: bool) -> str:
    """The name of the phrase above what has no heading of its own."""
    which = "this_week" if newsletter.interval == "weekly" else "in_this_issue"
    return f"more_{which}" if more else which


def _label(telling: Telling, phrases: Mapping[str, str]) -> str:
    """`Week 48`, `November` or `Monday`, by what the period is."""
    kind, begin = named(telling.period.name) or ("weekly", telling.period.slot.date())
    if kind == "weekly":
        return phrases["week"].replace("{n}", str(begin.isocalendar().week))
    return month_name(begin, telling.language) if kind == "monthly" else day_name(begin, telling.language)


def view(telling: Telling, templates: Templates) -> tuple[dict[str, Any], tuple[Block, ...]]:
    """All values the templates take, without tokens, and the blocks that they mark."""
    newsletter, look, links, language = telling.newsletter, telling.look, telling.links, telling.language
    blocks = _Blocks()
    mail = blocks.add("mail")
    phrases = words(templates, language)
    slot = telling.period.slot.astimezone(ZoneInfo(newsletter.zone))
    lead = _item(telling, telling.selection.lead, LEAD_WIDTH, None) if telling.selection.lead else None
    sections = _sections(telling, blocks, phrases[_heading(newsletter, more=lead is not None)])
    events = _events(telling, blocks)
    own = None if language == newsletter.language else language
    values = {
        "lang": language,
        "dir": direction(language),
        "subject": subject(telling),
        "preheader": _preheader(telling, lead, sections),
        "newsletter": {"title": look.title, "tagline": look.tagline},
        "org": {"name": look.organisation, "url": look.organisation_url, "address": list(look.address)},
        "logo": _picture(look.logo, LOGO_WIDTH, telling.pictures),
        "issue": {
            "label": _label(telling, phrases),
            "date": long_date(slot, language),
        },
        "intro": look.intro,
        "tongue": {n: _tongue(telling, newsletter.language if n in look.untranslated else None) for n in OWN_TEXTS},
        "note": telling.edits.note.get(language),
        "palette": templates.data("email/palette.json") | dict(look.palette),
        "fonts": dict(look.fonts),
        "web": links.issue(newsletter.name, telling.period.name, own),
        "lead": lead,
        "sections": sections,
        "events": events,
        "events_url": look.events_url,
        "corrections": _corrections(telling),
        "notice": {"title": look.notice[0], "text": look.notice[1]} if look.notice else None,
        "reason": look.reason or phrases["reason"],
        "footer_note": look.footer_note,
        "words": phrases,
        "mail": mail,
    }
    return values, tuple(blocks.made)


def greetings(telling: Telling, phrases: Mapping[str, str]) -> tuple[str, str]:
    """The greeting for readers whose name we do not know, and the one with `{name}` in it."""
    by_hand = telling.edits.greeting.get(telling.language)
    if by_hand is None:
        return phrases["greeting"], phrases["greeting_named"]
    return re.sub(r"[\s,]*\{name\}", "", by_hand).strip(), by_hand


def nonce_for(values: Mapping[str, Any]) -> str:
    """The first hash-derived nonce that occurs nowhere in the values, so that the same issue gives the same bytes."""
    told = repr(sorted(values.items()))
    return next(nonce for nonce in _nonces(told) if nonce not in told)


def _nonces(told: str) -> Iterator[str]:
    digest = hashlib.sha256(told.encode("utf-8", "backslashreplace"))
    while True:
        yield digest.hexdigest()[:10]
        digest.update(b".")


def html(values: Mapping[str, Any], nonce: str, templates: Templates) -> str:
    def begin(block: int | None) -> Markup:
        return Markup(f"<!--{token(nonce, f'B{block}')}-->" if block else "")  # noqa: S704 (letters and digits)

    def end(block: int | None) -> Markup:
        return Markup(f"<!--{token(nonce, f'E{block}')}-->" if block else "")  # noqa: S704 (letters and digits)

    return templates.render("email/digest.html.j2", **values, **_tokens(nonce), begin=begin, end=end)


def text(values: Mapping[str, Any], nonce: str, templates: Templates) -> str:
    """The plain part: its own template, at most two empty lines in a row, no white space at line ends."""

    def begin(block: int | None) -> str:
        return token(nonce, f"B{block}") if block else ""

    def end(block: int | None) -> str:
        return token(nonce, f"E{block}") if block else ""

    rendered = templates.render("email/digest.txt.j2", **values, **_tokens(nonce), begin=begin, end=end)
    return re.sub(r"\n{3,}", "\n\n", re.sub(r"[ \t]+\n", "\n", rendered)).strip() + "\n"


def _tokens(nonce: str) -> dict[str, dict[str, str]]:
    return {"t": {name.lower(): token(nonce, name) for name in PERSONAL}}


def subject(telling: Telling) -> str:
    """By hand; else the newsletter's title and the first headline: what the issue is about, in the list of mails."""
    by_hand = telling.edits.subject.get(telling.language)
    first = next(iter(telling.selection.carried), None)
    if by_hand or first is None:
        return by_hand or telling.look.title
    return f"{telling.look.title}: {_shown(telling, first).headline}"


def _preheader(
    telling: Telling, lead: Mapping[str, Any] | None, sections: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """What stands behind the subject in the list of mails: by hand, or headlines, each only for who gets that item.

    Where it may be that a reader gets none of these, the lead's summary follows.
    """
    by_hand = telling.edits.preheader.get(telling.language)
    if by_hand:
        return [{"text": by_hand, "block": None}]
    items = [item for section in sections for item in section["items"]][:_PREHEADER_PARTS]
    parts = [{"text": _as_sentence(item["headline"]), "block": item["block"]} for item in items]
    if all(item["topics"] for item in items) and lead and lead["summary"]:
        parts.append({"text": lead["summary"], "block": None})
    return parts


def _as_sentence(headline: str) -> str:
    return headline if unicodedata.category(headline[-1:] or ".")[0] == "P" else f"{headline}."


def _shown(telling: Telling, item: Article | Teaser) -> Article | Teaser:
    """The item as it stands in this language."""
    translations = telling.selection.translations.get(item.id, ())
    plainly = [replace(t, language=t.language or telling.look.language) for t in translations]
    if isinstance(item, Article):
        item = replace(item, language=item.language or telling.look.language)
    return in_language(item, plainly, telling.language)


def _sections(telling: Telling, blocks: _Blocks, rest_title: str) -> list[dict[str, Any]]:
    """The teasers under their headings: a section for each of the newsletter's, in its order, then the rest."""
    wanted = telling.newsletter.sections
    groups: dict[str | None, list[Article | Teaser]] = {slug: [] for slug in (*wanted, None)}
    for entry in telling.selection.entries:
        topics = entry.topics if isinstance(entry, Article) else ()
        groups[next((slug for slug in wanted if slug in topics), None)].append(entry)
    made = []
    for slug, entries in groups.items():
        if entries:
            number = blocks.add("group")
            title = _topic_title(telling.look.topics[slug], telling) if slug else rest_title
            items = [_item(telling, e, THUMB_WIDTH, blocks.add("item", _topics(e), number)) for e in entries]
            plain = slug and not telling.look.topics[slug].named(general_first(telling.language))
            tongue = _tongue(telling, telling.look.language if plain else None)
            made.append({"title": title, "tongue": tongue, "items": items, "block": number})
    return made


def _topics(entry: Article | Teaser | Event) -> tuple[str, ...]:
    return () if isinstance(entry, Teaser) else entry.topics


def _item(telling: Telling, entry: Article | Teaser, width: int, block: int | None) -> dict[str, Any]:
    shown = _shown(telling, entry)
    return _tongue(telling, shown.language if isinstance(shown, Article) else telling.look.language) | {
        "headline": shown.headline,
        "url": _url(shown, telling.links, telling.beside),
        "summary": _summary(shown),
        "topic": _topic(shown, telling),
        "topic_tongue": _tongue(telling, _topic_language(shown, telling)),
        "image": _picture(shown.image, width, telling.pictures),
        "minutes": _minutes(shown.body) if isinstance(shown, Article) else None,
        "label": None,
        "source_note": None,
        "topics": _topics(entry),
        "block": block,
    }


def _tongue(telling: Telling, language: str | None) -> dict[str, str | None]:
    """The language and direction of what is not in the edition's own language, and the language's own name."""
    foreign = language if language and not are_kin(language, telling.language) else None
    return {
        "lang": foreign,
        "dir": direction(foreign) if foreign else None,
        "language_name": language_name(foreign) if foreign else None,
    }


def _url(entry: Article | Teaser, links: Links, beside: Mapping[str, Article]) -> str:
    if isinstance(entry, Article):
        return links.article(entry)
    return links.teaser(entry, beside.get(entry.shown_by or ""))


def _summary(entry: Article | Teaser) -> str | None:
    if isinstance(entry, Teaser):
        return entry.excerpt
    return entry.summary or excerpt(entry.body, 220)


def _topic(entry: Article | Teaser, telling: Telling) -> str | None:
    """An article's first declared topic; a teaser's caption, which pages use in the same place."""
    if isinstance(entry, Teaser):
        return entry.caption
    known = telling.look.topics
    return next((_topic_title(known[topic], telling) for topic in entry.topics if topic in known), None)


def _topic_title(topic: Topic, telling: Telling) -> str:
    return topic.named(general_first(telling.language)) or topic.title


def _topic_language(entry: Article | Teaser, telling: Telling) -> str | None:
    """A caption is in its page's language; a topic's title in the reader's, unless nobody translated it."""
    first = None if isinstance(entry, Teaser) else next((t for t in entry.topics if t in telling.look.topics), None)
    if first is None or telling.look.topics[first].named(general_first(telling.language)):
        return telling.look.language if isinstance(entry, Teaser) else None
    return telling.look.language


def _picture(image: Image | None, width: int, pictures: Pictures) -> dict[str, Any] | None:
    shown = pictures.get((image.url, width)) if image and image.url else None
    if not image or not shown or not shown.width or not shown.height:
        return None
    return {"url": shown.url, "alt": image.alt or "", "width": shown.width, "height": shown.height}


def _minutes(body: str) -> int:
    return max(1, math.ceil(word_count(body) / _WORDS_A_MINUTE))


def _corrections(telling: Telling) -> list[dict[str, Any]]:
    """Everyone is told of what was wrong, whatever topics they chose: an earlier copy may have told it to them."""
    shown = [_shown(telling, entry) for entry in telling.selection.carried]
    return [
        _tongue(telling, article.language)
        | {"headline": article.headline, "url": telling.links.article(article), "note": article.correction}
        for article in shown
        if isinstance(article, Article) and article.correction
    ]


def _events(telling: Telling, blocks: _Blocks) -> dict[str, Any] | None:
    if not telling.selection.events:
        return None
    number = blocks.add("group")
    items = [_event(telling, e, blocks.add("item", _topics(e), number)) for e in telling.selection.events]
    return {"items": items, "block": number}


def _event(telling: Telling, event: Event, block: int) -> dict[str, Any]:
    tongue, zone = locale(telling.language), ZoneInfo(event.zone)
    start = event.start.astimezone(zone)
    return _tongue(telling, event.language or telling.look.language) | {
        "title": event.title,
        "url": event.url,
        "month": format_date(start, "MMM", locale=tongue).rstrip("."),
        "day": str(start.day),
        "when": f"{format_date(start, 'EEEE', locale=tongue)}, {_hours(start, event.end, zone, tongue)}",
        "where": event.place,
        "block": block,
    }


def _hours(start: datetime, end: datetime | None, zone: ZoneInfo, tongue: Locale) -> str:
    """`10:30 AM – 2:00 PM`, or `10:30 – 14:00` where people say so."""
    tongue = there(tongue, zone.key)
    said = format_time(start, "short", tzinfo=zone, locale=tongue)
    if end is not None:
        until = end.astimezone(zone)
        said = f"{said} – {format_time(until, 'short', tzinfo=zone, locale=tongue)}"
        pattern = tongue.time_formats["short"].pattern
        # Babel cannot tell CLDR's parts of the day (B) apart, and writes 8 PM to 1 AM as if the day did not change.
        if start.date() == until.date() and "B" not in pattern:
            with suppress(NotImplementedError):
                said = format_interval(start, until, "Hm" if "H" in pattern else "hm", tzinfo=zone, locale=tongue)
    # Many mail clients' fonts lack the narrow and thin spaces that CLDR writes.
    return re.sub("[\u2009\u202f]", "\u00a0", said)
