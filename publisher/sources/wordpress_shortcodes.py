"""Shortcodes in the content of a post -> HTML, or nothing.

`[caption]` becomes a figure, `[embed]`, `[video]`, `[audio]` and their like a link; of others what they enclose stays.
What stands in brackets and is no shortcode, as `[sic]` or `[2]`, stays as it is. One walk, whatever is not closed.
"""

import html as escaping
import re
from collections.abc import Sequence

from publisher.sources import clean
from publisher.sources.wordpress_embeds import link_to, watched

_TOKEN = re.compile(r"\[(/?)([A-Za-z][\w-]{0,40})((?:[\s/:=][^\[\]]{0,3000})?)\]")
_PAIR = re.compile(
    r"([\w-]{1,40})\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|(?:[”″“]|&#82(?:20|21|43);)(.*?)(?:[”″“]|&#82(?:20|21|43);)|([^\s\"']+))"
)
_ADDRESS = re.compile(r"https?://[^\s\"'<>\[\]”″&]+(?:&amp;[^\s\"'<>\[\]”″&]+)*")
_PICTURE = re.compile(r"\s*((?:<a\b[^>]*>\s*)?<img\b[^>]*>(?:\s*</a>)?)", re.I)
_CAPTIONS = {"caption", "wp_caption"}
_PLAYED = {"embed", "video", "audio", "youtube", "vimeo", "wpvideo", "soundcloud", "playlist", "iframe", "tweet"}
_KNOWN = _CAPTIONS | _PLAYED | {
    "gallery", "contact-form-7", "contact-form", "gravityform", "wpforms", "ninja_form", "toc", "nggallery", "products",
}  # fmt: skip
_SOURCES = ("src", "mp4", "m4v", "webm", "ogv", "flv", "mp3", "m4a", "ogg", "wav", "url", "href")
_LONGEST_INSIDE = 20_000
_CODE = re.compile(r"\[(sourcecode|source|code)\b[^\[\]<>]{0,300}\]")


def with_code(content: str) -> str:
    """The content with what stands between `[code]` and `[/code]` as the preformatted text that it is."""
    pieces: list[str] = []
    at = 0
    ends: dict[str, int] = {}  # looked for once for many that have the same, or none
    for opening in _CODE.finditer(content):
        name, begin = opening[1], opening.end()
        if opening.start() < at or ends.get(name) == -1:
            continue
        if ends.get(name, 0) < begin:
            ends[name] = content.find(f"[/{name}]", begin)
        if (end := ends[name]) < 0:
            continue
        lines = escaping.escape(escaping.unescape(content[begin:end]), quote=False).strip("\r\n")
        pieces += (content[at : opening.start()], "<pre>", lines.replace("[", "&#91;"), "</pre>")
        at = end + len(f"[/{name}]")
    return "".join((*pieces, content[at:]))


def without_shortcodes(content: str) -> str:
    """The content with each shortcode replaced by what readers elsewhere can have of it."""
    tokens = list(_TOKEN.finditer(content))
    opened = {token[2].lower() for token in tokens if not token[1]}
    closed = {token[2].lower() for token in tokens if token[1]} & opened
    pieces, at = [], 0
    closings = _closings(tokens)
    for number, token in enumerate(tokens):
        if token.start() < at or not _is_shortcode(token, closed):
            continue
        pieces.append(content[at : token.start()])
        at = token.end()
        name, end = token[2].lower(), closings[number]
        if token[1] or name not in _CAPTIONS | _PLAYED:
            continue
        inside = content[token.end() : end.start()] if end and end.start() - token.end() < _LONGEST_INSIDE else ""
        at = end.end() if inside and end else at
        pieces.append(_figure(token[3], inside) if name in _CAPTIONS else _played(token[3], inside))
    return "".join((*pieces, content[at:]))


def _closings(tokens: Sequence[re.Match[str]]) -> list[re.Match[str] | None]:
    """For each token the next one that closes its name, reckoned from behind."""
    nearest: dict[str, re.Match[str]] = {}
    found: list[re.Match[str] | None] = []
    for token in reversed(tokens):
        found.append(nearest.get(token[2].lower()))
        if token[1]:
            nearest[token[2].lower()] = token
    return found[::-1]


def _is_shortcode(token: re.Match[str], closed: set[str]) -> bool:
    name = token[2].lower()
    return name in _KNOWN or name in closed or "=" in token[3] or ("_" in name and not token[1])


def _attributes(written: str) -> dict[str, str]:
    pairs = _PAIR.findall(written)
    return {name.lower(): next((value for value in values if value), "") for name, *values in pairs}


def _figure(written: str, inside: str) -> str:
    """`[caption]<img> words[/caption]`, or, in old posts, the words in an attribute."""
    picture = _PICTURE.match(inside)
    if picture is None:
        return inside
    shown, words = picture[1], inside[picture.end() :].strip() or _attributes(written).get("caption", "")
    if shown.startswith("<a") and not shown.endswith("</a>"):  # never closed, or only below the words
        shown, words = f"{shown}</a>", words.removesuffix("</a>").strip()
    caption = f"<figcaption>{words}</figcaption>" if words else ""
    return f"<figure>{shown}{caption}</figure>"


def _played(written: str, inside: str) -> str:
    """A link to what was to be played. Its address stands in an attribute, alone, or between the brackets."""
    attributes = _attributes(written)
    named = (attributes[name] for name in _SOURCES if attributes.get(name))
    found = next(named, None) or next((match[0] for part in (written, inside) if (match := _ADDRESS.search(part))), "")
    address = clean.web_address(watched(escaping.unescape(found)))
    return link_to(address) if address else ""
