"""A WebSub hub is told of each feed that changed, once its own address gives the new bytes, and never holds one up."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from lxml import etree

from publisher.actions import websub
from publisher.actions.collect import collect
from publisher.actions.feeds import build_feeds
from publisher.actions.status import status
from publisher.actions.websub import tell_hub
from publisher.app import App
from publisher.links import ENDINGS
from publisher.schedule import tick
from tests.conftest import article_file
from tests.feeds.test_archives import SETTINGS, empty_database
from tests.watchdog import ends

Open = Callable[..., App]
NOW = datetime(2026, 11, 19, 18, 0, tzinfo=UTC)
ATOM = "{http://www.w3.org/2005/Atom}"
SLOW = 60.0
"""Seconds from its first question on for which a server of these tests keeps silent, or until the test is over."""


@dataclass
class Web:
    """What plays the hub and the site's web server: it serves the site folder, and writes down what the hub is told.

    `manner` is how the hub behaves: an HTTP status, `hang` or `drip`. `stale` are paths it does not serve as they are.
    """

    folder: Path
    manner: int | str = 202
    stale: dict[str, bytes] = field(default_factory=dict)
    told: list[dict[str, list[str]]] = field(default_factory=list)
    seen: list[bytes] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)
    until: float | None = None
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def keeps_silent(self, seconds: float) -> bool:
        """Wait so long; whether there is still more of the silence."""
        self.until = self.until or time.monotonic() + SLOW
        return time.monotonic() < self.until and not self.over.wait(seconds)

    @property
    def topics(self) -> list[str]:
        """What the hub was told of since the last look, below the site's address."""
        told = [form["hub.topic"][0].removeprefix(f"{self.url}/feeds/") for form in self.told]
        self.told.clear()
        return sorted(told)


def handler(web: Web) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            web.asked.append(self.path)
            path = web.folder / self.path.lstrip("/")
            body = web.stale.get(self.path) or (path.read_bytes() if path.is_file() else b"")
            self._answer(200 if body else 404, body)

        def do_POST(self) -> None:
            form = self.rfile.read(int(self.headers["Content-Length"])).decode()
            web.told.append(parse_qs(form, strict_parsing=True))
            assert self.headers["Content-Type"] == "application/x-www-form-urlencoded"
            topic = parse_qs(form)["hub.topic"][0]
            web.seen.append((web.folder / topic.removeprefix(f"{web.url}/")).read_bytes())
            if web.manner == "hang":
                while web.keeps_silent(0.05):
                    pass
                return
            if web.manner == "drip":
                self._drip()
                return
            self._answer(int(web.manner), b"")

        def _drip(self) -> None:
            """A body that never ends, a byte at a time: each read succeeds."""
            self.send_response(202)
            self.end_headers()
            try:
                while web.keeps_silent(0.05):
                    self.wfile.write(b".")
                    self.wfile.flush()
            except OSError:
                return

        def _answer(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    return Handler


@pytest.fixture
def web(tmp_path: Path) -> Iterator[Web]:
    """A site folder whose hub and web server are one real server on loopback."""
    web = Web(tmp_path / "site")
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler(web))
    server.daemon_threads = False
    web.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    (web.folder / "content" / "articles").mkdir(parents=True)
    settings = SETTINGS.replace('url = "https://news.example.org"', f'url = "{web.url}"\nhub = "{web.url}/hub"')
    (web.folder / "publisher.toml").write_text(settings)
    (web.folder / "publisher.db").write_bytes(empty_database())
    try:
        yield web
    finally:
        web.over.set()
        server.shutdown()
        server.server_close()
        thread.join(10)
        assert not thread.is_alive()


def written(web: Web, app: App, name: str = "one", **fields: str) -> None:
    article_file(web.folder, name, **{"headline": f"Headline {name}", "topics": "[heart]", **fields})
    collect(app)
    build_feeds(app)


def names(*feeds: str) -> list[str]:
    return sorted(f"{feed}.{ending}" for feed in feeds for ending in ENDINGS)


