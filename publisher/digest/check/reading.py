"""How many years of school a text asks for: published readability formulas on our own count of syllables.

In: an article's clean HTML (or plain text) and its language. Out: a US school grade, or None where nothing fair can
be said. Every block is an end of a sentence: a heading and a list item are read in one breath, full stop or not.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from html import unescape
from itertools import pairwise

MOST_CHARACTERS = 200_000
"""What is read of a text; nobody's grade changes after so much."""

_FEWEST_WORDS = 60

# `<` and `>` are left out within a tag, so that a thousand of them in a row are passed over once each.
_TAG = re.compile(r"<(/?)([a-z][a-z0-9]*)[^<>]*>|<[^<>]*>", re.IGNORECASE)
_INLINE = {"a", "abbr", "b", "code", "em", "i", "img", "span", "strong", "sub", "sup", "u", "wbr"}
_SENTENCE_END = re.compile(r"[.!?…]+[\"'”’»«“)\]]*\s+(?=[\"'“‘«„(\[¿¡]*[^\W_a-zß-öø-ÿ])")
_WORD = re.compile(r"[^\W_]+(?:['’‐‑-][^\W_]+|(?<=\d)[.,]\d+)*")
_ABBREVIATION = re.compile(
    r"\b(Dr|Dra|Mr|Mrs|Ms|St|Prof|Sr|Sra|Srta|Ud|Uds|Hr|Fr|No|Nr|vs|ca|bzw|usw|z\. ?B|d\. ?h|e\.g|i\.e|p\. ?ej)\.",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What the formulas are made of. `long` are words of three syllables and more, `short` those of one, `letters`
    those of more than six letters."""

    sentences: int
    words: int
    syllables: int
    long: int
    short: int
    letters: int


def grade(text: str, language: str) -> float | None:
    """The US school grade that the clean HTML (or plain) text asks for, to one decimal.

    English: Flesch-Kincaid (Kincaid, Fishburne, Rogers and Chissom, Research Branch Report 8-75, 1975).
    Spanish: perspicuity (Szigriszt-Pazos, doctoral thesis, 1993), read off the INFLESZ scale (Barrio-Cantalejo et al.,
    Anales del Sistema Sanitario de Navarra 31(2), 2008), which was validated on texts for patients.
    German: the first Wiener Sachtextformel (Bamberger and Vanecek, 1984), whose result is a school year as it is.
    None for other languages and for less than 60 words. Only the first 200,000 characters count.
    """
    formula = _FORMULAS.get(language.lower().split("-")[0])
    if formula is None:
        return None
    counts = _counted(blocks(text), formula[0])
    return round(max(0.0, formula[1](counts)), 1) if counts.words >= _FEWEST_WORDS else None


def blocks(body: str, most: int = MOST_CHARACTERS) -> list[str]:
    """The paragraphs, headings, items and cells of clean HTML as plain lines, from its first `most` characters."""
    lines = unescape(_TAG.sub(_break, cut(body, most))).split("\0")
    return [line for line in (" ".join(line.split()) for line in lines) if line]


def cut(body: str, most: int) -> str:
    """The first `most` characters of HTML, without the half of a tag."""
    if len(body) <= most:
        return body
    head = body[:most]
    return head[: head.rfind("<")] if head.rfind("<") > head.rfind(">") else head


def _break(tag: re.Match[str]) -> str:
    """A block's tag ends what stands before it; an inline one may stand in the middle of a word."""
    return "" if (tag[2] or "").lower() in _INLINE else "\0"


def _counted(lines: list[str], syllables: Callable[[str], int]) -> Counts:
    sentences = [words for line in lines for words in _sentences(line)]
    spoken = [syllables(word) for words in sentences for word in words]
    return Counts(
        sentences=len(sentences),
        words=len(spoken),
        syllables=sum(spoken),
        long=sum(count >= 3 for count in spoken),
        short=sum(count == 1 for count in spoken),
        letters=sum(len(word) > 6 for words in sentences for word in words),
    )


def _sentences(line: str) -> list[list[str]]:
    said = _ABBREVIATION.sub(lambda known: known[1].replace(".", ""), line)
    return [words for words in (_WORD.findall(part) for part in _SENTENCE_END.split(said)) if words]


# --- syllables: groups of vowels that are spoken together, by the rules of each spelling ---

_ENGLISH_GROUP = re.compile(r"[aeiouy]+")
_ENGLISH_SILENT = re.compile(
    r"(?:[^aeiouyl]|[aeiouy]l|rl)e$|[^aeiouy]e(?:ly|less|ful|ment)s?$|[^aeioutdy]ed$|[^aeiouysxzcgh]es$|[^aeiouysc]hes$"
)
_ENGLISH_APART = re.compile(
    r"[^tcsg]ia|[aeiou]ing|[^gqcts]io(?!n)|eo(?!u|p)|eum|iu|[^q]uous|[^gq]ual|[^aeiou]ie(?:r|st)$|[rdlu]ie[nt](?!d)"
    r"|[bcdfgkpstz]les$|^scien|crea(?=t)|rea$|dea$|thea|^rea(?=c)|sm$|thm$"
)
_SPANISH_MUTE = re.compile(r"(?<=q)u|(?<=g)u(?=[eiéí])")
_SPANISH_NUCLEUS = re.compile(r"[iuü]*[aeoáéó][iuüy]*|[íú]|[iuüy]+")
_GERMAN_NUCLEUS = re.compile(r"ei|ai|au|eu|äu|ie|aa|ee|oo|[aeiouäöüy]")


def _english(word: str) -> int:
    """A count by rule; it is off by one in about one word of ten, both ways."""
    return sum(_english_part(part) for part in re.split(r"['’][a-z]+|[^a-z]+", word.lower()) if part) or 1


def _english_part(word: str) -> int:
    groups = len(_ENGLISH_GROUP.findall(word))
    silent = bool(_ENGLISH_SILENT.search(word))
    return max(1, groups - silent + len(_ENGLISH_APART.findall(word)))


def _spanish(word: str) -> int:
    """Strong vowels are apart, weak ones glide along, an accent on a weak one parts it (RAE, Ortografía, 2010)."""
    return len(_SPANISH_NUCLEUS.findall(_SPANISH_MUTE.sub("", word.lower()))) or 1


def _german(word: str) -> int:
    return len(_GERMAN_NUCLEUS.findall(word.lower())) or 1


# --- the formulas ---


def _flesch_kincaid(c: Counts) -> float:
    return 0.39 * c.words / c.sentences + 11.8 * c.syllables / c.words - 15.59 if c.words else 0


# Perspicuity and the last school year it fits: INFLESZ calls 80 and more very easy, 65 the end of primary school
# (grade 6), 55 that of compulsory secondary school (10), 40 that of upper secondary school (12); below is university.
_INFLESZ = ((100, 2.0), (80, 4.0), (65, 6.0), (55, 10.0), (40, 12.0), (0, 18.0))


def _inflesz(c: Counts) -> float:
    if not c.words:
        return 0
    score = min(100.0, max(0.0, 206.835 - 62.3 * c.syllables / c.words - c.words / c.sentences))
    for (upper, easier), (lower, harder) in pairwise(_INFLESZ):
        if score >= lower:
            return harder - (harder - easier) * (score - lower) / (upper - lower)
    return _INFLESZ[-1][1]


def _sachtext(c: Counts) -> float:
    if not c.words:
        return 0
    share = 100 / c.words
    return (
        0.1935 * c.long * share
        + 0.1672 * c.words / c.sentences
        + 0.1297 * c.letters * share
        - 0.0327 * c.short * share
        - 0.875
    )


_FORMULAS: dict[str, tuple[Callable[[str], int], Callable[[Counts], float]]] = {
    "en": (_english, _flesch_kincaid),
    "es": (_spanish, _inflesz),
    "de": (_german, _sachtext),
}
