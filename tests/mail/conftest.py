"""One issue of the sample site, finished as it would leave, for the checkers of others to look at.

It is made harder than the sample is: a further language, written from right to left, with an article of its own, and an
article whose words do not fit on a phone.
"""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from publisher import digest
from publisher.actions.collect import collect
from publisher.actions.issues import draft_issue
from publisher.app import App
from publisher.browser import Browser, find
from publisher.delivery.compose import Composer
from publisher.digest.web import Found
from publisher.records import Delivery, Edition
from tests.conftest import KEYS, ROOT, article_file, opened

NODE_MODULES = Path(__file__).parent / "node_modules"
LANGUAGES = {"English": "en", "Spanish": "es", "Arabic": "ar"}
MAILS = tuple(f"mail in {language}" for language in LANGUAGES)
PAGES = tuple(f"archive page in {language}" for language in LANGUAGES)
_READER = {
    "GREETING": "Hello, Wilhelmina Featherstonehaugh-Cholmondeley.",
    "EMAIL": "wilhelmina.featherstonehaugh-cholmondeley@department-of-oceanography.example.org",
    "UNSUBSCRIBE": "https://news.alderbay.example/unsubscribe/1.gYkq7Zt3mQw",
    "PREFERENCES": "https://news.alderbay.example/preferences/1.gYkq7Zt3mQw",
}
_ARABIC_LOOK = """
[newsletter.translations.ar]
title = "صحتك هذا الأسبوع"
tagline = "أخبار ونصائح ممن يعتنون بكم"
intro = "هذا ما عمل عليه الأطباء والممرضون وجيراننا هذا الأسبوع."
reason = "تصلكم هذه الرسالة لأنكم طلبتموها."
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """`papers` are the HTML files by their names; `messages` the bytes that would leave, one for each language."""

    folder: Path
    papers: dict[str, Path]
    messages: dict[str, bytes]


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    folder = tmp_path_factory.mktemp("mail")
    site = _site(folder / "site")
    with opened(site) as app:
        assert collect(app).problems == []
        editions = {edition.language: edition for edition in draft_issue(app, app.newsletter(None)).editions}
        papers = {}
        for name, language in LANGUAGES.items():
            edition = editions[language]
            papers[f"mail in {name}"] = edition.html_for((), _READER)
            papers[f"archive page in {name}"] = _archive_page(app, edition)
        messages = _messages(app, list(editions.values()))
    files = {name: folder / f"{name.replace(' ', '-')}.html" for name in papers}
    for name, html in papers.items():
        files[name].write_text(html, encoding="utf-8")
    return Made(folder=site, papers=files, messages=messages)


def _site(site: Path) -> Path:
    shutil.copytree(ROOT / "content", site / "content")
    settings = (ROOT / "publisher.toml").read_text(encoding="utf-8")
    changed = settings.replace("[delivery]", f"{_ARABIC_LOOK}\n[delivery]", 1)
    (site / "publisher.toml").write_text(changed, encoding="utf-8")
    article_file(
        site,
        "arabic",
        headline="الحديقة تفتح أبوابها من جديد يوم السبت",
        date="2026-11-22T09:00:00-08:00",
        language="ar",
        summary="ممر واسع للكراسي المتحركة، ومقاعد في الظل، ورائحة البحر. الدخول مجاني للجميع.",
        body="تفتح حديقة المستشفى أبوابها يوم السبت المقبل. يمكن للزوار والمرضى المشي فيها كل يوم حتى المساء.",
    )
    article_file(
        site,
        "long-words",
        headline="Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft",
        date="2026-11-22T08:00:00-08:00",
        language="de",
        summary="Hottentottenpotentatentantenattentatsverdächtigenuntersuchungsausschussvorsitzender, im Gespräch.",
        body="Ein Gespräch über lange Wörter.",
    )
    return site


def _archive_page(app: App, edition: Edition) -> str:
    canonical = app.links.issue(app.newsletter(None).name, "2026-W48")
    return digest.for_the_web(edition, Found(canonical=canonical))


def _messages(app: App, editions: list[Edition]) -> dict[str, bytes]:
    composer = Composer(
        editions, "health-weekly/2026-W48", "health-weekly", app.signing_links, KEYS.newest("message-id")[1]
    )
    messages = {}
    for edition in editions:
        delivery = Delivery(
            issue=1,
            subscriber=1,
            public_id="gYkq7Zt3mQw",
            address="wilhelmina.strand@example.org",
            name="Wilhelmina Strand",
            language=edition.language,
            state="claimed",
        )
        messages[edition.language] = composer.message(delivery)
    return messages


@pytest.fixture(scope="session")
def browser(made: Made) -> Iterator[Browser]:
    """One Chromium for all, which finds the issue's pictures under their public addresses."""
    program = find()
    if not program:
        pytest.skip("Chromium is not installed: apt-get install chromium")
    with Browser(program, local={"https://news.alderbay.example/images/": made.folder / "images"}) as opened_browser:
        yield opened_browser


def checker(name: str) -> Path:
    """A file of an npm package that `make checkers` installs."""
    path = NODE_MODULES / name
    if not path.is_file():
        pytest.skip(f"{name.split('/')[0]} is not installed: make checkers")
    return path
