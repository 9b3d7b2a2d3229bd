"""What a feed of 10,000 entries costs to read: seconds and memory of a fresh process, beside feedparser alone.

Run with arguments it is the child process that reads, so that each is alone with its memory.
"""

import io
import json
import resource
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory

from publisher.actions.collect import collect
from publisher.app import App
from publisher.config import load
from publisher.sources.syndicated import read_feed
from tests.actions.test_harvest import declare
from tests.benchmarks.timing import timed
from tests.conftest import KEYS, ROOT

ENTRIES = 10_000
NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
_PARAGRAPH = (
    '<p>A paragraph of plain words that says <em>what</em> happened and <a href="/visit/{}">to whom</a>, with a number'
    " or two and the name of a ward.</p>"
)


def figures(folder: Path) -> Iterator[tuple[str, str, str]]:
    """Rows of (what, measured, limit)."""
    folder.mkdir(parents=True)
    for kind, make in {"RSS": _rss, "Atom": _atom, "JSON": _json, "RSS with bare &": _slipping}.items():
        path = folder / f"{kind.split()[-1]}.feed"
        path.write_text(make(ENTRIES), encoding="utf-8")
        seconds, megabytes = _child("ours", path)
        size = path.stat().st_size / 1024 / 1024
        yield f"reading {ENTRIES:,} entries, {kind}, {size:.1f} MB", f"{seconds:.2f} s", "5 s"
        yield "  memory at most", f"{megabytes:.0f} MB", "300 MB"
        if kind == "RSS":
            seconds, megabytes = _child("collected", path)
            yield "  and all of `collect`: asked for, read, kept in SQLite", f"{seconds:.2f} s", "5 s"
            yield "    memory at most", f"{megabytes:.0f} MB", "300 MB"
        if kind in ("RSS", "Atom"):
            yield "  feedparser alone, without cleaning", f"{_child('feedparser', path)[0]:.2f} s", ""


def _rss(entries: int) -> str:
    return (
        '<?xml version="1.0" encoding="utf-8"?><rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"'
        ' xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel><title>News</title>'
        "<link>https://news.example.org/</link><language>en-us</language>"
        + "".join(
            f"<item><title>Story {n} &amp; what came of it</title><link>https://news.example.org/{n}</link>"
            f'<guid isPermaLink="false">story-{n}</guid><dc:creator>Ana Ruiz</dc:creator><category>Heart</category>'
            f"<pubDate>{format_datetime(_moment(n))}</pubDate><description>What story {n} is about.</description>"
            f"<content:encoded><![CDATA[{_body(n)}]]></content:encoded></item>\n"
            for n in range(entries)
        )
        + "</channel></rss>"
    )


def _slipping(entries: int) -> str:
    return _rss(entries).replace("&amp;", "&")


def _atom(entries: int) -> str:
    return (
        '<feed xmlns="http://www.w3.org/2005/Atom"><title>News</title><id>tag:example.org,2026:news</id>'
        + "".join(
            f'<entry><title>Story {n}</title><link href="https://news.example.org/{n}"/><id>tag:example.org,2026:{n}</id>'
            f"<published>{_moment(n).isoformat()}</published><updated>{_moment(n).isoformat()}</updated>"
            f'<author><name>Ana Ruiz</name></author><summary>What story {n} is about.</summary><content type="xhtml">'
            f'<div xmlns="http://www.w3.org/1999/xhtml">{_body(n)}</div></content></entry>\n'
            for n in range(entries)
        )
        + "</feed>"
    )


def _json(entries: int) -> str:
    items = [
        {
            "id": f"story-{n}",
            "url": f"https://news.example.org/{n}",
            "title": f"Story {n}",
            "content_html": _body(n),
            "date_published": _moment(n).isoformat(),
        }
        for n in range(entries)
    ]
    return json.dumps({"version": "https://jsonfeed.org/version/1.1", "title": "News", "items": items})


def _moment(number: int) -> datetime:
    return NOW - timedelta(hours=3 * number)


def _body(number: int) -> str:
    return _PARAGRAPH.format(number) * 2


def _child(what: str, path: Path) -> tuple[float, float]:
    """Seconds and megabytes of a fresh process, its imports included in the memory and not in the time."""
    command = [sys.executable, "-m", "tests.benchmarks.feeds_in", what, str(path)]
    said = json.loads(subprocess.run(command, check=True, capture_output=True, text=True, timeout=600).stdout)
    return said["seconds"], said["megabytes"]


def _read(path: Path) -> None:
    result = read_feed(path.read_bytes(), source="feed", place=path.name, url="https://news.example.org/feed", now=NOW)
    assert len(result.items) == ENTRIES
    assert all(item.whole and item.article.published for item in result.items)


def _collected(path: Path) -> None:
    """From a server on loopback into a new database."""
    handler = partial(SimpleHTTPRequestHandler, directory=path.parent)
    with TemporaryDirectory() as place, ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        site = Path(shutil.copy(ROOT / "publisher.toml", place)).parent
        declare(site, "feed", "feed", f"http://127.0.0.1:{server.server_port}/{path.name}")
        app = App(load(site), keys=KEYS)
        done = collect(app, ["feed"])
        app.close()
        server.shutdown()
    assert len(done.new) == ENTRIES, done.problems[:3]


def _feedparser(path: Path) -> None:
    import feedparser

    found = feedparser.parse(io.BytesIO(path.read_bytes()), sanitize_html=False, resolve_relative_uris=False)
    assert len(found.entries) == ENTRIES


if __name__ == "__main__":
    works: dict[str, Callable[[Path], None]] = {"ours": _read, "collected": _collected, "feedparser": _feedparser}
    seconds = timed(lambda: works[sys.argv[1]](Path(sys.argv[2])))
    print(json.dumps({"seconds": seconds, "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))
