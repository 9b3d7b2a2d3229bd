"""What a server answered, and the words for why one did not.

In: headers and errors as they came. Out: a Reply with what its headers say of the body; one plain phrase for an error.
What the body means is left to whoever asked for it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

_WORD = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_MEDIA_TYPE = re.compile(rf"\s*(?P<type>{_WORD}/{_WORD})\s*(?:[;,]|$)")
_PARAMETER = re.compile(rf";\s*(?P<name>{_WORD})\s*=\s*(?:\"(?P<quoted>[^\"\\]*)\"|(?P<plain>{_WORD}))")
_CHARSET = re.compile(r"[a-z0-9][a-z0-9._:+-]{0,39}")
_VALIDATOR = re.compile(r"[\x20-\x7e\x80-\xff]{1,1000}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a server answered. `url` is where it came from after redirects; header names are in small letters."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def media_type(self) -> str | None:
        """What the server calls the body, as `text/html` in small letters; None where it says nothing that is a type.

        Source: RFC 9110, 8.3. A claim only: nothing is read out of the body here.
        """
        said = _MEDIA_TYPE.match(self.headers.get("content-type", ""))
        return said["type"].lower() if said else None

    @property
    def charset(self) -> str | None:
        """The encoding that the server names beside the type, in small letters; None where it names none."""
        said = self.headers.get("content-type", "")
        found = next((match for match in _PARAMETER.finditer(said) if match["name"].lower() == "charset"), None)
        value = (found["quoted"] or found["plain"] or "").lower() if found else ""
        return value if _CHARSET.fullmatch(value) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Validators:
    """What to hand back with the next question, so that an unchanged answer need not be sent again.

    Both as the server wrote them: a weak tag keeps its W/, and a date is compared by the server, never by us
    (RFC 9110, 13.1).
    """

    etag: str | None = None
    last_modified: str | None = None

    def as_headers(self) -> dict[str, str]:
        asked = {"If-None-Match": self.etag, "If-Modified-Since": self.last_modified}
        return {name: value for name, value in asked.items() if value and _VALIDATOR.fullmatch(value)}


def validators(reply: Reply) -> Validators:
    """Tag and date of an answer, to be kept until the next question; None for what it has not, or has as rubbish."""
    tag, date = (reply.headers.get(name, "").strip() for name in ("etag", "last-modified"))
    return Validators(
        etag=tag if _VALIDATOR.fullmatch(tag) else None,
        last_modified=date if _VALIDATOR.fullmatch(date) else None,
    )


def why(exc: Exception) -> str:
    """What went wrong, for people: without the numbers and file names of inner parts."""
    said = str(exc) or type(exc).__name__
    if "Errno 111" in said or "refused" in said:
        return "nothing answers at this address"
    if "Name or service not known" in said or "nodename nor servname" in said or "Temporary failure in name" in said:
        return "there is no such host"
    if "Server disconnected" in said:
        return "it hung up without an answer"
    if "wrong version number" in said:
        return "it does not speak https there"
    return re.sub(r"\[[A-Z_: ]+\] |\[Errno -?\d+\] | \(_ssl\.c:\d+\)", "", said)
