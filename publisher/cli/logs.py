"""How the service writes its log: lines of text, or one JSON object a line. No mail address ever stands in it."""

import json
import logging
from datetime import UTC, datetime
from typing import Literal

from publisher.records.alarms import impersonal

_MOST = 4000


class Text(logging.Formatter):
    """`2026-11-23 15:00:00,000 INFO publisher.run …`; a traceback keeps its lines."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        return "\n".join(_bare(line) for line in super().format(record).splitlines())


class Json(logging.Formatter):
    """One object a line: `at`, `level`, `logger`, `message`, and `trace` where the program met an error of its own."""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        told = {
            "at": at,
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": _bare(record.getMessage()),
        }
        if record.exc_info:
            told["trace"] = "\n".join(_bare(line) for line in self.formatException(record.exc_info).splitlines())
        return json.dumps(told, ensure_ascii=False)


def _bare(line: str) -> str:
    """What relays and libraries say repeats whom a mail was for. The spaces before it show where it belongs."""
    return line[: len(line) - len(line.lstrip())] + impersonal(line, _MOST)


def begin(form: Literal["text", "json"]) -> None:
    """Write the log to stderr in this form from now on; whoever collects it (the journal) turns it over."""
    handler = logging.StreamHandler()
    handler.setFormatter(Json() if form == "json" else Text())
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    for chatty in ("apscheduler", "alembic"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
