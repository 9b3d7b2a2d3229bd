"""What a page for subscribers is made of: its language, the values of every template, and its headers.

In: which template, and for whom. Out: a response that no cache keeps and no other site learns of.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response

from publisher.app import App
from publisher.languages import are_kin, direction, fitting, general_first, name
from publisher.records import Newsletter

_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
HEADERS: Mapping[str, str] = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": _POLICY,
    "Referrer-Policy": "no-referrer",
    "Vary": "Accept-Language",
    "X-Content-Type-Options": "nosniff",
}
_MOST_ACCEPTED = 10
_LONGEST_TAG = 35


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """Something to choose: `value` in the form, `title` on the page, which is in `lang` where that is another."""

    value: str
    title: str
    hint: str = ""
    lang: str | None = None


class Pages:
    """The pages of one site."""

    def __init__(self, app: App) -> None:
        self.app = app
        self._tag = lru_cache(maxsize=512)(self._tag_of)
        self._values = lru_cache(maxsize=64)(self._values_of)

    def language(self, wanted: Iterable[str | None], request: Request) -> str:
        """The first of the wanted languages that there are words for, else one that the browser asks for, else the
        site's own."""
        for tag in (*wanted, *accepted(request.headers.get("accept-language", "")), self.app.language):
            if tag and len(tag) <= _LONGEST_TAG and (found := self._tag(tag)):
                return found
        return "en"

    def show(
        self,
        template: str,
        language: str,
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        then: BackgroundTask | None = None,
        personal: bool = False,
        **values: Any,
    ) -> Response:
        """A page; a personal one is for no search engine."""
        html = self.app.templates.render(template, **self._values(language), personal=personal, **values)
        told = {**HEADERS, **({"X-Robots-Tag": "noindex"} if personal else {}), **(headers or {})}
        return Response(html.encode("utf-8"), status, told, "text/html; charset=utf-8", then)

    def say(self, what: str, language: str, *, link: str | None = None, **more: Any) -> Response:
        """A page that says one thing; `link` names the words under which it leads to the form for new subscribers."""
        leads = {"url": self.app.links.subscribe(), "words": link} if link else None
        return self.show("web/message.html.j2", language, what=what, link=leads, **more)

    def newsletters(self, names: Iterable[str], language: str) -> list[Option]:
        """Newsletters as the page calls them. One that publisher.toml no longer names is called by its short name."""
        return [self._newsletter(one, language) for one in names]

    def _newsletter(self, short: str, language: str) -> Option:
        newsletter = self.app.newsletters.get(short)
        if newsletter is None:
            return Option(value=short, title=short)
        told = _tongue(newsletter, language)
        hint = newsletter.tagline if are_kin(newsletter.language, language) else ""
        return Option(
            value=short, title=self.app.title(newsletter, language), hint=hint, lang=_unless_kin(told, language)
        )

    def topics(self, language: str) -> list[Option]:
        """All topics, by their names in a language."""
        options = []
        for topic in self.app.topics.values():
            own = topic.named(general_first(language))
            lang = None if own else _unless_kin(self.app.language, language)
            options.append(Option(value=topic.slug, title=own or topic.title, lang=lang))
        return options

    def languages(self) -> list[Option]:
        """The languages that the mail comes in, each as its own readers write it."""
        return [Option(value=tag, title=name(tag)) for tag in self.app.mail_languages]

    def _tag_of(self, language: str) -> str | None:
        """The nearest language that we have words for."""
        data = self.app.templates.data
        known = [tag for tag in general_first(language) if data(f"web/words.{tag}.json")]
        return known[-1] if known else None

    def _values_of(self, language: str) -> dict[str, Any]:
        app, main = self.app, self.app.feeds[0]
        return {
            "lang": language,
            "dir": direction(language),
            "site": app.config.site.title,
            "publisher": {"name": app.organisation, "url": app.organisation_url},
            "feed": {
                "title": main.title,
                "url": app.links.feed(main.path, "rss"),
                "page": app.links.feed(main.path, "html"),
            },
            "palette": app.templates.data("email/palette.json"),
            "words": app.words(language),
        }


def accepted(header: str) -> list[str]:
    """The tags of an Accept-Language header, the dearest first (RFC 9110, section 12.5.4); `*` and what is refused
    are left out."""
    weighed = []
    for one in header.split(",")[:_MOST_ACCEPTED]:
        tag, *parameters = (part.strip() for part in one.split(";"))
        quality = next((p.removeprefix("q=") for p in parameters if p.startswith("q=")), "1")
        try:
            weight = float(quality)
        except ValueError:
            continue
        if 0 < weight <= 1 and tag.isascii() and tag.replace("-", "").isalnum():
            weighed.append((weight, tag))
    return [tag for _, tag in sorted(weighed, key=lambda pair: -pair[0])]


def _tongue(newsletter: Newsletter, language: str) -> str:
    """The language that a newsletter's title comes in."""
    tags = (newsletter.language, *newsletter.languages)
    return tags[fitting(language, tags)]


def _unless_kin(told: str, language: str) -> str | None:
    return None if are_kin(told, language) else told
