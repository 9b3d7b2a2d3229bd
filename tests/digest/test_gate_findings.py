"""What the gate does with what its families find: causes without what follows, and of each rule only some."""

from publisher.digest.check import causes, in_languages
from publisher.digest.check.delivery import LINK_HTTP, NO_UNSUBSCRIBE, POSTAL_ADDRESS_MISSING
from publisher.digest.check.marks import MARKS_BROKEN, MARKS_MISSING
from publisher.digest.check.rules import MOST_OF_A_RULE, Rule, some_of_each
from publisher.digest.check.text_part import TEXT_DIFFERS, TEXT_MISSING
from publisher.records import Finding
from tests.digest.planted import golden_edition

EDITION = golden_edition()
PARTS = ("HTML part", "text part")


def found(rule: Rule, place: str) -> Finding:
    return rule.found(place, "mend it")


def many(rule: Rule, number: int) -> list[Finding]:
    return [found(rule, f"place {n}") for n in range(number)]


def test_what_a_copy_lacks_because_a_part_has_no_end_is_not_told_beside_it() -> None:
    for place, other in (PARTS, PARTS[::-1]):
        broken = found(MARKS_BROKEN, place)
        follows = [found(rule, place) for rule in (NO_UNSUBSCRIBE, POSTAL_ADDRESS_MISSING)]
        assert causes.alone([*follows, broken]) == [broken]
        of_its_own = found(NO_UNSUBSCRIBE, other)
        assert causes.alone([broken, of_its_own]) == [broken, of_its_own]


def test_a_text_part_whose_marks_are_broken_is_not_compared() -> None:
    broken = found(MARKS_BROKEN, "text part")
    assert causes.alone([found(TEXT_MISSING, "text part"), found(TEXT_DIFFERS, "The garden"), broken]) == [broken]


def test_a_text_part_that_is_missing_marks_nothing_but_must_have_a_way_out() -> None:
    missing, way_out = found(TEXT_MISSING, "text part"), found(NO_UNSUBSCRIBE, "text part")
    assert causes.alone([missing, found(MARKS_MISSING, "text part"), way_out]) == [missing, way_out]


def test_no_error_is_left_out_for_a_cause_that_a_person_may_let_stand() -> None:
    assert MARKS_BROKEN.final and not TEXT_MISSING.final
    assert MARKS_MISSING.severity == "warning"


def test_of_one_rule_some_are_told_and_how_many_more_there_are() -> None:
    findings = [*many(LINK_HTTP, MOST_OF_A_RULE + 1_234), *many(TEXT_DIFFERS, MOST_OF_A_RULE)]
    told = some_of_each(findings)
    more = told.pop()
    assert told == [*many(LINK_HTTP, MOST_OF_A_RULE), *many(TEXT_DIFFERS, MOST_OF_A_RULE)]
    assert (more.code, more.severity, more.place) == ("link-http", "warning", "1,234 more")
    assert more.mend == "have the same; mend those that are told here, then look again"


def test_findings_on_the_messages_of_each_edition_are_cut_likewise() -> None:
    assert len(in_languages([EDITION], [many(LINK_HTTP, 2_000)])) == MOST_OF_A_RULE + 1
