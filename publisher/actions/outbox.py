"""The site's way out: how its mail leaves, as publisher.toml says, and one mail at a time for all that is no issue."""

from pathlib import Path
from typing import TYPE_CHECKING

from publisher.app import App
from publisher.records import Envelope, Outcome

if TYPE_CHECKING:
    from publisher.delivery.transport import Transport


def way_out(app: App, folder: Path) -> "Transport":
    """The transport of publisher.toml; where mail leaves as files, they go into `folder`."""
    if app.relay:
        from publisher.delivery.smtp import SmtpTransport

        return SmtpTransport(app.relay)
    from publisher.delivery.files import FileTransport, MaildirTransport

    kind = MaildirTransport if app.config.delivery.transport == "maildir" else FileTransport
    return kind(folder)


def post(app: App, folder: str, name: str, message: bytes, recipient: str, sender: str | None = None) -> Outcome:
    """Send one finished message, signed if the site signs: `name` names it, `sender` is where it comes back to.

    Below `folder` of the outbox, where mail leaves as files. Raises TransportError when nothing can leave.
    """
    sender = sender or next(iter(app.newsletters.values())).sender[1]
    signer = app.signer(sender.rpartition("@")[2])
    if signer:
        from publisher.delivery.sign import body_hash

        head, _, body = message.partition(b"\r\n\r\n")
        message = signer.signature(head + b"\r\n", body_hash(body)) + message
    envelope = Envelope(
        name=name,
        sender=sender if app.relay else "",
        recipient=recipient,
        size=len(message),
        smtputf8=not recipient.isascii(),
    )
    courier = way_out(app, app.outbox / folder).open()
    try:
        _, unwanted = courier.exchange(envelope)
        broken = unwanted or courier.put(message)
        if broken:
            return broken
        became, _ = courier.exchange(None)
        assert became
        return became
    finally:
        courier.close()
