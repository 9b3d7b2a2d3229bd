"""What posts name by number: pictures, people, categories and tags, each asked for once, a hundred at a time.

A site may keep its people or pictures to itself; its posts then come without. That is no problem of theirs.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from publisher.records import Image
from publisher.sources.wordpress_answers import Ask, number_of, text_of, value_of
from publisher.sources.wordpress_posts import line_of, picture
from publisher.sources.wordpress_roots import Api

_FIELDS = {
    "media": "id,source_url,alt_text,caption,media_details.width,media_details.height",
    "users": "id,name",
    "categories": "id,name",
    "tags": "id,name",
}
_AT_ONCE = 100
_MOST_FOR_ONE = 100
"""So many topics of one post are looked at: a few carry hundreds of tags, for search engines."""


class Lookups:
    """What was found so far, by kind and number; of what the site does not give there is nothing."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._found: dict[str, dict[int, Mapping[str, Any]]] = {kind: {} for kind in _FIELDS}
        self._closed: set[str] = set()

    def prepare(self, api: Api, posts: Sequence[Mapping[str, Any]]) -> None:
        """Ask for all that these posts name and that is not known yet."""
        for kind in _FIELDS:
            wanted = dict.fromkeys(number for post in posts for number in _named(post, kind))
            missing = iter([number for number in wanted if number not in self._found[kind]])
            while kind not in self._closed and (some := list(islice(missing, _AT_ONCE))):
                self._look_up(api, kind, some)

    def _look_up(self, api: Api, kind: str, numbers: Sequence[int]) -> None:
        include = ",".join(str(number) for number in numbers)
        question = {"include": include, "per_page": str(_AT_ONCE), "_fields": _FIELDS[kind]}
        answer = self._ask(api.url(kind, question))
        items = value_of(answer) if answer.status == 200 else None
        if not isinstance(items, list):
            self._closed.add(kind)
            return
        found = self._found[kind]
        found.update((number, {}) for number in numbers)
        found.update((number_of(item.get("id")), item) for item in items if isinstance(item, dict))

    def image(self, post: Mapping[str, Any]) -> Image | None:
        item = next(self._items(post, "media"), {})
        details = item.get("media_details")
        size = details if isinstance(details, dict) else {}
        return picture(
            text_of(item.get("source_url")),
            alt=text_of(item.get("alt_text")),
            caption=text_of(item.get("caption")),
            width=number_of(size.get("width")),
            height=number_of(size.get("height")),
        )

    def authors(self, post: Mapping[str, Any]) -> tuple[str, ...]:
        return tuple(text_of(item.get("name")) for item in self._items(post, "users"))

    def topics(self, post: Mapping[str, Any]) -> tuple[str, ...]:
        """Its categories, then its tags, by the names that readers of the site see."""
        items = (item for kind in ("categories", "tags") for item in self._items(post, kind))
        return tuple(name for item in items if (name := line_of(text_of(item.get("name")))))

    def _items(self, post: Mapping[str, Any], kind: str) -> Iterator[Mapping[str, Any]]:
        found = self._found[kind]
        return (item for number in _named(post, kind) if (item := found.get(number)))


_NAMED_BY = {"media": "featured_media", "users": "author", "categories": "categories", "tags": "tags"}


def _named(post: Mapping[str, Any], kind: str) -> Iterable[int]:
    value = post.get(_NAMED_BY[kind])
    values = value[:_MOST_FOR_ONE] if isinstance(value, list) else [value]
    return [number for one in values if (number := number_of(one))]
