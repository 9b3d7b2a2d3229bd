"""All that must be right around a site is asked of real servers on loopback: name server, relay, mail server."""

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from publisher.actions.doctor import examine
from publisher.app import App
from publisher.delivery.sign import make_key, public_record
from publisher.doctor import Result
from publisher.errors import IssueError, StoreError
from publisher.store.schema import HEAD
from tests.actions.people import HARBOR, WEEKLY, more_settings, two_newsletters, with_people
from tests.cli.test_commands import publisher, told
from tests.conftest import NOW
from tests.delivery.relay import Papers, Rule, ScriptedRelay, make_papers
from tests.doctor.nameserver import NameServer, Zone
from tests.watchdog import ends

DOMAIN = "news.alderbay.example"
KEY = make_key()
GOOD: Zone = {
    DOMAIN: {"TXT": "v=spf1 ip4:203.0.113.7 -all", "MX": "10 mx.alderbay.example"},
    "mx.alderbay.example": {"A": "127.0.0.1"},
    "_dmarc.alderbay.example": {"TXT": "v=DMARC1; p=quarantine"},
    f"s1._domainkey.{DOMAIN}": {"TXT": public_record(KEY)},
}

OpenApp = Callable[..., App]


@dataclass
class House:
    """A site whose relay, name server and mail server are on loopback. `zone` may be changed until it is looked at."""

    folder: Path
    open_app: OpenApp
    papers: Papers
    zone: dict[str, Any] = field(default_factory=lambda: dict(GOOD))
    rules: tuple[Rule, ...] = ()
    relay: dict[str, Any] = field(default_factory=dict)
    silent: tuple[str, ...] = ()

    def signs(self) -> "House":
        more_settings(self.folder, '\n[delivery.dkim]\nselector = "s1"\nkey_file = "dkim.pem"\n')
        (self.folder / "dkim.pem").write_bytes(KEY)
        (self.folder / "dkim.pem").chmod(0o600)
        return self

    def look(self, **options: Any) -> list[Result]:
        """As it is when mail is only written to files."""
        with NameServer(self.zone, self.silent) as names, ScriptedRelay() as mail:
            app = self.open_app(self.folder)
            return examine(app, names.names(0.5), mail_port=mail.port, clock=lambda: NOW, **options)

    def by_relay(self, *, settings: str = "", **options: Any) -> list[Result]:
        """As it is when mail leaves by a relay, which is started for that."""
        relay = {"tls": "starttls", "papers": self.papers, "users": {"office": "open sesame"}} | self.relay
        with (
            ScriptedRelay(*self.rules, **relay) as server,
            NameServer(self.zone, self.silent) as names,
            ScriptedRelay() as mail,
        ):
            self._sends_by(server.port, settings)
            app = self.open_app(self.folder)
            clock = options.pop("clock", lambda: datetime.now(UTC))
            return examine(app, names.names(0.5), mail_port=mail.port, clock=clock, **options)

    def _sends_by(self, port: int, settings: str) -> None:
        toml = self.folder / "publisher.toml"
        toml.write_text(toml.read_text().replace('transport = "file"', 'transport = "smtp"'))
        usual = f'user = "office"\npassword = "open sesame"\nca_file = "{self.papers.authority}"\n'
        more_settings(self.folder, f'\n[delivery.smtp]\nhost = "127.0.0.1"\nport = {port}\n{settings or usual}')


@pytest.fixture
def house(site: Path, tmp_path: Path, open_app: OpenApp) -> House:
    return House(site, open_app, make_papers(tmp_path))


def only(results: list[Result], code: str) -> Result:
    (found,) = [one for one in results if one.code == code]
    return found


def severities(results: list[Result]) -> dict[str, str]:
    return {one.code: one.severity for one in results}


# --- all of it ---


def test_a_site_that_is_in_order_has_no_errors(house: House) -> None:
    results = house.signs().by_relay()
    assert [one.code for one in results] == [
        *("relay", "tls", "auth", "spf", "dkim", "dmarc", "replies", "clock", "site", "keys", "database", "disk")
    ]
    wrong = {one.code: one.mend for one in results if one.severity in ("error", "warning")}
    assert wrong == {}
    well = {one.code for one in results if one.severity == "ok"}
    assert {"relay", "tls", "auth", "dkim", "dmarc", "replies", "site", "keys", "database", "disk"} <= well


