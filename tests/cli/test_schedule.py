"""schedule show and run-due, as people and cron call them."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from publisher.cli import main
from tests.conftest import article_file

Told = Callable[..., tuple[str, str]]
BEFORE, NOW = "2026-11-20T12:00:00Z", "2026-11-23T15:00:00Z"


@pytest.fixture
def told(site: Path, capsys: pytest.CaptureFixture[str]) -> Told:
    """What a command says: its exit code, its results, its talk."""
    article_file(site, "one", headline="One", date="2026-11-20")

    def call(*words: str, code: int = 0) -> tuple[str, str]:
        with pytest.raises(SystemExit) as ended:
            main([*words, "--site", str(site)])
        said = capsys.readouterr()
        assert ended.value.code == code, said
        return said.out, said.err

    return call


def settings(site: Path, *lines: str) -> None:
    toml = site / "publisher.toml"
    toml.write_text(toml.read_text().replace('weekday = "monday"', "\n".join(lines), 1))


def rows(out: str) -> list[list[str]]:
    return [line.split("\t") for line in out.splitlines()]


def test_the_next_ten_are_shown_in_local_time_and_utc(told: Told) -> None:
    out, _ = told("schedule", "show", "--now", BEFORE)
    assert len(rows(out)) == 10
    assert rows(out)[0] == [
        "health-weekly", "2026-W48", "Mon 2026-11-23 07:00 America/Los_Angeles", "2026-11-23 15:00", ""
    ]  # fmt: skip


def test_changes_of_the_clock_holidays_and_skips_are_noted(site: Path, told: Told) -> None:
    (site / "days.txt").write_text("2027-03-22 Harbor Day\n")
    settings(site, 'holidays = "days.txt"', 'on_holiday = "after"', 'skip = ["2027-W13"]')
    out, _ = told("schedule", "show", "--now", "2027-03-10T12:00:00Z", "--next", "3")
    assert [(row[1], row[3], row[4]) for row in rows(out)] == [
        ("2027-W11", "2027-03-15 14:00", "the clock was put forward by 60 minutes since the one before"),
        ("2027-W12", "2027-03-23 14:00", "moved from Monday 2027-03-22, a holiday: Harbor Day"),
        ("2027-W13", "", 'left out: "skip" in [[newsletter]] names 2027-W13'),
    ]


def test_a_time_that_comes_twice_is_said_to_be_taken_once(site: Path, told: Told) -> None:
    settings(site, 'weekday = "sunday"', 'zone = "Australia/Lord_Howe"')
    toml = site / "publisher.toml"
    toml.write_text(toml.read_text().replace('at = "07:00"', 'at = "01:45"', 1))
    out, _ = told("schedule", "show", "--now", "2027-03-30T12:00:00Z", "--next", "1", "--json")
    (one,) = json.loads(out)
    assert (one["local"], one["utc"]) == ("2027-04-04T01:45:00+11:00", "2027-04-03T14:45:00+00:00")
    assert one["notes"] == ["01:45 comes twice on this day; the first is taken"]


def test_a_dry_run_says_what_is_due_and_does_nothing(told: Told) -> None:
    assert told("schedule", "run-due", "--dry-run", "--now", BEFORE) == ("", "Nothing is due.\n")
    out, err = told("schedule", "run-due", "--dry-run", "--now", NOW)
    assert out == "health-weekly 2026-W48 would be drafted, checked and, where its rule allows, sent\n"
    assert err == "Nothing was done.\n"
    assert told("issue", "list")[0] == ""


def test_cron_does_what_is_due_once(told: Told) -> None:
    out, _ = told("schedule", "run-due", "--now", NOW)
    assert "health-weekly 2026-W48 held: there is nobody to write to" in out
    out, err = told("schedule", "run-due", "--now", NOW)
    assert (out, err) == ("", "Nothing was due.\n")


def test_a_wrong_clock_is_told_until_someone_vouches_for_it(told: Told) -> None:
    told("schedule", "run-due", "--now", "2027-11-29T15:00:00Z")
    out, _ = told("schedule", "run-due", "--now", NOW, code=1)
    assert "clock: it is 2026-11-23 15:00 UTC here, but 2027-11-29 15:00 UTC is written down already" in out
    assert "clock: " in told("schedule", "run-due", "--dry-run", "--now", NOW)[1]
    out, _ = told("schedule", "run-due", "--trust-clock", "--now", NOW)
    assert "health-weekly 2026-W48" in out
    assert told("schedule", "run-due", "--now", NOW) == ("", "Nothing was due.\n")


def test_a_period_is_named_by_its_interval(site: Path, told: Told) -> None:
    settings(site, 'interval = "monthly"', 'which = "last"')
    told("collect", "--now", NOW)
    for name in ("--period", "--week"):
        assert "2026-11, draft" in told("issue", "draft", name, "2026-11", "--now", NOW)[0]
    _, err = told("issue", "draft", "--period", "2026-W48", "--now", NOW, code=1)
    assert err == ("publisher: health-weekly is monthly and has no period 2026-W48; its own then is 2026-11\n")
