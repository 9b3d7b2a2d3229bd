"""The proof on finished messages: what leaves was approved, and differs from reader to reader only where it may.

In: an edition and messages of it for invented readers, as bytes. Out: findings, and the facts for the report. Nothing
is taken from who composed them: the bytes are read back as a stranger would, with Python's parser and by hand, for a
Python that decodes a header into two (CVE-2024-6923) must not be the only witness.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from functools import cached_property
from itertools import combinations
from urllib.parse import urlsplit

from publisher.digest.check.document import parse, short
from publisher.digest.check.privacy import PERSONAL_LINK, TRACKING, loaded_from, urls_within
from publisher.digest.check.rules import Rule
from publisher.records import HEADERS as HEADERS, Edition, Finding

PERSONAL_HEADERS = {"To", "Message-ID", "List-Unsubscribe"}
_PERSONAL_PAGES = ("unsubscribe", "preferences")
_MOST_IN_A_LINE = 998

# fmt: off
HEADERS_CHANGED = Rule(
    code="headers-changed", family="delivery", severity="error", final=True,
    wrong="A message has other headers than the ones it was given.",
    why="Something in a subject or name became a header of its own: it can add recipients or replace the mail.",
)
ONE_CLICK_BROKEN = Rule(
    code="one-click-broken", family="delivery", severity="error", final=True,
    wrong="The headers by which mail programs offer to unsubscribe cannot be read.",
    why="The large providers ask for them in every newsletter; without a button readers call the mail spam.",
)
SUBJECT_CHANGED = Rule(
    code="subject-changed", family="delivery", severity="error",
    wrong="The subject that readers see is not the one that was approved.",
    why="Nobody has looked at what would be shown.",
)
BODY_CHANGED = Rule(
    code="body-changed", family="delivery", severity="error", final=True,
    wrong="A message's HTML or text is not what was approved.",
    why="Readers would get something that nobody has checked.",
)
LINE_LONG = Rule(
    code="line-long", family="delivery", severity="error",
    wrong="A message has a line of more than 998 characters, or one that does not end as mail asks for.",
    why="Servers break or refuse such mail (RFC 5321, 4.5.3.1.6), and a signature over it no longer fits.",
)
PERSONAL_HEADER = Rule(
    code="personal-header", family="privacy", severity="error",
    wrong="A header differs from reader to reader that should be the same for all.",
    why="Headers are kept in the logs of every server on the way: whatever is personal in them is told to all.",
)
TOPIC_TOLD = Rule(
    code="topic-told", family="privacy", severity="error",
    wrong="The headers or addresses of a message show which topics its reader chose.",
    why="An address with a chosen topic of health tells of a person's health to everyone on the way.",
)
# fmt: on
RULES = (
    HEADERS_CHANGED,
    ONE_CLICK_BROKEN,
    SUBJECT_CHANGED,
    BODY_CHANGED,
    LINE_LONG,
    PERSONAL_HEADER,
    TOPIC_TOLD,
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A finished message for an invented reader, who has this address, name and choice of topics."""

    message: bytes
    public_id: str
    address: str
    name: str | None = None
    topics: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """For the report: the headers of a message, how many links it has, the hosts that it loads from by itself, and
    the kinds of addresses that differ from reader to reader."""

    headers: tuple[str, ...]
    links: int
    loaded_from: tuple[str, ...]
    personal_links: tuple[str, ...]


def check(edition: Edition, samples: Sequence[Sample], home: str) -> list[Finding]:
    """All findings on messages of one edition.

    Of the samples two should differ in nothing but the reader, and one should have chosen topics; `home` is the site's
    address with its last slash.
    """
    letters = [_Letter(sample, home) for sample in samples]
    found = [finding for letter in letters for finding in _alone(letter, edition)]
    # What has other headers or words than it should, or is personal, differs anyhow: it is told once, by its cause.
    if not {finding.code for finding in found} & {HEADERS_CHANGED.code, BODY_CHANGED.code}:
        pairs = list(combinations(letters, 2))
        among_alike = [finding for one, other in pairs if one.is_like(other) for finding in _compared(one, other)]
        found += among_alike or [finding for one, other in pairs for finding in _compared(one, other)]
    return list(dict.fromkeys(found))


