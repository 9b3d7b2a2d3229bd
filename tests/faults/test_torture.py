"""The torture takes long, so nobody runs it by the way: that it can be run at all is seen here."""

import subprocess

from tests.conftest import ROOT
from tests.faults import torture


def test_make_torture_finds_its_thousand_kills() -> None:
    told = subprocess.run(
        ["make", "--no-print-directory", "-n", "torture"], check=True, capture_output=True, text=True, cwd=ROOT
    )
    command = f"{told.stdout.splitlines()[-1]} --collect-only"
    found = subprocess.run(command, shell=True, capture_output=True, text=True, cwd=ROOT, timeout=120)
    assert found.returncode == 0, found.stdout + found.stderr
    rounds = found.stdout.count("::test_a_thousand_kills[")
    assert rounds * torture.KILLS == 1_000
