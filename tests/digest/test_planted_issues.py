"""Small issues of a small site, each with one thing got wrong as an office would: the gate finds that and nothing else.

Everything goes through the public door: files are written as people write them, then collected, drafted, edited and
checked. The families' own tests look at each rule closely; this one proves that its finding arrives, and alone.
"""

import html
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from publisher.actions.approving import approve_issue
from publisher.actions.articles import withdraw_article
from publisher.actions.collect import collect
from publisher.actions.editing import Wish, edit_issue
from publisher.actions.gate import Report
from publisher.actions.issues import draft_issue, find_issue, show_issue
from publisher.actions.reporting import check_issue, report_page
from publisher.app import App
from publisher.digest.check import rules
from publisher.errors import IssueError, TemplateError
from publisher.records import Issue, Severity
from tests.conftest import NOW, ROOT, article_file, opened

WEEK = "2026-W48"
LATER = NOW + timedelta(days=3)

ARTICLES: Mapping[str, Mapping[str, str]] = {
    "garden": {
        "headline": "The harbor garden opens again on Saturday",
        "date": "2026-11-20",
        "summary": "Come in by the harbor path, from sunrise to sunset.",
        "topics": "[community]",
        "image": "{file: ../images/lighthouse.jpg, alt: The lighthouse above the garden at dusk.}",
        "body": "There is a bench at every bend, and a bowl of water for the dogs. Come when you like.",
    },
    "clinic": {
        "headline": "Flu shots without an appointment",
        "date": "2026-11-19",
        "summary": "Walk in on any Tuesday. It takes ten minutes.",
        "topics": "[prevention]",
        "image": "{file: ../images/flu-bandage.jpg, alt: A nurse puts a bandage on an arm.}",
        "body": "Bring your insurance card if you have one. The shot is free for everyone who has none.",
    },
    "soup": {
        "headline": "A pot of beans for cold evenings",
        "date": "2026-11-18",
        "summary": "It costs little, feeds six, and is better on the second day.",
        "body": "Soak the beans at night. Cook them slowly with an onion. Salt them at the end.",
    },
}


def small(site: Path) -> Path:
    """A site with three good articles and an event, whose weekly email is made in one language."""
    for name in ARTICLES:
        _write(site, name)
    event = "kind: event\nheadline: The Lantern Walk\nstart: 2026-12-04T16:45\nplace: The main lobby"
    (site / "content" / "events" / "walk.md").write_text(f"---\n{event}\n---\n")
    settings = (site / "publisher.toml").read_text()
    spanish = settings[settings.index("[newsletter.translations.es]") : settings.index("[delivery]")]
    (site / "publisher.toml").write_text(settings.replace(spanish, ""))
    return site


def _write(site: Path, name: str, **changed: str | None) -> None:
    whole = {**ARTICLES.get(name, {}), **changed}
    article_file(site, name, **{key: value for key, value in whole.items() if value is not None})


# --- what an office gets wrong ---

Doing = Callable[[Path], None]
Later = Callable[[App], object]


def article(name: str = "clinic", **changed: str | None) -> Doing:
    """An article with other fields or another body; None takes a field away."""
    return lambda site: _write(site, name, **changed)


def body(text: str) -> Doing:
    """An article with one more paragraph."""
    return article(body=f"{ARTICLES['clinic']['body']}\n\n{text}")


def settings(old: str, new: str) -> Doing:
    """Another publisher.toml."""
    return lambda site: _swap(site / "publisher.toml", site / "publisher.toml", old, new)


def template(name: str, old: str, new: str) -> Doing:
    """A template of the site's own, made from the shipped one: every `old` is replaced."""

    def do(site: Path) -> None:
        own = _own(site, name)
        _swap(own if own.exists() else ROOT / "templates" / "email" / name, own, old, new)

    return do


def digest(old: str, new: str) -> Doing:
    return template("digest.html.j2", old, new)


def part(html: str) -> Doing:
    """A template with one more row at the end of the card."""
    return digest('<tr><td class="end">', f'<tr><td class="item-td">{html}</td></tr><tr><td class="end">')


def style(rules: str) -> Doing:
    """One more line in the sheet that stays in the head."""
    return template("head.css.j2", ":root{", f"{rules}\n:root{{")


def words(name: str, told: str) -> Doing:
    """A file of the site's own beside the templates."""
    return lambda site: _own(site, name).write_text(told) and None


def event(old: str, new: str) -> Doing:
    """Other words in the event."""
    return lambda site: _swap(
        site / "content" / "events" / "walk.md", site / "content" / "events" / "walk.md", old, new
    )


def small_picture(site: Path) -> None:
    Image.new("RGB", (300, 200), "teal").save(site / "content" / "images" / "small.jpg")
    _write(site, "garden", image="{file: ../images/small.jpg, alt: The lighthouse at dusk.}")


def second_event(site: Path) -> None:
    events = site / "content" / "events"
    (events / "again.md").write_text((events / "walk.md").read_text().replace("example/a", "example/b"))


def many_articles(site: Path) -> None:
    settings("most = 12", "most = 2")(site)
    for number in range(8):
        article_file(site, f"more-{number}", headline=f"Story {number}", date="2026-11-17", summary="Come.", body="Hi.")


def both(*doings: Doing) -> Doing:
    def do(site: Path) -> None:
        for doing in doings:
            doing(site)

    return do


def wish(**told: Any) -> Later:
    return lambda app: edit_issue(app, app.newsletter(None), WEEK, Wish(**told), who="ana")


