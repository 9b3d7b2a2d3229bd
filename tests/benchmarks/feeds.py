"""Feeds at scale: a full build beside Hugo, the build after one new article, memory, and 304 answers beside nginx.

Hugo, nginx and wrk are Debian packages; what is missing is said and left out. Every figure is of this run and this
machine: the ratios tell more than the seconds.
"""

import json
import os
import re
import resource
import shutil
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import insert

from publisher.actions.entering import enter, settings_of
from publisher.actions.feeds import build_feeds, compress, write_documents
from publisher.actions.sites import SAMPLE_NOW
from publisher.actions.writing import channels_of
from publisher.app import App
from publisher.config import load
from publisher.records import Article, Image
from publisher.store import entries, schema
from publisher.store.rows import article_row

Figure = tuple[str, str, str]

FULL = 10_000
SMALL, LARGE = 1_000, 100_000
TOPICS = 20
RUNS = 3
YEARS = timedelta(days=5 * 365)
_PARAGRAPH = "A paragraph of plain words that says *what* happened and [to whom](https://www.example.org/x). " * 5
_HTML = "<p>{}</p>\n".format(
    'A paragraph of plain words that says <em>what</em> happened and <a href="https://www.example.org/x">to whom</a>. '
    * 5
)
PARAGRAPHS = 6
_IMAGE = Image(alt="A ward", width=1200, height=800, type="image/jpeg")


def figures(folder: Path) -> Iterator[Figure]:
    """Each as it is known: some take a minute."""
    yield from full_build(folder)
    yield from after_one_new(folder)
    yield from unchanged_answers(folder)


def full_build(folder: Path) -> Iterator[Figure]:
    ours = [_full(folder / f"full-{number}", at_once=True) for number in range(RUNS)]
    spread = _full(folder / "spread", at_once=False)
    wall = statistics.median(one.wall for one in ours)
    name = f"full build, {FULL} articles, {TOPICS} topics, RSS+Atom+JSON"
    hugo = _hugo(folder / "hugo")
    limit = f"Hugo {hugo:.2f} s" if hugo else "no hugo here"
    yield name, f"{wall:.2f} s", limit
    if hugo:
        yield "  as a part of Hugo's time for RSS+Atom", f"{wall / hugo:.2f}", "1 (aim 0.5)"
    yield "  compression, apart", f"{statistics.median(one.compression for one in ours):.2f} s", ""
    yield f"  arrived over five years: {spread.files} documents", f"{spread.wall:.2f} s", limit


def after_one_new(folder: Path) -> Iterator[Figure]:
    small, _ = _one_new(folder / "small", SMALL)
    large, memory = _one_new(folder / "large", LARGE)
    yield f"build after one new article, at {SMALL}", f"{small * 1000:.0f} ms", ""
    yield f"build after one new article, at {LARGE}", f"{large * 1000:.0f} ms", ""
    yield "  ratio", f"{large / small:.2f}", "2"
    yield f"  most memory of a full build at {LARGE}", f"{memory} MB", "400 MB"


class _Full:
    """The times of one full build as a process: start to end, and what of it is compression."""

    def __init__(self, wall: float, compression: float, files: int) -> None:
        self.wall, self.compression, self.files = wall, compression, files


def _full(folder: Path, *, at_once: bool) -> _Full:
    _site(folder, FULL, at_once=at_once)
    told = json.loads(_process("full", folder))
    shutil.rmtree(folder)
    return _Full(told["wall"], told["compression"], told["files"])


def _one_new(folder: Path, articles: int) -> tuple[float, int]:
    _site(folder, articles, at_once=False)
    told = json.loads(_process("one-new", folder))
    shutil.rmtree(folder)
    return told["seconds"], told["megabytes"]


def _process(what: str, folder: Path) -> str:
    """A fresh process, so that its memory and its imports are its own."""
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.feeds", what, str(folder), str(began)],
        check=True,
        capture_output=True,
        text=True,
        timeout=900,
    )
    return done.stdout


def _app(folder: Path) -> App:
    return App(load(folder), clock=lambda: SAMPLE_NOW)


def _site(folder: Path, articles: int, *, at_once: bool) -> None:
    """A site whose store has so many articles, collected at once or over five years, and no feeds yet."""
    folder.mkdir(parents=True)
    topics = "".join(f'\n[[topic]]\nslug = "t{n}"\ntitle = "Topic {n}"\n' for n in range(TOPICS))
    (folder / "publisher.toml").write_text(f'[site]\nurl = "https://news.example.org"\ntag = "example.org"\n{topics}')
    app = _app(folder)
    for start in range(0, articles, 5_000):
        rows = [_row(n, articles, at_once=at_once) for n in range(start, min(start + 5_000, articles))]
        with app.database.write() as connection:
            connection.execute(insert(schema.article), rows)
    app.close()


def _moment(number: int, of: int) -> datetime:
    return (SAMPLE_NOW - YEARS * (number + 1) / (of + 1)).replace(microsecond=0)


