"""The site's keys: made once, private, added to and rotated without a token going bad."""

import json
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from hashlib import blake2b
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from publisher.app import App
from publisher.config import load
from publisher.errors import StoreError
from publisher.keys import PURPOSES, ROTATABLE, open_keys, rotate
from publisher.links import Links
from publisher.return_paths import Copy, ReturnPaths
from tests.conftest import KEYS, NOW, take_in

Open = Callable[..., App]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "publisher.keys"


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_each_purpose_has_a_key_of_its_own_that_only_the_owner_may_read(file: Path) -> None:
    before = os.umask(0)
    try:
        made = open_keys(file)
    finally:
        os.umask(before)
    assert set(made.keys) == set(PURPOSES)
    secrets = [made.newest(purpose)[1] for purpose in PURPOSES]
    assert len(set(secrets)) == len(PURPOSES) and {len(secret) for secret in secrets} == {32}
    assert mode(file) == 0o600
    assert open_keys(file).keys == made.keys
    assert [path.name for path in file.parent.iterdir()] == ["publisher.keys"]


def test_a_key_file_of_before_gets_what_is_new_and_keeps_what_it_had(file: Path) -> None:
    old = {"links": [{"id": "1", "secret": "6c" * 32}], "message-id": [{"id": "1", "secret": "6d" * 32}]}
    file.write_text(json.dumps(old))
    file.chmod(0o600)
    made = open_keys(file)
    assert (made.keys["links"], made.keys["message-id"]) == (KEYS.keys["links"], KEYS.keys["message-id"])
    assert len(made.newest("return-path")[1]) == len(made.newest("suppression")[1]) == 32
    assert mode(file) == 0o600
    assert open_keys(file).keys == made.keys


def test_of_many_who_open_an_older_file_at_once_all_get_the_same(file: Path) -> None:
    old = {"links": [{"id": "1", "secret": "6c" * 32}], "message-id": [{"id": "1", "secret": "6d" * 32}]}
    file.write_text(json.dumps(old))
    file.chmod(0o600)
    with ThreadPoolExecutor(8) as pool:
        rings = list(pool.map(lambda _: open_keys(file), range(16)))
    assert all(ring.keys == rings[0].keys for ring in rings)


def test_of_many_who_make_a_file_at_once_all_get_the_same(file: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        rings = list(pool.map(lambda _: open_keys(file), range(16)))
    assert all(ring.keys == rings[0].keys for ring in rings)


@pytest.mark.parametrize("purpose", ROTATABLE)
def test_a_rotation_adds_a_key_in_front_and_loses_none(file: Path, purpose: str) -> None:
    before = open_keys(file)
    assert [rotate(file, purpose) for _ in range(3)] == ["2", "3", "4"]
    after = open_keys(file)
    assert [key_id for key_id, _ in after.keys[purpose]] == ["4", "3", "2", "1"]
    assert after.keys[purpose][-1:] == before.keys[purpose]
    assert {p: k for p, k in after.keys.items() if p != purpose} == {
        p: k for p, k in before.keys.items() if p != purpose
    }
    assert mode(file) == 0o600


def test_of_many_rotations_at_once_none_is_lost(file: Path) -> None:
    open_keys(file)
    with ThreadPoolExecutor(8) as pool:
        ids = list(pool.map(lambda _: rotate(file, "links"), range(12)))
    held = open_keys(file).keys["links"]
    assert sorted(ids, key=int) == [str(number) for number in range(2, 14)]
    assert [key_id for key_id, _ in held] == [str(number) for number in range(13, 0, -1)]
    assert len({secret for _, secret in held}) == 13


def test_what_older_keys_signed_stays_good(file: Path) -> None:
    copy = Copy(3, "ab" * 16)
    first = open_keys(file)
    token = Links("https://n.example", first).sign("unsubscribe", copy.public_id, "weekly")
    path = ReturnPaths("b@n.example", first).make(copy)
    for purpose in ROTATABLE * 2:
        rotate(file, purpose)
    now = open_keys(file)
    assert Links("https://n.example", now).check("unsubscribe", token, "weekly") == copy.public_id
    assert ReturnPaths("b@n.example", now).read(path) == copy
    assert now.fingerprint("ana@example.org") == first.fingerprint("ana@example.org")


def test_a_rotation_that_cannot_be_written_leaves_the_keys_as_they_are(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = open_keys(file).keys
    monkeypatch.setattr(os, "fsync", lambda descriptor: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(Exception, match="No space left"):
        rotate(file, "links")
    monkeypatch.undo()
    assert open_keys(file).keys == before
    assert {path.name for path in file.parent.iterdir()} <= {"publisher.keys", "publisher.keys.lock"}


@given(st.text(max_size=300))
def test_a_fingerprint_is_keyed_and_of_sixteen_bytes(key: str) -> None:
    made = KEYS.fingerprint(key)
    assert made == blake2b(key.encode("utf-8", "surrogatepass"), key=b"s" * 32, digest_size=16).digest()
    assert made != blake2b(key.encode(), digest_size=16).digest()


def test_the_ring_does_not_show_its_keys(file: Path) -> None:
    ring = open_keys(file)
    assert repr(ring) == "Keyring(links: 1, message-id: 1, return-path: 1, staff: 1, suppression: 1)"


NO_SECRET = '{"links": [{"id": "1", "secret": ""}], "message-id": [{"id": "1", "secret": ""}]}'


@pytest.mark.parametrize(
    "spoil",
    [
        "",
        "{}",
        "[]",
        '{"links": []}',
        "null",
        '{"links": 5, "message-id": 5}',
        "\x80",
        '{"links": [{}]}',
        "{" * 5000,
        NO_SECRET,
    ],
)
def test_a_damaged_file_is_said_in_one_line_and_not_touched(file: Path, spoil: str) -> None:
    file.write_text(spoil, encoding="latin-1")
    file.chmod(0o600)
    with pytest.raises(StoreError, match="the key file is damaged; restore it") as refused:
        open_keys(file)
    assert "\n" not in str(refused.value)
    assert file.read_text(encoding="latin-1") == spoil


def test_a_file_that_others_may_read_is_refused(file: Path) -> None:
    open_keys(file)
    file.chmod(0o644)
    with pytest.raises(StoreError, match=r"chmod 600 publisher\.keys"):
        open_keys(file)


def lost(site: Path) -> None:
    app = App(load(site), clock=lambda: NOW)
    try:
        with pytest.raises(StoreError, match="the key file is gone, and its keys were used"):
            app.keyring  # noqa: B018
        assert not (site / "publisher.keys").exists()
    finally:
        app.close()


@pytest.mark.parametrize("row", ["ana@example.org,active", "ana@example.org,left"])
def test_a_lost_key_file_is_not_made_anew_once_anybody_is_known(site: Path, open_app: Open, row: str) -> None:
    (site / "people.csv").write_text(f"address,state\n{row}\n")
    take_in(open_app(site), site / "people.csv")
    lost(site)


def test_a_site_without_anybody_may_make_new_keys(site: Path, open_app: Open) -> None:
    open_app(site).database.close()
    app = App(load(site), clock=lambda: NOW)
    assert set(app.keyring.keys) == set(PURPOSES)
    app.close()
