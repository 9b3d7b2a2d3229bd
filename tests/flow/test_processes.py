"""Real processes: two services at once, a service told to stop, and the whole job from an installed wheel."""

import json
import os
import shutil
import signal
import subprocess
import sys
import venv
from collections import Counter
from email import message_from_bytes
from pathlib import Path

import pytest

from tests.conftest import ROOT

pytestmark = pytest.mark.long

PUBLISHER = [sys.executable, "-m", "publisher.cli"]
NOW = "2026-11-23T15:00:00Z"


def run(*words: str, cwd: Path, code: int = 0, **more: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [*PUBLISHER, *words], cwd=cwd, text=True, capture_output=True, timeout=120, env=os.environ | more
    )
    assert done.returncode == code, done.stderr + done.stdout
    assert "Traceback" not in done.stderr
    return done


def received(site: Path) -> Counter[str]:
    return Counter(str(message_from_bytes(f.read_bytes())["To"]) for f in (site / "outbox").rglob("*.eml"))


def test_of_six_services_one_sends_the_issue(sample: Path, database_url: str) -> None:
    """Half of them are started as by cron."""
    where = {"PUBLISHER_STORE__URL": database_url}
    run("subscribers", "import", "subscribers.example.csv", "--now", NOW, cwd=sample, **where)
    services = [
        subprocess.Popen(
            [*PUBLISHER, *(["run", "--once"] if number % 2 else ["schedule", "run-due"]), "--now", NOW],
            cwd=sample,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=os.environ | where,
        )
        for number in range(6)
    ]
    talk = [service.communicate(timeout=120) for service in services]
    assert [service.returncode for service in services] == [0] * 6, talk
    assert "Traceback" not in str(talk)
    run("run", "--once", "--now", NOW, cwd=sample, **where)
    (issue,) = json.loads(run("issue", "list", "--json", cwd=sample, **where).stdout)
    assert (issue["period"], issue["state"]) == ("2026-W48", "sent")
    assert set(received(sample).values()) == {1}
    assert len(received(sample)) == 12


def test_a_service_sends_what_is_due_and_stops_when_told(sample: Path) -> None:
    run("subscribers", "import", "subscribers.example.csv", "--now", NOW, cwd=sample)
    command = [*PUBLISHER, "run", "--no-web", "--now", NOW, "--json"]
    with subprocess.Popen(command, cwd=sample, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as service:
        assert service.stdout
        # The sender is a thread of its own: the feeds of this tick may be told of before.
        lines = iter(lambda: "".join(service.stdout.readline() for _ in range(3)), "")  # type: ignore[union-attr]
        assert any("12 accepted" in json.loads(line)["done"] for line in lines)
        service.send_signal(signal.SIGTERM)
        _, talk = service.communicate(timeout=60)
    assert service.returncode == 0, talk
    assert len(received(sample)) == 12
    assert '"last_tick": "2026-11-23T15:0' in run("status", "--json", cwd=sample).stdout


def test_a_service_is_woken_at_the_slot_and_not_a_minute_later(sample: Path) -> None:
    run("subscribers", "import", "subscribers.example.csv", "--now", NOW, cwd=sample)
    command = [*PUBLISHER, "run", "--now", "2026-11-23T14:59:45Z", "--json"]
    with subprocess.Popen(command, cwd=sample, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as service:
        assert service.stdout
        for line in service.stdout:
            if "12 accepted" in line:
                break
        service.send_signal(signal.SIGTERM)
        service.communicate(timeout=60)
    shown = json.loads(run("issue", "show", "--period", "2026-W48", "--json", cwd=sample).stdout)
    # By its ticks alone it would have drafted it a whole minute after the first, at 15:00:45 or later.
    assert "2026-11-23T15:00:00" <= shown["history"][0]["at"] < "2026-11-23T15:00:45"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built wheel, unpacked beside this environment's libraries."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "-w",
        str(folder),
        str(ROOT),
    ]
    subprocess.run(build, check=True, timeout=120, capture_output=True, cwd=folder)
    (built,) = folder.glob("*.whl")
    home = folder / "installed"
    venv.create(home, with_pip=False, symlinks=True)
    site_packages = next(home.glob("lib/python3*/site-packages"))
    shutil.unpack_archive(built, site_packages, "zip")
    here = next(Path(p) for p in sys.path if p.endswith("site-packages"))
    (site_packages / "libraries.pth").write_text(f"{here}\n")
    return home / "bin" / "python"


def test_the_wheel_brings_its_templates_and_sample_site(wheel: Path, tmp_path: Path) -> None:
    where = [str(wheel), "-I", "-c", "import publisher; print(publisher.__file__)"]
    assert "installed" in subprocess.run(where, check=True, text=True, capture_output=True).stdout
    command = [str(wheel), "-I", "-m", "publisher.cli", "demo", "here", "--json"]
    done = subprocess.run(command, cwd=tmp_path, text=True, capture_output=True, timeout=120)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["articles"] == 23
    assert len(list((tmp_path / "here" / "outbox").rglob("*.eml"))) == 12


def test_the_demo_can_be_run_again(tmp_path: Path) -> None:
    first = run("demo", "here", "--json", cwd=tmp_path)
    again = run("demo", "here", "--json", cwd=tmp_path)
    assert json.loads(first.stdout) == json.loads(again.stdout)
    assert len(received(tmp_path / "here")) == 12
