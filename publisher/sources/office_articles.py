"""What an office's document says -> its article, or why it may not come in."""

from dataclasses import dataclass

from publisher.records import Article, Collected, Finding, Image
from publisher.sources import clean
from publisher.sources.findings import finding
from publisher.sources.office_heads import Head


@dataclass(frozen=True, slots=True, kw_only=True)
class Drafted:
    """A document as read: its head, its clean body, the summary and the picture that it has itself, its problems."""

    head: Head
    body: str
    summary: str | None = None
    image: Image | None = None
    problems: tuple[Finding, ...] = ()


def article_of(drafted: Drafted, *, source: str, place: str, own_id: str) -> Collected:
    """The article. One without a headline is refused, and one whose embargo cannot be read is kept back."""
    head, problems = drafted.head, drafted.problems
    if head.kept_back:
        said = f'its embargo ("{clean.shortened(head.kept_back, 100)}") cannot be read'
        mend = f'this is kept back: {said}; write "Embargoed until Dec. 5, 2026, 9:00 a.m. ET"'
        return Collected(problems=(*problems, finding("embargo-unread", "error", place, mend)))
    if not head.headline:
        mend = "the document has no headline; give its first line the style Title, or write the headline as first line"
        return Collected(problems=(*problems, finding("headline-missing", "error", place, mend)))
    if not drafted.body:
        mend = "there is no text below the headline; write it"
        problems = (*problems, Finding(code="empty-body", severity="warning", place=place, mend=mend))
    article = Article(
        source=source,
        key=own_id,
        headline=head.headline,
        body=drafted.body,
        summary=drafted.summary,
        image=drafted.image,
        authors=head.authors,
        published=head.published,
        updated=head.updated,
        embargo=head.embargo,
    )
    return Collected(articles=(article,), problems=problems)
