"""The page of an issue for the staff in a real browser: usable by everyone, from a phone, in any light."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from publisher.browser import Browser, View
from tests.mail.test_in_browsers import axe as axe, barriers, overflows
from tests.mail.test_nu import faults
from tests.web.conftest import served
from tests.web.test_staff import Desk, settings

pytestmark = pytest.mark.long

STATES = ("to approve", "approved by one", "acted", "for an author", "changed", "unknown")


@pytest.fixture(scope="module")
def sheets(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Path]]:
    """The page in each state as a file, by its name."""
    folder = tmp_path_factory.mktemp("sheets")
    site = tmp_path_factory.mktemp("desk")
    with served(site, settings("two-person"), PUBLISHER_GATE__SPAM="false") as house:
        desk = Desk(house)
        ana, ben, cy = desk.link("Ana Ruiz"), desk.link("Ben Cole"), desk.link("Cy Marsh")
        pages = {"to approve": house.ask(ana), "for an author": house.ask(cy), "unknown": house.ask("/staff/x")}
        pages["acted"] = house.send(ana, {"act": "approve", "revision": str(desk.issue.revision)})
        desk.press(cy, "comment", "Please look at the date of the second event.")
        pages["approved by one"] = house.ask(ben)
        desk.press(ben, "hold", "The date is wrong")
        desk.edit("Another subject")
        pages["changed"] = house.ask(ana)
        assert pages.keys() == set(STATES)
        found = {}
        for name, page in pages.items():
            found[name] = folder / f"{name.replace(' ', '-')}.html"
            # What stands in the frame has tests of its own.
            found[name].write_text(page.body.decode().replace("<iframe sandbox srcdoc=", "<iframe sandbox data-was="))
        yield found


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("name", STATES)
def test_axe_finds_no_barrier(browser: Browser, axe: str, sheets: dict[str, Path], name: str, dark: bool) -> None:
    assert barriers(browser, axe, sheets[name], View(width=375, scale=1, dark=dark), ("frame-tested",)) == []


@pytest.mark.parametrize("name", STATES)
def test_nothing_is_wider_than_a_phone(browser: Browser, sheets: dict[str, Path], name: str) -> None:
    with browser.page(sheets[name], View(width=320, scale=1)) as page:
        assert overflows(page) == {}


def test_the_page_is_valid_html(sheets: dict[str, Path]) -> None:
    found = faults(list(sheets.values()))
    told = [line for lines in found.values() for line in lines if "data-was" not in line]
    assert told == []
