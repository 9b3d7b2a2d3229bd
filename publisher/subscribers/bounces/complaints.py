"""Complaints: feedback reports (RFC 5965), and the older ones of Outlook.com, which are a message in a message.

In: a Mail. Out: a Report, or None where it is no feedback.
"""

import re

from publisher.subscribers.bounces import returned
from publisher.subscribers.bounces.addresses import in_header, typed
from publisher.subscribers.bounces.mail import Fields, Mail, decoded, every, first, split
from publisher.subscribers.bounces.report import Report

_NO_COMPLAINT = ("not-spam", "auth-failure", "dmarc")
# RFC 5965, section 7.3, and RFC 6591: the reader said it is no spam; a message that was not ours failed a check.
_JUNK_REPORT = re.compile(r"\bcomplaint about message from\b", re.IGNORECASE)
_REDACTED = re.compile(r"redacted|x{3,}|\[?hidden\]?|anonym", re.IGNORECASE)


def read(mail: Mail) -> Report | None:
    for part in mail.parts:
        if part.kind == "message/feedback-report":
            body = decoded(part.body, first(part.fields, "content-transfer-encoding")).lstrip(b"\n")
            return _report(mail, (*part.fields, *split(body)[0]))
    if _JUNK_REPORT.search(mail.subject):
        reported = [value for fields in returned.headers(mail) for value in every(fields, "x-hmxmroriginalrecipient")]
        if reported:
            return Report(kind="complaint", recipients=_one(_plain(reported)), why="complaint: abuse")
    return None


def _report(mail: Mail, fields: Fields) -> Report:
    kind = first(fields, "feedback-type").strip().lower()
    if kind.startswith(_NO_COMPLAINT):
        return Report(kind="other")
    told = _plain(every(fields, "removal-recipient")) or _plain(every(fields, "original-rcpt-to"))
    recipients = _one(told or [address for address in returned.intended_for(mail) if not _REDACTED.match(address)])
    word = kind if re.fullmatch(r"[a-z-]{1,30}", kind) else "other"
    return Report(kind="complaint", recipients=recipients, permanent=False, why=f"complaint: {word}")


def _plain(values: list[str]) -> list[str]:
    found = [typed(value) or next(iter(in_header(value)), None) for value in values]
    return list(dict.fromkeys(address for address in found if address and not _REDACTED.match(address)))


def _one(addresses: list[str]) -> tuple[str, ...]:
    """Several recipients of the message, of whom one complained: then it does not say who."""
    return (addresses[0],) if len(addresses) == 1 else ()
