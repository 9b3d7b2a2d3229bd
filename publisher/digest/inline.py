"""Moves the styles of the finished HTML into its elements, once for each issue; the only premailer import.

premailer is told to touch nothing else: no network, no attributes of its own, no !important lost from what stays in
<style data-premailer="ignore">. What must not change is checked afterwards: the doctype and every token.
"""

import logging
import os
import re
from collections import Counter

# Read at import: the default cache of 128 entries thrashes above some sixty rules.
os.environ.setdefault("PREMAILER_CACHE", "LRU")
os.environ.setdefault("PREMAILER_CACHE_MAXSIZE", "2000")

import cssutils
from premailer import Premailer

from publisher.errors import TemplateError

# cssutils fetches @import by itself, whatever premailer is told; nothing here may open a connection.
cssutils.util._defaultFetcher = lambda url: None

_TOKEN = re.compile(r"ZQ[0-9a-z]+[A-Z]+[0-9]*QZ")
_SHEETS = re.compile(r"<style\b.*?</style>", re.IGNORECASE | re.DOTALL)
_IMPORT = re.compile(r"@import\b", re.IGNORECASE)
_LINKED = re.compile(r"<link\b[^>]*stylesheet", re.IGNORECASE)


def inline(html: str) -> str:
    """ASCII HTML with inlined styles. Raises TemplateError when a template did what cannot survive this step."""
    if not html.startswith("<!DOCTYPE html>"):
        raise TemplateError('templates/email: the mail must begin with "<!DOCTYPE html>", in these letters')
    # In the style sheets only: a reader's text may well say "@import".
    if _LINKED.search(html) or any(_IMPORT.search(sheet) for sheet in _SHEETS.findall(html)):
        raise TemplateError("templates/email: @import and linked style sheets do not work in mail; write the rules out")
    inlined = str(
        Premailer(
            html,
            strip_important=False,
            allow_network=False,
            disable_validation=True,
            align_floating_images=False,
            disable_basic_attributes=["width", "height", "align", "valign", "bgcolor"],
            remove_classes=False,
            cssutils_logging_level=logging.CRITICAL,
        ).transform(pretty_print=False, encoding="ascii")
    )
    if not inlined.startswith("<!DOCTYPE html>"):
        raise TemplateError("templates/email: inlining lost the doctype; mend the top of digest.html.j2")
    if Counter(_TOKEN.findall(inlined)) != Counter(_TOKEN.findall(html)):
        raise TemplateError("templates/email: inlining changed a personal value; use it only as text or a whole href")
    return inlined