def text(what: str, told: str) -> Later:
    return wish(texts={what: told})


def withdrawn(app: App) -> None:
    withdraw_article(app, "flu-shots-without-an-appointment", why=None)


def one_after_the_other(*laters: Later) -> Later:
    return lambda app: [later(app) for later in laters]


def pictures_gone(app: App) -> None:
    shutil.rmtree(app.images_folder)


def pictures_damaged(app: App) -> None:
    for file in app.images_folder.glob("*.jpg"):
        file.write_bytes(file.read_bytes()[:500])


def nothing(_: object) -> None:
    """All is well."""


def _own(site: Path, name: str) -> Path:
    own = site / "templates" / "email" / name
    own.parent.mkdir(parents=True, exist_ok=True)
    return own


def _swap(one: Path, other: Path, old: str, new: str) -> None:
    told = one.read_text()
    assert old in told, f"{one.name} has no {old!r} any more; plant the fault elsewhere"
    other.write_text(told.replace(old, new))


# --- one of each ---


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What is done before collecting, before drafting and after it, and the one finding with a snippet of its place and
    of its mend."""

    found: tuple[Severity, str]
    place: str
    mend: str
    before: Doing = nothing
    collected: Later = nothing
    drafted: Later = nothing
    week: str | None = None
    looked_at: datetime = NOW


GARDEN, CLINIC, SOUP = (str(fields["headline"]) for fields in ARTICLES.values())
HARD = "Multidisciplinary anticoagulation recommendations necessitate institutional stratification. " * 20
WAVES = "🌊🌊🌊 " * 1240
"""As long as a summary may be, in signs that a mail writes out as numbers."""
LINK = "https://www.alderbay.example/visit"
LOGO = "https://news.alderbay.example/images/logo"
HTML = "HTML part"


def fault(kind: Severity, code: str, place: str, mend: str, before: Doing = nothing, **more: Any) -> Fault:
    return Fault(found=(kind, code), place=place, mend=mend, before=before, **more)


FAULTS: dict[str, Fault] = {
    # accessibility: articles
    "a picture's words are its file name": fault(
        "warning", "alt-file-name", CLINIC, '"IMG_2034.jpg" is a file name',
        article(image="{file: ../images/flu-bandage.jpg, alt: IMG_2034.jpg}"),
    ),
    "a picture within the text has its file name for words": fault(
        "warning", "alt-file-name", CLINIC, '"flu_bandage_final" is a file name',
        body("![flu_bandage_final](../images/flu-bandage.jpg)"),
    ),
    "a picture has no words": fault(
        "warning", "alt-missing", CLINIC, "say what its picture shows",
        article(image="../images/flu-bandage.jpg"),
    ),
    "the lead's picture has no words": fault(
        "warning", "alt-missing", GARDEN, "say what its picture shows",
        article("garden", image="{file: ../images/lighthouse.jpg}"),
    ),
    "a picture pasted as HTML has no words": fault(
        "warning", "alt-missing", CLINIC, "say what its picture shows",
        body('<img src="../images/flu-bandage.jpg">'),
    ),
    "a picture's words say that it is a picture": fault(
        "note", "alt-redundant", CLINIC, '"Photo of a nurse at work." says that it is a picture',
        article(image="{file: ../images/flu-bandage.jpg, alt: Photo of a nurse at work.}"),
    ),
    "a link within the text without words": fault(
        "error", "link-empty", CLINIC, "a link has no text", body(f"To apply, []({LINK})."),
    ),
    "a link within the text is an address": fault(
        "warning", "link-url", CLINIC, f'"{LINK}" is an address as the text of a link', body(f"See <{LINK}>."),
    ),
    "a link within the text says: click here": fault(
        "warning", "link-vague", CLINIC, '"click here" does not say where', body(f"To apply, [click here]({LINK})."),
    ),
    "an article is too hard to read": fault(
        "warning", "reading-grade", CLINIC, "the newsletter's limit is 10", article(body=HARD),
    ),
    "an article is too hard for a stricter newsletter": fault(
        "warning", "reading-grade", CLINIC, "the newsletter's limit is 3",
        both(
            settings("most = 12", "most = 12\nreading_grade = 3"),
            article(body="The nurses in our clinic give every visitor a small paper with the date of the shot. " * 6),
        ),
    ),
    # accessibility: templates of the site's own
    "text as faint as its ground": fault(
        "error", "contrast-light", "Week 48", "on #083a45 has a contrast of",
        template("inline.css.j2", "color:{{ palette.on_brand_muted }}", "color:#2f5560"),
    ),
    "grey text in a row of one's own": fault(
        "error", "contrast-light", "Ask at the desk", "#bbbbbb on #ffffff has a contrast of 1.9",
        part('<p style="color:#bbbbbb">Ask at the desk</p>'),
    ),
    "text that cannot be read on dark screens": fault(
        "error", "contrast-dark", "min read", "#333333 on #142126 on a dark screen has a contrast of",
        template("_dark.css.j2", "p.dark_muted", "'#333333'"),
    ),
    "no direction": fault(
        "warning", "direction-missing", HTML, "<html> does not say its direction",
        digest('<html lang="{{ lang }}" dir="{{ dir }}"', '<html lang="{{ lang }}"'),
    ),
    "an article in a language that runs the other way is not marked so": fault(
        "warning", "direction-missing", "عيادة", 'give it dir="rtl"',
        both(
            article(headline="عيادة الإنفلونزا", summary="بلا موعد.", language="ar", body="تعال يوم الثلاثاء."),
            template("_parts.html.j2", ' lang="{{ item.lang }}" dir="{{ item.dir }}"', ' lang="{{ item.lang }}"'),
        ),
    ),
    "the other direction": fault(
        "error", "direction-wrong", HTML, '"en" is written ltr, not rtl',
        digest('<div class="wrap" lang="{{ lang }}" dir="{{ dir }}"', '<div class="wrap" lang="{{ lang }}" dir="rtl"'),
    ),
    "no language": fault(
        "error", "language-missing", HTML, "<div> does not say its language",
        digest('<div class="wrap" lang="{{ lang }}"', '<div class="wrap"'),
    ),
    "no title": fault(
        "warning", "title-missing", HTML, "there is no <title>", digest("<title>{{ subject }}</title>", ""),
    ),
    "no main heading": fault(
        "warning", "no-h1", HTML, "there is no <h1>",
        both(digest("<h1 ", "<p "), digest("</h1>", "</p>")),
    ),
    "two main headings": fault(
        "warning", "several-h1", GARDEN, "is a second <h1>",
        both(
            template("_lead.html.j2", "<h2 ", "<h1 "),
            template("_lead.html.j2", "</h2>", "</h1>"),
        ),
    ),
    "a level of headings left out": fault(
        "warning", "heading-skipped", "Upcoming events", "is an <h5> after an <h3>; make it an <h4>",
        digest('<h2 class="ev-t">{{ words.events }}</h2>', '<h5 class="ev-t">{{ words.events }}</h5>'),
    ),
    "a heading without words": fault(
        "warning", "heading-empty", HTML, "an <h2> has no text", part("<h2></h2>"),
    ),
    "pictures without any words": fault(
        "error", "image-alt-missing", GARDEN, "has no alt",
        template("_parts.html.j2", ' alt="{{ image.alt or item.headline }}"', ""),
    ),
    "a link that shows nothing but a picture without words": fault(
        "error", "image-alt-missing", "Need care", "a picture is all that a link shows",
        part(f'<a href="{{{{ web }}}}"><img src="{LOGO}.png" width="60" height="60" alt=""></a>'),
    ),
    "links that are called the same": fault(
        "warning", "links-alike", "Manage", "say in each what its page is about",
        words("words.en.json", '{"preferences": "Manage", "unsubscribe": "Manage"}'),
    ),
    "a link of the template says: here": fault(
        "warning", "link-vague", "Here", "does not say where the link leads",
        words("words.en.json", '{"see_all_events": "Here"}'),
    ),
    "a table for layout that does not say so": fault(
        "warning", "table-role", HTML, "1 of its tables have no role",
        digest('<table role="presentation" class="card"', '<table class="card"'),
    ),
    "small print": fault(
        "warning", "text-small", "All rights reserved", "is 10 pixels high",
        part('<p style="font-size:10px">All rights reserved</p>'),
    ),
    "a mail that cannot be enlarged": fault(
        "error", "zoom-locked", HTML, "its viewport forbids to enlarge it",
        digest("width=device-width, initial-scale=1", "width=device-width, initial-scale=1, user-scalable=no"),
    ),
    # mail programs
    "no character set": fault(
        "error", "charset-missing", HTML, 'charset', digest('<meta charset="utf-8">\n', ""),
    ),
    "a layout that mail programs do not know": fault(
        "warning", "css-breaks", "Ask", "flex does not work in", part('<p style="display:flex">Ask at the desk</p>'),
    ),
    "a length that mail programs do not know": fault(
        "warning", "css-breaks", "", "does not work in", template("inline.css.j2", ".foot{", ".foot{padding-left:2vw;"),
    ),
    "a form": fault(
        "error", "element-stripped", HTML, "<form>", part('<form><p>Tell us what you think</p></form>'),
    ),
    "a film": fault(
        "error", "element-stripped", HTML, "<video>", part("<video></video>"),
    ),
    "a picture in a format that some do not show": fault(
        "warning", "image-format", "Need care", "make it JPEG or PNG",
        part(f'<img src="{LOGO}.webp" width="60" height="60" alt="">'),
    ),
    "a picture without its size": fault(
        "warning", "image-size-missing", "Need care", "lacks its width or height",
        part(f'<img src="{LOGO}.png" width="60" alt="">'),
    ),
    "long summaries": fault(
        "warning", "large", HTML, "Gmail cuts mails at about 102 KB",
        both(article(summary=WAVES), article("soup", summary=WAVES)),
    ),
    "summaries longer than a mail may be": fault(
        "error", "too-large", HTML, "carry fewer or shorter items",
        both(*(article(name, summary=WAVES) for name in ARTICLES)),
    ),
    "a comment for Outlook that nothing ends": fault(
        "error", "mso-unclosed", HTML, "Outlook's comments open",
        digest("<!--[if mso]></td></tr></table><![endif]-->", ""),
    ),
    "a style sheet of another house": fault(
        "warning", "style-large", HTML, "its style sheets have", style(".theirs{color:#10262e}\n" * 350),
    ),
    "the style sheet of a whole web site": fault(
        "error", "style-too-large", HTML, "Gmail drops more than 16", style(".theirs{color:#10262e}\n" * 700),
    ),
    "a rule within a rule": fault(
        "error", "style-nested", HTML, "write them one after the other",
        style("@media screen{@media (max-width:600px){.foot{color:#10262e}}}"),
    ),
    "a text part that leaves a link out": fault(
        "warning", "text-differs", "See all events", "add the address to the text part",
        template("digest.txt.j2", "<{{ events_url }}>", ""),
    ),
    "a text part that leaves a headline out": fault(
        "warning", "text-differs", "The Lantern Walk", "is a headline of the HTML only",
        template("digest.txt.j2", "(event.day ~ ' ' ~ event.month ~ ': ' ~ event.title)|wrap", "event.day"),
    ),
    # privacy
    "a pixel": fault(
        "error", "tracking", HTML, "a picture nobody can see",
        part(f'<img src="{LOGO}.png" width="1" height="1" alt="">'),
    ),
    "a picture that tells who looks at it": fault(
        "error", "tracking", "<img>", "would tell who opened the mail",
        part(f'<img src="{LOGO}.png?{{{{ t.email }}}}" width="60" height="60" alt="">'),
    ),
    "a picture of another house": fault(
        "error", "third-party", "https://cdn.elsewhere.example/badge.png", "would be loaded from elsewhere",
        part('<img src="https://cdn.elsewhere.example/badge.png" width="60" height="60" alt="">'),
    ),
    "a font of another house": fault(
        "error", "third-party", "https://fonts.elsewhere.example/a.woff2", "would be loaded from elsewhere",
        style("@font-face{font-family:A;src:url(https://fonts.elsewhere.example/a.woff2)}"),
    ),
    "a link that says who follows it": fault(
        "error", "personal-link", "", "a reader's own value",
        part('<a href="mailto:desk@alderbay.example?subject={{ t.email }}">Write to the desk</a>'),
    ),
    "a link that is counted by others": fault(
        "warning", "link-tracks", CLINIC, "take utm_source out of its address",
        article(url="https://www.alderbay.example/flu?utm_source=weekly"),
    ),
    "a link through a shortener": fault(
        "warning", "link-redirects", CLINIC, "passes through bit.ly", article(url="https://bit.ly/3flu"),
    ),
    "a link to the site that tells a topic": fault(
        "warning", "topic-in-url", CLINIC, 'tells the topic "heart"',
        article(url="https://news.alderbay.example/list?about=heart"),
    ),
    "a newsletter named after a topic": fault(
        "warning", "list-names-topic", "Sleep Weekly", 'has the topic "sleep" in it',
        settings('title = "Health Weekly"', 'title = "Sleep Weekly"'),
    ),
    "a record number": fault(
        "warning", "patient-record", CLINIC, "MRN 00482913", body("The note said MRN 00482913 on it."),
    ),
    "a date of birth": fault(
        "warning", "patient-birth", CLINIC, "born on 03/04/1956", body("He was born on 03/04/1956."),
    ),
    "a private phone number": fault(
        "warning", "patient-phone", CLINIC, "Mrs. Halloran, 360-555-0199",
        body("Thank you, Mrs. Halloran, 360-555-0199."),
    ),
    "a social security number": fault(
        "warning", "patient-social-security", CLINIC, "219-09-9999", body("Her card says 219-09-9999."),
    ),
    "a patient in the note by hand": fault(
        "warning", "patient-record", "note [en]", "MRN 00482913", drafted=text("note", "Thanks to MRN 00482913."),
    ),
    # delivery: what the issue carries
    "an article of tomorrow in today's rehearsal": fault(
        "error", "embargoed", CLINIC, "may not be read before 2026-11-24", article(date="2026-11-24"), week=WEEK,
    ),
    "an article withdrawn after the draft": fault(
        "error", "withdrawn", CLINIC, "draft the issue again without it", drafted=withdrawn,
    ),
    "a book": fault(
        "note", "article-long", CLINIC, "only its first 500,000 characters were checked",
        article(body="x\n\n" * 66_000),
    ),
    "a headline in capitals": fault(
        "warning", "headline-shouting", "FLU SHOTS FOR EVERYONE", "shouts", article(headline="FLU SHOTS FOR EVERYONE"),
    ),
    "a gap in a summary": fault(
        "warning", "placeholder", CLINIC, '"[insert date]" would be sent as it stands',
        article(summary="'Walk in on [insert date].'"),
    ),
    "a gap in a headline": fault(
        "warning", "placeholder", "Flu shots: TBD", '"TBD" would be sent', article(headline="'Flu shots: TBD'"),
    ),
    "a field of another program in the note by hand": fault(
        "warning", "placeholder", "note [en]", '"{{ first_name }}"',
        drafted=text("note", "Dear {{ first_name }}, hello."),
    ),
    "a gap in the newsletter's own intro": fault(
        "warning", "placeholder", "intro [en]", '"Lorem ipsum" would be sent',
        settings('intro = "', 'intro = "Lorem ipsum. '),
    ),
    "a character that nobody sees": fault(
        "warning", "strange-characters", CLINIC, "a character that nobody sees (U+200B)",
        article(summary="Walk in\u200b on any Tuesday."),
    ),
    "an encoded word in a headline": fault(
        "warning", "strange-characters", "=?utf-8?q?Flu?=", "take for an encoded word",
        article(headline="'=?utf-8?q?Flu?= shots'"),
    ),
    "two articles that lead to one page": fault(
        "warning", "item-twice", SOUP, "is in the issue twice",
        both(article(url="https://www.alderbay.example/a"), article("soup", url="https://www.alderbay.example/a/")),
    ),
    # delivery: the subject and what stands behind it
    "a subject of nothing that can be seen": fault(
        "error", "subject-empty", "subject", "the subject is empty", drafted=text("subject", "\u00ad"),
    ),
    "a long subject": fault(
        "warning", "subject-long", "subject", "at most 78 are shown",
        drafted=text("subject", "The harbor garden opens again on Saturday, and four more things that happened here"),
    ),
    "a long headline, which becomes the subject": fault(
        "warning", "subject-long", "subject", "at most 78 are shown",
        article("garden", headline="The harbor garden opens again on Saturday for everyone who has missed it so much"),
    ),
    "a subject in capitals": fault(
        "warning", "subject-shouting", "subject", "shouts", drafted=text("subject", "FLU SHOTS FOR EVERYONE THIS WEEK"),
    ),
    "a subject with a character that nobody sees": fault(
        "warning", "subject-strange", "subject", "U+200B", drafted=text("subject", "The garden\u200b opens"),
    ),
    "nothing behind the subject": fault(
        "warning", "preheader-missing", "preheader", "there is none", drafted=text("preheader", "\u200c"),
    ),
    # delivery: links
    "a link to nowhere": fault(
        "error", "link-dead", "Need care", '"#" leads nowhere', part('<a href="#">Visiting hours</a>'),
    ),
    "an article's address with a slip": fault(
        "error", "link-dead", CLINIC, "leads nowhere", article(url="https://www.alderbay.example:99999/flu"),
    ),
    "an address without https": fault(
        "warning", "link-http", CLINIC, "begins with http", article(url="http://www.alderbay.example/flu"),
    ),
    "an address inside the house": fault(
        "error", "link-private", CLINIC, "is inside the house's own network", article(url="https://intranet/flu"),
    ),
    "an event inside the house": fault(
        "error", "link-private", "The Lantern Walk", "is inside the house's own network",
        event("place:", "url: https://10.0.0.7/walk\nplace:"),
    ),
    "half an address": fault(
        "error", "link-relative", "Need care", '"/privacy" has no https://',
        part('<a href="/privacy">How we treat data</a>'),
    ),
    # delivery: what must be in it
    "no postal address": fault(
        "error", "postal-address-missing", HTML, "add address to [organisation]",
        settings('address = ["1200 Harbour Road", "Alder Bay, WA 98000", "USA"]', ""),
    ),
    "no postal address in the text part": fault(
        "error", "postal-address-missing", "text part", '"1200 Harbour Road" is not in it',
        template("digest.txt.j2", "{% for line in org.address %}\n{{ line|wrap }}\n{% endfor %}\n", ""),
    ),
    "no way out": fault(
        "error", "no-unsubscribe", HTML, "{{ t.unsubscribe }}",
        digest('<a class="flink" href="{{ t.unsubscribe }}">{{ words.unsubscribe }}</a>', "{{ words.unsubscribe }}"),
    ),
    "no way to choose": fault(
        "warning", "no-preferences", HTML, "{{ t.preferences }}",
        digest('<a class="flink" href="{{ t.preferences }}">{{ words.preferences }}</a>', "{{ words.preferences }}"),
    ),
    "no way to the web": fault(
        "warning", "no-web-link", HTML, "{{ web }}", digest('href="{{ web }}"', 'href="{{ org.url }}"'),
    ),
    "an address too long for a header": fault(
        "error", "line-long", "message", "shorten the longest name or address",
        settings('url = "https://news.alderbay.example"', f'url = "https://news.alderbay.example/{"a" * 990}"'),
    ),
    "a fault of one language alone": fault(
        "warning", "link-vague", "[es]", "does not say where the link leads",
        both(
            settings("[delivery]", '[newsletter.translations.es]\ntitle = "Salud cada semana"\n[delivery]'),
            words("words.es.json", '{"see_all_events": "Ver más"}'),
        ),
    ),
    "a part that is marked with a number of one's own": fault(
        "error", "marks-broken", HTML, "there is no block 99", part("{{ begin(99) }}<p>For some</p>{{ end(99) }}"),
    ),
    "items that are not marked as those of a topic": fault(
        "warning", "marks-missing", "text part", "items with topics are not marked",
        both(
            template("digest.txt.j2", "{{ begin(item.block) }}", ""),
            template("digest.txt.j2", "{{ end(item.block) }}", ""),
        ),
    ),
    # selection
    "an article under embargo": fault(
        "note", "under-embargo", CLINIC, "under embargo until 2026-11-26", article(embargo="2026-11-26T08:00:00-08:00"),
        week=WEEK,
    ),
    "an article whose review was due before the draft": fault(
        "warning", "review-due", CLINIC, "its review was due on 2026-11-01", article(review_by="2026-11-01"),
    ),
    "an article whose review falls due after the draft": fault(
        "warning", "review-due", CLINIC, "review it and set a new review-by date", article(review_by="2026-11-24"),
        looked_at=LATER,
    ),
    "many more articles than there is room for": fault(
        "note", "no-room", "health-weekly", "9 items found no room among the 2, the newest of them", many_articles,
    ),
    "more articles than there is room for": fault(
        "note", "no-room", SOUP, "no room among the 2", settings("most = 12", "most = 2"),
    ),
    "fewer articles than a newsletter asks for": fault(
        "error", "too-few-items", "health-weekly", "3 of at least 5 items",
        settings("most = 12", "most = 12\nfewest = 5"),
    ),
    "a lead chosen by hand that was withdrawn": fault(
        "warning", "lead-unusable", CLINIC, "withdrawn on 2026-11-23",
        drafted=one_after_the_other(
            wish(lead=CLINIC), withdrawn, lambda app: draft_issue(app, app.newsletter(None))
        ),
    ),
    "an item chosen by hand that was withdrawn": fault(
        "warning", "wish-unmet", CLINIC, "was chosen by hand and is not in the issue",
        drafted=one_after_the_other(
            wish(included=[CLINIC]), withdrawn, lambda app: draft_issue(app, app.newsletter(None))
        ),
    ),
    "a translation of an article that is not there": fault(
        "warning", "translation-alone", CLINIC, "", article(translation_of="gripe"),
    ),
    "a language that the phrases are not written in": fault(
        "warning", "phrases-missing", "", "",
        settings("[delivery]", '[newsletter.translations.it]\ntitle = "Salute ogni settimana"\n[delivery]'),
    ),
    "pictures that somebody threw away": fault(
        "warning", "picture-unusable", GARDEN, "our copy of the picture is gone", collected=pictures_gone,
    ),
    "pictures that a full disk cut off": fault(
        "warning", "picture-unusable", GARDEN, "until then it is left out", collected=pictures_damaged,
    ),
    "a small picture in the largest place": fault(
        "warning", "picture-small", GARDEN, "its picture is 300 pixels wide and is shown at 600",
        small_picture,
    ),
    # what follows from one fault is not told as a fault of its own
    "a site without https": fault(
        "error", "one-click-broken", "message", "is site.url https?",
        settings('url = "https://news.alderbay.example"', 'url = "http://news.alderbay.example"'),
    ),
    "no way out of the text part": fault(
        "error", "no-unsubscribe", "text part", "{{ t.unsubscribe }}",
        template("digest.txt.j2", "<{{ t.unsubscribe }}>", ""),
    ),
    "no way to choose in the text part": fault(
        "warning", "no-preferences", "text part", "{{ t.preferences }}",
        template("digest.txt.j2", "<{{ t.preferences }}>", ""),
    ),
    "no way to the web in the text part": fault(
        "warning", "no-web-link", "text part", "{{ web }}", template("digest.txt.j2", "<{{ web }}>", ""),
    ),
    "an article that was written twice": fault(
        "warning", "item-twice", CLINIC, "is in the issue twice", article("soup", **ARTICLES["clinic"]),
    ),
    "an event that was written twice": fault(
        "warning", "item-twice", "The Lantern Walk", "is in the issue twice",
        both(event("place:", "url: https://www.alderbay.example/a\nplace:"), second_event),
    ),
    "two articles of one headline": fault(
        "warning", "item-twice", CLINIC, "is in the issue twice", article("soup", headline=CLINIC),
    ),
    "the lead's headline in capitals": fault(
        "warning", "headline-shouting", "THE GARDEN OPENS AGAIN", "shouts",
        article("garden", headline="THE GARDEN OPENS AGAIN"),
    ),
    "an encoded word in the newsletter's title, which every subject begins with": fault(
        "warning", "strange-characters", "title [en]", "take for an encoded word",
        settings('title = "Health Weekly"', 'title = "=?utf-8?q?Health?= Weekly"'),
    ),
    "a character that nobody sees in the lead's headline": fault(
        "warning", "strange-characters", "The garden\u200b opens", "U+200B",
        article("garden", headline="The garden\u200b opens"),
    ),
    "a text part that says: look at the HTML": fault(
        "error", "text-missing", "text part", "write the mail out in digest.txt.j2",
        words(
            "digest.txt.j2",
            "{{ web }}\n{{ t.preferences }}\n{{ t.unsubscribe }}\n"
            "{% for line in org.address %}{{ line }}\n{% endfor %}",
        ),
    ),
    "a part that not every reader gets has no end": fault(
        "error", "marks-broken", HTML, "write begin(n) and end(n) around whole rows",
        digest("{{ end(item.block) }}", ""),
    ),
    # what the mail says beside headlines, summaries and texts
    "a gap in a correction": fault(
        "warning", "placeholder", CLINIC, '"TBD"', article(correction="We said Monday. It is TBD."),
    ),
    "a patient in a correction": fault(
        "warning", "patient-record", CLINIC, "MRN 00482913", article(correction="It was not MRN 00482913."),
    ),
    "a gap where a text begins that has no summary": fault(
        "warning", "placeholder", CLINIC, '"[insert date]"',
        article(summary=None, body="Walk in on [insert date]. It takes ten minutes, and the shot is free."),
    ),
    "a character that nobody sees in a correction": fault(
        "warning", "strange-characters", CLINIC, "U+200B", article(correction="We said Monday.\u200b It is Tuesday."),
    ),
    "a gap in an event": fault(
        "warning", "placeholder", "The Lantern Walk", '"[insert place]"', event("The main lobby", "'[insert place]'"),
    ),
    "an event in capitals": fault(
        "warning", "headline-shouting", "COME TO THE LANTERN WALK", "shouts",
        event("The Lantern Walk", "COME TO THE LANTERN WALK"),
    ),
    "a character that nobody sees in an event": fault(
        "warning", "strange-characters", "The Lantern", "U+200B", event("The Lantern Walk", "The Lantern\u200b Walk"),
    ),
    "a private phone number in an event": fault(
        "warning", "patient-phone", "The Lantern Walk", "Mrs. Halloran, 360-555-0199",
        event("The main lobby", "Ask Mrs. Halloran, 360-555-0199"),
    ),
    "a gap in the words of a picture": fault(
        "warning", "placeholder", CLINIC, '"TODO"',
        article(image="{file: ../images/flu-bandage.jpg, alt: 'TODO: say what it shows'}"),
    ),
    "a patient in the words of a picture": fault(
        "warning", "patient-phone", CLINIC, "Mrs. Halloran, 360-555-0199",
        article(image="{file: ../images/flu-bandage.jpg, alt: 'The arm of Mrs. Halloran, 360-555-0199'}"),
    ),
    "a gap in the words of a picture within the text": fault(
        "warning", "placeholder", CLINIC, '"[insert name]"',
        body("![A nurse, [insert name]](../images/flu-bandage.jpg)"),
    ),
    "a gap in the newsletter's title": fault(
        "warning", "placeholder", "title [en]", '"TBD"',
        settings('title = "Health Weekly"', 'title = "Health Weekly TBD"'),
    ),
    "a gap in the newsletter's footer": fault(
        "warning", "placeholder", "footer_note [en]", '"Lorem ipsum"',
        settings('footer_note = "', 'footer_note = "Lorem ipsum. '),
    ),
    "a gap in the reason why readers get it": fault(
        "warning", "placeholder", "reason [en]", '"TBD"', settings('reason = "', 'reason = "TBD. '),
    ),
    "a gap in the tagline": fault(
        "warning", "placeholder", "tagline [en]", '"TBD"', settings('tagline = "', 'tagline = "TBD. '),
    ),
}  # fmt: skip

OUT_OF_REACH = {
    # What the inliner refuses or mends before the gate could see it.
    "doctype-missing": "a template without it is refused when it is rendered",
    "sheet-linked": "a template that loads a sheet is refused when it is rendered",
    "not-ascii": "the inliner writes whatever is not ASCII as a character reference",
    # What only a mistake in the program itself could do, for it composes the messages alone.
    "body-changed": "the composer splices the approved pieces",
    "headers-changed": "the composer writes these headers and no others",
    "subject-changed": "the composer encodes whatever could be read in another way",
    "personal-header": "the composer takes all headers but three from the edition",
    "topic-told": "a copy for a topic is a part of the whole, whatever a template says",
    # What is asked of others: of SpamAssassin, of the network.
    "spam-unmeasured": "SpamAssassin's (tests/mail/test_spam.py)",
    "spam-score": "SpamAssassin's (tests/mail/test_spam.py)",
    "spam-score-high": "SpamAssassin's (tests/mail/test_spam.py)",
    "link-guarded": "asked with --links (tests/actions/test_linkcheck.py)",
    "link-unsure": "asked with --links (tests/actions/test_linkcheck.py)",
    "links-unasked": "asked with --links (tests/actions/test_linkcheck.py)",
}
"""Rules whose fault no office can plant from outside, each with the reason; their families' tests plant it inside."""


