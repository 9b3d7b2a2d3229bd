"""The bytes of a captured page in, its lines out: decoded, unwrapped, each with the blank lines above it.

Says nothing about what a line means; that is `captured_furniture`.
"""

import codecs
import re
from dataclasses import dataclass, replace
from enum import Enum
from itertools import pairwise

from publisher.sources import clean

_END_MARK = r"(?:\W*|\W*(?:30|0|(?i:end))\s*[-–—]+)$"
"""What follows the first sign of `* * *`, `- 30 -` and `– END –`, which is no bullet."""
_BULLET = re.compile(rf"^(?:[•●▪◦‣∙·*o§]|[-–—])[ \t\xa0]+(?=\S)(?!{_END_MARK})")
_BLANKS = " \t\f\v\xa0\u200b\ufeff\u2003\u2002\u2009\u202f"
_STOPS = re.compile(r"[.!?:][\"”’')]?$")
_NARROW, _WIDE = 45, 92


class Unreadable(Enum):
    """Why bytes are no captured page; the value is the code of the problem."""

    EMPTY = "empty-page"
    BINARY = "not-text"
    HTML = "html-page"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One paragraph, heading or list item: its text, where it stood, and what white space preceded it.

    `gap` counts the blank lines above, `nbsp` says that one of them held a no-break space.
    """

    text: str
    number: int
    gap: int = 0
    nbsp: bool = False
    bullet: bool = False


def decode(data: bytes) -> str | Unreadable:
    """The text of a captured page, or why it is none. Never raises."""
    text = _characters(data)
    if text is None or "\0" in text or _is_junk(text):
        return Unreadable.BINARY
    text = re.sub(r"\r\n?|[\u2028\u2029\x85\f\v]", "\n", text)
    text = re.sub(r"[\x01-\x08\x0e-\x1f\x7f-\x9f]", " ", text).replace("\ufeff", "")
    text = clean.text(text)
    if not text.strip():
        return Unreadable.EMPTY
    return Unreadable.HTML if _is_html(text) else text


def _characters(data: bytes) -> str | None:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        try:
            return data.decode("utf-16")
        except UnicodeDecodeError:
            return None
    return data.removeprefix(codecs.BOM_UTF8).decode("utf-8", errors="publisher-cp1252")


def _windows_byte(error: UnicodeError) -> tuple[str, int]:
    """Read what is no UTF-8 as Windows text, byte by byte: pages glued together from both exist."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("cp1252", errors="replace"), error.end


codecs.register_error("publisher-cp1252", _windows_byte)


def _is_junk(text: str) -> bool:
    strange = sum(1 for c in text if c == "\ufffd" or (ord(c) < 32 and c not in "\t\n\r\f\v") or 127 <= ord(c) < 160)
    return strange * 20 > len(text)


def _is_html(text: str) -> bool:
    if re.match(r"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)?<(?:!doctype|html|head|body)\b", text, re.I | re.S):
        return True
    return len(re.findall(r"</(?:p|div|a|span|ul|li|h[1-6]|section|article|table|td|script)>", text, re.I)) >= 3


def lines_of(text: str) -> list[Line]:
    """The non-blank lines of `text`, hard-wrapped paragraphs joined."""
    lines = _raw_lines(text)
    return _unwrap(lines, _wrap_width(lines), _indents(text))


def _raw_lines(text: str) -> list[Line]:
    lines: list[Line] = []
    gap, nbsp = 0, False
    for number, raw in enumerate(text.split("\n"), 1):
        stripped = raw.strip(_BLANKS)
        if not stripped:
            gap, nbsp = gap + 1, nbsp or "\xa0" in raw
            continue
        bullet = _BULLET.match(stripped)
        plain = stripped[bullet.end() :].strip(_BLANKS) if bullet else stripped
        lines.append(Line(text=plain, number=number, gap=gap, nbsp=nbsp, bullet=bool(bullet)))
        gap, nbsp = 0, False
    return lines


def _indents(text: str) -> dict[int, int]:
    return {n: len(raw) - len(raw.lstrip(" \t\xa0")) for n, raw in enumerate(text.split("\n"), 1)}


def _wrap_width(lines: list[Line]) -> int | None:
    """The column at which the page was hard-wrapped, or null.

    Evidence: nearly all lines that go on in the next one without a blank line are of like, middling length, and most
    stop in mid-sentence, the next beginning with a small letter. A page of one paragraph per line has long lines and
    full stops instead, a list of headlines has capitals.
    """
    pairs = [(a.text, b.text) for a, b in pairwise(lines) if b.gap == 0 and not b.bullet]
    full = [a for a, _ in pairs if _NARROW <= len(a) <= _WIDE]
    if len(full) < 2 or (any(len(a) > _WIDE for a, _ in pairs) and len(full) < 0.9 * len(pairs)):
        return None
    broken = [b for a, b in pairs if _NARROW <= len(a) <= _WIDE and not _STOPS.search(a)]
    if len(broken) < 0.6 * len(full) or sum(b[0].islower() for b in broken) < 0.4 * len(broken):
        return None
    return max(map(len, full))


def _unwrap(lines: list[Line], width: int | None, indents: dict[int, int]) -> list[Line]:
    joined: list[Line] = []
    last = ""
    runs = sum(a.gap > 0 and b.gap == 0 and not b.bullet for a, b in pairwise(lines))
    for line in lines:
        if (joined and width and line.gap == 0 and not line.bullet and _goes_on(last, line.text, width, runs >= 3)) or (
            joined and joined[-1].bullet and _hangs(line, joined[-1], indents)
        ):
            joined[-1] = replace(joined[-1], text=f"{joined[-1].text} {line.text}")
        else:
            joined.append(line)
        last = line.text
    return joined


def _goes_on(line: str, after: str, width: int, spaced: bool) -> bool:
    """Whether `after` is the rest of a wrapped paragraph: its first word would not have fitted on `line`.

    Where no blank lines part the paragraphs, a full stop that leaves room for the next word ends one.
    """
    if len(line) < _NARROW:
        return False
    word = after.split(None, 1)[0]
    if _STOPS.search(line):
        return len(line) + 1 + len(word) > (width - 8 if spaced else width + 1)
    return len(line) + 1 + len(word) > width - 6 or after[0].islower()


def _hangs(line: Line, item: Line, indents: dict[int, int]) -> bool:
    """Whether `line` is the indented second line of the list item above it."""
    deep = indents[line.number] >= indents[item.number] + 2
    return line.gap == 0 and not line.bullet and deep and not _STOPS.search(item.text)
