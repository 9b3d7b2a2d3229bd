"""The published site over real HTTP: `publisher serve` itself, and nginx and Caddy as docs/serving.md sets them up."""

import gzip
import hashlib
import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import formatdate, parsedate_to_datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from publisher.actions.approving import approve_issue
from publisher.actions.articles import withdraw_article
from publisher.actions.collect import collect
from publisher.actions.feeds import build_feeds
from publisher.actions.issues import draft_issue
from publisher.actions.pages import article_page
from publisher.actions.sending import send_issue
from publisher.store import issues
from tests.conftest import NOW, ROOT, article_file, opened, take_in

pytestmark = pytest.mark.long

GARDEN = "/a/harbor-garden-reopens-with-a-path-for-everyone"
ISSUE = "/issues/health-weekly/2026-W48"
ARCHIVE = "/feeds/archive/news/2026-10.rss"
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src *; base-uri 'none'; frame-ancestors 'none'"


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes


def ask(url: str, target: str, method: str = "GET", **headers: str) -> Answer:
    """One request on a connection of its own. The target is sent as it stands; header names use _ for -."""
    with closing(http.client.HTTPConnection(urlsplit(url).netloc, timeout=20)) as connection:
        connection.putrequest(method, target, skip_accept_encoding=True)
        for name, value in headers.items():
            connection.putheader(name.replace("_", "-"), value)
        connection.endheaders()
        answer = connection.getresponse()
        names = [name.lower() for name, _ in answer.getheaders()]
        assert len(names) == len(set(names)), f"a header is there twice: {names}"
        return Answer(answer.status, {n.lower(): v for n, v in answer.getheaders()}, answer.read())


@contextmanager
def running(process: subprocess.Popen[str]) -> Iterator[None]:
    """End a process that is still there, by its own id."""
    try:
        yield
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(10)
        for stream in (process.stdout, process.stderr):
            if stream:
                stream.close()


def command(folder: Path, port: int = 0) -> list[str]:
    now = NOW.isoformat()
    words = ["serve", "--site", str(folder), "--port", str(port), "--now", now, "--json"]
    return [sys.executable, "-m", "publisher.cli", *words]


