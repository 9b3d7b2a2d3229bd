"""A shared folder of an office's documents, and WordPress exports, as sources: from file to what is kept."""

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

from publisher.actions.articles import list_articles
from publisher.actions.collect import collect
from publisher.app import App
from tests.actions.test_harvest import codes, declare
from tests.conftest import ROOT
from tests.sources import wordpress_server as wordpress
from tests.sources.word_files import docx, para

Open = Callable[..., App]

TEXT = "The nurses of ward three opened a reading room beside the old pharmacy, and all came to see it on the day."


def folder(site: Path, kind: str = "folder", path: str = "shared") -> Path:
    with (site / "publisher.toml").open("a") as file:
        file.write(f'\n[[source]]\nname = "shared"\nkind = "{kind}"\npath = "{path}"\n')
    (site / "shared").mkdir()
    return site / "shared"


def settled(path: Path, data: bytes | str) -> Path:
    """Write a document as if that was a minute ago."""
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    os.utime(path, (time.time() - 60, time.time() - 60))
    return path


def document(headline: str) -> bytes:
    return docx(para(headline, style="Heading1"), para(TEXT), para(TEXT))


def test_what_an_office_keeps_in_one_folder_comes_in_once(site: Path, open_app: Open) -> None:
    shared = folder(site)
    settled(shared / "reading-room.docx", document("A reading room"))
    settled(shared / "garden.txt", f"A garden on the roof\n\n{TEXT}\n\n{TEXT}\n")
    settled(shared / "walk.md", f"---\nheadline: A lantern walk\ndate: 2026-11-20\n---\n\n{TEXT}\n")
    page = (
        f"<html><head><title>A choir</title></head><body><article><h1>A choir</h1><p>{TEXT}</p><p>{TEXT}</p></article>"
    )
    settled(shared / "choir.html", page)
    settled(shared / "~$reading-room.docx", b"lock")
    settled(shared / "old.doc", b"\xd0\xcf\x11\xe0")
    shutil.copy(ROOT / "content" / "images" / "lighthouse.jpg", shared / "garden.jpg")
    app = open_app(site)
    done = collect(app, ["shared"])
    assert {article.headline for article in list_articles(app).articles} == {
        "A reading room",
        "A garden on the roof",
        "A lantern walk",
        "A choir",
    }
    assert "save-as-docx" in codes(done) and not any("~$" in problem.place for problem in done.problems)
    garden = next(one for one in list_articles(app).articles if one.headline == "A garden on the roof")
    assert garden.image and garden.image.url and garden.image.url.startswith(app.links.home)
    again = collect(app, ["shared"])
    assert (len(again.new), len(again.updated)) == (0, 0)


def test_an_edited_document_changes_its_article_also_under_another_headline(site: Path, open_app: Open) -> None:
    shared = folder(site)
    settled(shared / "reading-room.docx", document("A reading room"))
    app = open_app(site)
    (first,) = collect(app, ["shared"]).new
    settled(shared / "reading-room.docx", document("The reading room is open"))
    assert collect(app, ["shared"]).updated == (first,)


def test_a_document_that_is_still_being_copied_is_left_for_the_next_time(site: Path, open_app: Open) -> None:
    shared = folder(site)
    path = shared / "reading-room.docx"
    path.write_bytes(document("A reading room"))
    app = open_app(site)
    assert collect(app, ["shared"]).new == ()
    settled(path, document("A reading room"))
    assert len(collect(app, ["shared"]).new) == 1


def test_a_document_named_by_hand_is_read_at_once(site: Path, open_app: Open, tmp_path: Path) -> None:
    path = tmp_path / "reading-room.docx"
    path.write_bytes(document("A reading room"))
    assert len(collect(open_app(site), files=[path]).new) == 1


def test_a_broken_document_is_told_of_and_the_others_come_in(site: Path, open_app: Open) -> None:
    shared = folder(site)
    settled(shared / "broken.docx", b"PK\x03\x04 half a file")
    settled(shared / "reading-room.docx", document("A reading room"))
    done = collect(open_app(site), ["shared"])
    assert len(done.new) == 1 and any("broken.docx" in problem.place for problem in done.problems)


def test_an_export_and_later_the_site_itself_give_one_article_each(site: Path, open_app: Open) -> None:
    shared = folder(site, "wordpress", "shared/export.xml")
    (shared / "export.xml").write_bytes((ROOT / "tests/data/wordpress/01-blocks-of-today.xml").read_bytes())
    app = open_app(site)
    exported = collect(app, ["shared"])
    assert exported.new and not [p for p in exported.problems if p.severity == "error"]
    assert collect(app, ["shared"]).new == ()
    known = list_articles(app).articles[0]
    number = int(known.key.removeprefix("post-"))
    post = wordpress.post(number, link=known.url, title={"rendered": known.headline})
    with wordpress.served(wordpress.Site({number: post})) as blog:
        declare(site, "blog", "wordpress", blog.url)
        assert collect(open_app(site), ["blog"]).new == ()
