"""Which columns of a table tell who may be written to, and what a row of them says.

In: a first line. Out: the columns that tell it, those that may and are not read, and a reader of rows. The danger is
one way round only: a person who left and is taken for a subscriber. So what is not understood is never a yes, leaving
wins over all else, and a word of leaving counts wherever it stands.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from publisher.records import Finding
from publisher.subscribers import formats, statuses
from publisher.subscribers.cells import shown
from publisher.subscribers.decoding import problem
from publisher.subscribers.formats import Header, label
from publisher.subscribers.rows import Cells, Told
from publisher.subscribers.statuses import State

STATUS = frozenset({
    "status", "emailstatus", "subscriptionstatus", "subscriberstatus", "emailsubscriptionstatus", "marketingstatus",
    "emailmarketingstatus", "emailpermissionstatus", "permissionstatus", "globalstatus", "liststatus", "contactstatus",
    "emailsubscriberstatus", "emailmarketingconsent", "marketingconsent", "emailconsent", "permission",
    "emailpermission", "consent", "newsletterstatus", "mailstatus", "memberstatus", "subscriptionstate",
    "subscriberstate", "emailstate", "statut", "statutabonnement", "abonnementstatus",
})  # fmt: skip
_STATE = frozenset({"state", "estado", "etat"})
"""A status, unless the table has postal addresses: then a word of leaving in it counts, and any other does not."""
_POSTAL = frozenset({
    "city", "town", "zip", "zipcode", "postalcode", "postcode", "street", "streetaddress", "country", "county",
    "ciudad", "pais", "cidade", "ville", "pays",
})  # fmt: skip
_REASON = frozenset({"reason", "statusreason", "motif", "grund", "motivo"})
_YES = {
    "subscribedtoemails": "unsubscribed", "subscribed": "unsubscribed", "issubscribed": "unsubscribed",
    "active": "unsubscribed", "isactive": "unsubscribed", "enabled": "unsubscribed", "optin": "unconfirmed",
    "emailoptin": "unconfirmed", "optedin": "unconfirmed", "confirmed": "unconfirmed", "isconfirmed": "unconfirmed",
    "acceptsmarketing": "unconfirmed", "acceptsemailmarketing": "unconfirmed",
}  # fmt: skip
"""Columns in which a yes is needed, and what a no says."""
_NO = {
    "emaildisabled": "unsubscribed", "disabled": "unsubscribed", "unsubscribed": "unsubscribed",
    "isunsubscribed": "unsubscribed", "optout": "unsubscribed", "optedout": "unsubscribed",
    "emailoptout": "unsubscribed", "emailoptedout": "unsubscribed", "hasoptedoutofemail": "unsubscribed",
    "blocklisted": "unsubscribed", "blacklisted": "unsubscribed", "donotmail": "unsubscribed",
    "donotemail": "unsubscribed", "donotcontact": "unsubscribed", "bounced": "bounced", "hardbounced": "bounced",
    "complained": "complained", "spam": "complained", "unsubscribedfromallemail": "unsubscribed",
    "unsubscribedfromallemails": "unsubscribed", "emailblacklisted": "unsubscribed", "emailblocklisted": "unsubscribed",
    "removed": "unsubscribed", "isremoved": "unsubscribed", "deleted": "unsubscribed", "isdeleted": "unsubscribed",
    "optedoutofemail": "unsubscribed", "optoutofemail": "unsubscribed", "suppressed": "unsubscribed",
    "issuppressed": "unsubscribed", "cleaned": "bounced", "emailbounced": "bounced", "hardbounce": "bounced",
    "hardbounces": "bounced", "markedasspam": "complained", "spamcomplaint": "complained",
    "desabonne": "unsubscribed", "desinscrit": "unsubscribed", "abgemeldet": "unsubscribed", "baja": "unsubscribed",
    "dadodebaja": "unsubscribed",
}  # fmt: skip
"""Columns in which anything but a no, or nothing, says that we must not write."""
_LEFT_AT = {
    "unsubtime": "unsubscribed", "unsubscribedat": "unsubscribed", "unsubscribedon": "unsubscribed",
    "unsubscribedate": "unsubscribed", "unsubscribeddate": "unsubscribed", "optoutdate": "unsubscribed",
    "optouttime": "unsubscribed", "confirmedoptoutdate": "unsubscribed", "deletedat": "unsubscribed",
    "cleantime": "bounced", "bouncedat": "bounced", "complainedat": "complained",
    "unsubscribetime": "unsubscribed", "unsubscribedtime": "unsubscribed", "unsubdate": "unsubscribed",
    "optedoutat": "unsubscribed", "optedoutdate": "unsubscribed", "optoutat": "unsubscribed",
    "removedat": "unsubscribed", "removedon": "unsubscribed", "deletedon": "unsubscribed",
    "blacklistedat": "unsubscribed", "blocklistedat": "unsubscribed", "bouncedon": "bounced", "bouncedate": "bounced",
    "bouncetime": "bounced", "cleanedat": "bounced", "complaintdate": "complained", "complainttime": "complained",
    "unsubcampaigntitle": "unsubscribed", "unsubcampaignid": "unsubscribed", "unsubreason": "unsubscribed",
    "unsubreasonother": "unsubscribed", "unsubscribereason": "unsubscribed", "cleancampaigntitle": "bounced",
    "cleancampaignid": "bounced", "bouncereason": "bounced", "confirmedoptoutsource": "unsubscribed",
    "confirmedoptoutreason": "unsubscribed", "datededesabonnement": "unsubscribed", "fechabaja": "unsubscribed",
    "fechadebaja": "unsubscribed", "abgemeldetam": "unsubscribed",
}  # fmt: skip
"""Columns whose mere content says so."""
_WANTS = {"receivingemailsfor": "unsubscribed"}
"""Columns whose emptiness says so."""
_MAY_TELL = re.compile(
    "unsub|optout|optedout|blacklist|blocklist|bounce|complain|spam|suppress|status|statut|permission|consent|removed|"
    "deleted|desabonn|desinscri|abgemeldet|abmeldung|donotmail|donotemail|donotcontact"
)
_HARMLESS = frozenset({
    "consentsource", "consentat", "emailmarketingconsenttimestamp", "smsmarketingconsent",
    "smsmarketingconsenttimestamp", "smsblacklisted", "whatsappblacklisted", "maritalstatus", "paymentstatus",
    "employmentstatus",
})  # fmt: skip
_NOT_LOOKED_INTO = frozenset(
    formats.ADDRESS + formats.FULL_NAME + formats.FIRST_NAME + formats.LAST_NAME + formats.LANGUAGE + formats.CONSENT_AT
)
"""A surname may be a word of leaving; a language and a date are none."""
_NOTHING = frozenset({"", "-", "0", "false", "no", "n", "f", "off", "none", "null", "nil", "n/a", "non", "nein"})
_MEANT = {
    "unsubscribed": statuses.UNSUBSCRIBED,
    "bounced": statuses.BOUNCED,
    "complained": statuses.COMPLAINED,
    "unconfirmed": statuses.UNCONFIRMED,
}
_Reader = Callable[[Cells], State | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """Columns by what they tell: a status (`words`), perhaps one (`hints`), why somebody left (`reasons`), what must be
    said (`yes`), what must not (`no`), what must not be empty (`wants`).

    `unclear` may tell it and are not read. `others` tell other things, and a word of leaving in them counts
    all the same.
    """

    words: tuple[int, ...]
    hints: tuple[int, ...]
    reasons: tuple[int, ...]
    yes: tuple[tuple[int, State], ...]
    no: tuple[tuple[int, State], ...]
    wants: tuple[tuple[int, State], ...]
    unclear: tuple[int, ...]
    others: tuple[int, ...]

    @property
    def is_told(self) -> bool:
        """Whether a column says of each row whether it left."""
        return bool(self.words or self.yes or self.no or self.wants)

    @property
    def reach(self) -> int:
        """The number of cells below which a row does not say it."""
        return 1 + max(self.read, default=-1)

    @property
    def read(self) -> frozenset[int]:
        pairs = (*self.yes, *self.no, *self.wants)
        return frozenset((*self.words, *self.hints, *self.reasons, *(column for column, _ in pairs)))


def telling(header: Header, own: frozenset[int] = frozenset()) -> Telling:
    """What the columns tell, but for our `own`, which are read elsewhere."""
    named = [(column, label) for column, label in enumerate(header.labels) if label and column not in own]
    postal = not _POSTAL.isdisjoint(header.labels)
    words = [c for c, label in named if label in STATUS or (label in _STATE and not postal)]
    hints = [c for c, label in named if label in _STATE and postal]
    reasons = [c for c, label in named if label in _REASON]
    yes, wants = _pairs(named, _YES), _pairs(named, _WANTS)
    no = _pairs(named, _NO | _LEFT_AT)
    read = {*words, *hints, *reasons, *(column for column, _ in (*yes, *no, *wants))}
    left = [(column, label) for column, label in named if column not in read]
    return Telling(
        words=tuple(words),
        hints=tuple(hints),
        reasons=tuple(reasons),
        yes=yes,
        no=no,
        wants=wants,
        unclear=tuple(c for c, label in left if _may_tell(header.names[c], label)),
        others=tuple(
            column
            for column, name in enumerate(header.labels)
            if column not in read and column not in own and name not in _NOT_LOOKED_INTO
        ),
    )


def unclear_columns(header: Header, told: Telling, place: str) -> Iterator[Finding]:
    """Columns that stop the import: they may tell who left, and we cannot read them."""
    for column in told.unclear:
        mend = (
            f'the column "{shown(header.names[column])}" may tell who left, and is not read; rename it to "state" with '
            "active, unconfirmed or left in it, or remove it if it says nothing about leaving"
        )
        yield problem("unclear-column", place, mend)


def state_of(header: Header, columns: Telling, base: State, told: Told) -> _Reader | None:
    """Reads what a row says; None from it: we do not know. No reader where all are as the file is (`base`)."""
    read = _stated(header, columns, base, told)
    if not columns.others or base[0] == "left":
        return read
    return _watched(header, columns.others, read, base, told)


def _pairs(named: list[tuple[int, str]], meant: dict[str, str]) -> tuple[tuple[int, State], ...]:
    return tuple((column, _MEANT[meant[label]]) for column, label in named if label in meant)


def _may_tell(name: str, label_of: str) -> bool:
    """By its label, or by the Spanish word for leaving, which is a part of many others and so must stand alone."""
    if label_of in _HARMLESS:
        return False
    return bool(_MAY_TELL.search(label_of)) or "baja" in map(label, re.split(r"[\W_]+", name[:200]))


def _stated(header: Header, columns: Telling, base: State, told: Told) -> _Reader | None:
    if not columns.reach:
        return None
    required = bool(columns.words or columns.yes)
    asked = [(column, None) for column in columns.words] + list(columns.yes)

    def read(cells: Cells) -> State | None:
        state, said = base, False
        for column, otherwise in asked:
            if cell := cells[column].strip():
                meant = statuses.meaning(cell)
                if meant is None:
                    told.append(("unknown-status", "error", _unknown(cell, header.names[column])))
                    return None
                said = True
                state = statuses.worse(state, otherwise if otherwise and meant == statuses.UNSUBSCRIBED else meant)
        for column, meant in columns.no:
            if cells[column].strip().casefold() not in _NOTHING:
                state = statuses.worse(state, meant)
        for column, meant in columns.wants:
            if cells[column].strip().casefold() in _NOTHING:
                state = statuses.worse(state, meant)
        for column in columns.hints + columns.reasons:
            cell = cells[column].strip()
            hint = statuses.meaning(cell) if cell else None
            state = statuses.worse(state, hint) if hint else state
            if cell and hint is None and not said and column in columns.reasons and state[0] != "left":
                told.append(("unknown-status", "error", _unknown(cell, header.names[column])))
                return None
        if required and not said and state == statuses.ACTIVE:
            told.append(("unknown-status", "error", "its status is empty; fill it in, or remove the line"))
            return None
        return state

    return read


def _watched(header: Header, others: tuple[int, ...], read: _Reader | None, base: State, told: Told) -> _Reader:
    """Whoever is not read as having left must have no word of it in another column."""

    def watch(cells: Cells) -> State | None:
        state = read(cells) if read else base
        if state is None or state[0] == "left":
            return state
        for column in others:
            if (cell := cells[column]) and len(cell) <= statuses.LONGEST and statuses.is_of_leaving(cell):
                said = f'"{shown(cell)}" in the column "{shown(header.names[column])}"'
                mend = f'{said} may say that they left; rename the column to "state", or remove it'
                told.append(("unclear-status", "error", mend))
                return None
        return state

    return watch


def _unknown(cell: str, column: str) -> str:
    said = f'"{shown(cell, 30)}" in the column "{shown(column, 30)}"'
    return f"{said} is no status we know; write subscribed or unsubscribed"