def looked_at(site: Path, planted: Fault) -> Report:
    """The gate's report on the small issue with this fault in it."""
    with office(site, planted):
        pass
    with opened(site, planted.looked_at) as app:
        return check_issue(app, app.newsletter(None), WEEK, with_spam=False)


@contextmanager
def office(site: Path, *planted: Fault) -> Iterator[App]:
    """The small issue as a draft, with these faults in it."""
    small(site)
    for one in planted:
        one.before(site)
    with opened(site) as app:
        collect(app)
        for one in planted:
            one.collected(app)
        draft_issue(app, app.newsletter(None), week=next((one.week for one in planted if one.week), None))
        for one in planted:
            one.drafted(app)
        yield app


def test_the_small_issue_has_no_finding_not_even_a_note(site: Path) -> None:
    report = looked_at(site, fault("note", "", "", ""))
    assert report.findings == ()
    assert [one.language for one in report.examined] == ["en"]


@pytest.mark.parametrize(
    "planted",
    [pytest.param(planted, id=name) for name, planted in FAULTS.items()],
)
def test_one_thing_wrong_is_found_by_its_own_finding_and_no_other(site: Path, planted: Fault) -> None:
    findings = looked_at(site, planted).findings
    assert {(finding.severity, finding.code) for finding in findings} == {planted.found}, findings
    assert any(planted.place in f.place and planted.mend in f.mend for f in findings), findings
    assert all(f.place and len(f.place) <= 110 and f.mend for f in findings)


