"""Each fault that keeps a mail from arriving, or a link from leading anywhere, is found by its own finding."""

from dataclasses import replace

import pytest
from hypothesis import example, given, strategies as st

from publisher.digest.check import delivery, message
from publisher.digest.check.document import PERSONAL, read
from publisher.records import Block, Edition
from tests.digest.test_gate_privacy import ADDRESS, GOLDEN, HOME, codes, gate, planted, put, samples_of, tampered


def test_a_mail_without_a_subject_is_found() -> None:
    for subject in ("", "   ", "\u200c\u00ad"):
        assert codes(gate(replace(GOLDEN, subject=subject))) == {"subject-empty"}


@pytest.mark.parametrize(("length", "is_long"), [(78, False), (79, True), (150, True)])
def test_a_subject_longer_than_a_list_shows_is_found(length: int, is_long: bool) -> None:
    subject = ("The harbor garden opens again for everyone " * 4)[:length].replace(" ", "-")
    assert codes(gate(replace(GOLDEN, subject=subject))) == ({"subject-long"} if is_long else set())


@pytest.mark.parametrize("subject", ["FLU SHOTS FOR EVERYONE THIS WEEK", "Flu shots this week!!", "¡¡GRATIS!! hoy"])
def test_a_shouting_subject_is_found(subject: str) -> None:
    assert codes(gate(replace(GOLDEN, subject=subject))) == {"subject-shouting"}


@pytest.mark.parametrize("subject", ["Free CPR and AED class", "COVID-19 and RSV shots", "What MRI and CT can see!"])
def test_abbreviations_are_not_shouting(subject: str) -> None:
    assert gate(replace(GOLDEN, subject=subject)) == []


@pytest.mark.parametrize(
    ("subject", "told"),
    [
        ("Health \u202eylkeeW", "U+202E"),
        ("Health\u200bWeekly", "U+200B"),
        ("Health\u2028Weekly", "U+2028"),
        ("Health \x07 Weekly", "U+0007"),
        ("=?utf-8?q?x=0D=0ABcc:_v@evil.example=0D=0A=0D=0AInjected?=", "=?utf-8?q?"),
    ],
)
def test_strange_characters_in_a_subject_are_found_and_stay_within_it(subject: str, told: str) -> None:
    edition = replace(GOLDEN, subject=subject)
    (finding,) = delivery.check(read(edition), edition, HOME, ADDRESS)
    assert (finding.code, finding.place) == ("subject-strange", "subject")
    assert told in finding.mend
    assert "headers-changed" not in codes(message.check(edition, samples_of(edition), HOME))


@pytest.mark.parametrize(
    ("headline", "code"),
    [("THE GARDEN OPENS AGAIN", "subject-shouting"), ("The gar\u200bden opens", "subject-strange")],
)
def test_a_subject_made_of_a_headline_is_not_told_what_is_told_of_the_headline(headline: str, code: str) -> None:
    def found(subject: str, *headlines: str) -> set[str]:
        edition = replace(GOLDEN, subject=subject)
        return codes(delivery.check(read(edition), edition, HOME, ADDRESS, headlines))

    assert found(f"Health Weekly: {headline}", "Flu shots", headline) == set()
    assert found(f"Health Weekly: {headline}", "Flu shots") == {code}
    assert found(f"READ THIS\u200b AT ONCE!! {headline}", headline) == {"subject-shouting", "subject-strange"}


def test_a_headline_too_short_to_shout_may_make_a_subject_that_does() -> None:
    edition = replace(GOLDEN, subject="FREE EYE TESTS: NEW MRI UNIT")
    assert codes(delivery.check(read(edition), edition, HOME, ADDRESS, ["NEW MRI UNIT"])) == {"subject-shouting"}


def test_a_missing_preheader_is_found() -> None:
    assert codes(gate(replace(GOLDEN, preheader=" "))) == {"preheader-missing"}


