"""bounces, retention and keys, as people call them."""

import json
import mailbox
import os
import subprocess
import sys
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from publisher.app import App
from publisher.config import load
from publisher.keys import open_keys
from publisher.records import Issue
from publisher.return_paths import Copy, ReturnPaths
from publisher.store import issues
from tests.actions.people import a_list, more_settings
from tests.actions.test_bounces import BASE, SAMPLES, report
from tests.cli.test_commands import publisher, told
from tests.conftest import ROOT

NOW = "2026-11-23T15:00:00Z"


def with_ana(site: Path, *, maildir: str = "") -> str:
    """Ana is held, and the return path of a copy of hers."""
    more_settings(site, f'[bounces]\naddress = "{BASE}"\n{maildir}')
    evidence = ("--source", "cards", "--consent", "signed")
    publisher(
        "subscribers", "import", a_list(site, "p.csv", "ana@example.org,,"), "--site", site, "--now", NOW, *evidence
    )
    (ana,) = told("subscribers", "list", "--site", site)
    return ReturnPaths(BASE, open_keys(site / "publisher.keys")).make(Copy(1, ana["public_id"]))


def bounce(site: Path, to: str) -> Path:
    path = site / "bounce.eml"
    path.write_bytes(report(to, "5.1.1", recipient="ana@example.org"))
    return path


def test_a_dry_run_tells_of_each_file_what_is_in_it_and_what_would_be_done(site: Path) -> None:
    folder = bounce(site, with_ana(site)).parent / "reports"
    folder.mkdir()
    (site / "bounce.eml").rename(folder / "bounce.eml")
    (folder / "answer.eml").write_bytes((SAMPLES / "auto-vacation.eml").read_bytes())
    found = told("bounces", "read", folder, "--dry-run", "--site", site)
    for one in found:
        assert {"file", "kind", "recipients", "permanent", "status", "action"} <= set(one)
        assert isinstance(one["permanent"], bool) and isinstance(one["recipients"], list)
    assert [(one["file"], one["kind"], one["recipients"], one["status"], one["action"]) for one in found] == [
        ("answer.eml", "auto-reply", [], None, "none"),
        ("bounce.eml", "bounce", ["ana@example.org"], "5.1.1", "suppress"),
    ]
    assert told("subscribers", "list", "--site", site)[0]["state"] == "active"


def test_reading_acts_and_says_how_many(site: Path) -> None:
    path = bounce(site, with_ana(site))
    done = publisher("bounces", "read", path, "--site", site)
    assert done.stdout.startswith("bounce.eml\tbounce\t5.1.1\tsuppress\tthe address is gone: ")
    assert done.stderr == "1 message read, 1 address not written to any more.\n"
    again = publisher("bounces", "read", path, "--site", site)
    assert again.stderr == "1 message read, 0 addresses not written to any more.\n"
    assert told("subscribers", "list", "--site", site)[0]["state"] == "left"


def test_a_dry_run_says_that_nothing_was_changed(site: Path) -> None:
    done = publisher("bounces", "read", bounce(site, with_ana(site)), "--dry-run", "--site", site)
    assert done.stderr.endswith("1 address not written to any more. Nothing was changed: this was a dry run.\n")


@pytest.mark.parametrize("arguments", [["tests"], ["-"]])
def test_reports_can_be_looked_at_outside_a_site_and_no_file_is_made(tmp_path: Path, arguments: list[str]) -> None:
    folder = tmp_path / "tests"
    folder.mkdir()
    data = (SAMPLES / "standard-postfix-unknown-user.eml").read_bytes()
    (folder / "one.eml").write_bytes(data)
    command = [sys.executable, "-m", "publisher.cli", "bounces", "read", *arguments, "--dry-run", "--json"]
    done = subprocess.run(
        command, env=os.environ | {"PYTHONPATH": str(ROOT)}, cwd=tmp_path, input=data, capture_output=True, timeout=60
    )
    assert done.returncode == 0, done.stderr.decode()
    (one,) = json.loads(done.stdout)
    assert (one["kind"], one["permanent"], one["action"]) == ("bounce", True, "none")
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["one.eml", "tests"]


def test_without_a_dry_run_a_site_is_needed(tmp_path: Path) -> None:
    (tmp_path / "one.eml").write_bytes(b"")
    done = publisher("bounces", "read", tmp_path / "one.eml", "--site", tmp_path, code=1)
    assert "publisher.toml: there is no such file" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["one.eml"]


def test_what_cannot_be_read_is_one_line(site: Path) -> None:
    done = publisher("bounces", "read", site / "gone.eml", "--dry-run", "--site", site, code=1)
    assert done.stderr.startswith(f"publisher: {site}/gone.eml: ") and done.stderr.count("\n") == 1


