"""The database, the only SQLAlchemy import. `schema` is one page; each noun has one module.

The door is `open_database`; a unit of work is `with database.write() as connection:` around functions of the nouns.
"""

from sqlalchemy import Connection as Connection

from publisher.store.database import (
    Database as Database,
    database_file as database_file,
    open_database as open_database,
)
