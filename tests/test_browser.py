"""Chromium shows what we made, each way a mail program would, and never reaches anyone, whatever the page asks for."""

import io
import os
import select
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from PIL import Image

from publisher.browser import VIEWS, Browser, View, find
from publisher.errors import ProgramError
from tests.conftest import ROOT

RED, WHITE, BLACK = (255, 0, 0), (255, 255, 255), (0, 0, 0)
SMALL = View(width=300, scale=1)


@pytest.fixture(scope="module")
def chromium() -> Path:
    program = find()
    if not program:
        pytest.skip("Chromium is not installed: apt-get install chromium")
    return program


@pytest.fixture(scope="module")
def browser(chromium: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Knows https://pictures.example/ as a folder with red.png in it, beside a file that is nobody's business."""
    folder = tmp_path_factory.mktemp("pictures")
    for path in (folder / "public" / "red.png", folder / "secret.png"):
        path.parent.mkdir(exist_ok=True)
        Image.new("RGB", (50, 50), RED).save(path)
    with Browser(chromium, local={"https://pictures.example/": folder / "public"}) as opened:
        yield opened


@pytest.fixture
def homes(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where the browser's temporary folders are made in this test; near the root, as Chromium's sockets want it."""
    with tempfile.TemporaryDirectory(prefix="homes-", ignore_cleanup_errors=True) as folder:
        monkeypatch.setattr(tempfile, "tempdir", folder)
        yield Path(folder)


def written(folder: Path, body: str, style: str = "") -> Path:
    page = folder / "page.html"
    page.write_text(f"<!DOCTYPE html><style>body{{margin:0}}{style}</style>{body}", encoding="utf-8")
    return page


def program(folder: Path, script: str) -> Path:
    path = folder / "browser"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def photograph(browser: Browser, page: Path, view: View = SMALL) -> Image.Image:
    return Image.open(io.BytesIO(browser.photograph(page, view))).convert("RGB")


def colour(picture: Image.Image, x: int = 10, y: int = 10) -> tuple[int, ...]:
    found = picture.getpixel((x, y))
    assert isinstance(found, tuple)
    return found


def is_gone(pid: int) -> bool:
    try:
        process = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([process], [], [], 10)[0])
    finally:
        os.close(process)


def test_a_machine_without_chromium_is_told_by_a_value(tmp_path: Path) -> None:
    assert find({"PATH": str(tmp_path)}) is None


def test_the_first_known_name_on_the_path_is_taken(tmp_path: Path) -> None:
    chosen = program(tmp_path, "exit").rename(tmp_path / "google-chrome")
    assert find({"PATH": f"/nowhere:{tmp_path}"}) == chosen


def test_the_administrator_can_name_another_browser_or_none(tmp_path: Path) -> None:
    other = program(tmp_path, "exit")
    assert find({"PATH": os.defpath, "PUBLISHER_BROWSER": str(other)}) == other
    assert find({"PATH": os.environ["PATH"], "PUBLISHER_BROWSER": ""}) is None


def test_a_named_browser_that_is_no_program_is_one_clear_line() -> None:
    with pytest.raises(ProgramError) as told:
        find({"PATH": os.defpath, "PUBLISHER_BROWSER": "/opt/chrom"})
    assert str(told.value) == 'PUBLISHER_BROWSER is "/opt/chrom", which is no program here; name another or unset it'


def test_a_photograph_shows_the_whole_page_at_the_width_of_the_view(browser: Browser, tmp_path: Path) -> None:
    page = written(tmp_path, "<div style='height:3000px'></div><div style='height:40px;background:#f00'></div>")
    picture = photograph(browser, page, View(width=375, scale=2))
    assert picture.size == (750, 6080)
    assert colour(picture, 700, 6070) == RED


def test_a_page_without_end_is_photographed_down_to_a_limit(browser: Browser, tmp_path: Path) -> None:
    page = written(tmp_path, "<div style='height:11990px'></div><div style='height:900000px;background:#f00'></div>")
    picture = photograph(browser, page, View(width=375, scale=2))
    assert picture.size == (750, 24_000)
    assert (colour(picture, 10, 23_970), colour(picture, 10, 23_990)) == (WHITE, RED)


def test_the_dark_view_shows_the_pages_own_dark_colours(browser: Browser, tmp_path: Path) -> None:
    page = written(tmp_path, "", style="@media (prefers-color-scheme:dark){body{background:#f00}}")
    assert [colour(photograph(browser, page, VIEWS[name])) for name in ("desktop", "dark", "mobile-dark")] == [
        WHITE,
        RED,
        RED,
    ]


def test_the_forced_dark_view_darkens_a_light_page_that_has_dark_colours_of_its_own(
    browser: Browser, tmp_path: Path
) -> None:
    style = (
        ":root{color-scheme:light dark}body{background:#fff}@media (prefers-color-scheme:dark){body{background:red}}"
    )
    page = written(tmp_path, "Hello", style=style)
    red, green, blue = colour(photograph(browser, page, VIEWS["forced-dark"]))
    assert red == green == blue < 60


def test_pictures_of_the_site_are_shown_under_their_public_address(browser: Browser, tmp_path: Path) -> None:
    page = written(tmp_path, "<img src='https://pictures.example/red.png' alt=''>")
    assert colour(photograph(browser, page)) == RED


def test_the_view_without_images_shows_none(browser: Browser, tmp_path: Path) -> None:
    page = written(tmp_path, "<img src='https://pictures.example/red.png' width=50 height=50 alt='a'>")
    assert colour(photograph(browser, page, VIEWS["images-off"]), 60, 60) == WHITE


def test_no_address_leads_out_of_the_folder_of_pictures(browser: Browser, tmp_path: Path) -> None:
    for way in ("..%2fsecret.png", "%2e%2e/secret.png", "x/..%2f..%2fsecret.png"):
        page = written(tmp_path, f"<img src='https://pictures.example/{way}' alt=''>")
        assert colour(photograph(browser, page)) == WHITE


def test_the_scripts_of_a_page_do_not_run(browser: Browser, tmp_path: Path) -> None:
    page = written(
        tmp_path, "<script>document.body.style.background='#f00'</script><img src=x: onerror='body.remove()'>"
    )
    assert colour(photograph(browser, page), 250, 250) == WHITE


def test_our_own_question_is_answered_where_the_pages_scripts_are_off(browser: Browser, tmp_path: Path) -> None:
    with browser.page(written(tmp_path, "<p>One<p>Two"), SMALL) as page:
        assert page.run("document.querySelectorAll('p').length") == 2
        with pytest.raises(ProgramError, match="the script failed: TypeError"):
            page.run("null.length")


def test_nothing_that_a_page_asks_for_reaches_a_server(browser: Browser, tmp_path: Path) -> None:
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        there = f"http://127.0.0.1:{server.server_address[1]}"
        page = written(
            tmp_path,
            f"<meta http-equiv=refresh content='0;url={there}/refresh'><link rel=stylesheet href='{there}/css'>"
            f"<link rel=preconnect href='{there}'><link rel=prefetch href='{there}/prefetch'>"
            f"<img src='{there}/img' srcset='{there}/2x 2x'><iframe src='{there}/frame'></iframe>"
            f"<video src='{there}/video' autoplay></video><object data='{there}/object'></object>",
            style=f"@import '{there}/import'; body{{background:#f00 url({there}/background)}}",
        )
        # Pictures take their time: what was to be fetched has been asked for when the second is made.
        assert [colour(photograph(browser, page), 290, 5) for _ in range(2)] == [RED, RED]
        server.shutdown()
    assert asked == []


def test_a_file_that_is_not_there_is_one_clear_line(browser: Browser, tmp_path: Path) -> None:
    with pytest.raises(ProgramError, match=r"gone\.html: the browser cannot show it \(net::ERR_FILE_NOT_FOUND\)"):
        browser.photograph(tmp_path / "gone.html", SMALL)


def test_a_browser_that_never_answers_is_ended_in_time(tmp_path: Path, homes: Path) -> None:
    silent = program(tmp_path, f"echo $$ > {tmp_path}/pid; sleep 600 & wait")
    with pytest.raises(ProgramError, match="gave no answer in time and was ended; try again, or do without"):
        Browser(silent, seconds=1).__enter__()
    assert is_gone(int((tmp_path / "pid").read_text()))
    assert list(homes.iterdir()) == []


def test_a_browser_that_ends_by_itself_is_quoted(tmp_path: Path, homes: Path) -> None:
    broken = program(tmp_path, "echo 'no such library: libnss3.so' >&2; exit 127")
    with pytest.raises(ProgramError, match=r"it ended by itself \(no such library: libnss3\.so\)"):
        Browser(broken).__enter__()
    assert list(homes.iterdir()) == []


def test_a_program_that_is_no_browser_is_one_clear_line(tmp_path: Path, homes: Path) -> None:
    other = program(tmp_path, r"printf 'hello\0' >&4; exec sleep 600")
    with pytest.raises(ProgramError, match="it does not talk as Chromium does; name another browser"):
        Browser(other).__enter__()
    assert list(homes.iterdir()) == []


def test_where_nothing_can_be_written_it_is_one_clear_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
    with pytest.raises(ProgramError, match=r"it cannot be started \(No such file or directory\)"):
        Browser(program(tmp_path, "exit")).__enter__()


def test_where_no_sandbox_can_be_built_it_starts_without(
    chromium: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    strict = program(
        tmp_path,
        f'case "$*" in *--no-sandbox*) exec {chromium} "$@";; *) echo "FATAL: No usable sandbox!" >&2; exit 1;; esac',
    )
    with Browser(strict) as started:
        assert colour(photograph(started, written(tmp_path, "", style="body{background:#f00}"))) == RED


def test_it_learns_no_password_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PUBLISHER_SMTP_PASSWORD", "s3cret")
    curious = program(tmp_path, f"env > {tmp_path}/environment")
    with pytest.raises(ProgramError, match="ended by itself"):
        Browser(curious).__enter__()
    told = (tmp_path / "environment").read_text()
    assert "PATH=" in told
    assert "s3cret" not in told


def test_nothing_is_left_of_it_afterwards(chromium: Path, tmp_path: Path, homes: Path) -> None:
    with Browser(chromium) as started:
        photograph(started, written(tmp_path, "Hello"))
        assert len(list(homes.iterdir())) == 1
    assert list(homes.iterdir()) == []


def test_it_ends_when_we_are_killed(chromium: Path, tmp_path: Path, homes: Path) -> None:
    noting = program(tmp_path, f'echo $$ > {tmp_path}/pid; exec {chromium} "$@"')
    code = (
        "import sys; from pathlib import Path; from publisher.browser import Browser\n"
        "with Browser(Path(sys.argv[1])): print('open', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(noting)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
        env=os.environ | {"TMPDIR": str(homes)},
    ) as ours:
        assert ours.stdout
        assert ours.stdout.readline() == b"open\n"
        ours.send_signal(signal.SIGKILL)
        ours.wait(10)
    assert is_gone(int((tmp_path / "pid").read_text()))
