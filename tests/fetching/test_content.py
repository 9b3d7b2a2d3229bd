"""Content is fetched from the address that was judged, within limits; redirects are looked at one by one."""

import datetime as dt
import gzip
import socket
import ssl
import time
import tracemalloc
import zlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hypothesis import given, settings, strategies as st

from publisher.errors import FetchError
from publisher.fetching import ContentFetcher, Reply, validators
from publisher.fetching.packing import unpacked
from tests.fetching.servers import Answer, drip, say, server
from tests.watchdog import ends

PAGE = b"<h1>Flu clinic opens</h1>"


# Without a single authority in it: reading the machine's hundred and more takes longer than any test here.
NOBODY = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def place(url: str) -> str:
    return urlsplit(url).netloc


def fetcher(*allowed: str, **more: Any) -> ContentFetcher:
    """A fetcher that may ask these servers and does not wait between two questions."""
    return ContentFetcher(
        contact="https://publisher.example/", allowed=allowed, **{"pause": 0, "trusted": NOBODY, **more}
    )


def fetched(url: str, **more: Any) -> Reply:
    """Ask one server once, as the administrator would name it."""
    with ends(), fetcher(place(url), **more) as asking:
        return asking.get(url, robots=False)


def no_answer(asking: ContentFetcher, url: str) -> str:
    """What is said where there is no answer."""
    with pytest.raises(FetchError) as caught:
        asking.get(url, robots=False)
    return str(caught.value)


def refused(url: str, **more: Any) -> str:
    with ends(), fetcher(place(url), **more) as asking:
        return no_answer(asking, url)


def leads_to(*answers: str) -> Callable[[str, int], Sequence[str]]:
    """A name server that gives these answers one after the other; asked more often, it fails the test."""
    left = list(answers)
    return lambda host, port: [left.pop(0)]


# what is asked


@pytest.mark.parametrize(
    "url",
    [
        *(
            "",
            "clinic.example/news",
            "/news",
            "//x.example",
            "ftp://clinic.example/",
            "file:///etc/passwd",
            "javascript:1",
        ),
        *("http:///news", "http://.example/", "http://[::1/", "http://clinic.example:port/", "http://\x00/"),
        *("http://\ud800/", "http://0177.0.0.1/"),
    ],
)
def test_what_is_no_web_address_is_refused(url: str) -> None:
    assert "is no web address" in refused_unasked(url)


def refused_unasked(url: str) -> str:
    with fetcher(resolver=leads_to()) as asking:
        return no_answer(asking, url)


@pytest.mark.parametrize("start", ["https", "ftp", "http:http"])
def test_a_name_and_password_in_an_address_are_refused_and_not_repeated(start: str) -> None:
    said = refused_unasked(f"{start}://nurse:geheim@clinic.example/news")
    assert "geheim" not in said
    assert ("has a name or password in it" in said) == (start == "https")


def test_an_address_pages_long_is_refused_and_not_repeated() -> None:
    said = refused_unasked("https://clinic.example/" + "a" * 9000)
    assert "longer than 8000 letters" in said
    assert len(said) < 400


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "127.1", "127。0。0。1", "[::1]", "0"]
)
def test_this_machine_is_not_asked_however_it_is_written(host: str) -> None:
    with (
        fetcher() as asking,
        pytest.raises(FetchError, match=r"not asked \(it leads to .*, inside a private network\)"),
    ):
        asking.get(f"http://{host}/", robots=False)


def test_another_port_of_a_host_in_the_open_is_not_asked() -> None:
    with fetcher(resolver=leads_to("1.1.1.1")) as asking, pytest.raises(FetchError, match=r"port 6379 is not"):
        asking.get("http://clinic.example:6379/", robots=False)


def test_a_name_that_nobody_knows_is_said_in_plain_words() -> None:
    with fetcher() as asking, pytest.raises(FetchError) as caught:
        asking.get("http://" + "a" * 70 + ".example/", robots=False)
    assert "no answer (there is no such host); check the address" in str(caught.value)


def test_a_name_server_that_never_answers_does_not_hold_us_up() -> None:
    with ends(), fetcher(seconds=0.1, resolver=lambda host, port: time.sleep(1) or []) as asking:
        assert "not whole after 0.1 seconds" in no_answer(asking, "http://clinic.example/")


