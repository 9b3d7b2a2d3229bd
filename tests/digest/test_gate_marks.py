"""Blocks must begin and end in both parts, one within the other: whatever a site's own template does."""

from dataclasses import replace

import pytest
from hypothesis import given, strategies as st

from publisher.digest.check import marks
from publisher.records import Block, Edition
from tests.digest.planted import golden_edition

EDITION = replace(
    golden_edition(),
    blocks=(Block(number=1, kind="group"), Block(number=2, kind="item", topics=("heart",), inside=1)),
    html="a{B1}b{B2}c{E2}d{E1}e",
    text="a{B1}b{B2}c{E2}d{E1}e",
)


def marked(html: str, text: str = "{B1}{B2}{E2}{E1}") -> Edition:
    """The edition with `{B1}` and the like as marks."""

    def parts(document: str) -> str:
        for name in ("B1", "E1", "B2", "E2", "B7", "E7"):
            document = document.replace(f"{{{name}}}", EDITION.token(name))
        return document

    return replace(EDITION, html=parts(html), text=parts(text))


def codes(edition: Edition) -> list[tuple[str, str]]:
    return [(finding.code, finding.place) for finding in marks.check(edition)]


def test_marks_one_within_the_other_are_in_order() -> None:
    assert codes(marked("a{B1}b{B2}c{E2}d{B2}{E2}{E1}e")) == []


@pytest.mark.parametrize(
    "html",
    ["{B1}{B2}{E1}{E2}", "{B1}{B2}{E2}", "{B1}{E1}{E2}", "{B7}{E7}{B2}{E2}", "{E1}{B1}", "{B2}{E2}{B1}"],
    ids=["crossed", "no end", "no beginning", "unknown", "turned round", "open to the end"],
)
def test_broken_marks_are_an_error_that_cannot_be_overridden(html: str) -> None:
    assert codes(marked(html)) == [("marks-broken", "HTML part")]
    assert marks.MARKS_BROKEN.severity == "error" and marks.MARKS_BROKEN.final


def test_a_part_that_does_not_mark_its_topics_is_told() -> None:
    assert codes(marked("{B1}{E1}")) == [("marks-missing", "HTML part")]
    assert codes(marked("{B1}{B2}{E2}{E1}", "nothing")) == [("marks-missing", "text part")]


def test_the_sample_edition_is_in_order() -> None:
    assert codes(golden_edition()) == []


@given(st.lists(st.sampled_from(["{B1}", "{E1}", "{B2}", "{E2}", "{B7}", "x"]), max_size=12))
def test_where_nothing_is_broken_no_copy_loses_what_is_outside_a_block(pieces: list[str]) -> None:
    edition = marked("".join(pieces) + "END")
    if "marks-broken" not in [code for code, _ in codes(edition)]:
        for chosen in ((), ("heart",), ("sleep",)):
            assert edition.html_for(chosen, {}).endswith("END")
