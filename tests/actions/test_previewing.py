"""Previews and test messages: what an officer looks at before anything leaves."""

import re
from collections.abc import Callable
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from publisher import browser
from publisher.actions.collect import collect
from publisher.actions.issues import draft_issue, list_issues, show_issue
from publisher.actions.previewing import preview_issue, test_send as send_test
from publisher.app import App
from publisher.errors import IssueError
from publisher.store import subscribers
from tests.conftest import article_file, take_in

Open = Callable[..., App]
WEEK = "2026-W48"


def drafted(site: Path, open_app: Open) -> App:
    app = open_app(site)
    collect(app)
    draft_issue(app, app.newsletter(None))
    return app


def test_a_preview_shows_each_edition_with_local_pictures(sample: Path, open_app: Open, tmp_path: Path) -> None:
    app = drafted(sample, open_app)
    made = preview_issue(app, app.newsletter(None), WEEK, tmp_path / "shown", pictures=False)
    stem = f"health-weekly-{WEEK}"
    names = [f"{stem}.html", f"{stem}.txt", f"{stem}.eml", f"{stem}-es.html", f"{stem}-es.txt", f"{stem}-es.eml"]
    assert [file.name for file in made.files] == names
    html, text = made.files[0].read_text(), made.files[1].read_text()
    sources = re.findall(r'<img[^>]* src="([^"]+)"', html)
    assert len(sources) > 5
    for source in sources:
        assert Path(source.removeprefix("file://")).is_file()
    assert "ZQ" not in html + text


def test_the_message_of_a_preview_is_a_whole_message(sample: Path, open_app: Open, tmp_path: Path) -> None:
    app = drafted(sample, open_app)
    made = preview_issue(app, app.newsletter(None), WEEK, tmp_path, pictures=False)
    read = message_from_bytes(made.files[2].read_bytes(), policy=policy.default.clone(raise_on_defect=True))
    assert read["Subject"] == "Health Weekly: The new emergency entrance opens December 1"
    assert read["To"] == "reader@example.org"


def test_a_preview_for_chosen_topics_shows_that_readers_copy(site: Path, open_app: Open, tmp_path: Path) -> None:
    article_file(site, "lead", headline="Leads", date="2026-11-22")
    article_file(site, "heart", headline="Of hearts", date="2026-11-21", topics="[heart]")
    article_file(site, "sleep", headline="Of sleep", date="2026-11-20", topics="[sleep]")
    app = drafted(site, open_app)
    made = preview_issue(app, app.newsletter(None), WEEK, tmp_path, topics=["sleep"], pictures=False)
    for file in made.files[:3]:
        assert "Of sleep" in file.read_text() and "Of hearts" not in file.read_text()
    with pytest.raises(IssueError, match='there is no topic "sleeep" \\(known: heart, '):
        preview_issue(app, app.newsletter(None), WEEK, tmp_path, topics=["sleeep"])


@pytest.mark.skipif(browser.find() is None, reason="Chromium is not installed: apt-get install chromium")
def test_with_chromium_there_are_pictures_of_every_view(site: Path, open_app: Open, tmp_path: Path) -> None:
    article_file(site, "one", headline="One", date="2026-11-22")
    app = drafted(site, open_app)
    steps: list[int] = []
    made = preview_issue(app, app.newsletter(None), WEEK, tmp_path, progress=lambda done, of: steps.append(of))
    pictures = [file for file in made.files if file.suffix == ".png"]
    assert {file.stem.removeprefix(f"health-weekly-{WEEK}-") for file in pictures} >= set(browser.VIEWS)
    assert all(file.read_bytes().startswith(b"\x89PNG") for file in pictures)
    assert steps == [len(pictures)] * len(pictures)
    assert len({file.read_bytes() for file in pictures}) > len(pictures) / 2


def test_without_chromium_the_preview_says_so(
    site: Path, open_app: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    article_file(site, "one", headline="One", date="2026-11-22")
    app = drafted(site, open_app)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("PUBLISHER_BROWSER", raising=False)
    made = preview_issue(app, app.newsletter(None), WEEK, tmp_path)
    assert made.without_pictures == "Chromium is not installed; with it there are pictures too"
    assert len(made.files) == 6


def test_a_test_message_goes_to_anybody_is_marked_and_counted_nowhere(site: Path, open_app: Open) -> None:
    article_file(site, "one", headline="One", date="2026-11-22")
    app = drafted(site, open_app)
    (site / "people.csv").write_text("address\nana@example.org\n")
    take_in(app, site / "people.csv")
    newsletter = app.newsletter(None)
    sent = send_test(app, newsletter, WEEK, ["press@elsewhere.example", "Ana@example.org"])
    files = [one.file for one in sent if one.file]
    read = [message_from_bytes(file.read_bytes(), policy=policy.default) for file in files]
    assert [message["To"] for message in read] == ["press@elsewhere.example", "Ana@example.org"]
    assert {message["Subject"] for message in read} == {"[Test] Health Weekly: One"}
    assert "elsewhere" not in "".join(file.name for file in files)
    draft, history, certificate = show_issue(app, newsletter, WEEK)
    assert (draft.issue.state, certificate.recipients, len(history)) == ("draft", 0, 1)
    token = re.search(r"/unsubscribe/([^>\s]+)>", read[0]["List-Unsubscribe"])
    assert token and app.signing_links.check("unsubscribe", token[1], newsletter.name) == "0" * 32
    with app.database.read() as connection:
        assert all(person.public_id != "0" * 32 for person in subscribers.every(connection))


def test_a_test_message_may_be_in_any_of_the_languages(sample: Path, open_app: Open) -> None:
    app = drafted(sample, open_app)
    (sent,) = send_test(app, app.newsletter(None), WEEK, ["ana@example.org"], language="es")
    assert sent.file
    read = message_from_bytes(sent.file.read_bytes(), policy=policy.default)
    assert str(read["Subject"]).startswith("[Test] Salud cada semana: ")


def test_what_is_no_address_gets_no_test_message(site: Path, open_app: Open) -> None:
    article_file(site, "one", headline="One", date="2026-11-22")
    app = drafted(site, open_app)
    with pytest.raises(IssueError, match='"ana at home" is no address a mail can be sent to'):
        send_test(app, app.newsletter(None), WEEK, ["ana@example.org", "ana at home"])
    assert not list(site.rglob("*.eml"))
    assert list_issues(app)[0].state == "draft"
