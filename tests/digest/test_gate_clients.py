"""The gate's clients family: one planted fault, one finding; and the table of what breaks where."""

import json
from dataclasses import replace

import pytest

from publisher.digest.check import clients
from publisher.digest.check.breaking import table
from publisher.digest.check.document import read
from publisher.digest.check.rules import Rule
from publisher.records import Edition
from tests.conftest import ROOT
from tests.digest.planted import codes, findings, golden_edition, instead, with_part, with_sheet
from tests.sample.make_clients import clients as made_of

EDITION = golden_edition()
HTML, TEXT = EDITION.html, EDITION.text
STYLES = sum(map(len, read(EDITION).sheets))
EVENTS = "https://www.alderbay.example/events"


def mail(html: str) -> Edition:
    return replace(EDITION, html=html)


def swapped(old: str, new: str) -> Edition:
    return mail(instead(HTML, old, new))


def part(html: str) -> Edition:
    return mail(with_part(HTML, html))


def sheet(rules: str) -> Edition:
    return mail(with_sheet(HTML, rules))


def style(declarations: str, words: str = "Words") -> Edition:
    return part(f'<p style="{declarations}">{words}</p>')


def filling(size: int, begin: str, end: str) -> str:
    """A comment of so many bytes."""
    return begin + "x" * (size - len(begin) - len(end)) + end


def text(words: str) -> Edition:
    return replace(EDITION, text=words)


PLANTED: list[tuple[str, Edition]] = [
    ("large", part(filling(clients.WARN_BYTES - clients.largest_copy(EDITION), "<!--", "-->"))),
    ("too-large", part(filling(clients.MOST_BYTES - clients.largest_copy(EDITION), "<!--", "-->"))),
    ("style-large", sheet(filling(clients.WARN_STYLES - STYLES, "/*", "*/"))),
    ("style-too-large", sheet(filling(clients.MOST_STYLES - STYLES, "/*", "*/"))),
    ("style-nested", sheet("@media screen{@media (max-width:600px){.a{color:red}}}")),
    ("style-nested", sheet("@supports (color:red){@font-face{font-family:a}}")),
    ("style-nested", sheet(".a{color:red;.b &{color:blue}}")),
    ("sheet-linked", sheet("@import url(https://news.alderbay.example/a.css);")),
    ("sheet-linked", swapped("</head>", '<link rel="stylesheet" href="a.css"></head>')),
    ("css-breaks", style("display:flex")),
    ("css-breaks", style("display: INLINE-GRID !important")),
    ("css-breaks", style("position:absolute;top:0")),
    ("css-breaks", style("float:left")),
    ("css-breaks", style("width:calc(100% - 20px)")),
    ("css-breaks", style("padding:var(--gap)")),
    ("css-breaks", style("font-size:clamp(16px, 2vw, 20px)")),
    ("css-breaks", style("margin:0 2rem")),
    ("css-breaks", style("margin-inline-start:8px")),
    ("css-breaks", style("background-color:rgba(0,0,0,.05)")),
    ("css-breaks", style("background-image:url(https://news.alderbay.example/a.png)")),
    ("css-breaks", style("background:url('https://news.alderbay.example/a.png')")),
    ("css-breaks", style("background-image:linear-gradient(#fff,#eee)")),
    ("css-breaks", style("transform:rotate(3deg)")),
    ("css-breaks", part('<img src="a.png" width="9" height="9" alt="" style="object-fit:cover">')),
    ("css-breaks", sheet(".box{display:grid}")),
    ("css-breaks", part("<p hidden>Shown by most</p>")),
    *[
        ("element-stripped", part(f"<{tag}></{tag}>"))
        for tag in ("script", "form", "input", "iframe", "video", "audio", "object", "embed", "svg", "button", "select")
    ],
    ("element-stripped", swapped("<title>", '<base href="https://www.alderbay.example/"><title>')),
    ("doctype-missing", swapped("<!DOCTYPE html>\n", "")),
    ("doctype-missing", swapped("<!DOCTYPE html>", "<!doctype html>")),
    ("doctype-missing", mail("\n" + HTML)),
    ("charset-missing", swapped('<meta charset="utf-8">', "")),
    ("charset-missing", swapped('charset="utf-8"', 'charset="iso-8859-1"')),
    ("not-ascii", part("<p>Café</p>")),
    ("mso-unclosed", part("<!--[if mso]><p>Words</p>-->")),
    ("mso-unclosed", part("<!--[if !mso]><!--><p>Words</p>")),
    ("mso-unclosed", part("<p>Words</p><!--<![endif]-->")),
    ("mso-unclosed", part("<!--[if mso]><p>Words</p><! [endif]-->")),
    ("mso-unclosed", part("<!-- [if mso]><p>Words</p><![endif]-->")),
    ("mso-unclosed", part("<!--[if mso]><!-- here --><p>Words</p><![endif]-->")),
    ("mso-unclosed", swapped("<!--[if mso]></td></tr></table><![endif]-->", "<!--[if mso]></td></tr><![endif]-->")),
    ("mso-unclosed", swapped("<!--[if mso]></td></tr></table><![endif]-->", "")),
    ("image-size-missing", part('<img src="a.png" width="9" alt="">')),
    ("image-size-missing", part('<img src="a.png" width="auto" height="9" alt="">')),
    ("image-format", part('<img src="a.webp" width="9" height="9" alt="">')),
    ("image-format", part('<img src="a.SVG?v=2" width="9" height="9" alt="">')),
    ("image-format", part('<img src="data:image/png;base64,AAAA" width="9" height="9" alt="">')),
    ("text-missing", text("")),
    ("text-missing", text("This mail is HTML. See https://news.alderbay.example/issues/health-weekly/2026-W48")),
    ("text-differs", part("<h3>A headline of the HTML only</h3>")),
    ("text-differs", part('<a href="https://www.alderbay.example/new">A new page</a>')),
    ("text-differs", text(instead(TEXT, f"<{EVENTS}>", ""))),
    ("text-differs", text(instead(TEXT, "THE NEW EMERGENCY ENTRANCE OPENS DECEMBER 1\n", ""))),
]


