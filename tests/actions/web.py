"""A web server on loopback: a test sets its pages, it answers conditional questions and notes what it was asked."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Web:
    """`pages` are the answers by path: a body, or a status without one; `asked` the paths so far, with their status."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.pages: dict[str, bytes | int] = {}
        self.asked: list[tuple[str, int]] = []

    def put(self, path: str, body: str) -> str:
        self.pages[path] = body.replace("{web}", self.url).encode()
        return f"{self.url}{path}"

    def asked_since(self, before: int) -> list[tuple[str, int]]:
        return self.asked[before:]


@contextmanager
def web() -> Iterator[Web]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            pass

        def do_GET(self) -> None:
            held = served.pages.get(self.path, 404)
            body = held if isinstance(held, bytes) else b""
            tag = f'"{sha256(body).hexdigest()[:16]}"'
            status = held if isinstance(held, int) else 304 if self.headers.get("If-None-Match") == tag else 200
            served.asked.append((self.path, status))
            body = body if status == 200 else b""
            self.send_response(status)
            self.send_header("ETag", tag)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    served = Web(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield served
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
