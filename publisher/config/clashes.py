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
    for i, f in enumerate(config.feed):
        slug = f.path.removeprefix("topics/")
        if f.path != "news" and slug == f.path:
            wrong.append((("feed", i, "path"), f'[[feed]] "{f.path}" is neither "news" nor "topics/<slug>"'))
        elif f.path != "news" and slug not in known:
            what = f'[[feed]] "{f.path}" is for a topic that no [[topic]] declares{meant(slug, known)}'
            wrong.append((("feed", i, "path"), what))
    return wrong
