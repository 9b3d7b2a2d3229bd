"""The commands on people: what they say, to whom, and what they leave."""

import csv
import json
import os
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest

from tests.actions.people import HARBOR, WEEKLY, a_list, two_newsletters
from tests.cli.test_commands import publisher, told
from tests.conftest import ROOT

NOW = "2026-11-23T15:00:00Z"
EVIDENCE = ("--source", "cards at the front desk", "--consent", "signed cards", "--as", "greta")


def imported(site: Path, *rows: str, words: tuple[str, ...] = EVIDENCE, header: str = "address,state,reason") -> None:
    publisher(
        "subscribers", "import", a_list(site, "people.csv", *rows, header=header), "--site", site, "--now", NOW, *words
    )


def test_an_import_says_what_became_of_the_people_and_what_comes_next(site: Path) -> None:
    rows = ("ana@example.org,,", "ana@example.org,,", "bo@example.org,left,", "cy@example.org,unconfirmed,", "nobody,,")
    path = a_list(site, "people.csv", *rows)
    done = publisher("subscribers", "import", path, "--site", site, "--now", NOW, *EVIDENCE, code=1)
    assert done.stdout.splitlines() == [
        "people.csv: Publisher, 4 rows",
        (
            "1 new, 0 known already, 1 never confirmed and will not be written to, 1 left and will not be written to, "
            "1 twice in it, 1 rejected"
        ),
        "newsletters of the new ones: health-weekly",
    ]
    assert done.stderr.splitlines() == [
        "error: people.csv:6: no valid address: An email address must have an @-sign; mend or remove the line",
        "Next: publisher subscribers count",
    ]


def test_a_dry_run_says_that_nobody_was_kept(site: Path) -> None:
    path = a_list(site, "people.csv", "ana@example.org,,")
    done = publisher("subscribers", "import", path, "--site", site, "--dry-run", *EVIDENCE)
    assert "Nobody was kept: this was a dry run. Run it again without --dry-run to keep them." in done.stderr
    assert told("subscribers", "list", "--site", site) == []


def test_without_evidence_it_is_refused_and_says_what_is_missing(site: Path) -> None:
    path = a_list(site, "people.csv", "ana@example.org,,")
    done = publisher("subscribers", "import", path, "--site", site, code=1)
    assert "publisher: nobody was kept: 1 person is new, and nothing says how they agreed: say where" in done.stderr
    dry = publisher("subscribers", "import", path, "--site", site, "--dry-run", code=1)
    assert "publisher: this would be refused: 1 person is new" in dry.stderr


def test_the_json_of_an_import_is_one_document(site: Path) -> None:
    path = a_list(site, "people.csv", "ana@example.org,,", "nobody,,")
    done = told("subscribers", "import", path, "--site", site, *EVIDENCE, code=1)
    assert (done["counts"]["new"], done["rejected"], done["refusal"], done["dry_run"]) == (1, 1, None, False)
    assert done["findings"][0]["place"] == "people.csv:3"


def test_a_file_that_is_not_there_is_one_line(site: Path) -> None:
    done = publisher("subscribers", "import", "gone.csv", "--site", site, *EVIDENCE, code=1)
    assert done.stderr.splitlines() == [
        "publisher: gone.csv: cannot be read (No such file or directory); mend its path or its rights"
    ]


@pytest.mark.parametrize("data", [b"PK\x03\x04 half a workbook", b"a\0b", b"", b"<html>no list</html>"])
def test_a_file_that_is_no_list_is_said_without_a_traceback(site: Path, data: bytes) -> None:
    path = site / "people.csv"
    path.write_bytes(data)
    done = publisher("subscribers", "import", path, "--site", site, *EVIDENCE, code=1)
    assert done.stderr.startswith("error: people.csv") and "publisher: nobody was kept: " in done.stderr


def test_a_newsletter_that_does_not_exist_is_one_line(site: Path) -> None:
    path = a_list(site, "people.csv", "ana@example.org,,")
    done = publisher("subscribers", "import", path, "--site", site, *EVIDENCE, "--newsletter", "weekly", code=1)
    assert done.stderr.splitlines() == ['publisher: there is no newsletter "weekly" (known: health-weekly)']


def test_the_counts_name_nobody(site: Path) -> None:
    two_newsletters(site)
    header = "address,language,topics,state,newsletters"
    rows = (f"ana@example.org,es,heart,active,{WEEKLY}", f"bo@example.org,,,unconfirmed,{WEEKLY}")
    imported(site, *rows, header=header)
    done = publisher("subscribers", "count", "--site", site, "--now", NOW)
    assert done.stdout.splitlines() == [
        "health-weekly: 1 reader (1 unconfirmed)",
        "  topic\tHeart health\t1",
        "  language\tes\t1",
        "harbor-notes: 0 readers",
    ]
    weekly, harbor = told("subscribers", "count", "--site", site)
    assert (weekly["newsletter"], weekly["willing"], harbor["willing"]) == (WEEKLY, 1, 0)


def test_the_list_is_one_person_a_line(site: Path) -> None:
    imported(site, "ana@example.org,,", "bo@example.org,,")
    imported(site, "bo@example.org,left,")
    done = publisher("subscribers", "list", "--site", site)
    assert [line.split("\t")[:5] for line in done.stdout.splitlines()] == [
        ["ana@example.org", "", "active", WEEKLY, "all"],
        ["bo@example.org", "", "left", WEEKLY, "all"],
    ]
    assert done.stderr == "2 subscribers.\n"
    assert [p["address"] for p in told("subscribers", "list", "--site", site, "--newsletter", WEEKLY)] == [
        "ana@example.org", "bo@example.org",
    ]  # fmt: skip


