"""What an enhanced status code means for the address (RFC 3463).

In: the status and the diagnostic of a report. Out: codes, and whether the address is dead.
"""

import re

from publisher.subscribers.bounces.phrases import BLOCKED, NOBODY
from publisher.subscribers.bounces.report import Report

_STATUS = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.]*\d)")
_IN_REPLY = re.compile(
    r"(?<![\d.])[245]\d\d[- ]{1,3}#?([245]\.\d{1,3}\.\d{1,3})(?![\d.]*\d)|#([245]\.\d{1,3}\.\d{1,3})(?![\d.]*\d)"
    r"|\bstatus(?: code)?[: =(]{1,3}([245]\.\d{1,3}\.\d{1,3})(?![\d.]*\d)|\(([45]\.\d{1,2}\.\d{1,3})\)",
    re.IGNORECASE,
)
_REPLY = re.compile(r"(?<![\d.:/#-])([45])\d\d(?=[ -])")

_DEAD = frozenset({"5.1.1", "5.1.3", "5.1.6", "5.1.10", "5.2.1"})
# 5.1.1 bad mailbox, 5.1.3 bad syntax, 5.1.6 moved, 5.2.1 disabled (RFC 3463, sections 3.2 and 3.3), 5.1.10 the domain
# takes no mail (RFC 7505). Not 5.1.2, "bad system": a resolver of ours that fails would kill every address at once.
_VAGUE = frozenset({None, "5.0.0", "5.1.0"})
# "Other": only the words tell. Everything else speaks of the message, the route, the limit or the policy: 5.2.2 full,
# 5.3 the system, 5.4 the network, 5.5 the protocol, 5.6 the content, 5.7 security (sections 3.3 to 3.8).


def is_address_dead(report: Report) -> bool:
    """Is this one bounce enough never to write there again? Otherwise it counts as soft, and only a row of them does.

    Some servers say 5.1.1 to mail they take for spam: words of blocking in the diagnostic outweigh the code.
    """
    return report.kind == "bounce" and report.permanent and tells_of_death(report.status, report.why)


def tells_of_death(status: str | None, diagnostic: str) -> bool:
    """The same for one recipient of several."""
    if BLOCKED.search(diagnostic):
        return False
    if status in _VAGUE and (told := in_reply(diagnostic)):
        status = told
    return status in _DEAD or (status in _VAGUE and NOBODY.search(diagnostic) is not None)


def status_in(text: str) -> str | None:
    """The code in a Status field, which may have a comment behind it."""
    found = _STATUS.search(text[:200])
    return found[1] if found else None


def in_reply(text: str) -> str | None:
    """The code in a sentence, where it stands behind a reply code, a number sign or in brackets; not in a version."""
    found = _IN_REPLY.search(text)
    return next((code for code in found.groups() if code), None) if found else None


def reply_class(text: str) -> str | None:
    """4 or 5, by the first SMTP reply code in a text (RFC 5321, section 4.2.1)."""
    found = _REPLY.search(text)
    return found[1] if found else None
