"""Articles in, feeds out, through the action that command line and scheduler call."""

import gzip
import json
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from publisher.actions.collect import collect
from publisher.actions.feeds import build_feeds
from publisher.app import App
from publisher.errors import FileError
from tests.conftest import NOW, ROOT, article_file

Open = Callable[..., App]


def titles(site: Path, path: str = "news") -> list[str]:
    return [item["title"] for item in json.loads((site / "feeds" / f"{path}.json").read_text())["items"]]


def test_the_sample_site_rebuilds_byte_for_byte(
    sample: Path, open_app: Open, golden: Callable[[Path, bytes], None]
) -> None:
    app = open_app(sample)
    assert collect(app).problems == []
    build_feeds(app)
    built = documents_in(sample)
    assert len(built) == 9 * 4 + 1
    for path in built:
        golden(ROOT / path, (sample / path).read_bytes())
    assert built == documents_in(ROOT)


def documents_in(site: Path) -> list[Path]:
    """What git keeps of a feeds folder: all but the compressed twins, whose bytes are the machine's zlib's."""
    every = (p.relative_to(site) for p in (site / "feeds").rglob("*.*"))
    return sorted(p for p in every if p.suffix != ".gz" and p.name != ".lock")


def stamps(site: Path) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in (site / "feeds").rglob("*.*") if path.name != ".lock"}


def test_a_second_build_writes_nothing(sample: Path, open_app: Open) -> None:
    app = open_app(sample)
    collect(app)
    build_feeds(app)
    before = stamps(sample)
    again = build_feeds(open_app(sample, NOW + timedelta(minutes=5)))
    assert {what for built in again for what in built.files.values()} == {"unchanged", "empty"}
    everything = build_feeds(open_app(sample, NOW + timedelta(minutes=9)), everything=True)
    assert {what for built in everything for what in built.files.values()} == {"unchanged", "empty"}
    assert stamps(sample) == before


def test_each_document_has_a_compressed_twin_of_the_same_bytes(sample: Path, open_app: Open) -> None:
    app = open_app(sample)
    collect(app)
    build_feeds(app)
    documents = documents_in(sample)
    twins = {path.with_name(f"{path.name}.gz") for path in documents}
    assert twins == {p.relative_to(sample) for p in (sample / "feeds").rglob("*.gz")}
    for path in documents:
        zipped = (sample / path).with_name(f"{path.name}.gz").read_bytes()
        assert gzip.decompress(zipped) == (sample / path).read_bytes()
        assert zipped[4:8] == bytes(4)  # no time in it, or equal feeds would differ


def test_a_topic_without_articles_gets_no_feed_and_keeps_the_one_it_had(site: Path, open_app: Open) -> None:
    article_file(site, "one", headline="One", date="2026-11-20", topics="[heart]")
    collect(open_app(site))
    built = {b.feed.path: set(b.files.values()) for b in build_feeds(open_app(site))}
    assert built["topics/heart"] == {"written"}
    assert built["topics/sleep"] == {"empty"}
    (site / "publisher.db").unlink()
    for leftover in site.glob("publisher.db-*"):
        leftover.unlink()
    before = (site / "feeds" / "news.rss").read_bytes()
    assert {what for b in build_feeds(open_app(site)) for what in b.files.values()} == {"empty"}
    assert (site / "feeds" / "news.rss").read_bytes() == before


def test_an_embargoed_article_appears_at_its_minute_and_not_before(site: Path, open_app: Open) -> None:
    article_file(site, "open", headline="Open", date="2026-11-20")
    article_file(site, "kept", headline="Kept back", date="2026-11-20", embargo="2026-11-24T08:00:00-08:00")
    collect(open_app(site))
    ends = NOW + timedelta(hours=25)
    build_feeds(open_app(site, ends - timedelta(seconds=1)))
    assert titles(site) == ["Open"]
    for path in (site / "feeds").rglob("*.*"):
        assert b"Kept back" not in path.read_bytes()
    build_feeds(open_app(site, ends))
    assert titles(site) == ["Kept back", "Open"]


def test_an_edited_article_is_an_update_under_the_same_id(site: Path, open_app: Open) -> None:
    article_file(site, "one", headline="One", date="2026-11-20")
    collect(open_app(site))
    build_feeds(open_app(site))
    before = json.loads((site / "feeds" / "news.json").read_text())["items"][0]
    article_file(site, "one", headline="One, mended", date="2026-11-20")
    later = open_app(site, NOW + timedelta(days=1))
    collect(later)
    build_feeds(later)
    (after,) = json.loads((site / "feeds" / "news.json").read_text())["items"]
    assert (after["id"], after["date_published"]) == (before["id"], before["date_published"])
    assert after["title"] == "One, mended"
    assert after["date_modified"] == "2026-11-24T15:00:00+00:00"


