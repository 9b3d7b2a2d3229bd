"""The marks of blocks in an edition: each part that not every copy has must begin and end, one within the other."""

from collections.abc import Iterator, Sequence

from publisher.digest.check.rules import Rule
from publisher.records import Edition, Finding, Token

# fmt: off
MARKS_BROKEN = Rule(
    code="marks-broken", family="delivery", severity="error", final=True,
    wrong="A part that not every copy has does not end where it should.",
    why="Readers who chose topics would lose what follows it, or get half of it.",
)
MARKS_MISSING = Rule(
    code="marks-missing", family="delivery", severity="warning",
    wrong="The template does not mark what belongs to a topic.",
    why="Readers who chose topics get everything all the same.",
)
# fmt: on


def check(edition: Edition) -> list[Finding]:
    """What a site's own template may have got wrong with begin(n) and end(n)."""
    parts = {"HTML part": edition.html, "text part": edition.text}
    topical = {block.number for block in edition.blocks if block.topics}
    return [finding for place, part in parts.items() for finding in _part(edition, place, part, topical)]


def _part(edition: Edition, place: str, part: str, topical: set[int]) -> Iterator[Finding]:
    marks = [piece for piece in edition.cut(part) if isinstance(piece, Token) and piece.block is not None]
    fault = _fault(marks, {block.number for block in edition.blocks})
    if fault:
        yield MARKS_BROKEN.found(place, f"{fault}; write begin(n) and end(n) around whole rows, one within the other")
    elif topical - {mark.block for mark in marks}:
        mend = "write begin(item.block) before and end(item.block) after each item and event in the template"
        yield MARKS_MISSING.found(place, f"items with topics are not marked: {mend}")


def _fault(marks: Sequence[Token], known: set[int]) -> str | None:
    """The first mark that stands where it must not."""
    opened: list[int] = []
    for mark in marks:
        number = mark.block or 0
        if number not in known or mark[0] not in "BE":
            return f"there is no block {number}"
        if mark.startswith("B"):
            opened.append(number)
        elif not opened or opened.pop() != number:
            return f"block {number} ends where it did not begin"
    return f"block {opened[-1]} has no end" if opened else None
