"""Settings that are each in order and cannot stand together: names given twice, topics that nobody declared, colours
that cannot be read on each other, a mailbox without its address."""

from collections.abc import Mapping
from typing import TypeAlias

from publisher.colours import faint
from publisher.config.places import Loc
from publisher.config.sentences import meant
from publisher.config.tables import Config, NewsletterTable
from publisher.slots import HOURS

Wrong: TypeAlias = tuple[Loc, str]
"""Where something is wrong, and what."""


def doubles(config: Config) -> list[Wrong]:
    """Names that must be unique within their tables; the later one is wrong."""
    named = [
        ("source", "name", [s.name for s in config.source]),
        ("topic", "slug", [t.slug for t in config.topic]),
        ("feed", "path", [f.path for f in config.feed]),
        ("newsletter", "name", [n.name for n in config.newsletter]),
        ("staff", "name", [s.name.casefold() for s in config.staff]),
        ("staff", "address", [s.address.casefold() for s in config.staff]),
    ]
    return [
        ((table, i, key), f'two [[{table}]] have the {key} "{name}"; give one of them another')
        for table, key, names in named
        for i, name in enumerate(names)
        if name in names[:i]
    ]


_FILES, _WEB = ("markdown", "captured", "folder"), ("page", "sitemap", "feed")


def places(config: Config) -> list[Wrong]:
    """Sources whose kind and place do not go together: files have a `path`, what is on the web has `urls`."""
    wrong: list[Wrong] = []
    for i, source in enumerate(config.source):
        name = f'[[source]] "{source.name}"'
        given = [key for key, value in (("path", source.path), ("urls", source.urls)) if value]
        wanted = {**dict.fromkeys(_FILES, "path"), **dict.fromkeys(_WEB, "urls")}.get(source.kind)
        if len(given) == 1 and wanted in (None, given[0]):
            if source.kind == "wordpress" and len(source.urls) > 1:
                what = f"{name} names {len(source.urls)} sites; give each a [[source]] of its own"
                wrong.append((("source", i, "urls"), what))
            continue
        wish = wanted or "path (an export file) or urls (the site)"
        what = f'{name} is of the kind "{source.kind}": it needs {wish}' + (", and nothing else" if given else "")
        wrong.append((("source", i, next((key for key in given if key != wanted), "kind")), what))
    return wrong


def strangers(config: Config) -> list[Wrong]:
    """References to topics nobody declared, and limits that exclude each other."""
    topics = list(dict.fromkeys(t.slug for t in config.topic))
    sources = list(dict.fromkeys(s.name for s in config.source))
    wrong: list[Wrong] = []
    for i, n in enumerate(config.newsletter):
        name = f'[[newsletter]] "{n.name}"'
        wrong += [
            (
                ("newsletter", i, key),
                f'{name} names the {noun} "{one}", which no [[{noun}]] declares{meant(one, known)}',
            )
            for key, noun, named, known in (
                ("topics", "topic", n.topics, topics),
                ("sections", "topic", n.sections, topics),
                ("sources", "source", n.sources, sources),
            )
            for one in named
            if one not in known
        ]
        if (n.language or config.site.language) in n.translations:
            what = f"{name}: {n.language or config.site.language} is its own language; translate it into others"
            wrong.append((("newsletter", i, "translations"), what))
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


def unattended(config: Config) -> list[Wrong]:
    """Staff of newsletters that nobody declared, approvals that nobody could give, and deadlines that nobody could
    meet."""
    known = [n.name for n in config.newsletter]
    wrong: list[Wrong] = [
        (
            ("staff", i, "newsletters"),
            f'[[staff]] "{s.name}" names the newsletter "{one}", which no [[newsletter]] declares{meant(one, known)}',
        )
        for i, s in enumerate(config.staff)
        for one in s.newsletters
        if one not in known
    ]
    for i, n in enumerate(config.newsletter):
        wrong += [(("newsletter", i, key), f'[[newsletter]] "{n.name}": {what}') for key, what in _unmet(config, n)]
    return wrong


