"""What the office decides over an article's source stays when the source is read again, and can be taken back."""

from pathlib import Path

import pytest

from tests.cli.test_commands import NOW, publisher, told
from tests.conftest import article_file

LATER = "2026-11-24T15:00:00Z"


@pytest.fixture
def ward(site: Path) -> Path:
    image = "{file: ../images/lighthouse.jpg, alt: The lighthouse}"
    article_file(site, "ward", headline="A new ward", summary="It opens.", date="2026-11-20", image=image)
    article_file(site, "walk", headline="A lantern walk", date="2026-11-19")
    publisher("collect", "--site", site, "--now", NOW)
    return site


def _shown(site: Path) -> dict[str, object]:
    shown: dict[str, object] = told("articles", "show", "a-new-ward", "--site", site, "--now", LATER)
    return shown


def test_an_edit_stays_when_the_source_is_read_again(ward: Path) -> None:
    publisher("articles", "edit", "a-new-ward", "--headline", "Our new ward", "--site", ward, "--now", LATER)
    article_file(ward, "ward", headline="A new ward", summary="It opens on Monday.", date="2026-11-20")
    publisher("collect", "--site", ward, "--now", LATER)
    shown = _shown(ward)
    assert (shown["headline"], shown["summary"]) == ("Our new ward", "It opens on Monday.")
    assert shown["by_hand"] == {"headline": ["Our new ward", "A new ward"]}


def test_an_edit_that_is_taken_back_gives_what_the_source_says_now(ward: Path) -> None:
    at = ("--site", ward, "--now", LATER)
    publisher("articles", "edit", "a-new-ward", "--summary", "By hand.", *at)
    article_file(ward, "ward", headline="A new ward", summary="It opens on Monday.", date="2026-11-20")
    publisher("collect", *at)
    publisher("articles", "edit", "a-new-ward", "--as-source", "summary", *at)
    shown = _shown(ward)
    assert (shown["summary"], shown["by_hand"]) == ("It opens on Monday.", {})


def test_readers_of_the_feed_hear_of_an_edit_as_an_update(ward: Path) -> None:
    before = _shown(ward)
    publisher("articles", "edit", "a-new-ward", "--headline", "Our new ward", "--site", ward, "--now", LATER)
    after = _shown(ward)
    assert after["id"] == before["id"] and after["published_at"] == before["published_at"]
    assert str(after["updated_at"]) > str(before["updated_at"])


def test_an_alt_text_by_hand_is_the_pictures(ward: Path) -> None:
    publisher("articles", "edit", "a-new-ward", "--alt", "A lamp at dusk", "--site", ward, "--now", LATER)
    publisher("collect", "--site", ward, "--now", LATER)
    assert _shown(ward)["image"]["alt"] == "A lamp at dusk"  # type: ignore[index]


def test_a_body_by_hand_is_cleaned_like_any_other(ward: Path, tmp_path: Path) -> None:
    file = tmp_path / "body.html"
    file.write_text('<p onclick="x()">New <a href="/map">text</a>.</p><script>alert(1)</script>')
    publisher("articles", "edit", "a-new-ward", "--body", file, "--site", ward, "--now", LATER)
    body = str(_shown(ward)["body"])
    assert "New" in body and "script" not in body and "onclick" not in body and 'href="https://' in body


def test_a_correction_stands_above_the_text_and_can_be_taken_away(ward: Path) -> None:
    at = ("--site", ward, "--now", LATER)
    publisher("articles", "correct", "a-new-ward", "The ward has 12 beds, not 20.", *at)
    publisher("feeds", "build", *at)
    assert "12 beds, not 20" in (ward / "feeds" / "news.rss").read_text()
    publisher("articles", "correct", "a-new-ward", "--take-back", *at)
    assert _shown(ward)["correction"] is None


def test_an_embargo_by_hand_keeps_the_article_out_until_its_moment(ward: Path) -> None:
    publisher("articles", "embargo", "a-new-ward", "2026-12-05 09:00", "--site", ward, "--now", LATER)
    publisher("collect", "--site", ward, "--now", LATER)
    publisher("feeds", "build", "--site", ward, "--now", LATER)
    assert "A new ward" not in (ward / "feeds" / "news.rss").read_text()
    publisher("feeds", "build", "--site", ward, "--now", "2026-12-06T15:00:00Z")
    assert "A new ward" in (ward / "feeds" / "news.rss").read_text()


def test_an_embargo_is_lifted_by_hand(ward: Path) -> None:
    at = ("--site", ward, "--now", LATER)
    publisher("articles", "embargo", "a-new-ward", "2026-12-05 09:00", *at)
    publisher("articles", "embargo", "a-new-ward", "--lift", *at)
    publisher("feeds", "build", *at)
    assert "A new ward" in (ward / "feeds" / "news.rss").read_text()


def test_an_embargo_that_was_lifted_again_says_nothing_of_one_that_the_source_sets_later(ward: Path) -> None:
    at = ("--site", ward, "--now", LATER)
    publisher("articles", "embargo", "a-new-ward", "2026-12-05 09:00", *at)
    publisher("articles", "embargo", "a-new-ward", "--lift", *at)
    assert _shown(ward)["by_hand"] == {}
    article_file(ward, "ward", headline="A new ward", date="2026-11-20", embargo='"2026-12-09T09:00:00Z"')
    publisher("collect", *at)
    publisher("feeds", "build", *at)
    assert "A new ward" not in (ward / "feeds" / "news.rss").read_text()


def test_an_alt_text_by_hand_goes_with_its_picture(ward: Path) -> None:
    at = ("--site", ward, "--now", LATER)
    publisher("articles", "edit", "a-new-ward", "--alt", "A lamp at dusk", *at)
    image = "{file: ../images/bean-pot.jpg, alt: A pot of beans}"
    article_file(ward, "ward", headline="A new ward", summary="It opens.", date="2026-11-20", image=image)
    publisher("collect", *at)
    assert _shown(ward)["image"]["alt"] == "A pot of beans"  # type: ignore[index]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("edit", "a-new-ward"), "say what is to change"),
        (("edit", "no-such", "--headline", "X"), 'there is no article "no-such"'),
        (("edit", "a-new-ward", "--headline", "  "), "a headline must say something"),
        (("edit", "a-new-ward", "--headline", "A new ward"), "says so already; nothing was changed"),
        (("edit", "a-new-ward", "--topic", "hart"), 'publisher.toml declares no [[topic]] "hart"'),
        (("edit", "a-new-ward", "--language", "Spanish"), '"Spanish" is no language'),
        (("edit", "a-new-ward", "--as-source", "headline"), "is as its source says (by hand: nothing)"),
        (("correct", "a-new-ward"), "give the note"),
        (("embargo", "a-new-ward"), "give a moment"),
        (("embargo", "a-new-ward", "tomorrow"), '"tomorrow" is not a moment'),
        (("embargo", "a-new-ward", "9999-12-31T23:59"), "is not a moment"),
        (("embargo", "a-new-ward", "2020-01-01"), "has passed; give a moment that lies ahead"),
    ],
)
def test_what_cannot_be_done_is_said_and_changes_nothing(ward: Path, words: tuple[str, ...], said: str) -> None:
    before = _shown(ward)
    usage = words[-1] in ("a-new-ward", "tomorrow", "9999-12-31T23:59")
    done = publisher("articles", *words, "--site", ward, "--now", NOW, code=2 if usage else 1)
    assert said in done.stderr
    assert _shown(ward) == before
