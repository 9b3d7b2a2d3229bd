"""What a story embeds, a film, a recording, a frame, as a link to it: feeds and mail can show no more of it."""

import html as escaping
import re
from urllib.parse import urlsplit

from publisher.sources import clean


def link_to(address: str, title: str = "") -> str:
    """A paragraph that links to what was embedded, by its title or its address."""
    shown = title or clean.shortened(re.sub(r"^https?://(?:www\.)?", "", address).rstrip("/"), 80)
    return f'<p><a href="{escaping.escape(address)}">{escaping.escape(shown)}</a></p>'


def watched(address: str) -> str:
    """The page where people watch it, for a player's address of the two houses that most embed."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    host = (parts.hostname or "").removeprefix("www.")
    film = parts.path.rstrip("/").rsplit("/", 1)[-1]
    if host in ("youtube.com", "youtube-nocookie.com") and parts.path.startswith("/embed/") and film != "videoseries":
        return f"https://www.youtube.com/watch?v={film}"
    if host == "player.vimeo.com" and film.isdigit():
        return f"https://vimeo.com/{film}"
    return address