def test_a_server_hears_who_asks_and_nothing_more() -> None:
    heard: list[dict[str, str]] = []

    def answer(handler: BaseHTTPRequestHandler) -> None:
        heard.append(dict(handler.headers.items()))
        say(handler, PAGE, Set_Cookie="a=b")

    with server(answer, version="HTTP/1.1") as url, fetcher(place(url)) as asking:
        assert [asking.get(url, robots=False, accept="text/html").status for _ in range(2)] == [200, 200]
    expected = {
        "Accept": "text/html",
        "Host": place(url),
        "User-Agent": "Publisher/0.1.0 (+https://publisher.example/)",
        "Accept-Encoding": "gzip, deflate",
    }
    assert heard == [expected, expected]


def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    with server(lambda h: say(h, PAGE)) as url:
        assert fetched(url).body == PAGE


# the address that was judged is the one that is connected to


def test_a_name_that_leads_elsewhere_the_second_time_changes_nothing() -> None:
    with server(lambda h: say(h, b"inside")) as inside:
        port = urlsplit(inside).port
        url, resolver = f"http://clinic.example:{port}/", leads_to("127.0.0.2", "127.0.0.1")
        with (
            server(lambda h: say(h, PAGE), host="127.0.0.2", port=port) as outside,
            fetcher(place(outside), resolver=resolver) as asking,
        ):
            assert asking.get(url, robots=False).body == PAGE
            # A second connection looks the name up anew, and its new address is judged anew.
            assert "leads to 127.0.0.1, inside a private network" in no_answer(asking, url)


def test_a_connection_kept_open_serves_its_own_name_only() -> None:
    heard: list[str] = []

    def answer(handler: BaseHTTPRequestHandler) -> None:
        heard.append(f"{handler.headers['Host']} {handler.client_address[1]}")
        say(handler, PAGE)

    with server(answer, version="HTTP/1.1") as url:
        port = urlsplit(url).port
        with fetcher(f"clinic.example:{port}", resolver=lambda host, port: ["127.0.0.1"]) as asking:
            for _ in range(2):
                asking.get(f"http://clinic.example:{port}/", robots=False)
            assert "inside a private network" in no_answer(asking, f"http://other.example:{port}/")
    assert len(heard) == 2
    assert len(set(heard)) == 1, "the connection was not kept open"


def test_a_connection_that_the_server_was_just_closing_is_replaced() -> None:
    asked: list[int] = []

    def answer(handler: BaseHTTPRequestHandler) -> None:
        asked.append(handler.client_address[1])
        if len(asked) == 2:
            handler.close_connection = True
        else:
            say(handler, PAGE)

    with server(answer, version="HTTP/1.1") as url, fetcher(place(url)) as asking:
        assert [asking.get(url, robots=False).body for _ in range(2)] == [PAGE, PAGE]
    assert asked[0] == asked[1] != asked[2]


def test_a_new_connection_that_the_server_closes_is_not_tried_again() -> None:
    asked: list[str] = []

    with server(lambda h: asked.append(h.path)) as url:
        assert "no answer (it hung up without an answer)" in refused(url)
    assert asked == ["/feed"]


def test_the_next_address_is_tried_where_nobody_answers_at_the_first() -> None:
    with server(lambda h: say(h, PAGE)) as url:
        port = urlsplit(url).port
        resolver = lambda host, port: ["127.0.0.3", "127.0.0.1"]  # noqa: E731
        with fetcher(f"clinic.example:{port}", resolver=resolver) as asking:
            assert asking.get(f"http://clinic.example:{port}/", robots=False).body == PAGE


