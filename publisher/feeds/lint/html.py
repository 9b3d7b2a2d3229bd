"""The HTML of an entry's content -> its flaws. The hot spot of the linter: remembered by content.

The same article stands in three formats and several feeds, so `read` keeps what it found for the text itself.
One pass over the tags with a stack, by the rules of HTML for which end tags may be left out; no tree is built, and no
input makes it slow: it gives up at the first tag without an end, at great depth, and after a hundred flaws.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from html import unescape
from html.entities import html5

from publisher.feeds.lint.addresses import unsafe
from publisher.feeds.lint.rules import Flaw, shown
from publisher.feeds.lint.tags import (
    BLOCKS,
    CLOSED_BY,
    END_OPTIONAL,
    HEADINGS,
    KNOWN,
    KNOWN_ATTRIBUTES,
    LINKING,
    RAW,
    TABLE_INSIDES,
    TABLE_PARTS,
    UNSAFE,
    VOID,
)

_TOKEN = re.compile(
    r"""<(?:
      !--(?P<comment>.*?)--> |
      (?P<end>/?)(?P<name>[A-Za-z][^\s/>]*+)(?P<attributes>(?:[^>"']++|"[^"]*+"|'[^']*+')*+)> |
      (?P<odd>[!?][^>]*+>) |
      (?P<open>[A-Za-z/!?]) |
      (?P<bare><*)
    )""",
    re.VERBOSE | re.DOTALL,
)
_ATTRIBUTE = re.compile(r"""([^\s"'<>/=]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'=<>`]+)))?""")
_AMPERSAND = re.compile(r"&(?![\s<&\"']|\Z)(?:#(?P<number>[0-9]+|[xX][0-9a-fA-F]+);|(?P<name>[A-Za-z][A-Za-z0-9]*;))?")
_SCHEME = re.compile(r"\w[\w+.-]*:")
_MOST_FLAWS, _DEEPEST, _LONGEST_KEPT = 100, 250, 200_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What one piece of HTML is like. `blank`: it shows neither words nor anything to see or hear."""

    flaws: tuple[Flaw, ...]
    blank: bool


def read(html: str) -> Content:
    """Each flaw once, in the order of the text."""
    # One endless text would push all others out, and hold its memory for good.
    return _kept(html) if len(html) <= _LONGEST_KEPT else _read(html)


@lru_cache(maxsize=4096)
def _kept(html: str) -> Content:
    return _read(html)


def _read(html: str) -> Content:
    walk = _Walk(html=html)
    walk.tokens()
    walk.ampersands()
    return Content(flaws=tuple(walk.flaws), blank=not walk.shows)


def tag_flaws(name: str, attributes: dict[str, str]) -> Iterator[Flaw]:
    """Of one start tag, whatever it stands in; XHTML content asks the same."""
    if name in UNSAFE:
        yield (
            "html-unsafe",
            f"<{shown(name, 30)}> is taken out by readers, with what is in it; leave it out and link to it",
        )
    elif name not in KNOWN:
        yield "html-unknown", f"<{shown(name, 30)}> is not HTML; use a tag that is, or escape it as &lt;"
    for attribute, value in attributes.items():
        yield from _attribute_flaws(name, attribute, value)
    if name == "img" and "alt" not in attributes:
        mend = f'the picture "{shown(attributes.get("src", ""))}" has no alt; say in it what the picture shows'
        yield "image-without-alt", mend


def _attribute_flaws(tag: str, name: str, value: str) -> Iterator[Flaw]:
    if name.startswith("on"):
        yield "html-attribute", f"{shown(name, 30)}= runs a script, which readers strip; leave it out"
    elif name == "style":
        yield "html-attribute", "style= is stripped by readers; leave it out and let the words carry the meaning"
    elif name not in KNOWN_ATTRIBUTES and not name.startswith(("data-", "xml:", "xmlns")):
        yield (
            "html-attribute",
            f"the attribute {shown(name, 30)}= is not one that readers keep and the validator knows; leave it out",
        )
    if name in LINKING:
        urls = [part.split()[0] for part in value.split(",") if part.split()] if name == "srcset" else [value.strip()]
        for url in urls:
            yield from _url_flaws(tag, name, url)


def _url_flaws(tag: str, attribute: str, url: str) -> Iterator[Flaw]:
    # Browsers drop line ends and tabs inside a scheme: java\nscript: is one.
    plain = re.sub(r"[\x00-\x20]+", "", url).lower()
    if plain.startswith(("javascript:", "vbscript:", "data:text/html")):
        yield "html-script", f'the address "{shown(url)}" is a script; link to a page instead'
    elif not _SCHEME.match(url):
        yield "html-relative", f'"{shown(url)}" is relative; write the whole address, beginning with https://'
    elif attribute in ("srcset", "poster") or (attribute == "src" and tag not in UNSAFE):
        yield from unsafe(url, "picture")


@dataclass(slots=True, kw_only=True)
class _Walk:
    """One reading: the open tags and what was found so far."""

    html: str
    flaws: dict[Flaw, None] = field(default_factory=dict)
    stack: list[str] = field(default_factory=list)
    open: Counter[str] = field(default_factory=Counter)
    shows: bool = False

    def tokens(self) -> None:
        position = 0
        while match := _TOKEN.search(self.html, position):
            self.shows = self.shows or bool(self.html[position : match.start()].strip())
            position = match.end()
            if match["open"]:
                self.broken(
                    f'"{shown(self.html[match.start() : match.start() + 200], 40)}" begins a tag that has no end'
                )
                return
            if match["odd"]:
                self.broken(f'"{shown(match[0][:200], 40)}" is no part of a text; leave it out')
            elif match["bare"] is not None:
                self.broken("a < stands for itself; write &lt;")
            elif match["end"]:
                self.end(match["name"].lower())
            elif match["name"]:
                self.start(match["name"].lower(), match["attributes"])
                position = self.after_raw(match["name"].lower(), position)
            if len(self.flaws) > _MOST_FLAWS or len(self.stack) > _DEEPEST:
                self.broken("the tags are nested too deep, or too much is wrong; write the text anew")
                return
        self.shows = self.shows or bool(self.html[position:].strip())
        self.finish()

    def start(self, name: str, text: str) -> None:
        foreign = bool(self.open["svg"] or self.open["math"])
        attributes = self.attributes(text) if text else {}
        if name in ("svg", "math"):
            self.flaw("html-foreign", f"<{name}> is not shown by most readers; put in a picture instead")
        elif not foreign:
            self.flaws.update(dict.fromkeys(tag_flaws(name, attributes)))
            self.nest(name)
        self.shows = self.shows or name in ("img", "video", "audio", "picture", "hr", "svg", "math", "iframe", "object")
        if text.endswith("/") and name not in VOID:
            if foreign or name in ("svg", "math"):
                return
            self.broken(
                f"<{shown(name, 30)}/> does not close itself in HTML; write <{shown(name, 30)}></{shown(name, 30)}>"
            )
        if name not in VOID or foreign:
            self.stack.append(name)
            self.open[name] += 1

    def attributes(self, text: str) -> dict[str, str]:
        given: dict[str, str] = {}
        for name, double, single, bare in _ATTRIBUTE.findall(text):
            if name.lower() in given:
                self.broken(f"{shown(name, 30)}= stands twice in one tag; keep one")
            given.setdefault(name.lower(), unescape(double or single or bare))
        return given

    def nest(self, name: str) -> None:
        """Close what this start tag closes by itself, and say what may not stand here."""
        while self.stack and self.stack[-1] in CLOSED_BY.get(name, ()):
            self.pop()
        if name in BLOCKS and self.open["p"] and self.paragraph_is_near():
            self.end("p")
        inside = self.stack[-1] if self.stack else ""
        if name == "a" and self.open["a"]:
            self.broken("a link stands inside a link; end the first before the second")
        elif name in HEADINGS and inside in HEADINGS:
            self.broken("a heading stands inside a heading; end the first before the second")
        elif (name in ("td", "th") and inside != "tr") or (name in TABLE_PARTS and not self.open["table"]):
            self.broken(f"<{name}> stands outside its table or row; put it into one")
        elif inside in TABLE_INSIDES and name not in TABLE_PARTS | {"col", "template"}:
            self.broken(f"<{shown(name, 30)}> stands in a table outside its cells; put it into a cell")

    def paragraph_is_near(self) -> bool:
        """A paragraph outside the cell, object or button we are in is not closed from within."""
        for name in reversed(self.stack):
            if name == "p":
                return True
            if name in ("td", "th", "table", "button", "object", "caption", "template"):
                return False
        return False

    def end(self, name: str) -> None:
        if name in VOID or not self.open[name]:
            self.broken(f"</{shown(name, 30)}> ends nothing; leave it out, or put the missing start tag in")
            return
        while self.stack[-1] != name and self.stack[-1] in END_OPTIONAL:
            self.pop()
        if self.stack[-1] != name:
            inner, outer = shown(self.stack[-1], 30), shown(name, 30)
            self.broken(f"<{inner}> is still open where </{outer}> stands; end what was begun last first")
        while self.pop() != name:
            pass

    def pop(self) -> str:
        name = self.stack.pop()
        self.open[name] -= 1
        return name

    def after_raw(self, name: str, position: int) -> int:
        """Where markup goes on: scripts and styles hold text that only looks like tags."""
        if name not in RAW or not self.stack or self.stack[-1] != name:
            return position
        close = re.compile(rf"</{name}\s*>", re.IGNORECASE).search(self.html, position)
        return close.start() if close else len(self.html)

    def finish(self) -> None:
        for name in self.stack:
            if name not in END_OPTIONAL:
                self.broken(f"<{shown(name, 30)}> is never closed; put </{shown(name, 30)}> where it ends")

    def ampersands(self) -> None:
        if "&" not in self.html:
            return
        for match in _AMPERSAND.finditer(self.html):
            if match["name"] in html5 or (match["number"] and _is_character(match["number"])):
                continue
            self.flaw(
                "html-entity",
                f'"{shown(self.html[match.start() : match.start() + 12])}" is no character; write &amp; for an &',
            )
            if len(self.flaws) > _MOST_FLAWS:
                return

    def broken(self, mend: str) -> None:
        self.flaw("html-broken", mend)

    def flaw(self, code: str, mend: str) -> None:
        self.flaws[code, mend] = None


def _is_character(number: str) -> bool:
    """Numbers of controls, halves and none at all are mistakes, and those of Windows-1252 mean other characters."""
    if len(number) > 8:
        return False
    value = int(number[1:], 16) if number[0] in "xX" else int(number)
    return value in (9, 10) or (32 <= value < 127) or (160 <= value < 0xD800) or (0xDFFF < value < 0xFFFE) or (
        0xFFFF < value <= 0x10FFFF
    )  # fmt: skip
