"""What we know of languages by their tags (BCP 47): which serves whom, direction, name, and how dates are written.

Babel knows CLDR. A tag's likely subtags tell the script that it does not name: `zh-TW` is written like `zh-Hant`,
`zh` is not. Tags come from readers, pages and settings; no tag, however odd, raises anything here.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache

from babel import Locale, UnknownLocaleError
from babel.core import get_global
from babel.dates import format_date

# fmt: off
_RIGHT_TO_LEFT = {
    "Adlm", "Arab", "Aran", "Armi", "Avst", "Chrs", "Cprt", "Elym", "Gara", "Hatr", "Hebr", "Hung", "Khar", "Lydi",
    "Mand", "Mani", "Mend", "Merc", "Mero", "Narb", "Nbat", "Nkoo", "Orkh", "Ougr", "Palm", "Phli", "Phlp", "Phnx",
    "Prti", "Rohg", "Samr", "Sarb", "Sogd", "Sogo", "Syrc", "Syre", "Syrj", "Syrn", "Thaa", "Todr", "Yezi",
}
# fmt: on
_NO_TAG = 99
_KEPT = 4096
"""So many tags are kept read: there are fewer in use, but a form on the web takes any."""

_TAG = re.compile(r"([a-z]{2,8})(?:-[a-z]{3}(?![^-]))*(?:-([a-z]{4}))?(?:-([a-z]{2}|[0-9]{3}))?(?:-[a-z0-9-]*)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tag:
    """A tag's first subtags in their usual case; `language` is all of it where it is no tag."""

    language: str
    script: str | None = None
    region: str | None = None


def fitting(wanted: str | None, tags: Sequence[str]) -> int:
    """Which of the tags serves a reader of `wanted` best, by its index; 0, the main language, where none does.

    The tag itself; else the same language in the same script, and there the same region (which `pt` has too: Brazil),
    a region it takes after (`es-419` for `es-MX`), the language without a region, then others; else the same language
    in another script. So `zh-TW` gets `zh-Hant` before `zh`, and `pt-PT` gets `pt` before `pt-BR`: a plain tag is
    the office's word for "all who read it" (RFC 4647, section 3.4), which `pt-BR` is not.
    """
    return _fitting(wanted, tuple(tags)) if wanted else 0


@lru_cache(maxsize=_KEPT)
def _fitting(wanted: str, tags: tuple[str, ...]) -> int:
    distances = [_distance(wanted, tag) for tag in tags]
    nearest = min(distances, default=_NO_TAG)
    return distances.index(nearest) if nearest < _NO_TAG else 0


def _distance(wanted: str, tag: str) -> int:
    one, other = _likely(wanted), _likely(tag)
    if one.language != other.language:
        return _NO_TAG
    if one.script != other.script:
        return 7
    lineage = _lineage(one)
    ranked = (
        wanted.strip().lower() == tag.strip().lower(),
        one.region == other.region,
        other.region in lineage[1:2],
        other.region in lineage,
        _read(tag).region is None,
        bool(set(lineage) & set(_lineage(other))),
        True,
    )
    return ranked.index(True)


def are_kin(one: str | None, other: str | None) -> bool:
    """Whether a reader of the one reads the other: the same language in the same script, of whatever region."""
    first, second = _likely(one or ""), _likely(other or "")
    return (first.language, first.script) == (second.language, second.script)


def general_first(language: str) -> tuple[str, ...]:
    """The tags under which texts for it may stand, the general ones first: `pt`, `pt-Latn`, `pt-BR`.

    None of another script: for `zh-TW` they are `zh-Hant` and `zh-TW`, for `zh` is written otherwise.
    """
    if not _TAG.fullmatch(_plain(language)):
        return ()
    tag, whole = _likely(language), language.strip().replace("_", "-")
    regions = [f"{tag.language}-{region}" for region in reversed(_lineage(_read(language)))]
    names = [tag.language, _plain(language).split("-")[0], f"{tag.language}-{tag.script}", *regions, whole]
    return tuple(dict.fromkeys(name for name in names if are_kin(name, language)))


