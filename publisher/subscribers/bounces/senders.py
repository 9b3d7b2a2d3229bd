"""Who wrote this: a mail system or a person? And where was it sent?"""

import re

from publisher.subscribers.bounces.addresses import in_header
from publisher.subscribers.bounces.mail import Mail, every
from publisher.subscribers.bounces.phrases import DAEMON, DAEMON_NAME

_WHERE_TO = ("delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "to")
_MOST = 20


def addressed_to(mail: Mail) -> tuple[str, ...]:
    """Every address this message was sent to, those that a mail server wrote down first."""
    found = [
        address for name in _WHERE_TO for value in every(mail.fields, name)[:_MOST] for address in in_header(value)
    ]
    return tuple(dict.fromkeys(found))[:_MOST]


def is_from_a_mail_system(mail: Mail) -> bool:
    """Written under the name of a mail system (RFC 5321, section 4.5.1), or under none at all."""
    sender = mail.field("from")
    addresses = in_header(sender)
    if addresses:
        local = addresses[0].rpartition("@")[0].strip('"')
        return DAEMON.fullmatch(local) is not None or DAEMON_NAME.search(sender.split("<")[0]) is not None
    return not sender or DAEMON_NAME.search(sender) is not None or DAEMON.search(sender) is not None or "<>" in sender


def has_null_return_path(mail: Mail) -> bool:
    """Nobody may answer this automatically (RFC 5321, section 4.5.5): reports come so, and well-made vacation notes."""
    path = mail.field("return-path").strip()
    return path == "<>" or re.fullmatch(r"<?mailer-daemon(@[^>]*)?>?", path, re.IGNORECASE) is not None
