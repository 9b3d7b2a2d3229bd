"""The packages of others that check the mail are pinned, and fetched from wherever a machine is set up to."""

import json
from pathlib import Path

import pytest

pytestmark = pytest.mark.long

HERE = Path(__file__).parent


def test_the_lock_pins_every_package_with_a_hash_and_names_no_host() -> None:
    text = (HERE / "package-lock.json").read_text()
    wanted = json.loads((HERE / "package.json").read_text())["dependencies"]
    packages = {path: package for path, package in json.loads(text)["packages"].items() if path}
    assert "://" not in text
    assert {path.removeprefix("node_modules/") for path in packages} >= set(wanted)
    assert all(package["integrity"].startswith("sha512-") for package in packages.values())
    assert all(packages[f"node_modules/{name}"]["version"] == version for name, version in wanted.items())
