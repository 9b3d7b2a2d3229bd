"""How each text of a document looks: its ink, ground and size, where the styles are inlined and some are in the head.

A cascade for mail, not a browser: of sheets it takes what `styles` understands, of properties only colours, sizes and
weights. A ground that nobody can know (a picture without a colour behind it) is None, and so is an ink that the mail
program chooses; what is not known is not judged.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, TypeAlias

from lxml import etree
from lxml.html import HtmlElement

from publisher import colours
from publisher.digest.check import styles
from publisher.digest.check.document import Document, shown
from publisher.digest.check.styles import Declaration, Rgba, Selector

Light: TypeAlias = Literal["light", "dark", "outlook-dark"]
"""On a light screen; on a dark one by (prefers-color-scheme:dark); by Outlook.com's marks, where it is known at all."""

_TRACKED = {"color", "background-color", "background", "background-image", "font-size", "font-weight", "font"}
_FACTORS = {"h1": 2.0, "h2": 1.5, "h3": 1.17, "h5": 0.83, "h6": 0.67, "small": 0.83, "sub": 0.83, "sup": 0.83}
_BOLD = {"h1", "h2", "h3", "h4", "h5", "h6", "b", "strong", "th"}
_LOUD = _BOLD | _FACTORS.keys()
"""Elements that change how text looks without being told to."""

_KEYWORDS = {"xx-small": 9.0, "x-small": 10.0, "small": 13.0, "medium": 16.0, "large": 18.0, "x-large": 24.0}
_UNITS = {"px": 1.0, "pt": 4 / 3, "rem": 16.0, "in": 96.0, "cm": 96 / 2.54, "mm": 96 / 25.4, "pc": 16.0}
_LARGE, _LARGE_BOLD = 24.0, 56 / 3  # 18 and 14 points, in pixels
_LINK: Rgba = (0.0, 0.0, 0xEE / 255, 1.0)
_WORD = re.compile(r"\w")


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What an element's own text is written in. `size` in pixels; colours with their alpha, a ground without one."""

    ink: Rgba | None
    ground: Rgba | None
    size: float
    bold: bool

    @property
    def ratio(self) -> float | None:
        """The contrast, None where ink or ground is unknown or the ink is none at all."""
        if self.ink is None or self.ground is None or self.ink[3] == 0:
            return None
        return _ratio(self.ink, self.ground)

    @property
    def least(self) -> float:
        """The contrast it needs."""
        is_large = self.size >= _LARGE or (self.bold and self.size >= _LARGE_BOLD)
        return colours.LARGE_TEXT if is_large else colours.TEXT


Told: TypeAlias = tuple[HtmlElement, str, Look]
"""An element, what it says by itself, and how that looks."""


def looks(document: Document, light: Light) -> Iterator[Told]:
    """Every element that says something by itself, but for hidden ones; none in a dark light that no rule is for."""
    index = _index(document, light)
    if light != "light" and not index.dark:
        return
    known: dict[HtmlElement | None, Look] = {None: _canvas(document, light)}
    for element in document.tree.iter(etree.Element):
        if element in document.hidden:
            continue
        look = known[element] = _look(element, known[element.getparent()], index, light)
        words = _own_words(element)
        if words:
            yield element, words, look


def hexadecimal(colour: Rgba) -> str:
    """`#rrggbb`, without the alpha."""
    return "#" + "".join(f"{round(part * 255):02x}" for part in colour[:3])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Index:
    """The sheets' rules by what their last part names, each with its rank; `dark` says whether any is for dark."""

    rules: Mapping[str, Sequence[tuple[Selector, tuple[int, ...], Sequence[Declaration]]]]
    dark: bool


def _index(document: Document, light: Light) -> _Index:
    found: dict[str, list[tuple[Selector, tuple[int, ...], Sequence[Declaration]]]] = defaultdict(list)
    dark = False
    rules = (rule for sheet in document.sheets for rule in styles.rules(sheet))
    for number, rule in enumerate(rules):
        told = [d for d in rule.declarations if d.name in _TRACKED]
        for selector in rule.selectors if told else ():
            holds, is_dark = _holds(rule.condition, selector.mark, light)
            dark |= holds and is_dark
            if holds:
                found[_key(selector)].append((selector, (*selector.weight, number), told))
    return _Index(rules=found, dark=dark)


def _holds(condition: frozenset[str] | None, mark: str, light: Light) -> tuple[bool, bool]:
    """Whether a rule counts in that light, and whether it is there for dark screens."""
    if mark or light == "outlook-dark":
        return bool(mark) and light == "outlook-dark", bool(mark)
    words = (condition or frozenset()) - {"media", "screen", "all", "only", "and"}
    is_dark = words == {"prefers-color-scheme", "dark"}
    return not words or (is_dark and light == "dark") or words == {"prefers-color-scheme", light}, is_dark


def _key(selector: Selector) -> str:
    part = selector.parts[-1]
    return "." + min(part.classes) if part.classes else "#" + part.id if part.id else part.tag


def _canvas(document: Document, light: Light) -> Look:
    black, white = (0.0, 0.0, 0.0, 1.0), (1.0, 1.0, 1.0, 1.0)
    ink: Rgba | None = black
    ground: Rgba | None = white
    if light == "outlook-dark":
        ink = ground = None
    elif light == "dark" and _knows_dark(document):
        ink, ground = white, (0.07, 0.07, 0.07, 1.0)
    return Look(ink=ink, ground=ground, size=16.0, bold=False)


