"""The part of a captured page that points elsewhere: its blocks in, its teasers out, in page order.

A teaser is headings (caption, headline) and then an excerpt; which heading is which follows from how many stand
together, never from how many blank lines stand between. Also decides whether a whole page is such a list.
"""

import re
from dataclasses import dataclass, field

from publisher.records import Stated, headline_key
from publisher.sources import captured_dates as dates, captured_furniture as furniture
from publisher.sources.captured_furniture import Block

LIST_TITLE = re.compile(
    r"^(?:tag|category|author|topic|archives?|section|posts? (?:by|tagged|in)|articles (?:by|tagged|in"
    r"|about)|stories (?:by|tagged)"
    r"|all (?:posts|news|articles)|search results|browsing|browse|news archive|(?:daily|monthly"
    r"|yearly) archives?|archive for|results for)\b.{0,80}$"
    r"|^.{2,60}\b(?:archives?|news & stories)$|^.{2,40} (?:news|articles|blog|posts|stories)$",
    re.I,
)
_LABEL_TITLE = re.compile(r"^(?:tag|category|topic|author)\s*:\s*\S", re.I)
"""A list's title that elsewhere, below a story, is a label."""

_TEXT = ("prose", "cut")
_CLOSES = ("about", "links", "contact")


@dataclass(slots=True, kw_only=True)
class Found:
    """One teaser as it stands on the page."""

    headline: str
    line: int
    caption: str | None = None
    excerpt: str | None = None
    truncated: bool = False
    published: Stated = None
    url: str | None = None


@dataclass(slots=True, kw_only=True)
class _Heading:
    text: str
    line: int
    published: Stated = None


@dataclass(slots=True, kw_only=True)
class _Group:
    """Headings and dates that stand together, and the texts below them."""

    heads: list[str] = field(default_factory=list)
    dates: int = 0
    texts: list[str] = field(default_factory=list)
    cuts: int = 0


def kind_here(block: Block) -> str:
    """The kind of a block among teasers, where a bullet is only decoration."""
    if block.kind != "bullet":
        return block.kind
    if furniture.is_cut(block.text):
        return "cut"
    return "prose" if furniture.is_prose(block.text) else "short"


# --- Is the page a list?


def groups_of(blocks: list[Block]) -> list[_Group]:
    groups = [_Group()]
    for block in blocks:
        kind = kind_here(block)
        if kind in ("short", "date", "section", "month") and groups[-1].texts:
            groups.append(_Group())
        if kind == "short":
            groups[-1].heads.append(block.text)
        elif kind == "date":
            groups[-1].dates += 1
        elif kind in _TEXT:
            groups[-1].texts.append(block.text)
            groups[-1].cuts += kind == "cut"
    return groups


def is_list(blocks: list[Block]) -> bool:
    """Whether these blocks are headline and excerpt, over and over, and no article.

    Cut excerpts prove it. Complete ones need a second sign, because an article whose every paragraph has a
    heading looks the same: a list's title above, or a date at most of them.
    """
    if any(block.kind == "icon" for block in blocks):
        return False
    groups = groups_of(blocks)
    if _has_introduction(groups):
        groups = groups[1:]
    texts = sum(len(group.texts) for group in groups)
    cuts = sum(group.cuts for group in groups if group.heads)
    if not texts:
        return _is_headline_list(blocks)
    if cuts and cuts >= 0.6 * texts:
        return cuts >= 2 or _has_list_title(blocks) or texts == 1
    pairs = [group for group in groups if group.texts]
    if len(pairs) < 2 or any(len(g.texts) != 1 or not (g.heads or g.dates) for g in pairs):
        return False
    return sum(g.dates > 0 for g in pairs) >= max(2, 0.5 * len(pairs)) or _has_list_title(blocks)


def leading_run(blocks: list[Block]) -> int:
    """How many blocks belong to the teasers above a story: two or more in a row, each a heading and a cut text."""
    end = runs = heads = 0
    for index, block in enumerate(blocks):
        kind = kind_here(block)
        if kind == "cut" and heads:
            end, runs, heads = index + 1, runs + 1, 0
        elif kind in (*_TEXT, "section", "icon"):
            break
        heads += kind == "short"
    return end if runs >= 2 else 0


def _has_introduction(groups: list[_Group]) -> bool:
    """Whether a text without a heading stands above at least two pairs: what the list is about."""
    first, rest = groups[0], [g for g in groups[1:] if g.texts]
    return bool(first.texts) and not first.heads and not first.dates and len(rest) >= 2


