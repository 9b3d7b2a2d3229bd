"""What is shipped for the machine: the units are sound, and say what the program needs."""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

from tests.conftest import ROOT

DEPLOY = ROOT / "deploy"
UNITS = sorted(path for path in DEPLOY.iterdir() if path.suffix in (".service", ".timer"))
ANALYZE = shutil.which("systemd-analyze")


def settings(name: str) -> dict[str, str]:
    """What a unit sets; of what comes twice, the last."""
    lines = (DEPLOY / name).read_text().splitlines()
    pairs = [line.partition("=") for line in lines if "=" in line and not line.startswith("#")]
    return {key: value for key, _, value in pairs}


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_systemd_finds_no_fault_with_the_units(unit: Path, tmp_path: Path) -> None:
    if ANALYZE is None:
        pytest.skip("systemd-analyze is not installed: nobody looked at the units")
    for path in UNITS:
        # The program lies elsewhere here.
        text = path.read_text().replace("/opt/publisher/bin/publisher", sys.executable)
        (tmp_path / path.name).write_text(text)
    done = subprocess.run([ANALYZE, "verify", str(tmp_path / unit.name)], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr.strip()) == (0, "")


def test_the_unit_waits_as_long_as_a_relay_may_take_and_is_shut_in() -> None:
    service = settings("publisher.service")
    assert int(service["TimeoutStopSec"]) >= 660 and service["Type"] == "notify"
    assert int(service["WatchdogSec"]) > 5 * 60
    for name in ("NoNewPrivileges", "PrivateTmp", "MemoryDenyWriteExecute", "RestrictNamespaces", "ProtectHome"):
        assert service[name] == "yes"
    assert (service["ProtectSystem"], service["ReadWritePaths"]) == ("strict", "/srv/publisher")


def test_the_container_runs_the_service_as_nobody_special_and_lets_it_end() -> None:
    container = (DEPLOY / "Containerfile").read_text()
    assert "\nUSER 10001\n" in container and "--require-hashes" in container and "/healthz" in container
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    office = compose["services"]["publisher"]
    assert office["stop_grace_period"] == "11m" and office["read_only"] is True and office["cap_drop"] == ["ALL"]


def reaches_the_image(name: str) -> bool:
    """Whether .dockerignore lets a file in: the last line that fits it, or a folder above it, decides."""
    let_in = True
    signs = {"**/": "(.*/)?", "*": "[^/]*", "?": "[^/]", "": ""}
    for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            pieces = re.findall(r"(.*?)(\*\*/|\*|\?|$)", line.removeprefix("!"))
            pattern = "".join(re.escape(text) + signs[sign] for text, sign in pieces)
            if any(re.fullmatch(pattern, path.as_posix()) for path in (Path(name), *Path(name).parents)):
                let_in = line.startswith("!")
    return let_in


def test_what_a_site_keeps_to_itself_stays_out_of_the_image() -> None:
    for folder in ("", "content/", "publisher/", "publisher/store/", "templates/", "deploy/site/"):
        for name in (
            "publisher.db",
            "publisher.db-wal",
            "publisher.keys",
            "publisher.epoch",
            "dkim.key",
            "d.pem",
            ".env",
        ):
            assert not reaches_the_image(folder + name), folder + name
    for name in (".venv/bin/python", ".git/config", "deploy/secrets/database", "people.csv", "outbox/1.eml", "b.tar"):
        assert not reaches_the_image(name), name


def test_all_that_the_package_is_made_of_reaches_the_image() -> None:
    hatch = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["hatch"]
    wheel = hatch["build"]["targets"]["wheel"]
    for name in (
        "pyproject.toml",
        "README.md",
        "LICENSE",
        "requirements.lock",
        *wheel["packages"],
        *wheel["force-include"],
    ):
        for path in (ROOT / name, *(ROOT / name).rglob("*")):
            if path.is_dir() or path.suffix in (".py", ".j2", ".json", ".md", ".txt", ".jpg", ".png", ".pdf", ".toml"):
                inside = path.relative_to(ROOT).as_posix()
                assert path.name == "__pycache__" or reaches_the_image(inside), inside


def test_every_file_for_the_machine_is_explained() -> None:
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    for name in ("publisher.service", "publisher-backup.timer", "Containerfile", "compose.yaml"):
        assert f"deploy/{name}" in page
