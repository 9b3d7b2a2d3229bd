"""Shows finished HTML in Chromium and photographs it, as kinds of mail programs would show it.

In: an HTML file and a View. Out: a PNG of the whole page. Chromium is a program of the machine, wanted but not needed:
`find` says whether it is there. It runs headless, with a profile that is thrown away, and is spoken to in the DevTools
protocol over an inherited socket, so that no port is open to others. A page's own scripts are off; the network is
closed twice, by answering each request here and by a proxy that does not exist. Every step has a time limit.
"""

import base64
import mimetypes
import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from publisher.browser.wire import INSTEAD, Answer, Wire
from publisher.errors import ProgramError

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_FLAGS = (
    "--headless",
    "--remote-debugging-pipe",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--disable-extensions",
    "--disable-sync",
    "--hide-scrollbars",
    "--no-default-browser-check",
    "--no-first-run",
    "--proxy-server=127.0.0.1:9",
    "--proxy-bypass-list=<-loopback>",
)
# Chromium reads descriptor 3 and writes to 4. A shell puts the one socket there: Python could only do it between fork
# and exec, which is not safe beside threads.
_WITH_SOCKET = 'exec "$0" "$@" 3<&0 4>&0 0</dev/null'
# Passwords that the environment may hold are none of its business, nor are the machine's proxies and message bus.
_MAY_KNOW = ("PATH", "LANG", "LC_ALL", "FONTCONFIG_FILE", "FONTCONFIG_PATH")
_MOST_HEIGHT = 12_000
_PATIENCE_AT_CLOSING = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """How a page is shown: `width` in CSS pixels, `scale` device pixels for each. `dark` is for programs that honour
    a page's own dark colours, `forced_dark` for those that recolour a light page themselves."""

    width: int
    scale: float = 2
    dark: bool = False
    images: bool = True
    forced_dark: bool = False


VIEWS: Mapping[str, View] = {
    "desktop": View(width=720),
    "mobile": View(width=375),
    "dark": View(width=720, dark=True),
    "mobile-dark": View(width=375, dark=True),
    "forced-dark": View(width=720, forced_dark=True),
    "images-off": View(width=720, images=False),
}


def find(environment: Mapping[str, str] = os.environ) -> Path | None:
    """The Chromium to use, or None: what PUBLISHER_BROWSER names (nothing: use none), else a known name on PATH.

    Raises ProgramError when PUBLISHER_BROWSER names no program.
    """
    path, wanted = environment.get("PATH", os.defpath), environment.get("PUBLISHER_BROWSER")
    names = _NAMES if wanted is None else (wanted,) if wanted else ()
    found = next((Path(program) for name in names if (program := shutil.which(name, path=path))), None)
    if wanted and not found:
        raise ProgramError(f'PUBLISHER_BROWSER is "{wanted}", which is no program here; name another or unset it')
    return found