def test_a_page_teasers_link_to_its_address_or_to_our_page_of_it(sample: Path, open_app: Open) -> None:
    page = next((sample / "content" / "pages").glob("*.txt"))
    with_url = "https://www.alderbay.example/news/garden"
    for folder, url, link in (
        (sample, None, "https://news.alderbay.example/a/harbor-garden-reopens-with-a-path-for-everyone"),
        (sample.parent / "second", with_url, with_url),
    ):
        if not folder.exists():
            folder.mkdir()
            shutil.copy(sample / "publisher.toml", folder)
            shutil.copytree(sample / "content" / "images", folder / "content" / "images")
        app = open_app(folder)
        collect(app, files=[page], url=url)
        build_feeds(app)
        items = json.loads((folder / "feeds" / "news.json").read_text())["items"]
        assert {item["url"] for item in items} == {link}
        assert len(items) == 5


def test_the_feed_gives_the_correction_with_the_corrected_text(sample: Path, open_app: Open) -> None:
    app = open_app(sample)
    collect(app)
    build_feeds(app)
    items = json.loads((sample / "feeds" / "news.json").read_text())["items"]
    (corrected,) = [i for i in items if "<strong>Correction:</strong>" in i["content_html"]]
    assert corrected["date_modified"] > corrected["date_published"]


def test_a_feed_that_cannot_be_written_is_one_line_and_leaves_no_scraps(site: Path, open_app: Open) -> None:
    article_file(site, "one", headline="One", date="2026-11-20")
    collect(open_app(site))
    (site / "feeds" / "news.rss").mkdir(parents=True)
    with pytest.raises(FileError, match=r"news\.rss: cannot be written \(Is a directory\)"):
        build_feeds(open_app(site))
    assert not [path for path in (site / "feeds").rglob(".*") if path.name != ".lock"]


def test_the_feed_of_a_topic_that_is_declared_no_more_goes_and_comes_back(site: Path, open_app: Open) -> None:
    article_file(site, "one", headline="One", date="2026-11-20", topics="[heart, sleep]")
    collect(open_app(site))
    build_feeds(open_app(site))
    toml, before = site / "publisher.toml", (site / "feeds" / "topics" / "heart.atom").read_bytes()
    settings = toml.read_text()
    (site / "feeds" / "of-mine.rss").write_text("<rss/>")
    toml.write_text(
        settings.replace(
            '[[topic]]\nslug = "heart"\ntitle = "Heart health"\ntitles = { es = "Salud del corazón" }\n', ""
        )
    )
    problems = [p for built in build_feeds(open_app(site)) for p in built.problems]
    assert [(p.code, p.place) for p in problems] == [
        ("feed-removed", "feeds/topics/heart"),
        ("left-behind", "feeds/of-mine.rss"),
    ]
    assert not list((site / "feeds" / "topics").glob("heart*"))
    assert [p for built in build_feeds(open_app(site)) for p in built.problems] == []
    assert b"topics/sleep" in (site / "feeds" / "index.opml").read_bytes()
    assert b"topics/heart" not in (site / "feeds" / "index.opml").read_bytes()
    toml.write_text(settings)
    build_feeds(open_app(site))
    assert (site / "feeds" / "topics" / "heart.atom").read_bytes() == before


def test_an_icon_that_is_gone_stops_no_feed(site: Path, open_app: Open) -> None:
    article_file(site, "one", headline="One", date="2026-11-20")
    collect(open_app(site))
    (site / "content" / "images" / "icon.png").unlink()
    problems = [p for built in build_feeds(open_app(site)) for p in built.problems]
    assert [(p.code, p.severity) for p in problems] == [("picture-unusable", "warning")]
    assert titles(site) == ["One"]


@pytest.mark.parametrize("body", ["<iframe src='https://x.example/'></iframe>", "<!-- nothing -->", "<div></div>"])
def test_an_article_without_any_text_stops_no_feed(site: Path, open_app: Open, body: str) -> None:
    article_file(site, "empty", headline="Only a headline", date="2026-11-20", body=body)
    article_file(site, "one", headline="One", date="2026-11-19")
    collect(open_app(site))
    assert [p for built in build_feeds(open_app(site)) for p in built.problems] == []
    assert titles(site) == ["Only a headline", "One"]
    assert b"<description>Only a headline</description>" in (site / "feeds" / "news.rss").read_bytes()


def test_an_odd_address_leaves_out_its_article_and_no_other(site: Path, open_app: Open) -> None:
    article_file(site, "one", headline="One", date="2026-11-19")
    collect(open_app(site))
    build_feeds(open_app(site))
    article_file(site, "odd", headline="Odd", date="2026-11-20", url='"https://www.example.org/a|b"', language="zz")
    article_file(site, "two", headline="Two", date="2026-11-21", language="zz")
    collect(open_app(site))
    problems = [p for built in build_feeds(open_app(site)) for p in built.problems]
    assert sorted((p.code, p.place.split('"')[1]) for p in problems) == [
        ("entry-left-out", "Odd"),
        ("language-unknown", "Two"),
    ]
    assert titles(site) == ["Two", "One"]
