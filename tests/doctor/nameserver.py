"""A name server on loopback, with the records that a test writes down; and the same records without a server."""

import socket
import threading
from collections.abc import Mapping
from types import TracebackType
from typing import Self

import dns.flags
import dns.message
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rrset

from publisher.doctor.names import IpAddress, Names

Zone = Mapping[str, Mapping[str, str | list[str]]]
"""Records in their text form: {"example.org": {"TXT": "v=spf1 -all", "MX": ["10 mail.example.org"]}}."""


class NameServer:
    """Answers over UDP, and over TCP what is too long. `silent` names get no answer, `broken` ones SERVFAIL."""

    def __init__(self, zone: Zone, silent: tuple[str, ...] = (), broken: tuple[str, ...] = ()) -> None:
        self._zone, self._silent, self._broken = zone, silent, broken
        self.asked: list[str] = []

    def __enter__(self) -> Self:
        self._tcp = socket.create_server(("127.0.0.1", 0))
        self.at: tuple[str, int] = self._tcp.getsockname()
        self._udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._udp.bind(self.at)
        self._threads = [threading.Thread(target=self._serve_udp), threading.Thread(target=self._serve_tcp)]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._udp.sendto(b"", self.at)
        socket.create_connection(self.at).close()
        for thread in self._threads:
            thread.join()
        self._udp.close()
        self._tcp.close()

    def names(self, seconds: float = 2) -> Names:
        return Names(self.at, seconds)

    def _serve_udp(self) -> None:
        while True:
            question, client = self._udp.recvfrom(4096)
            if not question:
                return
            if answer := self._answer(question):
                wire = answer.to_wire(max_size=65535)
                if len(wire) > 1232:
                    answer.answer.clear()
                    answer.flags |= dns.flags.TC
                    wire = answer.to_wire()
                self._udp.sendto(wire, client)

    def _serve_tcp(self) -> None:
        while True:
            connection, _ = self._tcp.accept()
            with connection, connection.makefile("rb") as file:
                length = int.from_bytes(file.read(2), "big")
                if not length:
                    return
                if answer := self._answer(file.read(length)):
                    connection.sendall(answer.to_wire(prepend_length=True, max_size=65535))

    def _answer(self, wire: bytes) -> dns.message.Message | None:
        query = dns.message.from_wire(wire)
        asked = query.question[0]
        name = asked.name.to_text(omit_final_dot=True).lower()
        kind = dns.rdatatype.to_text(asked.rdtype)
        self.asked.append(f"{name} {kind}")
        if name in self._silent:
            return None
        answer = dns.message.make_response(query)
        records = self._zone.get(name, {}).get(kind, [])
        if name in self._broken:
            answer.set_rcode(dns.rcode.SERVFAIL)
        elif records:
            texts = [_as_wire(kind, record) for record in ([records] if isinstance(records, str) else records)]
            answer.answer.append(dns.rrset.from_text_list(asked.name, 60, dns.rdataclass.IN, asked.rdtype, texts))
        elif name not in self._zone:
            answer.set_rcode(dns.rcode.NXDOMAIN)
        return answer


def _as_wire(kind: str, record: str) -> str:
    """A long text in strings of at most 255, as it has to stand in the DNS."""
    if kind == "TXT":
        quoted = [record[start : start + 255] for start in range(0, max(len(record), 1), 255)]
        return " ".join(f'"{part}"' for part in quoted)
    return f"{record}." if kind == "MX" and not record.endswith(".") else record


class Written:
    """The records without a server, for rules that are asked a thousand times."""

    def __init__(self, zone: Zone) -> None:
        self._zone = zone

    def texts(self, name: str) -> list[str]:
        return self._of(name, "TXT")

    def addresses(self, name: str) -> list[IpAddress]:
        from ipaddress import ip_address

        return [ip_address(text) for kind in ("A", "AAAA") for text in self._of(name, kind)]

    def exchangers(self, name: str) -> list[str]:
        return [text.split()[1].rstrip(".") for text in sorted(self._of(name, "MX"))]

    def _of(self, name: str, kind: str) -> list[str]:
        records = self._zone.get(name.lower(), {}).get(kind, [])
        return [records] if isinstance(records, str) else list(records)
