"""Plain words of a clean body, for summaries and reading times."""

import re
from html import unescape

_BLOCK_ENDS = re.compile(r"</(?:p|li|h[1-6]|blockquote|td|th|dt|dd|figcaption)>|<br ?/?>")
_TAG = re.compile(r"<[^>]*>")


def plain(body: str) -> str:
    """The text of clean HTML on one line. Clean HTML holds no `<` or `>` but those of its tags."""
    return re.sub(r"\s+", " ", unescape(_TAG.sub("", _BLOCK_ENDS.sub(" ", body)))).strip()


def excerpt(body: str, most: int = 280) -> str:
    """The beginning of a body, cut at a word, for an article that states no summary."""
    words = plain(body)
    return words if len(words) <= most else words[:most].rsplit(" ", 1)[0].rstrip(" ,;:–—-") + "…"
