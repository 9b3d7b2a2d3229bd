"""The part of a captured page that is its article: blocks in, headline, paragraphs, date, authors and image out.

The head is read by `captured_head`; the body goes on to the first sure end. What stands between is kept unless it is
known to be something else: a contact, a caption, a pull-quote.
"""

import re
from dataclasses import dataclass, field

from publisher.records import Stated, headline_key
from publisher.sources import captured_dates as dates, captured_furniture as furniture, captured_head as heads
from publisher.sources.captured_furniture import Block

_SKIPPED = ("icon", "furniture", "label", "month", "more", "url", "section", "pointer")
_ENDS = ("end", "about", "links")


@dataclass(slots=True, kw_only=True)
class Paragraph:
    """A paragraph or, with `item`, an entry of a list."""

    text: str
    item: bool = False


@dataclass(slots=True, kw_only=True)
class Story:
    """What the page says of its one article; `headline` is null where the capture lost it."""

    headline: str | None = None
    paragraphs: list[Paragraph] = field(default_factory=list)
    published: Stated = None
    updated: Stated = None
    embargo: Stated = None
    authors: tuple[str, ...] = ()
    alt: str | None = None
    caption: str | None = None


def read(blocks: list[Block]) -> Story | None:
    """head | body | dates | image -> Story, or null where nothing reads like one."""
    blocks = heads.without_banner(heads.without_navigation(blocks))
    blocks = heads.with_long_headline(heads.without_contacts(blocks))
    start = heads.body_start(blocks)
    body, rest = _body(blocks[start:])
    if not any(furniture.is_prose(p.text) or furniture.is_sentence(p.text) for p in body):
        return None
    head = heads.read(blocks[:start], [p.text for p in body], spaced=_is_spaced(blocks))
    story = Story(headline=head.headline, paragraphs=body, published=head.published, alt=head.alt, caption=head.caption)
    _read_dates(story, [*blocks[:start], *rest])
    _separate_alt_text(story)
    _separate_captions(story)
    _drop_dek(story)
    story.paragraphs = _without_repeats(story.paragraphs, story.headline)
    if not story.published:
        story.published = next((d for d in map(_dateline, story.paragraphs[:2]) if d), None) or story.embargo
    return story if story.paragraphs else None


def _dateline(paragraph: Paragraph) -> Stated:
    return dates.dateline(paragraph.text)


def _is_spaced(blocks: list[Block]) -> bool:
    """Whether blank lines stand between paragraphs, so that a missing one means something."""
    gaps = [b.line.gap for b in blocks if b.kind == "prose"]
    return sum(g > 0 for g in gaps) > 0.5 * len(gaps) if gaps else False


# --- Body


def _body(blocks: list[Block]) -> tuple[list[Paragraph], list[Block]]:
    """The paragraphs down to the first sure end, and the dates and bylines met on the way."""
    kept: list[Block] = []
    rest: list[Block] = []
    contact_seen = False
    index = 0
    while index < len(blocks):
        block = blocks[index]
        if _ends_here(blocks, index, kept, contact_seen):
            break
        if block.kind == "contact":
            index, contact_seen = heads.contact_end(blocks, index), True
            continue
        if block.kind in ("date", "byline"):
            rest.append(block)
        elif block.kind not in (*_SKIPPED, *_ENDS) and not furniture.is_tweet(block.text):
            kept.append(block)
        index += 1
    kept = _without_loose_end(kept)
    return [Paragraph(text=b.text, item=b.kind == "bullet") for b in kept], rest


def _ends_here(blocks: list[Block], index: int, kept: list[Block], contact_seen: bool) -> bool:
    block = blocks[index]
    if not kept:
        return False
    if block.kind == "end":
        return bool(re.match(r"[#<]|.*(?:30|end)", block.text, re.I)) or not _goes_on(blocks[index + 1 :], 3)
    if block.kind in _ENDS:
        return True
    if block.line.nbsp and block.kind not in ("prose", "cut", "bullet"):
        return not furniture.is_sentence(block.text) and not _goes_on(blocks[index + 1 :], 1)
    return contact_seen and block.kind == "prose" and furniture.is_boilerplate(block.text)


def _goes_on(blocks: list[Block], paragraphs: int) -> bool:
    """Whether that many paragraphs of story follow before anything ends it."""
    count = 0
    for block in blocks:
        if block.kind in (*_ENDS, "contact", "section"):
            break
        count += block.kind == "prose"
    return count >= paragraphs


_SIGN_OFF = re.compile(
    r"^(?:sincerely|best(?: wishes| regards)?|warm(?:est|ly)?(?: regards)?|regards|yours|with gratitude"
    r"|thank you|gratefully|be well|stay safe|in good health|respectfully)\b.{0,30}[,.!]?$",
    re.I,
)
_INVITES = re.compile(
    r"\b(?:visit|call|click|register|email|e-mail|contact|see|go to|available)\b|www\.|https?://|\.(?:org"
    r"|com|gov|edu)\b",
    re.I,
)


def _without_loose_end(blocks: list[Block]) -> list[Block]:
    """The body without headings at its end that head nothing; a sign-off and an invitation stay."""
    if any(b.kind == "short" and _SIGN_OFF.match(b.text) for b in blocks[-5:]):
        return blocks
    end = len(blocks)
    while end and blocks[end - 1].kind == "short" and not _closes_story(blocks[end - 1].text):
        end -= 1
    return blocks[:end]


