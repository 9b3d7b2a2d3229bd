"""robots.txt is read as RFC 9309 says, whatever is in it."""

import re
import tracemalloc

import pytest
from hypothesis import given, settings, strategies as st

from publisher.fetching.robots import EVERYTHING, MOST_BYTES, Rule, read_robots


def allows(text: str, path: str) -> bool:
    return read_robots(text.encode()).allows(path)


def everybody(*lines: str) -> str:
    return "\n".join(("User-agent: *", *lines))


@pytest.mark.parametrize(
    ("lines", "path", "allowed"),
    [
        (["Disallow: /"], "/news", False),
        (["Disallow:"], "/news", True),
        (["Allow:", "Disallow: /"], "/news", False),
        (["Disallow: /news"], "/news", False),
        (["Disallow: /news"], "/newsroom", False),
        (["Disallow: /news/"], "/news", True),
        (["Disallow: /News"], "/news", True),
        (["Disallow: /", "Allow: /news"], "/news/1", True),  # the longest decides, wherever it stands
        (["Allow: /news", "Disallow: /"], "/staff", False),
        (["Allow: /news/", "Disallow: /news/archive"], "/news/archive/1", False),
        (["Disallow: /page", "Allow: /page"], "/page", True),  # of equals the kinder
        (["Disallow: /*.pdf"], "/news/report.pdf", False),
        (["Disallow: /*.pdf"], "/news/report.pdf.html", False),
        (["Disallow: /*.pdf$"], "/news/report.pdf.html", True),
        (["Disallow: /*.pdf$"], "/news/report.pdf", False),
        (["Disallow: /*.pdf$"], "/news/report.pdf?print=1", True),
        (["Disallow: /$"], "/", False),
        (["Disallow: /$"], "/news", True),
        (["Disallow: /a*b*c"], "/axxbxxc", False),
        (["Disallow: /a*b*c$"], "/abcb", True),
        (["Disallow: /a*bc*c$"], "/abc", True),  # the two parts may not share a letter
        (["Disallow: *"], "/news", False),
        (["Disallow: *print"], "/news?print", False),
        (["Disallow: /*?"], "/news?print", False),
        (["Disallow: /*?"], "/news", True),
        (["Disallow: /**news**"], "/x/news", False),
        (["Disallow: /price$list"], "/price$list", False),
        (["Disallow: /a%2Ab"], "/a*b", False),
        (["Disallow: /a%2Ab"], "/axb", True),
        (["Disallow: /a%24"], "/a$", False),
        (["Disallow: /klinik-s%c3%bcd"], "/klinik-s%C3%BCd/1", False),
        (["Disallow: /klinik-süd"], "/klinik-s%C3%BCd/1", False),
        (["Disallow: /%7Eward"], "/~ward", False),
        (["Disallow: /~ward"], "/%7eward", False),
        (["Disallow: /a%2Fb"], "/a/b", True),
        (["Disallow: /a%2Fb"], "/a%2fb", False),
        (["Disallow: /go?to=https%3A%2F%2Fclinic.example"], "/go?to=https://clinic.example", False),
        (["Disallow: private/"], "/private/1", False),
        (["Disallow: /robots.txt", "Disallow: /"], "/robots.txt", True),
        (["Disallow: /100%"], "/100%", False),
        (["Disallow : /news   # until the summer"], "/news", False),
        (["DISALLOW:/news"], "/news", False),
        (["Disallow /news", "nonsense", ":", ": x", "Disallow: "], "/news", True),
    ],
)
def test_the_longest_rule_that_matches_decides(lines: list[str], path: str, allowed: bool) -> None:
    assert allows(everybody(*lines), path) is allowed


@pytest.mark.parametrize(
    ("text", "allowed"),
    [
        ("", True),
        ("Disallow: /", True),  # belongs to nobody
        ("User-agent: publisher\nDisallow: /", False),
        ("User-agent: PUBLISHER\nDisallow: /", False),
        ("User-agent: Publisher/1.0\nDisallow: /", False),
        ("User-agent: publish\nDisallow: /", True),
        ("User-agent: publisher-news\nDisallow: /", True),
        ("User-agent: a publisher\nDisallow: /", True),
        ("User-agent: *\nDisallow: /\n\nUser-agent: Publisher\nAllow: /", True),
        ("User-agent: Publisher\nDisallow:\nUser-agent: *\nDisallow: /", True),
        ("User-agent: Publisher\n\nUser-agent: *\nDisallow: /", False),  # an empty line ends no group
        ("User-agent: Publisher\nSitemap: https://clinic.example/map\nDisallow: /", False),
        ("User-agent: other\nUser-agent: publisher\nDisallow: /", False),
        ("User-agent: publisher\nDisallow: /x\nUser-agent: other\nDisallow: /", True),
        (
            "User-agent: publisher\nDisallow: /x\nUser-agent: other\nAllow: /\nUser-agent: Publisher\nDisallow: /n",
            False,
        ),
        ("User-agent: *\nDisallow: /x\nUser-agent: *\nDisallow: /n", False),
        ("User-agent: *\nCrawl-delay: 5\nUser-agent: other\nDisallow: /", True),
        ("User-agent: * # all\nDisallow: /", False),
        ("User-agent:\nDisallow: /", True),
        ("\ufeffUser-agent: *\nDisallow: /", False),
        ("User-agent: *\r\nDisallow: /\r\n", False),
        ("User-agent: *\rDisallow: /\r", False),
    ],
)
def test_our_groups_count_and_else_those_for_everybody(text: str, allowed: bool) -> None:
    assert allows(text, "/news") is allowed


