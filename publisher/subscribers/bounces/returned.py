"""The message that came back with a report: whom it was for, and the keyed URLs in it."""

import re

from publisher.subscribers.bounces.addresses import in_header
from publisher.subscribers.bounces.mail import Fields, Mail, Part, decoded, every, first, split
from publisher.subscribers.bounces.phrases import RETURNED_BELOW

_HEADERS_ONLY = {"text/rfc822-headers", "message/rfc822-headers", "message/global-headers"}
_WHOLE = {"message/rfc822", "message/global", "message/partial", *_HEADERS_ONLY}
_LIST_UNSUBSCRIBE = re.compile(r"^[ \t>]*List-Unsubscribe:((?:[^\n]*)(?:\n[ \t>]+[^\n]*){0,10})", re.IGNORECASE | re.M)
_URL = re.compile(r"<\s*((?:https?://|mailto:)[^<>]{1,2000})>", re.IGNORECASE)
_HEADER_LINE = re.compile(r"[A-Za-z-]+:")
_MOST_URLS = 10


def is_returned(part: Part) -> bool:
    return part.kind in _WHOLE


def headers(mail: Mail) -> list[Fields]:
    """The header of each message that came back, as a part of its own or quoted at the end of a text."""
    found = []
    for part in mail.parts:
        if is_returned(part):
            body = decoded(part.body, first(part.fields, "content-transfer-encoding")).lstrip(b"\n")
            found.append(split(body)[0])
        elif part.kind.startswith("text/") and (below := RETURNED_BELOW.search(text := part.text)):
            # The line may be the first of the header itself, or stand above it.
            quoted = text[below.start() if _HEADER_LINE.match(below[0]) else below.end() :].lstrip("\n")
            found.append(split(quoted.encode("utf-8", "replace"))[0])
    return found


def intended_for(mail: Mail) -> tuple[str, ...]:
    """The addresses in the To of the messages that came back."""
    values = [value for fields in headers(mail) for value in every(fields, "to")[:5]]
    return tuple(dict.fromkeys(address for value in values for address in in_header(value)))


def leaving_urls(mail: Mail) -> tuple[str, ...]:
    """Every URL of a List-Unsubscribe field (RFC 2369) that came back, in parts of their own or quoted in a text."""
    fields = [value for header in headers(mail) for value in every(header, "list-unsubscribe")]
    quoted = [match[1] for part in mail.parts if part.kind.startswith("text/") for match in _quoted(part)]
    urls = [re.sub(r"[\s>]+", "", url) for value in (*fields, *quoted) for url in _URL.findall(value)]
    return tuple(dict.fromkeys(urls))[:_MOST_URLS]


def notice(mail: Mail) -> str:
    """What the mail system itself says: the text parts before the message that came back, without what they quote."""
    texts = []
    for part in mail.parts:
        if is_returned(part):
            break
        if part.kind.startswith("text/"):
            texts.append(part.text)
    text = "\n".join(texts)[: 64 * 1024]
    below = RETURNED_BELOW.search(text)
    return text[: below.start()] if below else text


def _quoted(part: Part) -> list[re.Match[str]]:
    return list(_LIST_UNSUBSCRIBE.finditer(part.text))[:_MOST_URLS]
