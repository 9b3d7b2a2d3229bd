"""What an issue costs: prepared in several languages for readers of many topics, composed for one of them, examined."""

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from publisher.actions.collect import collect
from publisher.actions.gate import checked, proved
from publisher.actions.issues import draft_issue
from publisher.app import App
from publisher.config import load
from publisher.delivery.compose import Composer
from publisher.records import Delivery, Edition, Edits
from tests.benchmarks.timing import median, timed
from tests.conftest import KEYS, NOW, ROOT

LANGUAGES = ("en", "es", "ar")
TOPICS = 20
READERS = 5_000

_SETTINGS = """
[site]
url = "https://news.alderbay.example"
zone = "America/Los_Angeles"

[organisation]
name = "Alder Bay Hospital"
url = "https://www.alderbay.example"
address = ["1200 Harbour Road", "Alder Bay, WA 98000"]

[[source]]
name = "articles"
kind = "markdown"
path = "content/articles"

[[newsletter]]
name = "weekly"
title = "Health Weekly"
most = 40
sender = {{ name = "Alder Bay Hospital", address = "weekly@news.alderbay.example" }}

[newsletter.translations.es]
title = "Salud cada semana"

[newsletter.translations.ar]
title = "صحة كل أسبوع"
{topics}
"""


def figures(folder: Path) -> Iterator[tuple[str, str, str]]:
    """Rows of (what, measured, limit)."""
    app = _site(folder)
    newsletter = app.newsletter(None)
    first = timed(lambda: draft_issue(app, newsletter))
    drafted = median(lambda _: timed(lambda: draft_issue(app, newsletter)))
    draft = draft_issue(app, newsletter)
    assert len(draft.issue.carried) == 20 and len(draft.editions) == len(LANGUAGES)
    yield f"preparing 20 articles, {len(LANGUAGES)} languages, {TOPICS} topics, examined", f"{drafted:.3f} s", "1 s"
    yield "  the first time, with its pictures resized", f"{first:.3f} s", ""
    made = median(lambda _: timed(lambda: _every_variant(draft.editions, app)))
    composer = _every_variant(draft.editions, app)
    readers = [_reader(n) for n in range(READERS)]
    each = median(lambda _: timed(lambda: [composer.message(reader) for reader in readers])) / READERS
    yield f"  {TOPICS} topic variants in {len(LANGUAGES)} languages, made ready", f"{made:.3f} s", ""
    yield "choosing blocks and composing one copy", f"{each * 1e3:.4f} ms", "0.1 ms"
    examined = median(
        lambda _: timed(lambda: checked(app, newsletter, draft.period, draft.editions, draft.selection, Edits()))
    )
    yield f"examining {len(LANGUAGES)} editions and their 60 articles", f"{examined:.3f} s", ""
    passed = median(lambda _: timed(lambda: proved(app, newsletter, draft.issue, draft.editions, with_spam=False)))
    yield f"proving the finished messages of {len(LANGUAGES)} editions", f"{passed:.3f} s", ""
    app.close()


def _every_variant(editions: Sequence[Edition], app: App) -> Composer:
    """A copy of each choice in each language, from a fresh start."""
    composer = Composer(editions, "weekly/2026-W48", "weekly", app.signing_links, b"m" * 32)
    for number in range(TOPICS * len(LANGUAGES)):
        composer.message(_reader(number))
    return composer


def _reader(number: int) -> Delivery:
    return Delivery(
        issue=1,
        subscriber=number,
        public_id=f"{number:032x}",
        address=f"reader{number}@example.org",
        name="Ana",
        language=LANGUAGES[number % len(LANGUAGES)],
        topics=(f"topic-{number % TOPICS}",),
        state="claimed",
    )


def _site(folder: Path) -> App:
    (folder / "content" / "articles").mkdir(parents=True)
    shutil.copytree(ROOT / "content" / "images", folder / "content" / "images")
    topics = "".join(f'\n[[topic]]\nslug = "topic-{n}"\ntitle = "Topic {n}"\n' for n in range(TOPICS))
    (folder / "publisher.toml").write_text(_SETTINGS.format(topics=topics), encoding="utf-8")
    pictures = sorted((folder / "content" / "images").glob("*.jpg"))
    text = "A walk by the water does the heart good, and a friend beside you makes it shorter. " * 60
    for n in range(20):
        for language in LANGUAGES:
            translates = "" if language == "en" else f"language: {language}\ntranslation-of: article-{n}\n"
            name = f"article-{n}" if language == "en" else f"article-{n}-{language}"
            (folder / "content" / "articles" / f"{name}.md").write_text(
                f"---\nheadline: What {name} is about\ndate: 2026-11-{17 + n % 6}\ntopics: [topic-{n}]\n{translates}"
                f"summary: Two sentences say what this is about. They are short.\n"
                f"image: {{file: ../images/{pictures[n % len(pictures)].name}, alt: The bay}}\n---\n{text}\n",
                encoding="utf-8",
            )
    app = App(load(folder), clock=lambda: NOW, keys=KEYS)
    collect(app)
    return app
