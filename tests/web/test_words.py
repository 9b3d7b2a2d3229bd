"""What the pages and our own mails say, in nine languages: every phrase everywhere, and nothing of strangers."""

import email
import email.policy
import json
import re
from collections.abc import Callable
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest

from publisher.actions.notices import Notice, send_notice
from publisher.actions.subscribing import embedded_form
from publisher.app import App
from tests.conftest import NOW, ROOT

LANGUAGES = ("ar", "de", "en", "es", "fr", "pt", "vi", "zh", "zh-Hant")
FOLDER = ROOT / "templates" / "web"


def words(language: str) -> dict[str, str]:
    loaded: dict[str, str] = json.loads((FOLDER / f"words.{language}.json").read_text(encoding="utf-8"))
    return loaded


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_phrase_is_there_with_its_places(language: str) -> None:
    theirs, english = words(language), words("en")
    assert list(theirs) == list(english)
    for name, phrase in english.items():
        assert theirs[name].strip() == theirs[name] != ""
        assert sorted(re.findall(r"\{\w+\}", theirs[name])) == sorted(re.findall(r"\{\w+\}", phrase)), name


@pytest.mark.parametrize("language", [language for language in LANGUAGES if language != "en"])
def test_nothing_was_left_in_english(language: str) -> None:
    same = [name for name, phrase in words("en").items() if words(language)[name] == phrase]
    assert set(same) <= {"error", "newsletters_legend"}, same


def test_every_phrase_that_a_template_says_is_there_and_said() -> None:
    templates = [*FOLDER.glob("*.j2"), *(ROOT / "templates" / "notices").glob("*.j2")]
    text = "".join(path.read_text() for path in templates if path.name not in ("article.html.j2", "gone.html.j2"))
    said = set(re.findall(r"\bwords\.(\w+)", text))
    assert said <= set(words("en"))


def notice(kind: str, language: str, **more: object) -> Notice:
    usual = {
        "name": "n" * 32,
        "kind": kind,
        "address": "maria@example.org",
        "language": language,
        "newsletters": ("health-weekly",),
        "link": "https://news.alderbay.example/confirm/1.0123456789abcdef0123456789abcdef.ABCDEFGHIJKLMNOPQRSTUV",
        "days": 7,
        "date": NOW - timedelta(minutes=1),
    }
    return Notice(**usual | more)  # type: ignore[arg-type]


def sent(app: App, one: Notice) -> EmailMessage:
    send_notice(app, one)
    (file,) = (app.outbox / "confirmations").glob("*.eml")
    return email.message_from_bytes(file.read_bytes(), policy=email.policy.default)  # type: ignore[return-value]


def parts(message: EmailMessage) -> tuple[str, str]:
    text, html = message.get_body(("plain",)), message.get_body(("html",))
    assert text and html
    return text.get_content().replace("\r\n", "\n"), html.get_content()


@pytest.mark.parametrize("language", [*LANGUAGES, "en-GB", "tlh"])
@pytest.mark.parametrize("kind", ["confirm", "known"])
def test_the_mail_has_its_link_and_says_who_sends_it_and_why(
    site: Path, open_app: Callable[..., App], kind: str, language: str
) -> None:
    app = open_app(site)
    one = notice(kind, language)
    message = sent(app, one)
    text, html = parts(message)
    known = words(language if language in LANGUAGES else "en")
    for part in (text, html):
        assert one.link in part
        assert "Alder Bay Hospital" in part and "1200 Harbour Road" in part
        assert "{" not in part.partition("</style>")[2] + (part if part is text else "")
        assert "maria" not in part
    assert known[f"{kind}_mail_ignore"][:20] in text
    assert message["subject"].startswith(known[f"{kind}_subject"].partition("{")[0].strip())
    assert f'dir="{"rtl" if language == "ar" else "ltr"}"' in html
    assert not re.search(r"<(img|script|link)|url\(|http://", html)
    assert ("7" in text.replace(one.link, "")) == (kind == "confirm")


@pytest.mark.parametrize("kind", ["confirm", "known"])
@pytest.mark.parametrize("language", [language for language in LANGUAGES if not language.startswith("zh")])
def test_the_text_wraps_at_72(site: Path, open_app: Callable[..., App], kind: str, language: str) -> None:
    text, _ = parts(sent(open_app(site), notice(kind, language)))
    assert [line for line in text.splitlines() if len(line) > 72 and not line.startswith("https://")] == []


def test_a_link_of_one_day_is_not_good_for_1_days(site: Path, open_app: Callable[..., App]) -> None:
    text, _ = parts(sent(open_app(site), notice("confirm", "en", days=1)))
    assert "The link is good for one day." in text


@pytest.mark.parametrize("newsletter", [None, "health-weekly"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_form_for_other_websites_has_all_that_ours_has(
    site: Path, open_app: Callable[..., App], newsletter: str | None, language: str
) -> None:
    html = embedded_form(open_app(site), newsletter, language)
    assert 'action="https://news.alderbay.example/subscribe" method="post"' in html
    assert ('name="newsletter" value="health-weekly"' in html) == (newsletter is not None)
    assert 'name="website" tabindex="-1" autocomplete="off"' in html and 'aria-hidden="true"' in html
    assert '<label for="newsletter-address">' in html and 'id="newsletter-address"' in html
    assert f'name="lang" value="{language}"' in html
    assert not re.search(r"<(script|style|link|img)", html)


def test_the_form_in_the_documentation_is_the_one_that_is_printed(site: Path, open_app: Callable[..., App]) -> None:
    found = re.findall(r"^```html\n(.*?)^```", (ROOT / "docs" / "subscribers.md").read_text(), re.DOTALL | re.MULTILINE)
    assert found == [embedded_form(open_app(site), "health-weekly", "en")]