def at(app: App, **more: float) -> None:
    app.clock = lambda: NOW + timedelta(**more)


def test_the_hub_is_told_of_each_feed_that_changed_and_of_nothing_when_nothing_did(
    web: Web, open_app: Open, database_url: str
) -> None:
    app = open_app(web.folder, NOW, database_url)
    written(web, app)
    assert {told.what for told in tell_hub(app)} == {"told"}
    assert {form["hub.mode"][0] for form in web.told} == {"publish"}
    assert web.topics == names("news", "topics/heart", "languages/en")
    assert tell_hub(app) == []
    at(app, minutes=1)
    build_feeds(app)
    build_feeds(app, everything=True)
    assert tell_hub(app) == []
    at(app, minutes=2)
    written(web, app, "two", topics="[sleep]", language="es")
    tell_hub(app)
    assert web.topics == names("news", "topics/sleep", "languages/es")
    assert status(app).unsaid == ()


def test_the_hub_finds_the_new_bytes_when_it_is_told(web: Web, open_app: Open) -> None:
    app = open_app(web.folder, NOW)
    written(web, app)
    tell_hub(app)
    served = {(web.folder / "feeds" / name).read_bytes() for name in names("news", "topics/heart", "languages/en")}
    assert set(web.seen) == served


def test_the_hub_is_told_nothing_while_the_feeds_own_address_gives_old_bytes(web: Web, open_app: Open) -> None:
    app = open_app(web.folder, NOW)
    written(web, app)
    tell_hub(app)
    web.topics  # noqa: B018
    before = {f"/feeds/{name}": (web.folder / "feeds" / name).read_bytes() for name in names("news")}
    web.stale.update(before)
    at(app, minutes=1)
    written(web, app, "two")
    late = [told for told in tell_hub(app) if told.what == "later"]
    assert sorted(told.url for told in late) == sorted(f"{web.url}/feeds/{name}" for name in names("news"))
    assert all("does not give the new feed yet" in (told.why or "") for told in late)
    assert web.topics == names("topics/heart", "languages/en")
    web.stale.clear()
    at(app, minutes=2)
    assert {told.what for told in tell_hub(app)} == {"told"}
    assert web.topics == names("news")


def test_a_tick_of_the_service_tells_the_hub(web: Web, open_app: Open) -> None:
    app = open_app(web.folder, NOW)
    written(web, app)
    tick(app)
    assert web.topics == names("news", "topics/heart", "languages/en")
    at(app, minutes=1)
    assert tick(app) == []
    assert web.topics == []


def test_feeds_name_the_hub_and_themselves_and_archives_only_themselves(web: Web, open_app: Open) -> None:
    app = open_app(web.folder, NOW)
    written(web, app)
    at(app, days=20)
    written(web, app, "two")
    for path, hubs in (("news", 1), ("topics/heart", 1), ("archive/news/2026-11", 0)):
        for ending in ("rss", "atom"):
            root = etree.fromstring((web.folder / "feeds" / f"{path}.{ending}").read_bytes())
            links = [(link.get("rel"), link.get("href")) for link in root.iter(f"{ATOM}link")]
            assert [href for rel, href in links if rel == "hub"] == hubs * [f"{web.url}/hub"]
            assert [href for rel, href in links if rel == "self"] == [f"{web.url}/feeds/{path}.{ending}"]


