"""Answers that nobody wrote: absence notes, acknowledgements, challenges, automatic receipts (RFC 3834, RFC 8098).

Nothing is ever done because of one. In: a Mail. Out: is it one?
"""

from publisher.subscribers.bounces import returned
from publisher.subscribers.bounces.mail import Mail, every
from publisher.subscribers.bounces.phrases import ACKNOWLEDGED, AWAY, CHALLENGE, FAILED

_TELLING = (
    *("x-autoreply", "x-autorespond", "x-auto-reply", "x-autoresponder", "x-mail-autoreply", "x-autoreply-from"),
    *("x-ms-exchange-inbox-rules-loop", "x-auto-responder", "x-vacation"),
)
_PRECEDENCE = {"auto_reply", "auto-reply", "autoreply"}


def is_plainly_one(mail: Mail) -> bool:
    """It says so itself, whoever it is from: then no address in it is to blame."""
    if any(mail.field(name) for name in _TELLING):
        return True
    if _PRECEDENCE & {value.strip().lower() for value in every(mail.fields, "precedence")}:
        return True
    return AWAY.search(mail.subject) is not None and not FAILED.search(mail.subject)


def is_one(mail: Mail) -> bool:
    """Also where only its marks or first lines tell; asked when it is no report."""
    if is_plainly_one(mail) or is_automatic_receipt(mail):
        return True
    if mail.field("auto-submitted").strip().lower().startswith(("auto-replied", "auto-generated", "auto-notified")):
        return True
    if mail.field("in-reply-to") or mail.subject.lower().startswith("re:"):
        return CHALLENGE.search(returned.notice(mail)[:2000]) is not None
    return ACKNOWLEDGED.search(mail.subject) is not None or CHALLENGE.search(mail.subject) is not None


def is_receipt(mail: Mail) -> bool:
    """A disposition notification (RFC 8098): what became of a message that did arrive, so never a bounce."""
    return mail.report_type == "disposition-notification" or any(
        part.kind == "message/disposition-notification" for part in mail.parts
    )


def is_automatic_receipt(mail: Mail) -> bool:
    return is_receipt(mail) and any(
        "automatic-action" in part.text.lower()
        for part in mail.parts
        if part.kind == "message/disposition-notification"
    )