def authority(folder: Path, name: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A certificate for one name, signed by an authority of its own: the server's context and one that trusts it."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "An authority for a test")])
    keys = [ec.generate_private_key(ec.SECP256R1()) for _ in range(2)]
    now = dt.datetime.now(dt.UTC)

    def certificate(of: int, builder: x509.CertificateBuilder) -> x509.Certificate:
        builder = builder.issuer_name(subject).public_key(keys[of].public_key()).serial_number(of + 1)
        builder = builder.not_valid_before(now - dt.timedelta(1)).not_valid_after(now + dt.timedelta(1))
        issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(keys[0].public_key())
        return builder.add_extension(issuer, critical=False).sign(keys[0], hashes.SHA256())

    own = x509.SubjectKeyIdentifier.from_public_key(keys[0].public_key())
    usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
    builder = x509.CertificateBuilder().subject_name(subject).add_extension(own, critical=False)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    root = certificate(0, builder.add_extension(usage, critical=True))
    names = x509.SubjectAlternativeName([x509.DNSName(name)])
    leaf = certificate(1, x509.CertificateBuilder().subject_name(x509.Name([])).add_extension(names, critical=True))
    key = keys[1].private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "leaf.pem").write_bytes(key + leaf.public_bytes(serialization.Encoding.PEM))
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(folder / "leaf.pem")
    trusting = ssl.create_default_context(cadata=root.public_bytes(serialization.Encoding.PEM).decode())
    return serving, trusting


def test_an_address_of_the_sixth_version_is_asked_by_its_own_name() -> None:
    heard: list[str] = []

    def answer(handler: BaseHTTPRequestHandler) -> None:
        heard.append(handler.headers["Host"])
        say(handler, PAGE)

    with server(answer, host="::1") as url:
        assert fetched(url).body == PAGE
    assert heard == [place(url)]


def test_tls_is_spoken_with_the_name_though_the_address_is_pinned(tmp_path: Path) -> None:
    serving, trusting = authority(tmp_path, "clinic.example")
    named: list[str | None] = []
    serving.sni_callback = lambda connection, name, context: named.append(name)
    hosts: list[str] = []

    def answer(handler: BaseHTTPRequestHandler) -> None:
        hosts.append(handler.headers["Host"])
        say(handler, PAGE)

    with server(answer, serving) as url:
        port = urlsplit(url).port
        more: dict[str, Any] = {"trusted": trusting, "resolver": leads_to("127.0.0.1", "127.0.0.1")}
        with fetcher(f"clinic.example:{port}", f"other.example:{port}", **more) as asking:
            assert asking.get(f"https://clinic.example.:{port}/", robots=False).body == PAGE
            assert "certificate" in no_answer(asking, f"https://other.example:{port}/")
    assert named == ["clinic.example", "other.example"]
    assert hosts == [f"clinic.example:{port}"]


def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path: Path) -> None:
    serving, _ = authority(tmp_path, "clinic.example")
    with server(lambda h: say(h, PAGE), serving) as url:
        assert "certificate verify failed" in refused(url)


# redirects


def to(target: str, status: int = 302) -> Answer:
    return lambda handler: say(handler, b"", status, Location=target)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_followed_and_said(status: int) -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        (to("/news#top", status) if handler.path == "/feed" else lambda h: say(h, PAGE))(handler)

    with server(answer) as url:
        reply = fetched(url)
    assert (reply.url, reply.status, reply.body) == (url.replace("/feed", "/news"), 200, PAGE)


def test_a_redirect_into_the_network_is_not_followed() -> None:
    with server(lambda h: say(h, b"inside")) as inside:
        port = urlsplit(inside).port
        for target in (inside, f"http://localhost:{port}/", f"//127.1:{port}/x", "http://169.254.169.254/latest/"):
            with server(to(target)) as url:
                assert "inside a private network" in refused(url)


def test_a_redirect_to_a_name_that_leads_into_the_network_is_not_followed() -> None:
    with server(to("http://clinic.example/")) as url:
        said = refused(url, resolver=lambda host, port: ["127.0.0.1"])
    assert said.startswith("http://clinic.example/: not asked (it leads to 127.0.0.1, inside a private network)")


@pytest.mark.parametrize(
    "target", ["ftp://clinic.example/", "file:///etc/passwd", "http://[", "http://a:b@clinic.example/"]
)
def test_a_redirect_to_what_cannot_be_asked_is_not_followed(target: str) -> None:
    with server(to(target)) as url:
        assert refused(url)


def test_a_redirect_from_https_to_http_is_not_followed(tmp_path: Path) -> None:
    serving, trusting = authority(tmp_path, "clinic.example")
    with server(to("http://clinic.example/"), serving) as url:
        port = urlsplit(url).port
        with fetcher(f"clinic.example:{port}", trusted=trusting, resolver=leads_to("127.0.0.1")) as asking:
            said = no_answer(asking, f"https://clinic.example:{port}/")
    assert "redirects from https to http, where anybody on the way" in said


