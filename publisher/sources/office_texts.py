"""A plain text of an office (.txt) -> its article: first line headline, then dates and by-lines, then paragraphs.

For text that people write. Text saved from web pages, with its menus and teasers, is read by `captured`.
"""

import html as escaping
import re
from itertools import groupby

from publisher.records import Collected
from publisher.sources import clean
from publisher.sources.captured_text import Unreadable, decode
from publisher.sources.findings import refused
from publisher.sources.office_articles import Drafted, article_of
from publisher.sources.office_heads import END_MARK, head_of

_LOOKED_AT = 12
_BULLET = re.compile(r"\s*(?:[•●▪◦‣*]|[-–])\s+(?=\S)")
_NUMBERED = re.compile(r"\s*\d{1,2}[.)]\s+(?=\S)")
_ADDRESS = re.compile(r"https?://(?:(?!&[lg]t;)[^\s<>\"])+(?<![.,;:!?)\]'])")
_MOST = 200_000


def read_text(data: bytes, *, source: str, place: str, own_id: str, home: str, zone: str) -> Collected:
    """One text -> its article. `home` is the site's address, `zone` (IANA) that of an embargo's day."""
    written = decode(data)
    if isinstance(written, Unreadable):
        return refused(written.value, place, "this is no plain text; save it as .txt in UTF-8, or as .docx")
    if len(written) > _MOST:
        return refused("too-long", place, f"the text has {len(written):,} characters; is it one article? make several")
    lines = written.split("\n")
    first = [(number, clean.line(line)) for number, line in enumerate(lines) if line.strip()][:_LOOKED_AT]
    texts = [text for _, text in first]
    head = head_of(texts, headline_at=None, zone=zone)
    if head.headline and _is_sentence(head.headline, lines, first[texts.index(head.headline)][0]):
        return refused("headline-missing", place, "the first line is a paragraph; write a headline above it")
    taken = {first[number][0] for number in head.taken}
    story = [line for number, line in enumerate(lines) if number not in taken]
    body = clean.html(_rendered(story), home) or ""
    return article_of(Drafted(head=head, body=body), source=source, place=place, own_id=own_id)


def _is_sentence(headline: str, lines: list[str], at: int) -> bool:
    """Whether the first line is the beginning of a paragraph: long, or going on in the next line."""
    following = lines[at + 1].strip() if at + 1 < len(lines) else ""
    return (len(headline) > 150 and headline.endswith(".")) or (following[:1].islower() and len(headline) > 50)


def _rendered(lines: list[str]) -> str:
    """Paragraphs and lists. Blank lines part paragraphs; where there is none at all, each line is a paragraph."""
    written = "\n".join(lines).strip()
    parts = re.split(r"\n\s*\n", written) if re.search(r"\n\s*\n", written) else written.split("\n")
    blocks = [block for part in parts for block in _blocks(part) if not END_MARK.fullmatch(block[1])]
    return "\n".join(_joined(tag, [text for _, text in some]) for tag, some in groupby(blocks, key=lambda one: one[0]))


def _blocks(part: str) -> list[tuple[str, str]]:
    """The lines of one part put together: a list's entries each, a paragraph's wrapped lines as one."""
    blocks: list[tuple[str, str]] = []
    for line in part.split("\n"):
        tag = "ul" if _BULLET.match(line) else "ol" if _NUMBERED.match(line) else None
        if tag:
            blocks.append((tag, (_BULLET if tag == "ul" else _NUMBERED).sub("", line, count=1).strip()))
        elif blocks:
            blocks[-1] = (blocks[-1][0], f"{blocks[-1][1]} {line.strip()}")
        elif line.strip():
            blocks.append(("p", line.strip()))
    return blocks


def _joined(tag: str, texts: list[str]) -> str:
    shown = [_ADDRESS.sub(_linked, escaping.escape(text, quote=False)) for text in texts]
    if tag == "p":
        return "\n".join(f"<p>{text}</p>" for text in shown)
    return f"<{tag}>" + "".join(f"<li>{text}</li>" for text in shown) + f"</{tag}>"


def _linked(address: re.Match[str]) -> str:
    return f'<a href="{address[0]}">{address[0]}</a>'
