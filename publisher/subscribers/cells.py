"""One cell of a table: made harmless for a spreadsheet, taken back, and cleaned for a mail."""

import re

MOST_NAME = 200
_FORMULA = re.compile(r"'*[=+\-@\t\r\n＝＋－＠]")
_NEUTRAL = re.compile(r"''*[=+\-@\t\r\n＝＋－＠]")


def neutral(cell: str) -> str:
    """The cell as we export it: a spreadsheet takes none that begins with an apostrophe for a formula."""
    return f"'{cell}" if _FORMULA.match(cell) else cell


def restored(cell: str) -> str:
    """What `neutral` was given: only the apostrophe that it put there goes."""
    return cell[1:] if _NEUTRAL.match(cell) else cell


def clean(text: str) -> str:
    """One line without control characters: names end up in mails."""
    if text.isprintable() and "  " not in text:
        return text.strip()
    return re.sub(r"\s+", " ", "".join(c for c in text if c.isprintable() or c.isspace())).strip()


def shown(text: str, most: int = 60) -> str:
    """A stranger's words as part of our sentence: one line, of reasonable length."""
    text = clean(text[: 4 * most])
    return text if len(text) <= most else text[: most - 1] + "…"