def test_three_redirects_are_followed_and_no_fourth() -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        number = int(handler.path.removeprefix("/"))
        say(handler, PAGE) if number == 0 else to(f"/{number - 1}")(handler)

    with server(answer) as url:
        assert fetched(url.replace("/feed", "/3")).body == PAGE
        assert "after 3 redirects already" in refused(url.replace("/feed", "/4"))


def test_a_circle_of_redirects_is_seen_at_once() -> None:
    asked: list[str] = []

    def answer(handler: BaseHTTPRequestHandler) -> None:
        asked.append(handler.path)
        to("/b" if handler.path == "/feed" else "/feed#x")(handler)

    with server(answer) as url:
        assert "it redirects in a circle" in refused(url)
    assert asked == ["/feed", "/b"]


def test_a_redirect_without_a_target_is_an_answer() -> None:
    with server(lambda h: say(h, PAGE, 302)) as url:
        assert fetched(url).status == 302


def test_headers_for_one_server_do_not_reach_another() -> None:
    heard: list[tuple[str, str | None, str | None]] = []

    def note(handler: BaseHTTPRequestHandler) -> None:
        heard.append((handler.path, handler.headers["Authorization"], handler.headers["If-None-Match"]))

    def last(handler: BaseHTTPRequestHandler) -> None:
        note(handler)
        say(handler, PAGE)

    with server(last) as other:

        def answer(handler: BaseHTTPRequestHandler) -> None:
            note(handler)
            to("/second" if handler.path == "/feed" else other)(handler)

        with server(answer) as url, fetcher(place(url), place(other)) as asking:
            asking.get(url, headers={"Authorization": "Basic abc"}, etag='"1"', robots=False)
    assert heard == [("/feed", "Basic abc", '"1"'), ("/second", "Basic abc", '"1"'), ("/feed", None, '"1"')]


# limits


@pytest.mark.parametrize(
    ("packing", "packed"),
    [
        ("gzip", gzip.compress(PAGE)),
        ("X-GZIP", gzip.compress(PAGE)),
        ("gzip", gzip.compress(PAGE[:5]) + gzip.compress(PAGE[5:])),
        ("gzip", gzip.compress(PAGE) + b"\0\0\0"),
        ("deflate", zlib.compress(PAGE)),
        ("deflate", zlib.compress(PAGE)[2:-4]),
        ("identity", PAGE),
    ],
)
def test_what_is_packed_is_unpacked(packing: str, packed: bytes) -> None:
    with server(lambda h: say(h, packed, Content_Encoding=packing)) as url:
        assert fetched(url).body == PAGE


@pytest.mark.parametrize("packing", ["gzip", "deflate", "identity", ""])
def test_an_answer_without_a_body_needs_no_unpacking(packing: str) -> None:
    with server(lambda h: say(h, b"", Content_Encoding=packing)) as url:
        assert fetched(url).body == b""


@pytest.mark.parametrize(
    ("packing", "packed", "why"),
    [
        ("gzip", gzip.compress(bytes(5_000_000)), "unpacks to more than 100 times what was sent"),
        ("gzip", gzip.compress(bytes(200_000_000)), "longer than 10 MB"),
        ("deflate", zlib.compress(bytes(200_000_000)), "longer than 10 MB"),
        ("gzip", gzip.compress(gzip.compress(bytes(200_000_000)))[:50], "cut short"),
        ("gzip, gzip", gzip.compress(gzip.compress(PAGE)), 'packed as "gzip, gzip"'),
        ("br", PAGE, 'packed as "br"'),
        ("gzip", PAGE, "cannot be unpacked"),
        ("deflate", PAGE, "cannot be unpacked"),
        ("gzip", gzip.compress(PAGE)[:-9], "cut short"),
        ("deflate", zlib.compress(PAGE)[:-5], "cut short"),
        ("gzip", gzip.compress(b"") * 1000, "packed in too many pieces"),
        ("", bytes(10_000_001), "longer than 10 MB"),
    ],
)
def test_what_is_packed_beyond_reason_is_refused(packing: str, packed: bytes, why: str) -> None:
    with server(lambda h: say(h, packed, Content_Encoding=packing)) as url:
        assert why in refused(url)


