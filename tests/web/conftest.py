"""`publisher serve` as a process on loopback, over either database, and what its tests ask of it.

The test looks into the same database and has the same keys, so that it can make people and links, and compare all
tables before and after.
"""

import http.client
import json
import os
import re
import secrets
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlencode, urlsplit

import pytest
from sqlalchemy import select

from publisher.app import App
from publisher.config import load
from publisher.links import Purpose
from publisher.records import Subscriber
from publisher.store import subscribers
from publisher.store.schema import metadata
from publisher.subscribers import Address, parse
from tests.conftest import NOW, ROOT, _new_database
from tests.flow.test_serving import command, running

Fields = Mapping[str, str | list[str]]
FORM = "application/x-www-form-urlencoded"
MORE = """
[[newsletter]]
name = "research"
title = "Research Letter"
sender = { name = "Alder Bay Hospital", address = "research@news.alderbay.example" }

[web]
trusted_proxies = []

[subscribe]
hourly_per_client = 10000
hourly_in_all = 1000000
privacy_url = "https://www.alderbay.example/privacy"
"""
MAILED = list(metadata.tables["request"].c.keys()).index("mailed_at")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        """What stands on the page, without tags."""
        page = re.sub(r"(?s)<(style|title)>.*?</\1>", "", self.body.decode())
        return re.sub(r"\s+", " ", unescape(re.sub("<[^>]+>", "", page)))

    @property
    def bare_headers(self) -> dict[str, str]:
        return {name: value for name, value in self.headers.items() if name != "date"}

    def field(self, name: str) -> str:
        """The value of a hidden field."""
        found = re.search(rf'<input type="hidden" name="{name}" value="([^"]*)"', self.body.decode())
        assert found, name
        return unescape(found[1])


@dataclass(frozen=True, slots=True)
class House:
    """A served site: its folder, its URL, and its parts as the test opens them."""

    folder: Path
    url: str
    app: App
    log: Path

    def ask(
        self, path: str, method: str = "GET", body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        with closing(http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=30)) as connection:
            connection.request(method, f"/{path.lstrip('/')}", body, dict(headers or {}))
            answer = connection.getresponse()
            names = [name.lower() for name, _ in answer.getheaders()]
            assert len(names) == len(set(names)), f"a header is there twice: {names}"
            return Answer(answer.status, {n.lower(): v for n, v in answer.getheaders()}, answer.read())

    def send(self, path: str, fields: Fields, **headers: str) -> Answer:
        """A posted form; header names use _ for -."""
        told = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.ask(path, "POST", urlencode(fields, doseq=True).encode(), {"Content-Type": FORM, **told})

    def person(self, address: str | None = None, **more: Any) -> Subscriber:
        """Somebody new, who agreed at the front desk."""
        judged = parse(address or f"{secrets.token_hex(6)}@example.org")
        assert isinstance(judged, Address)
        new = Subscriber(
            address=judged.written,
            address_key=judged.key,
            **{"public_id": secrets.token_hex(16), "created_at": NOW} | more,
        )
        with self.app.database.write() as connection:
            return subscribers.add(connection, new, self.app.fingerprint(judged.key))

    def now(self, person: Subscriber) -> Subscriber:
        """The same person as the database holds them now."""
        with self.app.database.read() as connection:
            found = subscribers.with_public_id(connection, person.public_id)
        assert found
        return found

    def link(self, purpose: Purpose, public_id: str, newsletter: str = "") -> str:
        """A personal link below the site's address."""
        return f"{purpose}/{self.app.signing_links.sign(purpose, public_id, newsletter)}"

    def dump(self) -> dict[str, list[tuple[Any, ...]]]:
        """All there is in all tables, once the mails that were asked for are out."""
        return eventually(self._settled)

    def _settled(self) -> dict[str, list[tuple[Any, ...]]]:
        """The same, or nothing while a mail waits."""
        found = self.look()
        return {} if any(row[MAILED] is None for row in found["request"]) else found

    def look(self) -> dict[str, list[tuple[Any, ...]]]:
        """All there is in all tables now."""
        with self.app.database.read() as connection:
            return {
                table.name: sorted((tuple(row) for row in connection.execute(select(table))), key=repr)
                for table in metadata.sorted_tables
                if table.name != "keymark"  # of which key the database is, told at its first use
            }

    def mail_to(self, address: str) -> list[bytes]:
        folder = self.app.outbox / "confirmations"
        files = sorted(folder.glob("*.eml")) if folder.is_dir() else []
        return [
            found for file in files if f"To: {address}\n".encode() in (found := file.read_bytes()).replace(b"\r", b"")
        ]

    def mailed(self, address: str) -> bytes:
        """The one mail to this address, once it is there."""
        return eventually(lambda: self.mail_to(address))[0]

    def request_of(self, address: str) -> str:
        """The public id of the one request for this address."""
        rows = [row for row in self.dump()["request"] if row[1] == address]
        assert len(rows) == 1
        return str(rows[0][0])


def eventually(look: Callable[[], T]) -> T:
    """What is found as soon as there is anything."""
    end = time.monotonic() + 20
    while not (found := look()):
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)
    return found


def at_once(*calls: Callable[[], T]) -> list[T]:
    """Several at the same time."""
    with ThreadPoolExecutor(len(calls)) as pool:
        return [future.result(60) for future in [pool.submit(call) for call in calls]]


@contextmanager
def served(folder: Path, settings: Callable[[str], str] = str, **environment: str) -> Iterator[House]:
    """The sample site with these settings, served."""
    (folder / "publisher.toml").write_text(settings((ROOT / "publisher.toml").read_text() + MORE))
    (folder / "content").mkdir(exist_ok=True)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        app = App(load(folder), clock=lambda: NOW)
    assert app.keyring and app.database
    log = folder / "log"
    with log.open("w") as talk:
        process = subprocess.Popen(
            command(folder), text=True, stdout=subprocess.PIPE, stderr=talk, env=os.environ | environment
        )
    with running(process):
        try:
            assert process.stdout
            told = "".join(process.stdout.readline() for _ in range(3))
            assert told, log.read_text()
            yield House(folder, json.loads(told)["url"], app, log)
        finally:
            app.close()


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def house(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A site with two newsletters and generous limits."""
    folder = tmp_path_factory.mktemp("house")
    url = "sqlite:///publisher.db"
    if request.param == "postgresql":
        url = _new_database(request.getfixturevalue("postgres"))
    with served(folder, PUBLISHER_STORE__URL=url) as found:
        yield found


@pytest.fixture(scope="module")
def lone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A site with one newsletter in one language."""

    def settings(text: str) -> str:
        start, end = text.index("[newsletter.translations.es]"), text.index("[delivery]")
        text = text[:start] + text[end:]
        return text.replace(text[text.index('\n[[newsletter]]\nname = "research"') : text.index("[web]")], "\n")

    with served(tmp_path_factory.mktemp("lone"), settings) as found:
        yield found
