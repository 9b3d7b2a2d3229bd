"""What SpamAssassin's own rules hold of a finished message."""

import email

import pytest

from publisher.programs import SpamReport, spam_report
from tests.mail.conftest import LANGUAGES, Made

pytestmark = pytest.mark.long


def judged(message: bytes) -> SpamReport:
    report = spam_report(message)
    if not report:
        pytest.skip("SpamAssassin is not installed: apt-get install spamassassin")
    return report


@pytest.mark.parametrize("language", LANGUAGES.values())
def test_no_rule_speaks_against_a_finished_message(made: Made, language: str) -> None:
    report = judged(made.messages[language])
    assert report.score <= -1.0, report.rules


def test_a_message_whose_text_part_says_something_else_is_told_apart(made: Made) -> None:
    message = email.message_from_bytes(made.messages["en"])
    text = next(part for part in message.walk() if part.get_content_type() == "text/plain")
    del text["Content-Transfer-Encoding"]
    text.set_payload("See the HTML part.\r\n")
    assert "MPART_ALT_DIFF" in {rule.name for rule in judged(bytes(message)).rules}
