"""One mail of ours to one address: plain text and HTML, with the headers that keep machines from answering it."""

from datetime import datetime
from email.parser import BytesHeaderParser
from email.utils import format_datetime

from publisher.delivery.compose import encoded, part, phrase, unstructured
from publisher.errors import TransportError


def compose(
    *, sender: tuple[str, str], to: str, subject: str, text: str, html: str, date: datetime, message_id: str
) -> bytes:
    """The whole message (RFC 5322); its header is ASCII, but for an address that has other letters (RFC 6532).

    The header is written by hand: a library would read `=?` in a stranger's address as an encoded word, and make other
    addresses or headers of it (CVE-2024-6923). Raises TransportError where it has other headers than those we wrote.
    """
    boundary = f"=_{message_id.strip('<').partition('@')[0]}"
    head = {
        "Date": format_datetime(date),
        "From": f"{phrase(sender[0])} <{sender[1]}>",
        "To": to,
        "Message-ID": message_id,
        "Subject": unstructured("Subject", subject),
        "Auto-Submitted": "auto-generated",
        "MIME-Version": "1.0",
        "Content-Type": f'multipart/alternative; boundary="{boundary}"',
    }
    written = "".join(f"{name}: {value}\r\n" for name, value in head.items()).encode()
    names = BytesHeaderParser().parsebytes(written).keys()
    if names != list(head):
        raise TransportError(f"the message has the headers {', '.join(names)}; nothing was sent: check the titles")
    bodies = (part(boundary, "text/plain"), encoded(text), part(boundary, "text/html"), encoded(html))
    return b"".join((written, *bodies, f"\r\n--{boundary}--\r\n".encode("ascii")))
