"""Other servers are asked with limits on everything, whatever they answer."""

import gzip
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from publisher.errors import FetchError
from publisher.fetching import Fetcher
from tests.watchdog import ends

Answer = Callable[[BaseHTTPRequestHandler], None]


@contextmanager
def server(answer: Answer, tls: ssl.SSLContext | None = None, version: str = "HTTP/1.0") -> Iterator[str]:
    """A server on loopback that answers everything with `answer`; its address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = version

        def do_GET(self) -> None:
            try:
                answer(self)
            except OSError:
                return

        def do_POST(self) -> None:
            self.do_GET()

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as opened:
        opened.daemon_threads = True
        if tls:
            opened.socket = tls.wrap_socket(opened.socket, server_side=True)
        threading.Thread(target=opened.serve_forever, args=(0.02,), daemon=True).start()
        yield f"{'https' if tls else 'http'}://127.0.0.1:{opened.server_address[1]}/feed"
        opened.shutdown()


def say(handler: BaseHTTPRequestHandler, body: bytes, status: int = 200, **headers: str) -> None:
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


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


def drip(handler: BaseHTTPRequestHandler) -> None:
    """An answer that never ends, a byte at a time."""
    handler.send_response(200)
    handler.end_headers()
    until = time.monotonic() + 60
    while time.monotonic() < until:
        handler.wfile.write(b".")
        handler.wfile.flush()
        time.sleep(0.02)


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
