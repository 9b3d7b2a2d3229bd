"""When each part of the service last ran: what a person or a monitor looks at first."""

from datetime import datetime

from sqlalchemy import Connection, select

from publisher.store import schema as s
from publisher.store.database import upsert


def beat(connection: Connection, name: str, at: datetime) -> None:
    connection.execute(upsert(connection, s.heartbeat, "name", {"name": name, "at": at}))


def last(connection: Connection, name: str) -> datetime | None:
    return connection.execute(select(s.heartbeat.c.at).where(s.heartbeat.c.name == name)).scalar()