def test_every_rule_is_planted_or_out_of_reach_for_a_reason() -> None:
    planted = {one.found[1] for one in FAULTS.values()}
    assert len(FAULTS) >= 125
    assert planted & set(OUT_OF_REACH) == set()
    assert planted | set(OUT_OF_REACH) == set(rules())


def test_a_template_that_would_fail_in_every_mail_program_is_refused_before_the_gate(site: Path) -> None:
    for doing, told in (
        (digest("<!DOCTYPE html>\n", ""), "the mail must begin with"),
        (
            digest("</head>", '<link rel="stylesheet" href="https://news.alderbay.example/a.css"></head>'),
            "linked style",
        ),
    ):
        with pytest.raises(TemplateError, match=told):
            looked_at(shutil.copytree(site, site.parent / told.replace(" ", "-")), fault("note", "", "", "", doing))


def test_a_greeting_with_a_place_that_nothing_fills_in_is_refused_when_it_is_written(site: Path) -> None:
    with office(site) as app, refusal("{first_name} in the greeting; a name is written {name}"):
        text("greeting", "Dear {first_name},")(app)


# --- what the findings are for: nothing wrong leaves unless a person says why ---

REASON = "The clinic's new page opens on Monday night, and the mail leaves on Tuesday."
ONE, OTHER = FAULTS["half an address"], FAULTS["a mail that cannot be enlarged"]


