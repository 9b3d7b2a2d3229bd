"""The house stands as its map says: nothing imports upward, and each big library has one room."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT

# fmt: off
FLOORS = [
    {"errors", "records"},
    {
        *("addresses", "browser", "colours", "config", "doctor", "failpoints", "fetching", "files", "keys"),
        *("languages", "links", "programs", "return_paths", "slots", "sources", "store", "subscribers", "templating"),
    },
    {"feeds", "digest", "delivery"},
    {"app"},
    {"actions"},
    {"schedule", "web"},
    {"service"},
    {"cli"},
]
# What a room on the same floor may know: tables that another is made of, and the ledger that only the engine touches.
NEIGHBOURS = {
    ("sources", "languages"),
    *(("links", "keys"), ("return_paths", "keys"), ("keys", "files"), ("delivery", "store")),
    *(("config", "addresses"), ("fetching", "addresses")),
    *(("config", "return_paths"), ("config", "colours"), ("config", "templating"), ("config", "slots")),
}
ONLY_IN = {
    "sqlalchemy": "store",
    "alembic": "store",
    "feedgen": "feeds",
    "premailer": "digest",
    "tinycss2": "digest",
    "apscheduler": "schedule",
    "click": "cli",
    "pydantic": "config",
    "httpx": "fetching",
    "httpcore": "fetching",
    "dns": "doctor",
    "charset_normalizer": "sources",
    "feedparser": "sources",
    "mammoth": "sources",
    "trafilatura": "sources",
    "flufl": "subscribers",
    "starlette": "web",
    "uvicorn": "web",
}


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def modules() -> list[tuple[str, Path]]:
    found = []
    for path in sorted((ROOT / "publisher").rglob("*.py")):
        room = path.relative_to(ROOT / "publisher").with_suffix("").parts[0]
        if room != "__init__":
            found.append((room, path))
    return found


def floor(room: str) -> int:
    return next(number for number, rooms in enumerate(FLOORS) if room in rooms)


@pytest.mark.parametrize(
    ("room", "path"), modules(), ids=lambda value: value.name if isinstance(value, Path) else value
)
def test_a_room_knows_only_what_lies_below_it(room: str, path: Path) -> None:
    for name in imports(path):
        parts = name.split(".")
        if parts[0] != "publisher" or len(parts) < 2 or parts[1] in (room, "__version__"):
            continue
        known = parts[1]
        assert floor(known) < floor(room) or (room, known) in NEIGHBOURS, f"{path.name} imports {name}"


@pytest.mark.parametrize(("library", "room"), ONLY_IN.items())
def test_each_big_library_has_one_room(library: str, room: str) -> None:
    users = {where for where, path in modules() if any(name.split(".")[0] == library for name in imports(path))}
    assert users == {room}


def test_records_need_only_the_standard_library() -> None:
    import sys

    for room, path in modules():
        if room in ("records", "errors"):
            outside = {name.split(".")[0] for name in imports(path)} - set(sys.stdlib_module_names) - {"publisher"}
            assert outside == set(), path.name


def test_only_the_engine_and_its_ledger_touch_the_store() -> None:
    users = {path.name for room, path in modules() if room == "delivery" and "publisher.store" in set(imports(path))}
    assert users == {"engine.py", "ledger.py"}


def test_locks_are_pinned_with_hashes_and_name_no_host() -> None:
    for name in ("requirements.lock", "requirements-dev.lock"):
        text = (ROOT / name).read_text()
        assert "://" not in text and "index-url" not in text and "file:" not in text
        pins = [block for block in text.split("\n") if block and not block.startswith((" ", "#"))]
        assert len(pins) > 40
        assert all("==" in pin and pin.endswith("\\") for pin in pins)