@pytest.mark.parametrize(
    ("code", "edition"), PLANTED, ids=[f"{code}-{number}" for number, (code, _) in enumerate(PLANTED)]
)
def test_a_planted_fault_is_found_by_exactly_the_right_finding(code: str, edition: Edition) -> None:
    found = findings(edition)
    assert {finding.code for finding in found} == {code}
    assert all(finding.place and len(finding.place) <= 100 and finding.mend for finding in found)


def test_a_page_that_the_text_part_must_have_is_looked_for_elsewhere() -> None:
    home = "https://news.alderbay.example/"
    web = f"{home}issues/health-weekly/2026-W48"
    without = TEXT.replace(web, "").replace(EDITION.token("UNSUBSCRIBE"), "")
    assert clients.check(read(text(without)), text(without), home) == []
    older = part(f'<a href="{home}issues/health-weekly">Older issues</a>')
    (finding,) = clients.check(read(older), older, home)
    assert (finding.code, finding.place) == ("text-differs", "Older issues")


def test_every_rule_has_a_planted_fault() -> None:
    rules = (rule for rule in vars(clients).values() if isinstance(rule, Rule))
    assert {rule.code for rule in rules} == {code for code, _ in PLANTED}


@pytest.mark.parametrize(
    "edition",
    [
        style("width:300px;width:calc(100% - 20px)"),
        style("background-color:#ffffff;background-image:url(a.png)", "&nbsp;"),
        part('<table role="none" bgcolor="#eeeeee" style="background-image:url(a.png)"><tr><td></td></tr></table>'),
        part('<table role="none" align="left" style="float:left"><tr><td>Words</td></tr></table>'),
        style("display:none;position:absolute"),
        style("box-shadow:0 1px 2px rgba(0,0,0,.2);border-radius:4px;float:none;mso-line-height-alt:2rem"),
        sheet("@media (max-width:600px){.box{display:flex}}"),
        sheet("[data-ogsc] .box{display:flex}"),
        sheet("@font-face{font-family:a;src:local(b)}"),
        part('<img src="https://news.alderbay.example/a.gif" width="9" height="9" alt="">'),
        part("<!--[if !mso]><!--><p>Words</p><!--<![endif]--><!--[if gte mso 9]>&nbsp;<![endif]--><!-- plain -->"),
        part('<a href="tel:3605550142">Call us</a> <a href="mailto:news@alderbay.example">Write to us</a>'),
        part(f'<h2>Health weekly</h2> <a href="{EVENTS}/">Events this month</a>'),
    ],
)
def test_what_breaks_nowhere_is_no_finding(edition: Edition) -> None:
    assert codes(edition) == set()


def test_a_finding_names_the_mail_programs_that_break_it() -> None:
    [finding] = findings(style("display:grid"))
    assert finding.place == "Words"
    assert finding.mend == (
        "display: grid does not work in Outlook for Windows, Gmail and Yahoo Mail; "
        "use tables and plain values, or put one before it"
    )


def test_the_largest_copy_has_every_block_and_the_longest_personal_values() -> None:
    tokens = sum(HTML.count(EDITION.token(name)) for name in ("GREETING", "EMAIL", "UNSUBSCRIBE", "PREFERENCES"))
    assert tokens >= 4
    shortest = EDITION.html_for((), dict.fromkeys(("GREETING", "EMAIL", "UNSUBSCRIBE", "PREFERENCES"), ""))
    assert clients.largest_copy(EDITION) == len(shortest) + tokens * clients.LONGEST_PERSONAL


def test_a_part_behind_the_end_of_the_document_is_looked_at_as_well() -> None:
    assert codes(mail(HTML + "<script>1</script>")) == {"element-stripped"}


def test_the_table_names_its_licence_and_only_features_that_break_somewhere() -> None:
    told = json.loads((ROOT / "publisher" / "digest" / "check" / "clients.json").read_text("utf-8"))
    assert (told["licence"], told["source"]) == ("MIT", "https://www.caniemail.com")
    assert told["copyright"].startswith("Copyright (c)") and told["data_date"]
    assert all(broken for features in table().values() for broken in features.values())
    assert table()["css"]["display: flex"] == ["Outlook for Windows"]


def test_the_table_is_made_of_the_version_that_was_tested_last() -> None:
    from tests.sample.make_clients import FEATURES

    slugs = {slug for features in FEATURES.values() for slug in features.values()}
    stats = {"outlook": {"windows": {"2013": "y", "2019": "n #1"}}, "gmail": {"ios": {"2020": "n", "2024": "a #2"}}}
    data = {"last_update_date": "2026-01-02 03:04:05", "data": [{"slug": slug, "stats": stats} for slug in slugs]}
    assert made_of(data)["css"]["float: left"] == ["Outlook for Windows"]
    assert made_of(data)["data_date"] == "2026-01-02"


def test_the_document_of_an_edition_has_made_up_values_for_what_is_personal() -> None:
    document = read(EDITION)
    assert EDITION.nonce not in document.source
    assert "https://personal.invalid/unsubscribe" in {link.href for link in document.links}
