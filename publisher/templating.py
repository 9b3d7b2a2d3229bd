"""The one Jinja environment: autoescape, strict undefined.

In: a site's own template folder, which overrides file by file the templates shipped with the program. Out: rendered
text, or a TemplateError that names file, line and variable. Text from people is only ever a value here: it is never
compiled as a template.
"""

import hashlib
import json
import textwrap
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import (
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    StrictUndefined,
    TemplateError as JinjaError,
    select_autoescape,
)
from jinja2.exceptions import TemplateNotFound, TemplateSyntaxError

from publisher.errors import TemplateError

_PACKAGE = Path(__file__).parent


def shipped() -> Path:
    """The shipped templates: in the package when installed from a wheel, at the top of the checkout when editable."""
    inside = _PACKAGE / "templates"
    return inside if inside.is_dir() else _PACKAGE.parent / "templates"


def sample() -> Path:
    """The sample site's files, which lie like the shipped templates."""
    inside = _PACKAGE / "sample"
    return inside if inside.is_dir() else _PACKAGE.parent


class Templates:
    """Templates of one site, compiled once."""

    def __init__(self, own: Path | None = None) -> None:
        self._folders = [*([own] if own else []), shipped()]
        self._env = _environment(tuple(self._folders))

    def render(self, name: str, **values: Any) -> str:
        try:
            return self._env.get_template(name).render(values)
        except TemplateSyntaxError as exc:
            raise TemplateError(f"{exc.filename or name}:{exc.lineno}: {exc.message}; mend the template") from exc
        except TemplateNotFound as exc:
            raise TemplateError(f'template "{exc.name}" is in none of {", ".join(map(str, self._folders))}') from exc
        except JinjaError as exc:
            file, line = _where(exc)
            raise TemplateError(f"{file or name}:{line}: {exc.message}; mend the template") from exc

    def fingerprint(self, folder: str) -> str:
        """A hash of all templates and texts in this folder, the site's own among them."""
        files = [path for home in self._folders for path in sorted((home / folder).glob("*")) if path.is_file()]
        told = hashlib.sha256()
        for path in files:
            told.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
        return told.hexdigest()

    def words(self, folder: str, tags: Iterable[str]) -> dict[str, str]:
        """The fixed phrases of one folder for a language: in English where nobody has written them yet.

        `tags` are the language's, the general ones first; a file for more of a tag overlays one for less.
        """
        phrases = self.data(f"{folder}/words.en.json")
        for tag in tags:
            phrases |= self.data(f"{folder}/words.{tag}.json")
        return phrases

    def has_words(self, folder: str, tags: Iterable[str]) -> bool:
        """Whether somebody wrote phrases of this folder, or some of them, for a language."""
        return any(self.data(f"{folder}/words.{tag}.json") for tag in tags)

    def data(self, name: str) -> dict[str, str]:
        """A JSON object of texts that belongs to the templates (phrases, palette); empty where there is none.

        The site's own file needs to hold only what differs from the shipped one.
        """
        merged: dict[str, str] = {}
        for path in (folder / name for folder in reversed(self._folders)):
            if path.is_file():
                merged |= _texts(path)
        return merged


def _texts(path: Path) -> dict[str, str]:
    try:
        loaded = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as exc:
        raise TemplateError(f"{path}: is not valid JSON: {exc}; mend the file") from exc
    if not isinstance(loaded, dict) or not all(isinstance(value, str) for value in loaded.values()):
        raise TemplateError(f'{path}: must be one JSON object of texts, like {{"greeting": "Hello."}}')
    return loaded


@cache
def _environment(folders: tuple[Path, ...]) -> Environment:
    env = Environment(
        loader=ChoiceLoader([FileSystemLoader(folder) for folder in folders]),
        autoescape=select_autoescape(("html.j2",), default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    env.filters["wrap"] = wrap
    return env


def wrap(text: str, indent: str = "") -> str:
    """Text for the plain part: at most 72 columns, continuation lines indented, words and URLs never broken."""
    return textwrap.fill(
        text,
        width=72,
        initial_indent="",
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _where(exc: BaseException) -> tuple[str | None, int]:
    """The template's file and line: the innermost frame that Jinja maps back to a template."""
    file, line = None, 0
    trace = exc.__traceback__
    while trace:
        name = trace.tb_frame.f_code.co_filename
        if name.endswith((".j2", ".html", ".txt", ".css")):
            file, line = name, trace.tb_lineno
        trace = trace.tb_next
    return file, line
