"""Sets of names, written as one text: the tables of what formats know read better so."""


def names(text: str) -> frozenset[str]:
    return frozenset(text.split())