def approve(app: App, override: str | None = None) -> Issue:
    return approve_issue(app, app.newsletter(None), WEEK, who="ana", override=override).issue


def refusal(told: str) -> AbstractContextManager[Any]:
    return pytest.raises(IssueError, match=re.escape(told))


def stored(app: App) -> Issue:
    return find_issue(app, app.newsletter(None), WEEK)


@pytest.mark.parametrize(
    "name", ["half an address", "a mail that cannot be enlarged", "fewer articles than a newsletter asks for"]
)
def test_an_error_stops_the_approval_with_its_place_and_its_mend(site: Path, name: str) -> None:
    with office(site, FAULTS[name]) as app:
        with pytest.raises(IssueError) as said:
            approve(app)
        assert stored(app).state == "draft"
    told = str(said.value)
    assert told.startswith("health-weekly 2026-W48 cannot be approved: ") and "\n" not in told
    assert FAULTS[name].place in told and FAULTS[name].mend in told
    assert told.endswith("; see `publisher issue check`, or say with --override why it may leave all the same")


def test_an_error_that_only_the_finished_message_shows_stops_the_approval_too(site: Path) -> None:
    with office(site, FAULTS["an address too long for a header"]) as app, refusal("message: a line has "):
        approve(app)


def test_of_several_errors_the_number_is_told(site: Path) -> None:
    with office(site, ONE, FAULTS["no postal address"]) as app, refusal("(and 1 more); see `publisher issue check`"):
        approve(app)