def _closes_story(text: str) -> bool:
    is_telling = len(text.split()) >= 6 and not furniture.is_title_case(text)
    return (
        furniture.ends_sentence(text)
        or (text.endswith(".") and is_telling)  # `… at 8 a.m.`
        or bool(_INVITES.search(text))
        or text.endswith((")", ":"))
        or bool(heads.QUESTION.match(text))
    )


def _read_dates(story: Story, blocks: list[Block]) -> None:
    """Take dates and authors from the lines that state them, the first of each."""
    for block in blocks:
        if block.kind == "byline":
            story.authors = story.authors or furniture.byline(block.text)
        if block.kind != "date":
            continue
        said = dates.date_line(block.text)
        if said:
            story.published = story.published or said.published
            story.updated = story.updated or said.updated
            story.embargo = story.embargo or said.embargo
            story.authors = story.authors or said.authors


_FUSED = re.compile(
    r"^(?P<alt>[^—–]{1,120}?[a-z.!?)’”])(?P<story>[A-Z]{3,}(?:[ .'’-]+[A-Z]{2,})*(?:,\s*(?:[A-Z][a-z]+\.?"
    r"|[A-Z]{2}|(?:[A-Z]\.){2}))?(?:,? \(?[A-Z][^—–]{0,30})?\s*(?:—|–|--|-)\s.*)$",
    re.S,
)


def _separate_alt_text(story: Story) -> None:
    """Free a dateline from the alt text fused to it (`Jane DoeAVON, Conn. — …`)."""
    first = story.paragraphs[0]
    match = _FUSED.match(first.text)
    if match and not first.item:
        story.alt = story.alt or match.group("alt").strip()
        story.paragraphs[0] = Paragraph(text=match.group("story"))


_PLACE_LINE = re.compile(r"^[A-Z]{3,}[A-Z .'’-]*,\s[A-Z][^—–]{1,40}(?:—|–|--)\s")


def _drop_dek(story: Story) -> None:
    """Drop the one line that stands between the head and a dateline: the dateline opens the story."""
    if len(story.paragraphs) < 3 or not story.headline:
        return
    dek, opening = story.paragraphs[:2]
    opens = bool(_PLACE_LINE.match(opening.text)) or bool(_dateline(opening))
    has_own = bool(heads.DATELINE.match(dek.text)) or bool(_dateline(dek))
    if opens and not has_own and not dek.item and len(dek.text) <= 200:
        story.paragraphs = story.paragraphs[1:]


def _separate_captions(story: Story) -> None:
    """Take out captions: those that say so, and whatever stands twice in a row."""
    kept: list[Paragraph] = []
    index = 0
    while index < len(story.paragraphs):
        one = story.paragraphs[index]
        after = story.paragraphs[index + 1] if index + 1 < len(story.paragraphs) else None
        labelled = None if one.item else furniture.labelled_caption(one.text)
        doubled = _doubled(one.text)
        if labelled:
            story.caption = story.caption or labelled
        elif (
            after and not one.item and furniture.same_text(one.text, after.text) and not one.text.startswith(("“", '"'))
        ):
            story.caption, story.alt = story.caption or after.text, story.alt or one.text
            index += 1
        elif doubled and not kept:
            story.caption, story.alt = story.caption or doubled, story.alt or doubled
        elif not _is_shown(one.text, story):
            kept.append(one)
        index += 1
    story.paragraphs = kept


def _is_shown(text: str, story: Story) -> bool:
    """Whether the line repeats the picture's alt text or caption."""
    return any(shown and furniture.same_text(text, shown) for shown in (story.alt, story.caption))


def _doubled(text: str) -> str | None:
    """The half of a line that is the same text twice (`A nurse at work.A nurse at work.`)."""
    half = len(text) // 2
    one, other = text[:half].strip(), text[half:].strip()
    if len(text) % 2:
        other = text[half + 1 :].strip() if text[half].isspace() else other
    return one if len(one) >= 8 and one == other else None


def _without_repeats(paragraphs: list[Paragraph], headline: str | None) -> list[Paragraph]:
    """The paragraphs without pull-quotes, whose words stand in another paragraph too, and without the headline."""
    keys = [_quote_key(p.text) for p in paragraphs]
    quotes = [p.text.startswith(("“", '"')) and p.text.endswith(("”", '"')) for p in paragraphs]
    kept: list[Paragraph] = []
    dropped = False
    for index, paragraph in enumerate(paragraphs):
        if dropped and _is_attribution(paragraphs, index):
            dropped = False
            continue
        dropped = not paragraph.item and _is_repeat(keys, index, fewest=4 if quotes[index] else 5)
        if headline and furniture.same_text(paragraph.text, headline):
            continue
        if not dropped:
            kept.append(paragraph)
    return kept


def _is_attribution(paragraphs: list[Paragraph], index: int) -> bool:
    """Whether the line below a pull-quote says whose it is (`– Jane Doe`, which looks like a list of one)."""
    text, after = paragraphs[index].text, paragraphs[index + 1 : index + 2]
    alone = paragraphs[index].item and not (after and after[0].item)
    return (alone or bool(re.match(r"[-–—~]\s*\S", text))) and len(text) < 90 and not furniture.ends_sentence(text)


def _is_repeat(keys: list[str], index: int, fewest: int) -> bool:
    """Whether a paragraph's words stand in another one; fewer than `fewest` words may do so by chance."""
    key = keys[index]
    if len(key.split()) < fewest:
        return False
    for other, text in enumerate(keys):
        if other != index and key in text and (len(text) > len(key) or other < index):
            return True
    return False


def _quote_key(text: str) -> str:
    """Words only: a pull-quote loses its quotation marks and gains dots."""
    return " ".join(re.findall(r"\w+", headline_key(text)))
