"""How every reader says what it met: one Finding, or a reading that gave nothing but one."""

from publisher.records import Collected, Finding, Severity


def finding(code: str, severity: Severity, place: str, mend: str) -> Finding:
    return Finding(code=code, severity=severity, place=place, mend=mend)


def refused(code: str, place: str, mend: str) -> Collected:
    """Nothing could be read of it."""
    return Collected(problems=(finding(code, "error", place, mend),))