def test_the_mailbox_is_polled_when_asked(site: Path) -> None:
    to = with_ana(site, maildir='maildir = "reports"\n')
    box = mailbox.Maildir(site / "reports")
    box.add(bounce(site, to).read_bytes())
    (one,) = told("bounces", "poll", "--site", site)
    assert (one["kind"], one["action"]) == ("bounce", "suppress")
    assert told("bounces", "poll", "--site", site) == []


def test_without_a_mailbox_it_is_said_how_to_have_one(site: Path) -> None:
    done = publisher("bounces", "poll", "--site", site)
    assert done.stderr.startswith("There is no mailbox to read: set maildir, or [bounces.imap], in publisher.toml.")
    assert told("bounces", "poll", "--site", site) == []


def test_a_mailbox_that_cannot_be_read_is_one_line(site: Path) -> None:
    with_ana(site, maildir='maildir = "reports"\n')
    done = publisher("bounces", "poll", "--site", site, code=1)
    assert "there is no Maildir to be read here" in done.stderr and done.stderr.count("\n") == 1


def test_what_is_forgotten_is_counted(site: Path) -> None:
    rows = ("ana@example.org,unconfirmed,",)
    publisher("subscribers", "import", a_list(site, "p.csv", *rows), "--site", site, "--now", NOW)
    dry = publisher("retention", "run", "--site", site, "--now", "2027-01-23", "--dry-run")
    assert dry.stdout.splitlines() == [
        "recipients of 0 copies of 0 issues",
        "0 people who left, 1 who never confirmed",
        "0 forms of the web, 0 reports that came back",
        "0 alarms of more than a year ago",
    ]
    assert dry.stderr == "Nothing was forgotten: this was a dry run.\n"
    done = told("retention", "run", "--site", site, "--now", "2027-01-23")
    nothing = dict.fromkeys(("issues", "copies", "left", "requests", "reports", "alarms"), 0)
    assert done == nothing | {"unconfirmed": 1}
    assert told("subscribers", "list", "--site", site) == []


def test_keys_are_listed_by_their_ids_and_never_shown(site: Path) -> None:
    assert told("keys", "list", "--site", site) == {
        "links": ["1"], "message-id": ["1"], "return-path": ["1"], "suppression": ["1"],
        "staff": ["1"],
    }  # fmt: skip
    shown = publisher("keys", "list", "--site", site).output
    for _, of in open_keys(site / "publisher.keys").keys.items():
        assert all(secret.hex() not in shown for _, secret in of)


def test_a_rotation_says_what_to_do_next(site: Path) -> None:
    done = publisher("keys", "rotate", "links", "--site", site)
    assert done.stdout == "links: key 2 signs from now on\n"
    assert "Restart `publisher serve` and `publisher run` now" in done.stderr
    assert told("keys", "rotate", "links", "--site", site) == {"purpose": "links", "key": "3"}
    assert told("keys", "list", "--site", site)["links"] == ["3", "2", "1"]


@pytest.mark.parametrize("state", ["sending", "paused"])
def test_no_key_is_rotated_while_an_issue_is_on_its_way(site: Path, state: str) -> None:
    """A copy that has to be sent once more must be the same bytes."""
    with_ana(site)
    day = datetime.fromisoformat(NOW)
    issue = Issue(
        newsletter="health-weekly", period="2026-W48", state="sending", after=day, cut_off=day, drafted_at=day
    )
    app = App(load(site))
    with app.database.write() as connection:
        issues.add(connection, replace(issue, state=state), "ana", "")  # type: ignore[arg-type]
    app.close()
    done = publisher("keys", "rotate", "links", "--site", site, code=1)
    assert f"health-weekly 2026-W48 is {state}, and its mail must not change on the way" in done.stderr
    assert told("keys", "list", "--site", site)["links"] == ["1"]


@pytest.mark.parametrize("purpose", ["suppression", "message-id"])
def test_the_key_of_the_suppression_list_and_that_of_message_ids_stay(site: Path, purpose: str) -> None:
    done = publisher("keys", "rotate", purpose, "--site", site, code=2)
    assert f"'{purpose}' is not one of" in done.stderr


def test_keys_that_were_lost_are_not_made_anew(site: Path) -> None:
    with_ana(site)
    (site / "publisher.keys").unlink()
    done = publisher("keys", "list", "--site", site, code=1)
    assert "the key file is gone, and its keys were used; restore it from the backup" in done.stderr
    assert done.stderr.count("\n") == 1 and not (site / "publisher.keys").exists()