def direction(language: str) -> str:
    """`rtl` or `ltr`, by the script: `pa-PK` and `az-Arab` run right to left, `pa` and `az` do not."""
    return "rtl" if _likely(language).script in _RIGHT_TO_LEFT else "ltr"


def locale(language: str) -> Locale:
    """The locale for dates; English where CLDR does not know the language in this script."""
    return _known(language) or Locale("en")


def there(tongue: Locale, zone: str) -> Locale:
    """The locale in the country of an IANA zone, where CLDR knows it: readers of `es` in Los Angeles say 6 p. m."""
    territory = get_global("zone_territories").get(zone)
    if tongue.territory or not territory:
        return tongue
    try:
        return Locale.parse(f"{tongue}_{territory}", resolve_likely_subtags=False)
    except (UnknownLocaleError, ValueError):
        return tongue


def name(language: str) -> str:
    """The language's name as its speakers write it, `Español`; the tag itself where CLDR does not know it."""
    locale = _known(language)
    known = locale.get_display_name() if locale else None
    # Not upper(): Georgian has capitals only for words that are all capitals.
    return known[0].title() + known[1:] if known else language


def long_date(day: date, language: str) -> str:
    """`November 23, 2026`, as it is written in the language."""
    return format_date(day, "long", locale=locale(language))


def month_name(day: date, language: str) -> str:
    """`November`, as it stands alone in the language."""
    return format_date(day, "LLLL", locale=locale(language))


def day_name(day: date, language: str) -> str:
    """`Monday`, as it stands alone in the language."""
    return format_date(day, "cccc", locale=locale(language))


def _plain(tag: str) -> str:
    return tag.strip().lower().replace("_", "-")


@lru_cache(maxsize=_KEPT)
def _read(tag: str) -> _Tag:
    """What the tag says, with CLDR's name for a language that has two: `iw` is `he`, `cmn` is `zh`."""
    said = _TAG.fullmatch(_plain(tag))
    if not said:
        return _Tag(language=_plain(tag))
    language, script, region = said.groups()
    # CLDR has no alias for Bokmål, which is what `no` says.
    alias = {"nb": "no"}.get(language) or get_global("language_aliases").get(language, language)
    proper = _read(alias) if alias != language else _Tag(language=language)
    return replace(
        proper,
        script=script.title() if script else proper.script,
        region=region.upper() if region else proper.region,
    )


@lru_cache(maxsize=_KEPT)
def _likely(tag: str) -> _Tag:
    """The tag with the script and region that it leaves unsaid; without them where CLDR does not know either."""
    said, table = _read(tag), get_global("likely_subtags")
    keys = [f"{said.language}_{part}" for part in (said.script, said.region) if part]
    found = next((table[key] for key in (*keys, said.language) if key in table), None)
    if found is None or said.language == "und":
        return said
    likely = _read(found)
    return replace(said, script=said.script or likely.script, region=said.region or likely.region)


def _lineage(tag: _Tag) -> tuple[str, ...]:
    """Its region and those whose customs it takes after, by CLDR: `MX`, `419`."""
    parents, regions, region = get_global("parent_exceptions"), [], tag.region
    while region:
        regions.append(region)
        parent = parents.get(f"{tag.language}_{tag.script}_{region}") or parents.get(f"{tag.language}_{region}")
        region = _read(parent).region if parent else None
    return tuple(regions)


@lru_cache(maxsize=_KEPT)
def _known(language: str) -> Locale | None:
    """CLDR's locale for the tag, or for less of it in the same script: `vi` for `vi-US`."""
    tag = _likely(language)
    if not _TAG.fullmatch(_plain(language)):
        return None
    parts = [(tag.script, tag.region), (tag.region,), (tag.script,), ()]
    for said in (_plain(language), *("-".join(filter(None, (tag.language, *more))) for more in parts)):
        try:
            found = Locale.parse(said, sep="-")
        except (UnknownLocaleError, ValueError):
            continue
        if _likely(str(found)).script == tag.script:
            return found
    return None