def proof(edition: Edition, samples: Sequence[Sample], home: str) -> Facts:
    """What the samples show. The first is looked at for all that readers have in common."""
    letters = [_Letter(sample, home) for sample in samples]
    first = letters[0]
    document = parse(first.parts.get("html", ""))
    alike = [(one, other) for one, other in combinations(letters, 2) if one.is_like(other)]
    differing = {url for one, other in alike for url in one.urls[0] ^ other.urls[0]}
    return Facts(
        headers=tuple(name for name, _ in first.fields),
        links=len(document.links),
        loaded_from=loaded_from(document),
        personal_links=tuple(sorted({_kind(url, home) for url in differing})),
    )


class _Letter:
    """A sample's message, read back."""

    def __init__(self, sample: Sample, home: str) -> None:
        self.sample, self.home = sample, home
        self.head, _, self.body = sample.message.partition(b"\r\n\r\n")

    def is_like(self, other: "_Letter") -> bool:
        return self.sample.topics == other.sample.topics

    @cached_property
    def fields(self) -> list[tuple[str, bytes]]:
        """(name, value as it stands) of each header, split by hand: a line that begins with a space goes on."""
        found: list[tuple[str, bytes]] = []
        for line in self.head.split(b"\r\n"):
            if line[:1] in (b" ", b"\t") and found:
                found[-1] = (found[-1][0], found[-1][1] + b"\r\n" + line)
            else:
                name, _, value = line.partition(b":")
                found.append((name.decode("ascii", "replace"), value.removeprefix(b" ")))
        return found

    @cached_property
    def values(self) -> dict[str, bytes]:
        return dict(self.fields)

    @cached_property
    def parsed(self) -> EmailMessage | None:
        """As Python's own parser sees it; None where it gives up, which it does in many ways on broken headers."""
        try:
            return BytesParser(EmailMessage, policy=policy.default).parsebytes(self.sample.message)
        except Exception:
            return None

    @cached_property
    def subject(self) -> str | None:
        try:
            return str(self.parsed["Subject"]) if self.parsed else None
        except Exception:
            return None

    @cached_property
    def parts(self) -> Mapping[str, str]:
        """The decoded text by kind, `plain` and `html`; nothing where the message is built in another way."""
        try:
            parts = list(self.parsed.iter_parts()) if self.parsed else []
            kinds = [
                (part.get_content_type(), part.get_content_charset(), part["content-transfer-encoding"])
                for part in parts
            ]
            if kinds != [(f"text/{kind}", "utf-8", "quoted-printable") for kind in ("plain", "html")]:
                return {}
            whole = [bytes(part.get_payload(decode=True) or b"").decode("utf-8") for part in parts]
        except Exception:  # the parser's, again
            return {}
        return {kind: text.replace("\r\n", "\n") for kind, text in zip(("plain", "html"), whole, strict=True)}

    @cached_property
    def urls(self) -> tuple[frozenset[str], frozenset[str]]:
        """The addresses that the reader may follow, and those that are loaded."""
        return urls_within(self.parts.get("plain", ""), parse(self.parts.get("html", "")))

    def page(self, kind: str) -> str:
        """The reader's own page as the text part has it, else the HTML part."""
        address = re.compile(re.escape(f"{self.home}{kind}/") + r"[A-Za-z0-9._~-]+")
        found = (address.search(self.parts.get(part, "")) for part in ("plain", "html"))
        return next((match[0] for match in found if match), "")


def _alone(letter: _Letter, edition: Edition) -> Iterator[Finding]:
    if strange := list(_headers(letter)):
        yield from strange  # what follows can then not be told from its consequences
        return
    yield from _one_click(letter)
    if " ".join((letter.subject or "").split()) != " ".join(edition.subject.split()):
        mend = f'readers would see "{short(letter.subject or "")}"; write the subject in plain words, then draft again'
        yield SUBJECT_CHANGED.found("message", mend)
    yield from _body(letter, edition)
    yield from _lines(letter)


def _headers(letter: _Letter) -> Iterator[Finding]:
    names = [name for name, _ in letter.fields]
    as_parsed = letter.parsed.keys() if letter.parsed else []
    to = letter.values.get("To", b"").decode("ascii", "replace")
    if names != list(HEADERS) or as_parsed != names:
        strange = [name for name in (*names, *as_parsed) if name not in HEADERS]
        strange += [name for name in HEADERS if names.count(name) != 1 or as_parsed.count(name) != 1]
        told = ", ".join(dict.fromkeys(strange)) or "another order"
        mend = f"it has, or lacks: {short(told)}; look at the subject, the title and the sender's name for the cause"
        yield HEADERS_CHANGED.found("message", mend)
    elif to != letter.sample.address:
        yield HEADERS_CHANGED.found("message", f'it is addressed to "{short(to)}" and not to its reader alone')