@pytest.mark.parametrize(
    ("lines", "delay"),
    [
        (["Crawl-delay: 10"], 10),
        (["crawl-delay:2.5"], 2.5),
        (["Crawl-delay: 1", "Crawl-delay: 3"], 3),
        (["Crawl-delay: soon", "Crawl-delay: -1", "Crawl-delay: 1e9", "Crawl-delay: inf", "Crawl-delay: ٣"], None),
        ([], None),
    ],
)
def test_how_slowly_a_site_wants_to_be_asked(lines: list[str], delay: float | None) -> None:
    assert read_robots(everybody(*lines).encode()).delay == delay


def test_a_letter_in_another_encoding_is_compared_as_its_byte() -> None:
    assert not read_robots(b"User-agent: *\nDisallow: /s\xfcd").allows("/s%FCd")


def test_of_a_file_without_end_the_beginning_counts_up_to_its_last_whole_line() -> None:
    start = b"User-agent: *\nDisallow: /news\n"
    room = MOST_BYTES - len(start)
    cut = start + b"#" * (room - len(b"\nDisallow: /s")) + b"\nDisallow: /secret"
    robots = read_robots(cut + b"\nDisallow: /later")
    assert [robots.allows(path) for path in ("/news", "/staff", "/secret", "/later")] == [False, True, True, True]


def test_a_site_without_the_file_allows_everything() -> None:
    assert EVERYTHING.allows("/news")


def test_thousands_of_programs_with_thousands_of_rules_take_no_more_room_than_the_file() -> None:
    names = "".join(f"User-agent: {'a' * (number % 9)}{chr(98 + number % 20)}\n" for number in range(15_000))
    body = (names + "Disallow: /a\n" * 10_000).encode()
    tracemalloc.start()
    try:
        assert read_robots(body).rules == ()
        assert tracemalloc.get_traced_memory()[1] < 20 * len(body)
    finally:
        tracemalloc.stop()


def test_a_pattern_full_of_stars_is_judged_at_once() -> None:
    robots = read_robots(everybody("Disallow: /" + "*a" * 5000 + "$").encode())
    assert robots.allows("/" + "a" * 4999 + "b")


PATTERN = st.text(alphabet="ab/*$", max_size=8).map(lambda text: f"/{text}")
PATH = st.text(alphabet="ab/", max_size=10).map(lambda text: f"/{text}")


@settings(max_examples=300)
@given(PATTERN, PATH)
def test_patterns_match_as_the_same_regular_expression_would(pattern: str, path: str) -> None:
    body, end = (pattern[:-1], "$") if pattern.endswith("$") else (pattern, "")
    expression = "".join(".*" if letter == "*" else re.escape(letter) for letter in body)
    expected = re.match(expression + ("\\Z" if end else ""), path) is not None
    assert allows(everybody(f"Disallow: {pattern}"), path) is not expected


@settings(max_examples=100)
@given(st.lists(st.tuples(PATTERN, st.booleans()), max_size=5), PATH, st.randoms())
def test_the_order_of_rules_does_not_matter(rules: list[tuple[str, bool]], path: str, chance: object) -> None:
    lines = [f"{'Allow' if allow else 'Disallow'}: {pattern}" for pattern, allow in rules]
    assert allows(everybody(*lines), path) == allows(everybody(*reversed(lines)), path)


@settings(max_examples=200)
@given(st.binary(max_size=200), st.text(max_size=20))
def test_any_file_gives_an_answer_for_any_path(body: bytes, path: str) -> None:
    for start in (b"", b"User-agent: *\nDisallow: "):
        assert read_robots(start + body).allows(f"/{path}") in (True, False)


@settings(max_examples=100)
@given(PATH)
def test_a_path_that_a_file_names_is_closed_with_all_below_it(path: str) -> None:
    robots = read_robots(everybody(f"Disallow: {path}").encode())
    assert not robots.allows(path)
    assert not robots.allows(path + "/more?x=1")
    assert Rule(path=path, allows=False) in robots.rules
