"""x"""

from collections.abc import Iterator

from publisher.app import App
from publisher.records import Collected, WebSource


def harvest(app: App, source: WebSource, *, dry_run: bool) -> Iterator[Collected]:
    yield from ()