def _knows_dark(document: Document) -> bool:
    schemes = (meta for meta in document.tree.iter("meta") if meta.get("name", "").lower() == "color-scheme")
    return any("dark" in meta.get("content", "").lower() for meta in schemes)


def _look(element: HtmlElement, around: Look, index: _Index, light: Light) -> Look:
    if not element.attrib and element.tag not in _LOUD and element.tag not in index.rules and "" not in index.rules:
        return around
    ink = _given_ink(element, around, light)
    ground, pictured = _given_ground(element, light)
    size = around.size * _FACTORS.get(element.tag, 1.0)
    bold = around.bold or element.tag in _BOLD
    for declaration in _cascade(element, index, light):
        name, colour = declaration.name, declaration.colour()
        if name == "color":
            ink = around.ink if isinstance(colour, str) or "inherit" in declaration.words else colour or ink
        elif name.startswith("background"):
            pictured = pictured or bool(declaration.functions - {"rgb", "rgba", "hsl", "hsla"})
            ground = ink if isinstance(colour, str) else colour or ground
        else:
            size, bold = _font(declaration, size, bold, around.size)
    return Look(ink=ink, ground=_seen_ground(ground, pictured, around.ground), size=size, bold=bold)


def _given_ink(element: HtmlElement, around: Look, light: Light) -> Rgba | None:
    """What it is written in where no rule says anything."""
    if light == "outlook-dark":
        return None if _is_repainted(element, "color") else around.ink
    if element.tag == "a" and element.get("href") is not None:
        return _LINK if light == "light" else None
    told = styles.colour(element.get("color", "")) if element.tag == "font" else None
    return told or around.ink


def _given_ground(element: HtmlElement, light: Light) -> tuple[Rgba | None, bool]:
    """What it stands on where no rule says anything, and whether there is more on that than a colour."""
    if light == "outlook-dark":
        return None, "bgcolor" in element.attrib or _is_repainted(element, "background")
    return styles.colour(element.get("bgcolor", "")), "background" in element.attrib


def _is_repainted(element: HtmlElement, name: str) -> bool:
    """Outlook changes a colour that an element has of its own, nobody knows to which; only its rules tell."""
    return any(
        declaration.name.startswith(name) for declaration in styles.declarations(element.get("style", ""), _TRACKED)
    )


def _seen_ground(own: Rgba | None, pictured: bool, around: Rgba | None) -> Rgba | None:
    if own is None or own[3] == 0:
        return None if pictured else around
    if own[3] == 1:
        return own
    return None if pictured or around is None else _over(own, around)


def _cascade(element: HtmlElement, index: _Index, light: Light) -> list[Declaration]:
    """What styles say of it, the weaker first."""
    ranked: list[tuple[tuple[int, ...], Declaration]] = []
    keys = {"." + name for name in element.get("class", "").split()} | {"#" + element.get("id", ""), element.tag, ""}
    for key in keys:
        for selector, rank, told in index.rules.get(key, ()):
            if selector.fits(element):
                ranked += [((d.important, 0, *rank, number), d) for number, d in enumerate(told)]
    for number, declaration in enumerate(styles.declarations(element.get("style", ""), _TRACKED)):
        if light != "outlook-dark" or declaration.name.startswith("font"):
            ranked.append(((declaration.important, 1, 0, 0, 0, 0, number), declaration))
    return [declaration for _, declaration in sorted(ranked, key=lambda ranking: ranking[0])]


def _font(declaration: Declaration, size: float, bold: bool, around: float) -> tuple[float, bool]:
    for node in declaration.value:
        if node.type == "dimension" or node.type == "percentage" or (node.type == "number" and not node.value):
            size = _size(node.value, getattr(node, "lower_unit", "%"), around)
        elif node.type == "ident":
            size = _KEYWORDS.get(node.lower_value, size)
            bold = node.lower_value in ("bold", "bolder") or (bold and node.lower_value != "normal")
        elif node.type == "number":
            bold = node.value >= 600
        elif node == "/":
            break  # what follows in `font` is the height of its lines
    return size, bold


def _size(value: float, unit: str, around: float) -> float:
    if unit in ("%", "em"):
        return around * value / (100 if unit == "%" else 1)
    return value * _UNITS.get(unit, 1.0)


@lru_cache(maxsize=1024)
def _ratio(ink: Rgba, ground: Rgba) -> float:
    return colours.contrast(hexadecimal(_over(ink, ground)), hexadecimal(ground))


def _over(ink: Rgba, ground: Rgba) -> Rgba:
    """A colour that lets some of an opaque ground through."""
    red, green, blue = (a * ink[3] + b * (1 - ink[3]) for a, b in zip(ink[:3], ground[:3], strict=True))
    return red, green, blue, 1.0


def _own_words(element: HtmlElement) -> str:
    """What it says itself, not its children; "" where that is only white space and signs."""
    if element.tag == "img":
        said = element.get("alt", "")
    else:
        said = " ".join([element.text or "", *(child.tail or "" for child in element)])
    return shown(said) if _WORD.search(said) else ""
