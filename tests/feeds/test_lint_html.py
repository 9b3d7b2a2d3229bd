"""The HTML of entries in the linter: what readers strip, break or cannot fetch, and what is fine."""

import pytest

from publisher.feeds.lint.html import read
from tests.watchdog import ends

FINE = [
    "<p>One<p>Two",
    "<p>One<br>two<br/>three</p><hr>",
    "<ul><li>One<li>Two</ul>",
    "<ul><li>One<ul><li>Inner</ul></li><li>Two</li></ul>",
    "<ul><li><p>One<li><p>Two</ul>",
    "<table><tr><td><p>One<td><p>Two<tr><th>Three</table>",
    "<dl><dt>One<dd>Two<dt>Three<dd>Four</dl>",
    "<table><caption>Beds</caption><thead><tr><th>Ward<tbody><tr><td>North<td><p>4<tr><td>South<td>5</table>",
    "<table><tr><td><table><tr><td>Inner</table></table>",
    "<p>One</p><div>Two</div><figure><img src='https://x.example/a.jpg' alt=''><figcaption>A</figcaption></figure>",
    "<p>Salt &amp; pepper &lt; 3 &#8217; &#x2019; &hellip; AT & T</p>",
    "<a href='https://x.example/?a=1&amp;b=2' rel=nofollow title=\"A > B\">Link</a>",
    "<a href='mailto:ida@larkmoor.example'>Write</a> <a href='tel:+1555'>Call</a>",
    "<p>One <!-- a remark --> two</p>",
    "<p data-ward='3' class='x' id='y' lang='es'>Uno</p>",
    "<p>A <ruby>x<rp>(<rt>y<rp>)</ruby></p>",
    "<blockquote>\n<p>Said.</p>\n</blockquote>",
    "<img src='https://x.example/a.jpg' srcset='https://x.example/a.jpg 1x, https://x.example/b.jpg 2x' alt='A'>",
    "<B>Loud</B>",
    "Just words.",
]
# What is wrong | the HTML | the codes, all of them.
CASES = [
    ("a tag never closed", "<p><b>Loud</p>", "html-broken"),
    ("a tag closed twice", "<b>Loud</b></b>", "html-broken"),
    ("tags that cross", "<b><i>Loud</b></i>", "html-broken"),
    ("a block inside a bold word", "<p><b>Loud<div>More</div></b></p>", "html-broken"),
    ("a tag cut off", "<p>Loud</p><img src='https://x.example", "html-broken"),
    ("a quote that is not ended", "<a href='https://x.example>Loud</a>", "html-broken"),
    ("a block that closes itself", "<div/>", "html-broken"),
    ("an end without beginning", "Loud</p>", "html-broken"),
    ("an end of what has none", "<p>Loud</br></p>", "html-broken"),
    ("a link in a link", "<a href='https://x.example/'>One <a href='https://x.example/'>two</a></a>", "html-broken"),
    ("a heading in a heading", "<h2>One<h3>two</h3></h2>", "html-broken"),
    ("a cell outside a row", "<table><td>One</table>", "html-broken"),
    ("a row outside a table", "<tr><td>One</td></tr>", "html-broken"),
    ("a paragraph between cells", "<table><p>One</p><tr><td>Two</table>", "html-broken"),
    ("the same attribute twice", "<p class=a class=b>One</p>", "html-broken"),
    ("a document type inside", "<!DOCTYPE html><p>One</p>", "html-broken"),
    ("a smaller-than sign", "Fewer than < 3", "html-broken"),
    ("a remark without end", "<p>One</p><!-- and so on", "html-broken"),
    ("nested too deep", "<div>" * 300 + "x" + "</div>" * 300, "html-broken"),
    ("an entity that does not exist", "Salt &pepperr; more", "html-entity"),
    ("an ampersand in an address", "<a href='https://x.example/?a=1&b=2'>One</a>", "html-entity"),
    ("a number of Windows", "It&#146;s", "html-entity"),
    ("a number of no character", "It&#xD800;s &#99999999999;", "html-entity"),
    ("a script", "<p>One</p><script>if (a < b) alert('</p>')</script>", "html-unsafe"),
    ("a frame", "<iframe src='https://x.example/'></iframe>", "html-unsafe"),
    ("an object", "<object data='https://x.example/a.swf'></object>", "html-unsafe"),
    ("an embedded film", "<embed src='https://x.example/a.swf'>", "html-unsafe"),
    ("a form", "<form action='https://x.example/'><input name='q'></form>One", "html-unsafe"),
    ("a style sheet", "<style>p > b {}</style><p>One</p>", "html-unsafe"),
    ("a whole page", "<html><body><p>One</p></body></html>", "html-unsafe"),
    ("a click handler", "<p onclick='go()'>One</p>", "html-attribute"),
    ("a style", "<p style='color: red'>One</p>", "html-attribute"),
    ("an attribute of accessibility", "<p aria-label='One'>One</p>", "html-attribute"),
    ("a script as address", "<a href='javascript:go()'>One</a>", "html-script"),
    ("a script in disguise", "<a href=' java&#10;script:go()'>One</a>", "html-script"),
    ("a page as address", "<a href='data:text/html,x'>One</a>", "html-script"),
    ("a drawing", "<svg viewBox='0 0 1 1'><path d='M0 0'/><g><circle r='1'></circle></g></svg>", "html-foreign"),
    ("a formula", "<math><mi>x</mi></math>", "html-foreign"),
    ("a tag that HTML has not", "<ward>One</ward>", "html-unknown"),
    ("a relative link", "<a href='/visit'>One</a>", "html-relative"),
    ("a link within the page", "<a href='#more'>One</a>", "html-relative"),
    ("a link without scheme", "<a href='//x.example/'>One</a>", "html-relative"),
    ("a relative picture in a set", "<img alt='' src='https://x.example/a' srcset='b.jpg 2x'>", "html-relative"),
    ("a picture over http", "<img alt='' src='http://x.example/a.jpg'>", "http-picture"),
    ("a film's poster over http", "<video poster='http://x.example/a.jpg'></video>", "http-picture"),
    ("a picture without alt", "<img src='https://x.example/a.jpg'>", "image-without-alt"),
]  # fmt: skip


@pytest.mark.parametrize("html", FINE)
def test_good_html_has_no_flaws(html: str) -> None:
    assert read(html).flaws == ()


@pytest.mark.parametrize(("html", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_what_is_wrong_is_found_and_nothing_else(html: str, expected: str) -> None:
    assert {code for code, _ in read(html).flaws} == set(expected.split())


def test_each_flaw_is_named_once() -> None:
    assert len(read("<p style='x'>One</p>" * 50).flaws) == 1


@pytest.mark.parametrize("html", ["", "  ", "<p> </p>", "<div><br></div>", "<!-- only a remark -->"])
def test_tags_without_words_are_blank(html: str) -> None:
    assert read(html).blank


@pytest.mark.parametrize("html", ["One", "<img src='https://x.example/a.jpg' alt='A'>", "<p><b>x</b></p>"])
def test_words_and_pictures_are_not_blank(html: str) -> None:
    assert not read(html).blank


@pytest.mark.parametrize(
    "piece", ["<", "<a", "<a ", "< ", "<b>", "</b>", "<!--", "<!", "&", "&#", "<a b='", '<p a="b"', "<script>"]
)
def test_no_content_makes_it_slow(piece: str) -> None:
    with ends():
        read(piece * (2_000_000 // len(piece)))
