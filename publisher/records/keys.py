"""The keys by which records are known to be the same."""

import re

_ALIKE = {
    "'": "‘’‚‛ʼ′`",
    '"': "“”„‟″",
    "-": "‐‑‒–—―−",
    "...": "…",
    "": "\ufeff\u200b\xad",
}
_PLAIN = str.maketrans({typographic: plain for plain, many in _ALIKE.items() for typographic in many})
_LONGEST = 500


def headline_key(text: str) -> str:
    """A headline as compared for sameness: case, white space, quotation marks and dashes do not count.

    Of a very long one the beginning counts: PostgreSQL has no index for more than 2,704 bytes.
    """
    return re.sub(r"\s+", " ", text.translate(_PLAIN)).strip().casefold()[:_LONGEST]
