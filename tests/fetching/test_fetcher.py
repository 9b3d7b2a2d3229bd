"""Other servers are asked with limits on everything, whatever they answer."""

import gzip
import ssl
import subprocess
import time
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from publisher.errors import FetchError
from publisher.fetching import Fetcher
from tests.fetching.servers import drip, say, server
from tests.watchdog import ends


@pytest.fixture
def tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """A server's context with a certificate made for this test, which the fetcher is told to trust."""
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    request = "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1"
    command = ["openssl", *request.split(), "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


def test_a_packed_answer_is_unpacked() -> None:
    with (
        server(lambda h: say(h, gzip.compress(b"<rss/>"), Content_Encoding="gzip", ETag='"x"')) as url,
        Fetcher() as fetcher,
    ):
        reply = fetcher.get(url)
    assert (reply.status, reply.body, reply.headers["etag"]) == (200, b"<rss/>", '"x"')


def test_an_answer_that_unpacks_to_gigabytes_is_refused_before_it_does() -> None:
    bomb = gzip.compress(bytes(200_000_000))
    with (
        server(lambda h: say(h, bomb, Content_Encoding="gzip")) as url,
        Fetcher() as fetcher,
        pytest.raises(FetchError, match="longer than 30 MB"),
    ):
        fetcher.get(url)


def test_an_answer_packed_twice_is_refused() -> None:
    twice = gzip.compress(gzip.compress(b"<rss/>"))
    with (
        server(lambda h: say(h, twice, Content_Encoding="gzip, gzip")) as url,
        Fetcher() as fetcher,
        pytest.raises(FetchError, match='packed as "gzip, gzip"'),
    ):
        fetcher.get(url)


def test_a_form_is_not_carried_on_by_a_redirect() -> None:
    with server(lambda h: say(h, b"", 303, Location="/elsewhere")) as url, Fetcher() as fetcher:
        assert fetcher.post(url, {"a": "b"}).status == 303


def test_an_answer_that_drips_ends_in_time() -> None:
    with server(drip) as url, Fetcher(seconds=0.3) as fetcher:
        is_slow(fetcher, url)


def test_an_answer_that_drips_over_tls_ends_in_time(tls: ssl.SSLContext) -> None:
    with server(drip, tls) as url, Fetcher(seconds=0.5) as fetcher:
        is_slow(fetcher, url)


def test_an_answer_that_drips_on_a_connection_kept_open_ends_in_time() -> None:
    asked: list[str] = []

    def first_at_once(handler: BaseHTTPRequestHandler) -> None:
        """The second answer's headers come a byte at a time."""
        asked.append(f"{handler.client_address}")
        if len(asked) == 1:
            say(handler, b"<rss/>")
            return
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
        until = time.monotonic() + 60
        while time.monotonic() < until:
            handler.wfile.write(b".")
            handler.wfile.flush()
            time.sleep(0.02)

    with server(first_at_once, version="HTTP/1.1") as url, Fetcher(seconds=0.3) as fetcher:
        assert fetcher.get(url).body == b"<rss/>"
        is_slow(fetcher, url)
    assert len(asked) == 2
    assert len(set(asked)) == 1, "the connection was not kept open"


def is_slow(fetcher: Fetcher, url: str) -> None:
    with ends(30), pytest.raises(FetchError, match="it was not whole after"):
        fetcher.get(url)


def test_nobody_at_an_address_is_said_in_plain_words() -> None:
    with Fetcher() as fetcher, pytest.raises(FetchError) as caught:
        fetcher.get("http://127.0.0.1:1/")
    assert str(caught.value) == (
        "http://127.0.0.1:1/: no answer (nothing answers at this address); check the address, then try again"
    )