def _is_headline_list(blocks: list[Block]) -> bool:
    heads = [b for b in blocks if kind_here(b) == "short"]
    dated = sum(b.kind == "date" for b in blocks) + sum(dates.unglue(b.text)[1] is not None for b in heads)
    return len(heads) >= 2 and (dated >= 2 or _has_list_title(blocks))


def _has_list_title(blocks: list[Block]) -> bool:
    if blocks and _LABEL_TITLE.match(blocks[0].text):
        return True
    for block in blocks[:6]:
        if block.kind in ("month", "section") or (block.kind == "short" and LIST_TITLE.match(block.text)):
            return True
        if block.kind in _TEXT:
            return False
    return False


def without_title(blocks: list[Block]) -> list[Block]:
    """A list's blocks without its own title and introduction, which would else pass for the first teaser's."""
    text = next((i for i, b in enumerate(blocks) if kind_here(b) in _TEXT), len(blocks))
    section = next((i for i, b in enumerate(blocks[:text]) if b.kind == "section"), None)
    if section is not None:
        return blocks[section + 1 :]
    if _has_introduction(groups_of(blocks)):
        return blocks[text + 1 :]
    start = next((i for i, b in enumerate(blocks) if kind_here(b) == "short"), None)
    if start is None:
        return blocks
    pairs = [g for g in groups_of(blocks) if g.texts]
    if len(pairs) >= 3 and not pairs[0].cuts and all(g.cuts for g in pairs[1:]):
        end = next(i for i, b in enumerate(blocks) if kind_here(b) in _TEXT)
        return blocks[end + 1 :]
    if LIST_TITLE.match(blocks[start].text):
        return blocks[start + 1 :]
    if any(_LABEL_TITLE.match(b.text) for b in blocks[:start]):
        return blocks[start:]
    captioned = sum(len(g.heads) >= 2 for g in pairs[1:])
    heads = len(pairs[0].heads) if pairs else 0
    if heads >= 3 or (heads == 2 and (not pairs[1:] or captioned < 0.5 * len(pairs[1:]))):
        return blocks[start + 1 :]
    return blocks


# --- Reading teasers


def read(blocks: list[Block], start: int, *, may_resume: bool) -> tuple[list[Found], int]:
    """The teasers from `start` on, and the index where they end.

    With `may_resume` the story may go on below: two paragraphs in a row without a heading between are no teaser.
    """
    reader = _Reader(blocks, may_resume)
    end = reader.read(start)
    return reader.found, end


