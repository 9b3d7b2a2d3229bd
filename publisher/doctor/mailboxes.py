"""Asks a mail server whether it takes mail for an address, without sending any: where replies and reports will go.

In: the host that the DNS names, and addresses of ours. Out: its answer to each, from which the rule makes a Result. The
sender it is told is the empty one, as in a report that comes back (RFC 5321, section 4.5.5); a message never follows.
"""

import re
import smtplib
from collections.abc import Sequence
from dataclasses import dataclass

from publisher.doctor.names import Lookup
from publisher.doctor.results import Result, error, ok, unknown

_MOST_HOSTS = 3
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server said to one recipient: its code, and the words, in one printable line."""

    code: int
    text: str

    def __str__(self) -> str:
        return f"{self.code} {self.text}".strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """Who takes mail for a domain, and what the first of them said that could be asked.

    `hosts` are in their order, [""] where the domain says that it takes none, none where there is no such domain.
    `answers` belong to the addresses that were asked about, in their order; `why` tells why there are none.
    """

    hosts: tuple[str, ...]
    host: str = ""
    answers: tuple[Answer, ...] = ()
    why: str = ""


def knock(domain: str, addresses: Sequence[str], names: Lookup, hello: str, *, port: int = 25, seconds: float) -> Door:
    """Ask the domain's mail servers, the preferred first, until one answers. Raises FetchError when the DNS does not.

    A domain without an MX takes its mail itself (RFC 5321, section 5.1). `seconds` is for each step.
    """
    hosts = tuple(names.exchangers(domain)) or ((domain,) if names.addresses(domain) else ())
    why = ""
    for host in [host for host in hosts if host][:_MOST_HOSTS]:
        for address in names.addresses(host)[:2]:
            try:
                answers = _asked(str(address), port, addresses, hello, seconds)
                return Door(hosts=hosts, host=host, answers=answers)
            except smtplib.SMTPException:
                why = f"{host} would not talk to us"
            except OSError:
                why = f"{host} cannot be reached at port {port} from here"
    return Door(hosts=hosts, why=why or "the hosts it names have no address")


def _asked(host: str, port: int, addresses: Sequence[str], hello: str, seconds: float) -> tuple[Answer, ...]:
    with smtplib.SMTP(host, port, local_hostname=hello, timeout=seconds) as server:
        server.ehlo_or_helo_if_needed()
        return tuple(_rehearsed(server, address) for address in addresses)


def _rehearsed(server: smtplib.SMTP, recipient: str) -> Answer:
    """As if a message to this recipient would follow, and then not."""
    code, text = server.docmd("MAIL", "FROM:<>")
    if code != 250:
        raise smtplib.SMTPResponseException(code, text)
    answer = _answer(*server.docmd("RCPT", f"TO:<{recipient}>"))
    server.docmd("RSET")
    return answer


def _answer(code: int, text: bytes) -> Answer:
    plain = re.sub(r"[^\x21-\x7e]+", " ", text.decode("ascii", "replace"))
    return Answer(code, plain[:_LONGEST].strip())


def judge_mailbox(code: str, place: str, domain: str, door: Door, what: str) -> Result:
    """`what` comes there: "replies" or "reports". Each of the addresses that were asked about must be taken."""
    if not door.hosts:
        mend = f"nobody takes mail for {domain}: there is neither an MX record nor such a host; publish an MX record"
        return error(code, place, mend)
    if not any(door.hosts):
        mend = f"{domain} says that it takes no mail (null MX, RFC 7505), and {what} go there; use another address"
        return error(code, place, mend)
    if not door.answers:
        return unknown(code, place, f"{door.why}; write to the address once, from outside, and see that it arrives")
    for answer in door.answers:
        if answer.code // 100 == 5 and _is_about_the_address(answer):
            mend = f'{door.host} takes no {what} there ("{answer}"); make the mailbox, or mend the address'
            return error(code, place, mend)
    refusal = next((answer for answer in door.answers if answer.code // 100 != 2), None)
    if refusal:
        mend = f'{door.host} would not say ("{refusal}"); write to the address once, from outside, and see'
        return unknown(code, place, mend)
    return ok(code, place, f"{door.host} takes {what} there")


def _is_about_the_address(answer: Answer) -> bool:
    """Not about us who ask: blocked networks and wanted logins are told in other codes (RFC 3463, section 3.8)."""
    status = re.match(r"5\.(\d{1,3})\.\d", answer.text)
    return answer.code in (550, 551, 553) and (status is None or status[1] in ("1", "2"))
