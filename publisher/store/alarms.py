"""Remembers what staff must know of, by which channels they are told, and when to try again."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, RowMapping, delete, func, insert, select, update

from publisher.records.alarms import Alarm, AlarmKind, Post, Raised, gist
from publisher.store import schema as s

_MOST_TEXTS = 4
"""So many different texts of one trouble are told in one span: an answer with a random word is new each time."""


def raise_(connection: Connection, alarm: Alarm, again_after: timedelta, channels: Sequence[str]) -> bool:
    """Keep the alarm, to be told by these channels, unless it was raised already; whether it is kept.

    There is one for a kind, newsletter and period in so long a time; another with another text, numbers aside.
    """
    _alone(connection)
    a = s.alarm.c
    same = (a.kind == alarm.kind, a.newsletter == alarm.newsletter, a.period == alarm.period)
    before = connection.execute(select(a.text).where(*same, a.at > alarm.at - again_after)).scalars().all()
    if len(before) >= _MOST_TEXTS or gist(alarm.text) in map(gist, before):
        return False
    values = {name: getattr(alarm, name) for name in ("at", "kind", "newsletter", "period", "text")}
    number = connection.execute(insert(s.alarm).values(values).returning(a.id)).scalar_one()
    posts = [{"alarm": number, "channel": one, "attempts": 0, "due_at": alarm.at} for one in channels]
    if posts:
        connection.execute(insert(s.alarm_post), posts)
    return True


def due(connection: Connection, now: datetime) -> list[tuple[Alarm, Post]]:
    """What is to be told now, oldest first."""
    a, p = s.alarm.c, s.alarm_post.c
    query = select(s.alarm_post, s.alarm).join(s.alarm, a.id == p.alarm).where(p.due_at <= now)
    rows = connection.execute(query.order_by(a.id, p.channel)).mappings().all()
    return [(_alarm(row), _post(row)) for row in rows]


def claim(connection: Connection, alarm: Alarm, post: Post, until: datetime) -> bool:
    """Count an attempt and hold the post for one process. Whoever dies meanwhile loses it at `until`."""
    p = s.alarm_post.c
    free = (p.alarm == alarm.id, p.channel == post.channel, p.attempts == post.attempts, p.due_at.is_not(None))
    mine = update(s.alarm_post).where(*free).values(attempts=post.attempts + 1, due_at=until)
    return connection.execute(mine).rowcount == 1


def settle(connection: Connection, alarm: Alarm, post: Post, now: datetime) -> None:
    """It was told by this channel; with the last one, everyone was."""
    p = s.alarm_post.c
    mine = update(s.alarm_post).where(p.alarm == alarm.id, p.channel == post.channel)
    connection.execute(mine.values(due_at=None, done_at=now, trouble=None))
    left = select(func.count()).select_from(s.alarm_post).where(p.alarm == alarm.id, p.done_at.is_(None))
    if connection.execute(left).scalar_one() == 0:
        connection.execute(update(s.alarm).where(s.alarm.c.id == alarm.id).values(said_at=now))


def put_off(connection: Connection, alarm: Alarm, post: Post, until: datetime | None, trouble: str) -> None:
    """It could not be told because of `trouble`; nobody tries any more when there is no `until`."""
    p = s.alarm_post.c
    mine = update(s.alarm_post).where(p.alarm == alarm.id, p.channel == post.channel)
    connection.execute(mine.values(due_at=until, trouble=trouble))


def was_raised(connection: Connection, kind: AlarmKind, newsletter: str, period: str) -> bool:
    """Whether this was ever told of."""
    a = s.alarm.c
    same = (a.kind == kind, a.newsletter == newsletter, a.period == period)
    return connection.execute(select(a.id).where(*same).limit(1)).first() is not None


def waiting(connection: Connection) -> int:
    """How many posts are still to be told."""
    query = select(func.count()).select_from(s.alarm_post).where(s.alarm_post.c.due_at.is_not(None))
    return int(connection.execute(query).scalar_one())


def recent(connection: Connection, most: int) -> list[Raised]:
    """The latest alarms with their posts, newest first."""
    a, p = s.alarm.c, s.alarm_post.c
    alarms = connection.execute(select(s.alarm).order_by(a.id.desc()).limit(most)).mappings().all()
    oldest = min((row["id"] for row in alarms), default=0)
    posts: dict[int, list[Post]] = {row["id"]: [] for row in alarms}
    rows = connection.execute(select(s.alarm_post).where(p.alarm >= oldest).order_by(p.channel)).mappings()
    for row in rows:
        posts[row["alarm"]].append(_post(row))
    return [Raised(alarm=_alarm(row), said_at=row["said_at"], posts=tuple(posts[row["id"]])) for row in alarms]


def forget_before(connection: Connection, moment: datetime) -> int:
    """Remove what was raised before then; how many alarms that were."""
    old = select(s.alarm.c.id).where(s.alarm.c.at < moment)
    connection.execute(delete(s.alarm_post).where(s.alarm_post.c.alarm.in_(old)))
    return connection.execute(delete(s.alarm).where(s.alarm.c.at < moment)).rowcount


def _alone(connection: Connection) -> None:
    """Hold off all others who raise an alarm: on PostgreSQL two at once would each find none before it."""
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(func.hashtext("publisher-alarm"))))


def _alarm(row: RowMapping) -> Alarm:
    return Alarm(**{name: row[name] for name in ("id", "at", "kind", "newsletter", "period", "text")})


def _post(row: RowMapping) -> Post:
    return Post(**{name: row[name] for name in ("channel", "attempts", "due_at", "done_at", "trouble")})
