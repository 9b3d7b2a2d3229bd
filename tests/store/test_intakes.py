"""A heap of people: gathered apart, kept together or not at all."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import text

from publisher.errors import StoreError
from publisher.records import Intake, Subscriber
from publisher.store import Database, intakes, subscribers
from publisher.store.heaps import Heap, Person, Profile, heap
from publisher.store.intakes import Counts, take_in
from tests.conftest import KEYS, NOW

INTAKE = Intake(at=NOW, who="tests", files="list.csv", source="desk", consent="cards")
ACTIVE = Profile("active", None, None, (), ())


def rows(gathered: Heap, *names: str, profile: Profile = ACTIVE) -> Iterator[Person]:
    for place, name in enumerate(names, gathered.rows):
        key = f"{name}@example.org".lower()
        yield place, f"{name}@example.org", key, KEYS.fingerprint(key), None, None, None, gathered.number(profile)


def taken(database: Database, *names: str, profile: Profile = ACTIVE, keep: bool = True) -> Counts:
    with heap(database) as gathered:
        gathered.gather(rows(gathered, *names, profile=profile))
        return take_in(gathered, INTAKE, ("weekly",), keep=lambda counts: keep)


def held(database: Database) -> list[Subscriber]:
    with database.read() as connection:
        return list(subscribers.every(connection))


def test_a_heap_is_kept_whole_or_not_at_all(database: Database) -> None:
    assert taken(database, "ana", "bo", keep=False) == Counts(rows=2, new=2)
    assert held(database) == []
    assert taken(database, "ana", "bo") == Counts(rows=2, new=2)
    assert [person.address for person in held(database)] == ["ana@example.org", "bo@example.org"]


def test_each_person_gets_a_random_id_of_their_own(database: Database) -> None:
    taken(database, *(f"p{number}" for number in range(300)))
    ids = {person.public_id for person in held(database)}
    assert len(ids) == 300 and {len(one) for one in ids} == {32}
    assert all(set(one) <= set("0123456789abcdef") for one in ids)


def test_an_empty_heap_leaves_no_trace(database: Database) -> None:
    assert taken(database) == Counts(rows=0, new=0)
    with database.read() as connection:
        assert intakes.find(connection, 1) is None


def test_of_several_rows_the_first_active_one_counts(database: Database) -> None:
    with heap(database) as gathered:
        first = replace_profile(state="unconfirmed", language="fr")
        gathered.gather(rows(gathered, "Ana", profile=first))
        gathered.gather(rows(gathered, "ANA", profile=replace_profile(language="es", topics=("heart",))))
        gathered.gather(rows(gathered, "ana", profile=replace_profile(language="en")))
        counts = take_in(gathered, INTAKE, ("weekly",), keep=lambda counts: True)
    (ana,) = held(database)
    assert (ana.address, ana.state, ana.language, ana.topics) == ("ANA@example.org", "active", "es", ("heart",))
    assert counts == Counts(rows=3, new=1, doubles=2)


def replace_profile(**more: object) -> Profile:
    return ACTIVE._replace(**more)  # type: ignore[arg-type]


def test_a_list_that_breaks_off_keeps_nobody_and_the_next_one_is_taken(database: Database) -> None:
    def breaking(gathered: Heap) -> Iterator[Person]:
        yield from rows(gathered, "ana")
        raise RuntimeError("the file is gone")

    with pytest.raises(RuntimeError, match="the file is gone"), heap(database) as gathered:
        gathered.gather(breaking(gathered))
    assert held(database) == []
    assert taken(database, "ana").new == 1


def test_a_statement_that_fails_keeps_nobody(database: Database) -> None:
    with database.write() as connection:
        connection.execute(text("ALTER TABLE suppression RENAME TO lost"))
    with pytest.raises(StoreError) as refused:
        taken(database, "ana", profile=ACTIVE._replace(state="left", reason="unsubscribed"))
    assert "example.org" not in str(refused.value) and "\n" not in str(refused.value)
    with database.write() as connection:
        connection.execute(text("ALTER TABLE lost RENAME TO suppression"))
    assert held(database) == [] and taken(database, "ana").new == 1


def test_who_reads_meanwhile_sees_all_of_it_or_nothing(database: Database) -> None:
    with heap(database) as gathered:
        gathered.gather(rows(gathered, "ana", "bo"))
        assert held(database) == []

        def look(counts: Counts) -> bool:
            assert held(database) == []
            return True

        take_in(gathered, INTAKE, ("weekly",), keep=look)
        assert len(held(database)) == 2


def test_an_import_is_remembered_with_its_evidence(database: Database) -> None:
    taken(database, "ana")
    (ana,) = held(database)
    assert ana.intake
    with database.read() as connection:
        assert intakes.find(connection, ana.intake) == replace(INTAKE, id=ana.intake)
