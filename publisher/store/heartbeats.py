"""When each part of the service last ran: what a person or a monitor looks at first."""

from datetime import datetime

from sqlalchemy import Connection, delete, select

from publisher.store import schema as s
from publisher.store.database import insert_unless_there, upsert


def beat(connection: Connection, name: str, at: datetime) -> None:
    connection.execute(upsert(connection, s.heartbeat, "name", {"name": name, "at": at}))


def last(connection: Connection, name: str) -> datetime | None:
    return connection.execute(select(s.heartbeat.c.at).where(s.heartbeat.c.name == name)).scalar()


def begin(connection: Connection, name: str, at: datetime) -> None:
    """Note when something began, unless it was noted already."""
    connection.execute(insert_unless_there(connection, s.heartbeat, "name").values(name=name, at=at))


def end(connection: Connection, name: str) -> None:
    """It is over."""
    connection.execute(delete(s.heartbeat).where(s.heartbeat.c.name == name))


def beginning(connection: Connection, prefix: str) -> dict[str, datetime]:
    """What began and is not over, by what stands after the prefix in its name."""
    h = s.heartbeat.c
    query = select(h.name, h.at).where(h.name.startswith(prefix, autoescape=True))
    return {name.removeprefix(prefix): at for name, at in connection.execute(query)}
