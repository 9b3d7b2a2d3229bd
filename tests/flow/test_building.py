"""Builds in real processes: killed, without room on the disk, several at once. No reader ever meets half a feed."""

import gzip
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from lxml import etree

from publisher.actions.collect import collect
from publisher.actions.feeds import build_feeds
from publisher.app import App
from tests import conftest
from tests.conftest import article_file
from tests.feeds.test_archives import SETTINGS

pytestmark = pytest.mark.long

PUBLISHER = [sys.executable, "-m", "publisher.cli"]
FIRST = datetime(2026, 1, 12, 17, 0, tzinfo=UTC)
MONTHS = 12
NOW = FIRST + timedelta(days=31 * MONTHS)


def opened(folder: Path, now: datetime = NOW) -> AbstractContextManager[App]:
    return conftest.opened(folder, now)


def build(folder: Path) -> None:
    with opened(folder) as app:
        assert [p for one in build_feeds(app) for p in one.problems] == []


def renamed(folder: Path) -> None:
    """A new title stands in every document: each must be written again."""
    settings = folder / "publisher.toml"
    settings.write_text(settings.read_text().replace('title = "Bay News"', 'title = "News of the Bay"'))


def files(folder: Path) -> dict[str, bytes]:
    """What lies below feeds, but for the lock and the drafts that a killed build had not put in their places."""
    found = {}
    for path in (folder / "feeds").rglob("*"):
        if path.is_file() and not path.name.startswith("."):
            found[str(path.relative_to(folder / "feeds"))] = path.read_bytes()
    return found


def whole(name: str, document: bytes) -> None:
    if name.endswith(".gz"):
        name, document = name.removesuffix(".gz"), gzip.decompress(document)
    if name.endswith(".json"):
        json.loads(document)
    elif name.endswith(".html"):
        assert document.rstrip().endswith(b"</html>")
    else:
        etree.fromstring(document)