@pytest.mark.parametrize("manner", [500, 404, "hang", "drip", "down"])
def test_a_hub_in_trouble_holds_up_nothing_and_is_tried_again_with_growing_pauses(
    web: Web, open_app: Open, manner: int | str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(websub, "_SECONDS", 0.2)
    if manner == "down":
        toml = web.folder / "publisher.toml"
        toml.write_text(toml.read_text().replace(f"{web.url}/hub", "http://127.0.0.1:1/hub"))
    else:
        web.manner = manner
    app = open_app(web.folder, NOW)
    written(web, app)
    assert (web.folder / "feeds" / "news.rss").is_file()
    with ends(SLOW / 2):
        told = tell_hub(app)
    assert {one.what for one in told} == {"later"}
    assert len(told) == len(names("news", "topics/heart", "languages/en"))
    unsaid = status(app).unsaid
    assert {(ping.url, ping.attempts, bool(ping.trouble)) for ping in unsaid} == {(one.url, 1, True) for one in told}
    assert tell_hub(app) == [], "tried again at once"
    pauses, before = [], NOW
    for _ in range(3):
        due = max(ping.due_at for ping in status(app).unsaid if ping.due_at)
        pauses.append(due - before)
        app.clock = lambda due=due: due - timedelta(seconds=1)  # type: ignore[misc]
        assert tell_hub(app) == []
        app.clock = lambda due=due: due  # type: ignore[misc]
        assert len(tell_hub(app)) == len(told)
        before = due
    assert all(later > earlier for earlier, later in pairwise(pauses)), pauses
    monkeypatch.setattr(websub, "_SECONDS", 10)  # the hub is well again; a machine with much to do needs longer
    web.manner = 202
    web.told.clear()
    if manner != "down":
        app.clock = lambda: NOW + timedelta(hours=3)
        assert {one.what for one in tell_hub(app)} == {"told"}
        assert web.topics == names("news", "topics/heart", "languages/en")
        assert status(app).unsaid == ()


def test_after_a_day_it_is_given_up_until_the_feed_changes_again(web: Web, open_app: Open) -> None:
    web.manner = 500
    app = open_app(web.folder, NOW)
    written(web, app)
    attempts, ends = 0, []
    for minutes in range(0, 26 * 60, 60):
        at(app, minutes=minutes)
        told = tell_hub(app)
        attempts += bool(told)
        ends += [one.what for one in told if one.what == "given up"]
    assert len(ends) == len(names("news", "topics/heart", "languages/en"))
    assert attempts == 25  # at each of the hours up to the end of the day
    assert status(app).unsaid == ()
    web.told.clear()
    web.manner = 202
    at(app, days=3)
    assert tell_hub(app) == []
    written(web, app, "two", topics="[sleep]")
    assert {one.what for one in tell_hub(app)} == {"told"}
    assert web.topics == names("news", "topics/sleep", "languages/en")


def test_a_feed_that_changes_again_before_the_hub_is_back_is_told_once_as_it_is_then(web: Web, open_app: Open) -> None:
    web.manner = 500
    app = open_app(web.folder, NOW)
    written(web, app)
    tell_hub(app)
    at(app, minutes=10)
    written(web, app, "two")
    web.manner = 202
    web.told.clear()
    web.seen.clear()
    assert {one.what for one in tell_hub(app)} == {"told"}
    assert web.topics == names("news", "topics/heart", "languages/en")
    assert (web.folder / "feeds" / "news.atom").read_bytes() in web.seen
    assert tell_hub(app) == []


def test_a_site_whose_web_server_is_down_waits_without_asking_the_hub(web: Web, open_app: Open) -> None:
    toml = web.folder / "publisher.toml"
    toml.write_text(toml.read_text().replace(f'url = "{web.url}"', 'url = "http://127.0.0.1:1"'))
    app = open_app(web.folder, NOW)
    written(web, app)
    told = tell_hub(app)
    assert {one.what for one in told} == {"later"}
    assert all("127.0.0.1:1" in (one.why or "") for one in told)
    assert web.told == []


def test_without_a_hub_nobody_is_asked_and_nothing_is_kept(web: Web, open_app: Open) -> None:
    toml = web.folder / "publisher.toml"
    toml.write_text(toml.read_text().replace(f'hub = "{web.url}/hub"', ""))
    app = open_app(web.folder, NOW)
    written(web, app)
    assert tell_hub(app) == []
    assert (web.told, web.asked, status(app).unsaid) == ([], [], ())
