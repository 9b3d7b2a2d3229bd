"""The Nu HTML checker, the W3C's own, finds no fault in the mail and its public page that we did not choose."""

import json
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.mail.conftest import MAILS, PAGES, Made, checker

pytestmark = pytest.mark.long

# What mail needs and the standard does not know: each with the program that it is for.
KNOWN = (
    r"CSS: “mso-table-[lr]space”: Property “mso-table-[lr]space” doesn't exist\.",  # Outlook on Windows: gaps of tables
    r"CSS: “mso-hide”: Property “mso-hide” doesn't exist\.",  # Outlook on Windows: hides the preheader
    r"CSS: “mso-padding-alt”: Property “mso-padding-alt” doesn't exist\.",  # Outlook on Windows: room within a button
    r"CSS: “supported-color-schemes”: Property “supported-color-schemes” doesn't exist\.",  # older Apple Mail: dark
    r"Attribute “xmlns:o” not allowed here\.",  # Outlook on Windows: the settings in its conditional comment
)
# Outlook on Windows lays tables out by these, old as they are. The checker calls them obsolete, not wrong.
OBSOLETE = r"The “(align|valign|bgcolor|border|cellpadding|cellspacing|width)” attribute on the “(table|tr|td)” element"


def faults(files: Sequence[Path]) -> dict[str, list[str]]:
    """What the checker says of each file beyond what we know and chose."""
    jar = checker("vnu-jar/build/dist/vnu.jar")
    if not (java := shutil.which("java")):
        pytest.skip("Java is not installed: apt-get install default-jre-headless")
    command = [java, "-Xmx512m", "-jar", str(jar), "--format", "json", "--exit-zero-always", *map(str, files)]
    told = subprocess.run(command, check=True, capture_output=True, timeout=60, text=True).stderr
    found: dict[str, list[str]] = {file.name: [] for file in files}
    for message in json.loads(told)["messages"]:
        known = KNOWN if message["type"] == "error" else (OBSOLETE,)
        if not any(re.match(one, message["message"]) for one in known):
            place = f"line {message.get('lastLine')}: {message.get('extract', '').strip()}"
            found[message["url"].rpartition("/")[2]].append(f"{message['type']}: {message['message']} {place}")
    return found


def test_the_mail_and_its_public_page_are_valid_html(made: Made) -> None:
    files = [made.papers[name] for name in MAILS + PAGES]
    assert faults(files) == {file.name: [] for file in files}


def test_a_planted_fault_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text(
        "<!DOCTYPE html><html lang=en><title>A page</title><p style='mso-hide:all; mso-show:all'><b>Hello</p>"
    )
    [first, *others] = faults([page])["page.html"]
    assert first.startswith("error: CSS: “mso-show”: Property “mso-show” doesn't exist.")
    assert any("unclosed" in other or "open elements" in other for other in others)
