"""All feeds as OPML 2.0 (opml.org/spec2.opml), for readers that subscribe to many at once."""

from collections.abc import Iterable

from lxml import etree

from publisher.records import Feed


def opml(title: str, owner: str, feeds: Iterable[tuple[Feed, str, str]]) -> bytes:
    """`feeds` come with the URL of their RSS document and of their page. Without a date: it changes with its list."""
    root = etree.Element("opml", version="2.0")
    head = etree.SubElement(root, "head")
    etree.SubElement(head, "title").text = title
    etree.SubElement(head, "ownerName").text = owner
    body = etree.SubElement(root, "body")
    for feed, xml_url, html_url in feeds:
        told = {"type": "rss", "text": feed.title, "title": feed.title, "description": feed.description}
        told |= {"version": "RSS2", "language": feed.language, "xmlUrl": xml_url, "htmlUrl": html_url}
        etree.SubElement(body, "outline", told)
    return bytes(etree.tostring(root, encoding="UTF-8", xml_declaration=True, pretty_print=True))