@pytest.mark.parametrize("name", ["a record number", "more articles than there is room for"])
def test_warnings_and_notes_do_not_stop_it(site: Path, name: str) -> None:
    with office(site, FAULTS[name]) as app:
        issue = approve(app)
        assert (issue.state, issue.overrides) == ("approved", ())
        assert [one.code for one in issue.findings] == [FAULTS[name].found[1]]


@pytest.mark.parametrize("reason", ["", "   ", "because", "ok\n\n\tok  ok", "\u200b" * 20, "\u00ad" * 20, "." * 20])
def test_a_reason_that_is_none_is_refused(site: Path, reason: str) -> None:
    with office(site, ONE) as app:
        with pytest.raises(IssueError, match="is no reason; say in a sentence why the errors may stand"):
            approve(app, reason)
        assert (stored(app).state, stored(app).overrides) == ("draft", ())


def test_with_a_reason_errors_may_stand_and_it_is_told_wherever_anybody_looks(site: Path) -> None:
    with office(site, ONE, OTHER) as app:
        issue = approve(app, f"  {REASON}\n")
        (override,) = issue.overrides
        assert (override.codes, override.reason) == (("link-relative", "zoom-locked"), REASON)
        assert (override.who, override.at) == ("ana", NOW)
        _, history, _ = show_issue(app, app.newsletter(None), WEEK)
        approval = history[-1]
        assert (approval.before, approval.after, approval.who) == ("draft", "approved", "ana")
        assert f"link-relative, zoom-locked overridden: {REASON}" in (approval.why or "")
    with opened(site, LATER) as app:
        report = check_issue(app, app.newsletter(None), WEEK, with_spam=False)
        page = report_page(app, report)
    assert report.state == "approved"
    assert report.overrides == issue.overrides
    assert "2 errors, overridden by a person: see below." in page
    assert "ana decided on 2026-11-23 15:00 UTC that link-relative, zoom-locked may stand" in page
    assert html.escape(REASON, quote=True).replace("&#x27;", "&#39;") in page


