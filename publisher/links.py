"""Every public URL we write down, and the tokens in them.

In: the site's public address and its keys. Out: absolute URLs below it. A token carries a key id, a random public id
and a MAC over both and its purpose (HMAC-SHA256 cut to 128 bits, RFC 2104): no address, no newsletter, no topic.
"""

import hmac
from base64 import urlsafe_b64encode
from typing import Literal

from publisher.keys import Keyring, hmac_of
from publisher.records import Article, Teaser

Purpose = Literal["unsubscribe", "preferences", "confirm", "staff"]
ENDINGS = {"rss": "application/rss+xml", "atom": "application/atom+xml", "json": "application/feed+json"}
"""The three formats of a feed by their file ending, each with its media type."""


class Links:
    """URLs of one site. `site_url` has no trailing slash and may have a path."""

    def __init__(self, site_url: str, keys: Keyring | None = None) -> None:
        self.home = f"{site_url}/"
        self._root = site_url
        self._keys = keys

    def article(self, article: Article) -> str:
        """Where the article is read: its own address, else our page of it."""
        return article.url or f"{self._root}/a/{article.slug}"

    def teaser(self, teaser: Teaser, shown_by: Article | None) -> str:
        """A teaser leads to its story, else to the page that showed it, else to the article that stood beside it."""
        return teaser.url or teaser.page or (self.article(shown_by) if shown_by else self.home)

    def feed(self, path: str, ending: str) -> str:
        """A feed's document: `rss`, `atom`, `json`, or `html`, the page about it."""
        return f"{self._root}/feeds/{path}.{ending}"

    def opml(self) -> str:
        """The list of all feeds, for readers that subscribe to many at once."""
        return f"{self._root}/feeds/index.opml"

    def file(self, name: str) -> str:
        """A file that belongs to an article."""
        return f"{self._root}/files/{name}"

    def issue(self, newsletter: str, period: str, language: str | None = None) -> str:
        """The archive page of an issue, which is its view in the browser; `language` for others than the main one."""
        return f"{self._root}/issues/{newsletter}/{period}{f'/{language}' if language else ''}"

    def image(self, name: str) -> str:
        return f"{self._root}/images/{name}"

    def subscribe(self) -> str:
        """The page with the form for new subscribers."""
        return f"{self._root}/subscribe"

    def personal(self, purpose: Purpose, public_id: str, newsletter: str = "") -> str:
        """The page where one subscriber leaves, chooses or confirms: the only URLs that differ from copy to copy.

        For `staff` it is the page of one issue; the last is then the person's address, for no other may use it.
        """
        return f"{self._root}/{purpose}/{self.sign(purpose, public_id, newsletter)}"

    def sign(self, purpose: Purpose, public_id: str, newsletter: str = "") -> str:
        """A token for one purpose, and for one newsletter where it is for no other. Its name goes into the MAC alone,
        so that nobody who sees the link learns which it is."""
        key_id, secret = self._keyring.newest(_key_of(purpose))
        return f"{key_id}.{public_id}.{_mac(secret, key_id, purpose, public_id, newsletter)}"

    def check(self, purpose: Purpose, token: str, newsletter: str = "") -> str | None:
        """The public id in `token` if one of our keys signed it for just this; else None, whatever was sent."""
        parts = token.split(".")
        if len(parts) != 3 or not token.isascii():
            return None
        key_id, public_id, mac = parts
        secret = self._keyring.find(_key_of(purpose), key_id)
        if secret is None or not hmac.compare_digest(mac, _mac(secret, key_id, purpose, public_id, newsletter)):
            return None
        return public_id

    def token_in(self, purpose: Purpose, url: str) -> str | None:
        """The token in a link of ours for this purpose; it is not checked yet."""
        start = f"{self._root}/{purpose}/"
        return url.removeprefix(start) if url.startswith(start) else None

    @property
    def _keyring(self) -> Keyring:
        if self._keys is None:
            raise RuntimeError("personal links need the site's keys")
        return self._keys


def public_id_in(token: str) -> str:
    """The public id a token speaks of; it proves nothing before the token is checked."""
    parts = token.split(".")
    return parts[1] if len(parts) == 3 else ""


def _key_of(purpose: Purpose) -> str:
    """Links of staff have a key of their own: what it signs approves mail."""
    return "staff" if purpose == "staff" else "links"


def _mac(secret: bytes, key_id: str, purpose: str, public_id: str, newsletter: str) -> str:
    # Without a newsletter as it was before there were several: links in old mails stay good.
    about = f"\0{newsletter}" if newsletter else ""
    digest = hmac_of(secret, f"{purpose}\0{key_id}\0{public_id}{about}")
    return urlsafe_b64encode(digest[:16]).rstrip(b"=").decode("ascii")
