"""A newsletter's turn -> one finished edition for each language: select | render | inline | text | check.

Everything here is pure but for reading templates: the same records give the same bytes.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import datetime

from publisher.digest.render import (
    LEAD_WIDTH as LEAD_WIDTH,
    LOGO_WIDTH as LOGO_WIDTH,
    OWN_TEXTS as OWN_TEXTS,
    THUMB_WIDTH as THUMB_WIDTH,
    Look as Look,
    Pictures as Pictures,
    Telling as Telling,
)
from publisher.digest.select import (
    CARRYING as CARRYING,
    Selection as Selection,
    Verdict as Verdict,
    Window as Window,
    paired as paired,
    select as select,
    window as window,
)
from publisher.digest.web import Found as Found, for_the_web as for_the_web
from publisher.records import Edition
from publisher.templating import Templates

INVENTED = {
    "GREETING": "",
    "EMAIL": "reader@example.org",
    "UNSUBSCRIBE": "#unsubscribe",
    "PREFERENCES": "#preferences",
}
"""Personal values of nobody, for a look at an issue."""


def for_one_reader(edition: Edition, topics: Sequence[str] = ()) -> tuple[str, str]:
    """HTML and text as an invented reader would get them who chose these topics, for a preview."""
    values = INVENTED | {"GREETING": edition.greeting}
    return edition.html_for(topics, values), edition.text_for(topics, values)


def make_edition(telling: Telling, templates: Templates, date: datetime) -> Edition:
    """render | inline | text: the edition that would leave at `date`. Raises TemplateError."""
    from publisher.digest import render
    from publisher.digest.inline import inline

    values, blocks = render.view(telling, templates)
    nonce = render.nonce_for(values)
    greeting, greeting_named = render.greetings(telling, values["words"])
    edition = Edition(
        language=telling.language,
        subject=values["subject"],
        preheader=" ".join(part["text"] for part in values["preheader"]),
        title=telling.look.title,
        sender_name=telling.newsletter.sender[0],
        sender_address=telling.newsletter.sender[1],
        greeting=greeting,
        greeting_named=greeting_named,
        html=inline(render.html(values, nonce, templates)),
        text=render.text(values, nonce, templates),
        blocks=blocks,
        nonce=nonce,
        hash="",
        date=date,
    )
    told = "\0".join(str(value) for name, value in asdict(edition).items() if name != "date")
    return replace(edition, hash=hashlib.sha256(told.encode("utf-8")).hexdigest())
