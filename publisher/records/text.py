"""Plain words of a clean body, for summaries and reading times, and the name of the language they are in."""

import re
from html import unescape

_BLOCK_EDGES = re.compile(
    r"</?(?:p|li|ul|ol|dl|h[1-6]|blockquote|pre|td|th|table|dt|dd|figure|figcaption)(?: [^>]*)?>|<[bh]r ?/?>"
)
_TAG = re.compile(r"<[^>]*>")
_OPENING = 20_000
_READ = 200_000
"""So many characters of a body are read for its beginning, and for its length: no article that people read has more."""


def is_language(tag: str) -> bool:
    """Whether it looks like a language tag (BCP 47) of a reasonable length: `en`, `pt-BR`, `zh-Hant`."""
    return len(tag) <= 20 and bool(re.fullmatch(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*", tag))


def plain(body: str) -> str:
    """The text of clean HTML on one line. Clean HTML holds no `<` or `>` but those of its tags."""
    return re.sub(r"\s+", " ", unescape(_TAG.sub("", _BLOCK_EDGES.sub(" ", body)))).strip()


def excerpt(body: str, most: int = 280) -> str:
    """The beginning of a body, cut at a word, for an article that states no summary."""
    words = plain(body[:_OPENING])
    if len(words) <= most < len(body):
        words = plain(body)
    return words if len(words) <= most else words[:most].rsplit(" ", 1)[0].rstrip(" ,;:–—-") + "…"


def word_count(body: str) -> int:
    """How many words a body has; reckoned from its first part where it is very long."""
    looked_at = body[:_READ]
    return round(len(plain(looked_at).split()) * len(body) / max(1, len(looked_at)))
