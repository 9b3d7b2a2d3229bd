"""What the office decided over an article's source: it stays when the source is read again, and can be taken back.

An article remembers for each such field two values: the office's word, which readers see, and what its source says,
which comes back. Pure rules.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from publisher.records import HAND_FIELDS, Article, Image


def decided(article: Article, words: Mapping[str, Any]) -> Article:
    """The article with these fields as the office wants them. `alt` is the alt text of its picture.

    Where the office says again what the source says, nothing is decided: to lift an embargo set by hand is no word on
    one that the source sets later.
    """
    changed = {name: word for name, word in words.items() if word != said(article, name)}
    sources = {name: article.by_hand[name][1] if name in article.by_hand else said(article, name) for name in changed}
    held = dict(article.by_hand) | {n: (changed[n], sources[n]) for n in changed}
    return _with(article, changed, {n: two for n, two in held.items() if n not in changed or two[0] != two[1]})


def given_back(article: Article, names: Iterable[str]) -> Article:
    """The article with these fields as its source says."""
    back = {name: article.by_hand[name][1] for name in names if name in article.by_hand}
    return _with(article, back, {name: two for name, two in article.by_hand.items() if name not in back})


def read_again(known: Article, found: Article) -> Article:
    """What was `found` at the source, where the office's words about the `known` article still stand.

    An alt text goes with its picture: of another one it would tell blind readers what is not there.
    """
    names = [name for name in known.by_hand if name != "alt" or not _is_another(known.image, found.image)]
    held = {name: (known.by_hand[name][0], said(found, name)) for name in names}
    return _with(found, {name: word for name, (word, _) in held.items()}, held)


def _is_another(known: Image | None, found: Image | None) -> bool:
    """Whether one picture took the other's place; what stands behind a question mark is its size, or the day."""
    before, now = ((one.url or "").partition("?")[0] if one else "" for one in (known, found))
    return bool(before and now and before != now)


def said(article: Article, name: str) -> Any:
    if name == "alt":
        return article.image.alt if article.image else None
    return getattr(article, name)


def _with(article: Article, words: Mapping[str, Any], held: Mapping[str, tuple[Any, Any]]) -> Article:
    fields = {name: word for name, word in words.items() if name != "alt"}
    if "alt" in words and article.image:
        fields["image"] = replace(article.image, alt=words["alt"])
    return replace(article, **fields, by_hand=held)


def as_json(held: Mapping[str, tuple[Any, Any]]) -> dict[str, list[Any]]:
    return {name: [_plain(word), _plain(source)] for name, (word, source) in held.items()}


def from_json(held: Mapping[str, list[Any]]) -> dict[str, tuple[Any, Any]]:
    return {name: (_meant(name, word), _meant(name, source)) for name, (word, source) in held.items()}


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else list(value) if isinstance(value, tuple) else value


def _meant(name: str, value: Any) -> Any:
    if value is None:
        return None
    kind = HAND_FIELDS[name]
    return datetime.fromisoformat(value) if kind is datetime else kind(value)
