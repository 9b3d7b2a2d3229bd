"""Pages are asked whether they are there, once each, and never within the house's own network."""

import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from publisher.actions.linkcheck import MOST_LINKS, dead_links
from publisher.fetching import Fetcher

ALLOWED = ("127.0.0.1",)


class Pages(BaseHTTPRequestHandler):
    """/200 answers with 200 and so on; /to/… sends on; some pages answer HEAD otherwise than GET."""

    asked: list[str]

    def answer(self) -> None:
        self.asked.append(f"{self.command} {self.path}")
        page = self.path.partition("?")[0]
        if page == "/slow":
            self.server.stop.wait(10)  # type: ignore[attr-defined]
            return
        if page.startswith("/to/"):
            self.send_response(302)
            self.send_header("Location", self.path.removeprefix("/to/"))
        elif page in ("/no-head", "/gone-by-head"):
            refusal = 405 if page == "/no-head" else 404
            self.send_response(refusal if self.command == "HEAD" else 200)
        elif page == "/round":
            self.send_response(301)
            self.send_header("Location", "/round")
        else:
            self.send_response(int(page[1:]))
        body = b"" if self.command == "HEAD" else b"x" * 1000
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_HEAD = answer  # noqa: N815

    def log_message(self, *_: object) -> None:
        pass


class Site:
    """A real web server on one of this machine's own numbers."""

    def __init__(self, number: str) -> None:
        self.asked: list[str] = []
        self.server = ThreadingHTTPServer((number, 0), type("Handler", (Pages,), {"asked": self.asked}))
        self.server.stop = threading.Event()  # type: ignore[attr-defined]
        self.url = f"http://{number}:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02})
        self.thread.start()

    def close(self) -> None:
        self.server.stop.set()  # type: ignore[attr-defined]
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site("127.0.0.1")
    yield site
    site.close()


@pytest.fixture
def inside() -> Iterator[Site]:
    """A server that is not among the allowed: the house's own network."""
    site = Site("127.0.0.2")
    yield site
    site.close()


@pytest.fixture
def fetcher() -> Iterator[Fetcher]:
    with Fetcher(seconds=5) as fetcher:
        yield fetcher


def test_a_page_that_is_there_is_asked_once_and_not_read(site: Site, fetcher: Fetcher) -> None:
    urls = [f"{site.url}/200", f"{site.url}/200#below", f"{site.url}/200", f"{site.url}/204"]
    assert dead_links(fetcher, urls, allowed=ALLOWED) == []
    assert site.asked == ["HEAD /200", "HEAD /204"]


@pytest.mark.parametrize(
    ("status", "code", "severity"),
    [
        (404, "link-dead", "error"), (410, "link-dead", "error"), (500, "link-unsure", "warning"),
        (503, "link-unsure", "warning"), (400, "link-unsure", "warning"), (403, "link-guarded", "note"),
        (401, "link-guarded", "note"), (429, "link-guarded", "note"),
    ],
)  # fmt: skip
def test_each_answer_has_its_finding(site: Site, fetcher: Fetcher, status: int, code: str, severity: str) -> None:
    url = f"{site.url}/{status}"
    (finding,) = dead_links(fetcher, [url], allowed=ALLOWED)
    assert (finding.code, finding.severity, finding.place) == (code, severity, url)
    assert f"({status})" in finding.mend or f"with {status}" in finding.mend


@pytest.mark.parametrize("page", ["/no-head", "/gone-by-head"])
def test_where_head_is_refused_what_is_said_to_get_counts(site: Site, fetcher: Fetcher, page: str) -> None:
    assert dead_links(fetcher, [site.url + page], allowed=ALLOWED) == []
    assert site.asked == [f"HEAD {page}", f"GET {page}"]


def test_a_page_that_sends_on_is_judged_by_where_it_sends_to(site: Site, fetcher: Fetcher) -> None:
    urls = [f"{site.url}/to//200", f"{site.url}/to/{site.url}/404"]
    (finding,) = dead_links(fetcher, urls, allowed=ALLOWED)
    assert (finding.code, finding.place) == ("link-dead", urls[1])


def test_a_page_that_sends_on_without_end_is_found(site: Site, fetcher: Fetcher) -> None:
    (finding,) = dead_links(fetcher, [f"{site.url}/round"], allowed=ALLOWED)
    assert (finding.code, len(site.asked)) == ("link-unsure", 6)


