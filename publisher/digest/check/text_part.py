"""Whether the text part says what the HTML says: its headlines and where its links lead.

The reader's own pages and the issue on the web are not looked for here: `delivery` does, in both parts.
"""

import re
from collections.abc import Iterator

from publisher.digest.check.document import PERSONAL, SAMPLE, Document, short
from publisher.digest.check.rules import Rule
from publisher.records import Edition, Finding

TEXT_MISSING = Rule(
    code="text-missing",
    family="clients",
    severity="error",
    wrong="The text part is empty or next to it.",
    why="Who reads mail as text gets nothing, and filters take the difference for a trick.",
)
TEXT_DIFFERS = Rule(
    code="text-differs",
    family="clients",
    severity="warning",
    wrong="The text part lacks a headline or a link of the HTML.",
    why="Who reads mail as text misses it, and filters take the difference for a trick.",
)


_AFTER = ".,;:!?)/"
"""What stands behind an address in running text and makes it no other."""


def check(document: Document, edition: Edition, home: str) -> list[Finding]:
    """The findings on the text part, of which `document` is the other. `home` is the site's address."""
    text = edition.text_for((), SAMPLE)
    if len(text.split()) * 5 < len(document.text.split()):
        mend = "has hardly a word of what the HTML says; write the mail out in digest.txt.j2"
        return [TEXT_MISSING.found("text part", mend)]
    return [*_headlines(document, text), *_addresses(document, text, home)]


def _headlines(document: Document, text: str) -> Iterator[Finding]:
    said, at = _letters(text), 0
    for heading in document.headings:
        key = _letters(heading.text)
        # Both parts have the same order: to look on from the last one found is quick, however long they are.
        here = said.find(key, at)
        at = max(at, here)
        if heading.level <= 3 and here < 0 and key not in said:
            yield TEXT_DIFFERS.found(short(heading.text), "is a headline of the HTML only; add it to the text part")


def _addresses(document: Document, text: str, home: str) -> Iterator[Finding]:
    known = {address.rstrip(_AFTER) for address in re.findall(r"https?:[^\s<>]+", text)}
    issues = f"{home}issues/"
    has_issue = any(address.startswith(issues) for address in known)
    for link in document.links:
        address = link.href.rstrip(_AFTER)
        is_told = address.startswith(PERSONAL) or (address.startswith(issues) and not has_issue)
        if address.startswith(("http:", "https:")) and address not in known and not is_told:
            known.add(address)
            mend = f"links to {short(link.href)} in the HTML only; add the address to the text part"
            yield TEXT_DIFFERS.found(short(link.text) or link.place, mend)


def _letters(text: str) -> str:
    """Letters and digits alone, in one case: the text part sets headlines in capitals and breaks them over lines."""
    return re.sub(r"[\W_]+", "", text.casefold())
