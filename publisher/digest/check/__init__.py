"""The gate: finished editions, and the messages made of them -> every finding, with its place and its mend.

contents (the articles) + accessibility + clients + privacy + delivery (each edition) + message (the bytes that would
leave). All pure; each family is a module of rules. What only some editions have is told with their language.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from importlib import import_module

from publisher.digest.check.rules import DRAFTING as DRAFTING, Rule as Rule, some_of_each
from publisher.records import Article, Edition, Event, Finding, Newsletter, Teaser, Topic

_FAMILIES = (
    "rules",
    "contents",
    "patients",
    "wording",
    "accessibility",
    "clients",
    "privacy",
    "delivery",
    "marks",
    "message",
)


def check(
    editions: Sequence[Edition],
    carried: Sequence[Article | Teaser],
    newsletter: Newsletter,
    *,
    leaves: datetime,
    frozen: bool,
    home: str,
    language: str,
    address: Sequence[str],
    topics: Mapping[str, Topic],
    events: Sequence[Event],
    own_texts: Mapping[str, str],
) -> list[Finding]:
    """All findings on editions that would leave at `leaves`, but for those of the finished messages.

    `carried` and `events` are everything that is shown, translations too. `home` is the site's address, which all
    pictures need, `language` that of what does not say its own, `address` the lines of the postal address,
    `own_texts` what the office wrote for this issue, by what it is. Of `frozen` editions the articles behind them are
    not looked at.
    """
    # Parsers of HTML and CSS are loaded when they are needed: most commands look at no issue.
    from publisher.digest.check import accessibility, causes, clients, contents, delivery, marks, privacy
    from publisher.digest.check.document import read

    found: list[Finding] = []
    if not frozen:
        grade = newsletter.reading_grade
        found = contents.check(carried, leaves, most_grade=grade, events=events, own_texts=own_texts, language=language)
    judged = {item.image.alt for item in carried if item.image and item.image.alt}
    headlines = [item.headline for item in carried if item.headline]
    repeated = [contents.named(item) for item in contents.repeated(carried, events)]
    by_edition = []
    for edition in editions:
        document = read(edition)
        found_here = [
            *accessibility.check(document, judged, repeated),
            *clients.check(document, edition, home),
            *privacy.check(document, edition, home, topics),
            *delivery.check(document, edition, home, address, headlines),
            *marks.check(edition),
        ]
        by_edition.append(causes.alone(found_here))
    return some_of_each([*found, *_in_languages(editions, by_edition)])


def in_languages(editions: Sequence[Edition], found: Sequence[Sequence[Finding]]) -> list[Finding]:
    """What all editions have in common once, and what only some have with their language; of each rule some."""
    return some_of_each(_in_languages(editions, found))


def _in_languages(editions: Sequence[Edition], found: Sequence[Sequence[Finding]]) -> list[Finding]:
    told: dict[Finding, list[str]] = {}
    for edition, findings in zip(editions, found, strict=True):
        for finding in dict.fromkeys(findings):
            told.setdefault(finding, []).append(edition.language)
    return [
        finding if len(languages) == len(editions) else _placed(finding, ", ".join(languages))
        for finding, languages in told.items()
    ]


def _placed(finding: Finding, languages: str) -> Finding:
    return Finding(
        code=finding.code, severity=finding.severity, place=f"{finding.place} [{languages}]", mend=finding.mend
    )


def largest_copy(edition: Edition) -> int:
    """Bytes of the decoded HTML of the largest personalised copy."""
    from publisher.digest.check import clients

    return clients.largest_copy(edition)


@cache
def rules() -> dict[str, Rule]:
    """Every rule of the gate by its code, family by family."""
    modules = [import_module(f"{__name__}.{name}") for name in _FAMILIES]
    found = [rule for module in modules for rule in vars(module).values() if isinstance(rule, Rule)]
    return {rule.code: rule for rule in sorted(found, key=lambda rule: (rule.family, rule.code))}
