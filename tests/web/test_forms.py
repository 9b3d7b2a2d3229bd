"""Forms as no browser sends them, and days when something is broken: a page in plain words, and nothing changed."""

import socket
import sqlite3
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from hypothesis import given, strategies as st

from publisher.languages import general_first
from publisher.web.forms import Form, harmless
from publisher.web.pages import accepted
from tests.watchdog import ends
from tests.web.conftest import FORM, MAILED, House, eventually, served

ONE_CLICK = b"List-Unsubscribe=One-Click"


def part(name: str, value: str = "x", more: str = "") -> bytes:
    return f'--b\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n{value}\r\n'.encode()


MULTIPART = "multipart/form-data; boundary=b"


@pytest.mark.parametrize(
    ("kind", "body", "status"),
    [
        (FORM, b"leave=everything&" + b"x" * 65_536, 413),
        (FORM, b"leave=everything" + b"&a=1" * 100, 400),
        (MULTIPART, part("leave", "everything") + part("x") * 100 + b"--b--\r\n", 400),
        (MULTIPART, part("leave", "everything", '; filename="a.txt"') + b"--b--\r\n", 400),
        (MULTIPART, part("leave", "everything") + b"--b--\r\n" + b"x" * 70_000, 413),
        ("multipart/form-data", part("leave", "everything") + b"--b--\r\n", 400),
        ("multipart/form-data; boundary=" + "b" * 5000, part("leave") + b"--b--\r\n", 400),
        (MULTIPART, b"garbage", 400),
        (MULTIPART, b"--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--\r\n", 400),
        ("application/json", b'{"leave": "everything"}', 415),
        ("text/plain", b"leave=everything", 415),
        ("", b"leave=everything", 415),
        ("application/x-www-form-urlencoded-not", b"leave=everything", 415),
    ],
)
def test_what_is_no_form_of_ours_is_refused(house: House, kind: str, body: bytes, status: int) -> None:
    person = house.person()
    before = house.dump()
    for path in ("subscribe", house.link("unsubscribe", person.public_id)):
        answer = house.ask(path, "POST", body, {"Content-Type": kind} if kind else {})
        assert (answer.status, answer.headers["content-type"]) == (status, "text/html; charset=utf-8")
        assert "Nothing was changed" in answer.text
    assert house.dump() == before


@pytest.mark.parametrize(
    "kind",
    ["multipart/form-data; boundary=b; charset=utf-7", "multipart/form-data; boundary=b; charset=punycode",
     "multipart/form-data; charset=utf-16; boundary=b", "multipart/form-data; charset=nonsense; boundary=b"],
)  # fmt: skip
def test_a_character_set_is_not_believed(house: House, kind: str) -> None:
    person = house.person()
    body = part("List-Unsubscribe", "One-Click") + part("a", "-" * 50_000) + b"--b--\r\n"
    with ends():
        answer = house.ask(house.link("unsubscribe", person.public_id), "POST", body, {"Content-Type": kind})
    assert answer.status == 200


def test_a_long_body_is_refused_before_it_is_there(house: House) -> None:
    host, port = urlsplit(house.url).netloc.split(":")
    with socket.create_connection((host, int(port)), 20) as connection:
        lines = ("POST /subscribe HTTP/1.1", "Host: x", f"Content-Type: {FORM}", "Content-Length: 9999999999")
        connection.sendall("\r\n".join((*lines, "", "")).encode())
        assert b" 413 " in connection.recv(200)


def test_a_client_that_hangs_up_in_the_middle_does_no_harm(house: House) -> None:
    host, port = urlsplit(house.url).netloc.split(":")
    link = house.link("unsubscribe", house.person().public_id)
    before = house.dump()
    with socket.create_connection((host, int(port)), 20) as connection:
        lines = (f"POST /{link} HTTP/1.1", "Host: x", f"Content-Type: {FORM}", "Content-Length: 500")
        connection.sendall("\r\n".join((*lines, "", ONE_CLICK.decode())).encode())
    assert house.ask("subscribe").status == 200
    assert house.dump() == before
    assert "Traceback" not in house.log.read_text()