@contextmanager
def started(folder: Path, **environment: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """`publisher serve` as a process, once it listens, and its URL."""
    process = subprocess.Popen(
        command(folder), text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=os.environ | environment
    )
    with running(process):
        assert process.stdout
        told = "".join(process.stdout.readline() for _ in range(3))
        assert told, process.communicate(timeout=20)
        yield json.loads(told)["url"], process


def build(folder: Path, now: datetime = NOW) -> None:
    with opened(folder, now) as app:
        assert collect(app).problems == []
        build_feeds(app)


@dataclass(frozen=True, slots=True)
class House:
    """The sample site, served: with a closed archive, a sent issue, a drafted one, and a withdrawn article."""

    folder: Path
    url: str

    def ask(self, target: str, method: str = "GET", **headers: str) -> Answer:
        return ask(self.url, target, method, **headers)

    @property
    def image(self) -> str:
        return f"/images/{min((self.folder / 'images').iterdir()).name}"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("house")
    shutil.copytree(ROOT / "content", folder / "content")
    for name in ("publisher.toml", "subscribers.example.csv"):
        shutil.copy(ROOT / name, folder)
    build(folder, NOW - timedelta(days=30))  # what was published in October has an archive in November
    build(folder)
    with opened(folder) as app:
        weekly = app.newsletter(None)
        take_in(app, folder / "subscribers.example.csv")
        draft_issue(app, weekly)
        approve_issue(app, weekly, "2026-W48", who="ana")
        assert send_issue(app, weekly, "2026-W48").issue.state == "sent"
        draft_issue(app, weekly, week="2026-W49")
        withdraw_article(app, "where-to-park-while-the-east-lot-is-closed", why="The lot is open again.")
        build_feeds(app)
    with started(folder) as (url, _):
        yield House(folder, url)


# Headers


def own_link(path: str) -> str:
    return f'<https://news.alderbay.example{path}>; rel="self"'


@pytest.mark.parametrize(
    ("path", "kind", "kept"),
    [
        ("/feeds/news.rss", "application/rss+xml; charset=utf-8", "public, max-age=300"),
        ("/feeds/news.atom", "application/atom+xml; charset=utf-8", "public, max-age=300"),
        ("/feeds/news.json", "application/feed+json; charset=utf-8", "public, max-age=300"),
        ("/feeds/topics/heart.json", "application/feed+json; charset=utf-8", "public, max-age=300"),
        (ARCHIVE, "application/rss+xml; charset=utf-8", "public, max-age=3600"),
        ("/feeds/news.html", "text/html; charset=utf-8", "public, max-age=300"),
        ("/feeds/index.opml", "text/x-opml; charset=utf-8", "public, max-age=300"),
        ("image", "image/jpeg", "public, max-age=31536000, immutable"),
    ],
)
def test_a_published_file_has_the_documented_headers(house: House, path: str, kind: str, kept: str) -> None:
    path = house.image if path == "image" else path
    is_polled = path.endswith((".rss", ".atom", ".json")) and path != ARCHIVE
    file = house.folder / path[1:]
    answer = house.ask(path)
    told = {name: value for name, value in answer.headers.items() if name != "date"}
    expected = {
        "content-type": kind,
        "content-length": str(file.stat().st_size),
        "cache-control": kept,
        "x-content-type-options": "nosniff",
        "last-modified": formatdate(int(file.stat().st_mtime), usegmt=True),
        "etag": told["etag"],
    }
    if path.startswith("/feeds/"):
        expected["vary"] = "Accept-Encoding"
    if is_polled:
        expected["link"] = own_link(path)
    if path.endswith((".rss", ".atom", ".json", ".opml")):
        expected["access-control-allow-origin"] = "*"
    if path.endswith(".html"):
        expected["content-security-policy"] = POLICY
    assert (answer.status, answer.body) == (200, file.read_bytes())
    assert told == expected
    assert re.fullmatch(r'"[^"]+"', told["etag"])


def test_a_feed_names_its_hub_in_the_link_header(site: Path) -> None:
    article_file(site, "one", headline="One", date="2026-11-20")
    hub = "https://hub.example.org/"
    settings = (site / "publisher.toml").read_text()
    (site / "publisher.toml").write_text(settings.replace("[site]\n", f'[site]\nhub = "{hub}"\n'))
    build(site)
    with started(site) as (url, _):
        for path in ("/feeds/news.rss", "/feeds/news.atom", "/feeds/news.json"):
            assert ask(url, path).headers["link"] == f'<{hub}>; rel="hub", {own_link(path)}'


def test_the_tag_is_the_same_for_the_same_bytes_and_another_after_a_change(site: Path) -> None:
    article_file(site, "one", headline="One", date="2026-11-20")
    build(site)
    with started(site) as (url, _):
        first = ask(url, "/feeds/news.rss")
        os.utime(site / "feeds" / "news.rss", (NOW.timestamp(), NOW.timestamp()))
        touched = ask(url, "/feeds/news.rss")
        assert touched.headers["etag"] == first.headers["etag"]
        assert touched.headers["last-modified"] == formatdate(NOW.timestamp(), usegmt=True)
        article_file(site, "one", headline="One, mended", date="2026-11-20")
        build(site, NOW + timedelta(hours=1))
        changed = ask(url, "/feeds/news.rss")
        assert b"One, mended" in changed.body
        assert changed.headers["etag"] != first.headers["etag"]
        assert ask(url, "/feeds/news.rss", If_None_Match=first.headers["etag"]).status == 200
        article_file(site, "one", headline="One", date="2026-11-20")
        shutil.copy(site / "feeds" / "news.rss", site / "feeds" / "copy.rss")
        assert ask(url, "/feeds/copy.rss").headers["etag"] == changed.headers["etag"]


# Conditional requests


def later(date: str, seconds: int) -> str:
    return formatdate(parsedate_to_datetime(date).timestamp() + seconds, usegmt=True)


@pytest.mark.parametrize("path", ["/feeds/news.rss", "/feeds/news.html", ARCHIVE, "image"])
def test_either_validator_alone_is_enough_for_a_304(house: House, path: str) -> None:
    path = house.image if path == "image" else path
    full = house.ask(path)
    tag, date = full.headers["etag"], full.headers["last-modified"]
    asked: list[dict[str, str]] = [
        {"If_None_Match": tag},
        {"If_None_Match": f"W/{tag}"},
        {"If_None_Match": f'"other", {tag}'},
        {"If_None_Match": f'W/"other" ,W/{tag},"more"'},
        {"If_None_Match": "*"},
        {"If_None_Match": tag, "If_Modified_Since": later(date, -3600)},
        {"If_Modified_Since": date},
        {"If_Modified_Since": later(date, 86400)},
    ]
    for headers in asked:
        for method in ("GET", "HEAD"):
            answer = house.ask(path, method, **headers)
            assert (answer.status, answer.body) == (304, b""), headers
            body_headers = {"content-type", "content-length", "content-encoding"}
            assert not body_headers & answer.headers.keys()
            for name in full.headers.keys() - body_headers - {"date"}:
                assert answer.headers[name] == full.headers[name]


def test_the_tag_of_either_encoding_gives_a_304(house: House) -> None:
    plain = house.ask("/feeds/news.rss").headers["etag"]
    zipped = house.ask("/feeds/news.rss", Accept_Encoding="gzip").headers["etag"]
    assert house.ask("/feeds/news.rss", If_None_Match=zipped, Accept_Encoding="gzip").status == 304
    assert house.ask("/feeds/news.rss", If_None_Match=plain, Accept_Encoding="gzip").status == 304


def test_a_304_has_the_tag_that_the_whole_answer_would_have(house: House) -> None:
    """RFC 9110, section 15.4.5: else a cache gives its compressed copy the tag of the plain one."""
    zipped = house.ask("/feeds/news.rss", Accept_Encoding="gzip").headers["etag"]
    again = house.ask("/feeds/news.rss", Accept_Encoding="gzip", If_None_Match=zipped)
    assert (again.status, again.headers["etag"]) == (304, zipped)


def test_a_validator_that_does_not_fit_or_means_nothing_gets_the_whole_answer(house: House) -> None:
    full = house.ask("/feeds/news.rss")
    tag, date = full.headers["etag"], full.headers["last-modified"]
    asked: list[dict[str, str]] = [
        {"If_None_Match": '"other"'},
        {"If_None_Match": '""'},
        {"If_None_Match": "garbage"},
        {"If_None_Match": '"'},
        {"If_None_Match": ",,,"},
        {"If_None_Match": f'"{tag[1:10]}"'},
        {"If_None_Match": '"other"', "If_Modified_Since": date},
        {"If_Modified_Since": later(date, -1)},
        {"If_Modified_Since": "Thu, 01 Jan 1970 00:00:00 GMT"},
        {"If_Modified_Since": "yesterday"},
        {"If_Modified_Since": ""},
        {"If_Modified_Since": "0"},
        {"If_Modified_Since": "Mon, 99 Foo 99999 99:99:99 GMT"},
        {"If_Modified_Since": "9" * 400},
        {"If_Modified_Since": "Môn, 23 Nov 2026"},
    ]
    for headers in asked:
        answer = house.ask("/feeds/news.rss", **headers)
        assert (answer.status, answer.body) == (200, full.body), headers


# Compression


@pytest.mark.parametrize(
    "accepted", ["gzip", "GZIP", "deflate, gzip;q=0.5, br", "*", "gzip;q=0.001", "identity;q=0, *"]
)
def test_a_reader_that_accepts_gzip_gets_it(house: House, accepted: str) -> None:
    for path in ("/feeds/news.rss", "/feeds/news.atom", "/feeds/news.json", "/feeds/news.html", "/feeds/index.opml"):
        plain, zipped = house.ask(path), house.ask(path, Accept_Encoding=accepted)
        assert zipped.headers["content-encoding"] == "gzip"
        assert zipped.headers["content-length"] == str(len(zipped.body))
        assert gzip.decompress(zipped.body) == plain.body
        assert len(zipped.body) < len(plain.body)
        assert zipped.headers["etag"] != plain.headers["etag"]
        assert "content-encoding" not in plain.headers


@pytest.mark.parametrize(
    "refused", ["", "identity", "gzip;q=0", "gzip; q=0.000", "*;q=0", "br", "*, gzip;q=0", "gzipped", ";;,q=1"]
)
def test_a_reader_that_does_not_accept_gzip_gets_plain_bytes(house: House, refused: str) -> None:
    answer = house.ask("/feeds/news.rss", Accept_Encoding=refused)
    assert "content-encoding" not in answer.headers
    assert answer.headers["vary"] == "Accept-Encoding"
    assert answer.body == (house.folder / "feeds" / "news.rss").read_bytes()


def test_a_picture_is_not_compressed(house: House) -> None:
    answer = house.ask(house.image, Accept_Encoding="gzip")
    assert not {"content-encoding", "vary"} & answer.headers.keys()


# Methods and paths


@pytest.mark.parametrize("path", ["/feeds/news.rss", ARCHIVE, "/feeds/news.html", "image", "/", GARDEN, ISSUE, "/a/no"])
@pytest.mark.parametrize("accepted", ["identity", "gzip"])
def test_head_is_get_without_the_body(house: House, path: str, accepted: str) -> None:
    path = house.image if path == "image" else path
    get, head = (house.ask(path, method, Accept_Encoding=accepted) for method in ("GET", "HEAD"))
    assert head.body == b""
    assert (head.status, head.headers | {"date": ""}) == (get.status, get.headers | {"date": ""})


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
@pytest.mark.parametrize(
    "path", ["/feeds/news.rss", ARCHIVE, "/feeds/news.html", "/feeds/none.rss", "/images/none.jpg", "/", GARDEN, ISSUE]
)
def test_no_address_can_be_written_to(house: House, method: str, path: str) -> None:
    answer = house.ask(path, method)
    assert answer.status == 405
    assert {"GET", "HEAD"} <= set(answer.headers["allow"].split(", "))


@pytest.mark.parametrize(
    "target",
    [
        "/feeds/.lock",
        "/feeds/.news.rss",
        "/.git/config",
        "/feeds/../publisher.toml",
        "/feeds/%2e%2e/publisher.toml",
        "/feeds/..%2fpublisher.toml",
        "/feeds/%2e%2e/feeds/news.rss",
        "/feeds/./news.rss",
        "/feeds/..\\publisher.toml",
        "/feeds/topics\\heart.rss",
        "/feeds/%5cnews.rss",
        "/feeds/news.rss%00",
        "/feeds/%00.rss",
        "/feeds//news.rss",
        "//feeds/news.rss",
        "/feeds/news.rss/",
        "/feeds/news.rss.gz",
        "/feeds/news",
        "/feeds/",
        "/feeds",
        "/feeds/topics",
        "/FEEDS/news.rss",
        "/feeds/%ff.rss",
        "/publisher.db",
        "/publisher.toml",
        "/images/../publisher.db",
        "/images/",
        "/files/none.pdf",
        "/content/articles/2026-11-05-pot-of-beans.md",
        "/a/",
        "/a/%00",
        "/a/%ff",
        "/a/none",
        "/a/harbor-garden-reopens-with-a-path-for-everyone/more",
        "/issues/health-weekly",
        "/issues/none/2026-W48",
        "/issues/health-weekly/..%2f..",
        "/issues/%00/%00",
        f"/feeds/{'x' * 9000}.rss",
        f"/feeds/{'x/' * 4500}news.rss",
        f"/a/{'x' * 9000}",
    ],
    ids=lambda target: target[:48],
)
def test_there_is_nothing_where_nothing_was_published(house: House, target: str) -> None:
    answer = house.ask(target)
    assert answer.status == 404
    assert answer.headers["content-type"].startswith("text/plain")
    assert house.ask(target, "HEAD").status == 404


def test_a_query_does_not_change_what_is_there(house: House) -> None:
    assert house.ask("/feeds/news.rss?from=mail").status == 200


def test_strange_names_are_unknown_to_any_database(site: Path, database_url: str) -> None:
    article_file(site, "one", headline="One", date="2026-11-20")
    with started(site, PUBLISHER_STORE__URL=database_url) as (url, _):
        for target in ("/a/%00", "/a/%ff", "/a/one%00", "/issues/%00/2026-W48", "/issues/health-weekly/%00"):
            assert ask(url, target).status == 404, target


def test_the_path_of_the_public_address_may_be_there_or_cut_off(site: Path) -> None:
    article_file(site, "one", headline="One", date="2026-11-20")
    settings = (site / "publisher.toml").read_text()
    home = "http://127.0.0.1:1/news"
    (site / "publisher.toml").write_text(settings.replace("https://news.alderbay.example", home))
    build(site)
    with started(site) as (url, _):
        for prefix in ("/news", ""):
            for path in ("/feeds/news.rss", "/feeds/news.html", "/a/one"):
                answer = ask(url, prefix + path)
                assert answer.status == 200, prefix + path
                if path.endswith(".rss"):
                    assert answer.headers["link"] == f'<{home}/feeds/news.rss>; rel="self"'
            start = ask(url, f"{prefix}/")
            assert (start.status, start.headers["location"]) == (302, "feeds/news.html")
        for path in ("/newsfeeds/news.rss", "/news/news/feeds/news.rss", "/other/feeds/news.rss"):
            assert ask(url, path).status == 404, path


# Pages


def test_the_first_page_leads_to_the_page_about_the_feed(house: House) -> None:
    answer = house.ask("/")
    assert (answer.status, answer.headers["location"]) == (302, "feeds/news.html")


def test_an_article_without_an_address_elsewhere_has_a_page(house: House) -> None:
    answer = house.ask(GARDEN)
    assert (answer.status, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "There is a bench at every bend" in answer.body.decode()
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert house.ask(GARDEN, If_None_Match=answer.headers["etag"]).status == 304


def test_an_article_under_embargo_is_unknown(house: House) -> None:
    slug = "/a/this-years-lighthouse-award-goes-to-the-night-cleaning-crew"
    with opened(house.folder, NOW + timedelta(days=7)) as app:
        assert article_page(app, slug.removeprefix("/a/")).state == "here"
    answer = house.ask(slug)
    assert answer.status == 404
    assert answer.body == house.ask("/a/none").body


def test_a_withdrawn_article_is_gone(house: House) -> None:
    answer = house.ask("/a/where-to-park-while-the-east-lot-is-closed")
    assert (answer.status, answer.headers["content-type"]) == (410, "text/html; charset=utf-8")
    assert b"east lot is closed" not in answer.body.lower()


def test_a_sent_issue_is_shown_without_personal_parts(house: House) -> None:
    answer = house.ask(ISSUE)
    shown = answer.body.decode()
    assert (answer.status, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "Get your flu shot on the way home" in shown
    with opened(house.folder) as app, app.database.read() as connection:
        issue = issues.find(connection, "health-weekly", "2026-W48")
    assert issue and issue.edition
    for name in ("EMAIL", "UNSUBSCRIBE", "PREFERENCES", "GREETING"):
        assert issue.edition.token(name) not in shown
    assert issue.edition.nonce not in shown
    assert "/unsubscribe" not in shown
    assert "/preferences" not in shown
    for line in (house.folder / "subscribers.example.csv").read_text().splitlines()[1:]:
        assert line.split(",")[0] not in shown


@pytest.mark.parametrize("period", ["2026-W49", "2026-W50", "2026-w48", "latest"])
def test_an_issue_that_was_not_sent_is_unknown(house: House, period: str) -> None:
    assert house.ask(f"/issues/health-weekly/{period}").status == 404


# The process


def test_told_to_stop_it_ends_well_and_soon(site: Path) -> None:
    article_file(site, "one", headline="One", date="2026-11-20")
    build(site)
    with started(site) as (url, process), closing(http.client.HTTPConnection(urlsplit(url).netloc, timeout=20)) as idle:
        idle.request("GET", "/feeds/news.rss")
        assert idle.getresponse().read()
        process.send_signal(signal.SIGTERM)
        _, talk = process.communicate(timeout=20)
        assert process.returncode == 0, talk
        assert "Traceback" not in talk
        with pytest.raises(ConnectionRefusedError):
            ask(url, "/feeds/news.rss")


def test_a_port_in_use_is_one_line_and_exit_code_1(site: Path) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
        done = subprocess.run(command(site, port), text=True, capture_output=True, timeout=60)
    assert (done.returncode, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"publisher: cannot listen at 127.0.0.1 port {port} (Address already in use")


def test_a_tag_never_stands_for_two_bodies_while_the_feed_is_rebuilt(site: Path) -> None:
    def publish(number: int) -> None:
        article_file(site, "one", headline=f"One {'AB'[number % 2]}", date="2026-11-20")
        build(site, NOW + timedelta(minutes=number))

    publish(0)
    seen: list[tuple[str, bytes]] = []
    done = threading.Event()

    def read(url: str, accepted: str) -> None:
        for number in range(500):
            if done.wait(0.02) and number >= 50:
                return
            answer = ask(url, "/feeds/news.rss", Accept_Encoding=accepted)
            assert answer.status == 200
            seen.append((answer.headers["etag"], answer.body))

    with started(site) as (url, _):
        readers = [threading.Thread(target=read, args=(url, accepted)) for accepted in ("gzip", "identity") * 2]
        for reader in readers:
            reader.start()
        try:
            for number in range(1, 51):
                publish(number)
        finally:
            done.set()
            for reader in readers:
                reader.join(60)
        last = ask(url, "/feeds/news.rss")
    assert len(seen) >= 200
    bodies: dict[str, set[str]] = {}
    texts: dict[str, set[bytes]] = {}
    for tag, body in seen:
        bodies.setdefault(tag, set()).add(hashlib.sha256(body).hexdigest())
        text = gzip.decompress(body) if body.startswith(b"\x1f\x8b") else body
        texts.setdefault(tag.replace("-gzip", ""), set()).add(text)
    assert {tag: len(found) for tag, found in bodies.items() if len(found) != 1} == {}
    assert {tag: len(found) for tag, found in texts.items() if len(found) != 1} == {}
    assert len(texts) > 10, "the readers saw too few of the builds for this to say anything"
    assert last.body == (site / "feeds" / "news.rss").read_bytes()


# nginx and Caddy, as the page sets them up


def block(language: str) -> str:
    """The configuration that docs/serving.md gives."""
    found = re.findall(rf"^```{language}\n(.*?)^```", (ROOT / "docs" / "serving.md").read_text(), re.DOTALL | re.M)
    assert len(found) == 1
    return str(found[0])


def changed(text: str, *changes: tuple[str, str]) -> str:
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    return text


def free_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as found:
        return int(found.getsockname()[1])


@contextmanager
def listening(command: list[str], port: int, folder: Path) -> Iterator[str]:
    """A server as a process, once it accepts connections."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder)}
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log, text=True)
    with running(process):
        end = time.monotonic() + 20
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                assert process.poll() is None and time.monotonic() < end, (folder / "log").read_text()
                time.sleep(0.02)
        yield f"http://127.0.0.1:{port}/"


def program(name: str, package: str) -> str:
    found = shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin")
    if found is None:
        pytest.skip(f"{name} is not installed: apt-get install {package}")
    return found


@contextmanager
def nginx(site: Path, backend: str, folder: Path, configuration: str) -> Iterator[str]:
    """nginx on a free port. What Debian's nginx.conf says around the block is said here for a folder of its own."""
    binary, port = program("nginx", "nginx-light"), free_port()
    server = changed(
        configuration,
        ("listen 80;", f"listen 127.0.0.1:{port};"),
        ("    listen [::]:80;\n", ""),
        ("/srv/alderbay", str(site)),
        ("http://127.0.0.1:8000", backend.rstrip("/")),
        ("/var/log/nginx/error.log", f"{folder}/error.log"),
    )
    temporary = " ".join(
        f"{name}_temp_path {folder}/{name};" for name in ("client_body", "proxy", "fastcgi", "scgi", "uwsgi")
    )
    (folder / "nginx.conf").write_text(
        f"daemon off; pid {folder}/pid; error_log stderr; worker_processes 1;\n"
        + ("user root;\n" if os.geteuid() == 0 else "")  # pytest's folders are for their owner only
        + f"events {{ worker_connections 64; }}\nhttp {{\n{temporary}\n{server}}}\n"
    )
    with listening([binary, "-p", str(folder), "-c", str(folder / "nginx.conf")], port, folder) as url:
        yield url


@contextmanager
def caddy(site: Path, backend: str, folder: Path, configuration: str) -> Iterator[str]:
    """Caddy on a free port, without HTTPS and without its control port."""
    binary, port = program("caddy", "caddy"), free_port()
    server = changed(
        configuration,
        ("news.alderbay.example {\n", f"http://127.0.0.1:{port} {{\n\tbind 127.0.0.1\n"),
        ("/srv/alderbay", str(site)),
        ("127.0.0.1:8000", urlsplit(backend).netloc),
    )
    (folder / "Caddyfile").write_text("{\n\tadmin off\n\tauto_https off\n}\n" + server)
    with listening([binary, "run", "--config", str(folder / "Caddyfile")], port, folder) as url:
        yield url


SERVERS = {"nginx": (nginx, "nginx"), "caddy": (caddy, "caddyfile")}
COMPARED = (
    "content-type",
    "cache-control",
    "vary",
    "link",
    "x-content-type-options",
    "access-control-allow-origin",
    "content-security-policy",
    "content-encoding",
)


@pytest.fixture(scope="module", params=SERVERS)
def other(request: pytest.FixtureRequest, house: House, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The same site served by nginx or Caddy; its URL."""
    serve, language = SERVERS[request.param]
    folder = tmp_path_factory.mktemp(request.param)
    with serve(house.folder, house.url, folder, block(language)) as url:
        yield url


def published(house: House) -> list[str]:
    feeds = [f"/feeds/{feed}.{ending}" for feed in ("news", "topics/heart") for ending in ("rss", "atom", "json")]
    archives = [ARCHIVE, ARCHIVE.replace(".rss", ".atom"), ARCHIVE.replace(".rss", ".json")]
    return [*feeds, *archives, "/feeds/news.html", "/feeds/index.opml", house.image]


@pytest.mark.parametrize("accepted", ["gzip", "identity"])
def test_another_server_gives_the_same_headers_and_bytes(house: House, other: str, accepted: str) -> None:
    for path in published(house):
        ours = house.ask(path, Accept_Encoding=accepted)
        theirs = ask(other, path, Accept_Encoding=accepted)
        assert (theirs.status, theirs.body) == (200, ours.body), path
        assert [theirs.headers.get(name) for name in COMPARED] == [ours.headers.get(name) for name in COMPARED], path
        head = ask(other, path, "HEAD", Accept_Encoding=accepted)
        assert [head.headers.get(name) for name in COMPARED] == [ours.headers.get(name) for name in COMPARED], path


@pytest.mark.parametrize("accepted", ["gzip", "identity"])
def test_another_server_answers_304_to_its_own_tag_and_to_the_date(house: House, other: str, accepted: str) -> None:
    for path in published(house):
        full = ask(other, path, Accept_Encoding=accepted)
        tag, date = full.headers["etag"], full.headers["last-modified"]
        assert re.fullmatch(r'"[^"]+"', tag)
        for headers in (
            {"If_None_Match": tag},
            {"If_None_Match": f"W/{tag}"},
            {"If_Modified_Since": date},
            {"If_Modified_Since": later(date, 86400)},
        ):
            answer = ask(other, path, Accept_Encoding=accepted, **headers)
            assert (answer.status, answer.body) == (304, b""), (path, headers)
            assert answer.headers["cache-control"] == full.headers["cache-control"]
            assert answer.headers.get("link") == full.headers.get("link")
        for headers in ({"If_None_Match": '"other"'}, {"If_Modified_Since": later(date, -3600)}):
            assert ask(other, path, Accept_Encoding=accepted, **headers).status == 200


def test_another_server_has_a_tag_for_each_encoding(other: str) -> None:
    tags = {ask(other, "/feeds/news.rss", Accept_Encoding=name).headers["etag"] for name in ("gzip", "identity")}
    assert len(tags) == 2


@pytest.mark.parametrize(
    "target",
    [
        "/feeds/.lock",
        "/feeds/.news.rss",
        "/feeds/.hidden/news.rss",
        "/feeds/%2elock",
        "/feeds/news.rss.gz",
        "/feeds/none.rss",
        "/feeds/",
        "/feeds",
        "/feeds/topics/",
        "/images/",
        "/images/none.jpg",
        "/feeds/../publisher.toml",
        "/feeds/%2e%2e/publisher.toml",
        "/feeds/..%2fpublisher.toml",
        "/feeds/news.rss%00",
        "/feeds/news%0d%0aX:1.rss",
        "/publisher.toml",
        "/publisher.db",
        "/.git/config",
    ],
)
def test_another_server_hides_what_is_not_published(house: House, other: str, target: str) -> None:
    for path in ("feeds/.news.rss", "feeds/.hidden/news.rss", "feeds/news\r\nX:1.rss"):
        (house.folder / path).parent.mkdir(exist_ok=True)
        (house.folder / path).touch()
    answer = ask(other, target)
    assert answer.status in (400, 403, 404)
    assert "cache-control" not in answer.headers
    assert "x" not in answer.headers


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_another_server_lets_nothing_be_written(house: House, other: str, method: str) -> None:
    before = (house.folder / "feeds" / "news.rss").read_bytes()
    for path in [*published(house), "/", GARDEN, ISSUE]:
        assert ask(other, path, method).status == 405, path
    assert (house.folder / "feeds" / "news.rss").read_bytes() == before


def test_another_server_asks_publisher_for_the_pages(house: House, other: str) -> None:
    for path in (GARDEN, ISSUE, "/a/none", "/a/where-to-park-while-the-east-lot-is-closed"):
        ours, theirs = house.ask(path), ask(other, path)
        assert (theirs.status, theirs.body) == (ours.status, ours.body)
        assert theirs.headers.get("etag") == ours.headers.get("etag")
    start = ask(other, "/")
    assert (start.status, start.headers["location"]) == (302, "feeds/news.html")


@pytest.mark.parametrize(("name", "opens", "closes"), [("nginx", "'", "';"), ("caddy", "`", "`")])
def test_the_hub_is_named_as_the_page_says(site: Path, tmp_path: Path, name: str, opens: str, closes: str) -> None:
    serve, language = SERVERS[name]
    article_file(site, "one", headline="One", date="2026-11-20")
    settings = (site / "publisher.toml").read_text()
    (site / "publisher.toml").write_text(settings.replace("[site]\n", '[site]\nhub = "https://hub.example.org/"\n'))
    build(site)
    before, told, after = block(language).partition("# With a hub: ")
    value, end, rest = after.partition("\n")
    plain = value.replace('<https://hub.example.org/>; rel="hub", ', "")
    assert told and end and value.startswith(opens) and value.endswith(closes) and plain != value
    configuration = before + changed(rest, (plain, value))
    folder = tmp_path / name
    folder.mkdir()
    with ExitStack() as stack:
        ours, _ = stack.enter_context(started(site))
        theirs = stack.enter_context(serve(site, ours, folder, configuration))
        for path in ("/feeds/news.rss", "/feeds/news.json", "/feeds/news.html"):
            assert ask(theirs, path).headers.get("link") == ask(ours, path).headers.get("link")
        assert 'rel="hub"' in ask(theirs, "/feeds/news.rss").headers["link"]


def subscribe(url: str, number: int, client: str, **headers: str) -> int:
    """Send the form for new subscribers from an address of this machine; the status of the answer."""
    netloc = urlsplit(url).netloc
    with closing(http.client.HTTPConnection(netloc, timeout=20, source_address=(client, 0))) as connection:
        told = {"Content-Type": "application/x-www-form-urlencoded"}
        told |= {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request("POST", "/subscribe", f"address=reader-{number}@example.org", told)
        return connection.getresponse().status


@pytest.mark.parametrize("name", SERVERS)
def test_behind_another_server_each_reader_has_a_limit_of_their_own(site: Path, tmp_path: Path, name: str) -> None:
    serve, language = SERVERS[name]
    folder = tmp_path / name
    folder.mkdir()
    with ExitStack() as stack:
        ours, _ = stack.enter_context(started(site, PUBLISHER_SUBSCRIBE__HOURLY_PER_CLIENT="2"))
        theirs = stack.enter_context(serve(site, ours, folder, block(language)))
        assert [subscribe(theirs, number, "127.0.0.2") for number in range(3)] == [200, 200, 429]
        assert subscribe(theirs, 3, "127.0.0.3") == 200
        for lie in ("192.0.2.1", "192.0.2.2, 127.0.0.1", "127.0.0.1", ""):
            assert subscribe(theirs, 4, "127.0.0.2", X_Forwarded_For=lie) == 429


def test_an_attachment_is_sent_by_ranges_as_players_ask(house: House) -> None:
    (pdf,) = (house.folder / "files").iterdir()
    path, whole = f"/files/{pdf.name}", pdf.read_bytes()
    full = house.ask(path)
    assert (full.status, full.body, full.headers["content-type"]) == (200, whole, "application/pdf")
    assert full.headers["cache-control"] == "public, max-age=31536000, immutable"
    part = house.ask(path, Range="bytes=0-3")
    assert (part.status, part.body, part.headers["content-range"]) == (206, b"%PDF", f"bytes 0-3/{len(whole)}")
    assert house.ask(path, "HEAD").headers["content-length"] == str(len(whole))
    for asked in ({"If_None_Match": full.headers["etag"]}, {"If_Modified_Since": full.headers["last-modified"]}):
        assert (house.ask(path, **asked).status, house.ask(path, **asked).body) == (304, b"")
    assert house.ask(f"/files/{'0' * 24}.pdf").status == 404


def test_an_article_with_an_address_of_its_own_is_found_there(house: House) -> None:
    slug = "the-new-emergency-entrance-opens-december-1"
    answer = house.ask(f"/a/{slug}")
    assert (answer.status, answer.headers["location"]) == (
        302,
        "https://www.alderbay.example/news/new-emergency-entrance",
    )
