"""Judges one mail address."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """`written` is what we send to (ASCII, domain in lower case); `key` is what counts for sameness."""

    written: str
    key: str


def parse(text: str) -> Address | str:
    """The address, or why it is none (RFC 5321, by email-validator, without asking the network)."""
    from email_validator import EmailNotValidError, validate_email

    try:
        found = validate_email(text.strip(), check_deliverability=False, test_environment=True)
    except EmailNotValidError as exc:
        return str(exc).rstrip(".")
    if found.ascii_email is None:
        return "the part before the @ has letters beyond ASCII, which most relays refuse"
    return Address(written=found.ascii_email, key=found.ascii_email.casefold())
