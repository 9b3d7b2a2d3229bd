"""The gate in front of every approval: look at an issue as its readers, their programs and their providers will.

Articles and editions are examined as records, the messages as the bytes that would leave. The report is for the
officer, and for the privacy and the accessibility office.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlsplit

from publisher import digest
from publisher.actions.linkcheck import dead_links
from publisher.app import App
from publisher.digest import check as gate
from publisher.digest.check.rules import Rule
from publisher.errors import ProgramError
from publisher.fetching import Fetcher
from publisher.programs import SpamReport, spam_report
from publisher.records import SEVERITIES, Delivery, Edition, Edits, Finding, Issue, Newsletter, Override, Period


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """What was measured of one edition and its messages; `spam` is null where SpamAssassin is not installed."""

    language: str
    subject: str
    hash: str
    html_bytes: int
    text_bytes: int
    message_bytes: int
    headers: tuple[str, ...]
    links: int
    loaded_from: tuple[str, ...]
    personal_links: tuple[str, ...]
    spam: SpamReport | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What the finished messages showed."""

    findings: tuple[Finding, ...]
    examined: tuple[Examined, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """All that the gate found and measured of an issue at one moment."""

    newsletter: str
    title: str
    period: str
    state: str
    at: datetime
    findings: tuple[Finding, ...]
    examined: tuple[Examined, ...]
    grades: Mapping[str, float] = field(default_factory=dict)
    overrides: tuple[Override, ...] = ()
    links_asked: int | None = None

    def by_family(self) -> dict[str, list[tuple[Finding, Rule | None]]]:
        """The findings in the order of the families, the worst first, each with its rule."""
        rules = gate.rules()
        families: dict[str, list[tuple[Finding, Rule | None]]] = {}
        for finding in sorted(self.findings, key=lambda f: SEVERITIES.index(f.severity)):
            rule = rules.get(finding.code)
            families.setdefault(rule.family if rule else "selection", []).append((finding, rule))
        return dict(sorted(families.items()))


def checked(
    app: App,
    newsletter: Newsletter,
    period: Period,
    editions: Sequence[Edition],
    selection: digest.Selection,
    edits: Edits,
    *,
    frozen: bool = False,
) -> list[Finding]:
    """What the gate finds of articles and editions. Nothing carried: nothing to find.

    Of `frozen` editions only what is in them counts: the articles may have been edited since.
    """
    if not editions:
        return []
    return gate.check(
        editions,
        selection.everything_shown,
        newsletter,
        # An issue approved early waits for its slot: what may be read by then may be in it. Sending looks once more.
        leaves=max(app.clock(), period.slot),
        frozen=frozen,
        home=app.links.home,
        language=app.language,
        address=app.config.organisation.address,
        topics=app.topics,
        events=selection.events,
        own_texts=_own_texts(app, newsletter, edits),
    )


def _own_texts(app: App, newsletter: Newsletter, edits: Edits) -> dict[str, str]:
    """What the office wrote beside the articles, by what it is. What nobody translated is told once."""
    by_hand = {"subject": edits.subject, "preheader": edits.preheader, "greeting": edits.greeting, "note": edits.note}
    told = {f"{what} [{language}]": text for what, texts in by_hand.items() for language, text in texts.items()}
    for language in (newsletter.language, *newsletter.languages):
        look = app.look(newsletter, language, None)
        texts = {
            "title": look.title,
            "tagline": look.tagline,
            "intro": look.intro,
            "notice": " ".join(look.notice or ()),
            "reason": look.reason,
            "footer_note": look.footer_note,
        }
        own = {what: text for what, text in texts.items() if text and what not in look.untranslated}
        told |= {f"{what} [{language}]": text for what, text in own.items()}
    return told


def proved(
    app: App, newsletter: Newsletter, issue: Issue, editions: Sequence[Edition], *, with_spam: bool = True
) -> Proof:
    """Compose messages for invented readers and examine their bytes, as a provider and a mail program would."""
    from publisher.delivery.compose import Composer
    from publisher.digest.check import delivery, message

    _, key = app.keyring.newest("message-id")
    name = f"{newsletter.name}/{issue.period}"
    composer = Composer(editions, name, newsletter.name, app.signing_links, key)
    findings, examined = [], []
    for edition in editions:
        samples = [
            message.Sample(
                message=composer.message(reader),
                public_id=reader.public_id,
                address=reader.address,
                name=reader.name,
                topics=reader.topics,
            )
            for reader in _invented(edition, tuple(app.topics))
        ]
        facts = message.proof(edition, samples, app.links.home)
        spam, unscored = _scored(samples[0].message) if with_spam else (None, [])
        scored = delivery.check_spam(spam.score if spam else None)
        findings.append([*message.check(edition, samples, app.links.home), *scored, *unscored])
        examined.append(
            Examined(
                language=edition.language,
                subject=edition.subject,
                hash=edition.hash,
                html_bytes=gate.largest_copy(edition),
                text_bytes=len(edition.text.encode()),
                message_bytes=len(samples[0].message),
                headers=facts.headers,
                links=facts.links,
                loaded_from=facts.loaded_from,
                personal_links=facts.personal_links,
                spam=spam,
            )
        )
    return Proof(findings=tuple(gate.in_languages(editions, findings)), examined=tuple(examined))


def _scored(sample: bytes) -> tuple[SpamReport | None, list[Finding]]:
    """The score; none where SpamAssassin is not installed, or where it failed, which must hold up nobody's mail."""
    from publisher.digest.check.delivery import SPAM_UNMEASURED

    try:
        return spam_report(sample), []
    except ProgramError as exc:
        return None, [SPAM_UNMEASURED.found("message", f"SpamAssassin gave no score: {exc}")]


def _invented(edition: Edition, topics: Sequence[str]) -> list[Delivery]:
    """Two readers of everything, who must differ in nothing but their own values, and one who chose a topic."""
    chosen = [(), (), tuple(topics[:1])] if topics else [(), ()]
    return [
        Delivery(
            issue=0,
            subscriber=number,
            public_id=f"{number}" * 32,
            address=f"reader-{number}@personal.example",
            name=f"Reader {number}" if number > 1 else None,
            language=edition.language,
            topics=picked,
            state="claimed",
        )
        for number, picked in enumerate(chosen, start=1)
    ]


def links_found(
    app: App, editions: Sequence[Edition], progress: Callable[[int, int], None] = lambda done, of: None
) -> tuple[list[Finding], int]:
    """What a visit to every public link of the editions found, and how many links there are.

    The office's own hosts are visited wherever they lie: inside a hospital their names often lead to inside numbers.
    """
    from publisher.digest.check.delivery import links_of
    from publisher.digest.check.document import read

    urls = list(dict.fromkeys(url for edition in editions for url in links_of(read(edition))))
    own = [host for url in (app.links.home, app.organisation_url) if (host := urlsplit(url).hostname)]
    with Fetcher() as fetcher:
        return dead_links(fetcher, urls, progress=progress, allowed=own), len(urls)