@pytest.fixture(scope="module")
def year(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site with a year of articles in several feeds: more than forty archive documents, all built."""
    folder = tmp_path_factory.mktemp("year") / "site"
    (folder / "content" / "articles").mkdir(parents=True)
    (folder / "publisher.toml").write_text(SETTINGS)
    for month in range(MONTHS):
        for number in range(12):
            topic, language = ("heart", "en") if number % 2 else ("sleep", "es")
            words = f"{month} of {number}. " * 60
            article_file(
                folder,
                f"m{month}-{number}",
                body=words,
                headline=f"Story {month} {number}",
                topics=f"[{topic}]",
                language=language,
            )
        with opened(folder, FIRST + timedelta(days=31 * month)) as app:
            collect(app)
        for path in (folder / "content" / "articles").iterdir():
            path.unlink()  # what was collected is kept; reading it again each month would only take time
    build(folder)
    assert len(list((folder / "feeds" / "archive").rglob("*.rss"))) > 40
    return folder


@pytest.fixture
def site(year: Path, tmp_path: Path) -> Path:
    """The year, with a new title that is in none of its documents yet."""
    folder = shutil.copytree(year, tmp_path / "site")
    renamed(folder)
    return folder


@pytest.fixture(scope="module")
def new(year: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Its files as an uninterrupted build writes them."""
    folder = shutil.copytree(year, tmp_path_factory.mktemp("new") / "site")
    renamed(folder)
    build(folder)
    return files(folder)


def start(folder: Path, talk: int = subprocess.PIPE) -> subprocess.Popen[str]:
    command = [*PUBLISHER, "feeds", "build", "--now", NOW.isoformat()]
    return subprocess.Popen(command, cwd=folder, text=True, stdout=talk, stderr=talk, start_new_session=True)


def kill_after(process: subprocess.Popen[str], folder: Path, new: dict[str, bytes], share: float) -> None:
    """Kill the build, and nothing that it started, once so much of the documents is in its place."""
    documents = [(folder / "feeds" / name, len(new[name])) for name in new if not name.endswith(".gz")]
    deadline = time.monotonic() + 30
    # Sizes are enough to see how far it is: the new title is longer, and reading all would slow it down.
    while sum(path.stat().st_size == size for path, size in documents) < share * len(documents):
        assert time.monotonic() < deadline
        if process.poll() is not None:
            break
    process.kill()
    process.wait(30)


@contextmanager
def swept(process: subprocess.Popen[str]) -> Iterator[None]:
    """Whatever it started goes with the test."""
    try:
        yield
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def test_a_build_that_is_killed_leaves_whole_files_and_the_next_goes_on(site: Path, new: dict[str, bytes]) -> None:
    old = files(site)
    assert old.keys() == new.keys()
    killed = 0
    for share in (0.0, 0.05, 0.25, 0.5, 0.7, 0.9, 1.0):
        process = start(site, subprocess.DEVNULL)
        with swept(process):
            kill_after(process, site, new, share)
            killed += process.returncode == -signal.SIGKILL
            for name, document in files(site).items():
                assert document in (old[name], new[name]), name
                whole(name, document)
    assert killed >= 5
    build(site)
    assert files(site) == new
    build(site)
    assert files(site) == new


def test_what_a_killed_build_had_started_ends_with_it(site: Path, new: dict[str, bytes]) -> None:
    """Else it would stay for ever, and write on behind the back of the next build."""
    process = start(site, subprocess.DEVNULL)
    with swept(process):
        kill_after(process, site, new, 0.3)
        assert process.returncode == -signal.SIGKILL
        deadline = time.monotonic() + 30
        with pytest.raises(ProcessLookupError):
            while time.monotonic() < deadline:
                os.killpg(process.pid, 0)
                time.sleep(0.01)


def test_drafts_of_killed_builds_are_cleared_away_by_the_next(site: Path) -> None:
    scrap = site / "feeds" / ".drafts" / ".news.rss.0badcafe"
    scrap.parent.mkdir()
    scrap.write_bytes(b"<rss")
    build(site)
    assert not scrap.exists()


def test_builds_at_the_same_time_end_in_the_right_state(site: Path, new: dict[str, bytes]) -> None:
    builds = [start(site) for _ in range(3)]
    talk = [process.communicate(timeout=60) for process in builds]
    assert [process.returncode for process in builds] == [0, 0, 0], talk
    assert "Traceback" not in str(talk)
    assert files(site) == new


LIMITED = """
import resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))
from publisher.cli import main
main(sys.argv[1:])
"""


def test_a_full_disk_is_one_line_and_leaves_the_old_feed_whole(tmp_path: Path) -> None:
    folder = tmp_path / "site"
    (folder / "content" / "articles").mkdir(parents=True)
    (folder / "publisher.toml").write_text(SETTINGS)
    article_file(folder, "small", headline="Small", topics="[heart]")
    with opened(folder, NOW - timedelta(days=1)) as app:
        collect(app)
        build_feeds(app)
    old = files(folder)
    for number in range(6):
        article_file(folder, f"big-{number}", headline=f"Big {number}", body="All work and no play. " * 13_000)
    with opened(folder) as app:
        collect(app)
    words = [sys.executable, "-c", LIMITED, "feeds", "build", "--now", NOW.isoformat()]
    done = subprocess.run(words, cwd=folder, text=True, capture_output=True, timeout=60)
    assert done.returncode == 1, done.stderr
    (line,) = done.stderr.splitlines()
    assert re.fullmatch(r"publisher: \S+: cannot be written \(File too large\).*still stands?", line), line
    left = files(folder)
    assert all(left[name] == document for name, document in old.items() if name.startswith("news."))
    for name, document in left.items():
        whole(name, document)
    assert [p for p in (folder / "feeds").rglob(".*") if p.name != ".lock"] == []
    build(folder)
    assert all(f"Big {number}" in (folder / "feeds" / "news.rss").read_text() for number in range(6))
    assert not [p for p in files(folder) if p.endswith(".gz") and p.removesuffix(".gz") not in files(folder)]
