"""What the gate knows of each of its findings: one Rule, from which the findings and docs/issue-rules.md are made."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from publisher.records import Finding, Severity

MOST_OF_A_RULE = 50
"""Findings of one rule in one report; whoever has mended these looks again."""

Family: TypeAlias = Literal["accessibility", "clients", "privacy", "delivery", "selection"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """`wrong` says in a sentence what is found, `why` in another whom it harms. A `final` error stands whatever a
    person says."""

    code: str
    family: Family
    severity: Severity
    wrong: str
    why: str
    final: bool = False

    def found(self, place: str, mend: str) -> Finding:
        """A finding by this rule: `place` is where, `mend` what is wrong there and what to do about it."""
        return Finding(code=self.code, severity=self.severity, place=place, mend=mend)


def some_of_each(findings: Iterable[Finding]) -> list[Finding]:
    """In their order; of one rule the first 50, and at the end how many more there are."""
    seen: Counter[tuple[str, Severity]] = Counter()
    some = []
    for finding in findings:
        kind = finding.code, finding.severity
        seen[kind] += 1
        if seen[kind] <= MOST_OF_A_RULE:
            some.append(finding)
    more = {kind: number - MOST_OF_A_RULE for kind, number in seen.items() if number > MOST_OF_A_RULE}
    return some + [_more(code, severity, number) for (code, severity), number in more.items()]


def _more(code: str, severity: Severity, number: int) -> Finding:
    place, mend = f"{number:,} more", "have the same; mend those that are told here, then look again"
    return Finding(code=code, severity=severity, place=place, mend=mend)


# What drafting an issue finds, before there is an edition to examine.
UNDER_EMBARGO = Rule(
    code="under-embargo", family="selection", severity="note",
    wrong="An article of this week stays out because of its embargo.",
    why="Whoever waits for it should know that a later issue takes it.",
)  # fmt: skip
REVIEW_DUE = Rule(
    code="review-due", family="selection", severity="warning",
    wrong="An article's date of review has gone by.",
    why="Health advice that nobody has looked at again may be wrong by now.",
)  # fmt: skip
NO_ROOM = Rule(
    code="no-room", family="selection", severity="note",
    wrong="An article found no room in this issue.",
    why="The next issue takes it; its author may ask.",
)  # fmt: skip
TOO_FEW_ITEMS = Rule(
    code="too-few-items", family="selection", severity="error",
    wrong="The issue carries fewer items than the newsletter asks for.",
    why="A mail with hardly anything in it teaches readers to skip the next.",
)  # fmt: skip
LEAD_UNUSABLE = Rule(
    code="lead-unusable", family="selection", severity="warning",
    wrong="The lead that was chosen by hand cannot be in the issue.",
    why="Another article leads it, which nobody chose.",
)  # fmt: skip
WISH_UNMET = Rule(
    code="wish-unmet", family="selection", severity="warning",
    wrong="An item that was taken in by hand is not in the issue.",
    why="Somebody promised it a place, and will not look again.",
)  # fmt: skip
TRANSLATION_ALONE = Rule(
    code="translation-alone", family="selection", severity="warning",
    wrong="An article says that it translates another, which is not there.",
    why="It goes to readers of every language, beside what it was meant to stand for.",
)  # fmt: skip
PHRASES_MISSING = Rule(
    code="phrases-missing", family="accessibility", severity="warning",
    wrong="The mail's own phrases have not been written in its language.",
    why="Its readers get English headings and buttons, which a screen reader reads with the wrong sounds.",
)  # fmt: skip
PICTURE_UNUSABLE = Rule(
    code="picture-unusable", family="selection", severity="warning",
    wrong="A picture's file is gone or damaged, and the item goes without.",
    why="Readers see a story without the picture its author chose.",
)  # fmt: skip
PICTURE_SMALL = Rule(
    code="picture-small", family="selection", severity="warning",
    wrong="The lead's picture has fewer pixels than its place.",
    why="It shows blurred at the top of everybody's mail.",
)  # fmt: skip
DRAFTING = (
    UNDER_EMBARGO, REVIEW_DUE, NO_ROOM, TOO_FEW_ITEMS, LEAD_UNUSABLE, WISH_UNMET, TRANSLATION_ALONE, PHRASES_MISSING,
    PICTURE_UNUSABLE, PICTURE_SMALL,
)  # fmt: skip
"""Kept with the draft; all others are found anew whenever it is looked at."""
