"""`publisher feeds check` as an administrator and a script call it: what it prints, and its exit codes."""

import json
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from publisher.cli import main
from tests.conftest import ROOT, article_file
from tests.feeds.test_archives import SETTINGS, small_site

NOW = "2026-11-23T15:00:00Z"


def publisher(*words: str | Path, code: int = 0) -> Result:
    """Run through `main`, whose errors are one line and an exit code."""

    @click.command(context_settings={"ignore_unknown_options": True, "help_option_names": []})
    @click.argument("words", nargs=-1, type=click.UNPROCESSED)
    def through_main(words: tuple[str, ...]) -> None:
        main(list(words))

    result = CliRunner().invoke(through_main, ["--", *map(str, words)])
    assert result.exit_code == code, result.output
    assert "Traceback" not in result.output
    return result


def check(site: Path, *words: str | Path, code: int = 0, now: str = NOW) -> Result:
    return publisher("feeds", "check", *words, "--site", site, "--now", now, code=code)


def one_line(result: Result) -> str:
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    return line


@pytest.fixture(scope="module")
def sample_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample site with its feeds, for tests that change nothing."""
    site = tmp_path_factory.mktemp("sample") / "site"
    shutil.copytree(ROOT / "content", site / "content")
    shutil.copy(ROOT / "publisher.toml", site)
    publisher("collect", "--site", site, "--now", NOW)
    publisher("feeds", "build", "--site", site, "--now", NOW)
    return site


@pytest.fixture
def built(sample_site: Path, tmp_path: Path) -> Path:
    """The same, for a test that breaks something in it."""
    site = tmp_path / "built"
    site.mkdir()
    shutil.copy(sample_site / "publisher.toml", site)
    shutil.copytree(sample_site / "feeds", site / "feeds")
    return site


@pytest.fixture(scope="module")
def archived(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site with archives of three months, in several feeds."""
    site = small_site(tmp_path_factory.mktemp("archived") / "site")
    for month in (8, 9, 10, 11):
        for number in range(2):
            article_file(
                site, f"m{month}-{number}", headline=f"Story {number} of {month}", topics="[heart]", authors="Ada B"
            )
        now = f"2026-{month:02}-{month:02}T15:00:00Z"
        publisher("collect", "--site", site, "--now", now)
        publisher("feeds", "build", "--site", site, "--now", now)
    return site


def test_the_sample_site_has_nothing_to_find(built: Path) -> None:
    result = check(built, "--strict")
    assert result.stdout == ""
    assert result.stderr == "28 documents checked: 0 errors, 0 warnings, 0 notes.\n"


def test_a_site_with_archives_has_nothing_to_find(archived: Path) -> None:
    result = check(archived, "--strict")
    assert result.stdout == ""
    documents = 3 * 3 + 3 * 3 * 3 + 1  # three feeds, three archives of each, in three formats, and the list
    assert result.stderr == f"{documents} documents checked: 0 errors, 0 warnings, 0 notes.\n"


def test_a_site_whose_articles_name_no_author_says_who_publishes_them(tmp_path: Path) -> None:
    site = small_site(tmp_path / "site")
    article_file(site, "one", headline="One", date="2026-11-20")
    publisher("collect", "--site", site, "--now", NOW)
    publisher("feeds", "build", "--site", site, "--now", NOW)
    result = check(site, "--strict")
    assert (result.stdout, result.stderr) == ("", "7 documents checked: 0 errors, 0 warnings, 0 notes.\n")


def test_each_document_is_told_with_its_findings_as_json(built: Path) -> None:
    (built / "feeds" / "news.json").write_text("{")
    told = json.loads(check(built, "--json", code=1).stdout)
    assert len(told) == 28
    findings = {Path(one["document"]).name: one["findings"] for one in told}
    (finding,) = findings.pop("news.json")
    assert (finding["code"], finding["severity"]) == ("json-invalid", "error")
    assert finding["mend"]
    assert not any(findings.values())


@pytest.mark.parametrize(
    ("name", "old", "new", "code"),
    [
        ("news.rss", b"</channel>", b"", "not-well-formed"),
        ("news.atom", b"<updated>", b"<updated>yesterday ", "date-format"),
        ("news.json", b'"version"', b'"edition"', "version-unknown"),
        ("topics/heart.rss", b"<ttl>60</ttl>", b"<tlt>60</tlt>", "element-unknown"),
        ("index.opml", b"</body>", b"", "not-well-formed"),
    ],
)
def test_a_broken_document_fails_with_the_code_of_its_finding(
    built: Path, name: str, old: bytes, new: bytes, code: str
) -> None:
    path = built / "feeds" / name
    text = path.read_bytes()
    assert old in text
    path.write_bytes(text.replace(old, new, 1))
    for words in ([], [path]):
        result = check(built, *words, code=1)
        assert f"[{code}]" in result.stdout
        assert all(line.startswith(f"{path}: ") for line in result.stdout.splitlines())
        assert "error: " in result.stdout


def test_a_document_at_another_address_than_it_says_is_a_warning(built: Path) -> None:
    moved = built / "feeds" / "moved.rss"
    moved.write_bytes((built / "feeds" / "news.rss").read_bytes())
    assert "[self-different]" in check(built, moved).stdout
    assert "[self-different]" in check(built, moved, "--strict", code=1).stdout


def test_a_file_of_another_publisher_needs_no_site(tmp_path: Path) -> None:
    other = tmp_path / "other.xml"
    other.write_text('<rss version="2.0"><channel><title>T</title></channel></rss>')
    result = check(tmp_path, other, code=1)
    assert "[link-missing]" in result.stdout
    assert "[description-missing]" in result.stdout


