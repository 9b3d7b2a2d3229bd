"""alarms: what staff were told of, and whether they can be told."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from publisher.cli.common import common, count, fail_if, opened, plain, say, say_json, table

if TYPE_CHECKING:
    from publisher.actions.alarms import Said
    from publisher.records.alarms import Post, Raised


@click.command()
@click.argument("what", type=click.Choice(["list", "test"]), default="list", metavar="[list|test]")
@click.option("--most", type=click.IntRange(1, 1000), default=20, show_default=True, help="List at most so many.")
@common
def alarms(what: str, most: int, site: Path, now: datetime | None, as_json: bool) -> None:
    """List the latest alarms, newest first, and what became of telling each; or send a test alarm now.

    Who is told stands in [alarms] of publisher.toml. A test goes to all of them at once, and is kept nowhere.
    """
    if what == "test":
        _test(site, now, as_json)
        return
    from publisher.actions.alarms import recent_alarms

    with opened(site, now) as app:
        found = recent_alarms(app, most)
    if as_json:
        say_json([{**plain(one.alarm), "said_at": one.said_at, "posts": one.posts} for one in found])
        return
    table(("At", "Event", "Issue", "What", "Told"), [_row(one) for one in found])
    say(f"{count(len(found), 'alarm')}." if found else "There were no alarms.")


def _test(site: Path, now: datetime | None, as_json: bool) -> None:
    from publisher.actions.alarms import try_channels

    with opened(site, now) as app:
        said = try_channels(app)
    if as_json:
        say_json([{"channel": one.channel, "told": one.what == "told", "why": one.why} for one in said])
    else:
        table(("Channel", "Told"), [(one.channel, _went(one)) for one in said])
    if not said:
        say("There is nobody to tell: set mail or webhook in [alarms] of publisher.toml.")
    fail_if(not said or any(one.what != "told" for one in said))


def _went(one: "Said") -> str:
    return "told" if one.what == "told" else f"not told: {one.why}"


def _row(one: "Raised") -> tuple[str, ...]:
    alarm = one.alarm
    told = "; ".join(map(_became, one.posts)) or "there was nobody to tell"
    return f"{alarm.at:%Y-%m-%d %H:%M} UTC", alarm.kind, f"{alarm.newsletter} {alarm.period}".strip(), alarm.text, told


def _became(post: "Post") -> str:
    if post.done_at:
        return f"{post.channel} told {post.done_at:%H:%M} UTC"
    tried = f"tried {count(post.attempts, 'time')}{f': {post.trouble}' if post.trouble else ''}"
    if post.due_at is None:
        return f"{post.channel} given up, {tried}"
    return f"{post.channel} waits until {post.due_at:%H:%M} UTC, {tried}" if post.attempts else f"{post.channel} waits"
