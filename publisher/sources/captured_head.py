"""The lines above a captured story: blocks in, where the body begins and what the head says out.

Headline, alt text, caption and dek look alike. They are told apart by where they stand: above or below a date, a
byline or `Print icon`, alone or twice, with or without a blank line.
"""

import re
from dataclasses import dataclass, replace
from itertools import pairwise

from publisher.records import Stated, headline_key
from publisher.sources import captured_dates as dates, captured_furniture as furniture, captured_phrases as phrases
from publisher.sources.captured_furniture import Block

_MARKERS = ("icon", "date", "byline")
_ABOVE = ("icon", "furniture", "label", "month", "more", "url", "section", "pointer")


@dataclass(slots=True, kw_only=True)
class Head:
    """What stands above the body; `headline` is null where the capture lost it, `published` a date glued to it."""

    headline: str | None = None
    published: Stated = None
    alt: str | None = None
    caption: str | None = None


# --- Above the head

_BANNER = re.compile(
    r"^\W*(?:(?:emergency |urgent |important |weather |health |service |covid-?19 |coronavirus |visitor |safety )?"
    r"(?:alert|notice|advisory|announcement|update|information|attention)\b|emergency|covid-?19"
    r"|coronavirus|novel coronavirus|visitor|visitation"
    r"|mask|masks|due to|effective|we are (?:currently|open)|our (?:offices|hospital)|attention|if you"
    r"|call 911|in case of|for the latest"
    r"|because of|as of|the safety|please|this (?:site|website)|an official website|javascript"
    r"|your browser|we use cookies)",
    re.I,
)
_BANNER_CALL = re.compile(
    r"(?:learn more|click here|read more|more information|see details?|details?|get the (?:latest|facts)"
    r"|find out more|call 911|visit our|view (?:our )?updates?)\W*$"
    r"|\b911\b|^\W*(?:emergency |urgent |important |weather )?(?:alert|notice|advisory|attention"
    r"|emergency)\s*[:!–—-]|cookies|javascript|official website",
    re.I,
)


_NOTICE = re.compile(
    r"\b(?:closed?|closing|cancell?ed|delayed|postponed|suspended|restrict\w*|visiting hours"
    r"|(?:masks?|appointments?) (?:is|are)|required|phone lines|power outage|emergency department is)\b",
    re.I,
)


def without_banner(blocks: list[Block]) -> list[Block]:
    """The page without an alert above its headline (`Emergency alert: …`), which reads like a first paragraph."""
    first = next((i for i, b in enumerate(blocks) if b.kind not in _ABOVE), None)
    if any(b.kind == "icon" for b in blocks[:first]):
        return blocks
    if first is None or blocks[first].kind not in ("prose", "cut", "short") or not _BANNER.match(blocks[first].text):
        return blocks
    text = blocks[first].text
    more = [
        b.kind for b in blocks[first + 1 : first + 8] if b.kind not in ("icon", "furniture", "label", "date", "month")
    ]
    closes = blocks[first].kind == "prose" or (furniture.ends_sentence(text) and not furniture.is_title_case(text))
    is_notice = closes and len(text) < 300 and bool(_NOTICE.search(text))
    is_banner = bool(_BANNER_CALL.search(text)) or is_notice
    if is_banner and more and more[0] in ("short", "contact"):
        return without_banner(blocks[:first] + blocks[first + 1 :])
    return blocks


def with_long_headline(blocks: list[Block]) -> list[Block]:
    """The page with a first line that is too long for a headline, or trails off, but does not close like a sentence."""
    first = next((i for i, b in enumerate(blocks) if b.kind not in (*_ABOVE, *_MARKERS)), None)
    if first is None or not any(b.kind == "prose" for b in blocks[first + 1 :]):
        return blocks
    text = blocks[first].text
    trails_off = blocks[first].kind == "cut" and len(text) <= 120 and furniture.is_title_case(text)
    is_long = blocks[first].kind == "prose" and len(text) <= 220 and not re.search(r"[.!?:;,][\"”’')]*$", text)
    if DATELINE.match(text) or not (trails_off or is_long):
        return blocks
    return [*blocks[:first], replace(blocks[first], kind="short"), *blocks[first + 1 :]]


def without_contacts(blocks: list[Block]) -> list[Block]:
    """The page without contact lines above the first paragraph."""
    kept: list[Block] = []
    index = 0
    while index < len(blocks):
        if blocks[index].kind == "prose":
            return kept + blocks[index:]
        is_heading = blocks[index].kind == "links" and blocks[index].text.casefold() == "contact"
        if blocks[index].kind == "contact" or is_heading:
            index = contact_end(blocks, index)
            continue
        if not _is_contact_detail(blocks[index]):
            kept.append(blocks[index])
        index += 1
    return kept


def _is_contact_detail(block: Block) -> bool:
    if block.kind not in ("short", "furniture", "url", "bullet"):
        return False
    text = block.text
    return bool(furniture.PHONE.search(text) or (furniture.EMAIL.search(text) and len(text) < 90))


