"""What is remembered of resized pictures: the newest file of each picture at each width."""

import threading
from dataclasses import replace

from publisher.store import Database, renditions
from publisher.store.renditions import Rendition

WARD = Rendition(original="0a" * 12 + ".jpg", width=600, name="1b" * 12 + ".jpg", wide=1200, high=800)
SMALL = replace(WARD, width=152, name="2c" * 12 + ".jpg", wide=304, high=203)


def keep(database: Database, *made: Rendition) -> None:
    with database.write() as connection:
        renditions.keep(connection, made)


def find(database: Database, *wanted: tuple[str, int]) -> list[Rendition]:
    with database.read() as connection:
        found = renditions.find(connection, wanted)
    assert all(key == (one.original, one.width) for key, one in found.items())
    return sorted(found.values(), key=lambda one: (one.original, one.width))


def test_a_picture_is_remembered_at_each_width(database: Database) -> None:
    keep(database, WARD, SMALL)
    assert find(database, (WARD.original, 600)) == [WARD]
    assert find(database, (WARD.original, 152)) == [SMALL]


def test_only_what_was_asked_for_is_found(database: Database) -> None:
    keep(database, WARD, SMALL)
    assert find(database) == []
    assert find(database, (WARD.original, 160), ("ff" * 12 + ".jpg", 600)) == []


def test_all_that_were_made_of_a_picture_are_found(database: Database) -> None:
    other = replace(WARD, original="ff" * 12 + ".jpg", name="ee" * 12 + ".jpg")
    keep(database, WARD, other, SMALL)
    with database.read() as connection:
        assert renditions.all_of(connection, [WARD.original]) == [SMALL, WARD]
        assert renditions.all_of(connection, [other.original, WARD.original]) == [SMALL, WARD, other]
        assert renditions.all_of(connection, []) == renditions.all_of(connection, ["0.jpg"]) == []


def test_many_can_be_asked_for_at_once(database: Database) -> None:
    many = [replace(WARD, original=f"{number:024x}.jpg") for number in range(1200)]
    keep(database, *many)
    assert find(database, *((one.original, 600) for one in many)) == many


def test_one_made_anew_takes_the_place_of_the_one_before(database: Database) -> None:
    again = replace(WARD, name="3d" * 12 + ".png", high=801)
    keep(database, WARD, SMALL)
    keep(database, again)
    assert find(database, (WARD.original, 600), (WARD.original, 152)) == [SMALL, again]


def test_two_that_made_the_same_at_once_do_not_hinder_each_other(database: Database) -> None:
    start = threading.Barrier(2)
    told: list[Exception] = []

    def one_of_two() -> None:
        start.wait()
        try:
            keep(database, WARD, SMALL)
        except Exception as exc:
            told.append(exc)

    both = [threading.Thread(target=one_of_two) for _ in range(2)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    assert told == []
    assert find(database, (WARD.original, 600)) == [WARD]
