"""The command line as people use it: what it prints, what it says when something is wrong, and its exit codes."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from publisher.cli import cli, main
from tests.conftest import ROOT, article_file

NOW = "2026-11-23T15:00:00Z"
REAL = ROOT.parent / "shared" / "pages" / "000_0a8622da0bad2308.txt"


def commands(group: click.Group = cli, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))
        else:
            yield (*path, name), command


def publisher(*words: str | Path, code: int = 0) -> Result:
    """Run through `main`, whose errors are one line and an exit code."""
    runner = CliRunner()

    @click.command(context_settings={"ignore_unknown_options": True, "help_option_names": []})
    @click.argument("words", nargs=-1, type=click.UNPROCESSED)
    def through_main(words: tuple[str, ...]) -> None:
        main(list(words))

    result = runner.invoke(through_main, ["--", *map(str, words)])
    assert result.exit_code == code, result.output
    assert "Traceback" not in result.output
    return result


def told(*words: str | Path, code: int = 0):  # type: ignore[no-untyped-def]
    return json.loads(publisher(*words, "--json", code=code).stdout)


def test_every_command_takes_json_and_now_and_explains_each_option() -> None:
    seen = dict(commands())
    assert len(seen) == 63
    for path, command in seen.items():
        assert command.help, path
        options = {option for p in command.params for option in p.opts}
        assert {"--json", "--now", "--site"} <= options, path
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                assert parameter.help, (path, parameter.name)


def test_the_reference_is_what_the_commands_say_of_themselves(golden: Callable[[Path, bytes], None]) -> None:
    parts = ["# Commands\n\nWritten from the program itself: `pytest --rewrite tests/cli`.\n"]
    for path, command in commands():
        name = f"publisher {' '.join(path)}"
        # As the program itself asks: a command remembers the names of its help option from whoever asks first.
        asked = click.Context(
            command, info_name=name, terminal_width=100, max_content_width=100, help_option_names=["-h", "--help"]
        )
        shown = command.get_help(asked)
        parts.append(f"## {name}\n\n```text\n{shown}\n```\n")
    golden(ROOT / "docs" / "commands.md", "\n".join(parts).encode())


def test_the_feed_rules_are_all_in_the_documentation(golden: Callable[[Path, bytes], None]) -> None:
    from publisher.actions.checking import RULES as OF_SERVERS
    from publisher.feeds.lint.rules import ERRORS, NOTES, WARNINGS

    parts = ["# Feed rules\n\nWhat `publisher feeds check` looks for. Written from the program, by its tests.\n"]
    kinds = {
        "error": ("Errors: readers break, lose or double entries", ERRORS),
        "warning": ("Warnings: some readers stumble", WARNINGS),
        "note": ("Notes: it could be better", NOTES),
    }
    for kind, (heading, rules) in kinds.items():
        every = rules | {code: told for code, (severity, told) in OF_SERVERS.items() if severity == kind}
        rows = "".join(f"| `{code}` | {told} |\n" for code, told in sorted(every.items()))
        parts.append(f"## {heading}\n\n| code | what it means |\n|---|---|\n{rows}")
    golden(ROOT / "docs" / "feed-rules.md", "\n".join(parts).encode())


def test_the_rules_of_the_gate_are_all_in_the_documentation(golden: Callable[[Path, bytes], None]) -> None:
    from publisher.digest.check import rules

    head = "# Issue rules\n\nWhat `publisher issue check` and every approval look for. Written from the program, by "
    parts = [f"{head}its tests. Errors stop an approval; those marked *final* cannot be overridden.\n"]
    headings = {
        "accessibility": "Accessibility",
        "clients": "Mail programs",
        "privacy": "Privacy",
        "delivery": "Delivery",
        "selection": "What the issue carries",
    }
    assert {rule.family for rule in rules().values()} == set(headings)
    for family, heading in headings.items():
        rows = "".join(
            f"| `{rule.code}` | {rule.severity}{', *final*' if rule.final else ''} | {rule.wrong} {rule.why} |\n"
            for rule in rules().values()
            if rule.family == family
        )
        parts.append(f"## {heading}\n\n| code | severity | what it means, and whom it harms |\n|---|---|---|\n{rows}")
    golden(ROOT / "docs" / "issue-rules.md", "\n".join(parts).encode())


def test_the_list_of_commands_says_of_each_what_it_does() -> None:
    output = publisher("--help").output
    for name in cli.list_commands(click.Context(cli)):
        assert re.search(rf"^  {name} +\w.+\.$", output, re.MULTILINE), name


def test_the_whole_job_step_by_step(sample: Path) -> None:
    at = ("--site", sample, "--now", NOW)
    collected = told("collect", *at)
    assert (len(collected["articles"]), len(collected["teasers"]), len(collected["events"])) == (23, 4, 5)
    assert collected["problems"] == []
    assert len(collected["new"]) == 32
    assert {a["id"].split(",")[0] for a in collected["articles"]} == {"tag:alderbay.example"}
    assert told("collect", *at)["unchanged"] == 32
    assert sum(what == "written" for feed in told("feeds", "build", *at) for what in feed["files"].values()) == 27
    assert told("subscribers", "import", sample / "subscribers.example.csv", *at)["counts"]["new"] == 12
    draft = told("issue", "draft", *at)
    assert (draft["period"], draft["state"], draft["findings"]) == ("2026-W48", "draft", [])
    assert draft["subject"] == "Health Weekly: The new emergency entrance opens December 1"
    assert told("issue", "preview", "--no-pictures", *at)["files"] == [
        str(sample / "preview" / f"health-weekly-2026-W48{language}.{ending}")
        for language in ("", "-es")
        for ending in ("html", "txt", "eml")
    ]
    assert "approve it first" in publisher("issue", "send", *at, code=1).stderr
    publisher("issue", "approve", *at, "--as", "Ana")
    assert told("issue", "send", *at, "--dry-run")["state"] == "approved"
    assert "would go to 12 subscribers" in publisher("issue", "send", *at, "--dry-run").stdout
    assert not (sample / "outbox").exists()
    sent = told("issue", "send", *at)
    assert sent["certificate"] == {"recipients": 12, "counts": {"accepted": 12}, "holds": True, "doubted": 0}
    assert "event\tThe Lantern Walk\t2026-12-04 16:45" in publisher("issue", "show", *at).stdout
    shown = told("issue", "show", *at)
    assert [change["who"] for change in shown["history"]][1] == "Ana"
    assert told("status", *at)["issues"][0]["holds"] is True
    assert told("status", *at)["next"]["health-weekly"]["name"] == "2026-W49"
    assert len(told("articles", "list", *at)["articles"]) == 23
    listed = publisher("articles", "list", *at).stdout
    assert "2026-11-22\tarticle\tThe new emergency entrance opens December 1" in listed
    slug = told("articles", "list", *at)["articles"][0]["slug"]
    assert told("articles", "show", slug, *at)["slug"] == slug
    assert len(told("subscribers", "list", *at)) == 12
    assert len(told("feeds", "list", *at)) == 10


def test_talk_goes_to_stderr_and_results_to_stdout(sample: Path) -> None:
    result = publisher("collect", "--site", sample, "--now", NOW)
    assert "article  The new emergency entrance opens December 1" in result.stdout
    assert result.stderr == "32 new, 0 updated, 0 as they were.\nNext: publisher feeds build\n"


def test_a_dry_run_keeps_nothing(sample: Path) -> None:
    before = sorted(p.name for p in sample.iterdir())
    assert told("collect", "--site", sample, "--dry-run")["new"] == []
    assert sorted(p.name for p in sample.iterdir()) == before
    told("collect", "--site", sample, "--now", NOW)
    told("feeds", "build", "--site", sample, "--now", NOW, "--dry-run")
    assert not (sample / "feeds").exists()
    people = sample / "subscribers.example.csv"
    assert told("subscribers", "import", people, "--site", sample, "--dry-run")["counts"]["new"] == 12
    assert told("subscribers", "list", "--site", sample) == []


def test_a_captured_page_needs_no_site_to_be_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    page = ROOT / "content" / "pages" / "harbour-garden-reopens.txt"
    looked = told("collect", "--file", page, "--dry-run")
    (article,) = looked["articles"]
    assert article["headline"] == "Harbor Garden Reopens With a Path for Everyone"
    assert (article["id"], article["date"], article["author"]) == (None, None, None)
    assert len(article["body"]) == 6
    assert set(article["image"]) == {"alt", "caption", "url"}
    assert [set(teaser) for teaser in looked["teasers"]] == [{"headline", "caption", "excerpt", "truncated", "url"}] * 4
    assert [teaser["truncated"] for teaser in looked["teasers"]] == [True] * 4
    assert list(tmp_path.iterdir()) == []


def test_the_real_page_becomes_feeds_and_an_issue(site: Path) -> None:
    if not REAL.exists():
        pytest.skip(f"the real captured page is not beside this checkout: {REAL.name}")
    at = ("--site", site, "--now", "2020-02-24T12:00:00Z")
    seen = told("collect", "--file", REAL, *at)
    (article,) = seen["articles"]
    assert len(article["body"]) == 9
    assert "Print icon" not in json.dumps(article)
    assert (article["date"], article["author"]) == (None, None)
    assert article["image"]["alt"] == "Mother and adult daughter."
    assert [t["caption"] for t in seen["teasers"] if t["caption"]] == ["Opioids", "UHart", "Dr. Elena Bortan"]
    assert [t["truncated"] for t in seen["teasers"]] == [True] * 6
    assert seen["problems"] == []
    told("feeds", "build", *at)
    assert len(json.loads((site / "feeds" / "news.json").read_text())["items"]) == 7
    draft = told("issue", "draft", "--week", "2020-W09", *at)
    assert draft["lead"]["headline"] == article["headline"]
    assert [t["headline"] for t in draft["teasers"]] == [t["headline"] for t in seen["teasers"]]
    assert [finding["code"] for finding in draft["findings"]] == ["reading-grade"]  # it is not easy to read


@pytest.mark.parametrize(
    ("name", "data", "line"),
    [
        ("gone.txt", None, "error: gone.txt: the file cannot be read (No such file or directory); mend its path or its rights"),  # noqa: E501
        ("binary.txt", b"\x00\x01\x02" * 50, "error: binary.txt: This is not text. Save the page as plain text (UTF-8) and give that file."),  # noqa: E501
        ("empty.txt", b"", "error: empty.txt: The file is empty. Capture the page again."),
        ("bad.md", b"---\nheadline: [\n---\n", "error: bad.md:3: the front matter cannot be read: expected the node content, but found '<stream end>'; mend it"),  # noqa: E501
        ("latin.md", "---\nheadline: Schön\n---\n".encode("cp1252"), "error: latin.md:2: this is not UTF-8 text; save the file as UTF-8"),  # noqa: E501
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_read_is_one_line_and_the_rest_is_kept(
    site: Path, name: str, data: bytes | None, line: str
) -> None:
    if data is not None:
        (site / name).write_bytes(data)
    good = article_file(site, "good", headline="Good", date="2026-11-20")
    result = publisher("collect", "--file", site / name, "--file", good, "--site", site, code=1)
    assert result.stderr.splitlines()[0] == line
    assert [a["headline"] for a in told("articles", "list", "--site", site)["articles"]] == ["Good"]


def test_a_missing_picture_is_one_line_and_the_article_is_kept(site: Path) -> None:
    article_file(site, "one", headline="One", date="2026-11-20", image="{file: nowhere.jpg, alt: A ward}")
    result = publisher("collect", "--site", site, code=1)
    assert result.stderr.splitlines()[0] == (
        "error: content/articles/one.md:4: nowhere.jpg: there is no such picture; put it there or mend the path"
    )
    assert told("articles", "list", "--site", site)["articles"][0]["image"] is None


def test_a_bad_line_in_a_list_of_people_is_named_and_the_others_are_kept(site: Path) -> None:
    people = site / "people.csv"
    people.write_text("address,name\nana@example.org,Ana\nnobody,Bo\ncem@example.org,Cem\n")
    proof = ("--source", "cards at the desk", "--consent", "signed cards")
    result = publisher("subscribers", "import", people, *proof, "--site", site, code=1)
    assert result.stderr.splitlines()[0].startswith("error: people.csv:3: no valid address: ")
    assert result.stdout == (
        "people.csv: Publisher, 2 rows\n"
        "2 new, 0 known already, 1 rejected\n"
        "newsletters of the new ones: health-weekly\n"
    )


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["collect"], 1, "publisher.toml: there is no such file; run this in a site folder, name one with --site"),
        (["collect", "nowhere"], 1, 'publisher.toml declares no [[source]] "nowhere" (known: articles, events, pages)'),
        (["issue", "draft", "--week", "2026-W60"], 1, '"2026-W60" is no week; write year and ISO week like 2026-W48'),
        (["issue", "show"], 1, "there is no issue health-weekly"),
        (["issue", "draft", "--newsletter", "x"], 1, 'there is no newsletter "x" (known: health-weekly)'),
        (["articles", "show", "nothing"], 1, 'there is no article "nothing"; `publisher articles list` shows'),
        (["collect", "--now", "noon"], 2, '"noon" is not a moment; write it like 2026-11-23T07:00:00Z'),
        (["collect", "--url", "https://x.example/"], 2, "give exactly one --file with them"),
        (["colect"], 2, "No such command 'colect'"),
        (["subscribers", "import", "gone.csv"], 1, "gone.csv: cannot be read (No such file or directory)"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_said_in_a_line(
    site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], code: int, said: str
) -> None:
    monkeypatch.chdir(tmp_path if words == ["collect"] else site)
    assert said in publisher(*words, code=code).stderr


def test_a_new_site_folder_works_at_once_and_is_never_overwritten(tmp_path: Path) -> None:
    folder = tmp_path / "ours"
    publisher("init", folder)
    told("collect", "--site", folder)
    assert [f["entries"] for f in told("feeds", "build", "--site", folder)] == [1, 1, None]
    assert told("config", "check", "--site", folder)["problems"] == []
    (folder / "publisher.toml").write_text("# ours\n")
    assert "is there already; choose another folder" in publisher("init", folder, code=1).stderr
    assert (folder / "publisher.toml").read_text() == "# ours\n"


def test_the_sample_never_replaces_a_file(tmp_path: Path) -> None:
    (tmp_path / "subscribers.example.csv").write_text("address\nours@example.org\n")
    assert "is there already" in publisher("init", tmp_path, "--sample", code=1).stderr
    assert (tmp_path / "subscribers.example.csv").read_text() == "address\nours@example.org\n"
    assert [p.name for p in tmp_path.iterdir()] == ["subscribers.example.csv"]


def test_the_demo_never_acts_on_a_site_of_someones_own(tmp_path: Path) -> None:
    publisher("init", tmp_path / "ours")
    assert "give it another folder" in publisher("demo", tmp_path / "ours", code=1).stderr
    assert not (tmp_path / "ours" / "outbox").exists()


def test_a_new_site_keeps_its_secrets_out_of_version_control(tmp_path: Path) -> None:
    publisher("init", tmp_path)
    ignored = (tmp_path / ".gitignore").read_text().splitlines()
    assert {"*.keys", "*.db", "/outbox/"} <= set(ignored)


def test_no_file_outside_the_site_and_none_that_is_no_picture_is_published(site: Path) -> None:
    (site / "secret.txt").write_text("secret")
    told("status", "--site", site)
    body = "![a](../../publisher.toml) ![b](../../publisher.db) ![c](../../../../etc/passwd) ![d](/etc/passwd) text"
    article_file(site, "one", headline="One", date="2026-11-20", body=body)
    fake = site / "content" / "articles" / "page.html"
    fake.write_bytes((site / "content" / "images" / "logo.png").read_bytes())
    article_file(site, "two", headline="Two", date="2026-11-20", image="{file: page.html, alt: A page}")
    told("collect", "--site", site, "--now", NOW, code=1)
    assert [p.suffix for p in (site / "images").iterdir()] == [".png"]


def test_two_files_that_claim_one_address_do_not_take_turns(site: Path) -> None:
    for name in ("a", "b"):
        article_file(site, name, headline=name, date="2026-11-20", url="https://www.alderbay.example/x")
    for _ in range(2):
        collected = told("collect", "--site", site, code=1)
        assert [p["place"] for p in collected["problems"]] == ["content/articles/b.md"]
        assert collected["updated"] == []


def test_a_time_in_the_hour_that_comes_twice_is_no_edit_each_time(site: Path) -> None:
    article_file(site, "one", headline="One", date="2026-10-30", updated="2026-11-01T01:30")
    told("collect", "--site", site)
    assert told("collect", "--site", site)["unchanged"] == 1


def test_a_folder_that_is_in_the_way_is_a_line_and_exit_1(site: Path) -> None:
    (site / "feeds").write_text("in the way")
    article_file(site, "one", headline="One", date="2026-11-20")
    told("collect", "--site", site)
    assert "cannot be written" in publisher("feeds", "build", "--site", site, code=1).stderr


def test_config_check_names_the_line(site: Path) -> None:
    toml = site / "publisher.toml"
    lines = toml.read_text().splitlines()
    number = next(i for i, line in enumerate(lines) if line.startswith("title"))
    lines[number] = lines[number].replace("title", "titel", 1)
    toml.write_text("\n".join(lines))
    said = publisher("config", "check", "--site", site, code=1).stderr
    assert said == f'publisher: publisher.toml:{number + 1}: unknown key "titel" in [site] (did you mean "title"?)\n'