def test_what_is_not_there_is_one_line(built: Path, tmp_path: Path) -> None:
    missing = tmp_path / "nothing.rss"
    line = one_line(check(built, missing, code=1))
    assert line.startswith(f"publisher: {missing}: cannot be read (No such file or directory)")
    assert one_line(check(built, tmp_path, code=1)).startswith(f"publisher: {tmp_path}: cannot be read")


def test_a_site_without_feeds_says_how_to_build_them(tmp_path: Path) -> None:
    site = small_site(tmp_path / "site")
    assert "publisher feeds build" in one_line(check(site, code=1))


def test_checking_changes_nothing(archived: Path) -> None:
    before = {p: (p.stat().st_mtime_ns, p.read_bytes()) for p in (archived / "feeds").rglob("*") if p.is_file()}
    check(archived)
    assert before == {p: (p.stat().st_mtime_ns, p.read_bytes()) for p in (archived / "feeds").rglob("*") if p.is_file()}


# addresses


@dataclass
class Web:
    """A web server that gives one document at every path but a few, and may know of validators."""

    document: bytes = b""
    validators: tuple[str, ...] = ("ETag", "Last-Modified")
    compares: bool = True
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    url: str = ""


def handler(web: Web) -> type[BaseHTTPRequestHandler]:
    values = {"ETag": '"one"', "Last-Modified": "Mon, 23 Nov 2026 15:00:00 GMT"}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            web.asked.append((self.path, dict(self.headers)))
            if self.path == "/moved.rss":
                self._answer(301, {"Location": f"{web.url}/feeds/news.rss"})
            elif self.path == "/gone.rss":
                self._answer(404, {})
            elif self.path == "/circle.rss":
                self._answer(302, {"Location": f"{web.url}/circle.rss"})
            elif web.compares and self._knows():
                self._answer(304, {})
            else:
                self._answer(200, {name: values[name] for name in web.validators}, web.document)

        def _knows(self) -> bool:
            return values["ETag"] == self.headers.get("If-None-Match") or "If-Modified-Since" in self.headers

        def _answer(self, status: int, headers: dict[str, str], body: bytes = b"") -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Type", "application/rss+xml; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    return Handler


@pytest.fixture
def web(tmp_path: Path) -> Iterator[Web]:
    """The feed of a small site, served at its true address."""
    web = Web()
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler(web))
    web.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    site = small_site(tmp_path / "served")
    (site / "publisher.toml").write_text(SETTINGS.replace("https://news.example.org", web.url))
    article_file(site, "one", headline="One", date="2026-11-20", authors="Ada B")
    publisher("collect", "--site", site, "--now", NOW)
    publisher("feeds", "build", "--site", site, "--now", NOW)
    web.document = (site / "feeds" / "news.rss").read_bytes()
    try:
        yield web
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)


def found(tmp_path: Path, url: str, code: int = 0) -> list[dict[str, Any]]:
    """The findings, but for the one that every feed on loopback gets: its own address is not https."""
    (one,) = json.loads(check(tmp_path, url, "--json", code=code).stdout)
    assert one["document"] == url
    return [finding for finding in one["findings"] if finding["code"] != "hub-address"]


def test_a_feed_that_is_served_well_has_nothing_to_find(web: Web, tmp_path: Path) -> None:
    assert found(tmp_path, f"{web.url}/feeds/news.rss") == []
    assert len(web.asked) == 3


@pytest.mark.parametrize("validators", [("ETag",), ("Last-Modified",), ()])
def test_a_missing_validator_is_told_of(web: Web, tmp_path: Path, validators: tuple[str, ...]) -> None:
    web.validators = validators
    url = f"{web.url}/feeds/news.rss"
    findings = found(tmp_path, url)
    assert [(f["code"], f["severity"]) for f in findings] == [("http-validator-missing", "warning")] * (
        2 - len(validators)
    )
    assert "[http-validator-missing]" in check(tmp_path, url, "--strict", code=1).stdout


def test_a_server_that_never_says_unchanged_is_told_of(web: Web, tmp_path: Path) -> None:
    web.compares = False
    assert [f["code"] for f in found(tmp_path, f"{web.url}/feeds/news.rss")] == ["http-never-unchanged"] * 2


def test_a_redirect_is_told_of_and_a_missing_feed_is_an_error(web: Web, tmp_path: Path) -> None:
    assert "http-redirect" in {f["code"] for f in found(tmp_path, f"{web.url}/moved.rss")}
    (gone,) = found(tmp_path, f"{web.url}/gone.rss", code=1)
    assert (gone["code"], gone["severity"]) == ("http-status", "error")
    assert "404" in gone["mend"]


def test_an_address_where_nobody_answers_is_one_line(web: Web, tmp_path: Path) -> None:
    for url in ("http://127.0.0.1:1/feeds/news.rss", f"{web.url}/circle.rss", "http://127.0.0.1:99999/", "http://["):
        assert one_line(check(tmp_path, url, code=1)).startswith(f"publisher: {url}: no answer (")


def test_files_and_addresses_are_checked_together(web: Web, built: Path) -> None:
    url, path = f"{web.url}/feeds/news.rss", built / "feeds" / "news.atom"
    told = json.loads(check(built, url, path, "--json").stdout)
    assert [one["document"] for one in told] == [url, str(path)]
    assert [[f["code"] for f in one["findings"]] for one in told] == [["hub-address"], []]
