"""When each part of the service last ran: what a person or a monitor looks at first."""

from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from publisher.store import schema as s


def beat(connection: Connection, name: str, at: datetime) -> None:
    if connection.execute(update(s.heartbeat).where(s.heartbeat.c.name == name).values(at=at)).rowcount == 0:
        connection.execute(insert(s.heartbeat).values(name=name, at=at))


def last(connection: Connection, name: str) -> datetime | None:
    return connection.execute(select(s.heartbeat.c.at).where(s.heartbeat.c.name == name)).scalar()
