"""Make a site folder, empty or with the sample site, and show the whole product working on it."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from publisher.actions.approving import approve_issue
from publisher.actions.collect import Collection, collect
from publisher.actions.feeds import Built, build_feeds
from publisher.actions.importing import Imported, import_subscribers
from publisher.actions.issues import Draft, draft_issue, list_issues, show_issue
from publisher.actions.previewing import preview_issue
from publisher.actions.sending import Sending, send_issue
from publisher.app import App
from publisher.config import FILE, load
from publisher.digest.period import period_at
from publisher.errors import PublisherError
from publisher.templating import sample

SAMPLE_NOW = datetime.fromisoformat("2026-11-23T15:00:00+00:00")
"""The moment the sample site is built at: a Monday, seven in the morning at Alder Bay."""

_SAMPLE = ("content", "subscribers.example.csv", FILE)
"""publisher.toml comes last: a copy that broke off is no site yet."""

_DEMO = ".publisher-demo"
"""Marks a folder that the demo made, so that it never acts on a site of someone's own."""

_PRIVATE = """\
# What is personal or secret, or made anew: never into version control.
*.db
*.db-shm
*.db-wal
*.db.sender
*.keys
*.keys.lock
*.epoch
*.running
/backups/
/before-restore-*/
/publisher-*.tar
/outbox/
/embedded/
/images/
/files/
/preview/
/feeds/.lock
"""

_FIRST_CONFIG = """\
# Publisher reads this file once at each start. All keys: docs/configuration.md; check it: publisher config check

[site]
title = "Our hospital"
description = "News and health articles from our hospital"
url = "https://news.example.org"       # where feeds and pages are published
language = "en"
zone = "UTC"                           # an IANA zone, like "America/Los_Angeles"
tag = "example.org"                    # a domain you own; goes into the ids of articles, never change it

[organisation]
name = "Our hospital"
url = "https://www.example.org"
address = ["1 Main Street", "Anytown"] # printed in the footer of every mail

[[source]]
name = "articles"
kind = "markdown"                      # or "captured": news pages saved as text; "folder": Word, HTML, text
path = "content/articles"

# [[source]]                           # your website: `publisher sources add https://www.example.org --write`
# name = "website"
# kind = "wordpress"                   # or "feed", "sitemap", "page"
# urls = ["https://www.example.org/"]

[[topic]]
slug = "community"
title = "Community"

[[newsletter]]
name = "weekly"
title = "Our Weekly"
weekday = "monday"
at = "07:00"
sender = { name = "Our hospital", address = "news@example.org" }
approval = "one-person"                # or "automatic": sends without a person
"""

_FIRST_ARTICLE = """\
---
headline: Our newsletter begins
date: {today}
topics: [community]
summary: Articles are Markdown files in this folder. This one shows how.
---

Write the text of the article here. An empty line begins a new paragraph.

- Lists, **bold words** and [links](https://www.example.org/) work as usual in Markdown.
"""


_FIRST_FILES = {"content/articles/our-newsletter-begins.md": _FIRST_ARTICLE}


@dataclass(frozen=True, slots=True, kw_only=True)
class Demo:
    folder: Path
    collection: Collection
    feeds: tuple[Built, ...]
    imported: Imported
    draft: Draft
    sending: Sending
    previews: tuple[Path, ...]


def init_site(folder: Path, *, with_sample: bool, now: datetime) -> list[Path]:
    """Make a site folder; what was made in it, beside a .gitignore. Raises PublisherError before replacing a file."""
    made = [folder / name for name in (_SAMPLE if with_sample else (*_FIRST_FILES, FILE))]
    private = folder / ".gitignore"
    there = next((path for path in made if path.exists()), None)
    if there:
        raise PublisherError(f"{there} is there already; choose another folder, nothing was changed")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path in made:
            if with_sample:
                _copy(sample() / path.relative_to(folder), path)
            else:
                path.parent.mkdir(parents=True, exist_ok=True)
                text = _FIRST_FILES.get(str(path.relative_to(folder)), _FIRST_CONFIG)
                path.write_text(text.replace("{today}", now.date().isoformat()), encoding="utf-8")
        if not private.exists():
            private.write_text(_PRIVATE, encoding="utf-8")
    except OSError as exc:
        raise PublisherError(
            f"{folder}: the site cannot be made there ({exc.strerror}); choose another folder"
        ) from exc
    return made


def demo(folder: Path, *, now: datetime = SAMPLE_NOW, step: Callable[[str], None] = lambda what: None) -> Demo:
    """The main job on the sample site, in a folder made for it (or made by an earlier demo)."""
    if not (folder / FILE).exists():
        step("making the sample site")
        init_site(folder, with_sample=True, now=now)
        (folder / _DEMO).touch()
    elif not (folder / _DEMO).exists():
        raise PublisherError(f"{folder} is a site of your own; the demo sends by itself, so give it another folder")
    app = App(load(folder), clock=lambda: now)
    try:
        return _whole_job(app, step)
    finally:
        app.close()


def _whole_job(app: App, step: Callable[[str], None]) -> Demo:
    folder, newsletter = app.folder, app.newsletter(None)
    step("collecting articles and teasers")
    collection = collect(app)
    step("building feeds")
    feeds = build_feeds(app)
    step("importing subscribers")
    imported = import_subscribers(app, [folder / "subscribers.example.csv"], who="demo")
    step("drafting this week's issue")
    draft = _this_week(app)
    step("writing one message for each subscriber")
    sending = send_issue(app, newsletter, draft.issue.period, who="demo")
    feeds = build_feeds(app)  # once more: an issue that was sent is an entry of its newsletter's feed
    previews = preview_issue(app, newsletter, draft.issue.period, folder / "preview", pictures=False).files
    return Demo(
        folder=folder,
        collection=collection,
        feeds=tuple(feeds),
        imported=imported,
        draft=draft,
        sending=sending,
        previews=previews,
    )


def _this_week(app: App) -> Draft:
    """The week's issue, approved; as an earlier demo left it if it was sent already."""
    newsletter = app.newsletter(None)
    period = period_at(newsletter, app.clock())
    known = next((i for i in list_issues(app) if i.period == period.name), None)
    if known is None or known.state == "draft":
        draft_issue(app, newsletter, period=period, who="demo")
        return approve_issue(app, newsletter, period.name, who="demo", with_spam=False)
    return show_issue(app, newsletter, period.name)[0]


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, dirs_exist_ok=True)
    else:
        shutil.copyfile(source, target)
