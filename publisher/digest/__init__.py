"""A newsletter's turn -> one finished issue: select | render | inline | text | check.

Everything here is pure but for reading templates: the same records give the same bytes.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import datetime

from publisher.digest.render import Look as Look
from publisher.digest.select import (
    CARRYING as CARRYING,
    Selection as Selection,
    Window as Window,
    select as select,
    window as window,
)
from publisher.links import Links
from publisher.records import Article, Edition, Newsletter, Period
from publisher.templating import Templates


def for_one_reader(edition: Edition) -> tuple[str, str]:
    """HTML and text as an invented reader would get them, for a preview."""
    shown = {
        "GREETING": edition.greeting,
        "EMAIL": "reader@example.org",
        "UNSUBSCRIBE": "#unsubscribe",
        "PREFERENCES": "#preferences",
    }
    html, text = edition.html, edition.text
    for name, value in shown.items():
        html, text = html.replace(edition.token(name), value), text.replace(edition.token(name), value)
    return html, text


def for_the_web(edition: Edition) -> str:
    """HTML that anyone may read: with the greeting that names nobody, without the blocks that hold personal values."""
    from lxml.html import HtmlElement, document_fromstring, tostring

    tree = document_fromstring(edition.html.replace(edition.token("GREETING"), edition.greeting))
    personal = [edition.token(name) for name in ("EMAIL", "UNSUBSCRIBE", "PREFERENCES")]
    for element in list(tree.iter("a", "p", "span", "td", "div", "li")):
        told = [element.text or "", element.tail or "", *element.attrib.values()]
        if any(token in text for token in personal for text in told):
            block = next((e for e in (element, *element.iterancestors()) if e.tag in ("p", "li", "td")), element)
            if isinstance(block, HtmlElement) and block.getparent() is not None:
                block.drop_tree()
    return str(tostring(tree, encoding="unicode", doctype="<!DOCTYPE html>"))


def make_edition(
    newsletter: Newsletter,
    period: Period,
    selection: Selection,
    beside: Mapping[str, Article],
    look: Look,
    links: Links,
    templates: Templates,
    date: datetime,
) -> Edition:
    """render | inline | text: the edition that would leave at `date`. Raises TemplateError."""
    from publisher.digest import render
    from publisher.digest.inline import inline

    values = render.view(newsletter, period, selection, beside, look, links, templates)
    nonce = render.nonce_for(values)
    edition = Edition(
        subject=values["subject"],
        preheader=values["preheader"],
        title=newsletter.title,
        sender_name=newsletter.sender[0],
        sender_address=newsletter.sender[1],
        greeting=values["words"]["greeting"],
        greeting_named=values["words"]["greeting_named"],
        html=inline(render.html(values, nonce, templates)),
        text=render.text(values, nonce, templates),
        nonce=nonce,
        hash="",
        date=date,
    )
    told = "\0".join(str(value) for name, value in asdict(edition).items() if name != "date")
    return replace(edition, hash=hashlib.sha256(told.encode("utf-8")).hexdigest())