LINKS = {
    "link-relative": ["/visit", "visit.html", "www.alderbay.example/visit", "//www.alderbay.example/visit", "?page=2"],
    "link-http": ["http://www.alderbay.example/visit", "HTTP://www.alderbay.example"],
    "link-private": [
        "https://localhost/visit", "http://localhost:8000", "https://intranet/visit", "https://10.1.2.3/visit",
        "https://192.168.0.1", "https://172.16.0.9/a", "https://169.254.169.254/latest", "https://127.1/",
        "https://0x7f.1/", "https://2130706433/", "https://[::1]/", "https://[fd00::1]/", "https://[fe80::1]/",
        "https://[::ffff:10.0.0.1]/", "https://[64:ff9b::a9fe:a9fe]/", "https://wiki.alderbay.local/a",
        "https://wiki.internal", "https://nas.lan/", "https://wiki.intranet/", "https://printer.home.arpa/",
        "https://news.test/", "https://192.0.0.8/", "https://224.0.0.1/", "https://localhost./",
    ],
    "link-dead": [
        "", "#", "#nowhere", "javascript:alert(1)", "data:text/html,a", "file:///C:/news.html", "https://",
        "https:///visit", "http://[::1", "htps://www.alderbay.example", "https://www.alder bay.example/", "mailto:",
        "mailto:front desk", "tel:", "tel:call-us", "https://www.alderbay.example:port/",
    ],
}  # fmt: skip


@pytest.mark.parametrize(("code", "url"), [(code, url) for code, urls in LINKS.items() for url in urls])
def test_a_link_that_leads_nowhere_is_found(code: str, url: str) -> None:
    html = f'<a href="{url}">What this is about</a>'
    assert codes(gate(put(html))) == {code}


@pytest.mark.parametrize(
    "url",
    ["https://www.alderbay.example/visit?a=1#b", "https://8.8.8.8/", "https://[2001:4860:4860::8888]/a",
     "tel:+13605550142", "tel:(360)%20555-0142", "mailto:desk@alderbay.example?subject=A%20question", "https://xn--bcher-kva.example/"],
)  # fmt: skip
def test_a_link_that_leads_somewhere_is_left_alone(url: str) -> None:
    assert gate(put(f'<a href="{url}">What this is about</a>')) == []


def test_a_link_within_the_mail_leads_to_what_is_there() -> None:
    assert gate(put('<a href="#events">Go to the events</a><p id="events">Events</p>')) == []


def test_a_dead_link_is_told_with_its_address_and_the_heading_it_stands_under() -> None:
    (finding,) = gate(planted('href="https://www.alderbay.example/events/lantern-walk"', 'href="events/lantern-walk"'))
    assert (finding.code, finding.place) == ("link-relative", "The Lantern Walk")
    assert finding.mend == '"events/lantern-walk" has no https:// and host in front; write the whole address'


def test_a_link_of_the_text_part_alone_is_looked_at_too() -> None:
    edition = planted("Preferences:", "<http://www.alderbay.example/choose>\nPreferences:", part="text")
    (finding,) = gate(edition)
    assert (finding.code, finding.place) == ("link-http", "text part")


def test_the_pages_of_a_site_without_https_are_not_told_one_by_one() -> None:
    home = HOME.replace("https", "http")
    parts = {part: getattr(GOLDEN, part).replace(HOME, home) for part in ("html", "text")}
    edition = put('<a href="http://www.alderbay.example/visit">Visit us</a>', of=replace(GOLDEN, **parts))
    (finding,) = delivery.check(read(edition), edition, home, ADDRESS)
    assert (finding.code, finding.mend.split('"')[1]) == ("link-http", "http://www.alderbay.example/visit")


def test_a_picture_with_half_an_address_is_found() -> None:
    assert codes(gate(put('<img src="images/a.png" width="60" height="60" alt="">'))) == {"link-relative"}


