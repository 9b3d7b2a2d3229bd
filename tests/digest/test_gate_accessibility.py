"""The gate's accessibility family: one planted fault, one finding."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st

from publisher.digest.check import accessibility, wording
from publisher.digest.check.document import parse
from publisher.digest.check.rules import Rule
from publisher.digest.check.wording import fault_of_alt, fault_of_link
from tests.digest.planted import EDITIONS, codes, findings, golden_edition, instead, with_part, with_sheet

EVENTS = "https://www.alderbay.example/events"
HTML = golden_edition().html
DARK, OUTLOOK_DARK = "@media (prefers-color-scheme:dark)", "[data-ogsb] .body"


def swapped(old: str, new: str) -> str:
    return instead(HTML, old, new)


def behind(mark: str, old: str, new: str) -> str:
    """The first `old` behind the mark replaced."""
    before, found, after = HTML.partition(mark)
    return before + found + instead(after, old, new)


def part(html: str) -> str:
    return with_part(HTML, html)


PLANTED: list[tuple[str, str]] = [
    ("language-missing", swapped('<html lang="en"', "<html")),
    ("language-missing", swapped('<html lang="en"', '<html lang=""')),
    ("language-missing", swapped('<html lang="en"', '<html lang="the English language"')),
    ("language-missing", swapped('<div class="wrap" lang="en"', '<div class="wrap"')),
    ("direction-missing", swapped('<html lang="en" dir="ltr"', '<html lang="en"')),
    ("direction-missing", swapped('<div class="wrap" lang="en" dir="ltr"', '<div class="wrap" lang="en"')),
    ("direction-missing", part('<p lang="ar">&#1605;&#1585;&#1581;&#1576;&#1575;</p>')),
    ("direction-wrong", swapped('<html lang="en" dir="ltr"', '<html lang="en" dir="rtl"')),
    ("direction-wrong", part('<p lang="es" dir="rtl">Hola</p>')),
    ("direction-wrong", part('<p lang="ar" dir="ltr">&#1605;&#1585;&#1581;&#1576;&#1575;</p>')),
    ("title-missing", re.sub("<title>.*?</title>", "<title> </title>", HTML)),
    ("title-missing", re.sub("<title>.*?</title>", "", HTML)),
    ("no-h1", swapped("<h1", "<p").replace("</h1>", "</p>")),
    ("several-h1", part("<h1>Health Weekly</h1>")),
    ("heading-skipped", part("<h2>Health Weekly</h2><h4>Health Weekly</h4>")),
    ("heading-empty", part("<h2> &nbsp;&zwnj; </h2>")),
    ("image-alt-missing", swapped(' alt=""', "")),
    ("image-alt-missing", part(f'<a href="{EVENTS}"><img src="a.png" width="9" height="9" alt=""></a>')),
    ("image-alt-missing", part('<img src="a.png" width="9" height="9">')),
    ("alt-file-name", part('<img src="a.png" width="9" height="9" alt="IMG_1234.jpg">')),
    ("alt-redundant", part('<img src="a.png" width="9" height="9" alt="Photo of the harbor">')),
    ("link-vague", part(f'<a href="{EVENTS}">Click here</a>')),
    ("link-vague", part(f'<a href="{EVENTS}"><img src="a.png" width="9" height="9" alt="Read more &raquo;"></a>')),
    ("link-url", part(f'<a href="{EVENTS}">{EVENTS}</a>')),
    ("link-empty", part(f'<a href="{EVENTS}"> </a>')),
    ("links-alike", part('<a href="https://www.alderbay.example">See all events</a>')),
    ("contrast-light", part('<p style="color:#999">Hard to read</p>')),
    ("contrast-light", part('<p style="color:#999;font-size:30px">Hard to read</p>')),
    ("contrast-light", part('<p style="color:rgb(153, 153, 153)">Hard to read</p>')),
    ("contrast-light", part('<p class="thumb" style="color:gray;background:#bbb">Hard to read</p>')),
    (
        "contrast-light",
        part('<table role=none class=mast bgcolor=#0b4c59><tr><td class=org style="color:#222">Hard</td></tr></table>'),
    ),
    ("contrast-light", with_sheet(part('<p class="pale">Hard to read</p>'), ".pale{color:#999999}")),
    ("contrast-dark", behind(DARK, "color:#cad7d8!important", "color:#44545a!important")),
    ("contrast-dark", behind(DARK, "background-color:#142126!important", "background-color:#e0e0e0!important")),
    ("contrast-dark", behind(OUTLOOK_DARK, "color:#cad7d8!important", "color:#44545a!important")),
    ("contrast-dark", part('<p style="color:#10262e">Nobody thought of the dark here</p>')),
    ("table-role", part("<table><tr><td>Words</td></tr></table>")),
    ("table-role", part("<!--[if mso]><table><tr><td>Words</td></tr></table><![endif]-->")),
    ("text-small", part('<p style="font-size:11px">Small print</p>')),
    ("text-small", part('<div style="font-size:16px"><p style="font-size:60%">Small print</p></div>')),
    ("text-small", part('<p style="font:8pt Arial">Small print</p>')),
    ("zoom-locked", swapped("initial-scale=1", "initial-scale=1, user-scalable=no")),
    ("zoom-locked", swapped("initial-scale=1", "initial-scale=1, maximum-scale=1.0")),
]


@pytest.mark.parametrize(
    ("code", "html"), PLANTED, ids=[f"{code}-{number}" for number, (code, _) in enumerate(PLANTED)]
)
def test_a_planted_fault_is_found_by_exactly_the_right_finding(code: str, html: str) -> None:
    found = findings(replace(golden_edition(), html=html))
    assert {finding.code for finding in found} == {code}
    assert all(finding.place and len(finding.place) <= 100 and finding.mend for finding in found)


def test_every_rule_has_a_planted_fault() -> None:
    values = (value for module in (accessibility, wording) for value in vars(module).values())
    rules = [value for value in values if isinstance(value, Rule) and value.family == "accessibility"]
    assert {rule.code for rule in rules} == {code for code, _ in PLANTED}


@pytest.mark.parametrize("path", sorted(EDITIONS.glob("*.html")), ids=lambda path: path.stem)
def test_the_sample_sites_own_issues_have_no_finding(path: Path) -> None:
    assert findings(golden_edition(path)) == []


@pytest.mark.parametrize(
    "harmless",
    [
        '<p style="color:#888;font-size:30px">Large letters need less contrast</p>',
        '<p style="color:#888;font-size:20px;font-weight:bold">So do bold ones</p>',
        '<p style="display:none;color:#fff;font-size:1px">Not shown</p>',
        '<span style="color:#eee">&middot;</span>',
        '<div style="background:#0b4c59 url(x.png)"><p style="color:#fff">On a picture and a colour</p></div>',
        '<div style="background-color:rgb(11, 76, 89)"><p style="color:#ffffffcc">Letting some through</p></div>',
        "<table><caption>Visits</caption><tr><th>Day</th></tr><tr><td>Monday</td></tr></table>",
        f'<a href="{EVENTS}"><img src="a.png" width="9" height="9" alt=""> See all events</a>',
        f'<p>Care 365<sup style="font-size:9px">TM</sup></p><a href="{EVENTS}/">See all events</a>',
        '<p lang="ar" dir="rtl">&#1605;&#1585;&#1581;&#1576;&#1575;</p><p lang="fr">Bonjour</p>',
    ],
)
def test_what_harms_nobody_is_no_finding(harmless: str) -> None:
    assert codes(replace(golden_edition(), html=part(harmless))) == set()


def test_a_finding_says_where_it_is_and_what_to_do() -> None:
    [finding] = findings(replace(golden_edition(), html=part(f'<h2>Health Weekly</h2><a href="{EVENTS}">More</a>')))
    assert (finding.place, finding.severity) == ("More", "warning")
    assert finding.mend == 'near "Health Weekly": does not say where the link leads; name the page that opens'


def test_many_texts_in_the_same_two_colours_are_one_finding() -> None:
    pale = '<p style="color:#999">Hard to read</p>'
    [finding] = findings(replace(golden_edition(), html=part(pale * 3)))
    assert finding.place == "Hard to read"
    assert finding.mend == "#999999 on #ffffff has a contrast of 2.8, here and in 2 more; it must have 4.5 at least"


def test_an_alternative_text_that_its_article_is_told_of_is_not_told_again() -> None:
    document = parse(part('<img src="a.png" width="9" height="9" alt="IMG_1234.jpg">'))
    assert accessibility.check(document, {"IMG_1234.jpg"}) == []


def test_links_under_two_headlines_that_are_the_same_are_told_of_once_as_these() -> None:
    item = '<table role="none"><tr><td><h3><a href="{0}">A walk</a></h3><a href="{0}">The pier</a></td></tr></table>'
    html = part(item.format("https://a.example/1") + item.format("https://a.example/2"))
    assert {finding.code for finding in accessibility.check(parse(html))} == {"links-alike"}
    assert accessibility.check(parse(html), repeated=["a  WALK"]) == []
    elsewhere = parse(part(f'{item.format("https://a.example/1")}<h3>Events</h3><a href="{EVENTS}/walk">A walk</a>'))
    assert len(accessibility.check(elsewhere, repeated=["A walk"])) == 1


@pytest.mark.parametrize(
    ("alt", "code"),
    [
        ("harbor garden.JPG", "alt-file-name"),
        ("DSC_0042", "alt-file-name"),
        ("hero_image_final", "alt-file-name"),
        ("https://news.alderbay.example/a.png", "alt-file-name"),
        ("649ce47f58f0578883bef6c7", "alt-file-name"),
        ("A picture of a lantern", "alt-redundant"),
        ("Imagen de un jardín", "alt-redundant"),
        ("Image d’un jardin", "alt-redundant"),
        ("Foto einer Laterne", "alt-redundant"),
        ("Uma fotografia do porto", "alt-redundant"),
        ("صورة حديقة", "alt-redundant"),
        ("Hình ảnh của bệnh viện", "alt-redundant"),
        ("照片：花园", "alt-redundant"),
        ("image", "alt-redundant"),
        ("A smiling woman with her sleeve rolled up.", None),
        ("Picture books for children", None),
        ("Photography club", None),
        ("COVID-19", None),
        ("", None),
    ],
)
def test_an_alternative_text_says_what_is_to_be_seen(alt: str, code: str | None) -> None:
    fault = fault_of_alt(alt)
    assert (fault.code if fault else None) == code


@pytest.mark.parametrize(
    "text",
    [
        *("Click here!", "Read more »", "Más", "Haga clic aquí", "Lire la suite", "Plus d’informations", "Weiterlesen"),
        *("Saiba mais", "اقرأ المزيد", "Xem thêm", "了解更多", "→"),
    ],
)
def test_a_link_that_could_lead_anywhere_is_vague_in_every_language(text: str) -> None:
    assert fault_of_link(text) is wording.LINK_VAGUE


@pytest.mark.parametrize(
    "text",
    ["Read the full story", "Leer el artículo completo", "View in browser", "alderbay.example", "More this week"],
)
def test_a_link_that_says_where_it_leads_passes(text: str) -> None:
    assert fault_of_link(text) is None


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=500), st.text(max_size=500))
def test_no_words_are_too_strange_to_be_judged(alt: str, link: str) -> None:
    fault_of_alt(alt)
    fault_of_link(link)


SCRAPS = [
    *(
        "<a href='x'>",
        "</a>",
        "<h1>",
        "</h4>",
        "<img",
        " alt=",
        " style='",
        "color:",
        "#12",
        "rgb(",
        "none 0/0)",
        ";",
        "'>",
    ),
    *("<style>", "@media", "(prefers-color-scheme:dark)", "{", "}", ".a", "[data-ogsc] ", ":not(", "</style>", "<!--"),
    *(
        "[if mso]>",
        "<![endif]-->",
        "<table",
        " role=none",
        "<meta charset=",
        "utf-8",
        " lang='x",
        " dir=RTL",
        "font-size:",
    ),
    *(
        "1e400px",
        "calc(",
        "\0",
        "\ud800",
        "&#0;",
        "&#x110000;",
        "url(",
        "!important",
        "background:",
        "</body>",
        "<p class=a>",
    ),
    *(
        "<?xml version='1.0' encoding='latin-1'?>",
        "<svg><style>",
        "<title>",
        "hsl(none 1% 2%)",
        "<frameset>",
        "\u2028",
        "é",
    ),
]


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(SCRAPS) | st.text(max_size=10), max_size=40).map("".join))
def test_no_html_is_too_broken_to_be_judged(html: str) -> None:
    edition = replace(golden_edition(), html=html, text=html)
    assert "no-h1" in codes(edition) or "<h1>" in html
    assert all(finding.place for finding in findings(replace(edition, html=HTML.replace("<p", html + "<p", 1))))
