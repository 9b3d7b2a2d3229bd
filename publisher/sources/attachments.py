"""Describes a file that belongs to an article: what it is and how long, by the file itself and its ending."""

from pathlib import Path

from publisher.records import Attachment

TYPES = {
    ".pdf": "application/pdf",
    ".mp3": "audio/mpeg",
    ".m4a": "audio/mp4",
    ".ogg": "audio/ogg",
    ".mp4": "video/mp4",
    ".webm": "video/webm",
    ".epub": "application/epub+zip",
    ".ics": "text/calendar",
}
"""What may be attached, by its ending: what feed readers can hand to another program, and cannot run."""

_MOST_BYTES = 200 * 1024 * 1024


def described(path: Path, title: str) -> Attachment | str:
    """The file with its true length in bytes and its type, without a URL yet; or why it cannot be used."""
    media_type = TYPES.get(path.suffix.lower())
    if media_type is None:
        return f"a file of this kind cannot be attached; known are {', '.join(TYPES)}"
    try:
        length = path.stat().st_size if path.is_file() else None
    except (OSError, ValueError):  # a name too long for any file, or with a NUL
        length = None
    if length is None:
        return "there is no such file; put it there or mend the path"
    if length == 0:
        return "the file is empty; save it again"
    if length > _MOST_BYTES:
        return f"the file has {length // 1024 // 1024} MB; save it smaller than 200 MB"
    return Attachment(url="", type=media_type, length=length, title=title)