def test_with_files_the_relay_is_not_asked_and_what_is_missing_outside_is_no_error_yet(house: House) -> None:
    house.zone = {}
    results = house.look()
    relay = only(results, "relay")
    assert (relay.severity, relay.mend) == ("ok", 'mail is written to files (transport "file"): no relay is asked')
    assert {"tls", "auth"}.isdisjoint(one.code for one in results)
    assert severities(results)["spf"] == severities(results)["dmarc"] == severities(results)["replies"] == "warning"
    assert "error" not in severities(results).values()


def test_each_newsletter_is_looked_at_unless_one_is_named(house: House) -> None:
    two_newsletters(house.folder)
    assert [one.place for one in house.look() if one.code == "replies"] == [WEEKLY, HARBOR]
    assert [one.place for one in house.look(newsletter=HARBOR) if one.code == "replies"] == [HARBOR]
    with pytest.raises(IssueError, match='there is no newsletter "nothing"'):
        house.look(newsletter="nothing")


def test_the_trouble_of_one_question_never_stops_another(house: House) -> None:
    house.silent = (DOMAIN, f"_dmarc.{DOMAIN}")
    house.rules = (Rule("banner", reply="554 5.7.1 not you"),)
    found = severities(house.signs().by_relay())
    assert found["relay"] == "error"
    assert found["dkim"] == "ok"
    assert found["tls"] == found["auth"] == found["spf"] == found["dmarc"] == found["replies"] == "unknown"
    assert found["site"] == found["keys"] == found["database"] == found["disk"] == "ok"


def test_a_question_without_an_answer_is_left_behind_in_time(house: House) -> None:
    house.rules = (Rule("banner", silent=True),)
    with ends():
        results = house.by_relay(seconds=1.5)
    late = only(results, "relay")
    assert (late.severity, late.mend) == ("unknown", "there was no answer within 1.5 seconds; try again later")
    assert severities(results)["dmarc"] == "ok"


def test_progress_is_told_question_by_question(house: House) -> None:
    told: list[tuple[int, int]] = []
    house.look(progress=lambda done, of: told.append((done, of)))
    assert told == [(number, 10) for number in range(1, 11)]


def test_no_result_tells_a_secret(house: House) -> None:
    results = house.signs().by_relay()
    assert results and "open sesame" not in repr(results) and "PRIVATE" not in repr(results)


# --- the relay ---


def test_what_the_relay_offers_and_how_it_is_encrypted_is_told(house: House) -> None:
    results = house.by_relay()
    offers = only(results, "relay").mend
    assert offers.startswith("answers, and offers ")
    assert {"PIPELINING", "SIZE", "8BITMIME", "SMTPUTF8"} <= set(
        offers.removeprefix("answers, and offers ").split(", ")
    )
    assert "and the certificate is valid for this name for 29 days" in only(results, "tls").mend
    assert only(results, "auth").mend == "takes our user and password"


def test_a_certificate_near_its_end_is_told(house: House) -> None:
    found = only(house.by_relay(clock=lambda: datetime.now(UTC) + timedelta(days=20)), "tls")
    assert found.severity == "warning"
    assert "for 9 days only" in found.mend


def test_a_password_is_tried_once_and_its_refusal_told(house: House) -> None:
    house.relay = {"users": {"office": "another"}}
    results = house.by_relay()
    assert only(results, "relay").severity == "error"
    assert only(results, "auth").mend.startswith("what stopped the check of the relay stopped this one too")


def test_a_relay_that_is_away_is_an_error(house: House) -> None:
    house._sends_by(1, "")
    with NameServer(house.zone) as names:
        results = examine(house.open_app(house.folder), names.names(0.5), mail_port=1)
    assert only(results, "relay").severity == "error"


def test_a_relay_on_this_machine_needs_neither_tls_nor_a_password(house: House) -> None:
    house.relay = {"tls": None, "users": {}}
    results = house.by_relay(settings='encryption = "none"\n')
    assert only(results, "tls").mend == "not encrypted, and need not be: the relay is on this machine"
    assert only(results, "auth").mend == "no user is set; the relay takes us by our address"


