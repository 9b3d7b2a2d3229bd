"""Joins the parts: Config -> App. Below this, rooms receive plain values and records, never the Config.

The database and the keys are opened when first asked for, so that looking at a file needs neither.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime, time, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from publisher import languages
from publisher.config import (
    WEEKDAYS,
    Config,
    NewsletterTable,
    SmtpTable,
    SourceTable,
    TranslationTable,
    catch_up_hours,
    schedule,
)
from publisher.digest import OWN_TEXTS, Look
from publisher.errors import ConfigError, IssueError, StoreError
from publisher.keys import Keyring, open_keys
from publisher.links import Links
from publisher.programs import clock_is_synchronised
from publisher.records import Feed, FolderSource, Image, Newsletter, Pace, Person, Topic, WebSource
from publisher.return_paths import ReturnPaths
from publisher.store import Database, database_file, deliveries, open_database, subscribers, suppressions
from publisher.templating import Templates

if TYPE_CHECKING:
    from publisher.delivery.sign import Signer
    from publisher.delivery.smtp import Relay


def system_clock() -> datetime:
    return datetime.now(UTC)


_AT_TIMES = "_at_times"
"""Ends the names of phrases that do not say how often."""


@dataclass(eq=False)
class App:
    """One site, ready to act. `clock` gives the present moment: the system's, or the one given for a rehearsal."""

    config: Config
    clock: Callable[[], datetime] = system_clock
    keys: Keyring | None = None
    stop: threading.Event = field(default_factory=threading.Event)
    """Set when the program is told to end: what is under way is finished, nothing is begun."""
    aside: Callable[[str, str, Callable[[], str]], None] | None = None
    """In the service: does a piece of work (its lane, its name, what to do) beside all else; one at a time in each
    lane. None: work is done at once, by whoever comes to it."""
    ticked_at: datetime | None = None
    """In the service: when it last looked at what is due, whether or not the database could be used."""
    migrates: bool = False
    """Whether an older database is brought up; else `publisher upgrade` is asked for. An empty one always is."""
    synchronised: Callable[[], bool | None] | None = None
    """Whether something keeps the clock right (None: nobody knows). Left out: the machine is asked about its own clock,
    and one that was handed in is what the caller says it is."""

    def is_kept_right(self) -> bool | None:
        """Whether the clock may be believed after a long silence; None where nobody knows."""
        if self.synchronised:
            return self.synchronised()
        return clock_is_synchronised() if self.clock is system_clock else True

    @property
    def folder(self) -> Path:
        return self.config.folder

    @property
    def feeds_folder(self) -> Path:
        return self.folder / "feeds"

    @property
    def drafts_folder(self) -> Path:
        """Where documents are written before they are put in their places; what lies there is scrap of a crash."""
        return self.feeds_folder / ".drafts"

    @property
    def images_folder(self) -> Path:
        return self.folder / "images"

    @property
    def files_folder(self) -> Path:
        return self.folder / "files"

    @property
    def outbox(self) -> Path:
        return self.folder / self.config.delivery.outbox

    @property
    def zone(self) -> str:
        return self.config.site.zone

    @property
    def tag_authority(self) -> str:
        return self.config.site.tag

    @property
    def language(self) -> str:
        return self.config.site.language

    @property
    def organisation(self) -> str:
        return self.config.organisation.name

    @property
    def organisation_url(self) -> str:
        return self.config.organisation.url

    @property
    def organisation_address(self) -> tuple[str, ...]:
        return self.config.organisation.address

    @property
    def hub(self) -> str | None:
        return self.config.site.hub

    @property
    def pace(self) -> Pace:
        """How fast mail leaves, by publisher.toml."""
        table = self.config.delivery
        begin, _, end = (table.hours or "").partition("-")
        return Pace(
            per_minute=table.per_minute,
            connections=table.connections,
            per_connection=table.per_connection,
            hours=(time.fromisoformat(begin), time.fromisoformat(end)) if table.hours else None,
            days=tuple(WEEKDAYS.index(day) for day in table.days),
            zone=self.zone,
        )

    @cached_property
    def relay(self) -> "Relay | None":
        """The relay that takes our mail; None where it leaves as files. Raises ConfigError for a lost password file."""
        table = self.config.delivery.smtp
        if self.config.delivery.transport != "smtp" or table is None:
            return None
        from publisher.delivery.smtp import Relay

        return Relay(
            host=table.host,
            port=table.port,
            encryption=table.encryption,
            user=table.user or None,
            password=self._password(table) or None,
            ca_file=self.folder / table.ca_file if table.ca_file else None,
            hello=table.hello,
            clear_text=table.clear_text,
        )

    def _password(self, table: SmtpTable) -> str:
        if table.password_file is None:
            return table.password
        try:
            return (self.folder / table.password_file).read_text(encoding="utf-8").rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as exc:
            raise ConfigError(
                f"publisher.toml: password_file of [delivery.smtp]: {table.password_file} cannot be read; "
                "mend its path or its rights"
            ) from exc

    @cached_property
    def dkim_key(self) -> bytes | None:
        """The private key that mail is signed with, if the site signs. Raises ConfigError when it cannot be read."""
        table = self.config.delivery.dkim
        if table is None:
            return None
        from publisher.delivery.sign import read_key

        return read_key(self.folder / table.key_file)

    def signer(self, domain: str) -> "Signer | None":
        """What signs mail of a sender at this domain."""
        table = self.config.delivery.dkim
        if table is None or self.dkim_key is None:
            return None
        from publisher.delivery.sign import Signer

        return Signer(table.domain or domain.lower(), table.selector, self.dkim_key)

    @cached_property
    def database(self) -> Database:
        url = self.config.store.url
        keys_were_used = self._refuse_to_make_new_keys
        return open_database(url, self.folder, self._fingerprint_of_old, keys_were_used, migrates=self.migrates)

    def _fingerprint_of_old(self, address_key: str) -> bytes:
        """For rows of an older schema, while the database is being opened."""
        keys = self.keys or open_keys(self.keys_file)
        return keys.fingerprint(address_key)

    def close(self) -> None:
        """Give the database back, if it was ever asked for."""
        if "database" in vars(self):
            self.database.close()

    @property
    def keys_file(self) -> Path:
        """Beside the database when that is a file, else in the site folder."""
        file = database_file(self.config.store.url, self.folder)
        return (file or self.folder / "publisher.db").with_suffix(".keys")

    @property
    def epoch_file(self) -> Path:
        """Beside the keys: which life of the database was the last to send."""
        return self.keys_file.with_suffix(".epoch")

    @property
    def service_lock(self) -> Path:
        """Held by `publisher run` and `serve`; who would exchange the database needs it alone."""
        return self.keys_file.with_suffix(".running")

    @cached_property
    def keyring(self) -> Keyring:
        path = self.keys_file
        if self.keys is None and not path.exists() and self._has_used_keys():
            self._refuse_to_make_new_keys()
        keys = self.keys or open_keys(path)
        self._refuse_foreign_keys(keys)
        return keys

    def _refuse_foreign_keys(self, keys: Keyring) -> None:
        """Another key would make an empty list of the suppressions: whoever left could be written to again."""
        own = keys.fingerprint("")
        with self.database.read() as connection:
            mark = suppressions.mark(connection)
        if mark is None:
            with self.database.joined() as connection:
                mark = suppressions.marked(connection, own)
        if mark != own:
            raise StoreError(
                f"{self.keys_file}: this is not the key file that the database was made with: nobody could tell any "
                "more who must not be written to; restore the one that belongs to it from the backup"
            )

    def _refuse_to_make_new_keys(self) -> None:
        """The keys were used: without their file nothing is made in their place."""
        if self.keys is None and not self.keys_file.exists():
            raise StoreError(
                f"{self.keys_file}: the key file is gone, and its keys were used; restore it from the backup: new keys "
                "would break the unsubscribe links in every mail sent and the list of those who must not be written to"
            )

    def _has_used_keys(self) -> bool:
        with self.database.read() as connection:
            held = deliveries.any_accepted(connection) or suppressions.count(connection)
            return bool(held) or next(subscribers.every(connection), None) is not None

    def fingerprint(self, address_key: str) -> bytes:
        """The keyed hash by which the suppression list knows this address."""
        return self.keyring.fingerprint(address_key)

    @cached_property
    def return_paths(self) -> ReturnPaths | None:
        """Where copies that cannot be delivered come back to, if the site has an address for them."""
        address = self.config.bounces.address
        return ReturnPaths(address, self.keyring) if address else None

    @cached_property
    def links(self) -> Links:
        """Public URLs without personal ones: needs no keys."""
        return Links(self.config.site.url)

    @cached_property
    def signing_links(self) -> Links:
        return Links(self.config.site.url, self.keyring)

    @cached_property
    def templates(self) -> Templates:
        own = self.folder / "templates"
        return Templates(own if own.is_dir() else None)

    def words(self, language: str) -> dict[str, str]:
        """The fixed phrases of the subscribers' pages and of our mails to them."""
        words = self.templates.words("web", languages.general_first(language))
        # What people agree to says "once a week" only where every newsletter keeps to that.
        if any(newsletter.interval != "weekly" for newsletter in self.newsletters.values()):
            told = {name.removesuffix(_AT_TIMES): text for name, text in words.items() if name.endswith(_AT_TIMES)}
            return words | told
        return words

    @cached_property
    def mail_languages(self) -> tuple[str, ...]:
        """The languages that any newsletter is made in, the site's own first."""
        made = [language for n in self.newsletters.values() for language in (n.language, *n.languages)]
        return tuple(dict.fromkeys(sorted(made, key=lambda language: language != self.language)))

    @cached_property
    def topics(self) -> dict[str, Topic]:
        """The declared topics by slug, in the order of publisher.toml."""
        return {t.slug: Topic(slug=t.slug, title=t.title, titles=t.titles) for t in self.config.topic}

    @cached_property
    def sources(self) -> dict[str, FolderSource | WebSource]:
        return {t.name: self._source(t) for t in self.config.source}

    def _source(self, t: SourceTable) -> FolderSource | WebSource:
        every = timedelta(minutes=t.every_minutes)
        if t.path is not None:
            return FolderSource(name=t.name, kind=t.kind, every=every, path=self.folder / t.path)
        return WebSource(
            name=t.name,
            kind=t.kind,
            every=every,
            urls=t.urls,
            follows=t.follow,
            most_pages=t.most_pages,
            allowed=t.allow,
            pause=timedelta(seconds=t.pause_seconds),
        )

    @cached_property
    def feeds(self) -> list[Feed]:
        """The site's feed, then one for each topic, language and newsletter, with what [[feed]] says of them."""
        site = self.config.site
        feeds = [Feed(path="news", title=site.title, description=site.description, language=site.language)]
        feeds += [
            Feed(
                path=f"topics/{topic.slug}",
                title=f"{site.title}: {topic.title}",
                description=f"{topic.title} from {site.title}",
                language=site.language,
                topic=topic.slug,
            )
            for topic in self.topics.values()
        ]
        feeds += [
            Feed(
                path=f"languages/{language}",
                title=f"{site.title}: {languages.name(language)}",
                description=site.description,
                language=language,
                only_language=language,
            )
            for language in site.languages
        ]
        feeds += [
            Feed(
                path=f"newsletters/{newsletter.name}",
                title=newsletter.title,
                description=newsletter.tagline,
                language=newsletter.language,
                newsletter=newsletter.name,
            )
            for newsletter in self.newsletters.values()
        ]
        return [self._as_set(feed) for feed in feeds]

    def _as_set(self, feed: Feed) -> Feed:
        """The feed with what [[feed]] says of it."""
        table = next((t for t in self.config.feed if t.path == feed.path), None)
        if table is None:
            return feed
        return replace(
            feed,
            title=table.title or feed.title,
            description=table.description or feed.description,
            teasers=table.teasers,
            limit=table.limit,
        )

    def look_at_pictures(self) -> None:
        """Raises ConfigError for the first picture in publisher.toml that is of no use."""
        for which in ("icon", "logo"):
            self.site_picture(which, lambda path, _: path.name)
        for newsletter in self.newsletters.values():
            self.look(newsletter, newsletter.language, lambda path, _: path.name)

    def site_picture(self, which: Literal["icon", "logo"], publish: Callable[[Path, Image], str]) -> Image | None:
        """The site's icon or logo. `publish` gives its file the public URL. Raises ConfigError for one of no use."""
        path: Path | None = getattr(self.config.site, which)
        return self._picture(path, f"{which} of [site]", publish)

    @cached_property
    def newsletters(self) -> dict[str, Newsletter]:
        return {table.name: self._newsletter(table) for table in self.config.newsletter}

    def newsletter(self, name: str | None) -> Newsletter:
        """The newsletter called `name`, or the only one. Raises IssueError when that is not one."""
        if name is None and len(self.newsletters) == 1:
            return next(iter(self.newsletters.values()))
        if name in self.newsletters:
            return self.newsletters[name]
        known = ", ".join(self.newsletters) or "none; add a [[newsletter]] to publisher.toml"
        what = f'there is no newsletter "{name}"' if name else "say which newsletter with --newsletter"
        raise IssueError(f"{what} (known: {known})")

    def _newsletter(self, table: NewsletterTable) -> Newsletter:
        own = schedule(table, self.config)
        return Newsletter(
            name=table.name,
            title=table.title,
            tagline=table.tagline,
            **{key.name: getattr(own, key.name) for key in fields(own)},
            language=table.language or self.language,
            languages=tuple(table.translations),
            sender=(table.sender.name, table.sender.address),
            topics=table.topics,
            sources=table.sources,
            sections=table.sections,
            order=table.order,
            lead=table.lead,
            most=table.most,
            fewest=table.fewest,
            oldest_days=table.oldest_days,
            event_days=table.event_days,
            most_events=table.most_events,
            catch_up_hours=catch_up_hours(table),
            reading_grade=table.reading_grade,
            approval=table.approval,
            deadline=table.deadline,
            draft_hours=table.draft_hours,
            remind_hours=table.remind_hours,
        )

    @cached_property
    def staff(self) -> dict[str, Person]:
        """All staff by name, in the order of publisher.toml."""
        return {
            t.name: Person(name=t.name, address=t.address, rights=t.rights, newsletters=t.newsletters)
            for t in self.config.staff
        }

    def staff_of(self, newsletter: str) -> list[Person]:
        """Those of the staff who work on a newsletter."""
        return [person for person in self.staff.values() if person.works_on(newsletter)]

    def title(self, newsletter: Newsletter, language: str) -> str:
        """What the newsletter is called in a language."""
        table = next(t for t in self.config.newsletter if t.name == newsletter.name)
        tags = (newsletter.language, *table.translations)
        own = table.translations.get(tags[languages.fitting(language, tags)])
        return (own and own.title) or newsletter.title

    def look(self, newsletter: Newsletter, language: str, publish: Callable[[Path, Image], str] | None) -> Look:
        """What the office chose for this newsletter's mail in a language; in its main language what is not translated.

        `publish` gives the logo's file its public URL; without it the look has no logo, and no file is read.
        """
        table = next(t for t in self.config.newsletter if t.name == newsletter.name)
        own = table.translations.get(language, TranslationTable())
        organisation = self.config.organisation
        notice = own.notice or table.notice
        return Look(
            title=own.title or table.title,
            tagline=own.tagline or table.tagline,
            organisation=organisation.name,
            organisation_url=organisation.url,
            address=organisation.address,
            language=self.language,
            intro=table.intro if own.intro is None else own.intro,
            # A reason in the main language would be worse than the templates' own in the reader's.
            reason=own.reason if language in table.translations else table.reason,
            footer_note=own.footer_note or table.footer_note,
            events_url=own.events_url or table.events_url,
            logo=self._picture(table.logo, f'logo of [[newsletter]] "{table.name}"', publish) if publish else None,
            notice=(notice.title, notice.text) if notice else None,
            palette=table.palette,
            fonts=table.fonts.model_dump(),
            topics=self.topics,
            untranslated=_untranslated(own) if language in table.translations else frozenset(),
        )

    def _picture(self, path: Path | None, what: str, publish: Callable[[Path, Image], str]) -> Image | None:
        if path is None:
            return None
        from publisher.sources.pictures import measured

        found = measured(Image(alt=""), self.folder / path)
        if isinstance(found, str):
            raise ConfigError(f"publisher.toml: {what}: {path}: {found}")
        return replace(found, url=publish(self.folder / path, found))


def _untranslated(own: TranslationTable) -> frozenset[str]:
    """The texts that a translation leaves as they are in the main language; a reason has a phrase of its own."""
    return frozenset(name for name in OWN_TEXTS if getattr(own, name) is None)
