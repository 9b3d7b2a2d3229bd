"""How long a WordPress site of 5,000 posts takes: the first collection, and the next with nothing new.

The site is a server on loopback in the shape of the REST API; politeness is off, as for one's own.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path

from publisher.actions.collect import collect
from publisher.app import App
from publisher.config import load
from tests.actions.test_harvest import declare
from tests.benchmarks.timing import timed
from tests.conftest import KEYS, ROOT
from tests.sources import wordpress_server as wordpress

POSTS = 5_000


def figures(folder: Path) -> Iterator[tuple[str, str, str]]:
    """Rows of (what, measured, limit)."""
    folder.mkdir(parents=True)
    shutil.copy(ROOT / "publisher.toml", folder)
    with wordpress.served(wordpress.Site(wordpress.posts(POSTS))) as site:
        declare(folder, "site", "wordpress", site.url)
        app = App(load(folder), keys=KEYS)
        first = timed(lambda: collect(app, ["site"]))
        asked = len(site.asked)
        again = timed(lambda: collect(app, ["site"]))
        app.close()
    yield f"WordPress with {POSTS:,} posts, read for the first time", f"{first:.1f} s, {asked} questions", "60 s"
    yield "  and again, with nothing new", f"{again:.2f} s, {len(site.asked) - asked} questions", "1 s, 3 questions"