def test_a_lost_password_file_is_told_and_the_rest_is_asked(house: House) -> None:
    results = house.by_relay(settings='user = "office"\npassword_file = "gone"\n')
    assert only(results, "relay").severity == "error"
    assert "password_file of [delivery.smtp]: gone cannot be read" in only(results, "relay").mend
    assert severities(results)["dmarc"] == "ok"


# --- what receivers look up ---


def test_a_missing_record_is_told_with_what_to_publish(house: House) -> None:
    house.zone = {DOMAIN: {"MX": "10 mx.alderbay.example"}, "mx.alderbay.example": {"A": "127.0.0.1"}}
    results = house.signs().by_relay()
    assert [only(results, code).severity for code in ("spf", "dkim", "dmarc")] == ["error", "error", "error"]
    assert only(results, "dkim").place == f"s1._domainkey.{DOMAIN}"
    assert only(results, "dkim").mend == f"there is no DKIM record; publish this TXT record: {public_record(KEY)}"


def test_another_key_than_the_published_one_is_told(house: House) -> None:
    house.zone[f"s1._domainkey.{DOMAIN}"] = {"TXT": public_record(make_key())}
    assert "is not that of our key file" in only(house.signs().by_relay(), "dkim").mend


def test_a_signature_of_the_domain_above_counts(house: House) -> None:
    house.signs()
    more_settings(house.folder, 'domain = "alderbay.example"\n')
    house.zone["s1._domainkey.alderbay.example"] = {"TXT": public_record(KEY)}
    assert only(house.by_relay(), "dkim").severity == "ok"


def test_a_signature_of_the_domain_above_does_not_count_where_dmarc_is_strict(house: House) -> None:
    house.signs()
    more_settings(house.folder, 'domain = "alderbay.example"\n')
    house.zone["s1._domainkey.alderbay.example"] = {"TXT": public_record(KEY)}
    house.zone["_dmarc.alderbay.example"] = {"TXT": "v=DMARC1; p=none; adkim=s"}
    key, stray = [one for one in house.by_relay() if one.code == "dkim"]
    assert (key.severity, stray.severity) == ("ok", "error")
    assert stray.mend.endswith("set domain in [delivery.dkim] to news.alderbay.example")


def test_a_key_file_that_others_may_read_is_told(house: House) -> None:
    house.signs()
    (house.folder / "dkim.pem").chmod(0o644)
    found = only(house.by_relay(), "dkim")
    assert found.severity == "error"
    assert "others may read this key file" in found.mend


def test_without_a_key_it_is_said_that_the_relay_has_to_sign(house: House) -> None:
    results = house.by_relay()
    assert only(results, "dkim").severity == "unknown"
    assert only(results, "dkim").mend.startswith("we do not sign; look in a test message whether the relay does")
    assert only(results, "dmarc").mend.endswith("passes by SPF, and by DKIM where the relay signs for this domain")


def test_the_spf_record_of_the_return_path_counts(house: House) -> None:
    more_settings(house.folder, '\n[bounces]\naddress = "bounces@back.alderbay.example"\n')
    house.zone["back.alderbay.example"] = {"TXT": "v=spf1 mx ~all", "MX": "10 mx.alderbay.example"}
    results = house.by_relay()
    assert only(results, "spf").place == "back.alderbay.example"
    assert only(results, "bounces").mend == "mx.alderbay.example takes reports there"
    assert only(results, "dmarc").severity == "ok"


def test_a_return_path_of_another_house_passes_only_by_the_relays_signature(house: House) -> None:
    more_settings(house.folder, '\n[bounces]\naddress = "bounces@relay.example"\n')
    assert only(house.by_relay(), "dmarc").severity == "warning"


# --- where replies go ---


def test_an_office_address_that_nobody_takes_is_an_error(house: House) -> None:
    house.zone[DOMAIN] = {"TXT": GOOD[DOMAIN]["TXT"], "MX": "0 ."}
    found = only(house.by_relay(), "replies")
    assert (found.severity, found.place) == ("error", WEEKLY)
    assert "null MX" in found.mend


# --- this machine ---


@pytest.fixture(params=["sqlite", "postgresql"])
def app(request: pytest.FixtureRequest, site: Path, open_app: OpenApp, database_url: str) -> App:
    return open_app(site, database_url=database_url)


@pytest.fixture
def names() -> Iterator[NameServer]:
    with NameServer(GOOD) as server:
        yield server


