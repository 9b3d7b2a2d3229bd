"""Boxes of a layout: what stood in two of them never runs together, whatever stands in what."""

import re

import pytest
from hypothesis import given, settings, strategies as st

from publisher.records import plain
from publisher.sources import clean

HOME = "https://www.aldervale.example/"


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        ("<div>One.</div><div>Two.</div>", "<p>One.</p><p>Two.</p>"),
        ("One.<div>Two.</div>Three.", "<p>One.</p><p>Two.</p><p>Three.</p>"),
        ("<div>One.<div>Two.</div>Three.</div>", "<p>One.</p><p>Two.</p><p>Three.</p>"),
        ("<span><div>One.</div><div>Two.</div></span>", "<p>One.</p><p>Two.</p>"),
        ("<section><h1>Head</h1>One.</section>", "<h2>Head</h2><p>One.</p>"),
        ("<center>One.</center><h6>Head</h6>", "<p>One.</p><h4>Head</h4>"),
        ("<ul><li><div>One.</div></li><li>Two.</li></ul>", "<ul><li>One.</li><li>Two.</li></ul>"),
        ("<blockquote><div>One.</div></blockquote>", "<blockquote><p>One.</p></blockquote>"),
        ('<div><img src="/a.png"></div>One.', f'<img src="{HOME}a.png">One.'),
        ("<div><br>One.<br><br><div>Two.</div><br>Three.<br></div>", "<p>One.</p><p>Two.</p><p>Three.</p>"),
        ("<div><script>one()</script></div>", ""),
    ],
)
def test_a_box_with_text_becomes_a_paragraph(written: str, wanted: str) -> None:
    assert re.sub(r"\n", "", clean.html(written, HOME) or "") == wanted


@pytest.mark.parametrize("written", ["<p>One.</p>\n<p>Two.</p>", "One <b>two</b>.", "<ul><li>One.</li></ul>"])
def test_what_has_no_box_stays_as_it_is(written: str) -> None:
    assert clean.html(written, HOME) == written


@pytest.mark.parametrize(
    "written",
    [
        "The sign &lt;quiet&gt; is on.",
        "Below &lt;5 is <b>low</b>.",
        '&lt;a href="https://evil.example/"&gt;here&lt;/a&gt;',
        "Write &amp;nbsp; for a gap.",
    ],
)
def test_markup_that_is_only_written_of_stays_words_wherever_it_stands(written: str) -> None:
    assert clean.html(written, HOME) == written.replace("&quot;", '"')
    assert clean.html(f"<p>{written}</p>", HOME) == f"<p>{written}</p>"


@pytest.mark.parametrize("name", ["iframe", "noembed", "noframes", "script", "style"])
def test_what_no_browser_shows_is_left_out_with_its_element(name: str) -> None:
    assert clean.html(f"<p>Two <{name}><b>no beds</b></{name}>beds</p>", HOME) == "<p>Two beds</p>"


def test_in_a_link_where_no_paragraph_may_stand_there_is_a_gap() -> None:
    assert plain(clean.html('<a href="/x"><div>One</div><div>two</div></a>', HOME) or "") == "One two"


def test_text_beside_a_list_or_a_paragraph_is_apart_from_it() -> None:
    assert (
        plain("One<p>two</p>three<ul><li>four</li></ul>five<pre>six</pre>seven") == "One two three four five six seven"
    )


BOXES = st.sampled_from(["div", "section", "article", "blockquote", "center", "details", "span"])
LINES = st.sampled_from(["<p>word</p>", "<h1>word</h1>", "<h3>word</h3>", "<ul><li>word</li></ul>", "<br>word<br>"])
TREES = st.recursive(
    LINES | st.just(" word "),
    lambda inner: st.builds(lambda box, parts: f"<{box}>{''.join(parts)}</{box}>", BOXES, st.lists(inner, max_size=4)),
    max_leaves=12,
)


@settings(max_examples=100, deadline=None)
@given(st.lists(TREES, min_size=1, max_size=4))
def test_no_words_of_two_boxes_run_together_and_none_is_lost(parts: list[str]) -> None:
    written = "".join(f"<div>{part}</div>" for part in parts)
    cleaned = clean.html(written, HOME) or ""
    assert plain(cleaned).split() == re.sub(r"<[^>]*>", " ", written).split()
    assert plain(clean.html(cleaned, HOME) or "") == plain(cleaned)
