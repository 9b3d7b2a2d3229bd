"""What nobody should put into a weekly email, and somebody will: every case in a process of its own, measured.

Each runs as the office would have it run: collect, draft, check, approve, send one copy. What is promised is 5 seconds
and 300 MB; time is held to three times as much, for the machines that test are slow and shared.
"""

import json
import re
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from email import message_from_bytes, policy
from email.message import EmailMessage
from html import escape
from pathlib import Path
from typing import Any

import pytest

from publisher.actions.approving import approve_issue
from publisher.actions.collect import collect
from publisher.actions.editing import Wish, edit_issue
from publisher.actions.issues import draft_issue
from publisher.actions.reporting import check_issue
from publisher.actions.sending import send_issue
from publisher.digest.check.message import HEADERS
from publisher.errors import PublisherError
from tests.conftest import NOW, ROOT, article_file, opened, take_in

pytestmark = pytest.mark.long

SECONDS, MEGABYTES = 5, 300
PATIENCE = 8
"""Times as many seconds as on a quiet machine are waited for on a busy one."""
WEEK = "2026-W48"


# --- what the child does: this file is its program, too ---


def work(site: Path) -> dict[str, Any]:
    """The whole way of an issue, with the seconds of CPU of each step; an error of ours ends it."""
    told: dict[str, Any] = {"seconds": {}, "problems": [], "findings": [], "error": None}

    def step(name: str, do: Callable[[], Any]) -> Any:
        start = time.process_time()
        try:
            return do()
        finally:
            told["seconds"][name] = round(time.process_time() - start, 2)

    with opened(site) as app:
        letter = app.newsletter(None)
        try:
            problems = step("collect", lambda: collect(app)).problems
            told["problems"] = [f"{p.code}: {p.place}: {p.mend}" for p in problems[:50]]
            take_in(app, site / "people.csv")
            draft = step("draft", lambda: draft_issue(app, letter))
            told["carried"] = len(draft.issue.carried)
            report = step("check", lambda: check_issue(app, letter, WEEK, with_spam=False))
            told["findings"] = [(f.severity, f.code, f.place, f.mend) for f in report.findings[:100]]
            told["count"] = len(report.findings)
            why = "what is wrong with it is what is tested here"
            step("approve", lambda: approve_issue(app, letter, WEEK, who="ana", override=why))
            step("send", lambda: send_issue(app, letter, WEEK))
        except PublisherError as exc:
            told["error"] = str(exc)
    told["megabytes"] = peak()
    return told