def _row(number: int, of: int, *, at_once: bool) -> dict[str, object]:
    at = _moment(number, of)
    article = Article(
        source="articles",
        key=f"story-{number}",
        headline=f"Story {number} about things",
        body=_HTML * PARAGRAPHS,
        summary=f"What story {number} is about, in one sentence.",
        authors=("Ana Ruiz",),
        topics=(f"t{number % TOPICS}",),
        image=Image(
            url=f"https://img.example.org/{number}.jpg", alt="A ward", width=1200, height=800, type="image/jpeg"
        ),
        id=f"tag:example.org,2026-01-01:articles/story-{number}",
        slug=f"story-{number}",
        published_at=at,
        updated_at=at,
        first_seen=SAMPLE_NOW if at_once else at,
    )
    return article_row(article, revision=1)


def _run_full(folder: Path, began: float) -> dict[str, object]:
    """Everything that `publisher feeds build` does, with the compression timed apart."""
    app = _app(folder)
    channels, _ = channels_of(app)
    with app.database.write() as connection:
        enter(connection, app, settings_of(app, channels), everything=False)
        stale = entries.stale(connection)
    outcome = write_documents(app, channels, stale, force=False, progress=lambda done, of: None)
    wall = time.perf_counter() - began
    compress(app, outcome)
    return {"wall": wall, "compression": time.perf_counter() - began - wall, "files": len(outcome.files)}


def _run_one_new(folder: Path, began: float) -> dict[str, object]:
    app = _app(folder)
    build_feeds(app)
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    seconds = []
    for number in range(RUNS):
        at = SAMPLE_NOW - timedelta(seconds=90 + number)
        row = _row(0, 1, at_once=True) | {"published_at": at, "updated_at": at, "revision": 2 + number}
        row |= {"id": f"tag:example.org,2026-11-23:new/{number}", "key": f"new-{number}", "slug": f"new-{number}"}
        with app.database.write() as connection:
            connection.execute(insert(schema.article), [row])
        start = time.perf_counter()
        build_feeds(app)
        seconds.append(time.perf_counter() - start)
    return {"seconds": statistics.median(seconds), "megabytes": megabytes}


