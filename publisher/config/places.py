"""Where a setting stands: its line in publisher.toml, or its environment variable. tomllib keeps no positions."""

import re
from typing import Any, TypeAlias

from publisher.config.tables import PREFIX

Loc: TypeAlias = tuple[int | str, ...]
"""The way to a setting: table, number where there are several, key."""


def where(loc: Loc, name: str, text: str, env: dict[str, Any]) -> str:
    if is_in(env, loc):
        return f"environment {_variable(loc)}"
    line = line_of(text, loc)
    return f"{name}:{line}" if line else name


def is_in(env: Any, loc: Loc) -> bool:
    """Whether the environment sets the value at `loc`."""
    for part in loc:
        try:
            env = env[part]
        except (KeyError, IndexError, TypeError):
            return False
    return True


def _variable(loc: Loc) -> str:
    """The environment variable for `loc`; lists of tables come whole, as JSON."""
    parts = list(loc[: next((i for i, part in enumerate(loc) if isinstance(part, int)), len(loc))])
    return PREFIX + "__".join(map(str, parts)).upper()


def line_of(text: str, loc: Loc) -> int | None:
    """The line where the key at `loc` stands, or the nearest key or table around it."""
    known, path = lines(text, loc), key_path(loc)
    return next((known[path[:cut]] for cut in range(len(path), 0, -1) if path[:cut] in known), None)


def key_path(loc: Loc) -> tuple[str, ...]:
    return tuple(part for part in loc if isinstance(part, str))


def lines(text: str, loc: Loc) -> dict[tuple[str, ...], int]:
    """Lines of the tables and keys in the part of the file that `loc` is about; tomllib keeps no positions."""
    head = str(loc[0])
    index = loc[1] if len(loc) > 1 and isinstance(loc[1], int) else 0
    found: dict[tuple[str, ...], int] = {}
    seen = -1
    inside: tuple[str, ...] = ()
    for number, line in enumerate(text.splitlines(), start=1):
        bare = line.split("#")[0].strip()
        if bare.startswith("["):
            inside = tuple(bare.strip("[] ").split("."))
            seen += inside == (head,)
            if inside[0] == head and max(seen, 0) == index:
                found.setdefault(inside, number)
        elif not inside or (inside[0] == head and max(seen, 0) == index):
            first: tuple[str, ...] = ()
            for key in re.findall(r'(?:^|[{,])\s*"?([\w.-]+)"?\s*=', bare):
                path = (*inside, *first, *key.split("."))
                found.setdefault(path, number)
                first = first or tuple(key.split("."))
    return found
