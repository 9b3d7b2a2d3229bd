"""The first line of a table -> which program wrote it, and what its columns say.

Programs name their columns in many ways, and people rename them; so a program is recognised by columns only it has,
while what a column says is looked up among all names we know. Of a name only its letters and digits count, without
case and accents. Which columns tell who left is a matter of its own: `standing`.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

COLUMNS = (
    "address", "name", "language", "topics", "newsletters", "state", "reason", "consent_source", "consent_at",
    "paused_until",
)  # fmt: skip
"""Of our own format."""
OURS = "Publisher"
PLAIN = "a plain list"
TABLE = "a table with an address column"

ADDRESS = (
    "email", "emailaddress", "mail", "mailaddress", "emailaddress1", "email1", "email1value", "email1address",
    "primaryemail", "primaryemailaddress", "emailprimary", "subscriberemail", "contactemail", "customeremail",
    "useremail", "workemail", "personalemail", "correoelectronico", "correo", "emailadresse",
    "mailadresse", "adresseemail", "adressemail", "courriel", "address",
)  # fmt: skip
FULL_NAME = ("name", "fullname", "displayname", "emaildisplayname", "contactname", "subscribername")
FIRST_NAME = ("firstname", "fname", "givenname", "first")
LAST_NAME = ("lastname", "lname", "surname", "familyname", "last")
LANGUAGE = ("language", "lang", "locale", "preferredlanguage")
TAGS = ("tags", "labels", "list", "lists", "emaillists", "groups", "group", "interests", "topics", "segments")
CONSENT_AT = (
    "confirmtime", "confirmationtime", "confirmedat", "optintime", "subscriptiontime", "optindate", "optinat",
    "subscribedat", "subscribedon", "subscribeddate", "subscribedate", "signupdate", "dateadded", "createdat",
    "datecreated", "created", "startdate",
)  # fmt: skip

_PROGRAMS: tuple[tuple[str, frozenset[str], frozenset[str]], ...] = tuple(
    (program, frozenset(needed.split()), frozenset(one_of.split()))
    for program, needed, one_of in (
        ("Mailchimp", "", "memberrating leid euid unsubcampaignid cleancampaignid unsubtime cleantime"),
        ("Ghost", "email", "subscribedtoemails complimentaryplan stripecustomerid"),
        ("Substack", "email", "activesubscription emaildisabled stripeplan firstpaymentat receivingemailsfor"),
        ("listmonk", "email attributes", ""),
        ("MailPoet", "email", "globalstatus liststatus subscriptionip confirmationip subscriptiontime"),
        (
            "Constant Contact",
            "emailaddress",
            "emailstatus emailpermissionstatus emailupdatesource confirmedoptoutdate emaillists sourcename",
        ),
        ("Keila", "email firstname lastname data", ""),
        (
            "Outlook",
            "emailaddress",
            "emailtype emaildisplayname email2address businessphone businessstreet homestreet middlename givenyomi",
        ),
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """The columns of a table, and who wrote it. `escape` stands before a quotation mark within a cell."""

    program: str
    names: tuple[str, ...]
    labels: tuple[str, ...]
    escape: str | None = None

    def where(self, *labels: str) -> list[int]:
        """The columns with these labels, in the order of the labels."""
        return [self.labels.index(label) for label in labels if label in self.labels]


def label(name: str) -> str:
    """A column's name as it counts. Accents fall away with all else that is no letter and no digit."""
    if not name.isascii():
        name = unicodedata.normalize("NFKD", name)
    return "".join(filter(str.isalnum, name.casefold()))


def recognised(cells: Sequence[str]) -> Header | None:
    """What these cells are as a first line; None where no column is plainly one of addresses."""
    labels = tuple(label(cell) for cell in cells)
    if not any(name in labels for name in ADDRESS):
        return None
    return Header(
        program=(program := _program(labels)),
        names=tuple(cells),
        labels=labels,
        escape="\\" if program == "MailPoet" else None,  # it writes \" for a quotation mark, not ""
    )


def _program(labels: tuple[str, ...]) -> str:
    present = frozenset(labels)
    addresses = [name for name in ADDRESS if name in present]
    if addresses == ["address"]:
        return OURS
    for program, needed, one_of in _PROGRAMS:
        if needed <= present and (not one_of or one_of & present):
            return program
    return PLAIN if len([name for name in labels if name]) == 1 else TABLE
