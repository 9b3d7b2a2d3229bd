"""What docs/relays.md tells people to write is what the program reads and says."""

import re
from pathlib import Path

import pytest

from publisher.config import load
from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "relays.md").read_text(encoding="utf-8")
SETTINGS = [re.sub(r"(?m)^ {3}", "", block) for block in re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)]


@pytest.mark.parametrize("settings", SETTINGS, ids=lambda text: "-".join(re.findall(r'host = "([^"]+)"', text)))
def test_all_settings_on_the_page_are_accepted(site: Path, settings: str) -> None:
    before, _, _ = (ROOT / "publisher.toml").read_text(encoding="utf-8").partition("[delivery]")
    opening = "" if "[delivery]" in settings else '[delivery]\ntransport = "smtp"\n'
    if "[delivery.smtp]" not in settings:
        settings += '\n[delivery.smtp]\nhost = "smtp.alderbay.example"\n'
    (site / "publisher.toml").write_text(before + opening + settings, encoding="utf-8")
    smtp = load(site).delivery.smtp
    assert smtp and not smtp.password and not smtp.clear_text


def test_there_is_a_page_of_settings_for_each_of_the_usual_relays() -> None:
    assert len(SETTINGS) == 9


def test_every_code_is_explained() -> None:
    source = "".join(path.read_text() for path in (ROOT / "publisher" / "doctor").glob("*.py"))
    source += (ROOT / "publisher" / "actions" / "doctor.py").read_text()
    used = set(re.findall(r'(?:ok|warning|error|unknown)\(\s*"([a-z]+)"', source)) | {"replies", "bounces", "keys"}
    told = {code for row in re.findall(r"(?m)^\| (`.*?) \|", PAGE) for code in re.findall(r"`([a-z]+)`", row)}
    assert used == told
