"""Withdrawing an article by hand: a person is told of every file that still shows it."""

from pathlib import Path

from publisher.actions.articles import show_article
from publisher.actions.publishing import renditions
from tests.cli.test_commands import NOW, publisher, told
from tests.conftest import article_file, opened


def test_whoever_withdraws_an_article_is_told_of_each_file_that_still_shows_it(site: Path) -> None:
    image = "{file: ../images/lighthouse.jpg, alt: The lighthouse}"
    article_file(site, "ward", headline="A new ward", date="2026-11-20", image=image)
    at = ("--site", site, "--now", NOW)
    publisher("collect", *at)
    with opened(site) as app:
        picture = show_article(app, "a-new-ward").image
        assert picture
        renditions(app, [(picture, 600), (picture, 152)])
    said = publisher("articles", "withdraw", "a-new-ward", *at).stderr
    still_there = [line for line in said.splitlines() if line.startswith("Still there: ")]
    assert len(still_there) == 3
    for path in (site / "images").iterdir():
        assert f"Still there: {path}; delete it too, if nobody may see it." in still_there


def test_files_that_are_gone_already_are_not_told_of(site: Path) -> None:
    image = "{file: ../images/lighthouse.jpg, alt: The lighthouse}"
    article_file(site, "ward", headline="A new ward", date="2026-11-20", image=image)
    at = ("--site", site, "--now", NOW)
    publisher("collect", *at)
    for path in (site / "images").iterdir():
        path.unlink()
    assert "Still there" not in publisher("articles", "withdraw", "a-new-ward", *at).output
    assert told("articles", "show", "a-new-ward", *at)["withdrawn_at"]
