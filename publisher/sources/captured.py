"""The text of one captured news page in, its article and teasers out.

bytes | lines | blocks | story and teasers -> Collected. Comes in: what someone saved or scraped from a news page, as
text. Goes out: at most one article, its teasers in page order, and a Finding for whatever is missing. Nothing is
invented: a lost headline stays lost, an undated page undated. What a line is: `captured_furniture`; what the article
is: `captured_story`; what points elsewhere: `captured_teasers`.
"""

import html
import re
from dataclasses import replace

from publisher.records import Article, Collected, Finding, Image, Teaser, headline_key
from publisher.sources import (
    captured_furniture as furniture,
    captured_phrases as phrases,
    captured_story as stories,
    captured_teasers as teasers,
)
from publisher.sources.captured_furniture import Block
from publisher.sources.captured_story import Paragraph, Story
from publisher.sources.captured_teasers import Found
from publisher.sources.captured_text import Unreadable, decode, lines_of
from publisher.sources.findings import refused

_UNREADABLE = {
    Unreadable.EMPTY: "The file is empty. Capture the page again.",
    Unreadable.BINARY: "This is not text. Save the page as plain text (UTF-8) and give that file.",
    Unreadable.HTML: "This is HTML, not captured text. Save the page as plain text, or give its address instead.",
}

_MOST_BYTES = 100_000
"""Five times a long page. Some steps compare all lines with all: twice as much can take four times as long, 12 s."""

_TOO_LONG = "The file has more than 100,000 bytes; no news page has. Capture one page, or save the article as Markdown."


def read_page(
    data: bytes, *, source: str, place: str, url: str | None = None, headline: str | None = None
) -> Collected:
    """Read one captured page. `place` names the file in problems; `headline` stands in for one the capture lost."""
    if len(data) > _MOST_BYTES:
        return refused("too-long", place, _TOO_LONG)
    text = decode(data)
    if isinstance(text, Unreadable):
        return refused(text.value, place, _UNREADABLE[text])
    story_blocks, found = divide(_blocks(text))
    is_other = _is_not_found(story_blocks) or _is_service_page(story_blocks)
    story = None if is_other else stories.read(story_blocks)
    if story is None and not found:
        return refused(
            "no-article", place, "Neither an article nor teasers were found. Check that this is a news page."
        )
    given = headline.strip() if headline and headline.strip() else None
    problems = _lost_headline(story, story_blocks, found, place) if story and not (given or story.headline) else ()
    found = [f for f in found if story is None or not _is_own_teaser(f, story, given)]
    return Collected(
        articles=(_article(story, source, url, given),) if story else (),
        teasers=tuple(_teaser(f, source, url) for f in found),
        problems=problems,
    )


def _blocks(text: str) -> list[Block]:
    lines = (replace(line, text=furniture.shorn(line.text)) for line in lines_of(text))
    return [Block(line=line, kind=furniture.kind_of(line)) for line in lines]


# --- Story or teasers?


def divide(blocks: list[Block]) -> tuple[list[Block], list[Found]]:
    """Part the page: the blocks of its story, and the teasers around and inside it."""
    if teasers.is_list(_before_sections(blocks)):
        return [], teasers.read(teasers.without_title(blocks), 0, may_resume=False)[0]
    story: list[Block] = []
    found: list[Found] = []
    index = 0
    while index < len(blocks):
        block = blocks[index]
        told = any(b.kind == "prose" for b in story)
        if (
            block.kind == "section"
            and not told
            and len(block.text.split()) >= 5
            and not teasers.is_list(blocks[index:])
        ):
            block = replace(block, kind="short")
        if block.kind == "section" and (told or teasers.is_list(blocks[index:])):
            more, index = teasers.read(blocks, index + 1, may_resume=told and not _has_ended(story, block))
            found += more
            continue
        if block.kind == "section" and (end := index + 1 + teasers.leading_run(blocks[index + 1 :])) > index + 1:
            found += teasers.read(blocks[:end], index + 1, may_resume=False)[0]
            index = end
            continue
        if told and block.kind == "pointer":
            pointed = furniture.pointed_at(block.text) or block.text
            found.append(Found(headline=pointed, line=block.line.number))
        elif told and block.kind == "cut" and story[-1].kind == "short":
            found.append(_take_teaser(story, block))
        else:
            story.append(block)
        index += 1
    return story, found


def _before_sections(blocks: list[Block]) -> list[Block]:
    """The blocks above the first heading of teasers that has text above it: a list may have a sidebar below."""
    text_seen = False
    for index, block in enumerate(blocks):
        if block.kind == "section" and text_seen:
            return blocks[:index]
        text_seen = text_seen or block.kind in ("prose", "cut")
    return blocks


def _has_ended(story: list[Block], heading: Block) -> bool:
    """Whether the story is over above a heading of teasers; else it may go on below them."""
    return heading.line.nbsp or any(b.kind in ("end", "about", "links") for b in story)


def _take_teaser(story: list[Block], excerpt: Block) -> Found:
    """Take a teaser out of the story it stands in: its headings are the lines directly above the cut text."""
    heads: list[Block] = []
    while story and story[-1].kind == "short" and len(heads) < 2 and not furniture.is_sentence(story[-1].text):
        heads.insert(0, story.pop())
    if not heads:
        heads = [story.pop()]
    more, _ = teasers.read([*heads, excerpt], 0, may_resume=False)
    return more[-1]


