"""Databases that have their schema already: a copy is made faster than the migrations are run, and many are needed."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from publisher.store import open_database
from tests.conftest import KEYS

_numbers: Iterator[int] = iter(range(1_000_000))


@pytest.fixture(scope="session")
def ready_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ready")
    open_database("sqlite:///ready.db", folder, KEYS.fingerprint).close()
    return folder / "ready.db"


@pytest.fixture(scope="session")
def ready_server(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The server's URL without a database; it has one called ready."""
    with psycopg.connect(postgres.format(name="postgres"), autocommit=True) as connection:
        connection.execute("CREATE DATABASE ready")
    open_database(postgres.format(name="ready"), tmp_path_factory.mktemp("server"), KEYS.fingerprint).close()
    return postgres


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A new database of each kind, with its schema and without a row."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("ready_file"), tmp_path / "test.db")
        yield f"sqlite:///{tmp_path / 'test.db'}"
        return
    server: str = request.getfixturevalue("ready_server")
    name = f"action_{next(_numbers)}"
    with psycopg.connect(server.format(name="postgres"), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE ready")
        yield server.format(name=name)
        # Hundreds of them, each of three hundred files, would take the disk longer than the tests themselves.
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