class _Reader:
    """Walks the blocks once, keeping the headings whose excerpt has not come yet."""

    def __init__(self, blocks: list[Block], may_resume: bool) -> None:
        self.blocks = blocks
        self.may_resume = may_resume
        self.found: list[Found] = []
        self.pending: list[_Heading] = []
        self.date_first = False
        self.above: Stated = None
        self.closed = False

    def read(self, start: int) -> int:
        self.date_first = self._dates_stand_above(start)
        index = start
        while index < len(self.blocks):
            if self._resumes(index):
                return self._resume_at(index)
            self._take(index)
            index += 1
        self._flush()
        return index

    def _dates_stand_above(self, index: int) -> bool:
        for block in self.blocks[index:]:
            kind = kind_here(block)
            if kind in ("date", "short", *_TEXT):
                return kind == "date"
        return False

    def _next_text(self, index: int) -> str | None:
        """The kind of the next block that counts."""
        for block in self.blocks[index + 1 :]:
            kind = kind_here(block)
            if kind not in ("furniture", "icon", "label", "url", "month"):
                return kind
        return None

    def _resumes(self, index: int) -> bool:
        """Whether the story goes on at this paragraph: nothing heads it, or another paragraph follows it."""
        block = self.blocks[index]
        if not self.may_resume or self.closed or block.kind != "prose" or furniture.is_boilerplate(block.text):
            return False
        orphan = not self.pending and not self._is_headline(index)
        return orphan or self._next_text(index) == "prose"

    def _resume_at(self, index: int) -> int:
        """Headings above a resuming story are its own subheading where teasers here have excerpts, else teasers."""
        if self.pending and any(f.excerpt for f in self.found):
            return next(i for i, b in enumerate(self.blocks) if b.line.number == self.pending[0].line)
        self._flush()
        return index

    def _take(self, index: int) -> None:
        block = self.blocks[index]
        kind = kind_here(block)
        if kind == "section":
            self._flush()
            self.closed, self.date_first = False, self._dates_stand_above(index + 1)
        elif self.closed or kind in ("furniture", "icon", "label", "month", "byline", "end"):
            return
        elif kind in _CLOSES:
            self._flush()
            self.closed = True
        elif kind == "date":
            self._date(block, below_headline=self._next_text(index) in _TEXT)
        elif kind == "more":
            self._more()
        elif kind == "url":
            self._url(block.text)
        elif kind == "pointer":
            self.found.append(Found(headline=furniture.pointed_at(block.text) or block.text, line=block.line.number))
        elif (kind == "short" and not self._is_short_excerpt(index)) or self._is_headline(index):
            self._head(block)
        elif self.pending:
            self._excerpt(block)

    def _is_short_excerpt(self, index: int) -> bool:
        """A one-sentence excerpt under a headline is too short for prose, but it closes like a sentence."""
        text = self.blocks[index].text
        closes = furniture.ends_sentence(text) and not furniture.is_title_case(text) and len(text.split()) >= 3
        return bool(self.pending) and closes and self._next_text(index) not in _TEXT

    def _is_headline(self, index: int) -> bool:
        """Whether running text is a headline: one that was cut, or a long one, with its excerpt right below."""
        text = self.blocks[index].text
        follows = self._next_text(index)
        if kind_here(self.blocks[index]) not in _TEXT or len(text) > 170 or follows not in (*_TEXT, "date"):
            return False
        below = next((b.text for b in self.blocks[index + 1 :] if kind_here(b) in _TEXT), "")
        if self.pending:
            cut = furniture.is_cut(text) and len(text) <= 110 and len(self.pending) == 1
            return cut and follows == "cut" and len(below) > 1.3 * len(text) and len(self.pending[0].text) < len(text)
        return len(below) > len(text)

    def _head(self, block: Block) -> None:
        text, published = dates.unglue(block.text)
        self.pending.append(_Heading(text=text, line=block.line.number, published=published or self.above))
        self.above = None

    def _date(self, block: Block, *, below_headline: bool) -> None:
        """Give a date to its teaser. One between a headline and its excerpt is theirs, wherever the others stand."""
        said = dates.date_line(block.text)
        stated = said and (said.published or said.updated)
        if self.date_first and not (self.pending and below_headline):
            self._flush()
            self.above = stated or None
        elif self.pending:
            self.pending[-1].published = self.pending[-1].published or stated or None
        elif self.found:
            self.found[-1].published = self.found[-1].published or stated or None

    def _more(self) -> None:
        if self.pending:
            self._flush()
        elif self.found and self.found[-1].excerpt:
            self.found[-1].truncated = True

    def _url(self, url: str) -> None:
        if self.pending:
            return
        if self.found and not self.found[-1].url and url.startswith("http"):
            self.found[-1].url = url

    def _excerpt(self, block: Block) -> None:
        heads = self._distinct()
        headline, rest = heads[-1], heads[:-1]
        caption = rest.pop().text if rest else None
        self.found += [Found(headline=h.text, line=h.line, published=h.published) for h in rest if _is_title(h.text)]
        stated = next((h.published for h in reversed(self.pending) if h.published), None)
        self.found.append(
            Found(
                headline=headline.text,
                line=headline.line,
                caption=caption,
                excerpt=block.text,
                truncated=furniture.is_cut(block.text),
                published=stated or self.above,
            )
        )
        self.pending, self.above = [], None

    def _distinct(self) -> list[_Heading]:
        """The pending headings, alt text that repeats its neighbour left out."""
        kept: list[_Heading] = []
        for heading in self.pending:
            if kept and repeats(kept[-1].text, heading.text):
                kept.pop()
            kept.append(heading)
        return kept

    def _flush(self) -> None:
        """Headings that no excerpt follows are teasers of a headline only."""
        heads, excerpts = self._distinct(), any(f.excerpt for f in self.found)
        for heading in heads:
            if _is_title(heading.text) or (not excerpts and len(heading.text.split()) >= 2):
                self.found.append(Found(headline=heading.text, line=heading.line, published=heading.published))
        self.pending = []


def _is_title(text: str) -> bool:
    return len(text.split()) >= 3 and not furniture.PHONE.search(text) and not furniture.EMAIL.search(text)


def repeats(one: str, other: str) -> bool:
    """Whether two headlines are one, where either may have been cut."""
    if furniture.same_text(one, other):
        return True
    for cut, whole in ((one, other), (other, one)):
        stem = re.sub(r"\s*(?:\.\.\.|…|\[(?:\.\.\.|…)\])$", "", cut)
        if stem != cut and len(stem) >= 12 and headline_key(whole).startswith(headline_key(stem)):
            return True
    return False
