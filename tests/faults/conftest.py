"""What the faults are tried on: copies of one approved issue, on both databases, each with a relay of its own."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from shutil import copytree
from typing import Any

import psycopg
import pytest

from tests.conftest import ROOT
from tests.delivery.relay import Rule, ScriptedRelay
from tests.faults.trial import Trial, make_site

MakeTrial = Callable[..., AbstractContextManager[Trial]]


class Models:
    """Approved issues that are made once and then copied: of SQLite with its folder, of PostgreSQL as a template."""

    def __init__(self, folder: Path, server: Callable[[], str]) -> None:
        self._folder, self._server = folder, server
        self._made: dict[str, Path] = {}
        self._copies = 0

    def copy(self, people: int, kind: str, site: Path, server: str | None = None) -> str:
        """A copy of the issue for so many people in the folder `site`; the address of its database."""
        if kind == "sqlite":
            url = "sqlite:///publisher.db"
            copytree(self._model(people, kind, url), site)
            return url
        server, name = server or self._server(), f"faults_{people}"
        model = self._model(people, kind, server.format(name=name), lambda: _create(server, name))
        copytree(model, site)
        self._copies += 1
        _create(server, f"{name}_{self._copies}", name)
        return server.format(name=f"{name}_{self._copies}")

    def _model(self, people: int, kind: str, url: str, create: Callable[[], None] = lambda: None) -> Path:
        key = f"{people} {url}"
        if key not in self._made:
            create()
            self._made[key] = self._folder / f"{kind}-{len(self._made)}"
            make_site(_bare(self._made[key]), people, url)
        return self._made[key]


def _bare(site: Path) -> Path:
    site.mkdir()
    for name in ("articles", "events", "pages"):
        (site / "content" / name).mkdir(parents=True)
    copytree(ROOT / "content" / "images", site / "content" / "images")
    (site / "publisher.toml").write_text((ROOT / "publisher.toml").read_text())
    return site


def _create(server: str, name: str, template: str = "template0") -> None:
    with psycopg.connect(server.format(name="postgres"), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")


@contextmanager
def trial_of(
    models: Models, site: Path, kind: str, *rules: Rule, people: int, server: str | None = None, **more: Any
) -> Iterator[Trial]:
    """`more`: how the relay is, or, where publisher.toml has such a setting, how mail is delivered."""
    settings = ("after_crash", "batch", "connections", "per_connection", "per_minute", "lease_seconds")
    delivery = {name: more.pop(name) for name in settings if name in more}
    url = models.copy(people, kind, site, server)
    with ScriptedRelay(*rules, **more) as relay:
        trial = Trial(site=site, url=url, relay=relay, people=people)
        trial.configure(**delivery)
        try:
            yield trial
        finally:
            trial.close()
            if trial.process is not None and trial.process.is_alive():
                trial.process.kill()
                trial.process.join()


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Models:
    def server() -> str:
        url: str = request.getfixturevalue("postgres")
        return url

    return Models(tmp_path_factory.mktemp("faults"), server)


@pytest.fixture(params=["sqlite", "postgresql"])
def kind(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def make_trial(models: Models, tmp_path: Path) -> MakeTrial:
    """Over SQLite, unless a test asks for another `kind`."""

    def make(*rules: Rule, people: int = 60, kind: str = "sqlite", **more: Any) -> AbstractContextManager[Trial]:
        return trial_of(models, tmp_path / "site", kind, *rules, people=people, **more)

    return make
