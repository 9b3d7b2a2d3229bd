"""Takes in a heap of people: judged and kept in one transaction, and leaving wins, whatever the order was."""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    LargeBinary,
    Select,
    Text,
    and_,
    case,
    cast,
    delete,
    distinct,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    type_coerce,
    update,
)

from publisher.records import Intake
from publisher.store import schema as s
from publisher.store.database import dialect_of, insert_unless_there
from publisher.store.heaps import Heap, gathered, profile

_MANY = 100_000
_FIRST_IN_COMMON = 4096
"""So many rows of a list of `_MANY` share the first byte of their ids."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What became of the addresses gathered. Each stands in one of `new`, `unconfirmed` (new too, but may not be
    written to), `known`, and `left` (on the suppression list, now or before).

    Of the known, `confirmed` had not confirmed before and `widened` get a newsletter more. `suppressed` were put on
    the suppression list by this import. `unclear` addresses stand in a row that could not be understood, and are left
    out whatever other rows say. `doubles` are further rows of an address, `unproven` those without consent evidence of
    whoever is new, or gets a newsletter more.
    """

    rows: int
    new: int
    unconfirmed: int = 0
    known: int = 0
    left: int = 0
    confirmed: int = 0
    widened: int = 0
    suppressed: int = 0
    unclear: int = 0
    doubles: int = 0
    unproven: int = 0


def take_in(heap: Heap, intake: Intake, newsletters: Sequence[str], keep: Callable[[Counts], bool]) -> Counts:
    """All of the heap or none, in one transaction; all is undone unless the counts are such that it is to `keep`.

    `newsletters` are those of whoever names none. An import that brings nobody new leaves no trace.
    """
    with heap.staged.write() as (connection, undo):
        _alone(connection)
        counts = _Taking(connection, intake, tuple(newsletters), heap).counts()
        if not keep(counts):
            undo()
    return counts


