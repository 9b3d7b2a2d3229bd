"""A guard for patient data in drafts: record numbers, dates of birth, private phones, social security numbers.

In: plain text. Out: suspicions with the passage. It warns and never judges: a person must look. It is kept narrow on
purpose, for a guard that cries at every phone number of the house is soon read by nobody. Every pattern begins with a
fixed word or a digit and has bounded repeats, so that no text makes it slow.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from publisher.digest.check.rules import Rule

MOST_CHARACTERS = 500_000

RECORD = Rule(
    code="patient-record",
    family="privacy",
    severity="warning",
    wrong="The text has what looks like a patient's record number.",
    why="A record number tells who was treated, to everyone who can look it up; a mail cannot be called back.",
)
BIRTH = Rule(
    code="patient-birth",
    family="privacy",
    severity="warning",
    wrong="The text has what looks like somebody's date of birth.",
    why="A date of birth with a place or a story is often enough to tell which patient it is.",
)
PHONE = Rule(
    code="patient-phone",
    family="privacy",
    severity="warning",
    wrong="The text has a person's name with a phone number.",
    why="It may be a patient's or a relative's own number, copied from a note; thousands would have it.",
)
SOCIAL_SECURITY = Rule(
    code="patient-social-security",
    family="privacy",
    severity="warning",
    wrong="The text has what looks like a US social security number.",
    why="With it and a name anyone can pass for that person for the rest of their life.",
)
RULES = (RECORD, BIRTH, PHONE, SOCIAL_SECURITY)

_AROUND = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspicion:
    """`passage` is what was found with at most 30 characters on each side, on one line."""

    rule: Rule
    passage: str


def suspicions(text: str) -> list[Suspicion]:
    """What in the first 500,000 characters may be a patient's, in the order of the rules, each passage once."""
    text = text[:MOST_CHARACTERS]
    found = [
        *(Suspicion(rule=RECORD, passage=_passage(text, *span)) for span in _records(text)),
        *(Suspicion(rule=BIRTH, passage=_passage(text, *m.span())) for m in _BIRTH.finditer(text)),
        *(Suspicion(rule=PHONE, passage=_passage(text, *span)) for span in _private_phones(text)),
        *(Suspicion(rule=SOCIAL_SECURITY, passage=_passage(text, *m.span())) for m in _SOCIAL_SECURITY.finditer(text)),
    ]
    return list(dict.fromkeys(found))


def _passage(text: str, start: int, end: int) -> str:
    """Cut at words where there are any."""
    before = text[max(0, start - _AROUND) : start]
    after = text[end : end + _AROUND]
    if start > _AROUND and " " in before:
        before = before[before.index(" ") :]
    if end + _AROUND < len(text) and " " in after:
        after = after[: after.rindex(" ")]
    return " ".join(f"{before}{text[start:end]}{after}".split())


# --- record numbers ---

_NUMBER_WORD = r"(?:number|num\.?|no\.?|nr\.?|n[.]?[º°o]\.?|número|nummer|id|identifier|#)"
_RECORD = re.compile(
    r"(?<![^\W_])(?:(?P<sure>MRN|MR#|NHC|HCN|Patienten-?(?:nummer|nr\.?|ID)|Fallnummer|Aufnahmenummer)"
    rf"|(?:medical record|health record|patient|chart|encounter|hospital id)['’]?s?[ ]?{_NUMBER_WORD}"
    rf"|(?:historia cl[ií]nica|expediente(?: cl[ií]nico| m[eé]dico)?)[ ]?{_NUMBER_WORD}?"
    r"|n(?:[.]?[º°]|[úu]mero|[úu]m\.?) de (?:historia(?: cl[ií]nica)?|expediente|paciente))"
    r"[\s:#=.(]{0,4}(?:(?:is|was|es|ist)[\s:]{1,2})?"
    r"(?P<number>[A-Z]{0,3}[ -]?\d(?:[ ./-]?\d){3,14})(?!\d)",
    re.IGNORECASE,
)
_PHONE_SHAPE = re.compile(r"1?[ .-]?\d{3}[ .-]\d{3}[ .-]\d{4}")


def _records(text: str) -> Iterator[tuple[int, int]]:
    """A year behind "medical record no." is no number, a phone number behind it is the department's."""
    for found in _RECORD.finditer(text):
        number = found["number"]
        digits = sum(char.isdigit() for char in number)
        if digits >= (4 if found["sure"] else 5) and not _PHONE_SHAPE.fullmatch(number.strip()):
            yield found.span()


# --- dates of birth ---

_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|ene|abr|ago|dic|mär|mai|okt|dez|mayo)[a-zé]{0,7}\.?"
_DATE = (
    r"(?:\d{1,2}[./-]\ ?\d{1,2}[./-]\ ?(?:\d{4}|\d{2})(?!\d)|(?:18|19|20)\d{2}-\d{2}-\d{2}"
    rf"|{_MONTH}\ \d{{1,2}}(?:st|nd|rd|th)?,?\ (?:18|19|20)\d{{2}}"
    rf"|\d{{1,2}}(?:st|nd|rd|th|\.|º)?\ (?:of\ |de\ )?{_MONTH},?\ (?:de\ |del\ )?(?:18|19|20)\d{{2}})"
)
_BIRTH = re.compile(
    r"(?<![^\W_])(?:D\.?O\.?B|date\ of\ birth|birth\ ?da(?:te|y)|born|fecha\ de\ nac(?:imiento|\.)|naci[oó]|nacid[oa]"
    r"|F\.\ ?Nac\.|Geburtsdatum|geboren|geb)"
    rf"\.?[\s:=,(]{{0,4}}(?:(?:is|was|on|the|es|el|ist|am)[\s:]{{1,2}}){{0,2}}{_DATE}",
    re.IGNORECASE,
)

