"""The pages for subscribers and our own mails to them, in a real browser: usable by everyone, on any screen, in any
light, in either direction of writing."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from publisher.actions.notices import Notice, send_notice
from publisher.browser import Browser, View
from tests.conftest import NOW
from tests.mail.conftest import LANGUAGES
from tests.mail.test_in_browsers import OF_A_PAGE, axe as axe, barriers, overflows
from tests.mail.test_nu import faults
from tests.web.conftest import Answer, House, served

pytestmark = pytest.mark.long

KINDS = (
    *("form", "form in error", "form with a question", "asked", "confirm", "confirmed", "confirmed before"),
    *("preferences", "preferences saved", "preferences in error", "not subscribed"),
    *("unsubscribe", "unsubscribe from all", "left one", "left all", "unknown", "refused"),
)
NOTICES = ("mail to confirm", "mail to who is known")
NAMES = tuple(f"{kind} in {language}" for language in LANGUAGES for kind in (*KINDS, *NOTICES))
_ARABIC = """
[newsletter.translations.ar]
title = "صحتك هذا الأسبوع"
"""


@pytest.fixture(scope="session")
def sheets(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Path]]:
    """Every page as a file, by its name."""
    folder = tmp_path_factory.mktemp("sheets")
    site = tmp_path_factory.mktemp("house")
    with served(site, lambda text: text.replace("[delivery]", f"{_ARABIC}\n[delivery]", 1)) as house:
        found = {}
        for name, tag in LANGUAGES.items():
            pages = {kind: page.body.decode() for kind, page in _pages(house, tag).items()}
            for kind, html in (pages | _notices(house, tag)).items():
                file = folder / f"{kind} in {name}.html".replace(" ", "-")
                file.write_text(html, encoding="utf-8")
                found[f"{kind} in {name}"] = file
        yield found


def _pages(house: House, tag: str) -> dict[str, Answer]:
    person, other = house.person(language=tag), house.person(language=tag)
    choose = house.link("preferences", person.public_id)
    leave_one, leave = (
        house.link("unsubscribe", person.public_id, "research"),
        house.link("unsubscribe", person.public_id),
    )
    asked = {"address": f"wilhelmina-{tag}@example.org", "newsletter": ["health-weekly", "research"], "lang": tag}
    pages = {
        "form": house.ask(f"subscribe?lang={tag}"),
        "form in error": house.send("subscribe", {"address": "no address", "lang": tag, "topic": "heart"}),
        "form with a question": house.send("subscribe", asked | {"address": f"{'wilhelmina' * 5}@gmial.com"}),
        "asked": house.send("subscribe", asked),
        "preferences": house.ask(choose),
        "preferences in error": house.send(choose, {"revision": "0"}),
        "preferences saved": house.send(
            choose, {"revision": "0", "newsletter": ["health-weekly", "research"], "pause": "4"}
        ),
        "unsubscribe": house.ask(leave_one),
        "unsubscribe from all": house.ask(leave),
        "left one": house.send(leave_one, {"leave": "this"}),
        "left all": house.send(leave, {"leave": "everything"}),
        "not subscribed": house.ask(choose),
        "unknown": house.ask("confirm/x", headers={"Accept-Language": tag}),
        "refused": house.ask("subscribe", "POST", b"{}", {"Accept-Language": tag, "Content-Type": "application/json"}),
    }
    confirm = house.link("confirm", house.request_of(str(asked["address"])))
    pages["confirm"] = house.ask(confirm)
    pages["confirmed"] = house.send(confirm, {"confirm": "yes"})
    pages["confirmed before"] = house.ask(confirm)
    assert all(f'<html lang="{tag}"' in page.body.decode() for page in pages.values())
    assert house.now(other).state == "active"
    return pages


def _notices(house: House, tag: str) -> dict[str, str]:
    made = {}
    for name, kind in zip(NOTICES, ("confirm", "known"), strict=True):
        notice = Notice(
            name=f"{kind}-{tag}",
            kind=kind,  # type: ignore[arg-type]
            address="wilhelmina@example.org",
            language=tag,
            newsletters=("health-weekly", "research"),
            link=f"https://news.alderbay.example/{house.link('confirm', 'f' * 32)}",
            days=7,
            date=NOW,
        )
        send_notice(house.app, notice)
        made[name] = _html((house.app.outbox / "confirmations" / f"{notice.name}.eml").read_bytes())
    return made


def _html(message: bytes) -> str:
    import email
    import email.policy

    part = email.message_from_bytes(message, policy=email.policy.default).get_body(("html",))
    assert part
    return str(part.get_content())


def off(name: str) -> tuple[str, ...]:
    return OF_A_PAGE if name.startswith("mail") else ()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("name", NAMES)
def test_axe_finds_no_barrier(browser: Browser, axe: str, sheets: dict[str, Path], name: str, dark: bool) -> None:
    assert barriers(browser, axe, sheets[name], View(width=375, scale=1, dark=dark), off(name)) == []


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_wider_than_the_screen(browser: Browser, sheets: dict[str, Path], name: str) -> None:
    with browser.page(sheets[name], View(width=320, scale=1)) as page:
        assert overflows(page) == {}


@pytest.mark.parametrize("name", [name for name in NAMES if not name.startswith("mail")])
def test_what_is_pressed_is_large_enough_and_text_is_too(browser: Browser, sheets: dict[str, Path], name: str) -> None:
    """44 pixels for what is pressed (WCAG 2.2, 2.5.5), and 16 for what is read."""
    script = """
        [...document.querySelectorAll("button, select, input[type=email], label.option")]
          .filter(e => { const box = e.getBoundingClientRect(); return box.height < 44 || box.width < 44; })
          .map(e => e.outerHTML.slice(0, 90))
        .concat([...document.querySelectorAll("main *")]
          .filter(e => e.childNodes.length && parseFloat(getComputedStyle(e).fontSize) < 16 && e.innerText)
          .map(e => e.outerHTML.slice(0, 90)))"""
    with browser.page(sheets[name], View(width=375, scale=1)) as page:
        assert page.run(script) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_error_has_the_focus_and_leads_to_its_field(
    browser: Browser, sheets: dict[str, Path], language: str
) -> None:
    with browser.page(sheets[f"form in error in {language}"], View(width=375, scale=1), scripts=True) as page:
        drawn = "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(%s))))"
        assert page.run(drawn % "document.activeElement.getAttribute('role')") == "alert"
        fields = page.run(
            "[...document.querySelectorAll('.notice a')].map(a => document.querySelector(a.hash).localName)"
        )
        assert fields == ["input", "fieldset"]
        hidden = page.run("document.querySelector('.trap').getBoundingClientRect().width")
        assert hidden <= 1


def test_the_pages_are_valid_html(sheets: dict[str, Path]) -> None:
    files = [file for name, file in sheets.items() if not name.startswith("mail")]
    assert faults(files) == {file.name: [] for file in files}


def test_our_own_mails_are_valid_html(sheets: dict[str, Path]) -> None:
    files = [file for name, file in sheets.items() if name.startswith("mail")]
    assert faults(files) == {file.name: [] for file in files}


def test_no_page_names_anybody(sheets: dict[str, Path]) -> None:
    for name, file in sheets.items():
        addresses = set(re.findall(r"[\w.-]+@example\.org", file.read_text()))
        assert len(addresses - {"name@example.org", "nombre@example.org"}) == 0, name