def contact_end(blocks: list[Block], index: int) -> int:
    """The index after a contact: its heading, names, posts, numbers, addresses; never a paragraph."""
    end = index + 1
    for at in range(index + 1, min(index + 9, len(blocks))):
        block = blocks[at]
        if block.kind not in ("short", "furniture", "url", "contact", "byline", "label"):
            break
        if _is_contact_detail(block) or block.kind in ("contact", "url"):
            end = at + 1
    while end < min(index + 4, len(blocks)) and _is_contact_name(blocks[index], blocks[end]):
        end += 1
    return end


def _is_contact_name(heading: Block, below: Block) -> bool:
    """Whether the line directly below a contact's heading is a name or a post (`Jane Doe`, `Public Relations`)."""
    is_name = re.fullmatch(r"(?:Dr\. )?(?:[A-Z][\w.’'-]*,? ?){2,4}(?:(?:of|and|&) [\w .&]{2,40})?", below.text)
    return below.kind in ("short", "label") and below.line.gap == 0 and ":" not in heading.text[:-1] and bool(is_name)


def without_navigation(blocks: list[Block]) -> list[Block]:
    """The page without a menu printed line by line above its headline: short lines in one run, some known entries."""
    end = 0
    while end < len(blocks) and len(blocks[end].text.split()) <= 4 and (end == 0 or blocks[end].line.gap == 0):
        end += 1
    entries = [bool(phrases.NAVIGATION.match(block.text)) for block in blocks[:end]]
    parted = end < len(blocks) and blocks[end].line.gap > 0
    is_menu = end >= 2 and parted and entries[0] and sum(entries) * 2 >= end
    headline_below = any(block.kind == "short" for block in blocks[end : end + 3])
    return blocks[end:] if is_menu and headline_below else blocks


# --- Head


def body_start(blocks: list[Block]) -> int:
    """The index of the first block of the body: the first text below the last sign of a head."""
    texts = [i for i, b in enumerate(blocks) if b.kind in ("prose", "cut")]
    start = 0
    for index, block in enumerate(blocks[:20]):
        above = [i for i in texts if i < index]
        is_marker = block.kind in _MARKERS and len(above) <= 1 and any(i > index for i in texts)
        if is_marker and (not above or _is_headline_or_dek(blocks, above[0], index)):
            start = index + 1
    has_headline = any(b.kind == "short" for b in blocks[:start])
    for index in range(start, len(blocks)):
        block = blocks[index]
        if _opens_body(block, has_headline):
            return index
        has_headline = has_headline or block.kind == "short"
    return len(blocks)


def _is_headline_or_dek(blocks: list[Block], text: int, marker: int) -> bool:
    """Whether the one text above a marker belongs to the head, and not a story of one paragraph with its date below."""
    return (
        len(blocks[text].text) <= 260
        and marker - text <= 4
        and not any(b.kind == "bullet" for b in blocks[text:marker])
    )


DATELINE = re.compile(r"^(?:Newswise\s*[—–-]|\(?[A-Z]{3,}[A-Z .'’-]*(?:,[^—–]{1,40})?\s*(?:—|–|--)\s)")
QUESTION = re.compile(r"^(?:Q|A|Question|Answer)\s*[.:)–—-]\s*\S|^\d{1,2}[.)]\s+\S")
_SALUTATION = re.compile(
    r"^(?:dear|hello|hi|greetings|good (?:morning|afternoon)|to (?:our|the|all))\b.{0,60}[,:!]$", re.I
)


def _opens_body(block: Block, has_headline: bool) -> bool:
    text = block.text
    if block.kind in ("prose", "cut"):
        return True
    if block.kind == "bullet":
        return has_headline and len(text.split()) >= 6
    if block.kind != "short":
        return False
    if _SALUTATION.match(text) or DATELINE.match(text):
        return True
    if not has_headline:
        return text.endswith((".", ".”", '."')) and furniture.is_sentence(text) and not furniture.is_title_case(text)
    asks = bool(QUESTION.match(text)) or (text.endswith("?") and not furniture.is_title_case(text))
    return asks or (furniture.is_sentence(text) and not furniture.is_title_case(text))


def read(blocks: list[Block], body: list[str], *, spaced: bool) -> Head:
    """Tell headline, alt text and caption apart above the body. `spaced`: blank lines part its paragraphs."""
    head = Head()
    lines = [b for b in blocks if b.kind == "short" and not _is_place_line(b.text)]
    shorts = [b for b in lines if not furniture.labelled_caption(b.text)]
    head.caption = next((caption for b in lines if (caption := furniture.labelled_caption(b.text))), None)
    if not shorts:
        shorts = [b for b in blocks if b.kind in ("prose", "cut") and len(b.text) <= 170][:1]
    alt = _alt_above_icon(blocks, shorts, spaced)
    if alt:
        head.alt = alt.text
        shorts = [b for b in shorts if b is not alt]
    elif len(shorts) == 1 and shorts[0].kind == "short" and _is_alt_text(shorts[0].text):
        head.alt = shorts.pop().text
    _twice_is_a_caption(head, shorts[1:])
    if len(shorts) > 1 and _is_kicker(shorts[0].text, shorts[1].text):
        shorts = shorts[1:]
    if shorts:
        head.headline, head.published = _headline(shorts, body)
        head.alt = head.alt or next((b.text for b in shorts[1:] if _is_alt_text(b.text)), None)
    return head


