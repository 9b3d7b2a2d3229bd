"""What a list of a million people costs to take in, against csv.reader and one executemany in the same run; and how
many requests one core answers on the subscribers' pages.

Run with arguments it is a child process that does one of these, so that each is alone with its memory.
"""

import csv
import json
import os
import random
import re
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from statistics import median

from publisher.actions.importing import import_subscribers
from publisher.actions.people import list_subscribers
from publisher.app import App
from publisher.config import load
from tests.benchmarks.timing import timed
from tests.conftest import KEYS, ROOT, take_in

PEOPLE = 1_000_000
ROUNDS = 3
SECONDS = 60


def figures(folder: Path) -> Iterator[tuple[str, str, str]]:
    """Rows of (what, measured, limit)."""
    folder.mkdir(parents=True)
    for order in ("in any order", "in order", "numbered"):
        yield from _importing(folder / order.replace(" ", "-"), order)
    yield from _pages(folder / "pages")


def _importing(folder: Path, order: str) -> Iterator[tuple[str, str, str]]:
    site = _site(folder)
    people = folder / "people.csv"
    _write_people(people, order)
    plain, ours, again, peak = [], [], [], 0.0
    for _ in range(ROUNDS):
        plain.append(_child("plain", folder, people)[0])
        for left in site.glob("publisher.db*"):
            left.unlink()
        seconds, peak, new = _child("import", site, people)
        assert new == PEOPLE
        ours.append(seconds)
    seconds, _, new = _child("import", site, people)
    assert new == 0
    again.append(seconds)
    ratio = median(one / other for one, other in zip(ours, plain, strict=True))
    yield f"importing {PEOPLE:,} people {order}", f"{median(ours):.1f} s", ""
    yield f"  csv.reader and one executemany: {median(plain):.1f} s; times that", f"{ratio:.2f}", "4"
    yield "  memory at most", f"{peak:.0f} MB", "200 MB"
    yield "  the same list again: nobody new", f"{again[0]:.1f} s", ""


def _pages(folder: Path) -> Iterator[tuple[str, str, str]]:
    """One process on one core; wrk asks from another, so that it does not take its time."""
    if not (shutil.which("wrk") and shutil.which("taskset")):
        yield "requests to the subscribers' pages: wrk is not installed", "", "200 /s"
        return
    site = _site(folder)
    people = site / "people.csv"
    people.write_text("address\n" + "".join(f"reader{n}@example.org\n" for n in range(1_000)))
    app = App(load(site), keys=None)
    take_in(app, people)
    links, person = app.signing_links, list_subscribers(app)[500]
    paths = {
        "/subscribe": links.subscribe(),
        "/preferences/…": links.personal("preferences", person.public_id),
        "/unsubscribe/…": links.personal("unsubscribe", person.public_id, "health-weekly"),
    }
    app.close()
    command = ["taskset", "-c", "0", sys.executable, "-m", "publisher.cli", "serve", "--port", "0", "--json"]
    with subprocess.Popen([*command, "--site", str(site)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as server:
        assert server.stdout
        answer = b""
        while b"}" not in answer:
            answer += server.stdout.readline()
        root = json.loads(answer)["url"].rstrip("/")
        for name, url in paths.items():
            asked = ["wrk", "-t1", "-c16", f"-d{SECONDS}s", root + url.removeprefix("https://news.alderbay.example")]
            told = subprocess.run(asked, check=True, capture_output=True, text=True).stdout
            rate = float(re.search(r"Requests/sec:\s+([\d.]+)", told)[1])  # type: ignore[index]
            errors = "errors" in told or "Non-2xx" in told
            yield f"GET {name} for {SECONDS} s, on one core", f"{rate:.0f} /s{' ERRORS' if errors else ''}", "200 /s"
        server.send_signal(signal.SIGTERM)


def _site(folder: Path) -> Path:
    site = folder / "site"
    site.mkdir(parents=True)
    shutil.copy(ROOT / "publisher.toml", site)
    shutil.copytree(ROOT / "content" / "images", site / "content" / "images")
    return site


def _write_people(path: Path, order: str) -> None:
    """Numbered without leading zeros they come in their order but for nine places, as a database prints them."""
    numbers: Iterable[int] = range(PEOPLE)
    if order == "in any order":
        numbers = random.Random(1).sample(range(PEOPLE), PEOPLE)
    digits = 1 if order == "numbered" else 7
    with path.open("w") as file:
        file.write("email,name\n")
        file.writelines(f"reader{n:0{digits}}@mail{n % 5000}.example.org,Reader {n}\n" for n in numbers)


def _child(what: str, folder: Path, people: Path) -> tuple[float, float, int]:
    """Seconds, megabytes at most, and how many were new."""
    command = [sys.executable, "-m", "tests.benchmarks.subscribers", what, str(folder), str(people)]
    told = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT, env=dict(os.environ)).stdout
    seconds, megabytes, new = json.loads(told)
    return seconds, megabytes, new


def plain(folder: Path, people: Path) -> int:
    (folder / "plain.db").unlink(missing_ok=True)
    connection = sqlite3.connect(folder / "plain.db")
    connection.execute("CREATE TABLE person (id INTEGER PRIMARY KEY, address TEXT UNIQUE, name TEXT)")
    with people.open(newline="") as file:
        rows = csv.reader(file)
        next(rows)
        connection.executemany("INSERT OR IGNORE INTO person (address, name) VALUES (?, ?)", rows)
    connection.commit()
    return int(connection.execute("SELECT count(*) FROM person").fetchone()[0])


def taken_in(site: Path, people: Path) -> int:
    app = App(load(site), keys=KEYS)
    done = import_subscribers(app, [people], who="bench", source="cards at the front desk", consent="signed cards")
    app.close()
    return done.counts.new


def child(arguments: Sequence[str]) -> None:
    what, folder, people = arguments
    work = {"plain": plain, "import": taken_in}[what]
    new = 0

    def act() -> None:
        nonlocal new
        new = work(Path(folder), Path(people))

    seconds = timed(act)
    print(json.dumps([seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, new]))


if __name__ == "__main__":
    child(sys.argv[1:])
