"""What an issue carries -> its editions as they would be frozen now: one in each language of its newsletter."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from publisher import digest
from publisher.actions.publishing import publisher_of, renditions
from publisher.app import App
from publisher.digest.check.rules import PHRASES_MISSING, PICTURE_SMALL
from publisher.digest.render import has_phrases
from publisher.records import Article, Edition, Edits, Finding, Image, Newsletter, Period, Teaser
from publisher.store import content


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """Editions, the main language first, and what was found while their pictures were made ready."""

    editions: tuple[Edition, ...] = ()
    findings: tuple[Finding, ...] = ()


def make_editions(app: App, newsletter: Newsletter, period: Period, selection: digest.Selection, edits: Edits) -> Made:
    """Nothing carried: no edition. Raises TemplateError."""
    if selection.is_empty:
        return Made()
    tellings, findings = tell(app, newsletter, period, selection, edits)
    date = app.clock().replace(microsecond=0)
    editions = tuple(digest.make_edition(telling, app.templates, date) for telling in tellings)
    return Made(editions=editions, findings=tuple(findings))


def tell(
    app: App, newsletter: Newsletter, period: Period, selection: digest.Selection, edits: Edits
) -> tuple[list[digest.Telling], list[Finding]]:
    """What each edition tells, the main language first, with pictures that are ready to be shown."""
    shown_by = {e.shown_by for e in selection.entries if isinstance(e, Teaser) and e.shown_by}
    with app.database.read() as connection:
        beside, _, _ = content.by_ids(connection, shown_by)
    languages = (newsletter.language, *newsletter.languages)
    looks = {language: app.look(newsletter, language, publisher_of(app)) for language in languages}
    pictures, findings = _pictures(app, selection, [look.logo for look in looks.values() if look.logo])
    findings += [
        PHRASES_MISSING.found(
            f"templates/email/words.{language}.json", f"there are no phrases in {language}; write them"
        )
        for language in languages
        if not has_phrases(app.templates, language)
    ]
    tellings = [
        digest.Telling(
            newsletter=newsletter,
            period=period,
            language=language,
            selection=selection,
            beside=beside,
            look=look,
            pictures=pictures,
            edits=edits,
            links=app.links,
        )
        for language, look in looks.items()
    ]
    return tellings, findings


def _pictures(app: App, selection: digest.Selection, logos: Sequence[Image]) -> tuple[digest.Pictures, list[Finding]]:
    """Every picture at the width it is shown at, made once; and those that cannot be shown, or show blurred."""
    wishes = list(_wishes(selection))
    made = renditions(app, [(image, width) for _, image, width in wishes] + [(i, digest.LOGO_WIDTH) for i in logos])
    findings = []
    for item, image, width in wishes:
        found = made.get((image.url or "", width))
        if isinstance(found, Finding):
            findings.append(replace(found, place=item.headline or item.id))
        elif width == digest.LEAD_WIDTH and found and found.width and found.width < width:
            mend = f"its picture is {found.width} pixels wide and is shown at {width}; give it one of {2 * width}"
            findings.append(PICTURE_SMALL.found(item.headline or item.id, mend))
    return {wish: image for wish, image in made.items() if isinstance(image, Image)}, findings


def _wishes(selection: digest.Selection) -> Iterator[tuple[Article | Teaser, Image, int]]:
    leads = (selection.lead, *selection.translations.get(selection.lead.id, ())) if selection.lead else ()
    for item in selection.everything_shown:
        if item.image and item.image.url:
            yield item, item.image, digest.LEAD_WIDTH if item in leads else digest.THUMB_WIDTH
