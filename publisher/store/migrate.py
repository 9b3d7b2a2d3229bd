"""Brings a database's schema up to this program's, in one transaction, with Alembic.

On SQLite foreign keys are off while tables are rebuilt, and checked before the commit: a batch alter would otherwise
take referring rows with it.
"""

from collections.abc import Callable
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection, text

from publisher.errors import StoreError
from publisher.store.database import Database

_SCRIPTS = Path(__file__).parent / "migrations"


def upgrade(
    database: Database, fingerprint: Callable[[str], bytes], keys_were_used: Callable[[], None] = lambda: None
) -> None:
    """Run the missing migrations. Two programs starting at once: the second waits, then finds nothing to do."""
    with database.write(foreign_keys=False) as connection:
        if not database.is_sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('publisher-migration'))"))
        config = Config()
        config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
        config.attributes["connection"] = connection
        config.attributes["fingerprint"] = fingerprint
        config.attributes["keys_were_used"] = keys_were_used
        try:
            command.upgrade(config, "head")
        except CommandError as exc:
            raise StoreError(f"this database's schema is not one of Publisher's ({exc}); nothing was changed") from exc
        if database.is_sqlite:
            _refuse_broken_references(connection)


def _refuse_broken_references(connection: Connection) -> None:
    broken = connection.execute(text("pragma foreign_key_check")).all()
    if broken:
        raise StoreError(
            f"the migration would leave {len(broken)} rows without what they refer to; nothing was changed"
        )