@pytest.mark.parametrize(("packing", "pack"), [("gzip", gzip.compress), ("deflate", zlib.compress)])
def test_a_bomb_is_never_unpacked_beyond_the_limit(packing: str, pack: Callable[[bytes], bytes]) -> None:
    packed = pack(bytes(100_000_000))
    tracemalloc.start()
    try:
        with pytest.raises(FetchError):
            unpacked("https://clinic.example/", [packed], packing, 1_000_000)
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
    finally:
        tracemalloc.stop()


def test_a_small_answer_may_be_packed_as_well_as_can_be() -> None:
    with server(lambda h: say(h, gzip.compress(b" " * 1_000_000), Content_Encoding="gzip")) as url:
        assert len(fetched(url).body) == 1_000_000


def test_an_answer_of_ten_megabytes_is_taken() -> None:
    with server(lambda h: say(h, bytes(10_000_000))) as url:
        assert len(fetched(url).body) == 10_000_000


def test_an_answer_shorter_than_it_says_is_refused() -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort")

    with server(answer) as url:
        assert "no answer (" in refused(url)


def test_an_answer_that_drips_ends_in_time() -> None:
    with server(drip) as url:
        assert "it was not whole after 0.3 seconds" in refused(url, seconds=0.3)


def test_an_answer_that_drips_over_tls_ends_in_time(tmp_path: Path) -> None:
    serving, trusting = authority(tmp_path, "clinic.example")
    with server(drip, serving) as url:
        port = urlsplit(url).port
        more: dict[str, Any] = {"trusted": trusting, "resolver": leads_to("127.0.0.1"), "seconds": 0.5}
        with fetcher(f"clinic.example:{port}", **more) as asking, ends(), pytest.raises(FetchError, match="not whole"):
            asking.get(f"https://clinic.example:{port}/", robots=False)


def test_a_server_that_never_agrees_on_tls_is_left_in_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        host = f"127.0.0.1:{silent.getsockname()[1]}"
        with fetcher(host, seconds=0.2) as asking, ends(4):
            assert "it was not whole after 0.2 seconds" in no_answer(asking, f"https://{host}/")


def test_a_server_without_tls_is_said_to_have_none() -> None:
    with server(lambda h: say(h, PAGE)) as url, fetcher(place(url)) as asking:
        assert "no answer (it does not speak https there)" in no_answer(asking, url.replace("http:", "https:"))


def test_threads_that_share_a_fetcher_each_get_their_own_answer() -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        say(handler, handler.path.encode(), ETag=f'"{handler.path}"')

    with server(answer, version="HTTP/1.1") as url, fetcher(place(url)) as asking, ThreadPoolExecutor(4) as threads:
        pages = [f"{url}/{number}" for number in range(20)]
        replies = list(threads.map(lambda page: asking.get(page, robots=False), pages))
    assert [reply.url for reply in replies] == pages
    assert [reply.body.decode() for reply in replies] == [urlsplit(page).path for page in pages]


def test_a_server_that_says_nothing_at_all_is_left_in_time() -> None:
    with server(lambda h: time.sleep(1)) as url:
        assert "it was not whole after 0.2 seconds" in refused(url, seconds=0.2)


def test_the_time_is_for_all_redirects_together() -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        time.sleep(0.2)
        to(f"{handler.path}x")(handler)

    with server(answer) as url:
        assert "it was not whole after 0.5 seconds" in refused(url, seconds=0.5)


def endless(start: bytes, more: bytes) -> Answer:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(start)
        until = time.monotonic() + 60
        while time.monotonic() < until:
            handler.wfile.write(more * 1000)

    return answer


@pytest.mark.parametrize(
    ("start", "more", "why"),
    [
        (b"HTTP/1.1 200 OK\r\n", b"X-Long: yes\r\n", "header has no end"),
        (b"HTTP/1.1 200 OK\r\nX-Long: ", b"x", "header has no end"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 50, "header has no end"),
        (b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 100, "longer than 10 MB"),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
            b"1;" + b"x" * 9000 + b"\r\nx\r\n",
            "body has no end",
        ),
    ],
)
def test_an_answer_without_end_is_left(start: bytes, more: bytes, why: str) -> None:
    with server(endless(start, more)) as url:
        assert why in refused(url)


