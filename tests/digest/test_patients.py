"""A guard for patient data that sees what looks like it, and keeps quiet at a hospital's ordinary words."""

import pytest
from hypothesis import given, strategies as st

from publisher.digest.check.patients import suspicions
from tests.conftest import ROOT
from tests.watchdog import ends

FOUND = {
    "patient-record": [
        "MRN 00482913", "MRN: 48-29-13", "(MRN#4829)", "Medical record no. 4829133", "medical record number is 482913",
        "chart #482913", "Patient ID: AB-482913", "patient's number 482913", "NHC 482913",
        "historia clínica nº 482913", "n.º de historia clínica: 482913", "Patientennummer 482913",
    ],
    "patient-birth": [
        "DOB 03/04/1956", "D.O.B.: 3/4/56", "She was born on 03/04/1956 in town", "Date of birth: March 4, 1956",
        "born 4 March 1956", "Fecha de nacimiento: 4 de marzo de 1956", "nació el 4 de marzo de 1956",
        "geboren am 4. März 1956", "geb. 04.03.1956", "born on 1956-03-04", "born (March 4, 1956)",
    ],
    "patient-phone": [
        "Mrs. Halloran, 360-555-0199", "Jane Doe (360-555-0199)", "Call Jane Doe's cell at 360-555-0199",
        "reach María López al 360-555-0199", "Sra. López: 612 345 678", "360-555-0199 (Jane Doe)",
        "his number 360-555-0199, Mr. Ortega", "Desmond Achterberg's number is (360) 555-0199",
        "Jane Q. Doe: +44 20 7946 0018",
    ],
    "patient-social-security": ["078-05-1120", "SSN: 078051120", "social security number 078-05-1120"],
}  # fmt: skip

NOT_FOUND = [
    "Call our nurse line at (360) 555-0142, day or night.",
    "Call the Heart Clinic at 360-555-0100",
    "Call Dr. Teodor Halvex at 360-555-0126, or Nurse Amadi Lucille at 360-555-0127",
    "Ask for Marisol Vanterpool at 360-555-0100. Contact: Marisol Vanterpool, 360-555-0100",
    "Patient Relations: 360-555-0111. Sleep Center North 360-555-0167. Poison Help: 1-800-222-1222",
    "Llame al Centro Médico (360) 555-0153, o al Hospital Alder Bay: 360-555-0100",
    "She was born at Alder Bay Hospital in 1962, and her son was born on a Tuesday",
    "Fecha de nacimiento: escríbala en el formulario. Date of birth: as on your card",
    "Tickets cost $1,200-$1,450, or 24.50 at the door, from 10:00-12:30 on November 28, 2026",
    "ISBN 978-0-306-40615-7 and ISBN 0-306-40615-2 and part 123-45-67890",
    "000-12-3456, 666-12-3456, 912-12-3456, 123-00-3456 and 123-45-0000 were never issued",
    "1200 Harbour Road, Alder Bay, WA 98000-1234",
    "Updated 11/23/2026, published March 4, 2025, born digital in 2010",
    "Medical Records: 360-555-0100. Medical record number: 360-555-0100",
    "Ask for your medical record. Number of visits: 12345. Our medical record system of 2026",
    "Your chart no later than 12/12/2026; patient no 1 was first",
    "A patient. 12345 people came. Grant no. 123456789",
]


@pytest.mark.parametrize(("code", "text"), [(code, text) for code, texts in FOUND.items() for text in texts])
def test_what_may_be_a_patients_is_found_once(code: str, text: str) -> None:
    (suspicion,) = suspicions(f"At the door of the garden: {text}. Then the walk went on.")
    assert suspicion.rule.code == code
    assert suspicion.rule.severity == "warning"


@pytest.mark.parametrize("text", NOT_FOUND)
def test_ordinary_words_of_a_hospital_raise_no_suspicion(text: str) -> None:
    assert suspicions(text) == []


def test_the_sample_content_raises_no_suspicion() -> None:
    files = [path for ending in ("md", "txt") for path in (ROOT / "content").rglob(f"*.{ending}")]
    assert len(files) > 20
    assert [(path.name, suspicions(path.read_text())) for path in files if suspicions(path.read_text())] == []


def test_the_passage_is_on_one_line_and_cut_at_words() -> None:
    text = (
        "Before all this, " * 9 + "the note said:\nMRN 00482913\nand nothing more was written about it" + " at all" * 9
    )
    (suspicion,) = suspicions(text)
    assert suspicion.passage == "all this, the note said: MRN 00482913 and nothing more was written"


def test_a_passage_that_comes_again_is_told_once() -> None:
    assert len(suspicions("x" * 50 + " MRN 00482913 " + "x" * 50 + " " + "x" * 50 + " MRN 00482913 " + "x" * 50)) == 1


def test_what_stands_in_two_paragraphs_is_not_beside_each_other() -> None:
    assert suspicions("said Jane Doe\n360-555-0142 is the front desk") == []
    assert len(suspicions("MRN\n00482913")) == 1


HEAVY = {
    "labels": "MRN ", "digits": "1", "brackets": "(", "spaces": " ", "titles": "Mrs. Aa ", "phones": "360-555-0142 ",
    "names": "Jane Doe 360-555-0142 ", "births": "born on ", "capitals": "A", "words": "Aa ", "groups": "1-",
    "lines": "born\n", "histories": "historia clínica ", "plus": "+1 ", "dots": "1.1.", "records": "patient no ",
    "long": "Jane Q. Doe at home phone: ",
}  # fmt: skip


@pytest.mark.parametrize("piece", HEAVY.values(), ids=HEAVY)
def test_no_text_of_a_megabyte_holds_the_guard_up(piece: str) -> None:
    with ends():  # a pattern that backtracks would take hours
        suspicions(piece * (1_000_000 // len(piece)))


@given(st.text())
def test_any_text_can_be_looked_at(text: str) -> None:
    suspicions(text)
    suspicions(f"MRN {text} born {text} 360-555-0142 {text}")
