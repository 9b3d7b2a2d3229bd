"""sources list, check and add, as an administrator uses them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from publisher.config import load
from tests.actions.test_harvest import declare, feed, item, sitemap, story
from tests.actions.web import Web, web
from tests.cli.test_commands import NOW, publisher, told
from tests.sources import wordpress_server as wordpress


@pytest.fixture
def served() -> Iterator[Web]:
    with web() as running:
        yield running


def at(site: Path) -> tuple[str | Path, ...]:
    return "--site", site, "--now", NOW


def test_the_list_says_how_each_source_fares(site: Path, served: Web) -> None:
    declare(site, "office", "feed", served.put("/feed", feed(item(3, whole=True))))
    declare(site, "gone", "feed", f"{served.url}/nothing")
    publisher("collect", "office", "gone", *at(site), code=1)
    rows = {row["name"]: row for row in told("sources", "list", *at(site))}
    assert (rows["office"]["articles"], rows["office"]["failing"]) == (1, None)
    assert (rows["gone"]["articles"], bool(rows["gone"]["failing"])) == (0, True)
    assert rows["articles"]["last"] is None
    said = publisher("sources", "list", *at(site)).stdout
    assert "fails since 2026-11-23 15:00 UTC" in said and "never" in said


def test_a_check_shows_what_a_source_would_give_and_keeps_nothing(site: Path, served: Web) -> None:
    declare(site, "office", "feed", served.put("/feed", feed(item(3, whole=True), item(2, whole=True))))
    done = publisher("sources", "check", "office", *at(site))
    assert done.stdout.splitlines()[:2] == [
        "office: 2 articles, 0 teasers, 0 events, 0 problems",
        "  A reading room for ward 3",
    ]
    assert told("articles", "list", *at(site))["articles"] == []


def test_a_check_of_a_source_that_fails_says_why_and_exits_with_one(site: Path, served: Web) -> None:
    declare(site, "gone", "feed", f"{served.url}/nothing")
    done = publisher("sources", "check", "gone", *at(site), code=1)
    assert "there is nothing at this address (404); open it in a browser, and mend publisher.toml" in done.stderr


def test_a_page_that_names_a_feed_and_a_sitemap_has_both_proposed(site: Path, served: Web) -> None:
    link = '<link rel="alternate" type="application/rss+xml" href="/feed">'
    served.put("/", f"<html><head><title>Alder Bay</title>{link}</head><body><p>Welcome.</p></body></html>")
    served.put("/feed", feed(item(3, whole=True)))
    served.put("/sitemap.xml", sitemap((3, "2026-11-03")))
    host = served.url.split("/")[2]
    found = told("sources", "add", f"{served.url}/", "--allow", host, *at(site))["found"]
    assert [one["kind"] for one in found] == ["feed", "sitemap"]
    assert "all whole" in found[0]["gives"]


def test_wordpress_stands_first_and_is_written_on_demand(site: Path) -> None:
    with wordpress.served(wordpress.Site(wordpress.posts(120))) as blog:
        host = blog.url.split("/")[2]
        done = publisher("sources", "add", blog.url, "--allow", host, "--name", "blog", "--write", *at(site))
        assert "120 posts, whole, with every edit" in done.stdout and "publisher sources check blog" in done.stderr
        (written,) = [one for one in load(site).source if one.name == "blog"]
        assert (written.kind, written.urls, written.allow) == ("wordpress", (blog.url,), (host,))
        publisher("collect", "blog", *at(site))
        assert len(told("articles", "list", *at(site))["articles"]) == 120


def test_nothing_is_written_without_being_asked_for(site: Path, served: Web) -> None:
    before = (site / "publisher.toml").read_bytes()
    served.put("/feed", feed(item(3, whole=True)))
    host = served.url.split("/")[2]
    done = publisher("sources", "add", f"{served.url}/feed", "--allow", host, *at(site))
    assert 'kind = "feed"' in done.stdout and "or say --write" in done.stderr
    assert (site / "publisher.toml").read_bytes() == before


def test_a_page_of_one_article_is_a_page(site: Path, served: Web) -> None:
    served.put("/news/3", story(3))
    host = served.url.split("/")[2]
    found = told("sources", "add", f"{served.url}/news/3", "--allow", host, *at(site))["found"]
    assert [(one["kind"], one["gives"]) for one in found] == [("page", "an article")]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("add", "{web}/empty"), "No news was found at"),
        (("add", "{web}/nothing"), "the server answered 404"),
        (("add", "www.nowhere.invalid"), "https://www.nowhere.invalid: no answer (there is no such host)"),
        (("add", "{web}/feed", "--kind", "wordpress"), "No WordPress was found at"),
        (("add", "ftp://www.alderbay.example"), "is no web address"),
        (("add", "{web}/feed", "--name", "articles", "--write"), 'declares a [[source]] "articles" already'),
        (("add", "{web}/feed", "--name", "Our News", "--write"), '"Our News" is no name of a source'),
        (("add", "{web}/feed", "--name", "a" * 61, "--write"), "is no name of a source"),
        (("check", "nobody"), 'publisher.toml declares no [[source]] "nobody"'),
    ],
)
def test_what_cannot_be_is_said_in_one_line(site: Path, served: Web, words: tuple[str, ...], said: str) -> None:
    served.put("/empty", "<html><body></body></html>")
    served.put("/feed", feed(item(3, whole=True)))
    before = (site / "publisher.toml").read_bytes()
    host = served.url.split("/")[2]
    allow = ("--allow", host) if words[0] == "add" else ()
    done = publisher("sources", *(word.replace("{web}", served.url) for word in words), *allow, *at(site), code=1)
    assert said in done.stderr
    assert (site / "publisher.toml").read_bytes() == before


def test_a_place_that_is_declared_already_is_not_declared_again(site: Path, served: Web) -> None:
    served.put("/feed", feed(item(3, whole=True)))
    host = served.url.split("/")[2]
    publisher("sources", "add", f"{served.url}/feed", "--allow", host, "--name", "office", "--write", *at(site))
    before = (site / "publisher.toml").read_bytes()
    done = publisher("sources", "add", f"{served.url}/feed", "--allow", host, "--write", *at(site), code=1)
    assert 'already, as [[source]] "office"' in done.stderr
    assert (site / "publisher.toml").read_bytes() == before


def test_a_file_of_settings_that_only_its_owner_may_read_stays_so_and_a_link_stays_one(
    site: Path, tmp_path: Path, served: Web
) -> None:
    served.put("/feed", feed(item(3, whole=True)))
    host = served.url.split("/")[2]
    file = (site / "publisher.toml").rename(tmp_path / "settings.toml")
    file.chmod(0o600)
    (site / "publisher.toml").symlink_to(file)
    publisher("sources", "add", f"{served.url}/feed", "--allow", host, "--name", "office", "--write", *at(site))
    assert (site / "publisher.toml").is_symlink()
    assert file.stat().st_mode & 0o777 == 0o600 and 'name = "office"' in file.read_text()


def test_an_inner_address_is_looked_at_only_where_it_is_allowed(site: Path, served: Web) -> None:
    served.put("/feed", feed(item(3, whole=True)))
    done = publisher("sources", "add", f"{served.url}/feed", *at(site), code=1)
    assert "inside a private network" in done.stderr and served.asked == []