def peak() -> int:
    """Of this process since it was started. What getrusage says includes the process that started it."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found
    return int(found[1]) // 1024


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
    resource.setrlimit(resource.RLIMIT_CPU, (PATIENCE * SECONDS + 5,) * 2)
    print(json.dumps([work(Path(site)) for site in sys.argv[1:]]))
    sys.exit()


# --- what the tests see of it ---


def run(*sites: Path) -> list[dict[str, Any]]:
    for site in sites:
        (site / "people.csv").write_text("address,name\nana@example.org,Ana\n")
    command = [sys.executable, "-m", "tests.flow.test_hostile_mail", *map(str, sites)]
    child = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert child.returncode == 0, child.stderr[-2000:]
    told: list[dict[str, Any]] = json.loads(child.stdout)
    return told


def mail(site: Path) -> EmailMessage:
    (file,) = (site / "outbox").rglob("*.eml")
    read = message_from_bytes(file.read_bytes(), policy=policy.default.clone(raise_on_defect=True))
    assert isinstance(read, EmailMessage)
    return read


def parts(read: EmailMessage) -> tuple[str, str]:
    """(the text part, on one line; the HTML part)"""
    bodies = [read.get_body((kind,)) for kind in ("plain", "html")]
    text, html = (body.get_content() for body in bodies if body)
    return " ".join(text.split()), html


def copied(site: Path, name: str) -> Path:
    return shutil.copytree(site, site.parent / name)


Planting = Callable[[Path], object]

SENTENCE = "The garden is open to all. There is a bench at every bend. "
MEGABYTE = 1_000_000


def article(body: str = SENTENCE, **fields: str) -> Planting:
    return lambda site: article_file(site, "one", **{"headline": "One", "date": "2026-11-20"} | fields, body=body)


def of(size: int, piece: str) -> str:
    return piece * (size // len(piece))


def pictures(line: str) -> Planting:
    return article(SENTENCE + "\n\n" + "\n\n".join(line.replace("N", str(number)) for number in range(10_000)))


def captured(line: str) -> Planting:
    def plant(site: Path) -> None:
        article()(site)
        (site / "content" / "pages" / "page.txt").write_text(of(20 * MEGABYTE, line))

    return plant


def week(**more: str) -> Planting:
    def plant(site: Path) -> None:
        for n in range(2000):
            article_file(
                site, f"n{n}", headline=f"Number {n} of the bay", date="2026-11-20", body=SENTENCE * 10, **more
            )

    return plant


LARGE = {
    "nothing strange": article(),
    "a text of 20 MB": article(of(20 * MEGABYTE, SENTENCE.strip() + "\n\n")),
    "a text of 20 MB in one paragraph": article(of(20 * MEGABYTE, SENTENCE)),
    "20 MB of small pictures": article(of(5 * MEGABYTE, "\N{TULIP}") + SENTENCE),
    "20 MB of HTML": article(of(20 * MEGABYTE, "<p>The garden <b>is</b> open.</p>\n")),
    "20 MB of elements in each other": article(SENTENCE + of(20 * MEGABYTE, "<b>")),
    "20 MB of brackets": article(of(20 * MEGABYTE, "![")),
    "20 MB of list items": article(of(20 * MEGABYTE, "- a\n")),
    "a summary of 20 MB": article(summary=of(20 * MEGABYTE, "x")),
    "a headline of 20 MB": article(headline=of(20 * MEGABYTE, "word ")),
    "10,000 pictures that are not there": pictures("![Picture N](../images/nN.jpg)"),
    "10,000 times the same picture": pictures("![Picture N](../images/lighthouse.jpg)"),
    "a captured page of 20 MB": captured("Heart\n"),
    "2,000 articles with one picture": week(image="{file: ../images/lighthouse.jpg, alt: The lighthouse}"),
}


@pytest.mark.parametrize("plant", LARGE.values(), ids=LARGE)
def test_whatever_is_too_much_is_dealt_with_in_time(site: Path, plant: Planting) -> None:
    plant(site)
    (told,) = run(site)
    assert told["error"] is None, told
    assert sum(told["seconds"].values()) < PATIENCE * SECONDS, told["seconds"]
    assert told["megabytes"] < MEGABYTES
    read = mail(site)
    assert read.keys() == list(HEADERS)
    if told["carried"] == 1:
        text, _ = parts(read)
        assert told["problems"] or any(word in text for word in ("word", "garden", "xxx")), "it was lost, unsaid"


TITLES = {
    "=?utf-8?q?x=0D=0ABcc:_v@evil.example=0D=0A=0D=0AHi?=": "strange-characters",
    "=?iso-8859-1?b?DQpCY2M6IHZAZXZpbC5leGFtcGxlDQo=?= to all": "strange-characters",
    "Half of =? an encoded ?= word": None,
    "What is {{7*7}} and {{ t.email }}?": "placeholder",
    "Loops {% for x in y %} and ${7*7}": "placeholder",
    "<script>alert(1)</script> & <b>bold</b>": None,
    "Quotes \" and ' and \\ and `": None,
    "Bcc: v@evil.example": None,
    "ZQ0123456789GREETINGQZ is how a token looks": None,
    "&#13;&#10;Bcc: v@evil.example &lt;b&gt;": None,
}


def test_a_title_is_shown_as_it_was_written_and_never_does_anything(site: Path) -> None:
    sites = [copied(site, f"site-{number}") for number in range(len(TITLES))]
    for one, title in zip(sites, TITLES, strict=True):
        article_file(one, "one", headline=json.dumps(title), date="2026-11-20", summary=json.dumps(title))
    for one, (title, code), told in zip(sites, TITLES.items(), run(*sites), strict=True):
        assert told["error"] is None and told["problems"] == [], told
        found = {finding[1] for finding in told["findings"]}
        assert found - {"subject-strange"} == ({code} if code else set()), title
        read = mail(one)
        assert read.keys() == list(HEADERS)
        assert " ".join(read["Subject"].split()) == f"Health Weekly: {title}"
        text, html = parts(read)
        assert title.upper() in text and title in text
        assert escape(title, quote=False) in unescaped_references(html)
        assert "49" not in re.sub(r"<https:\S+>", "", text) and "<script" not in html


def unescaped_references(document: str) -> str:
    """HTML with quotation marks as they are, which may be written in several ways."""
    return document.replace("&#34;", '"').replace("&#39;", "'").replace("&quot;", '"')


CUT = {
    "One line\r\nBcc: v@evil.example": "One line Bcc: v@evil.example",
    "One line\u2028and another\u2029end": "One line and another end",
    "Open \u202egnp.exe\u202c now": "Open gnp.exe now",
    "A bell\x07 and\x00 nothing": "A bell and nothing",
    "\ufeffFirst of \u2066all\u2069": "First of all",
}


def test_what_could_mislead_is_taken_out_of_a_title_and_told(site: Path) -> None:
    sites = [copied(site, f"site-{number}") for number in range(len(CUT))]
    for one, title in zip(sites, CUT, strict=True):
        article_file(one, "one", headline=json.dumps(title), date="2026-11-20")
    for one, shown, told in zip(sites, CUT.values(), run(*sites), strict=True):
        assert told["error"] is None
        read = mail(one)
        assert read.keys() == list(HEADERS)
        assert read["Subject"] == f"Health Weekly: {shown}"
        text, html = parts(read)
        assert shown.upper() in text and shown in html
        assert [problem.split(":")[0] for problem in told["problems"]] == ["characters-removed"]


# --- templates and the text that is put into them ---


@pytest.mark.parametrize(
    ("name", "line", "said"),
    [
        ("digest.html.j2", "{{ subjet }}", "'subjet' is undefined"),
        ("digest.txt.j2", "{{ subjet }}", "'subjet' is undefined"),
        ("_teaser.html.j2", "{{ item.headlin }}", "'dict object' has no attribute 'headlin'"),
        ("inline.css.j2", ".a{color:{{ palette.blue }}}", "'dict object' has no attribute 'blue'"),
        ("head.css.j2", "{% if %}", "Expected an expression, got 'end of statement block'"),
        ("digest.html.j2", "{{ subject|shout }}", "No filter named 'shout'."),
        ("_lead.html.j2", "{% include 'email/_gone.html.j2' %}", 'template "email/_gone.html.j2" is in none of'),
    ],
)
def test_a_template_that_asks_for_what_is_not_there_is_one_line(site: Path, name: str, line: str, said: str) -> None:
    for number in (1, 2):
        article_file(site, f"n{number}", headline=f"Number {number}", date="2026-11-20")
    own = site / "templates" / "email" / name
    own.parent.mkdir(parents=True)
    shipped = (ROOT / "templates" / "email" / name).read_text().split("\n")
    own.write_text("\n".join([*shipped[:6], line, *shipped[6:]]))
    command = [sys.executable, "-m", "publisher.cli"]
    now = ["--now", NOW.isoformat(), "--site", str(site)]
    subprocess.run([*command, "collect", *now], cwd=ROOT, check=True, capture_output=True, timeout=60)
    draft = subprocess.run([*command, "issue", "draft", *now], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert (draft.returncode, draft.stdout) == (1, "")
    (told,) = draft.stderr.splitlines()
    assert said in told
    assert f"templates/email/{name}:7: " in told or "_gone" in told


CODE = "{{ 7*7 }}{% if x %}{{ t.email }}"


def test_what_the_office_writes_is_never_compiled(site: Path) -> None:
    code = json.dumps(CODE)
    article_file(
        site, "one", headline=code, summary=code, date="2026-11-20", correction=code, authors=f"[{code}]",
        image=f"{{file: ../images/lighthouse.jpg, alt: {code}, caption: {code}}}", body=CODE, topics="[heart]",
    )  # fmt: skip
    article_file(site, "two", headline=code, summary=code, date="2026-11-19", body=CODE)
    event = f"kind: event\nheadline: {code}\nplace: {code}\nsummary: {code}\nstart: 2026-12-01T09:00"
    (site / "content" / "events" / "one.md").write_text(f"---\n{event}\n---\n")
    toml = (site / "publisher.toml").read_text()
    for key in ("title", "tagline", "intro", "reason", "footer_note"):
        toml = re.sub(rf"(?m)^{key} = .*$", f"{key} = '{CODE}'", toml)
    toml = re.sub(r"(?m)^notice = .*$", f"notice = {{ title = '{CODE}', text = '{CODE}' }}", toml)
    toml = re.sub(r"(?m)^name = \"Alder Bay Hospital\"$", f"name = '{CODE}'", toml)
    toml = toml.replace('"1200 Harbour Road"', f"'{CODE}'")
    (site / "publisher.toml").write_text(toml)
    with opened(site) as app:
        letter = app.newsletter(None)
        assert collect(app).problems == []
        draft_issue(app, letter)
        texts = dict.fromkeys(("subject", "preheader", "note"), CODE)
        edition = edit_issue(app, letter, WEEK, Wish(texts=texts), who="ana").editions[0]
        assert app.config.newsletter[0].title == CODE
    for part, most in ((edition.html, 19), (" ".join(edition.text.split()), 16)):
        told = part.replace("&nbsp;", " ")
        assert told.upper().count(CODE.upper()) >= most
    for told in (edition.subject, edition.preheader, edition.title):
        assert told == CODE