def _alone(connection: Connection) -> None:
    """Hold off other imports to the end of the transaction.

    SQLite's write lock does so already; on PostgreSQL who left in one list would stay active by another.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(func.hashtext("publisher-import"))))


def find(connection: Connection, number: int) -> Intake | None:
    """The import of this number."""
    row = connection.execute(select(s.intake).where(s.intake.c.id == number)).mappings().first()
    return Intake(**row) if row else None


class _Taking:
    """The steps of one import, in one transaction: who left first, then who is new."""

    def __init__(self, connection: Connection, intake: Intake, newsletters: tuple[str, ...], heap: Heap) -> None:
        self._connection, self._intake, self._newsletters, self._heap = connection, intake, newsletters, heap

    def counts(self) -> Counts:
        c = s.subscriber.c
        states = set(self._connection.execute(select(profile.c.state)).scalars())
        unclear, dropped = self._drop_unclear() if "unclear" in states else (0, 0)
        rows = self._heap.rows - dropped
        suppressed = self._suppress() if "left" in states else 0
        number = self._note()
        confirmed = self._confirm(number) if "active" in states and self._holds(c.state == "unconfirmed") else 0
        added = self._add(number)
        unconfirmed = 0
        if "unconfirmed" in states and added:
            unconfirmed = self._count(select(func.count()).where(c.intake == number, c.state == "unconfirmed"))
        addresses, left = self._rest() if added < rows else (rows, 0)
        # Where every row is of somebody new, nobody was known.
        widened, without_proof = self._widen() if added < rows else (0, 0)
        if not added and not confirmed:
            self._connection.execute(s.intake.delete().where(s.intake.c.id == number))
        return Counts(
            rows=rows,
            new=added - unconfirmed,
            unconfirmed=unconfirmed,
            known=addresses - added - left,
            left=left,
            confirmed=confirmed,
            widened=widened,
            suppressed=suppressed,
            unclear=unclear,
            doubles=rows - addresses,
            unproven=self._unproven(number) + without_proof,
        )

    def _holds(self, *wanted: ColumnElement[bool]) -> bool:
        """Whether we hold any such person."""
        return self._connection.execute(select(s.subscriber.c.id).where(*wanted).limit(1)).first() is not None

    def _count(self, query: Select[Any]) -> int:
        return int(self._connection.execute(query).scalar_one())

    def _drop_unclear(self) -> tuple[int, int]:
        """Take out all rows of addresses that some row says we know not what of, but for those that left: nobody is
        written to because a line was broken. How many addresses, and how many rows."""
        g, p = gathered.c, profile.c
        of = {
            state: select(g.address_key).join(profile, g.profile == p.id).where(p.state == state)
            for state in ("unclear", "left")
        }
        alone = select(func.count(distinct(g.address_key))).where(g.address_key.in_(of["unclear"]))
        number = self._count(alone.where(g.address_key.not_in(of["left"])))
        not_left = select(p.id).where(p.state != "left")
        gone = delete(gathered).where(g.address_key.in_(of["unclear"]), g.profile.in_(not_left))
        return number, self._connection.execute(gone).rowcount

    def _suppress(self) -> int:
        """Put on the suppression list who left there; who is held leaves here too. How many were not on it before."""
        g, p, held, c = gathered.c, profile.c, s.suppression.c, s.subscriber.c
        worst = func.min(case((p.reason == "complained", 0), (p.reason == "bounced", 1), else_=2))
        reason = case((worst == 0, "complained"), (worst == 1, "bounced"), else_="unsubscribed")
        how = literal(f"import: {self._intake.files}")
        gone = select(g.fingerprint, literal(""), reason, literal(self._intake.at, s.Moment), how)
        gone = gone.join(profile, g.profile == p.id).where(p.state == "left").group_by(g.fingerprint)
        before = self._count(select(func.count()).select_from(s.suppression))
        statement = dialect_of(self._connection).insert(s.suppression)
        statement = statement.from_select([held.fingerprint, held.newsletter, held.reason, held.at, held.how], gone)
        graver = statement.on_conflict_do_update(
            index_elements=["fingerprint", "newsletter"],
            set_={"reason": statement.excluded.reason, "how": statement.excluded.how},
            where=and_(statement.excluded.reason == "complained", held.reason != "complained"),
        )
        self._connection.execute(graver)
        leavers = select(g.address_key).join(profile, g.profile == p.id).where(p.state == "left")
        here = (c.state != "left", c.address_key.in_(leavers))
        said = select(c.id, literal(self._intake.at, s.Moment), literal("left"), how).where(*here)
        self._connection.execute(insert(s.consent).from_select(["subscriber", "at", "what", "how"], said))
        self._connection.execute(update(s.subscriber).where(*here).values(state="left", revision=c.revision + 1))
        return self._count(select(func.count()).select_from(s.suppression)) - before

    def _confirm(self, number: int) -> int:
        """Who was unconfirmed here and is active in a list now, with the newsletters and the evidence of that list: to
        what stood here before they never agreed."""
        g, p, c = gathered.c, profile.c, s.subscriber.c
        first = select(func.min(g.place)).join(profile, g.profile == p.id).where(p.state == "active")
        agreed = select(g.address_key, _if_any(g.consent_at).label("consent_at"), self._source(), self._wanted()).join(
            profile, g.profile == p.id
        )
        proof = agreed.where(g.place.in_(first.group_by(g.address_key))).subquery().c
        wanted = (c.state == "unconfirmed", c.address_key == proof.address_key, ~_forbidden(c.fingerprint))
        said = select(c.id, literal(self._intake.at, s.Moment), literal("imported"), literal(self._told())).where(
            *wanted
        )
        self._connection.execute(insert(s.consent).from_select(["subscriber", "at", "what", "how"], said))
        changed = (
            update(s.subscriber)
            .where(*wanted)
            .values(
                state="active",
                newsletters=proof.newsletters,
                consent_source=proof.consent_source,
                consent_at=proof.consent_at,
                intake=number,
                revision=c.revision + 1,
            )
        )
        return self._connection.execute(changed).rowcount

    def _wanted(self) -> ColumnElement[tuple[str, ...]]:
        """The newsletters of a row, else those of the import."""
        own = profile.c.newsletters
        return case((own == "", literal(self._newsletters, s.Words)), else_=own).label("newsletters")

    def _source(self) -> ColumnElement[str]:
        """Where a row says that its person agreed, else where the import says so."""
        return func.coalesce(_if_any(gathered.c.consent_source), literal(self._intake.source or None, Text)).label(
            "consent_source"
        )

    def _note(self) -> int:
        i = self._intake
        values = {"at": i.at, "who": i.who, "files": i.files, "source": i.source, "consent": i.consent}
        return int(self._connection.execute(insert(s.intake).values(values).returning(s.intake.c.id)).scalar_one())

    def _add(self, number: int) -> int:
        """Who is not held and not forbidden; of several rows of one address an active one counts, the first of those.

        In the order of the addresses: their index then grows at its end. A list that comes so, or nearly so, is not
        sorted again where no state goes before another; PostgreSQL may have another order than ours.
        """
        g, p = gathered.c, profile.c
        wanted = [p.state != "left"]
        if self._any_forbidden():
            wanted.append(~_forbidden(g.fingerprint))
        people = select(
            _random_id(self._connection, in_a_row=self._heap.rows if self._heap.in_order else 0),
            g.address,
            g.address_key,
            g.fingerprint,
            _if_any(g.name),
            p.language,
            p.topics,
            self._wanted(),
            p.state,
            p.paused_until,
            self._source(),
            _if_any(g.consent_at),
            literal(self._intake.at, s.Moment),
            literal(number),
        ).join(profile, g.profile == p.id)
        one_state = self._count(select(func.count(distinct(p.state))).where(p.state != "left")) <= 1
        is_sorted = self._heap.ascends or (self._heap.in_order and one_state)
        is_sorted = is_sorted and self._connection.dialect.name == "sqlite"
        order = (g.place,) if is_sorted else (g.address_key, p.state, g.place)
        people = people.where(*wanted).order_by(*order)
        c = s.subscriber.c
        who = [c.public_id, c.address, c.address_key, c.fingerprint, c.name, c.language, c.topics, c.newsletters]
        consent = [c.state, c.paused_until, c.consent_source, c.consent_at, c.created_at, c.intake]
        statement = insert_unless_there(self._connection, s.subscriber, "address_key")
        adding = statement.from_select(who + consent, people)
        # PostgreSQL's driver tells how many rows an INSERT wrote only where that is asked for.
        return self._connection.execute(adding, execution_options={"preserve_rowcount": True}).rowcount

    def _unproven(self, number: int) -> int:
        """New people of whom neither their row nor the import says where they agreed and what proves it."""
        if self._intake.source and self._intake.consent:
            return 0
        c = s.subscriber.c
        lacks: ColumnElement[bool] = c.consent_source.is_(None)
        if not self._intake.consent:
            lacks = or_(lacks, c.consent_at.is_(None))
        return self._count(select(func.count()).where(c.intake == number, c.state == "active", lacks))

    def _rest(self) -> tuple[int, int]:
        """How many addresses there are, and how many of them are forbidden."""
        g = gathered.c
        addresses = select(func.count(distinct(g.address_key)))
        left = self._count(addresses.where(_forbidden(g.fingerprint))) if self._any_forbidden() else 0
        return self._count(addresses), left

    def _any_forbidden(self) -> bool:
        """Whether the suppression list names anybody: where it does not, a million questions are spared."""
        return self._connection.execute(select(s.suppression.c.at).limit(1)).first() is not None

    def _widen(self) -> tuple[int, int]:
        """Who is known and active gets the newsletters of the list too, but for those they left. How many, and how many
        of them without evidence."""
        g, p, c = gathered.c, profile.c, s.subscriber.c
        theirs = self._wanted()
        if not self._differ():
            return 0, 0
        proof = (self._source(), func.coalesce(_if_any(g.consent_at), literal(self._intake.consent or None, Text)))
        query = select(c.id, c.fingerprint, c.newsletters, cast(theirs, s.Words).label("more"), *proof)
        query = query.select_from(gathered)
        query = query.join(profile, g.profile == p.id).join(s.subscriber, c.address_key == g.address_key)
        query = query.where(p.state == "active", c.state == "active", c.newsletters != "", c.newsletters != theirs)
        wider: dict[int, tuple[str, ...]] = {}
        without_proof = set()
        for id, fingerprint, has, more, source, proven in self._connection.execute(query).all():
            fresh = tuple(n for n in more if n not in wider.get(id, has) and not self._left(fingerprint, n))
            if fresh:
                wider[id] = (*wider.get(id, has), *fresh)
                without_proof |= set() if source and proven else {id}
        for id, newsletters in wider.items():
            change = {"newsletters": newsletters, "revision": c.revision + 1}
            self._connection.execute(update(s.subscriber).where(c.id == id).values(change))
            said = {"subscriber": id, "at": self._intake.at, "what": "imported", "how": self._told()}
            self._connection.execute(insert(s.consent).values(said))
        return len(wider), len(without_proof)

    def _differ(self) -> bool:
        """Whether rows and people can differ in newsletters at all: where there is one, a long look is spared."""
        p, c, own = profile.c, s.subscriber.c, literal(self._newsletters, s.Words)
        rows = select(p.id).where(p.newsletters != "", p.newsletters != own).limit(1)
        return self._connection.execute(rows).first() is not None or self._holds(
            c.newsletters != "", c.newsletters != own
        )

    def _left(self, fingerprint: bytes, newsletter: str) -> bool:
        held = s.suppression.c
        query = select(held.reason).where(held.fingerprint == fingerprint, held.newsletter.in_(("", newsletter)))
        return self._connection.execute(query).first() is not None

    def _told(self) -> str:
        return "; ".join(part for part in (self._intake.files, self._intake.source, self._intake.consent) if part)


def _forbidden(fingerprint: ColumnElement[bytes]) -> ColumnElement[bool]:
    held = s.suppression.c
    return exists().where(held.fingerprint == fingerprint, held.newsletter == "")


def _if_any(column: ColumnElement[Any]) -> ColumnElement[str]:
    """What a row says there; nothing where that is empty."""
    return func.nullif(column, "")


def _random_id(connection: Connection, in_a_row: int) -> ColumnElement[str]:
    """A random public id, made by the database: it is no secret, every token that carries one has a MAC.

    Where so many people come `in_a_row`, as their addresses do, that their index in random order would cost much, those
    of a few thousand have their first byte in common: the index then grows in few places at a time. 15 random bytes
    remain. Two ids that begin alike may so be of people whose addresses stand near each other in a list; they do not
    tell who came before whom, nor anything of when.
    """
    if connection.dialect.name == "postgresql":
        return type_coerce(func.uuid_send(func.gen_random_uuid()), s.RandomId)
    if in_a_row < _MANY:
        return type_coerce(func.randomblob(16), s.RandomId)
    firsts = in_a_row // _FIRST_IN_COMMON + 1
    which = gathered.c.place // _FIRST_IN_COMMON % firsts
    first = func.substr(literal(secrets.token_bytes(firsts), LargeBinary), 1 + which, 1)
    return type_coerce(cast(first.op("||")(func.randomblob(15)), LargeBinary), s.RandomId)