# --- social security numbers: never issued with 000, 666 or 9 at the front, or zeros alone in the other groups ---

_SOCIAL_SECURITY = re.compile(
    r"(?<![\w-])(?!000|666|9)\d{3}-(?!00)\d{2}-(?!0000)\d{4}(?![\w-])"
    r"|(?:\bSSN|\bsocial security (?:number|no\.?|\#))[\s:#=]{0,3}(?:is )?\d{3}[ -]?\d{2}[ -]?\d{4}(?!\d)",
    re.IGNORECASE,
)

# --- a phone number right beside a person's name ---

_PHONE = re.compile(
    r"(?<![\w.+-])(?:"
    r"(?:\+?1[ .-]?)?\(?\d{3}\)?[ .-]{0,2}\d{3}[ .-]\d{4}"
    r"|\+\d{1,3}(?:[ .()-]{0,2}\d){7,12}"
    r"|[6789]\d{2}[ .]\d{3}[ .]\d{3}|[6789]\d{2}[ .]\d{2}[ .]\d{2}[ .]\d{2}"
    r")(?![\w-])"
)
_CAPITAL = "A-ZÀ-ÖØ-ÞŁŚŻŠŽČĆĐ"
_NAME = rf"[{_CAPITAL}](?:[^\W\d_]|['’-](?=[^\W\d_])){{1,30}}"
_INITIAL = rf"(?: [{_CAPITAL}]\.)?"
_TITLE = r"(?:Mr|Mrs|Ms|Miss|Mister|Sr|Sra|Srta|Señor|Señora|Don|Doña|Herr|Frau)\.? "
_BETWEEN = (
    r"(?:['’]s)?[ ,:;–—(-]{0,4}(?:(?:at|on|is|al|en|unter|or|home|cell|mobile|phone|tel|telephone|number|teléfono|móvil"
    r"|celular|Telefon|Handy|Tel)[.: ]{1,3}){0,4}[(]?"
)
_CALLED = re.compile(rf"(?P<name>{_TITLE}{_NAME}{_INITIAL}(?: {_NAME}){{0,2}}|{_NAME}{_INITIAL} {_NAME}){_BETWEEN}\Z")
_BEHIND = re.compile(rf" ?[(,–—:-]? ?(?:for )?(?P<name>{_TITLE}{_NAME}|{_NAME}{_INITIAL} {_NAME})")
# What stands in the names of places, departments and lines, and what begins a sentence before them.
_PLACES = """
access accounts advocate advocates ambulance area ask avenue bay beach billing birth blood boulevard building call
cancer cardiac care center central centre centro children church cita citas city clinic clínica college communications
community contact control counseling county creek crisis day dental department desk dial directions east education
email emergencias emergency en english entrance events experience family fax financial fire floor for fort foundation
free friday front garden general group hall harbor harbour health heart help helpline hills home hospice hospital
hotline house imaging información information island kitchen klinik lab laboratory lake lane library line llame línea
main market medical medicine memorial mental mobile monday mount national new north notaufnahme nurse nursing
nutrition office on or our outpatient palliative pantry para park parking pediatric pharmacy phone physical please
poison police portal press program radiology records regional registration rehab rehabilitation relations reservations
river road room saint san santa saturday scheduling school service services sleep social south spanish st station
street sunday support surgery talk team tel telefon telephone text the therapy thursday to toll transport tuesday unit
university urgencias urgent valley visit volunteer walk ward wednesday wellness west women
"""
_NOBODY = frozenset(_PLACES.split())
# A clinician, a place, or somebody whom readers are asked to call.
_PUBLIC = re.compile(
    r"(?:\b(?:Dra?|Prof|Professor|Nurse|Doctora?|Enfermer[oa]|the|our|el|la|los|las|contact|ask for|RSVP to)[.:]? )\Z",
    re.IGNORECASE,
)
_WINDOW = 90


def _private_phones(text: str) -> Iterator[tuple[int, int]]:
    for phone in _PHONE.finditer(text):
        before = text[max(0, phone.start() - _WINDOW) : phone.start()].rpartition("\n")[2]
        named = _CALLED.search(before)
        behind = _BEHIND.match(text, phone.end(), phone.end() + _WINDOW)
        if named and not _is_nobody(named["name"]) and not _PUBLIC.search(before[: named.start()]):
            yield phone.start() - len(before) + named.start(), phone.end()
        elif behind and not _is_nobody(behind["name"]):
            yield phone.start(), behind.end()


def _is_nobody(name: str) -> bool:
    return any(word.strip(".").lower() in _NOBODY for word in re.split(r"[ '’-]+", name))
