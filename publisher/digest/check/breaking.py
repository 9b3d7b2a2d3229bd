"""What some mail programs do not know, and a layout or its legibility hangs on: clients.json and what it finds.

The table is small and made from the data of caniemail.com, by tests/sample/make_clients.py. What merely looks plainer
somewhere is not in it, and what has a plain value to fall back on is no finding.
"""

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.resources import files

from lxml import etree

from publisher.digest.check import styles
from publisher.digest.check.document import NOWHERE, Document, name, short
from publisher.digest.check.rules import Rule
from publisher.digest.check.styles import Declaration
from publisher.records import Finding

CSS_BREAKS = Rule(
    code="css-breaks",
    family="clients",
    severity="warning",
    wrong="A style that some mail programs do not know, and that the layout or its legibility hangs on.",
    why="Readers of these programs see the parts in the wrong place, or not at all.",
)
_COLOURED = {"color", "background-color", "background"}
_IDLE = {"none", "initial", "unset", "inherit", "normal", "auto"}
_PAINTED = {"background", "background-color"}


@cache
def table() -> dict[str, dict[str, list[str]]]:
    """clients.json: by kind (css, units, attributes, elements, images) and feature, the programs that break it."""
    told = json.loads((files(__package__) / "clients.json").read_text("utf-8"))
    return {kind: features for kind, features in told.items() if isinstance(features, dict)}


def css_breaks(document: Document) -> Iterator[Finding]:
    """One finding for each feature, at the first place that has it."""
    places: dict[tuple[str, str], list[str]] = defaultdict(list)
    for place, kind, feature in (*_broken_in_sheets(document), *_broken_inline(document)):
        places[kind, feature].append(place)
    for (kind, feature), found in places.items():
        broken, times = listed(table()[kind][feature]), f" ({len(found)} times)" if len(found) > 1 else ""
        mend = f"{feature} does not work in {broken}{times}; use tables and plain values, or put one before it"
        yield CSS_BREAKS.found(found[0], mend)


def _broken_in_sheets(document: Document) -> Iterator[tuple[str, str, str]]:
    """Only rules that hold everywhere: what stands in @media is for those programs that know it."""
    for rule in (rule for sheet in document.sheets for rule in styles.rules(sheet)):
        if rule.condition is None and any(not selector.mark for selector in rule.selectors):
            yield from ((NOWHERE, *found) for found in _broken(rule.declarations))


def _broken_inline(document: Document) -> Iterator[tuple[str, str, str]]:
    suspect = _suspect()
    for element in document.tree.iter(etree.Element):
        style = element.get("style", "")
        if "hidden" in element.attrib:
            yield short(name(element)) or NOWHERE, "attributes", "hidden"
        if element not in document.hidden and suspect.search(style):
            is_aligned, is_painted = "align" in element.attrib, "bgcolor" in element.attrib
            for kind, feature in _broken(styles.declarations(style), is_painted=is_painted):
                if not (is_aligned and feature.startswith("float")):
                    yield short(name(element)) or NOWHERE, kind, feature


@cache
def _suspect() -> re.Pattern[str]:
    """What a style must contain for any feature of the table to be in it: most have nothing of it."""
    names = {feature.partition(":")[0].removesuffix("()") for feature in table()["css"]}
    units = "|".join(map(re.escape, table()["units"]))
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, names))}|url)\b|\d(?:{units})\b", re.IGNORECASE)


def _broken(declarations: Sequence[Declaration], *, is_painted: bool = False) -> Iterator[tuple[str, str]]:
    """Kind and name of each feature that breaks somewhere and has nothing to fall back on.

    That is an earlier value of the same property, which who does not know the later one keeps; for a picture behind
    the text it is a colour.
    """
    plain: set[str] = set()
    is_painted = is_painted or any(
        d.name in _PAINTED and d.colour() and "rgba" not in d.functions for d in declarations
    )
    for declaration in declarations:
        found = list(_features(declaration))
        is_kept = declaration.name in plain or (declaration.name.startswith("background") and is_painted)
        if not found:
            plain.add(declaration.name)
        elif not is_kept:
            yield found[0]


def _features(declaration: Declaration) -> Iterator[tuple[str, str]]:
    functions, words = declaration.functions, declaration.words
    css, units = table()["css"], table()["units"]
    is_picture = "url" in functions or any(node.type == "url" for node in declaration.value)
    told = [f"{function}()" for function in sorted(functions) if function != "rgba" or declaration.name in _COLOURED]
    told += [f"{declaration.name}: {word}" for word in sorted(words)]
    if declaration.name in ("background", "background-image"):
        told += ["background-image"] if is_picture else []
    elif not words & _IDLE:
        told.append(declaration.name)
    yield from (("css", feature) for feature in told if feature in css)
    if not declaration.name.startswith(("mso-", "-")):
        yield from (("units", unit) for unit in sorted(declaration.units) if unit in units)


def listed(names: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