@pytest.mark.parametrize("part", ["html", "text"])
def test_a_missing_postal_address_is_found_in_each_part(part: str) -> None:
    (finding,) = gate(planted("1200 Harbour Road", "", part=part))
    assert (finding.code, finding.place) == ("postal-address-missing", f"{part} part".replace("html", "HTML"))


def test_a_site_without_a_postal_address_is_told_where_to_write_it() -> None:
    (finding,) = gate(address=("", " "))
    assert (finding.code, finding.severity) == ("postal-address-missing", "error")
    assert finding.mend == "publisher.toml has no postal address; add address to [organisation]"


@pytest.mark.parametrize(("name", "code"), [("UNSUBSCRIBE", "no-unsubscribe"), ("PREFERENCES", "no-preferences")])
@pytest.mark.parametrize(("part", "place"), [("html", "HTML part"), ("text", "text part")])
def test_a_missing_way_out_is_found_in_each_part(name: str, code: str, part: str, place: str) -> None:
    (finding,) = gate(planted(GOLDEN.token(name), "https://www.alderbay.example/", part=part))
    assert (finding.code, finding.place) == (code, place)


def test_a_way_out_that_only_some_readers_get_is_none() -> None:
    link = f'<a class="flink" href="{GOLDEN.token("UNSUBSCRIBE")}"'
    edition = planted(link, '<!--ZQ<B90>--><a class="flink" href="ZQ<UNSUBSCRIBE>"')
    start = edition.html.index("</a>", edition.html.index(edition.token("B90"))) + 4
    html = f"{edition.html[:start]}<!--{edition.token('E90')}-->{edition.html[start:]}"
    edition = replace(edition, html=html, blocks=(*edition.blocks, Block(number=90, kind="item", topics=("sleep",))))
    assert codes(gate(edition)) == {"no-unsubscribe"}


def test_a_way_out_that_nobody_is_shown_is_none() -> None:
    edition = planted('<p class="foot-links"', '<p style="display:none"')
    assert codes(gate(edition)) == {"no-unsubscribe", "no-preferences"}


@pytest.mark.parametrize("part", ["html", "text"])
def test_a_missing_link_to_the_issue_on_the_web_is_found(part: str) -> None:
    document = getattr(GOLDEN, part).replace(f"{HOME}issues/health-weekly/2026-W48", "https://www.alderbay.example/")
    assert codes(gate(replace(GOLDEN, **{part: document}))) == {"no-web-link"}


@pytest.mark.parametrize(
    ("score", "expected"),
    [
        (None, set()),
        (-1.0, set()),
        (2.0, set()),
        (2.1, {"spam-score"}),
        (4.9, {"spam-score"}),
        (5.0, {"spam-score-high"}),
    ],
)
def test_a_spam_score_warns_before_it_stops(score: float | None, expected: set[str]) -> None:
    assert codes(delivery.check_spam(score)) == expected


def test_the_pages_that_links_lead_to_are_told_once_each_and_without_the_readers_own() -> None:
    links = delivery.links_of(read(put('<a href="/visit">A</a><a href="mailto:a@b.example">B</a>' * 2)))
    assert "https://www.alderbay.example/events/lantern-walk" in links
    assert len(set(links)) == len(links)
    assert not any(link.startswith(PERSONAL) or not link.startswith("https://") for link in links)


# --- the finished messages ---


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"Precedence: bulk", b"Bcc: v@evil.example\r\nPrecedence: bulk"),
        (b"Precedence: bulk", b"Disposition-Notification-To: v@evil.example\r\nPrecedence: bulk"),
        (b"Precedence: bulk", b"X-Mailer: Somebody's\r\nPrecedence: bulk"),
        (b"Precedence: bulk", b"Subject: Another\r\nPrecedence: bulk"),
        (b"Precedence: bulk", b"Precedence: bulk\r\n\r\nBcc: v@evil.example"),
        (b"Precedence: bulk\r\n", b""),
        (b"Date: ", b"X\nDate: "),
        (b"To: reader-1@", b"To: v@evil.example, reader-1@"),
    ],
)  # fmt: skip
def test_a_header_too_many_or_too_few_stops_the_issue(old: bytes, new: bytes) -> None:
    assert codes(gate(samples=tampered(old, new, which=[0]))) == {"headers-changed"}
    assert message.HEADERS_CHANGED.final and message.HEADERS_CHANGED.severity == "error"


