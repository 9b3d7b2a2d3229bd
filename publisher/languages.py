"""What we know of languages by their tags (BCP 47): direction, name, and how dates are written. Babel knows CLDR."""

from datetime import date

from babel import Locale, UnknownLocaleError
from babel.dates import format_date

_RIGHT_TO_LEFT = {"ar", "dv", "fa", "he", "ku", "ps", "sd", "ug", "ur", "yi"}


def direction(language: str) -> str:
    return "rtl" if language.split("-")[0] in _RIGHT_TO_LEFT else "ltr"


def are_kin(one: str, other: str) -> bool:
    """Whether a reader of the one reads the other: the same language, of whatever region."""
    return one.split("-")[0].lower() == other.split("-")[0].lower()


def locale(language: str) -> Locale:
    """The locale for dates; English where CLDR does not know the language."""
    try:
        return Locale.parse(language, sep="-")
    except (UnknownLocaleError, ValueError):
        return Locale("en")


def name(language: str) -> str:
    """The language's name as its speakers write it, `Español`; the tag itself where CLDR does not know it."""
    try:
        known = Locale.parse(language, sep="-").get_display_name()
    except (UnknownLocaleError, ValueError):
        known = None
    return known[0].upper() + known[1:] if known else language


def long_date(day: date, language: str) -> str:
    """`November 23, 2026`, as it is written in the language."""
    return format_date(day, "long", locale=locale(language))