class Browser:
    """One running Chromium, for one thread. Use it in a `with`.

    `local` tells which folder holds what lies below a URL (`https://news.example.org/images/`), so that a finished
    document can be shown as it is; beyond that only `file:` is answered. `seconds` is for starting it, and for each
    page. Raises ProgramError wherever the program fails; it has ended then.
    """

    def __init__(self, program: Path, *, local: Mapping[str, Path] | None = None, seconds: float = 30) -> None:
        self._program, self._local, self._seconds = program, dict(local or {}), seconds
        self._end: Callable[[], None] = lambda: None

    def __enter__(self) -> "Browser":
        as_root = os.geteuid() == 0  # Chromium builds no sandbox as root
        try:
            self._start(sandbox=not as_root)
        except ProgramError as exc:
            if as_root or "sandbox" not in str(exc):
                raise
            # Containers forbid it. What is shown is our own page, without scripts and network: that can do without.
            self._start(sandbox=False)
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(ProgramError, subprocess.TimeoutExpired):
            self._wire.allow(_PATIENCE_AT_CLOSING)
            self._wire.ask("Browser.close")
            self._process.wait(_PATIENCE_AT_CLOSING)
        self._end()

    def _start(self, *, sandbox: bool) -> None:
        try:
            home = tempfile.mkdtemp(prefix="publisher-browser-")
            ours = self._run(home, sandbox=sandbox)
        except OSError as exc:
            raise ProgramError(f"{self._program}: it cannot be started ({exc.strerror}); {INSTEAD}") from exc
        self._wire = Wire(ours, self._program, Path(home, "said"))

        def end() -> None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            ours.close()
            shutil.rmtree(home, ignore_errors=True)

        self._end = end
        try:
            self._wire.allow(self._seconds)
            self._wire.ask("Browser.getVersion")
        except BaseException:
            end()
            raise

    def _run(self, home: str, *, sandbox: bool) -> socket.socket:
        """Begin the process, at home in a folder that is its own; our end of the conversation with it."""
        ours, theirs = socket.socketpair()
        command = [str(self._program), *_FLAGS, f"--user-data-dir={home}/profile"]
        with theirs, Path(home, "said").open("wb") as said:
            self._process = subprocess.Popen(  # noqa: S603 - a program that the administrator installed or named
                ["/bin/sh", "-c", _WITH_SOCKET, *command, *(() if sandbox else ("--no-sandbox",))],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=said,
                cwd=home,
                env=_environment(home),
                start_new_session=True,
            )
        return ours

    def photograph(self, html_file: Path, view: View) -> bytes:
        """The whole page as PNG, at most 12,000 CSS pixels high."""
        with self.page(html_file, view) as page:
            return page.photograph()

    @contextmanager
    def page(self, html_file: Path, view: View, *, scripts: bool = False) -> Iterator["Page"]:
        """The file with its images in a window that shares nothing with others; with `scripts`, scripts may run."""
        self._wire.allow(self._seconds)
        window = self._wire.ask("Target.createBrowserContext")
        target = self._wire.ask("Target.createTarget", url="about:blank", **window)["targetId"]
        session = self._wire.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self._wire.answers[session] = lambda url, kind: self._answer(url, kind, view)
        page = Page(self._wire, session, view)
        try:
            page.load(html_file, scripts=scripts)
            yield page
        finally:
            with suppress(ProgramError):
                self._wire.allow(_PATIENCE_AT_CLOSING)
                self._wire.ask("Target.disposeBrowserContext", **window)

    def _answer(self, url: str, kind: str, view: View) -> Answer:
        if kind == "Image" and not view.images:
            return "Fetch.failRequest", {"errorReason": "BlockedByClient"}
        if url.startswith("file:"):
            return "Fetch.continueRequest", {}
        if not (file := self._file_for(url)):
            return "Fetch.failRequest", {"errorReason": "Aborted"}
        header = {"name": "Content-Type", "value": mimetypes.guess_type(file)[0] or "application/octet-stream"}
        body = base64.b64encode(file.read_bytes()).decode("ascii")
        return "Fetch.fulfillRequest", {"responseCode": 200, "responseHeaders": [header], "body": body}

    def _file_for(self, url: str) -> Path | None:
        for beginning, folder in self._local.items():
            if url.startswith(beginning):
                root = folder.resolve()
                file = (root / unquote(urlsplit(url.removeprefix(beginning)).path)).resolve()
                if file.is_relative_to(root) and file.is_file() and os.access(file, os.R_OK):
                    return file
        return None


class Page:
    """One loaded page."""

    def __init__(self, wire: Wire, session: str, view: View) -> None:
        self._wire, self._session, self._view = wire, session, view

    def load(self, html_file: Path, *, scripts: bool) -> None:
        """Show the file, and wait until its images are there or have failed."""
        self._ask("Page.enable")
        self._ask("Inspector.enable")
        self._ask("Page.setLifecycleEventsEnabled", enabled=True)
        self._ask("Fetch.enable")
        self._ask("Emulation.setScriptExecutionDisabled", value=not scripts)
        self._ask("Emulation.setAutoDarkModeOverride", enabled=self._view.forced_dark)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if self._view.dark else "light"}
        self._ask("Emulation.setEmulatedMedia", features=[scheme])
        self.resize(self._view.width)
        shown = self._ask("Page.navigate", url=html_file.absolute().as_uri())
        if reason := shown.get("errorText"):
            raise ProgramError(f"{html_file}: the browser cannot show it ({reason}); look whether the file is there")
        self._wire.wait_for(("Page.lifecycleEvent", self._session, shown["loaderId"], "load"))

    def resize(self, width: int) -> None:
        scale = self._view.scale
        self._ask("Emulation.setDeviceMetricsOverride", width=width, height=800, deviceScaleFactor=scale, mobile=False)

    def photograph(self) -> bytes:
        """The whole page as PNG, at most 12,000 CSS pixels high."""
        size = self._ask("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": self._view.width, "height": min(size["height"], _MOST_HEIGHT), "scale": 1}
        shot = self._ask("Page.captureScreenshot", format="png", captureBeyondViewport=True, clip=clip)
        return base64.b64decode(shot["data"])

    def run(self, script: str) -> Any:
        """The plain value of a JavaScript expression; one that takes time needs a page with scripts."""
        told = self._ask("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if wrong := told.get("exceptionDetails"):
            raise ProgramError(f"the script failed: {wrong.get('exception', {}).get('description', wrong['text'])}")
        return told["result"].get("value")

    def _ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        return self._wire.ask(method, self._session, **parameters)


def _environment(home: str) -> dict[str, str]:
    known = {name: os.environ[name] for name in _MAY_KNOW if name in os.environ}
    return known | {"HOME": home, "TMPDIR": home, "DBUS_SESSION_BUS_ADDRESS": "disabled:"}
