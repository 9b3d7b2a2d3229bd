"""Matching keys: what makes two headlines the same headline."""

import re

_TYPOGRAPHY = str.maketrans(
    {
        "‘": "'",
        "’": "'",
        "ʼ": "'",
        "′": "'",
        "`": "'",
        "“": '"',
        "”": '"',
        "„": '"',
        "″": '"',
        "‐": "-",
        "‑": "-",
        "‒": "-",
        "–": "-",
        "—": "-",
        "−": "-",
        "…": "...",
        "\ufeff": None,
        "\u200b": None,
        "\xad": None,
    }
)


def headline_key(text: str) -> str:
    """The headline as it is compared: case, white space and typographic quotes and dashes do not count."""
    return re.sub(r"\s+", " ", text.translate(_TYPOGRAPHY)).strip().casefold()
