"""The mails that are no issue: to whoever filled in the form, from the office, about their own request alone."""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Literal

from publisher.actions.outbox import post
from publisher.app import App
from publisher.languages import direction, general_first
from publisher.records import Newsletter, Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """`confirm` asks whether the owner of the mailbox wants these newsletters, `known` says that they come already.

    `name` is random and names the message; `link` leads to the button, or to the page of preferences.
    """

    name: str
    kind: Literal["confirm", "known"]
    address: str
    language: str
    newsletters: Sequence[str]
    link: str
    days: int
    date: datetime


def send_notice(app: App, notice: Notice) -> Outcome:
    """Compose and send one; the same notice is the same message, to the byte. Raises TransportError."""
    from publisher.delivery.notices import compose

    newsletters = [app.newsletters[name] for name in notice.newsletters if name in app.newsletters]
    first = (newsletters or list(app.newsletters.values()))[0]
    text, html, subject = _told(app, notice, newsletters or [first])
    _, key = app.keyring.newest("message-id")
    mac = hmac.digest(key, f"notice\0{notice.name}".encode(), sha256).hex()[:32]
    message = compose(
        sender=first.sender,
        to=notice.address,
        subject=subject,
        text=text,
        html=html,
        date=notice.date,
        message_id=f"<{mac}@{first.sender[1].rpartition('@')[2]}>",
    )
    return post(app, "confirmations", notice.name, message, notice.address, first.sender[1])


def _told(app: App, notice: Notice, newsletters: Sequence[Newsletter]) -> tuple[str, str, str]:
    """Text, HTML and subject. Nothing that a stranger typed into the form is in them."""
    known = app.templates.has_words("web", general_first(notice.language))
    language = notice.language if known else "en"
    words = app.words(language)
    titles = [app.title(newsletter, notice.language) for newsletter in newsletters]
    values = {
        "lang": language,
        "dir": direction(language),
        "words": words,
        "titles": titles,
        "link": notice.link,
        "days": notice.days,
        "organisation": {"name": app.organisation, "url": app.organisation_url, "address": app.organisation_address},
        "palette": app.templates.data("email/palette.json"),
    }
    subject = words[f"{notice.kind}_subject"].replace("{title}", titles[0])
    text = app.templates.render(f"notices/{notice.kind}.txt.j2", **values)
    return text, app.templates.render(f"notices/{notice.kind}.html.j2", **values), subject
