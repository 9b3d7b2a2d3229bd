"""Programs that follow every link in a mail, and forms that come twice, late, together or from strangers.

Each leaves all tables as they were, or changes them once.
"""

import html
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from publisher.browser import find
from tests.web.conftest import FORM, House, at_once, served

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def asked(house: House) -> str:
    """A request that waits for its confirmation; its link."""
    return _asked(house)


def _asked(house: House) -> str:
    before = {row[0] for row in house.dump()["request"]}
    house.send("subscribe", {"address": f"scanned-{len(before)}@example.org", "newsletter": "research"})
    (public_id,) = {str(row[0]) for row in house.dump()["request"]} - before
    return house.link("confirm", public_id)


@pytest.fixture
def links(house: House, asked: str) -> list[str]:
    """Every kind of personal link, of somebody who has them all."""
    public_id = house.person().public_id
    return [
        asked,
        house.link("preferences", public_id),
        house.link("unsubscribe", public_id),
        house.link("unsubscribe", public_id, "research"),
    ]


def test_a_storm_of_gets_on_every_personal_link_changes_nothing(house: House, links: list[str]) -> None:
    before = house.dump()
    for link in links:
        assert {answer.status for answer in at_once(*[lambda link=link: house.ask(link)] * 20)} == {200}
    assert house.dump() == before


def test_head_changes_nothing_and_has_the_headers_of_get(house: House, links: list[str]) -> None:
    before = house.dump()
    for link in links:
        get, head = house.ask(link), house.ask(link, "HEAD")
        assert (head.status, head.bare_headers, head.body) == (200, get.bare_headers, b"")
    assert house.dump() == before


@contextmanager
def page_that_fetches(urls: list[str]) -> Iterator[str]:
    """A page as a scanner's: it prefetches, frames, and asks for every link by script, as a browser may."""
    frames = "".join(
        f'<link rel="prefetch" href="{url}"><iframe src="{url}"></iframe><img src="{url}" alt="">' for url in urls
    )
    script = f"""
        <script>(async () => {{
          for (const url of {urls!r})
            for (const method of ["GET", "HEAD"]) await fetch(url, {{method, mode: "no-cors"}}).catch(() => 0);
          document.title = "all fetched";
        }})();</script>"""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(f"<!doctype html><title>scanning</title>{frames}{script}".encode())

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/"
    finally:
        server.shutdown()
        thread.join(20)
        server.server_close()


def seen_by_chromium(url: str, profile: Path) -> str:
    """The page as a real browser has it once its scripts have run."""
    program = find()
    if not program:
        pytest.skip("Chromium is not installed: apt-get install chromium")
    flags = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run")
    command = [program, *flags, f"--user-data-dir={profile}", "--virtual-time-budget=5000", "--dump-dom", url]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout


def test_a_real_browser_that_runs_scripts_and_prefetches_changes_nothing(
    house: House, links: list[str], tmp_path: Path
) -> None:
    before = house.dump()
    urls = [f"{house.url}{link}" for link in links]
    for number, url in enumerate(urls):
        assert "<button" in seen_by_chromium(url, tmp_path / str(number))
    with page_that_fetches(urls) as scanner:
        assert "<title>all fetched</title>" in seen_by_chromium(scanner, tmp_path / "scanner")
    assert house.dump() == before


@pytest.mark.parametrize(
    "query",
    ["leave=everything", "confirm=yes", "List-Unsubscribe=One-Click", "revision=0&newsletter=research", "_method=POST",
     "%00", "=&=&", "a=" + "x" * 8000, "%ff=%ff", "token=x#leave"],
    ids=lambda query: query[:30],
)  # fmt: skip
def test_a_get_with_odd_query_strings_changes_nothing(house: House, links: list[str], query: str) -> None:
    before = house.dump()
    for link in links:
        assert house.ask(f"{link}?{query}").body == house.ask(link).body
    assert house.dump() == before


@pytest.mark.parametrize("method", ["OPTIONS", "PUT", "DELETE", "PATCH", "TRACE", "PROPFIND", "UNSUBSCRIBE"])
def test_other_methods_are_refused(house: House, links: list[str], method: str) -> None:
    before = house.dump()
    for link in [*links, "subscribe"]:
        answer = house.ask(link, method, b"leave=everything&confirm=yes", {"Content-Type": FORM})
        assert answer.status in (400, 405)
    assert house.dump() == before


def test_a_method_written_into_a_header_is_not_believed(house: House, links: list[str]) -> None:
    before = house.dump()
    for link in links:
        assert house.ask(link, headers={"X-HTTP-Method-Override": "POST"}).status == 200
    assert house.dump() == before


def test_a_post_without_a_body_changes_nothing(house: House, links: list[str]) -> None:
    before = house.dump()
    for link in links:
        assert house.ask(link, "POST").status in (409, 422)
        assert house.ask(link, "POST", b"", {"Content-Type": FORM}).status in (409, 422)
    assert house.dump() == before


def test_a_post_with_foreign_fields_changes_nothing(house: House, links: list[str]) -> None:
    before = house.dump()
    for link in links:
        sent = {"action": "unsubscribe", "email": "x@example.org", "csrf": "1", "confirmed": "yes"}
        assert house.send(link, sent).status in (409, 422)
    assert house.dump() == before


def test_a_one_click_sent_again_after_leaving_changes_nothing(house: House) -> None:
    link = house.link("unsubscribe", house.person().public_id)
    house.send(link, ONE_CLICK)
    before = house.dump()
    for _ in range(3):
        assert house.send(link, ONE_CLICK).status == 200
    assert house.dump() == before