def test_showing_answers_why_we_have_an_address(site: Path) -> None:
    imported(site, "ana@example.org,,")
    imported(site, "ana@example.org,left,bounced")
    done = publisher("subscribers", "show", "Ana@example.org", "--site", site)
    lines = done.stdout.splitlines()
    assert lines[0] == "ana@example.org: left, is not written to"
    assert "  why we have it: cards at the front desk, moment not said" in lines
    assert "  imported 2026-11-23 by greta from people.csv: cards at the front desk; signed cards" in lines
    assert "  must not get all mail: bounced 2026-11-23 (import: people.csv)" in lines
    assert "  2026-11-23 15:00 UTC  left: import: people.csv" in lines
    about = told("subscribers", "show", "ana@example.org", "--site", site)
    assert about["person"]["state"] == "left" and about["suppressions"][0]["reason"] == "bounced"
    assert "fingerprint" not in json.dumps(about)


def test_of_an_unknown_address_it_is_said_that_nothing_is_held(site: Path) -> None:
    done = publisher("subscribers", "show", "nobody@example.org", "--site", site)
    assert done.stdout == (
        "nobody@example.org: we hold nothing on this address, and it is not on the suppression list.\n"
    )
    wrong = publisher("subscribers", "show", "nobody", "--site", site, code=1)
    assert wrong.stderr.startswith('publisher: "nobody" is no mail address: ') and wrong.stderr.count("\n") == 1


def test_someone_who_is_only_on_the_suppression_list_is_shown_as_that(site: Path) -> None:
    imported(site, "ana@example.org,left,")
    done = publisher("subscribers", "show", "ana@example.org", "--site", site)
    assert done.stdout.splitlines()[0] == "ana@example.org: not held; on the suppression list"


def test_erasing_asks_first_shows_what_goes_and_says_what_stays(site: Path) -> None:
    imported(site, "ana@example.org,,")
    dry = publisher("subscribers", "erase", "ana@example.org", "--site", site, "--dry-run")
    assert "Nothing was erased: this was a dry run." in dry.stderr
    unsure = publisher("subscribers", "erase", "ana@example.org", "--site", site, code=130)
    assert "Erase all this for ever?" in unsure.stderr
    assert len(told("subscribers", "list", "--site", site)) == 1
    done = publisher("subscribers", "erase", "ana@example.org", "--site", site, "--yes", "--as", "greta")
    assert done.stdout.startswith("ana@example.org: may be written to\n")
    assert done.stderr == "Erased. The address is on the suppression list.\n"
    assert told("subscribers", "list", "--site", site) == []
    shown = publisher("subscribers", "show", "ana@example.org", "--site", site)
    assert "must not get all mail: erased" in shown.stdout and "(erased by greta)" in shown.stdout


def test_the_json_of_erasing_is_one_document(site: Path) -> None:
    imported(site, "ana@example.org,,")
    dry = told("subscribers", "erase", "ana@example.org", "--site", site, "--dry-run")
    assert (dry["erased"], dry["held"]["person"]["address"]) == (False, "ana@example.org")
    done = told("subscribers", "erase", "ana@example.org", "--site", site, "--yes")
    assert done["erased"] is True


def test_an_export_is_read_again_and_runs_in_no_spreadsheet(site: Path) -> None:
    imported(site, "ana@example.org,'=HYPERLINK(1)", header="address,name")
    done = publisher("subscribers", "export", "--site", site)
    (row,) = csv.DictReader(StringIO(done.stdout.removeprefix("\ufeff")))
    assert (row["address"], row["name"]) == ("ana@example.org", "'=HYPERLINK(1)")
    assert done.stderr == "1 subscriber exported; it is personal data: keep it where few can read it.\n"
    assert [p["address"] for p in told("subscribers", "export", "--site", site)] == ["ana@example.org"]


def test_an_export_to_a_file_is_for_its_owner_alone(site: Path) -> None:
    imported(site, "ana@example.org,,")
    out = site / "out.csv"
    out.write_text("older")
    out.chmod(0o644)
    before = os.umask(0)
    try:
        publisher("subscribers", "export", "--site", site, "--output", out)
    finally:
        os.umask(before)
    assert out.stat().st_mode & 0o777 == 0o600
    assert out.read_bytes().startswith(b"\xef\xbb\xbf") and b"ana@example.org" in out.read_bytes()
    done = publisher("subscribers", "export", "--site", site, "--output", site / "no" / "where.csv", code=1)
    assert "cannot be written" in done.stderr


def test_an_export_in_a_pipe_has_the_same_bytes_as_in_a_file(site: Path) -> None:
    imported(site, "ana@example.org,,", "josé@example.org,,")
    publisher("subscribers", "export", "--site", site, "--output", site / "out.csv")
    command = [sys.executable, "-m", "publisher.cli", "subscribers", "export", "--site", str(site)]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}
    piped = subprocess.run(command, env=environment, capture_output=True, timeout=60, check=True, cwd=ROOT)
    assert piped.stdout == (site / "out.csv").read_bytes()


def test_the_form_for_a_page_of_ones_own_leads_to_this_site(site: Path) -> None:
    two_newsletters(site)
    done = publisher("subscribers", "form", "--site", site, "--newsletter", HARBOR, "--language", "es")
    assert 'action="https://news.alderbay.example/subscribe"' in done.stdout and HARBOR in done.stdout
    assert "<script" not in done.stdout
    assert told("subscribers", "form", "--site", site)["html"].startswith("<")
    wrong = publisher("subscribers", "form", "--site", site, "--newsletter", "x", code=1)
    assert 'there is no newsletter "x"' in wrong.stderr
