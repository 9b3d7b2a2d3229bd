"""The linter's door: our own feeds, every rule, documents before and after, hostile bytes and any bytes."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st
from lxml import etree

from publisher.feeds.lint import RULES, check
from publisher.feeds.lint.rules import ERRORS, NOTES, WARNINGS, found
from publisher.records import Finding
from tests.conftest import NOW, ROOT
from tests.feeds import test_lint_atom, test_lint_html, test_lint_json, test_lint_opml, test_lint_rss
from tests.feeds.test_lint_rss import mutated
from tests.watchdog import ends

RSS, ATOM, JSON, OPML = (module.CLEAN for module in (test_lint_rss, test_lint_atom, test_lint_json, test_lint_opml))
TYPES = {".rss": "application/rss+xml", ".atom": "application/atom+xml", ".json": "application/feed+json"}
OURS = sorted(path for path in (ROOT / "feeds").rglob("*") if path.suffix in TYPES)
BOUNDS = datetime(1971, 1, 1), datetime(2999, 1, 1)  # noqa: DTZ001 - hypothesis wants bounds without a zone
TABLES = (test_lint_rss.CASES, test_lint_atom.CASES, test_lint_json.CASES, test_lint_opml.CASES)
# Provoked by tests of their own, here and in the modules of the formats.
ELSEWHERE = {
    "changed-without-update", "document-large", "emptied", "encoding-rare", "id-changed", "id-moved",
    "media-type-wrong", "not-utf8", "summary-only", "updated-without-change",
}  # fmt: skip


def codes(document: bytes, **more: object) -> set[str]:
    return {finding.code for finding in check(document, now=NOW, **more)}  # type: ignore[arg-type]


@pytest.mark.parametrize("path", OURS, ids=lambda path: str(path.relative_to(ROOT)))
def test_our_own_feeds_have_no_findings(path: Path) -> None:
    address = f"https://news.alderbay.example/{path.relative_to(ROOT)}"
    document = path.read_bytes()
    assert check(document, now=NOW, address=address, media_type=TYPES[path.suffix], previous=document) == []


def test_every_rule_is_provoked_by_a_test() -> None:
    provoked = {code for table in TABLES for case in table for code in case[3].split()}
    provoked |= {code for case in test_lint_html.CASES for code in case[2].split()}
    assert provoked | ELSEWHERE == set(RULES)
    assert provoked & ELSEWHERE == set()


def test_a_code_has_one_severity_and_one_line() -> None:
    assert len(RULES) == len(ERRORS) + len(WARNINGS) + len(NOTES)
    assert all(line and "\n" not in line and not line.endswith(".") for line in RULES.values())
    assert list(ERRORS) == sorted(ERRORS)


def test_a_code_without_a_rule_is_a_bug() -> None:
    with pytest.raises(KeyError, match="no rule"):
        found("no-such-code", "feed", "x")


def test_the_same_code_is_given_twenty_times_and_counted() -> None:
    items = "".join(f"<item><title>T{n}</title><guid>g{n}</guid></item>" for n in range(50))
    findings = check(RSS.replace("</channel>", f"{items}</channel>").encode(), now=NOW)
    of_guids = [finding for finding in findings if finding.code == "guid-not-url"]
    assert len(of_guids) == 21
    assert of_guids[-1].mend.startswith("and 30 more")


# How it is served


@pytest.mark.parametrize(
    ("document", "media_type"),
    [(RSS, "text/html"), (RSS, "application/atom+xml"), (ATOM, "text/plain"), (JSON, "text/html"), (OPML, "text/html")],
)
def test_a_wrong_content_type_is_found(document: str, media_type: str) -> None:
    assert "media-type-wrong" in codes(document.encode(), media_type=media_type)


def test_a_root_far_down_is_not_found_by_those_who_look_at_the_beginning() -> None:
    far = RSS.replace("<rss ", f"<?remark {'x' * 600}?><rss ").encode()
    assert codes(far, media_type="text/xml") == {"media-type-wrong"}
    assert codes(far, media_type="application/rss+xml") == set()
    assert codes(RSS.encode(), media_type="text/xml") == set()


def test_an_unknown_content_type_is_not_judged() -> None:
    assert codes(RSS.encode()) == set()


def test_the_server_and_the_document_must_agree_on_the_encoding() -> None:
    assert codes(RSS.encode(), media_type="text/xml; charset=iso-8859-1") == {"encoding-mismatch"}


def test_other_encodings_than_utf8_are_found() -> None:
    assert codes(RSS.replace("UTF-8", "ISO-8859-1").encode("latin-1")) == {"encoding-rare"}
    assert codes(RSS.replace("UTF-8", "UTF-16").encode("utf-16")) == {"encoding-rare"}
    assert codes(b"\xef\xbb\xbf" + RSS.replace("UTF-8", "ISO-8859-1").encode()) >= {"encoding-mismatch"}


def test_a_very_large_document_is_found() -> None:
    assert codes(RSS.replace("Come and", "Come and " * 130_000).encode()) == {"document-large"}


# Against the document before


@pytest.mark.parametrize("document", [RSS, ATOM, JSON])
def test_the_same_document_again_changes_nothing(document: str) -> None:
    assert codes(document.encode(), previous=document.encode()) == set()


@pytest.mark.parametrize("document", [RSS, ATOM, JSON])
def test_an_entry_with_another_id_would_be_shown_again(document: str) -> None:
    after = mutated(document, "tag:larkmoor.example,2026-11-22:1", "tag:larkmoor.example,2026-11-22:one")
    (finding,) = check(after, now=NOW, previous=document.encode())
    assert (finding.code, finding.severity) == ("id-changed", "error")
    assert "2026-11-22:1" in finding.mend


def test_an_entry_with_another_id_and_link_is_known_by_headline_and_date() -> None:
    after = mutated(ATOM, "2026-11-22:1", "2026-11-22:one").decode().replace("/a/1", "/b/1")
    assert codes(after.encode(), previous=ATOM.encode()) == {"id-changed"}


def test_ids_that_follow_a_move_to_https_are_found() -> None:
    before = mutated(ATOM, "tag:larkmoor.example,2026-11-22:1", "http://larkmoor.example/1")
    after = mutated(ATOM, "tag:larkmoor.example,2026-11-22:1", "https://larkmoor.example/1")
    assert codes(after, previous=before) == {"id-moved"}


def test_ids_that_follow_a_move_are_known_by_their_path_alone() -> None:
    before = mutated(JSON, "tag:larkmoor.example,2026-11-22:1", "https://old.example/news/1")
    after = mutated(JSON, "tag:larkmoor.example,2026-11-22:1", "https://new.example/news/1").decode()
    after = after.replace("/a/1", "/b/1").replace("Blood drive", "Blood day")
    assert codes(after.encode(), previous=before) == {"id-moved"}


@pytest.mark.parametrize("document", [ATOM, JSON])
def test_a_change_that_keeps_its_date_is_found(document: str) -> None:
    assert codes(mutated(document, "Blood drive", "Blood day"), previous=document.encode()) == {
        "changed-without-update"
    }


def test_rss_has_no_date_of_change_to_move() -> None:
    assert codes(mutated(RSS, "Blood drive", "Blood day"), previous=RSS.encode()) == set()


@pytest.mark.parametrize(("document", "old", "new"), [
    (ATOM, "<updated>2026-11-20T09", "<updated>2026-11-20T10"),
    (JSON, "2026-11-22T10", "2026-11-22T11"),
    (RSS, "<lastBuildDate>Sun, 22 Nov 2026 09", "<lastBuildDate>Sun, 22 Nov 2026 11"),
])  # fmt: skip
def test_a_date_that_moves_alone_is_found(document: str, old: str, new: str) -> None:
    assert codes(mutated(document, old, new), previous=document.encode()) == {"updated-without-change"}


def test_a_change_with_its_date_is_fine() -> None:
    after = mutated(ATOM, "Blood drive", "Blood day").decode()
    after = after.replace("<updated>2026-11-22T09:00", "<updated>2026-11-22T09:30")
    assert codes(after.encode(), previous=ATOM.encode()) == set()


def test_a_new_entry_on_the_page_of_an_old_one_is_no_moved_id() -> None:
    shared = RSS.replace("/a/2<", "/a/1<")
    after = shared.replace("2026-11-20:2", "2026-11-20:3").replace("north stairs", "south stairs")
    assert codes(after.encode(), previous=shared.encode()) == set()


def test_an_empty_feed_never_replaces_a_good_one() -> None:
    empty = ATOM[: ATOM.index("  <entry>")] + "</feed>"
    assert "emptied" in codes(empty.encode(), previous=ATOM.encode())


@pytest.mark.parametrize("previous", [b"", b"<rss", b"{", b"\xff\xfe", JSON.encode(), OPML.encode()])
def test_an_earlier_document_that_says_nothing_is_ignored(previous: bytes) -> None:
    assert codes(RSS.encode(), previous=previous) == set()


# Hostile bytes

LAUGHS = b"".join(
    b'<!ENTITY l%d "%s">' % (n, b"&l%d;" % (n - 1) * 10 if n else b"ha") for n in range(12)
)  # fmt: skip
HOSTILE = {
    "a billion laughs": b"<!DOCTYPE rss ["
    + LAUGHS
    + b']><rss version="2.0"><channel><title>&l11;</title></channel></rss>',
    "laughs in an attribute": b"<!DOCTYPE rss [" + LAUGHS + b']><rss version="&l11;"><channel/></rss>',
    "a file of the server": b'<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/passwd">]><rss version="2.0"><channel>'
    b"<title>&x;</title></channel></rss>",
    "5 MB of <": b"<" * 5_000_000,
    "5 MB of braces": b"{" * 5_000_000,
    "5 MB of brackets": b"[" * 5_000_000,
    "nested elements": b"<rss>" * 100_000,
    "nested items": b'<rss version="2.0"><channel>' + b"<item>" * 200 + b"</item>" * 200 + b"</channel></rss>",
    "content of 5 MB of <": RSS.replace("Come and give.", "&lt;" * 1_200_000).encode(),
    "a title of 5 MB": RSS.replace("Blood drive", "&amp;x" * 800_000).encode(),
    "many items": RSS.replace("</channel>", "<item/>" * 20_000 + "</channel>").encode(),
    "many attributes": b"<rss " + b" ".join(b'a%d=""' % n for n in range(20_000)) + b"/>",
    "many members": b"{" + b", ".join(b'"a": %d' % n for n in range(100_000)) + b"}",
    "a number without end": b'{"version": ' + b"1" * 100_000 + b"}",
    "UTF-16 that says UTF-8": RSS.encode("utf-16"),
    "NULs": b"\x00" * 1000,
    "a NUL in a feed": RSS.replace("Come", "Co\x00me").encode(),
    "an unknown encoding": RSS.replace("UTF-8", "x-larkmoor").encode(),
}


@pytest.mark.parametrize("document", HOSTILE.values(), ids=HOSTILE)
def test_hostile_bytes_are_found_and_hold_nothing_up(document: bytes) -> None:
    with ends():
        findings = check(document, now=NOW, previous=document)
    assert findings
    assert not any("root:" in finding.mend for finding in findings)


def test_nothing_is_wrong_with_a_large_feed() -> None:
    paragraph = (
        "&lt;p&gt;Come &amp;amp; &lt;a href=&quot;https://larkmoor.example/&quot;&gt;give&lt;/a&gt;, please.&lt;/p&gt;"
    )
    items = "".join(
        f"<item><title>Story {n}</title><link>https://larkmoor.example/a/{n}</link><description>Short {n}</description>"
        f"<content:encoded>Story {n}{paragraph * 28}</content:encoded>"
        f'<guid isPermaLink="false">tag:larkmoor.example,2026:{n}</guid></item>'
        for n in range(250)
    )
    document = RSS.replace("</channel>", f"{items}</channel>").encode()
    assert check(document, now=NOW, address=test_lint_rss.ADDRESS) == []


# Any bytes


def is_sound(findings: list[Finding]) -> bool:
    return all(finding.code in RULES and finding.place and finding.mend for finding in findings)


@given(st.binary(max_size=2000), st.one_of(st.none(), st.binary(max_size=200)), st.text(max_size=30))
def test_any_bytes_are_checked(document: bytes, previous: bytes | None, text: str) -> None:
    assert is_sound(check(document, now=NOW, address=text, media_type=text, previous=previous))


@settings(max_examples=400)
@given(st.data())
def test_any_feed_with_any_part_replaced_is_checked(data: st.DataObject) -> None:
    document = data.draw(st.sampled_from([RSS, ATOM, JSON, OPML, test_lint_opml.RDF])).encode()
    start = data.draw(st.integers(0, len(document)))
    end = data.draw(st.integers(start, min(len(document), start + 60)))
    piece = data.draw(
        st.one_of(st.binary(max_size=20), st.text(max_size=20).map(lambda text: text.encode("utf-8", "replace")))
    )
    after = document[:start] + piece + document[end:]
    assert is_sound(check(after, now=NOW, address="https://x.example/", previous=document))


ODD = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)),
    max_leaves=8,
)


@settings(max_examples=300)
@given(st.data())
def test_any_value_of_any_member_is_checked(data: st.DataObject) -> None:
    feed = json.loads(JSON)
    holder = data.draw(st.sampled_from([feed, feed["items"][0], feed["authors"][0], feed["hubs"][0]]))
    holder[data.draw(st.sampled_from(sorted(holder)))] = data.draw(ODD)
    assert is_sound(check(json.dumps(feed).encode(), now=NOW, previous=JSON.encode()))


@settings(max_examples=300)
@given(st.data())
def test_any_text_of_any_element_is_checked(data: st.DataObject) -> None:
    root = etree.fromstring(data.draw(st.sampled_from([RSS, ATOM, OPML, test_lint_opml.RDF])).encode())
    node = data.draw(st.sampled_from(list(root.iter(etree.Element))))
    text = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), max_size=40)
    node.text = data.draw(text)
    for key in list(node.attrib):
        node.set(key, data.draw(text))
    assert is_sound(check(etree.tostring(root), now=NOW, address="https://x.example/"))


@given(st.datetimes(*BOUNDS, timezones=st.just(UTC)))
def test_any_moment_is_a_now(now: datetime) -> None:
    assert is_sound(check(ATOM.encode(), now=now))
