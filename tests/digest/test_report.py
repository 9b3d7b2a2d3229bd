"""The gate's report, as machines read it, as it stands on a terminal, and as the page that the privacy office files."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import lxml.html
import pytest
from click.testing import Result

from publisher.actions.approving import approve_issue
from publisher.actions.articles import withdraw_article
from publisher.actions.collect import collect
from publisher.actions.gate import Report
from publisher.actions.issues import draft_issue
from publisher.actions.reporting import check_issue, report_page
from publisher.app import App
from publisher.browser import Browser, View, find
from publisher.digest.check import rules
from publisher.digest.check.message import HEADERS
from tests.cli.test_commands import publisher
from tests.conftest import NOW, article_file, opened
from tests.mail.conftest import checker
from tests.mail.test_in_browsers import barriers, overflows

WEEK = "2026-W48"
REASON = 'The <b>board</b> knows & the page will be there "tomorrow" {{ 7*7 }}.'
EVIL = "<script>alert(1)</script> & {{ 7*7 }} <img src=x onerror=y> \"'"


@pytest.fixture
def faulty(site: Path) -> Path:
    """A draft with an error, a warning and a note, in two languages, and a headline that means harm."""
    settings = (site / "publisher.toml").read_text().replace("most = 12", "most = 12\nfewest = 5")
    (site / "publisher.toml").write_text(settings)
    hard = "Multidisciplinary anticoagulation recommendations necessitate stratification. " * 20
    article_file(site, "evil", headline=json.dumps(EVIL), date="2026-11-20", summary="Come.", body=hard)
    article_file(site, "soup", headline="A pot of beans", date="2026-11-19", summary="Soak them at night.")
    picture = "{file: ../images/lighthouse.jpg, alt: Photo of the lighthouse at dusk.}"
    article_file(site, "walk", headline="A walk at dusk", date="2026-11-18", summary="Come.", image=picture)
    with opened(site) as app:
        collect(app)
        draft_issue(app, app.newsletter(None))
    return site


def check(*options: str, site: Path, code: int = 0) -> Result:
    words = ("issue", "check", "--site", site, "--now", NOW.isoformat(), "--no-spam", *options)
    return publisher(*words, code=code)


def report_of(app: App) -> Report:
    return check_issue(app, app.newsletter(None), WEEK, with_spam=False)


def shape(told: Any) -> Any:
    """The keys, and what kind of thing stands behind each; of a list, those of its first."""
    if isinstance(told, dict):
        return {key: shape(value) for key, value in told.items()}
    if isinstance(told, list):
        return [shape(told[0])] if told else []
    return type(told).__name__


# --- for machines ---

FINDING = {"code": "str", "severity": "str", "place": "str", "mend": "str"}
EXAMINED = {
    "language": "str",
    "subject": "str",
    "hash": "str",
    "html_bytes": "int",
    "text_bytes": "int",
    "message_bytes": "int",
    "headers": ["str"],
    "links": "int",
    "loaded_from": ["str"],
    "personal_links": ["str"],
    "spam": "NoneType",
}


def test_as_json_it_has_all_that_was_found_and_measured_in_a_shape_that_stays(faulty: Path) -> None:
    told = json.loads(check("--json", site=faulty, code=1).stdout)
    grades = told.pop("grades")
    assert shape(told) == {
        "newsletter": "str",
        "title": "str",
        "period": "str",
        "state": "str",
        "at": "str",
        "findings": [FINDING],
        "examined": [EXAMINED],
        "overrides": [],
        "links_asked": "NoneType",
    }
    assert list(grades) == [EVIL] and grades[EVIL] > 10
    assert (told["newsletter"], told["period"], told["state"]) == ("health-weekly", WEEK, "draft")
    assert told["at"] == NOW.isoformat()
    assert all(finding["code"] in rules() for finding in told["findings"])
    assert {finding["severity"] for finding in told["findings"]} == {"error", "warning", "note"}
    english, spanish = told["examined"]
    assert (english["language"], spanish["language"]) == ("en", "es")
    assert english["headers"] == list(HEADERS)
    assert english["loaded_from"] == ["news.alderbay.example"]
    assert english["personal_links"] == [
        "https://news.alderbay.example/preferences/…", "https://news.alderbay.example/unsubscribe/…",
    ]  # fmt: skip


def test_as_json_it_is_the_same_each_time(faulty: Path) -> None:
    one, other = (check("--json", site=faulty, code=1).stdout for _ in range(2))
    assert one == other


def test_the_json_of_an_overridden_issue_has_the_override(faulty: Path) -> None:
    overridden(faulty)
    told = json.loads(check("--json", site=faulty, code=1).stdout)
    (override,) = told["overrides"]
    assert override == {"codes": ["too-few-items"], "reason": REASON, "who": "ana", "at": NOW.isoformat()}
    assert told["state"] == "approved"


# --- on a terminal ---


def test_as_text_each_finding_is_a_line_under_its_family_the_worst_first(faulty: Path) -> None:
    result = check(site=faulty, code=1)
    lines = result.stdout.splitlines()
    assert [line for line in lines if not line.startswith(" ")] == ["Accessibility", "Delivery", "Selection"]
    error = '  error: health-weekly: 3 of at least 5 items; collect more, or lower "fewest" in [[newsletter]] '
    assert f"{error}[too-few-items]" in lines
    kinds = [line.split(":")[0].strip() for line in lines[1 : lines.index("Delivery")]]
    assert kinds == sorted(kinds, key=("error", "warning", "note").index)
    assert "health-weekly 2026-W48: 1 error, " in result.stderr
    assert "KB of HTML (Gmail cuts at 102)" in result.stderr


def test_as_text_an_override_is_a_line_with_its_reason(faulty: Path) -> None:
    overridden(faulty)
    assert f"Overridden by ana: too-few-items: {REASON}\n" in check(site=faulty, code=1).stdout


def test_a_good_issue_has_nothing_to_say_but_its_measures(sample: Path) -> None:
    with opened(sample) as app:
        collect(app)
        draft_issue(app, app.newsletter(None))
    result = check(site=sample)
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr.splitlines()[-2].endswith("0 errors, 0 warnings, 0 notes.")


def test_strict_fails_for_a_warning_too(site: Path) -> None:
    article_file(site, "one", headline="'Flu shots: TBD'", date="2026-11-20", summary="Come.")
    article_file(site, "two", headline="A pot of beans", date="2026-11-19", summary="Soak them at night.")
    with opened(site) as app:
        collect(app)
        draft_issue(app, app.newsletter(None))
    check(site=site, code=0)
    check("--strict", site=site, code=1)


# --- the page ---


def overridden(site: Path) -> None:
    with opened(site) as app:
        approve_issue(app, app.newsletter(None), WEEK, who="ana", override=REASON)


def page_of(site: Path) -> str:
    with opened(site) as app:
        return report_page(app, report_of(app))


def test_the_page_loads_nothing_and_leads_nowhere(faulty: Path) -> None:
    page = page_of(faulty)
    tree = lxml.html.document_fromstring(page)
    loading = tree.xpath("//@src | //@href | //@srcset | //@background | //@poster | //@data | //@action")
    assert loading == []
    assert tree.xpath("//script | //link | //iframe | //object | //form | //img") == []
    assert not re.search(r"url\(|@import|image-set\(", "".join(tree.xpath("//style/text()")))
    assert tree.xpath("//meta[@http-equiv]") == []
    assert not [name for element in tree.iter() for name in element.attrib if name.startswith("on")]


def test_the_page_shows_hostile_words_as_words(faulty: Path) -> None:
    overridden(faulty)
    page = page_of(faulty)
    tree = lxml.html.document_fromstring(page)
    shown = " ".join(tree.text_content().split())
    assert EVIL in shown and REASON in shown
    assert tree.xpath("//b") == []
    assert "<script" not in page and "onerror=y>" not in page.replace("&gt;", "")


def test_the_page_has_every_finding_with_place_mend_severity_and_whom_it_harms(faulty: Path) -> None:
    with opened(faulty) as app:
        report = report_of(app)
        tree = lxml.html.document_fromstring(report_page(app, report))
    items = [" ".join(item.text_content().split()) for item in tree.xpath("//ul[@class='findings']/li")]
    assert len(items) == len(report.findings) > 2
    for finding in report.findings:
        rule = rules()[finding.code]
        (item,) = [item for item in items if finding.code in item and finding.mend[1:] in item]
        assert item.startswith(finding.severity)
        assert " ".join(finding.place.split()) in item
        assert rule.wrong in item and rule.why in item


def test_the_page_says_first_whether_the_issue_may_leave(faulty: Path) -> None:
    def verdict(site: Path) -> str:
        tree = lxml.html.document_fromstring(page_of(site))
        return " ".join(tree.xpath("//p[contains(@class, 'verdict')]")[0].text_content().split())

    assert verdict(faulty).startswith("Must not leave as it is: 1 error.")
    overridden(faulty)
    assert verdict(faulty).startswith("1 error, overridden by a person: see below.")


def test_the_page_of_a_good_issue_says_so(sample: Path) -> None:
    with opened(sample) as app:
        collect(app)
        draft_issue(app, app.newsletter(None))
    page = page_of(sample)
    assert "May leave: no errors and no warnings." in page
    assert f"{len(rules())} of {len(rules())} rules found nothing." in page
    assert "Links visited: no; ask with --links." in page


def test_an_error_that_nobody_overrode_is_never_called_overridden(faulty: Path) -> None:
    overridden(faulty)
    with opened(faulty) as app:
        report = report_of(app)
        more = rules()["withdrawn"].found("A pot of beans", "was withdrawn; draft the issue again without it")
        page = report_page(app, replace(report, findings=(*report.findings, more)))
    assert "2 errors, overridden by a person" not in page


def test_what_went_wrong_since_the_approval_is_in_the_report(faulty: Path) -> None:
    overridden(faulty)
    with opened(faulty) as app:
        withdraw_article(app, "a-pot-of-beans", why=None)
        assert "withdrawn" in {finding.code for finding in report_of(app).findings}


def test_the_page_of_the_command_is_the_page(faulty: Path) -> None:
    check("--html", str(faulty / "report.html"), site=faulty, code=1)
    assert (faulty / "report.html").read_text(encoding="utf-8") == page_of(faulty)


# --- the page in a real browser ---


@pytest.fixture(scope="module")
def window() -> Iterator[Browser]:
    program = find()
    if not program:
        pytest.skip("Chromium is not installed: apt-get install chromium")
    with Browser(program) as opened_browser:
        yield opened_browser


def test_axe_finds_no_barrier_on_the_page_and_it_fits_every_screen(faulty: Path, window: Browser) -> None:
    axe = checker("axe-core/axe.min.js").read_text(encoding="utf-8")
    overridden(faulty)
    (faulty / "report.html").write_text(page_of(faulty), encoding="utf-8")
    for dark in (False, True):
        for width in (375, 720):
            found = barriers(window, axe, faulty / "report.html", View(width=width, scale=1, dark=dark))
            # On a phone the measures are scrolled sideways within their frame: what is outside it cannot be judged.
            assert [told for told in found if "could not be determined" not in told] == []
    with window.page(faulty / "report.html", View(width=320, scale=1)) as page:
        assert overflows(page) == {}