def test_nothing_within_the_house_is_asked(inside: Site, fetcher: Fetcher) -> None:
    port = inside.server.server_port
    urls = [
        f"{inside.url}/200",
        f"http://localhost:{port}/200",
        f"http://0x7f.2:{port}/200",
        f"http://2130706434:{port}/",
    ]
    assert dead_links(fetcher, urls) == []
    assert inside.asked == []


def test_a_page_that_sends_into_the_house_is_not_followed_there(site: Site, inside: Site, fetcher: Fetcher) -> None:
    (finding,) = dead_links(fetcher, [f"{site.url}/to/{inside.url}/200"], allowed=ALLOWED)
    assert finding.code == "link-unsure"
    assert inside.asked == []


def test_a_name_outside_that_means_a_machine_inside_is_not_asked(
    inside: Site, fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    def resolved(host: str, *_: object, **__: object) -> list[object]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.2", 0))]

    monkeypatch.setattr(socket, "getaddrinfo", resolved)
    assert dead_links(fetcher, [f"http://www.outside.org:{inside.server.server_port}/200"]) == []
    assert inside.asked == []


@pytest.mark.parametrize("code", ["link-dead", "link-unsure"])
def test_a_host_that_is_not_there_is_dead_only_where_others_answer(
    site: Site, fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    known = socket.getaddrinfo

    def unknown(host: str, *args: Any, **more: Any) -> list[Any]:
        if host == "127.0.0.1":
            return known(host, *args, **more)
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    urls = ["https://www.no-such-hospital.org/"] + ([f"{site.url}/404"] if code == "link-dead" else [])
    found = {finding.place: finding.code for finding in dead_links(fetcher, urls, allowed=ALLOWED)}
    assert found["https://www.no-such-hospital.org/"] == code


def test_a_server_that_does_not_answer_in_time_makes_unsure(site: Site) -> None:
    with Fetcher(seconds=0.3) as impatient:
        (finding,) = dead_links(impatient, [f"{site.url}/slow"], allowed=ALLOWED)
    assert (finding.code, finding.severity) == ("link-unsure", "warning")
    assert "no answer" in finding.mend


def test_nobody_at_an_address_makes_unsure(fetcher: Fetcher) -> None:
    (finding,) = dead_links(fetcher, ["http://127.0.0.1:1/"], allowed=ALLOWED)
    assert finding.mend.startswith("no answer (nothing answers at this address)")


def test_only_so_many_are_asked_and_that_is_said(site: Site, fetcher: Fetcher) -> None:
    done: list[tuple[int, int]] = []
    urls = [f"{site.url}/200?{number}" for number in range(MOST_LINKS + 3)]
    (finding,) = dead_links(fetcher, urls, allowed=ALLOWED, progress=lambda one, of: done.append((one, of)))
    assert (finding.code, finding.severity) == ("links-unasked", "note")
    assert finding.mend.startswith("3 links were not asked")
    assert (len(site.asked), done[-1]) == (MOST_LINKS, (MOST_LINKS, MOST_LINKS))


def test_when_the_time_is_over_no_more_are_asked(site: Site, fetcher: Fetcher) -> None:
    moments = iter([0.0, 0.0, 30.0, 61.0])
    urls = [f"{site.url}/200?{number}" for number in range(3)]
    (finding,) = dead_links(fetcher, urls, allowed=ALLOWED, seconds=60, clock=lambda: next(moments))
    assert finding.mend.startswith("1 link was not asked")
    assert len(site.asked) == 2


def test_names_for_examples_are_not_asked(fetcher: Fetcher) -> None:
    assert (
        dead_links(fetcher, ["https://news.alderbay.example/a", "https://example.com/", "mailto:a@b.org", "#x"]) == []
    )


@settings(max_examples=50, deadline=None)
@given(st.lists(st.one_of(st.text(), st.text().map(lambda host: f"http://{host}.example/")), max_size=5))
def test_no_address_is_too_broken_to_be_passed_over(urls: list[str]) -> None:
    with Fetcher(seconds=1) as fetcher:
        dead_links(fetcher, [url for url in urls if not url.startswith("http") or url.endswith(".example/")])
