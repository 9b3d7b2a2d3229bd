"""The first line of a table -> which program wrote it, and what its columns say.

Programs name their columns in many ways, and people rename them; so a program is recognised by columns only it has,
while what a column says is looked up among all names we know. A name counts without case, spaces, `_` and `-`.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

COLUMNS = ("address", "name", "language", "topics", "newsletters", "state", "reason", "consent_source", "consent_at")
"""Of our own format; `paused_until` is known too, and not read."""
OURS = "Publisher"
PLAIN = "a plain list"
TABLE = "a table with an address column"

ADDRESS = (
    "email", "emailaddress", "mail", "mailaddress", "emailaddress1", "email1", "email1value", "email1address",
    "primaryemail", "primaryemailaddress", "emailprimary", "subscriberemail", "contactemail", "customeremail",
    "useremail", "workemail", "personalemail", "correoelectronico", "correoelectrónico", "correo", "emailadresse",
    "mailadresse", "adresseemail", "adressemail", "courriel", "address",
)  # fmt: skip
FULL_NAME = ("name", "fullname", "displayname", "emaildisplayname", "contactname", "subscribername")
FIRST_NAME = ("firstname", "fname", "givenname", "first")
LAST_NAME = ("lastname", "lname", "surname", "familyname", "last")
LANGUAGE = ("language", "lang", "locale", "preferredlanguage")
TAGS = ("tags", "labels", "list", "lists", "emaillists", "groups", "group", "interests", "topics", "segments")
STATUS = (
    "status", "emailstatus", "subscriptionstatus", "subscriberstatus", "emailsubscriptionstatus", "marketingstatus",
    "emailmarketingstatus", "emailpermissionstatus", "permissionstatus", "globalstatus", "liststatus", "contactstatus",
)  # fmt: skip
YES = {
    "subscribedtoemails": "unsubscribed", "subscribed": "unsubscribed", "issubscribed": "unsubscribed",
    "active": "unsubscribed", "isactive": "unsubscribed", "enabled": "unsubscribed", "optin": "unconfirmed",
    "emailoptin": "unconfirmed", "optedin": "unconfirmed", "confirmed": "unconfirmed", "isconfirmed": "unconfirmed",
    "acceptsmarketing": "unconfirmed", "acceptsemailmarketing": "unconfirmed",
}  # fmt: skip
"""Columns in which a yes is needed, and what a no says."""
NO = {
    "emaildisabled": "unsubscribed", "disabled": "unsubscribed", "unsubscribed": "unsubscribed",
    "isunsubscribed": "unsubscribed", "optout": "unsubscribed", "optedout": "unsubscribed",
    "emailoptout": "unsubscribed", "emailoptedout": "unsubscribed", "hasoptedoutofemail": "unsubscribed",
    "blocklisted": "unsubscribed", "blacklisted": "unsubscribed", "donotmail": "unsubscribed",
    "donotemail": "unsubscribed", "donotcontact": "unsubscribed", "bounced": "bounced", "hardbounced": "bounced",
    "complained": "complained", "spam": "complained",
}  # fmt: skip
"""Columns in which anything but a no, or nothing, says that we must not write."""
LEFT_AT = {
    "unsubtime": "unsubscribed", "unsubscribedat": "unsubscribed", "unsubscribedon": "unsubscribed",
    "unsubscribedate": "unsubscribed", "unsubscribeddate": "unsubscribed", "optoutdate": "unsubscribed",
    "optouttime": "unsubscribed", "confirmedoptoutdate": "unsubscribed", "deletedat": "unsubscribed",
    "cleantime": "bounced", "bouncedat": "bounced", "complainedat": "complained",
}  # fmt: skip
"""Columns whose mere content says so."""
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
        ("Substack", "email", "activesubscription emaildisabled stripeplan firstpaymentat"),
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
    return re.sub(r"[\s_\-.:*'\"()]+", "", name.casefold())


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
