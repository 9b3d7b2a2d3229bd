"""CSS as the gate reads it: a style attribute in declarations, a sheet in rules; the only tinycss2 import.

What a rule is about is decided from its selectors, of which the simple ones are understood: types, classes and ids,
one within the other. A rule with any other (:hover, [href], +, *) is kept, but matches no element.
"""

import re
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import tinycss2
from lxml.html import HtmlElement
from tinycss2 import ast, color4

Rgba = tuple[float, float, float, float]

OUTLOOK_INKS, OUTLOOK_GROUNDS = "data-ogsc", "data-ogsb"
"""What Outlook.com marks text and grounds with, of which it has changed the colour for a dark screen."""


_TANGLED = re.compile(r"""["'(){}\[\]\\@]|/\*""")
"""Where a semicolon may be something else than the end of a declaration."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """`value` are the tokens of what `name` is set to, but white space."""

    name: str
    value: tuple[ast.Node, ...]
    important: bool

    @property
    def words(self) -> set[str]:
        """The keywords at the value's top, in lower case."""
        return {token.lower_value for token in self.value if token.type == "ident"}

    @property
    def functions(self) -> set[str]:
        return {token.lower_name for token in _all(self.value) if token.type == "function"}

    @property
    def units(self) -> set[str]:
        return {token.lower_unit for token in _all(self.value) if token.type == "dimension"}

    def colour(self) -> Rgba | str | None:
        """The first colour in it (red, green, blue, alpha, each 0 to 1), `currentcolor`, or None."""
        for token in self.value:
            colour = color4.parse_color(token)
            if isinstance(colour, str):
                return colour
            if colour is not None:
                return _rgba(colour)
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What one element must be; `is_parent` says that it must be the parent of the next, not just around it."""

    tag: str = ""
    id: str = ""
    classes: frozenset[str] = frozenset()
    is_parent: bool = False

    def fits(self, element: HtmlElement) -> bool:
        return (
            (not self.tag or element.tag == self.tag)
            and (not self.id or element.get("id") == self.id)
            and (not self.classes or self.classes <= set(element.get("class", "").split()))
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Selector:
    """`mark` is the attribute of Outlook's that it is for, else ""."""

    parts: tuple[Part, ...]
    mark: str = ""

    @property
    def weight(self) -> tuple[int, int, int]:
        """How specific it is: ids, classes and attributes, types."""
        classes = sum(len(part.classes) for part in self.parts)
        return sum(bool(p.id) for p in self.parts), classes + bool(self.mark), sum(bool(p.tag) for p in self.parts)

    def fits(self, element: HtmlElement) -> bool:
        if not self.parts[-1].fits(element):
            return False
        at: HtmlElement | None = element
        for part in reversed(self.parts[:-1]):
            at = at.getparent() if at is not None else None
            while at is not None and not part.fits(at) and not part.is_parent:
                at = at.getparent()
            if at is None or not part.fits(at):
                return False
        return True


@dataclass(frozen=True, slots=True, kw_only=True)
class StyleRule:
    """`condition` are the words of the @media or other rule around it; None when it stands by itself."""

    selectors: tuple[Selector, ...]
    declarations: tuple[Declaration, ...]
    condition: frozenset[str] | None


@lru_cache(maxsize=256)
def colour(text: str) -> Rgba | None:
    """The colour in an attribute, where it may be without its #; None for what is none."""
    parsed = color4.parse_color("#" + text if re.fullmatch("[0-9a-fA-F]{6}", text) else text)
    return None if parsed is None or isinstance(parsed, str) else _rgba(parsed)


def declarations(style: str, names: Container[str] | None = None) -> list[Declaration]:
    """Those of a style attribute, or of them those with these names; what is not one is passed over, as mail does.

    The same few hundred declarations make up most mails: they are taken apart once, and only where they are asked for.
    """
    if _TANGLED.search(style):
        return [d for d in _parsed(style) if names is None or d.name in names]
    pieces = (piece for piece in style.split(";") if names is None or piece.partition(":")[0].strip().lower() in names)
    return [declaration for piece in pieces for declaration in _parsed(piece)]


@lru_cache(maxsize=8192)
def _parsed(style: str) -> tuple[Declaration, ...]:
    return _declarations(tinycss2.parse_blocks_contents(style, skip_comments=True, skip_whitespace=True))


@lru_cache(maxsize=32)
def rules(sheet: str) -> tuple[StyleRule, ...]:
    """All that a sheet says of elements, in its order."""
    return tuple(_rules(tinycss2.parse_stylesheet(sheet, skip_comments=True, skip_whitespace=True), None))


