"""What the office decides over an article's source: words, a correction, an embargo. It stays when the source is read
again, and can be taken back."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from publisher.actions.articles import there
from publisher.app import App
from publisher.errors import StoreError
from publisher.records import HAND_FIELDS, Article, is_language
from publisher.sources import clean
from publisher.store import content, handwork

_LONGEST_LINE = 300
_LONGEST_SUMMARY = 5_000


def edit_article(app: App, name: str, words: Mapping[str, Any], back: Sequence[str] = ()) -> Article:
    """Let these fields (HAND_FIELDS) say what the office wants, and those in `back` what their source says.

    Texts are cleaned; `body` is HTML. Raises StoreError for an article that is not there, a field that cannot be so,
    or when nothing would change.
    """
    with app.database.write() as connection:
        article = there(content.find(connection, name), name)
        edited = handwork.given_back(article, _known(article, back))
        edited = handwork.decided(edited, _clean(app, article, words))
        if edited == article:
            raise StoreError(f'"{article.headline}" says so already; nothing was changed')
        return content.edit(connection, article, edited, app.clock())


def correct_article(app: App, name: str, note: str | None) -> Article:
    """Set the note of correction that readers see above the text; None takes it away."""
    return edit_article(app, name, {"correction": note})


def embargo_article(app: App, name: str, until: datetime | None) -> Article:
    """Keep it from readers until then; None lifts an embargo. Raises StoreError for a moment that has passed."""
    if until is not None and until <= app.clock():
        raise StoreError(f"{until:%Y-%m-%d %H:%M} UTC has passed; give a moment that lies ahead, or --lift")
    return edit_article(app, name, {"embargo": until})


def _known(article: Article, names: Sequence[str]) -> Sequence[str]:
    for name in names:
        if name not in article.by_hand:
            held = ", ".join(article.by_hand) or "nothing"
            raise StoreError(f'"{name}" of "{article.headline}" is as its source says (by hand: {held})')
    return names


def _clean(app: App, article: Article, words: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _word(app, article, name, word) for name, word in words.items()}


def _word(app: App, article: Article, name: str, word: Any) -> Any:
    """One field as it may be stored."""
    assert name in HAND_FIELDS, name
    if name == "alt" and article.image is None:
        raise StoreError(f'"{article.headline}" has no picture that an alt text could tell of')
    if name == "body":
        return _body(app, article, word)
    if name == "topics" and (unknown := [slug for slug in word if slug not in app.topics]):
        raise StoreError(f'publisher.toml declares no [[topic]] "{unknown[0]}" (known: {", ".join(app.topics)})')
    if isinstance(word, tuple):
        return tuple(dict.fromkeys(clean.line(one) for one in word if clean.line(one)))
    if not isinstance(word, str):
        return word
    text = clean.shortened(clean.line(word), _LONGEST_LINE if name == "headline" else _LONGEST_SUMMARY) or None
    if name == "headline" and text is None:
        raise StoreError("a headline must say something; nothing was changed")
    if name == "language" and text is not None and not is_language(text):
        raise StoreError(f'"{text}" is no language; write it like "en" or "pt-BR"')
    return text


def _body(app: App, article: Article, html: str) -> str:
    body = clean.html(html, article.url or app.links.home)
    if not body:
        raise StoreError("the text is empty, or its elements stand in each other too deep; nothing was changed")
    return body