def test_what_was_found_is_still_in_the_report_when_it_was_overridden(site: Path) -> None:
    with office(site, ONE) as app:
        approve(app, REASON)
        report = check_issue(app, app.newsletter(None), WEEK, with_spam=False)
    assert {finding.code for finding in report.findings} == {"link-relative"}


def test_an_override_that_was_not_needed_is_none(site: Path) -> None:
    with office(site) as app:
        assert approve(app, REASON).overrides == ()


def test_who_edits_an_approved_issue_needs_a_reason_again(site: Path) -> None:
    with office(site, ONE) as app:
        approve(app, REASON)
        text("note", "We are closed on Thursday.")(app)
        assert stored(app).state != "approved" and stored(app).overrides == ()
        assert check_issue(app, app.newsletter(None), WEEK, with_spam=False).overrides == ()
        with pytest.raises(IssueError):
            approve(app)


@pytest.mark.parametrize(
    "name",
    [
        "no way out",
        "a link that says who follows it",
        "an article of tomorrow in today's rehearsal",
        "an article withdrawn after the draft",
    ],
)
def test_some_errors_stand_whatever_a_person_says(site: Path, name: str) -> None:
    planted = FAULTS[name]
    assert rules()[planted.found[1]].final
    with office(site, planted, ONE) as app:
        with pytest.raises(IssueError) as said:
            approve(app, REASON)
        assert stored(app).state == "draft"
    assert planted.place in str(said.value) and planted.mend in str(said.value)
    assert "--override" not in str(said.value)