def test_a_one_click_after_coming_back_leaves_again_for_a_link_never_ends(house: House) -> None:
    address = "comes-back@example.org"
    person = house.person(address)
    link = house.link("unsubscribe", person.public_id)
    house.send(link, ONE_CLICK)
    house.send("subscribe", {"address": address, "newsletter": ["health-weekly", "research"]})
    house.send(house.link("confirm", house.request_of(address)), {"confirm": "yes"})
    assert house.now(person).state == "active"
    assert house.send(link, ONE_CLICK).status == 200
    assert house.now(person).state == "left"


def test_an_old_form_of_preferences_does_not_bring_anybody_back(house: House) -> None:
    person = house.person()
    path = house.link("preferences", person.public_id)
    form = {"revision": house.ask(path).field("revision"), "newsletter": ["health-weekly", "research"]}
    house.send(house.link("unsubscribe", person.public_id, "research"), ONE_CLICK)
    before = house.dump()
    assert house.send(path, form).status == 409
    assert house.dump() == before


def test_a_used_confirmation_sent_again_does_not_undo_leaving(house: House, asked: str) -> None:
    done = house.send(asked, {"confirm": "yes"})
    preferences = re.search(r"preferences/[\w.-]+", done.body.decode())
    assert preferences
    left = re.search(r"unsubscribe/[\w.-]+", house.ask(preferences[0]).body.decode())
    assert left
    house.send(left[0], {"leave": "everything"})
    before = house.dump()
    for _ in range(3):
        assert "already" in house.send(asked, {"confirm": "yes"}).text
    assert house.dump() == before
    assert "You are not subscribed" in house.ask(preferences[0]).text


def test_twenty_one_clicks_at_once_leave_once(house: House) -> None:
    person = house.person()
    link = house.link("unsubscribe", person.public_id)
    answers = at_once(*[lambda: house.send(link, ONE_CLICK)] * 20)
    assert {answer.status for answer in answers} == {200}
    assert house.now(person).state == "left" and house.now(person).revision == person.revision + 1
    assert len([row for row in house.dump()["consent"] if row[1] == person.id]) == 1


def test_one_click_and_preferences_at_once_never_keep_anybody(house: House) -> None:
    for _ in range(5):
        person = house.person()
        path = house.link("preferences", person.public_id)
        form = {"revision": house.ask(path).field("revision"), "newsletter": "research", "topic": "heart"}
        leave = house.link("unsubscribe", person.public_id)
        saved, left = at_once(lambda p=path, f=form: house.send(p, f), lambda p=leave: house.send(p, ONE_CLICK))
        assert (left.status, saved.status in (200, 409)) == (200, True)
        assert house.now(person).state == "left"


def test_confirmations_at_once_make_one_subscriber(house: House, asked: str) -> None:
    before = house.dump()
    answers = at_once(*[lambda: house.send(asked, {"confirm": "yes"})] * 10)
    assert {answer.status for answer in answers} == {200}
    assert sum("You are subscribed" in answer.text for answer in answers) == 1
    after = house.dump()
    assert (len(after["subscriber"]) - len(before["subscriber"]), len(after["consent"]) - len(before["consent"])) == (
        1,
        1,
    )


def test_a_forged_altered_shortened_or_borrowed_token_changes_nothing(house: House, links: list[str]) -> None:
    other = house.person().public_id
    wrong = []
    for link in links:
        purpose, _, token = link.partition("/")
        key, public_id, mac = token.split(".")
        wrong += [
            f"{purpose}/{key}.{other}.{mac}",
            f"{purpose}/{key}.{public_id}.{mac[::-1]}",
            f"{purpose}/{key}.{public_id}.{mac[:-1]}",
            f"{purpose}/{key}.{public_id}",
            f"{purpose}/9.{public_id}.{mac}",
            f"{purpose}/{key}.{public_id}.",
            f"{purpose}/{token}.{mac}",
            f"{purpose}/{key}.{public_id}.{'A' * 22}",
        ]
        wrong += [f"{p}/{token}" for p in ("confirm", "preferences", "unsubscribe") if p != purpose]
    before = house.dump()
    form = {"confirm": "yes", "leave": "everything", "revision": "0", "newsletter": "research", **ONE_CLICK}
    assert {house.send(path, form).status for path in wrong} == {404}
    assert {house.ask(path).status for path in wrong} == {404}
    assert house.dump() == before


def test_with_the_path_of_the_site_and_without_it_the_links_work_alike(tmp_path: Path) -> None:
    def settings(text: str) -> str:
        return text.replace("https://news.alderbay.example", "https://www.alderbay.example/news")

    with served(tmp_path, settings) as house:
        for prefix in ("", "news/"):
            asked, person = _asked(house), house.person()
            assert house.ask(f"{prefix}subscribe").status == 200
            assert (
                "https://www.alderbay.example/news/preferences/"
                in house.send(f"{prefix}{asked}", {"confirm": "yes"}).body.decode()
            )
            form = {"revision": "0", "newsletter": "research"}
            path = house.link("preferences", person.public_id)
            assert house.send(f"{prefix}{path}", form).status == 200
            leave = house.link("unsubscribe", person.public_id)
            assert house.send(f"{prefix}{leave}", ONE_CLICK).status == 200
            assert house.now(person).state == "left"
            assert house.ask(f"{prefix}{leave}/").status == 404


def test_no_page_or_line_of_the_log_names_anybody(house: House, links: list[str]) -> None:
    for link in links:
        page = html.unescape(house.ask(link).body.decode())
        assert not re.search(r"[\w.-]+@example\.org", page.replace("name@example.org", ""))
    log = house.log.read_text()
    assert "@" not in log and not any(link.partition("/")[2] in log for link in links)
