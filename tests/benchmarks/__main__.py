"""`make bench`: measures what the project promises and prints it beside its limit. It judges nothing: machines differ.

Whole-process figures are medians of fresh processes; in-process ones are taken after imports and one warm-up.
"""

import subprocess
import sys
import tempfile
from datetime import timedelta
from itertools import chain
from pathlib import Path

from publisher.actions.approving import approve_issue
from publisher.actions.collect import collect
from publisher.actions.feeds import build_feeds
from publisher.actions.issues import draft_issue
from publisher.actions.sending import send_issue
from publisher.actions.sites import SAMPLE_NOW, init_site
from publisher.app import App
from publisher.config import load
from publisher.delivery.compose import Composer
from publisher.digest import inline
from publisher.records import Delivery
from tests.benchmarks import delivery, feeds, feeds_in, issues, subscribers, wordpress
from tests.benchmarks.timing import RUNS, median, timed
from tests.conftest import KEYS, article_file, take_in

PEOPLE = 2_000
MESSAGES = 5_000


def main() -> None:
    print(f"{'what':<60} {'measured':>12} {'limit':>14}")
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        for name, measured, limit in chain(
            whole_processes(place),
            in_process(place),
            issues.figures(place / "issues"),
            subscribers.figures(place / "subscribers"),
            feeds.figures(place / "feeds"),
            feeds_in.figures(place / "feeds-in"),
            wordpress.figures(place / "wordpress"),
            delivery.figures(place / "delivery"),
        ):
            print(f"{name:<60} {measured:>12} {limit:>14}", flush=True)


def whole_processes(folder: Path) -> list[tuple[str, str, str]]:
    publisher = [sys.executable, "-m", "publisher.cli"]
    nothing = median(lambda _: run([sys.executable, "-c", "pass"]))
    helped = median(lambda _: run([*publisher, "--help"]))
    shown = median(lambda n: run([*publisher, "demo", str(folder / f"demo-{n}")]))
    return [
        ("python -c pass (for comparison)", f"{nothing:.3f} s", ""),
        ("publisher --help", f"{helped:.3f} s", "0.25 s"),
        ("publisher demo, in a new folder", f"{shown:.2f} s", "5 s"),
    ]


def in_process(folder: Path) -> list[tuple[str, str, str]]:
    app = site_of_twenty(folder / "twenty")
    newsletter = app.newsletter(None)
    draft_issue(app, newsletter)
    calls = counted_inlining()
    drafted = median(lambda _: timed(lambda: draft_issue(app, newsletter)))
    each = len(calls) / RUNS
    draft = approve_issue(app, newsletter, "2026-W48", who="bench")
    assert draft.edition and len(draft.issue.carried) == 20
    composer = Composer(draft.editions, "health-weekly/2026-W48", "health-weekly", app.signing_links, b"m" * 32)
    people = [
        Delivery(issue=1, subscriber=n, public_id=f"{n:032x}", address=f"r{n}@example.org", name="Ana", state="claimed")
        for n in range(MESSAGES)
    ]
    composing = median(lambda _: timed(lambda: compose_all(composer, people))) / MESSAGES
    sending = timed(lambda: send_issue(app, newsletter, "2026-W48"))
    building = median(lambda _: timed(lambda: build_feeds(app)))
    return [
        ("drafting an issue of 20 articles", f"{drafted:.3f} s", "0.5 s"),
        ("  premailer runs for each draft, in two languages", f"{each:g}", "2"),
        (
            f"composing one message ({len(composer.message(people[0])) // 1024} KB)",
            f"{composing * 1e3:.4f} ms",
            "0.1 ms",
        ),
        (f"sending to {PEOPLE} as files, with the ledger", f"{PEOPLE / sending:.0f} /s", ""),
        ("building all feeds again, nothing changed", f"{building:.3f} s", ""),
    ]


def compose_all(composer: Composer, people: list[Delivery]) -> None:
    for one in people:
        composer.message(one)


def site_of_twenty(folder: Path) -> App:
    """A site whose issue of this week carries twenty articles, and many subscribers."""
    init_site(folder, with_sample=True, now=SAMPLE_NOW)
    toml = folder / "publisher.toml"
    toml.write_text(toml.read_text().replace("most = 12", "most = 20"))
    for old in (folder / "content" / "articles").glob("*.md"):
        old.unlink()
    for number in range(25):
        article_file(
            folder,
            f"story-{number}",
            headline=f"Story number {number} of this week's issue",
            date=(SAMPLE_NOW - timedelta(hours=number + 1)).isoformat(),
            topics="[heart, sleep]",
            image="{file: ../images/day-sleep.jpg, alt: A bed by day}",
            body="\n\n".join(["A paragraph of plain words that says what happened and to whom. " * 6] * 6),
        )
    people = folder / "people.csv"
    people.write_text("address,name\n" + "".join(f"reader{n}@example.org,Reader {n}\n" for n in range(PEOPLE)))
    app = App(load(folder), clock=lambda: SAMPLE_NOW, keys=KEYS)
    collect(app, ["articles"])
    take_in(app, people)
    return app


def counted_inlining() -> list[int]:
    """Counts the runs of premailer from now on."""
    calls: list[int] = []
    real = inline.Premailer.transform

    def counting(*args: object, **more: object) -> object:
        calls.append(1)
        return real(*args, **more)

    inline.Premailer.transform = counting
    return calls


def run(command: list[str]) -> float:
    return timed(lambda: subprocess.run(command, check=True, capture_output=True))


if __name__ == "__main__":
    main()