def test_an_added_header_is_named_and_found_once() -> None:
    samples = tampered(b"Precedence: bulk", b"Bcc: v@evil.example\r\nPrecedence: bulk")
    (finding,) = gate(samples=samples)
    assert (finding.code, finding.place) == ("headers-changed", "message")
    assert "Bcc" in finding.mend


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"List-Unsubscribe: <https", b"List-Unsubscribe:\r\n <https"),
        (b"List-Unsubscribe: <https", b"List-Unsubscribe: <http"),
        (b"List-Unsubscribe: <https", b"List-Unsubscribe: <mailto:a@b.example>, <https"),
        (b"List-Unsubscribe: <https://news", b"List-Unsubscribe: =?utf-8?q?<https://news"),
        (b"List-Unsubscribe: <https://news", b"List-Unsubscribe: <https://other"),
        (b"List-Unsubscribe=One-Click", b"List-Unsubscribe=one-click; yes"),
    ],
)
def test_one_click_headers_that_cannot_be_read_are_found(old: bytes, new: bytes) -> None:
    assert codes(gate(samples=tampered(old, new))) == {"one-click-broken"}


def test_another_subject_than_the_approved_one_is_found() -> None:
    assert codes(gate(samples=tampered(b"Subject: Health", b"Subject: Wealth"))) == {"subject-changed"}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"The new door", b"The old door"),
        (b"text/plain; charset=utf-8", b"text/plain; charset=latin-1"),
        (b"Content-Type: text/plain", b"Content-Type: text/calendar"),
        (b"quoted-printable", b"8bit"),
        (b"reader-%n@personal.example", b"somebody@personal.example"),
    ],
)
def test_another_body_than_the_approved_one_is_found(old: bytes, new: bytes) -> None:
    samples = samples_of(GOLDEN)
    old = old.replace(b"%n", b"1")
    head, gap, body = samples[0].message.partition(b"\r\n\r\n")
    assert old in body
    samples[0] = replace(samples[0], message=head + gap + body.replace(old, new, 1))
    assert codes(gate(samples=samples)) == {"body-changed"}


def test_lines_that_no_server_takes_are_found() -> None:
    assert codes(gate(samples=tampered(b"Precedence: bulk", b"Precedence: bulk" + b" " * 1000))) == {"line-long"}


def test_half_a_line_end_is_found() -> None:
    samples = samples_of(GOLDEN)
    head, gap, body = samples[0].message.partition(b"\r\n\r\n")
    samples[0] = replace(samples[0], message=head + gap + body.replace(b"=\r\n", b"=\n", 1))
    assert codes(gate(samples=samples)) == {"line-long"}


def test_a_token_that_nothing_fills_in_is_found() -> None:
    samples = samples_of(GOLDEN)
    edition: Edition = planted("Preferences:", "ZQ<TOPICS>\nPreferences:", part="text")
    assert codes(message.check(edition, samples, HOME)) == {"body-changed"}


@given(st.text(max_size=80))
@example("https://\u2028")
@example("http://[v1.a]/")
@example("https://１２７.1/")
@example("https://0x/")
@example("//[")
def test_any_text_can_be_asked_whether_it_leads_somewhere(url: str) -> None:
    for text in (url, f"https://{url}", f"https://{url}/", f"mailto:{url}"):
        delivery.fault_of_url(text)
    delivery.is_private(url)
