"""Settings that are each in order and cannot stand together: names given twice, topics that nobody declared."""

from typing import TypeAlias

from publisher.config.places import Loc
from publisher.config.sentences import meant
from publisher.config.tables import Config

Wrong: TypeAlias = tuple[Loc, str]
"""Where something is wrong, and what."""


def doubles(config: Config) -> list[Wrong]:
    """Names that must be unique within their tables; the later one is wrong."""
    named = [
        ("source", "name", [s.name for s in config.source]),
        ("topic", "slug", [t.slug for t in config.topic]),
        ("feed", "path", [f.path for f in config.feed]),
        ("newsletter", "name", [n.name for n in config.newsletter]),
    ]
    return [
        ((table, i, key), f'two [[{table}]] {key}s are "{name}"; give one of them another')
        for table, key, names in named
        for i, name in enumerate(names)
        if name in names[:i]
    ]


def strangers(config: Config) -> list[Wrong]:
    """References to topics nobody declared, and limits that exclude each other."""
    known = list(dict.fromkeys(t.slug for t in config.topic))
    wrong: list[Wrong] = []
    for i, n in enumerate(config.newsletter):
        name = f'[[newsletter]] "{n.name}"'
        wrong += [
            (
                ("newsletter", i, "topics"),
                f'{name} names the topic "{t}", which no [[topic]] declares{meant(t, known)}',
            )
            for t in n.topics
            if t not in known
        ]
        if n.fewest > n.most:
            what = f"{name}: fewest = {n.fewest} is more than most = {n.most}"
            wrong.append((("newsletter", i, "fewest"), what))
    return wrong + [
        (("feed", i, "path"), stray) for i, f in enumerate(config.feed) if (stray := _stray(f.path, config))
    ]


def _stray(path: str, config: Config) -> str | None:
    """What is wrong with a feed's path: each feed is for something that was declared."""
    if path == "news":
        return None
    declared = {
        "topics": ("a topic that no [[topic]] declares", [t.slug for t in config.topic]),
        "languages": ("a language that languages in [site] does not name", list(config.site.languages)),
        "newsletters": ("a newsletter that no [[newsletter]] declares", [n.name for n in config.newsletter]),
    }
    kind, _, name = path.partition("/")
    if kind not in declared:
        kinds = ", ".join(f'"{kind}/…"' for kind in declared)
        return f'[[feed]] "{path}" is neither "news" nor one of {kinds}'
    what, names = declared[kind]
    return None if name in names else f'[[feed]] "{path}" is for {what}{meant(name, list(dict.fromkeys(names)))}'