def test_the_clock_of_the_database_server_is_compared_with_ours(
    site: Path, open_app: OpenApp, database_url: str, names: NameServer
) -> None:
    app = open_app(site, database_url=database_url)
    now = only(examine(app, names.names(), mail_port=1), "clock")
    assert now.severity != "error"
    late = only(
        examine(app, names.names(), mail_port=1, clock=lambda: datetime.now(UTC) - timedelta(minutes=5)), "clock"
    )
    if app.database.is_sqlite:
        assert late.severity != "error"
    else:
        assert late.severity == "error"
        assert "the database server are 300 seconds apart; synchronise both (NTP)" in late.mend


def test_room_is_judged_by_the_largest_list(
    site: Path, open_app: OpenApp, database_url: str, names: NameServer
) -> None:
    app = open_app(site, database_url=database_url)
    with_people(app, "ana@example.org", "ben@example.org")
    results = examine(app, names.names(), mail_port=1)
    if app.database.is_sqlite:
        assert "the largest list, 2 people, needs 2.4 KB for an issue" in only(results, "disk").mend
        assert only(results, "database").mend == "only its owner may read it"
    else:
        assert only(results, "disk").severity == "unknown"
        assert only(results, "database").mend == "answers"


def test_files_that_others_may_read_are_errors(house: House) -> None:
    app = house.open_app(house.folder)
    with_people(app, "ana@example.org")
    (house.folder / "publisher.db").chmod(0o644)
    (house.folder / "publisher.keys").write_text("{}")
    (house.folder / "publisher.keys").chmod(0o640)
    results = house.look()
    assert only(results, "database").mend == "others on this machine may read it; run `chmod 600 publisher.db`"
    assert only(results, "keys").mend == "others on this machine may read it; run `chmod 600 publisher.keys`"


def test_looking_makes_no_file_and_leaves_no_thread(house: House) -> None:
    files, threads = sorted(house.folder.rglob("*")), threading.active_count()
    house.look()
    assert sorted(house.folder.rglob("*")) == files
    assert threading.active_count() == threads


def test_a_public_address_without_https_is_an_error(house: House) -> None:
    toml = house.folder / "publisher.toml"
    toml.write_text(toml.read_text().replace("https://news.alderbay.example", "http://news.alderbay.example"))
    assert only(house.look(), "site").severity == "error"


def test_a_database_that_cannot_be_opened_is_one_result_among_others(house: House) -> None:
    app = house.open_app(house.folder)
    with app.database.write() as connection:
        connection.exec_driver_sql(f"UPDATE alembic_version SET version_num = '{int(HEAD) + 1:04}'")
    with pytest.raises(StoreError):
        house.open_app(house.folder).database  # noqa: B018 - opening is what fails
    results = house.look()
    assert only(results, "database").severity == "error"
    assert "install the newer Publisher again" in only(results, "database").mend
    assert only(results, "disk").severity == "unknown"
    assert only(results, "dmarc").severity != "error"


# --- as a command ---


def test_the_command_prints_a_line_for_each_and_exits_with_one_for_errors(house: House) -> None:
    toml = house.folder / "publisher.toml"
    del house.zone["mx.alderbay.example"]
    with NameServer(house.zone) as server:
        at = f"{server.at[0]}:{server.at[1]}"
        done = publisher("doctor", "--site", house.folder, "--nameserver", at)
        lines = done.stdout.splitlines()
        assert len(lines) == 10
        first = 'ok: [delivery]: mail is written to files (transport "file"): no relay is asked [relay]'
        assert lines[0] == first
        assert any(line.startswith("could not be checked: news.alderbay.example: we do not sign") for line in lines)
        assert done.stderr.splitlines()[-1].startswith("10 checks: 0 errors, 0 warnings, ")
        toml.write_text(toml.read_text().replace("https://news", "http://news"))
        assert publisher("doctor", "--site", house.folder, "--nameserver", at, code=1)
        found = told("doctor", "--site", house.folder, "--nameserver", at, code=1)
    assert json.dumps(found)
    assert {"code", "severity", "place", "mend"} == set(found[0])
    assert server.asked


def test_a_name_server_that_is_none_is_said_at_once(site: Path) -> None:
    done = publisher("doctor", "--site", site, "--nameserver", "dns.example.org", code=2)
    assert '"dns.example.org" is not the address of a name server' in done.stderr