def _unmet(config: Config, n: NewsletterTable) -> list[tuple[str, str]]:
    """What of a newsletter's rule of approval cannot be kept: the key, and why."""
    able = [s for s in config.staff if s.rights != "author" and (not s.newsletters or n.name in s.newsletters)]
    found = []
    if n.approval == "two-person" and len(able) < 2:
        there = f"{len(able)} [[staff]] may approve it" if able else "no [[staff]] may approve it"
        found.append(("approval", f'approval = "two-person", and {there}; name two people with rights = "approver"'))
    if n.deadline == "send" and n.approval != "automatic" and n.draft_hours == 0:
        what = 'deadline = "send" with draft_hours = 0 would leave nobody time to look; set draft_hours, like 24'
        found.append(("deadline", what))
    if n.draft_hours >= HOURS[n.interval]:
        what = f"draft_hours = {n.draft_hours} reaches back to the issue before; {n.interval} ones have at most"
        found.append(("draft_hours", f"{what} {HOURS[n.interval] - 1}"))
    if n.remind_hours and n.remind_hours >= n.draft_hours:
        what = (
            f"remind_hours = {n.remind_hours} is not after the draft is made (draft_hours = {n.draft_hours}); "
            "remind later, or draft earlier"
        )
        found.append(("remind_hours", what))
    return found


def unasked(config: Config) -> list[str]:
    """What is in order and perhaps not meant: newsletters that wait for an approval of which nobody is told."""
    return [
        f'[[newsletter]] "{n.name}" waits for an approval, and there is no [[staff]] to be told of its drafts: '
        "`publisher issue approve` still can, or name someone"
        for n in config.newsletter
        if n.approval == "one-person"
        and not any(s.rights != "author" and (not s.newsletters or n.name in s.newsletters) for s in config.staff)
    ]


def homeless(config: Config) -> list[Wrong]:
    """A mailbox of reports is of no use without the address they are sent to, and two mailboxes are one too many."""
    bounces = config.bounces
    mailboxes = [name for name in ("maildir", "imap") if getattr(bounces, name)]
    wrong: list[Wrong] = []
    if mailboxes and not bounces.address:
        what = (
            f'[bounces] has a mailbox ({mailboxes[0]}) and no "address": without it nothing proves whose copy came back'
        )
        wrong.append((("bounces", mailboxes[0]), what))
    if len(mailboxes) == 2:
        wrong.append((("bounces", "maildir"), "[bounces] has a maildir and an imap mailbox; keep one of them"))
    return wrong


def unsendable(config: Config) -> list[Wrong]:
    """A relay that is named nowhere, a password in two places, and a signature that receivers would not count."""
    delivery = config.delivery
    wrong: list[Wrong] = []
    if delivery.transport == "smtp" and delivery.smtp is None:
        what = '[delivery] transport = "smtp" needs a table [delivery.smtp] with the "host" of the relay'
        wrong.append((("delivery", "transport"), what))
    if delivery.smtp and delivery.smtp.password and delivery.smtp.password_file:
        what = "[delivery.smtp] has a password and a password_file; keep one of them"
        wrong.append((("delivery", "smtp", "password"), what))
    if delivery.smtp and not delivery.smtp.user and (delivery.smtp.password or delivery.smtp.password_file):
        wrong.append((("delivery", "smtp", "user"), "[delivery.smtp] has a password and no user"))
    domain = delivery.dkim and delivery.dkim.domain
    for n in config.newsletter if domain else ():
        own = n.sender.address.rpartition("@")[2].lower()
        if own != domain and not own.endswith(f".{domain}"):
            what = (
                f'[delivery.dkim] signs for {domain}, and [[newsletter]] "{n.name}" sends from {own}: receivers count '
                "only a signature of the sender's own domain, or of one above it"
            )
            wrong.append((("delivery", "dkim", "domain"), what))
    return wrong


def illegible(config: Config, shipped: Mapping[str, str]) -> list[Wrong]:
    """Colours of a newsletter that no template knows, or that readers cannot read on their ground (WCAG 2.2, 1.4.3)."""
    wrong: list[Wrong] = []
    for i, n in enumerate(config.newsletter):
        name = f'palette of [[newsletter]] "{n.name}"'
        strange = [colour for colour in n.palette if colour not in shipped]
        wrong += [
            (("newsletter", i, "palette", c), f'{name} names the colour "{c}"{meant(c, list(shipped))}')
            for c in strange
        ]
        whole = {**shipped, **n.palette}
        for f in faint(whole):
            own = [colour for colour in (f.ink, f.ground) if colour in n.palette][:1]
            what = f"{f.ink} {whole[f.ink]} on {f.ground} {whole[f.ground]} has a contrast of {f.ratio:.2f}"
            wrong.append((("newsletter", i, "palette", *own), f"{name}: {what}; to be read it needs {f.least:g}"))
    return wrong