def at_rules(sheet: str) -> list[str]:
    """The names of the sheet's own @ rules, in lower case: `import`, `media`, …"""
    nodes = tinycss2.parse_stylesheet(sheet, skip_comments=True, skip_whitespace=True)
    return [node.lower_at_keyword for node in nodes if node.type == "at-rule"]


def is_nested(sheet: str) -> bool:
    """Whether a rule stands where declarations should, or an @ rule within an @ rule."""
    for node in tinycss2.parse_stylesheet(sheet, skip_comments=True, skip_whitespace=True):
        within = _within(node)
        if any(inner.type == "at-rule" for inner in within):
            return True
        if any(_holds_rule(inner) for inner in (within if node.type == "at-rule" else [node])):
            return True
    return False


def _holds_rule(node: ast.Node) -> bool:
    return node.type == "qualified-rule" and any(n.type in ("qualified-rule", "at-rule") for n in _within(node))


def _within(node: ast.Node) -> list[ast.Node]:
    if node.type not in ("qualified-rule", "at-rule") or node.content is None:
        return []
    nodes: list[ast.Node] = tinycss2.parse_blocks_contents(node.content, skip_comments=True, skip_whitespace=True)
    return nodes


def _rules(nodes: Sequence[ast.Node], condition: frozenset[str] | None) -> Iterator[StyleRule]:
    for node in nodes:
        if node.type == "qualified-rule":
            yield StyleRule(
                selectors=tuple(_selectors(node.prelude)),
                declarations=_declarations(_within(node)),
                condition=condition,
            )
        elif node.type == "at-rule" and condition is None:
            words = {token.lower_value for token in _all(node.prelude) if token.type == "ident"}
            yield from _rules(_within(node), frozenset({node.lower_at_keyword, *words}))


def _declarations(nodes: Sequence[ast.Node]) -> tuple[Declaration, ...]:
    return tuple(
        Declaration(
            name=node.lower_name,
            value=tuple(token for token in node.value if token.type not in ("whitespace", "comment")),
            important=node.important,
        )
        for node in nodes
        if node.type == "declaration"
    )


def _all(tokens: Sequence[ast.Node]) -> Iterator[ast.Node]:
    """The tokens and all within them; without recursion, for a mail may nest as deep as it likes."""
    waiting = list(tokens)
    while waiting:
        token = waiting.pop()
        yield token
        waiting += getattr(token, "content", None) or getattr(token, "arguments", None) or []


def _selectors(prelude: Sequence[ast.Node]) -> Iterator[Selector]:
    """Those understood, of a list with commas."""
    one: list[ast.Node] = []
    for node in [*prelude, None]:
        if node is None or node == ",":
            selector = _selector(one)
            if selector:
                yield selector
            one = []
        else:
            one.append(node)


def _selector(nodes: Sequence[ast.Node]) -> Selector | None:
    """The selector, or None where one of its parts is not understood."""
    parts: list[Part] = []
    mark = ""
    for child, compound in _compounds(nodes):
        if not parts and not mark and len(compound) == 1 and compound[0].type == "[] block":
            mark = "".join(node.value for node in compound[0].content if node.type == "ident")
        else:
            part = _part(compound)
            if part is None:
                return None
            parts = [*parts[:-1], replace(parts[-1], is_parent=child), part] if parts else [part]
    return Selector(parts=tuple(parts), mark=mark) if parts and mark in ("", OUTLOOK_INKS, OUTLOOK_GROUNDS) else None


def _compounds(nodes: Sequence[ast.Node]) -> Iterator[tuple[bool, list[ast.Node]]]:
    """What is said of one element each, and whether it must be a child of the one before."""
    child, compound = False, list[ast.Node]()
    for node in nodes:
        if node.type == "whitespace" or node == ">":
            if compound:
                yield child, compound
                child, compound = False, []
            child = child or node == ">"
        elif node.type != "comment":
            compound.append(node)
    if compound:
        yield child, compound


def _part(compound: Sequence[ast.Node]) -> Part | None:
    tag, name, classes, dot = "", "", set[str](), False
    for node in compound:
        if dot and node.type == "ident":
            classes.add(node.value)
        elif node.type == "ident" and node is compound[0]:
            tag = node.lower_value
        elif node.type == "hash" and not dot:
            name = node.value
        elif node != "." and not (node == "*" and node is compound[0]):
            return None
        dot = node == "."
    return None if dot else Part(tag=tag, id=name, classes=frozenset(classes))


def _rgba(colour: color4.Color) -> Rgba | None:
    """None for the colour spaces that no mail program knows yet."""
    try:
        red, green, blue = (min(1.0, max(0.0, part)) for part in colour.to("srgb").coordinates)
    except NotImplementedError:
        return None
    return red, green, blue, colour.alpha