def _alt_above_icon(head: list[Block], shorts: list[Block], spaced: bool) -> Block | None:
    """Alt text stands directly above `Print icon`; with a blank line between it may as well be the headline."""
    for before, icon in pairwise(head):
        if icon.kind == "icon" and before in shorts:
            close = icon.line.gap == 0 and (len(shorts) > 1 or (spaced and not _only_a_headline(before.text)))
            return before if close or (len(shorts) > 1 and before is not shorts[0]) else None
        if icon.kind == "icon" and icon.line.gap == 0 and before.kind in ("prose", "cut") and shorts:
            # A long alt text closes like a sentence; below a headline and on the icon it is one all the same.
            return before
    return None


_LEADS = re.compile(r"^(?:What|Why|How|When|Where|Who|Can|Could|Do|Does|Is|Are|Should|Will|So) ")


def _only_a_headline(text: str) -> bool:
    """Whether a line in capitals asks or announces (`Why We Sneeze`, `Asthma: A Guide`), as no picture is called."""
    if len(text.split()) < 4 or not furniture.is_title_case(text):
        return False
    return bool(_LEADS.match(text)) or text.endswith("?") or ": " in text


def _is_kicker(first: str, second: str) -> bool:
    """Whether the first line only names a subject (`Cancer Care`, `Heart & Lung`) above a full headline."""
    full = len(second.split()) >= 6 and furniture.is_title_case(second) and not furniture.ends_sentence(second)
    named = [w for w in first.split() if w not in ("&", "and")]
    return full and len(named) <= 2 and not re.search(r"[?!:]", first)


def _is_alt_text(text: str) -> bool:
    """A noun phrase with a full stop, or a doctor's name: what pictures are called and headlines are not."""
    if re.fullmatch(
        r"(?:Dr\. (?:[A-Z][\w.’'-]* ?){1,3}|(?:[A-Z][\w.’'-]* ?){2,3}, (?:MD|M\.D\.|DO|RN|PhD|Ph\.D\.)\.?)", text
    ):
        return True
    closes = text.endswith(".") and furniture.ends_sentence(text)
    return closes and len(text.split()) <= 8 and not furniture.is_sentence(text) and not furniture.is_title_case(text)


def _is_place_line(text: str) -> bool:
    return bool(re.fullmatch(r"[A-Z][\w .'’-]{2,30},\s*(?:[A-Z]{2}|[A-Z][a-z]{2,5}\.|[A-Z]\.[A-Z]\.)\s*[–—-]*", text))


def _twice_is_a_caption(head: Head, shorts: list[Block]) -> None:
    for one, other in pairwise(shorts):
        if furniture.same_text(one.text, other.text):
            head.caption, head.alt = other.text, head.alt or one.text


_SUFFIX = re.compile(r"^(?P<headline>.{8,}?)\s*(?P<bar>\s[-–—]\s|\s?\|\s?|\s::\s|\s»\s)\s*(?P<site>[^|»]{2,60})$")
_NEWS_SITE = re.compile(
    r"^(?:[\w.&’']+ ){0,4}(?:PR News|News|Newsroom|News ?Releases?|Press ?Releases?|Press Room"
    r"|Media ?Room|Blog|News Center|Media Center|Newswire)$",
    re.I,
)
_SITE = re.compile(
    r"\b(?:Hospitals?|Medical Center|Health ?(?:System|Care|Network)?|Clinic|Healthcare"
    r"|Department of Health|University|CDC|\w+\.(?:org|com|edu|gov))$"
)


def _headline(shorts: list[Block], body: list[str]) -> tuple[str, Stated]:
    """The headline without a glued date or the site's name; the plainer where it is printed twice."""
    first, stated = unglued(shorts[0].text, body)
    for block in shorts[1:]:
        other, glued = unglued(block.text, body)
        one, two = headline_key(first), headline_key(other)
        if one != two and len(two) >= 8 and (one.startswith(two) or one.endswith(two)) and re.search(r"[|:–—-]", first):
            first, stated = other, stated or glued
    return first, stated


def unglued(text: str, body: list[str]) -> tuple[str, Stated]:
    """A headline without the site's name and the date glued to it, and that date; `body` may name the site."""
    headline, stated = dates.unglue(text)
    match = _SUFFIX.match(headline)
    if match and _is_site(match, body):
        headline = match.group("headline")
        again, glued = dates.unglue(headline)
        return again, stated or glued
    return headline, stated


def _is_site(match: re.Match[str], body: list[str]) -> bool:
    """Whether what follows the bar names the site: news words, or an institution that the story itself names."""
    site = match.group("site").strip()
    if _NEWS_SITE.match(site) and len(site.split()) <= 5 and site[0].isupper():
        return True
    named = any(headline_key(site) in headline_key(text) for text in body)
    return bool(_SITE.search(site)) and len(site.split()) <= 6 and (named or "|" in match.group("bar"))