def test_a_long_header_is_refused() -> None:
    with server(lambda h: say(h, PAGE, X_Long="x" * 70_000)) as url:
        assert "header is longer than 64 KB" in refused(url)


@pytest.mark.parametrize("answer", [b"", b"\r\n", b"SSH-2.0-OpenSSH\r\n", b"HTTP/1.1 999999 x\r\n\r\n", b"\xff" * 100])
def test_what_does_not_speak_http_is_said_to_give_no_answer(answer: bytes) -> None:
    with server(lambda h: h.wfile.write(answer) and None) as url:
        assert "no answer (" in refused(url)


@settings(max_examples=40)
@given(st.binary(max_size=60), st.sampled_from([b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 302 Found\r\nLocation: "]))
def test_whatever_a_server_says_it_is_an_answer_or_said_to_be_none(said: bytes, start: bytes) -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(start + said + b"\r\n\r\n")

    with server(answer) as url, fetcher(place(url), seconds=5) as asking, suppress(FetchError):
        assert asking.get(url, robots=False).status


def knows_nobody(host: str, port: int) -> list[str]:
    raise OSError("no name server")


@settings(max_examples=150)
@given(st.text(max_size=40), st.sampled_from(["", "http://", "https://a.example:", "http://[", "https://a.example/"]))
def test_whatever_is_given_for_an_address_it_is_asked_or_refused_in_plain_words(text: str, start: str) -> None:
    with fetcher(resolver=knows_nobody) as asking:
        assert no_answer(asking, start + text).count(chr(10)) == 0


# asking again


def test_a_page_that_has_not_changed_is_not_sent_again() -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        known = handler.headers["If-None-Match"] == 'W/"7"' and handler.headers["If-Modified-Since"] == DATE
        say(handler, b"" if known else PAGE, 304 if known else 200, ETag='W/"7"', Last_Modified=DATE)

    with server(answer) as url, fetcher(place(url)) as asking:
        first = asking.get(url, robots=False)
        kept = validators(first)
        again = asking.get(url, etag=kept.etag, last_modified=kept.last_modified, robots=False)
    assert (first.status, kept.etag, kept.last_modified) == (200, 'W/"7"', DATE)
    assert (again.status, again.body) == (304, b"")


DATE = "Mon, 23 Nov 2026 07:00:00 GMT"


def test_a_server_that_says_unchanged_to_a_first_question_gave_no_answer() -> None:
    with server(lambda h: say(h, b"", 304)) as url:
        assert 'says "unchanged" to a first question' in refused(url)


@pytest.mark.parametrize("tag", ["", "\x07", '"a"\r\nX: y', "x" * 2000, '"…"'])
def test_a_tag_that_is_rubbish_is_not_sent(tag: str) -> None:
    heard: list[str | None] = []

    def answer(handler: BaseHTTPRequestHandler) -> None:
        heard.append(handler.headers["If-None-Match"])
        say(handler, PAGE)

    with server(answer) as url, fetcher(place(url)) as asking:
        asking.get(url, etag=tag, robots=False)
    assert heard == [None]


# what an answer says of itself


@pytest.mark.parametrize(
    ("said", "media_type", "charset"),
    [
        ("text/html", "text/html", None),
        ("Text/HTML; Charset=UTF-8", "text/html", "utf-8"),
        ('text/html;charset="iso-8859-1"', "text/html", "iso-8859-1"),
        ("application/rss+xml ; x=y; charset=utf-8 ; z", "application/rss+xml", "utf-8"),
        ('text/html; note="; charset=latin-1"; charset=utf-8', "text/html", "utf-8"),
        ("text/html, text/plain", "text/html", None),
        ("text/html; charset=", "text/html", None),
        ("text/html; charset='utf-8'", "text/html", None),
        ("html", None, None),
        ("text/", None, None),
        ("text/ html", None, None),
        ("", None, None),
        ("; charset=utf-8", None, "utf-8"),
    ],
)
def test_type_and_encoding_are_read_from_the_header(said: str, media_type: str | None, charset: str | None) -> None:
    reply = Reply(url="https://clinic.example/", status=200, headers={"content-type": said}, body=b"")
    assert (reply.media_type, reply.charset) == (media_type, charset)
