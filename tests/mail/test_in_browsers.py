"""The mail and its public page in a real browser: usable by everyone, and never wider than the screen."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from publisher.browser import Browser, Page, View
from tests.mail.conftest import MAILS, PAGES, Made, checker

pytestmark = pytest.mark.long

TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
# A mail stands within a page of the mail program, which has the landmarks.
OF_A_PAGE = ("landmark-one-main", "region")
WIDTHS = (320, 360, 375, 600, 1280)
# What reaches beyond the window on either side, by name, for the one who mends it.
_TOO_WIDE = """
(() => {
  const width = document.documentElement.clientWidth, told = new Set();
  if (Math.max(document.documentElement.scrollWidth, document.body.scrollWidth) > innerWidth)
    for (const e of document.body.querySelectorAll('*')) {
      const box = e.getBoundingClientRect();
      if (box.width && (box.right > width + 0.5 || box.left < -0.5))
        told.add(`${e.localName}.${e.className} reaches from ${Math.round(box.left)} to ${Math.round(box.right)}`);
    }
  return [document.documentElement.scrollWidth, innerWidth, ...told];
})()
"""


@pytest.fixture(scope="session")
def axe() -> str:
    return checker("axe-core/axe.min.js").read_text(encoding="utf-8")


def barriers(browser: Browser, axe: str, file: Path, view: View, off: tuple[str, ...] = ()) -> list[str]:
    """What axe-core finds against the WCAG and good practice, and what it cannot decide: the rule and each element."""
    options = {"runOnly": TAGS, "rules": {rule: {"enabled": False} for rule in off}}
    ask = f"axe.run(document, {json.dumps(options)}).then(told => [...told.violations, ...told.incomplete])"
    with browser.page(file, view, scripts=True) as page:
        page.run(f"{axe}; null")
        found: list[dict[str, Any]] = page.run(ask)
    return [f"{rule['id']}: {node['html'][:200]} {node['failureSummary']}" for rule in found for node in rule["nodes"]]


def overflows(page: Page, widths: Sequence[int] = WIDTHS) -> dict[int, list[Any]]:
    """The widths at which the page must be scrolled sideways, and why."""
    found = {}
    for width in widths:
        page.resize(width)
        wide, window, *told = page.run(_TOO_WIDE)
        if wide > window:
            found[width] = [wide, *told]
    return found


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [375, 720])
@pytest.mark.parametrize("name", MAILS + PAGES)
def test_axe_finds_no_barrier(browser: Browser, axe: str, made: Made, name: str, width: int, dark: bool) -> None:
    off = OF_A_PAGE if name in MAILS else ()
    assert barriers(browser, axe, made.papers[name], View(width=width, scale=1, dark=dark), off) == []


def test_axe_finds_a_planted_barrier(browser: Browser, axe: str, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text(
        "<!DOCTYPE html><title>A page</title><style>@media (prefers-color-scheme:dark){p{color:#222;background:#000}}"
        "</style><main><h1>A page</h1><img src=x.png><p>Hello</p></main>"
    )
    rules = [
        [told.partition(":")[0] for told in barriers(browser, axe, page, View(width=375, dark=dark))]
        for dark in (False, True)
    ]
    assert rules == [["html-has-lang", "image-alt"], ["color-contrast", "html-has-lang", "image-alt"]]


@pytest.mark.parametrize("name", MAILS + PAGES)
def test_nothing_is_wider_than_the_screen(browser: Browser, made: Made, name: str) -> None:
    with browser.page(made.papers[name], View(width=320, scale=1)) as page:
        assert overflows(page) == {}


@pytest.mark.parametrize("name", MAILS)
def test_nothing_is_wider_than_the_screen_where_the_style_sheet_is_taken_out(
    browser: Browser, made: Made, name: str
) -> None:
    with browser.page(made.papers[name], View(width=320, scale=1)) as page:
        page.run("document.querySelectorAll('style').forEach(e => e.remove())")
        assert overflows(page) == {}


@pytest.mark.parametrize("name", MAILS)
def test_nothing_is_wider_than_a_desks_screen_where_every_style_is_taken_out(
    browser: Browser, made: Made, name: str
) -> None:
    """Pictures keep the 600 pixels of their attribute then, and words are not broken: no phone could show it whole."""
    with browser.page(made.papers[name], View(width=720, scale=1)) as page:
        page.run("document.querySelectorAll('style').forEach(e => e.remove())")
        page.run("document.querySelectorAll('[style]').forEach(e => e.removeAttribute('style'))")
        assert overflows(page, (720, 1280)) == {}


def test_a_planted_wide_element_is_found_on_either_side(browser: Browser, tmp_path: Path) -> None:
    page_file = tmp_path / "page.html"
    for direction in ("ltr", "rtl"):
        page_file.write_text(f"<!DOCTYPE html><html dir={direction}><div class=wide style='width:370px'>Hello</div>")
        with browser.page(page_file, View(width=320, scale=1)) as page:
            found = overflows(page)
        assert list(found) == [320, 360, 375]  # the page's own margin is 8 on either side
        assert "div.wide" in found[320][1]
