"""Contrast, and the pairs of colours in the mail's templates."""

import json
import re

import pytest

from publisher.colours import PAIRS, TEXT, contrast, faint
from tests.conftest import ROOT

EMAIL = ROOT / "templates" / "email"
PALETTE: dict[str, str] = json.loads((EMAIL / "palette.json").read_text("utf-8"))


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [
        ("#000000", "#ffffff", 21.0),
        ("#ffffff", "#000000", 21.0),
        ("#777777", "#ffffff", 4.48),
        ("#0C6170", "#0c6170", 1.0),
    ],
)
def test_contrast_is_what_wcag_reckons(one: str, other: str, ratio: float) -> None:
    assert contrast(one, other) == pytest.approx(ratio, abs=0.005)


@pytest.mark.parametrize("colour", ["", "#fff", "ffffff", "#gggggg", "#+1+1+1", "red", "#ffffff\n"])
def test_what_is_no_colour_is_refused(colour: str) -> None:
    with pytest.raises(ValueError, match="#rrggbb"):
        contrast(colour, "#ffffff")


def test_the_shipped_palette_can_be_read() -> None:
    assert faint(PALETTE) == []


def test_a_faint_colour_is_told_for_every_ground_it_stands_on() -> None:
    found = faint(PALETTE | {"muted": "#999999"})
    assert [(pair.ink, pair.ground) for pair in found] == [("muted", "card"), ("muted", "page")]
    assert all(1 < pair.ratio < pair.least == TEXT for pair in found)


def test_a_faint_colour_of_the_dark_palette_is_told_as_well() -> None:
    assert [(pair.ink, pair.ground) for pair in faint(PALETTE | {"dark_notice_ink": "#555555"})] == [
        ("dark_notice_ink", "dark_notice")
    ]


def test_a_palette_that_lacks_a_name_is_judged_by_the_others() -> None:
    assert faint({"ink": "#eeeeee", "card": "#ffffff"})[0].ink == "ink"


def test_every_ink_of_the_templates_stands_in_a_pair() -> None:
    """A name that the templates write text in, and that no pair has, would never be looked at."""
    light = set(re.findall(r"[;{}]color:{{ palette\.(\w+) }}", (EMAIL / "inline.css.j2").read_text("utf-8")))
    dark = set(
        re.findall(r"p\.(dark_\w+)", (EMAIL / "_dark.css.j2").read_text("utf-8").partition("background-color")[2])
    )
    assert {"ink", "text", "notice_ink"} <= light and {"dark_ink", "dark_text"} <= dark
    assert light - {pair.ink for pair in PAIRS} == set()
    assert dark - {pair.ink for pair in PAIRS} - {"dark_rule"} == set()


def test_every_pair_is_made_of_the_palettes_names() -> None:
    assert {name for pair in PAIRS for name in (pair.ink, pair.ground)} <= PALETTE.keys()
