"""What all tests share: both databases, a site on a stopped clock, keys of their own, --rewrite for golden files."""

import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from publisher.actions.importing import Imported, import_subscribers
from publisher.app import App
from publisher.config import Config, load
from publisher.files import put
from publisher.keys import Keyring
from publisher.records import Newsletter
from publisher.store import Database, open_database
from tests.postgres import MISSING, is_installed, server

ROOT = Path(__file__).parents[1]
NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
KEYS = Keyring(
    {
        "links": (("1", b"l" * 32),),
        "message-id": (("1", b"m" * 32),),
        "return-path": (("1", b"r" * 32),),
        "staff": (("1", b"t" * 32),),
        "suppression": (("1", b"s" * 32),),
    }
)

# No example is judged by its time: machines that test are slow and shared.
settings.register_profile("publisher", deadline=None)
settings.load_profile("publisher")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--rewrite", action="store_true", help="Write golden files anew; git shows the difference.")


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Where PUBLISHER_NO_SKIPS is set, a skipped test is a failure: CI must have everything installed."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("PUBLISHER_NO_SKIPS") and reporter and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Bytes that a test packs, with the moment in them, are no name: each worker would give it another."""
    return argname if isinstance(val, bytes) else None


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[Path, bytes], None]:
    """Compare bytes with a golden file, or write it with --rewrite."""

    def compare(path: Path, made: bytes) -> None:
        if request.config.getoption("--rewrite"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(made)
        assert made == path.read_bytes(), f"{path.name} differs; if that is meant: pytest --rewrite"

    return compare


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """A PostgreSQL of the tests' own; its URL without the name of a database."""
    if not is_installed():
        pytest.skip(MISSING)
    with server() as running:
        yield running.url


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A new, empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'test.db'}"
    template: str = request.getfixturevalue("postgres")
    return _new_database(template)


def _new_database(template: str) -> str:
    import psycopg

    _new_database.count += 1  # type: ignore[attr-defined]
    name = f"test_{_new_database.count}"  # type: ignore[attr-defined]
    with psycopg.connect(template.format(name="postgres"), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return template.format(name=name)


_new_database.count = 0  # type: ignore[attr-defined]


@pytest.fixture
def database(database_url: str, tmp_path: Path) -> Iterator[Database]:
    opened = open_database(database_url, tmp_path, KEYS.fingerprint)
    yield opened
    opened.close()


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A site folder with the sample's settings and no content yet."""
    folder = tmp_path / "site"
    folder.mkdir()
    shutil.copy(ROOT / "publisher.toml", folder)
    (folder / "content").mkdir()
    shutil.copytree(ROOT / "content" / "images", folder / "content" / "images")
    for name in ("articles", "events", "pages"):
        (folder / "content" / name).mkdir()
    return folder


@pytest.fixture
def sample(site: Path) -> Path:
    """The whole sample site in a folder of its own."""
    shutil.copytree(ROOT / "content", site / "content", dirs_exist_ok=True)
    shutil.copy(ROOT / "subscribers.example.csv", site)
    return site


def quick(config: Config) -> Config:
    """Without SpamAssassin, which takes a second for each edition approved; it has tests of its own."""
    return config.model_copy(update={"gate": config.gate.model_copy(update={"spam": False})})


@pytest.fixture
def open_app() -> Iterator[Callable[..., App]]:
    """Open a site with the tests' keys and a stopped clock."""
    opened: list[App] = []

    def open_at(folder: Path, now: datetime = NOW, database_url: str | None = None) -> App:
        config = quick(load(folder))
        if database_url:
            config = config.model_copy(update={"store": config.store.model_copy(update={"url": database_url})})
        opened.append(App(config, clock=lambda: now, keys=KEYS))
        return opened[-1]

    yield open_at
    for app in opened:
        app.close()


@contextmanager
def opened(folder: Path, now: datetime = NOW) -> Iterator[App]:
    """A site with the tests' keys and a stopped clock, for tests that have no fixture at hand; programs started there
    have the same keys."""
    held = {p: [{"id": id, "secret": secret.hex()} for id, secret in of] for p, of in KEYS.keys.items()}
    put(folder / "publisher.keys", json.dumps(held).encode(), mode=0o600)
    app = App(quick(load(folder)), clock=lambda: now, keys=KEYS)
    try:
        yield app
    finally:
        app.close()


def take_in(app: App, *lists: Path) -> Imported:
    """Import lists of people who agreed at the front desk."""
    source, consent = "cards at the front desk", "signed cards"
    newsletters = tuple(app.newsletters)
    done = import_subscribers(app, lists, who="tests", source=source, consent=consent, newsletters=newsletters)
    assert done.refusal is None, done.refusal
    return done


def newsletter(**more: Any) -> Newsletter:
    """A weekly newsletter that leaves on Mondays at seven, Pacific time."""
    usual = Newsletter(
        name="weekly",
        title="W",
        tagline="t",
        weekday=0,
        at=time(7),
        zone="America/Los_Angeles",
        language="en",
        languages=(),
        sender=("N", "n@example.org"),
        topics=(),
        sources=(),
        sections=(),
        order="newest",
        lead="newest-with-image",
        most=12,
        fewest=1,
        oldest_days=28,
        event_days=28,
        most_events=4,
        catch_up_hours=48,
        reading_grade=10,
        approval="automatic",
    )
    return replace(usual, **more)


def article_file(folder: Path, name: str, *, body: str = "", **fields: str) -> Path:
    """Write a Markdown article; keyword names use _ for -."""
    lines = [f"{key.replace('_', '-')}: {value}" for key, value in fields.items()]
    path = folder / "content" / "articles" / f"{name}.md"
    path.write_text(
        "---\n" + "\n".join(lines) + f"\n---\n\n{body or f'A first paragraph of {name}.'}\n", encoding="utf-8"
    )
    return path
