"""What pydantic found wrong, as sentences that an administrator can act on."""

import difflib

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from publisher.config.places import Loc
from publisher.config.tables import Config


def sentence(error: ErrorDetails) -> str:
    """One pydantic error as a line a person can act on."""
    loc = error["loc"]
    # An item of a list is told of as its list, and a key of a mapping as itself.
    inner = loc[:-1] if isinstance(loc[-1], int) or loc[-1] == "[key]" else loc
    table, key = _table(inner), str(inner[-1])
    if error["type"] == "extra_forbidden":
        what = f'unknown key "{key}" in {table}' if len(loc) > 1 else f'unknown table or key "{key}"'
        return f"{what}{meant(key, known(loc))}"
    if error["type"] == "missing":
        return f'{table} needs "{key}"'
    if len(loc) == 1:
        return (
            f"write [[{key}]] in double brackets: there may be several"
            if error["type"] == "tuple_type"
            else (f"write [{key}] in single brackets: there is only one")
        )
    return f'"{key}" in {table}: {_reason(error)}'


_REASONS = {
    "tuple_type": 'must be a list; write it like ["one", "two"]',
    "model_type": "must be a table; write it like { key = value }",
    "string_type": "must be text, in quotation marks",
    "int_parsing": "must be a whole number, without quotation marks",
    "int_type": "must be a whole number, without quotation marks",
    "string_too_short": "must not be empty",
}

_LIMITS = {"greater_than_equal": ("at least", "ge"), "less_than_equal": ("at most", "le")}


def _reason(error: ErrorDetails) -> str:
    if error["type"] in _REASONS:
        return _REASONS[error["type"]]
    if error["type"] == "literal_error":
        expected = str(error["ctx"]["expected"]).replace("'", '"')
        return f"must be {expected}"
    if error["type"] in _LIMITS:
        word, name = _LIMITS[error["type"]]
        return f"must be {word} {error['ctx'][name]}"
    if error["type"] == "string_too_long":
        return f"has more than {error['ctx']['max_length']} characters"
    message = error["msg"].removeprefix("Value error, ")
    return message[:1].lower() + message[1:] if message.startswith(("Input", "String")) else message


def _table(loc: Loc) -> str:
    """The table that the key at `loc` stands in, as it is written."""
    if len(loc) == 1:
        return "the top level"
    between = [str(part) for part in loc[1:-1] if isinstance(part, str)]
    if not isinstance(loc[1], int):
        return f"[{'.'.join([str(loc[0]), *between])}]"
    return f"{'.'.join(between)} of [[{loc[0]}]]" if between else f"[[{loc[0]}]]"


def known(loc: Loc) -> list[str]:
    """The keys that the table at `loc` takes."""
    model: type[BaseModel] = Config
    for part in loc[:-1]:
        if part not in model.model_fields:  # a number in a list, or a language in a mapping
            continue
        field = model.model_fields[part]
        candidates = [field.annotation, *getattr(field.annotation, "__args__", ())]
        model = next(c for c in candidates if isinstance(c, type) and issubclass(c, BaseModel))
    return [name for name in model.model_fields if name != "folder"]


def meant(word: str, known: list[str]) -> str:
    close = difflib.get_close_matches(word, known, n=1)
    return f' (did you mean "{close[0]}"?)' if close else f" (known: {', '.join(known)})" if known else ""