_ONE_PAGE = re.compile(rb"<(https://[!-;=?-~]+)>")


def _one_click(letter: _Letter) -> Iterator[Finding]:
    """RFC 8058: one https address, here on one unbroken line as providers read it, and the header that allows POST."""
    found = _ONE_PAGE.fullmatch(letter.values.get("List-Unsubscribe", b""))
    own = letter.page("unsubscribe")
    if not found or (own and found[1].decode("ascii") != own):
        mend = "List-Unsubscribe has to be the reader's own page as one https address on one line; is site.url https?"
        yield ONE_CLICK_BROKEN.found("message", mend)
    elif letter.values.get("List-Unsubscribe-Post") != b"List-Unsubscribe=One-Click":
        mend = 'List-Unsubscribe-Post has to be "List-Unsubscribe=One-Click" and nothing else'
        yield ONE_CLICK_BROKEN.found("message", mend)


def _body(letter: _Letter, edition: Edition) -> Iterator[Finding]:
    sample = letter.sample
    values = {
        "GREETING": edition.greeting_named.replace("{name}", sample.name) if sample.name else edition.greeting,
        "EMAIL": sample.address,
        **{kind.upper(): letter.page(kind) for kind in _PERSONAL_PAGES},
    }
    approved = {"plain": ("text part", edition.text_for), "html": ("HTML part", edition.html_for)}
    for kind, (place, copy_for) in approved.items():
        try:
            expected: str | None = copy_for(sample.topics, values)
        except KeyError:  # a token that nothing fills in
            expected = None
        if letter.parts.get(kind) != expected:
            mend = (
                "decoded again it is not what was approved; draft the issue again, and tell who looks after Publisher"
            )
            yield BODY_CHANGED.found(place, mend)


def _lines(letter: _Letter) -> Iterator[Finding]:
    message = letter.sample.message
    longest = max(map(len, message.split(b"\r\n")))
    bare = message.replace(b"\r\n", b"")
    if longest > _MOST_IN_A_LINE:
        yield LINE_LONG.found("message", f"a line has {longest} characters; shorten the longest name or address")
    elif b"\r" in bare or b"\n" in bare or b"\0" in bare:
        yield LINE_LONG.found("message", "a line ends with half a line end; write that passage anew")


# --- what one copy has and another has not ---


def _compared(one: _Letter, other: _Letter) -> Iterator[Finding]:
    alike = one.is_like(other)
    for name in HEADERS:
        if name not in PERSONAL_HEADERS and one.values[name] != other.values[name]:
            rule = PERSONAL_HEADER if alike else TOPIC_TOLD
            yield rule.found(name, "it is not the same in all copies; it may tell nothing of its reader")
    (one_followed, one_loaded), (other_followed, other_loaded) = one.urls, other.urls
    for url in sorted(_unlike(one, other, one_loaded, other_loaded)):
        rule = TRACKING if alike else TOPIC_TOLD
        yield rule.found("message", f'"{short(url)}" is loaded by some readers only, and tells of them')
    for url in sorted(_unlike(one, other, one_followed, other_followed)):
        rule = PERSONAL_LINK if alike else TOPIC_TOLD
        yield rule.found("message", f'"{short(url)}" is not in every copy; only a reader\'s two own pages may differ')


def _unlike(one: _Letter, other: _Letter, in_one: frozenset[str], in_other: frozenset[str]) -> set[str]:
    """Addresses that only one has, but for readers' own pages; of a choice of topics, those that the whole has not."""
    more = {url for url in in_one - in_other if not _is_own(url, one)}
    further = {url for url in in_other - in_one if not _is_own(url, other)}
    if one.is_like(other):
        return more | further
    if one.sample.topics and other.sample.topics:
        return set()
    return more if one.sample.topics else further


def _is_own(url: str, letter: _Letter) -> bool:
    """Whether it is the whole address of one of this reader's pages, with nothing in it that names the reader."""
    own = {letter.page(kind) for kind in _PERSONAL_PAGES}
    return url in own and letter.sample.address.lower() not in url.lower()


def _kind(url: str, home: str) -> str:
    """An address without what is personal in it."""
    page = url.removeprefix(home).split("/")[0]
    return f"{home}{page}/…" if url.startswith(home) else f"{urlsplit(url).scheme}://{urlsplit(url).netloc}/…"
