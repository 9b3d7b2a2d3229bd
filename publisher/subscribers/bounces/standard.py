"""Reports as RFC 3464 has them, and as mail systems bend it.

In: a Mail. Out: a Report, or None where no recipient is reported on. The groups of fields are read by what stands in
them, not by where blank lines fall; wherever the type of a part is wrong, only a mail system is believed.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from publisher.subscribers.bounces import diagnostics, returned, statuses
from publisher.subscribers.bounces.addresses import typed, without_xtext
from publisher.subscribers.bounces.mail import Mail, Part
from publisher.subscribers.bounces.phrases import CHALLENGE
from publisher.subscribers.bounces.report import MOST_RECIPIENTS, Report
from publisher.subscribers.bounces.senders import is_from_a_mail_system

_STATUS_TYPE = re.compile(r"(message|text)/(global-|x-?)?delivery-?status")
_IN_TEXT = re.compile(r"^(?:final|original)-recipient\s*:", re.IGNORECASE | re.MULTILINE)
_ALSO_IN_TEXT = re.compile(r"^(?:action|status)\s*:", re.IGNORECASE | re.MULTILINE)
_FIELD = re.compile(r"([A-Za-z][A-Za-z0-9-]{1,60})[ \t]*:(.*)")
_OF_ONE = ("final-recipient", "original-recipient", "action", "status")
_MOST_LINES = 5000


@dataclass(frozen=True, slots=True, kw_only=True)
class _Recipient:
    """What a report says of one recipient."""

    outcome: Literal["failed", "delayed", "fine"]
    addresses: tuple[str, ...]
    status: str | None
    permanent: bool
    diagnostic: str


def read(mail: Mail) -> Report | None:
    """The report on those that failed, else on those that are delayed, else that all is well."""
    found = [_recipient(group) for part in _status_parts(mail) for group in _groups(part)]
    if not found:
        return None
    concerned = [r for r in found if r.outcome == "failed"] or [r for r in found if r.outcome == "delayed"]
    if not concerned:
        return Report(kind="other")
    if not is_from_a_mail_system(mail) and any(CHALLENGE.search(r.diagnostic) for r in concerned):
        return Report(kind="auto-reply")
    return _report(mail, concerned)


def _report(mail: Mail, concerned: list[_Recipient]) -> Report:
    recipients = tuple(dict.fromkeys(address for one in concerned for address in one.addresses))[:MOST_RECIPIENTS]
    if not recipients:
        recipients = _told_elsewhere(mail)
    mildest = min(concerned, key=_gravity)
    diagnostic = mildest.diagnostic or diagnostics.telling_lines(returned.notice(mail))
    return Report(
        kind="bounce",
        recipients=recipients,
        permanent=all(one.permanent for one in concerned),
        delayed=concerned[0].outcome == "delayed",
        status=mildest.status,
        why=diagnostics.short(diagnostic, recipients),
    )


def _gravity(one: _Recipient) -> int:
    """Where several fail for different reasons, the mildest speaks for all: nobody pays for another's fault."""
    return one.permanent + statuses.tells_of_death(one.status, one.diagnostic)


def _told_elsewhere(mail: Mail) -> tuple[str, ...]:
    """A report that gives no address, only a local name: the one address of the returned message its notice names."""
    notice = returned.notice(mail).lower()
    named = [address for address in returned.intended_for(mail) if address.lower() in notice]
    return tuple(named) if len(named) == 1 else ()


def _status_parts(mail: Mail) -> Iterator[str]:
    """The text of every part that reports on delivery."""
    believed = is_from_a_mail_system(mail)
    standard = [part for part in mail.parts if _STATUS_TYPE.fullmatch(part.kind)]
    if standard and (believed or mail.kind == "multipart/report"):
        yield from (_with_header(part) for part in standard)
    elif believed or _is_report_on_delivery(mail):
        texts = [part.text for part in mail.parts if part.kind.startswith(("text/", "application/octet-stream"))]
        ours = [text for text in texts if _IN_TEXT.search(text) and _ALSO_IN_TEXT.search(text)]
        yield from ours


def _is_report_on_delivery(mail: Mail) -> bool:
    return mail.kind == "multipart/report" and mail.report_type == "delivery-status"


def _with_header(part: Part) -> str:
    """With the fields of the part's own header: where the blank line after it is missing, the report begins there."""
    own = "\n".join(f"{name}: {value}" for name, value in part.fields if not name.startswith("content-"))
    return f"{own}\n\n{part.text}"


def _groups(text: str) -> Iterator[dict[str, str]]:
    """The groups of fields that speak of a recipient.

    A group ends where one of its fields comes again, or where after a blank line another recipient is named: some write
    a blank line after every field, others none between two recipients.
    """
    group: dict[str, str] = {}
    last, after_blank = "", False
    for line in text.split("\n")[:_MOST_LINES]:
        match = _FIELD.match(line)
        if not line.strip():
            last, after_blank = "", True
        elif line[0] in " \t" and last:
            group[last] = f"{group[last]} {line.strip()}"[:4000]
        elif match:
            last = match[1].lower()
            if _begins_another(group, last, after_blank=after_blank):
                yield group
                group = {}
            group.setdefault(last, match[2].strip()[:4000])
            after_blank = False
    if _names_someone(group):
        yield group


def _begins_another(group: dict[str, str], name: str, *, after_blank: bool) -> bool:
    if not _names_someone(group):
        return False
    if name in group:
        return after_blank or name in _OF_ONE
    return after_blank and name.endswith("-recipient") and bool({"action", "status"} & group.keys())


def _names_someone(group: dict[str, str]) -> bool:
    return bool({"final-recipient", "original-recipient"} & group.keys())


def _recipient(group: dict[str, str]) -> _Recipient:
    diagnostic = group.get("diagnostic-code", "")
    status = statuses.status_in(group.get("status", "")) or statuses.in_reply(diagnostic)
    if status is None and not diagnostic:
        diagnostic = group.get("status", "")
    severity = status[0] if status else statuses.reply_class(diagnostic) or "5"
    return _Recipient(
        outcome=(outcome := _outcome(group.get("action", ""), status)),
        addresses=tuple(_addresses(group)),
        status=status,
        permanent=outcome == "failed" and severity != "4",
        diagnostic=diagnostic,
    )


def _outcome(action: str, status: str | None) -> Literal["failed", "delayed", "fine"]:
    """RFC 3464, section 2.3.3; some put a comment behind the word, OpenSMTPD says error, others say nothing at all."""
    word = action.strip().lower()
    if word.startswith(("fail", "error")):
        return "failed"
    if word.startswith("delay"):
        return "delayed"
    if word:
        return "fine"
    return {"2": "fine", "4": "delayed"}.get((status or "5")[0], "failed")  # type: ignore[return-value]  # each of the three is one of its words


def _addresses(group: dict[str, str]) -> Iterable[str]:
    """Whom we wrote to, then where that led. An address that only some alias leads to is the last resort."""
    final = typed(group.get("final-recipient", ""))
    original = typed(group.get("original-recipient", ""))
    if original and original != final:
        original = without_xtext(original)
    found = [address for address in (original, final) if address]
    if not found and (actual := typed(group.get("x-actual-recipient", ""))):
        found = [actual]
    # A name without a dot is one of a machine inside, like sims-ms-daemon: nobody was written to there.
    outside = [address for address in found if "." in address.rpartition("@")[2]]
    return {address.lower(): address for address in outside or found}.values()
