"""Stops a database that was restored from a backup: what left after the backup was taken must not leave again.

The database and a file beside the keys tell which life of the database this is and how many sends were begun in it. As
long as they disagree nothing is sent; a person who has looked at what left may say that it goes on.
"""

from publisher.app import App
from publisher.errors import Restored, StoreError
from publisher.files import put
from publisher.records.epochs import Epoch, Restoration, compared
from publisher.store import Connection, epochs

HOW = "`publisher run --after-restore`"


def is_restored(app: App) -> bool:
    """Whether this database is older than what was sent, and nobody said yet that it may send."""
    with app.database.read() as connection:
        return compared(epochs.current(connection), _noted(app)) == "restored"


def refuse_after_restore(app: App) -> None:
    """Raises Restored while nobody said that this database may send."""
    if is_restored(app):
        raise Restored(
            "nothing is sent, for this database was restored from a backup and may not know what left since; look at "
            "the relay's log, cancel with `publisher issue cancel` what left already, then say --after-restore to "
            "`publisher run` or `publisher issue send`"
        )


def count_a_send(app: App, connection: Connection) -> Epoch:
    """A send begins: in the transaction that begins it. Afterwards `note_epoch` has to be called."""
    held = epochs.first(connection)
    noted = _noted(app)
    if noted is None or noted.name != held.name:
        # The file first: a database that has sent and has no file is one that was restored elsewhere.
        note_epoch(app, held)
    return epochs.count_a_send(connection)


def note_epoch(app: App, epoch: Epoch) -> None:
    """Bring the file up to the database, once that holds it for good."""
    put(app.epoch_file, f"{epoch.name} {epoch.begun}\n".encode("ascii"), mode=0o600)


def lift(app: App, who: str) -> bool:
    """Let a restored database send from now on; who said so is written down. False when it was none."""
    noted = _noted(app)
    with app.database.write() as connection:
        held = epochs.current(connection)
        if compared(held, noted) != "restored":
            return False
        begun = max(one.begun for one in (held, noted) if one)
        epoch = epochs.begin_another(connection, begun)
        what = "let it send again after a restore"
        epochs.note(connection, Restoration(at=app.clock(), who=who, what=what))
    note_epoch(app, epoch)
    return True


def _noted(app: App) -> Epoch | None:
    """What the file says. Raises StoreError for one that is damaged."""
    try:
        name, begun = app.epoch_file.read_text(encoding="ascii").split()
        return Epoch(name=name, begun=int(begun))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as exc:
        raise StoreError(
            f"{app.epoch_file}: this file cannot be read or is damaged; restore it from the backup, or delete it and "
            f"say {HOW}"
        ) from exc
