"""Golden editions to plant faults in, and what the gate's families on a document find in them."""

import re
from datetime import UTC, datetime
from pathlib import Path

from publisher.digest.check import accessibility, clients
from publisher.digest.check.document import read
from publisher.records import Block, Edition, Finding
from tests.conftest import ROOT

EDITIONS = ROOT / "tests" / "data" / "editions"
WEEK = EDITIONS / "health-weekly-2026-W48.html"


def golden_edition(path: Path = WEEK) -> Edition:
    """An edition of the golden files, all of whose blocks are for everyone."""
    html, text = path.read_text("utf-8"), path.with_suffix(".txt").read_text("utf-8")
    found = re.search("ZQ(..........)GREETINGQZ", html)
    language = re.search('<html lang="([^"]+)"', html)
    assert found and language
    numbers = {int(number) for number in re.findall(f"ZQ{found[1]}B([0-9]+)QZ", html)}
    return Edition(
        language=language[1],
        subject="Health Weekly: The new emergency entrance opens December 1",
        preheader="Harbor Garden Reopens",
        title="Health Weekly",
        sender_name="Alder Bay Hospital",
        sender_address="news@alderbay.example",
        greeting="Hello.",
        greeting_named="Hello, {name}.",
        html=html,
        text=text,
        blocks=tuple(Block(number=number, kind="item") for number in sorted(numbers)),
        nonce=found[1],
        hash="",
        date=datetime(2026, 11, 23, 15, tzinfo=UTC),
    )


def instead(document: str, old: str, new: str) -> str:
    """The document with the first `old` replaced; it must have one, else the test would plant nothing."""
    assert old in document, f"the golden edition has no {old}"
    return document.replace(old, new, 1)


def with_part(html: str, part: str) -> str:
    """The mail with one more row at the end of its card."""
    return instead(html, '<tr><td class="end"', f'<tr><td class="item-td">{part}</td></tr><tr><td class="end"')


def with_sheet(html: str, rules: str) -> str:
    """The mail with one more style sheet in its head."""
    return instead(html, "</head>", f"<style>{rules}</style></head>")


def findings(edition: Edition) -> list[Finding]:
    document = read(edition)
    return [*accessibility.check(document), *clients.check(document, edition)]


def codes(edition: Edition) -> set[str]:
    return {finding.code for finding in findings(edition)}