@pytest.mark.parametrize("value", [b"%00", b"%ED%A0%80", b"%ff%fe", b"%", b"%zz", "Ω".encode(), b"+" * 1000])
def test_no_letter_does_any_harm(house: House, value: bytes) -> None:
    person = house.person()
    body = (
        b"address=" + value + b"&newsletter=" + value + b"&topic=" + value + b"&lang=" + value + b"&language=" + value
    )
    assert house.ask("subscribe", "POST", body, {"Content-Type": FORM}).status == 422
    path = house.link("preferences", person.public_id)
    body = b"revision=0&newsletter=research&topic=" + value + b"&language=" + value + b"&pause=" + value
    assert house.ask(path, "POST", body, {"Content-Type": FORM}).status == 200
    assert house.now(person).topics == ()


@given(st.text(st.characters(), max_size=50))
def test_whatever_is_in_a_field_can_be_stored_and_shown(text: str) -> None:
    found = Form([("a", text)])["a"]
    assert "\0" not in found and found.encode("utf-8").decode("utf-8") == found
    assert harmless(found) == found


@given(st.text(max_size=300))
def test_whatever_a_browser_accepts_is_read(header: str) -> None:
    tags = accepted(header)
    assert len(tags) <= 10
    for tag in tags:
        assert all("/" not in name and ".." not in name for name in general_first(tag))


def test_languages_are_read_in_the_order_of_their_weight() -> None:
    assert accepted("en;q=0.5, es-MX, *;q=0.1, de;q=0, fr;q=0.9, x;q=huge, ar;q=nan, vi;q=9") == ["es-MX", "fr", "en"]


# Days when something is broken


def test_a_busy_database_is_a_page_that_says_when_to_come_back(tmp_path: Path) -> None:
    with served(tmp_path) as house:
        person = house.person()
        link = house.link("unsubscribe", person.public_id)
        before = house.dump()
        with sqlite3.connect(house.folder / "publisher.db") as other:
            other.execute("BEGIN IMMEDIATE")
            answer = house.ask(link, "POST", ONE_CLICK, {"Content-Type": FORM})
            assert house.ask(link).status == 200  # whoever only looks need not wait
            other.rollback()
        assert (answer.status, answer.headers["retry-after"]) == (503, "30")
        assert "nothing was changed" in answer.text
        assert house.dump() == before
        assert house.ask(link, "POST", ONE_CLICK, {"Content-Type": FORM}).status == 200
        log = house.log.read_text()
        assert "/unsubscribe: StoreAway (OperationalError)" in log
        assert person.public_id not in log and "Traceback" not in log


@pytest.mark.parametrize("broken", [("preferences",), ("preferences", "message")])
def test_a_broken_template_of_the_site_is_a_plain_page_and_a_line_in_the_log(
    tmp_path: Path, broken: tuple[str, ...]
) -> None:
    (tmp_path / "templates" / "web").mkdir(parents=True)
    for name in broken:
        (tmp_path / "templates" / "web" / f"{name}.html.j2").write_text("{{ no_such_value }}")
    with served(tmp_path) as house:
        person = house.person()
        answer = house.ask(house.link("preferences", person.public_id))
        assert (answer.status, "Something went wrong on our side" in answer.text) == (500, True)
        kind = "text/plain" if "message" in broken else "text/html"
        assert answer.headers["content-type"] == f"{kind}; charset=utf-8"
        assert answer.headers["cache-control"] == "no-store"
        log = house.log.read_text()
        assert "/preferences: TemplateError" in log
        assert person.public_id not in log and person.address not in log and "Traceback" not in log


def test_mail_that_cannot_leave_waits_and_the_answer_is_the_same(tmp_path: Path) -> None:
    with served(tmp_path) as house:
        (house.folder / "outbox").write_text("in the way")
        answer = house.send("subscribe", {"address": "waits@example.org", "newsletter": "research"})
        assert answer.status == 200 and "mailbox" in answer.text
        eventually(lambda: "confirmations were not sent (RelayAway)" in house.log.read_text())
        assert "waits@" not in house.log.read_text()
        assert [row[MAILED] for row in house.look()["request"]] == [None]
        (house.folder / "outbox").unlink()
        house.send("subscribe", {"address": "second@example.org", "newsletter": "research"})
        assert house.mailed("waits@example.org") and house.mailed("second@example.org")
