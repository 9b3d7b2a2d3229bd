"""One mail of ours to one address: plain text and HTML, with the headers that keep machines from answering it."""

from datetime import datetime
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime, formataddr

from publisher.errors import TransportError

_HEADERS = ("Date", "From", "To", "Message-ID", "Subject", "Auto-Submitted")


def compose(
    *, sender: tuple[str, str], to: str, subject: str, text: str, html: str, date: datetime, message_id: str
) -> bytes:
    """The whole message (RFC 5322); its header is ASCII, but for an address that has other letters (RFC 6532).

    Raises TransportError where it has other headers than those we wrote: some Pythons decode what looks like an
    encoded word into new ones (CVE-2024-6923), and a title of the office could look like one.
    """
    message = EmailMessage(policy=SMTP if to.isascii() else SMTPUTF8)
    values = (
        format_datetime(date),
        formataddr(sender) if sender[0].isascii() else formataddr(sender, "utf-8"),
        to,
        message_id,
        subject.replace("=?", "=\u200b?"),
        "auto-generated",
    )
    for name, value in zip(_HEADERS, values, strict=True):
        message[name] = value
    message.set_content(text, cte="quoted-printable")
    message.add_alternative(html, subtype="html", cte="quoted-printable")
    boundary = f"=_{message_id.strip('<').partition('@')[0]}"
    message.set_boundary(boundary)
    finished = message.as_bytes()
    names = BytesHeaderParser().parsebytes(finished).keys()
    if sorted(names) != sorted((*_HEADERS, "MIME-Version", "Content-Type")):
        raise TransportError(f"the message has the headers {', '.join(names)}; nothing was sent: check the titles")
    return finished
