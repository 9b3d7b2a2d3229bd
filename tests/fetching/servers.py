"""Servers on loopback that say what a test lets them say."""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Answer = Callable[[BaseHTTPRequestHandler], None]


@contextmanager
def server(
    answer: Answer, tls: ssl.SSLContext | None = None, version: str = "HTTP/1.0", host: str = "127.0.0.1", port: int = 0
) -> Iterator[str]:
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

    class Server(ThreadingHTTPServer):
        address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        daemon_threads = True

    shown = f"[{host}]" if ":" in host else host
    with Server((host, port), Handler) as opened:
        if tls:
            opened.socket = tls.wrap_socket(opened.socket, server_side=True)
        threading.Thread(target=opened.serve_forever, args=(0.02,), daemon=True).start()
        yield f"{'https' if tls else 'http'}://{shown}:{opened.server_address[1]}/feed"
        opened.shutdown()


def say(handler: BaseHTTPRequestHandler, body: bytes, status: int = 200, **headers: str) -> None:
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


def drip(handler: BaseHTTPRequestHandler) -> None:
    """An answer that never ends, a byte at a time."""
    handler.send_response(200)
    handler.end_headers()
    until = time.monotonic() + 60
    while time.monotonic() < until:
        handler.wfile.write(b".")
        handler.wfile.flush()
        time.sleep(0.02)
