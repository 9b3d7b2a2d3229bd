"""Whether text can be read on its ground: contrast as WCAG 2.2 reckons it, and the pairs of colours in our mail.

Colours come in as "#rrggbb". The palette is that of templates/email/palette.json with what a site has changed.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

TEXT = 4.5
"""The least contrast of text (WCAG 2.2, success criterion 1.4.3)."""

LARGE_TEXT = 3.0
"""That of text from 24 px on, or from 18.66 px on where it is bold; also of signs and edges (1.4.11)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two names of the palette that stand one on the other, and the contrast they need."""

    ink: str
    ground: str
    least: float = TEXT


@dataclass(frozen=True, slots=True, kw_only=True)
class Faint:
    """A pair whose contrast, `ratio`, is below the `least`."""

    ink: str
    ground: str
    ratio: float
    least: float


_INKS_BY_GROUND = {
    "brand": ("on_brand", "on_brand_muted"),
    "brand_dark": ("on_brand", "on_brand_muted"),
    "card": ("ink", "text", "muted", "accent", "button"),
    "tint": ("ink", "text", "button"),
    "rule": ("button",),  # the alternative text of a picture that is not loaded
    "accent": ("card",),  # the month of an event
    "button": ("button_text",),
    "notice": ("notice_ink",),
    "page": ("button", "muted"),
}
"""What templates/email/inline.css.j2 writes on what. The dark palette has the same names behind `dark_`."""

PAIRS: tuple[Pair, ...] = (
    *(
        Pair(ink=shade + ink, ground=shade + ground)
        for shade in ("", "dark_")
        for ground, inks in _INKS_BY_GROUND.items()
        for ink in inks
    ),
    Pair(ink="dark_button_text", ground="dark_ink"),  # the button under the pointer, on a dark screen
)


def contrast(one: str, other: str) -> float:
    """The ratio of two opaque colours, 1 to 21, whichever is the lighter. Raises ValueError on what is no #rrggbb."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def faint(palette: Mapping[str, str]) -> list[Faint]:
    """The pairs that are hard to read, in the order of PAIRS, but for those of which the palette lacks a name."""
    ratios = (
        (pair, contrast(palette[pair.ink], palette[pair.ground]))
        for pair in PAIRS
        if pair.ink in palette and pair.ground in palette
    )
    return [
        Faint(ink=pair.ink, ground=pair.ground, ratio=ratio, least=pair.least)
        for pair, ratio in ratios
        if ratio < pair.least
    ]


def _luminance(colour: str) -> float:
    """Relative luminance as WCAG 2.2 defines it."""
    if not re.fullmatch("#[0-9a-fA-F]{6}", colour):
        raise ValueError(f'a colour is "#rrggbb", not "{colour}"')
    red, green, blue = (_linear(int(colour[i : i + 2], 16) / 255) for i in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(share: float) -> float:
    return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4
