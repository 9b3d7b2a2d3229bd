"""The keys by which records are known to be the same."""

import re
import unicodedata

_LIKE = str.maketrans("‘’‚‛“”„‟‐‑‒–—―", "''''\"\"\"\"------")


def headline_key(text: str) -> str:
    """A headline as compared for sameness: case, white space, quotation marks and dashes do not count."""
    return re.sub(r"\s+", " ", unicodedata.normalize("NFC", text).translate(_LIKE)).strip().casefold()
