"""Bounces in sentences, as qmail, Exim, old Exchange and many others write them.

In: a Mail that is no standard report. Out: a Report, or None where nobody but a mail system would have to be believed.
The patterns of flufl.bounce find addresses; what they find counts only if a mail system wrote the notice, and if the
notice itself names the address. Blaming nobody is always better than blaming the wrong one.
"""

import logging
import re
from collections.abc import Iterable
from email import message_from_bytes

from flufl.bounce import all_failures

from publisher.subscribers.bounces import diagnostics, returned, statuses
from publisher.subscribers.bounces.addresses import addresses_in, as_address, in_header
from publisher.subscribers.bounces.auto_replies import is_plainly_one, is_receipt
from publisher.subscribers.bounces.mail import Mail, every
from publisher.subscribers.bounces.phrases import DAEMON, DELAYED, FAILED, GIVEN_UP, NOBODY, TRANSIENT
from publisher.subscribers.bounces.report import MOST_RECIPIENTS, Report
from publisher.subscribers.bounces.senders import addressed_to, has_null_return_path, is_from_a_mail_system

logging.getLogger("flufl.bounce").setLevel(logging.CRITICAL)  # it logs what it reads, which is personal

_MOST_ASKED = 64 * 1024
_MOST_LINES = 3000
_MULTIPART = re.compile(rb"(?i)content-type\s*:\s*(?:multipart|message)/")
_BEGINNING = 5000
_BEGINS = re.compile(r"(<[^<>\s]{3,320}>|[^\s<>():]{3,320})(?=$|[\s:(])")
_RECIPIENTS = re.compile(r"\brecipients?\b|\bdestinatari|\bdestinataires?\b|\bempfänger", re.IGNORECASE)
_REASON = re.compile(rf"(?<![\d.])[45]\d\d[ -]|{NOBODY.pattern}|{TRANSIENT.pattern}", re.IGNORECASE)


def read(mail: Mail) -> Report | None:
    """A bounce, if this is one. `recipients` stay empty where the notice does not clearly name them."""
    if is_plainly_one(mail) or is_receipt(mail) or not _may_be_one(mail):
        return None
    notice = returned.notice(mail)
    if not _tells_of_failure(mail, notice):
        return None
    waiting, failed = _asked(mail)
    named = _believable([*every(mail.fields, "x-failed-recipients"), *failed], mail, notice)
    postponed = _believable(waiting, mail, notice)
    recipients = named or postponed or _named_alone(mail, notice) or _listed(mail, notice)
    return _report(mail, notice, recipients, delayed=_is_delay(mail, notice, certain=bool(postponed and not named)))


def _may_be_one(mail: Mail) -> bool:
    if is_from_a_mail_system(mail) or mail.field("x-failed-recipients"):
        return True
    told = mail.kind == "multipart/report" and mail.report_type in ("delivery-status", "")
    return told or (has_null_return_path(mail) and FAILED.search(mail.subject) is not None)


def _tells_of_failure(mail: Mail, notice: str) -> bool:
    """In words that we know, or by what it is: a mail system sends back a message whose fate it cannot tell us."""
    subject = mail.subject
    if FAILED.search(subject) or DELAYED.search(subject) or FAILED.search(notice[:_BEGINNING]):
        return True
    return any(_is_daemon(sender) for sender in in_header(mail.field("from"))) and bool(returned.headers(mail))


def _report(mail: Mail, notice: str, recipients: tuple[str, ...], *, delayed: bool) -> Report:
    reason = diagnostics.telling_lines(notice) or mail.subject
    status = statuses.in_reply(notice)
    severity = status[0] if status else statuses.reply_class(notice) or ("4" if TRANSIENT.search(reason) else "5")
    return Report(
        kind="bounce",
        recipients=recipients,
        permanent=not delayed and severity == "5",
        delayed=delayed,
        status=status if status and not status.startswith("2") else None,
        why=diagnostics.short(reason, recipients),
    )


def _is_delay(mail: Mail, notice: str, *, certain: bool) -> bool:
    if certain or DELAYED.search(mail.subject):
        return True
    return DELAYED.search(notice) is not None and not GIVEN_UP.search(notice) and not FAILED.search(mail.subject)


def _asked(mail: Mail) -> tuple[Iterable[str], Iterable[str]]:
    """What flufl.bounce makes of it: the addresses that wait, and those that failed."""
    source = b"\n".join(line[:1000] for line in mail.source[:_MOST_ASKED].split(b"\n")[:_MOST_LINES])
    # Its parser takes time with every level of nesting.
    if len(_MULTIPART.findall(source)) > 30:
        return (), ()
    try:
        waiting, failed = all_failures(message_from_bytes(source))
    except Exception:  # whatever it stumbles over in a stranger's bytes: then it knows nothing
        return (), ()
    return sorted(a.decode("ascii", "ignore") for a in waiting), sorted(a.decode("ascii", "ignore") for a in failed)


def _believable(found: Iterable[str], mail: Mail, notice: str) -> tuple[str, ...]:
    """Those that the notice or X-Failed-Recipients names, and that are neither its sender, its reader nor a daemon."""
    innocent = {address.lower() for address in (*addressed_to(mail), *in_header(mail.field("from")))}
    spoken = f"{notice}\n{mail.field('x-failed-recipients')}".lower()
    plain = [address for text in found for address in (as_address(text), *in_header(text)) if address]
    kept = [a for a in plain if a.lower() not in innocent and a.lower() in spoken and not _is_daemon(a)]
    return tuple({address.lower(): address for address in kept}.values())[:MOST_RECIPIENTS]


def _named_alone(mail: Mail, notice: str) -> tuple[str, ...]:
    """The one address that both the notice names and the message that came back was for."""
    intended = {address.lower() for address in returned.intended_for(mail)}
    both = [address for address in _believable(addresses_in(notice), mail, notice) if address.lower() in intended]
    return tuple(both) if len(both) == 1 else ()


def _listed(mail: Mail, notice: str) -> tuple[str, ...]:
    """The one address that begins a line where failures are listed.

    It stands below a line on failure or recipients that ends with a colon, before a reason, or alone and in brackets.
    """
    lines = [line.strip() for line in notice.split("\n")[:_MOST_LINES] if line.strip()]
    found: list[str] = []
    for number, line in enumerate(lines):
        first = _BEGINS.match(line)
        address = as_address(first[1]) if first else None
        if first and address:
            above = lines[number - 1] if number else ""
            reason = " ".join([line[first.end() :], *lines[number + 1 : number + 2]])[:500]
            is_announced = above.endswith(":") and (FAILED.search(above[-500:]) or _RECIPIENTS.search(above[-500:]))
            if is_announced or line == f"<{address}>" or _REASON.search(reason):
                found.append(address)
    believed = _believable(found, mail, notice)
    return believed if len(believed) == 1 else ()


def _is_daemon(address: str) -> bool:
    return DAEMON.fullmatch(address.rpartition("@")[0]) is not None