_ADDRESS = re.compile(
    r"^\d+ .{2,40}\b(?:Street|St|Avenue|Ave|Road|Rd|Blvd|Boulevard|Drive|Dr|Lane|Ln|Way|Highway|Hwy|Route"
    r"|Parkway|Suite|Plaza)\b"
    r"|^(?:[A-Z][\w.]+ ?){1,3}, [A-Z]{2} \d{5}",
    re.I,
)
_HOURS = re.compile(
    r"^(?:(?:office|clinic|visiting|business|walk-in) )?hours\b|^(?:mon|tue|wed|thu|fri|sat|sun)\w*\W.{0,30}\d", re.I
)
_CALLS = re.compile(
    r"\b(?:find a|get directions|directions|request an?|make an?|schedule|book an?|appointments?"
    r"|our (?:services|team|providers|locations?|doctors)"
    r"|meet (?:our|the)|services|conditions|treatments|why choose|locations?|contact us|learn more"
    r"|parking|insurance|refer a patient|providers)\b",
    re.I,
)


def _is_not_found(blocks: list[Block]) -> bool:
    """Whether the site says that it has nothing here. A story of some length is one whatever stands above it."""
    texts = [i for i, b in enumerate(blocks) if b.kind in ("prose", "cut")]
    above = blocks[: texts[0] + 1] if texts else blocks
    return len(texts) <= 2 and any(phrases.NOT_FOUND.match(b.text) for b in above)


def _is_service_page(blocks: list[Block]) -> bool:
    """Whether the page sells or locates a service and tells no story: no date, no quotes, but hours and calls."""
    if any(b.kind in ("icon", "date", "byline") for b in blocks) or not blocks:
        return False
    prose = [b.text for b in blocks if b.kind == "prose"]
    if any(re.search(r"\b(?:said|says|announced|according to)\b", t) for t in prose):
        return False
    lines = [b.text for b in _above_end(blocks) if b.kind not in ("prose", "cut") and len(b.text) < 80]
    address, hours = sum(bool(_ADDRESS.search(t)) for t in lines), sum(bool(_HOURS.search(t)) for t in lines)
    calls = sum(bool(_CALLS.search(t)) for t in lines)
    phones = sum(bool(furniture.PHONE.search(t)) for t in lines)
    ours = sum(bool(re.search(r"\b(?:we|our|your)\b", t, re.I)) for t in prose)
    score = min(address, 2) + min(hours, 2) + min(calls, 3) + min(phones, 2)
    return score + (2 * ours >= max(1, len(prose))) + (len(lines) > len(prose)) >= 4 and score >= 2


def _above_end(blocks: list[Block]) -> list[Block]:
    """The blocks above what closes a story of two paragraphs or more: a release has an address below, too."""
    for index, block in enumerate(blocks):
        if block.kind in ("end", "about", "links") and sum(b.kind == "prose" for b in blocks[:index]) >= 2:
            return blocks[:index]
    return blocks


# --- Records


def _article(story: Story, source: str, url: str | None, given: str | None) -> Article:
    headline = given or story.headline
    first = story.paragraphs[0].text
    return Article(
        source=source,
        key=url or headline_key(headline or first),
        headline=headline,
        body=to_html(story.paragraphs),
        image=Image(alt=story.alt, caption=story.caption) if story.alt or story.caption else None,
        authors=story.authors,
        published=story.published,
        updated=story.updated,
        url=url,
    )


def _teaser(found: Found, source: str, page: str | None) -> Teaser:
    return Teaser(
        source=source,
        key=headline_key(found.headline),
        headline=found.headline,
        caption=found.caption,
        excerpt=found.excerpt,
        truncated=found.truncated,
        url=found.url,
        published=found.published,
        page=page,
    )


def to_html(paragraphs: list[Paragraph]) -> str:
    """Clean HTML: a `p` a paragraph, entries in a row as one `ul`."""
    pieces: list[str] = []
    in_list = False
    for paragraph in paragraphs:
        if paragraph.item != in_list:
            pieces.append("<ul>" if paragraph.item else "</ul>")
            in_list = paragraph.item
        tag = "li" if paragraph.item else "p"
        pieces.append(f"<{tag}>{html.escape(paragraph.text, quote=False)}</{tag}>")
    return "\n".join([*pieces, "</ul>"] if in_list else pieces)


def _is_own_teaser(found: Found, story: Story, given: str | None) -> bool:
    """Whether a teaser points at the very page it stands on: by its headline, or where that is lost by its words."""
    if any(h and teasers.repeats(found.headline, h) for h in (story.headline, given)):
        return True
    return story.headline is None and _starts_story(found, story)


def _starts_story(found: Found, story: Story) -> bool:
    stem = re.sub(r"[\W_]*(?:read more|continue reading)?[\W_]*$", "", found.excerpt or "", flags=re.I)
    body = headline_key(" ".join(p.text for p in story.paragraphs))
    return len(stem) >= 40 and body.startswith(headline_key(stem))


def _lost_headline(story: Story, blocks: list[Block], found: list[Found], place: str) -> tuple[Finding, ...]:
    """The problem of a page whose headline was not captured, with a suggestion where it lists itself."""
    listed = next((f.headline for f in found if _starts_story(f, story)), None)
    hint = f' (the page lists itself as "{listed}")' if listed else ""
    mend = f"The capture has lost the headline. Give it with --headline{hint}."
    return (Finding(code="headline-missing", severity="error", place=f"{place}:{blocks[0].line.number}", mend=mend),)
