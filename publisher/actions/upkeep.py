"""Look after the site's keys: a new one for a purpose, at a moment when that changes no mail."""

from publisher.app import App
from publisher.errors import IssueError
from publisher.keys import rotate
from publisher.store import issues


def rotate_key(app: App, purpose: str) -> str:
    """From now on a new key signs for this purpose; its id. Raises IssueError while an issue is on its way.

    A copy whose answer got lost is sent a second time with the same bytes; another key would make it another.
    """
    app.keyring  # noqa: B018 - there must be one to rotate
    with app.database.write() as connection:
        # In a writing transaction, so that no issue begins meanwhile.
        for issue in issues.every(connection):
            if issue.state in ("sending", "paused"):
                raise IssueError(
                    f"{issue.newsletter} {issue.period} is {issue.state}, and its mail must not change on the way; "
                    "rotate the key when it is sent or cancelled"
                )
        return rotate(app.keys_file, purpose)
