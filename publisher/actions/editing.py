"""Edit one issue by hand: its texts, its lead, its order, what is in and what is out. Every edit is audited."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from publisher.actions.issues import REDRAFTABLE, WHAT_NEXT, Draft, find_issue, redraft
from publisher.actions.selecting import id_of
from publisher.app import App
from publisher.digest.period import period_named
from publisher.errors import IssueError
from publisher.records import Edits, IssueState, Newsletter
from publisher.sources import clean

TEXTS = ("subject", "preheader", "greeting", "note")
_LONGEST = {"subject": 200, "preheader": 300, "greeting": 120, "note": 1000}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What an officer asks to change. An empty text goes back to the rule; items are ids, short names or headlines.

    `reset` first takes back all that was edited before; `automatic` says which items are left to the rules again.
    """

    texts: Mapping[str, str] = field(default_factory=dict)
    language: str | None = None
    lead: str | None = None
    order: Sequence[str] = ()
    included: Sequence[str] = ()
    excluded: Sequence[str] = ()
    automatic: Sequence[str] = ()
    reset: bool = False


def edit_issue(app: App, newsletter: Newsletter, period: str, wish: Wish, *, who: str) -> Draft:
    """Change the draft and make it again. An approved issue is held: what was approved is no more.

    Raises IssueError for an issue that has left, for a language it is not made in, and for an item that is not there.
    """
    issue = find_issue(app, newsletter, period)
    if issue.state not in (*REDRAFTABLE, "approved"):
        raise IssueError(f"{newsletter.name} {period} is in state {issue.state}: {WHAT_NEXT[issue.state]}")
    edits, told = edited(issue.edits, _named(app, newsletter, wish), newsletter.language)
    if not told:
        raise IssueError(
            "that changes nothing: it is so already, or no edit was named; see publisher issue edit --help"
        )
    told = [*told, "the approval is void"] if issue.state == "approved" else told
    # What a person released or held must not leave by a rule in the middle of their work.
    state: IssueState = "held" if issue.state in ("approved", "held") else "draft"
    turn, why = period_named(newsletter, period), "edited: " + "; ".join(told)
    return redraft(app, newsletter, turn, issue.cut_off, issue, edits, who, state=state, why=why)


def edited(edits: Edits, wish: Wish, main_language: str) -> tuple[Edits, list[str]]:
    """The edits after a wish whose items are ids, and what changed, a phrase for each. Pure."""
    before, told = edits, []
    if wish.reset and edits != Edits():
        edits, told = Edits(), ["all edits taken back"]
    language = wish.language or main_language
    for what, text in wish.texts.items():
        edits, said = _with_text(edits, what, language, text)
        told += said
    if wish.lead is not None:
        edits = replace(edits, lead=wish.lead or None, excluded=_without(edits.excluded, [wish.lead]))
        told.append(f"lead {_short(wish.lead)}" if wish.lead else "lead by the rule")
    if wish.order:
        edits, told = replace(edits, order=tuple(wish.order)), [*told, f"order {_listed(wish.order)}"]
    for ids, add, drop in ((wish.included, "included", "excluded"), (wish.excluded, "excluded", "included")):
        if ids:
            added = tuple(dict.fromkeys((*getattr(edits, add), *ids)))
            lists: dict[str, Any] = {add: added, drop: _without(getattr(edits, drop), ids)}
            edits = replace(edits, **lists)
            told.append(f"{'in' if add == 'included' else 'out'}: {_listed(ids)}")
    if wish.automatic:
        edits = replace(
            edits,
            lead=None if edits.lead in wish.automatic else edits.lead,
            order=_without(edits.order, wish.automatic),
            included=_without(edits.included, wish.automatic),
            excluded=_without(edits.excluded, wish.automatic),
        )
        told.append(f"by the rules again: {_listed(wish.automatic)}")
    if wish.excluded and edits.lead in wish.excluded:
        edits = replace(edits, lead=None)
    return edits, told if edits != before else []


def _short(id: str) -> str:
    """The end of an id, by which people know it."""
    return id.rpartition("/")[2]


def _listed(ids: Sequence[str]) -> str:
    return ", ".join(map(_short, ids))


def _with_text(edits: Edits, what: str, language: str, text: str) -> tuple[Edits, list[str]]:
    texts = {**getattr(edits, what)}
    if text:
        texts[language] = text
        told = f'{what} [{language}] "{text}"'
    else:
        texts.pop(language, None)
        told = f"{what} [{language}] by the rule"
    changed: dict[str, Any] = {what: texts}
    return replace(edits, **changed), [told]


def _without(ids: Sequence[str], gone: Sequence[str]) -> tuple[str, ...]:
    return tuple(id for id in ids if id not in gone)


def _named(app: App, newsletter: Newsletter, wish: Wish) -> Wish:
    """The wish with texts on one clean line each, and ids for the names of items."""
    languages = (newsletter.language, *newsletter.languages)
    if wish.language and wish.language not in languages:
        raise IssueError(f'{newsletter.name} is not made in "{wish.language}" (it is in: {", ".join(languages)})')
    texts = {what: clean.line(text) for what, text in wish.texts.items()}
    for what, text in texts.items():
        if len(text) > _LONGEST[what]:
            raise IssueError(f"the {what} has {len(text)} characters; at most {_LONGEST[what]} fit, say it shorter")
    strange = re.search(r"\{(?!name\})[^}]*\}", texts.get("greeting", ""))
    if strange:
        raise IssueError(f"nothing fills in {strange[0]} in the greeting; a name is written {{name}}")
    with app.database.read() as connection:
        names = sorted({*wish.order, *wish.included, *wish.excluded, *wish.automatic})
        found = {name: id_of(connection, name) for name in names}
        lead = wish.lead and id_of(connection, wish.lead, may_be_teaser=False)
    return replace(
        wish,
        texts=texts,
        lead=lead,
        order=[found[name] for name in wish.order],
        included=[found[name] for name in wish.included],
        excluded=[found[name] for name in wish.excluded],
        automatic=[found[name] for name in wish.automatic],
    )