def _hugo(folder: Path) -> float | None:
    """Seconds that Hugo takes for the same articles as Markdown: RSS and Atom of the site and of each topic."""
    program = shutil.which("hugo")
    if program is None:
        return None
    (folder / "content" / "a").mkdir(parents=True)
    (folder / "layouts" / "_default").mkdir(parents=True)
    for number in range(FULL):
        front = {
            "title": f"Story {number} about things",
            "date": _moment(number, FULL).isoformat(),
            "summary": f"What story {number} is about, in one sentence.",
            "author": "Ana Ruiz",
            "topics": [f"t{number % TOPICS}"],
            "image": f"https://img.example.org/{number}.jpg",
        }
        body = "\n\n".join([_PARAGRAPH] * PARAGRAPHS)
        (folder / "content" / "a" / f"story-{number}.md").write_text(f"{json.dumps(front)}\n\n{body}\n")
    (folder / "config.toml").write_text(_HUGO_CONFIG)
    (folder / "layouts" / "_default" / "list.rss.xml").write_text(_HUGO_RSS)
    (folder / "layouts" / "_default" / "list.atom.xml").write_text(_HUGO_ATOM)
    taken = []
    for _ in range(RUNS):
        shutil.rmtree(folder / "public", ignore_errors=True)
        began = time.perf_counter()
        subprocess.run([program, "--quiet", "--source", str(folder)], check=True, capture_output=True, timeout=300)
        taken.append(time.perf_counter() - began)
    made = [
        (folder / "public" / where / f"{name}.xml").read_text().count(f"<{tag}>")
        for where in ("", "topics/t1")
        for name, tag in (("index", "item"), ("atom", "entry"))
    ]
    assert made == [FULL, FULL, FULL // TOPICS, FULL // TOPICS], f"Hugo built something else: {made}"
    return statistics.median(taken)


_HUGO_CONFIG = """\
baseURL = "https://news.example.org/"
title = "News"
languageCode = "en"
ignoreErrors = ["error-disable-taxonomy"]
disableKinds = ["section", "taxonomy", "sitemap", "robotsTXT", "404"]
[taxonomies]
topic = "topics"
[outputs]
home = ["RSS", "ATOM"]
term = ["RSS", "ATOM"]
[outputFormats.RSS]
mediaType = "application/rss+xml"
baseName = "index"
isPlainText = true
[outputFormats.ATOM]
mediaType = "application/rss+xml"
baseName = "atom"
isPlainText = true
[[cascade]]
[cascade._build]
render = "never"
list = "always"
[cascade._target]
kind = "page"
"""
_HUGO_PAGES = """{{ $pages := .Pages }}{{ if .IsHome }}{{ $pages = .Site.RegularPages }}{{ end }}{{ range $pages }}"""
_HUGO_RSS = f"""<?xml version="1.0" encoding="utf-8"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:media="http://search.yahoo.com/mrss/"><channel><title>{{{{ .Title }}}}</title><link>{{{{ .Permalink }}}}</link>
{_HUGO_PAGES}<item><title>{{{{ .Title }}}}</title><link>{{{{ .Permalink }}}}</link>
<guid isPermaLink="false">{{{{ .File.Path }}}}</guid>
<pubDate>{{{{ .Date.Format "Mon, 02 Jan 2006 15:04:05 -0700" }}}}</pubDate>
<dc:creator>{{{{ .Params.author }}}}</dc:creator>
<category>{{{{ delimit .Params.topics "," }}}}</category><description>{{{{ .Summary | html }}}}</description>
<media:content url="{{{{ .Params.image }}}}" medium="image"/>
<content:encoded><![CDATA[{{{{ .Content }}}}]]></content:encoded></item>
{{{{ end }}}}</channel></rss>
"""
_HUGO_ATOM = f"""<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom"><title>{{{{ .Title }}}}</title><id>{{{{ .Permalink }}}}</id>
{_HUGO_PAGES}<entry><title>{{{{ .Title }}}}</title><link href="{{{{ .Permalink }}}}"/><id>{{{{ .File.Path }}}}</id>
<published>{{{{ .Date.Format "2006-01-02T15:04:05-07:00" }}}}</published>
<updated>{{{{ .Date.Format "2006-01-02T15:04:05-07:00" }}}}</updated>
<author><name>{{{{ .Params.author }}}}</name></author><category term="{{{{ delimit .Params.topics "," }}}}"/>
<summary>{{{{ .Summary | html }}}}</summary><content type="html"><![CDATA[{{{{ .Content }}}}]]></content></entry>
{{{{ end }}}}</feed>
"""


def unchanged_answers(folder: Path) -> Iterator[Figure]:
    """304 answers a second from `publisher serve` and from nginx, to the same client on the same feed."""
    tools = {name: shutil.which(name) or shutil.which(name, path="/usr/sbin") for name in ("nginx", "wrk")}
    missing = [name for name, path in tools.items() if path is None]
    if missing:
        yield "304 answers a second", f"no {' and no '.join(missing)} here", ""
        return
    site = folder / "served"
    _site(site, 100, at_once=True)
    app = _app(site)
    build_feeds(app)
    app.close()
    ours = _asked_of_publisher(site, str(tools["wrk"]))
    theirs = _asked_of_nginx(site, str(tools["nginx"]), str(tools["wrk"]))
    yield "304 answers a second, publisher serve", f"{ours:.0f} /s", ""
    yield "304 answers a second, nginx with one worker", f"{theirs:.0f} /s", ""
    yield "  ratio", f"{ours / theirs:.2f}", ""


def _asked_of_publisher(site: Path, wrk: str) -> float:
    command = [sys.executable, "-m", "publisher.cli", "serve", "--site", str(site), "--port", "0", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        assert server.stdout
        told = "".join(iter(server.stdout.readline, "}\n")) + "}"
        try:
            return _asked(wrk, json.loads(told)["url"])
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(10)


def _asked_of_nginx(site: Path, nginx: str, wrk: str) -> float:
    config = site / "nginx.conf"
    port = 18_437
    user = "user root; " if os.geteuid() == 0 else ""
    config.write_text(
        f"{user}daemon off; worker_processes 1; pid {site}/nginx.pid; error_log {site}/error.log;\n"
        f"events {{ }}\nhttp {{ access_log off; gzip_static on; types {{ application/rss+xml rss; }}\n"
        f"server {{ listen 127.0.0.1:{port}; root {site}; }} }}\n"
    )
    with subprocess.Popen(
        [nginx, "-c", str(config), "-e", str(site / "error.log")], stderr=subprocess.DEVNULL
    ) as server:
        try:
            return _asked(wrk, f"http://127.0.0.1:{port}/")
        finally:
            server.terminate()
            server.wait(10)


def _asked(wrk: str, url: str) -> float:
    """Ask for the feed with its own ETag for some seconds; all answers must be 304."""
    import httpx

    address = f"{url}feeds/news.rss"
    for _ in range(100):
        try:
            etag = httpx.get(address).headers["etag"]
            break
        except httpx.HTTPError:
            time.sleep(0.05)
    assert httpx.get(address, headers={"If-None-Match": etag}).status_code == 304
    command = [wrk, "-t1", "-c16", "-d5s", "-H", f"If-None-Match: {etag}", "-H", "Accept-Encoding: gzip", address]
    said = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout
    found = re.search(r"Requests/sec:\s+([\d.]+)", said)
    assert found and "Non-2xx" not in said.replace("Non-2xx or 3xx", ""), said
    return float(found.group(1))


if __name__ == "__main__":
    # perf_counter counts from the machine's start, so the parent's moment is good here.
    runs = {"full": _run_full, "one-new": _run_one_new}
    print(json.dumps(runs[sys.argv[1]](Path(sys.argv[2]), float(sys.argv[3]))))
