"""What follows from another finding is none of its own: it goes when its cause is mended, and is not told beside it.

Only what follows from an error may be left out, and an error only where its cause is final: nothing must pass because
a person let the cause stand.
"""

from collections.abc import Collection, Sequence

from publisher.digest.check.delivery import NO_PREFERENCES, NO_UNSUBSCRIBE, NO_WEB_LINK, POSTAL_ADDRESS_MISSING
from publisher.digest.check.marks import MARKS_BROKEN, MARKS_MISSING
from publisher.digest.check.privacy import TEXT_PART
from publisher.digest.check.text_part import TEXT_DIFFERS, TEXT_MISSING
from publisher.records import Finding

_OF_BROKEN_MARKS = frozenset(
    rule.code for rule in (NO_UNSUBSCRIBE, NO_PREFERENCES, NO_WEB_LINK, POSTAL_ADDRESS_MISSING, TEXT_MISSING)
)
"""What a copy lacks that ends where a part of it has no end."""


def alone(found: Sequence[Finding]) -> list[Finding]:
    """The findings on an edition without what follows from others of them."""
    told = {(finding.code, finding.place) for finding in found}
    return [finding for finding in found if not _follows(finding, told)]


def _follows(finding: Finding, told: Collection[tuple[str, str]]) -> bool:
    if finding.code in _OF_BROKEN_MARKS:
        return (MARKS_BROKEN.code, finding.place) in told
    if finding.code == TEXT_DIFFERS.code:
        return (MARKS_BROKEN.code, TEXT_PART) in told
    return finding.code == MARKS_MISSING.code and (TEXT_MISSING.code, finding.place) in told
