"""Other people's servers are left in peace: pauses, Retry-After, robots.txt. No test waits: the clock is ours."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings, strategies as st

from publisher.errors import FetchError, NotNow, NotWelcome
from publisher.fetching import ContentFetcher
from publisher.fetching.manners import retry_after
from tests.fetching.servers import say, server

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
DAY = 24 * 60 * 60


class Time:
    """A clock that moves only when somebody sleeps."""

    def __init__(self) -> None:
        self.passed = 0.0
        self.slept: list[float] = []

    def clock(self) -> float:
        return 1000 + self.passed

    def now(self) -> datetime:
        return NOON + timedelta(seconds=self.passed)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.passed += seconds


class Site:
    """A site whose pages are set by a test: path -> (status, headers, body). It notes what it is asked."""

    def __init__(self) -> None:
        self.pages: dict[str, tuple[int, dict[str, str], bytes]] = {}
        self.asked: list[str] = []

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        self.asked.append(handler.path)
        status, headers, body = self.pages.get(handler.path, (404, {}, b"gone"))
        say(handler, body, status, **headers)

    def has(self, path: str, body: bytes = b"page", status: int = 200, **headers: str) -> None:
        self.pages[path] = (status, headers, body)


@contextmanager
def asking(site: Site, time: Time, *others: str, **more: Any) -> Iterator[tuple[str, ContentFetcher]]:
    """The site's address, and a fetcher that may ask it, by this machine's name and by an invented one."""
    with server(site.answer, version="HTTP/1.1") as url:
        port = urlsplit(url).port
        allowed = (f"127.0.0.1:{port}", *others)
        times = {
            "clock": time.clock,
            "sleep": time.sleep,
            "now": time.now,
            "trusted": ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
        }
        contact = "https://publisher.example/"
        with ContentFetcher(contact=contact, allowed=allowed, **{**times, **more}) as fetcher:
            yield url.removesuffix("/feed"), fetcher


def said(fetcher: ContentFetcher, url: str, kind: type[FetchError], **more: Any) -> str:
    with pytest.raises(kind) as caught:
        fetcher.get(url, **more)
    assert type(caught.value) is kind
    return str(caught.value)


# pauses


def test_a_second_question_to_one_host_waits_until_the_pause_is_over() -> None:
    site, time = Site(), Time()
    with asking(site, time, pause=2) as (url, fetcher):
        fetcher.get(f"{url}/a", robots=False)
        time.passed += 0.5
        fetcher.get(f"{url}/b", robots=False)
        time.passed += 2
        fetcher.get(f"{url}/c", robots=False)
    assert time.slept == [1.5]


def test_another_host_is_asked_at_once() -> None:
    site, time = Site(), Time()
    with asking(site, time, resolver=lambda host, port: ["127.0.0.1"]) as (url, fetcher):
        for host in ("one.example", "two.example", "three.example"):
            fetcher.get(url.replace("127.0.0.1", host), robots=False)
    assert time.slept == []


def test_redirects_and_questions_without_an_answer_count_too() -> None:
    site, time = Site(), Time()
    site.has("/a", status=302, Location="/b")
    with asking(site, time) as (url, fetcher):
        fetcher.get(f"{url}/a", robots=False)
        said(fetcher, url.replace("127.0.0.1", "127.0.0.2"), FetchError, robots=False)
        said(fetcher, url.replace("127.0.0.1", "127.0.0.2"), FetchError, robots=False)
    assert time.slept == [1, 1]


def test_ones_own_servers_are_asked_without_a_pause() -> None:
    site, time = Site(), Time()
    with asking(site, time, pause=0) as (url, fetcher):
        for _ in range(3):
            fetcher.get(f"{url}/a", robots=False)
    assert time.slept == []


# Retry-After


@pytest.mark.parametrize(
    ("status", "value", "seconds"),
    [
        (429, "120", 120),
        (503, "120", 120),
        (503, "Mon, 23 Nov 2026 12:10:00 GMT", 600),
        (503, "Monday, 23-Nov-26 12:10:00 GMT", 600),
        (503, "Mon Nov 23 12:10:00 2026", 600),
        (429, "99999999", DAY),
        (429, "9" * 6000, DAY),
        (429, "Mon, 23 Nov 2099 12:10:00 GMT", DAY),
        (429, None, 60),
        (429, "soon", 60),
        (429, "-5", 60),
    ],
)
def test_a_host_that_asks_for_a_pause_is_not_asked_before(status: int, value: str | None, seconds: float) -> None:
    site, time = Site(), Time()
    site.has("/a", status=status, **({"Retry_After": value} if value else {}))
    with asking(site, time, pause=0) as (url, fetcher):
        assert fetcher.get(f"{url}/a", robots=False).status == status
        time.passed += seconds - 1
        with pytest.raises(NotNow) as caught:
            fetcher.get(f"{url}/b", robots=False)
        assert caught.value.until == NOON + timedelta(seconds=seconds)
        assert f"127.0.0.1 asked for a pause until {caught.value.until:%Y-%m-%d %H:%M:%S} UTC" in str(caught.value)
        time.passed += 1
        assert fetcher.get(f"{url}/b", robots=False).status == 404
    assert site.asked == ["/a", "/b"]
    assert time.slept == []


@pytest.mark.parametrize(
    ("status", "value"),
    [
        (503, None),
        (503, "soon"),
        (503, "0"),
        (429, "0"),
        (429, "Mon, 23 Nov 2026 11:00:00 GMT"),
        (500, "60"),
        (200, "60"),
    ],
)
def test_without_a_pause_asked_for_the_host_may_be_asked_again(status: int, value: str | None) -> None:
    site, time = Site(), Time()
    site.has("/a", status=status, **({"Retry_After": value} if value else {}))
    with asking(site, time) as (url, fetcher):
        assert [fetcher.get(f"{url}/a", robots=False).status for _ in range(2)] == [status, status]


def test_another_host_is_not_held_up_by_it() -> None:
    site, time = Site(), Time()
    site.has("/a", status=429, Retry_After="600")
    with asking(site, time, resolver=lambda host, port: ["127.0.0.1"]) as (url, fetcher):
        for host in ("one.example", "two.example"):
            assert fetcher.get(url.replace("127.0.0.1", host) + "/a", robots=False).status == 429


@settings(max_examples=200)
@given(st.text(max_size=40) | st.from_regex(r"[0-9]{1,2} [A-Z][a-z]{2} [0-9]{1,6} [0-9:]{1,9} [+-]?[0-9]{0,6}"))
def test_any_retry_after_is_a_time_within_a_day_or_nothing(value: str) -> None:
    seconds = retry_after(value, NOON)
    assert seconds is None or 0 <= seconds <= DAY


# robots.txt


def test_a_crawled_page_is_asked_where_robots_txt_allows_it() -> None:
    site, time = Site(), Time()
    site.has("/robots.txt", b"User-agent: *\nDisallow: /staff\n")
    site.has("/news")
    with asking(site, time) as (url, fetcher):
        assert fetcher.get(f"{url}/news").body == b"page"
        text = said(fetcher, f"{url}/staff/rota?week=1", NotWelcome)
    assert text == (
        f"{url}/staff/rota?week=1: not asked, because the robots.txt of 127.0.0.1 asks programs to stay away; "
        "ask its webmaster to allow Publisher there"
    )
    assert site.asked == ["/robots.txt", "/news"]


def test_what_the_administrator_named_is_asked_whatever_robots_txt_says() -> None:
    site, time = Site(), Time()
    site.has("/robots.txt", b"User-agent: *\nDisallow: /\n")
    site.has("/feed")
    with asking(site, time) as (url, fetcher):
        assert fetcher.get(f"{url}/feed", robots=False).status == 200
    assert site.asked == ["/feed"]


def test_robots_txt_is_asked_once_a_day_for_each_place() -> None:
    site, time = Site(), Time()
    site.has("/robots.txt", b"")
    with asking(site, time, pause=0, resolver=lambda host, port: ["127.0.0.1"]) as (url, fetcher):
        for _ in range(3):
            fetcher.get(f"{url}/a")
        fetcher.get(url.replace("127.0.0.1", "other.example") + "/a")
        time.passed += DAY
        fetcher.get(f"{url}/a")
    assert site.asked == ["/robots.txt", "/a", "/a", "/a", "/robots.txt", "/a", "/robots.txt", "/a"]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 451])
def test_a_site_without_robots_txt_allows_everything(status: int) -> None:
    site, time = Site(), Time()
    site.has("/robots.txt", b"User-agent: *\nDisallow: /\n", status=status)
    with asking(site, time) as (url, fetcher):
        assert fetcher.get(f"{url}/news").status == 404


@pytest.mark.parametrize("status", [500, 502, 503])
def test_a_site_whose_robots_txt_is_in_trouble_is_left_alone_for_an_hour(status: int) -> None:
    site, time = Site(), Time()
    site.has("/robots.txt", status=status)
    site.has("/news")
    with asking(site, time) as (url, fetcher):
        for _ in range(2):
            text = said(fetcher, f"{url}/news", NotWelcome)
        assert "the robots.txt of 127.0.0.1 cannot be read just now; try again later" in text
        site.has("/robots.txt", b"")
        time.passed += 60 * 60
        assert fetcher.get(f"{url}/news").status == 200
    assert site.asked == ["/robots.txt", "/robots.txt", "/news"]


def test_a_site_that_asks_for_a_pause_at_robots_txt_gets_it() -> None:
    site, time = Site(), Time()
    site.has("/robots.txt", status=429, Retry_After="60")
    with asking(site, time) as (url, fetcher):
        said(fetcher, f"{url}/news", NotWelcome)
        said(fetcher, f"{url}/news", NotNow, robots=False)


def test_a_site_that_cannot_be_reached_is_not_asked_for_pages() -> None:
    time = Time()
    with asking(Site(), time, "127.0.0.1:1") as (_, fetcher):
        for page in ("news", "staff"):
            text = said(fetcher, f"http://127.0.0.1:1/{page}", FetchError)
    assert text.startswith("http://127.0.0.1:1/robots.txt: no answer (nothing answers at this address)")
    assert time.slept == []


def test_the_address_is_judged_before_its_robots_txt_is_asked() -> None:
    time = Time()
    with asking(Site(), time) as (_, fetcher):
        assert "is no web address" in said(fetcher, "ftp://clinic.example/", FetchError)


def test_an_inner_address_is_said_to_be_one_also_where_robots_txt_would_be_asked() -> None:
    time = Time()
    with asking(Site(), time) as (_, fetcher):
        assert "inside a private network" in said(fetcher, "http://127.0.0.9/news", FetchError)


def test_each_step_of_a_redirect_obeys_robots_txt() -> None:
    site, time = Site(), Time()
    site.has("/robots.txt", b"User-agent: Publisher\nDisallow: /staff\n")
    site.has("/news", status=302, Location="/staff/news")
    with asking(site, time) as (url, fetcher):
        said(fetcher, f"{url}/news", NotWelcome)
    assert site.asked == ["/robots.txt", "/news"]


def test_a_robots_txt_that_lies_elsewhere_counts() -> None:
    site, time = Site(), Time()
    for step in range(5):
        site.has("/robots.txt" if step == 0 else f"/{step}", status=301, Location=f"/{step + 1}")
    site.has("/5", b"User-agent: *\nDisallow: /news\n")
    with asking(site, time) as (url, fetcher):
        said(fetcher, f"{url}/news", NotWelcome)


def test_of_an_endless_robots_txt_the_beginning_counts() -> None:
    site, time = Site(), Time()
    site.has("/robots.txt", b"User-agent: *\nDisallow: /news\n" + b"#\n" * 1_000_000 + b"Disallow: /\n")
    with asking(site, time) as (url, fetcher):
        said(fetcher, f"{url}/news", NotWelcome)
        assert fetcher.get(f"{url}/staff").status == 404


@pytest.mark.parametrize(("asked", "waits"), [("5", 5), ("0.1", 1), ("600", 30)])
def test_a_site_is_asked_as_slowly_as_its_robots_txt_wants(asked: str, waits: float) -> None:
    site, time = Site(), Time()
    site.has("/robots.txt", f"User-agent: *\nCrawl-delay: {asked}\n".encode())
    with asking(site, time) as (url, fetcher):
        for _ in range(2):
            fetcher.get(f"{url}/news")
    assert time.slept == [waits, waits]
