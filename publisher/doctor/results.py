"""What came of one question."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

Severity: TypeAlias = Literal["ok", "warning", "error", "unknown"]
"""`unknown`: it could not be checked. That is no fault, and no proof that all is well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """Like a Finding, for what is well too: stable code, the place, and what was found there with the mend."""

    code: str
    severity: Severity
    place: str
    mend: str


def ok(code: str, place: str, mend: str) -> Result:
    return Result(code=code, severity="ok", place=place, mend=mend)


def warning(code: str, place: str, mend: str) -> Result:
    return Result(code=code, severity="warning", place=place, mend=mend)


def error(code: str, place: str, mend: str) -> Result:
    return Result(code=code, severity="error", place=place, mend=mend)


def unknown(code: str, place: str, mend: str) -> Result:
    return Result(code=code, severity="unknown", place=place, mend=mend)
