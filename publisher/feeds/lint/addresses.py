"""Plain values -> their flaws: URLs, ids, mail addresses, language tags, media types, whole numbers.

Nothing here knows where a value stands; the caller says so with `at`. No function raises on any string.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from urllib.parse import SplitResult, urljoin, urlsplit

from publisher.feeds.lint.names import names
from publisher.feeds.lint.rules import Flaw, shown

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_REFUSED = re.compile(r'[\x00-\x20\x7f<>"{}|\\^`]')
_BAD_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_TAG_URI = re.compile(
    r"tag:(?:[a-z0-9._-]+@)?[a-z0-9.-]+,\d{4}(?:-\d\d(?:-\d\d)?)?:[\w;/?:@&=+$.~!*'(),%#-]*", re.ASCII
)
_URN = re.compile(r"urn:[a-z0-9][a-z0-9-]{1,31}:(?:[a-z0-9()+,.:=@;$_!*'/?#~&-]|%[0-9a-f]{2})+", re.IGNORECASE)
_UUID = re.compile(r"urn:uuid:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_PERCENT = re.compile(r"%([0-9A-Fa-f]{2})")
_UNRESERVED = re.compile(r"[A-Za-z0-9._~-]")
_MAIL = re.compile(r"[\w.+'%-]+@(?:[A-Za-z0-9-]+\.)+[A-Za-z0-9-]+", re.ASCII)
_MAIL_INSIDE = re.compile(rf"<{_MAIL.pattern}>", re.ASCII)
_MEDIA_TYPE = re.compile(r"[\w!#$&^.+-]+/[\w!#$&^.+-]+(?:\s*;\s*[\w!#$&^.+-]+=(?:\"[^\"]*\"|[^\s;\"]+))*", re.ASCII)
_LANGUAGE = re.compile(r"(?:([a-z]{2,3})(?:-[a-z0-9]{1,8})*|x(?:-[a-z0-9]{1,8})+|i-[a-z]{3,8})", re.ASCII)
_DIGITS = re.compile(r"[0-9]{1,18}", re.ASCII)
_KNOWN_SCHEMES = frozenset({"http", "https", "mailto", "tel", "ftp", "tag", "urn", "cid", "data", "geo", "news", "xmpp",
                            "sip", "sips", "doi", "info", "feed", "acct", "magnet", "webcal", "sms"})  # fmt: skip
_ISO_639_1 = names(
    "aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz ee el en "
    "eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik io is it iu ja jv "
    "ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne "
    "ng nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg sh si sk sl sm sn so sq sr ss "
    "st su sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu"
)


def split(url: str) -> SplitResult | None:
    """urlsplit, but null where it would raise: brackets that are no IPv6 address, a port that is no number."""
    try:
        parts = urlsplit(url)
        _ = parts.port, parts.hostname
    except ValueError:
        return None
    return parts


def joined(base: str, url: str) -> str:
    """urljoin, but the URL itself where it would raise."""
    try:
        return urljoin(base, url)
    except ValueError:
        return url


def is_relative(url: str) -> bool:
    return not _SCHEME.match(url)


@lru_cache(maxsize=8192)
def address(url: str, international: bool = False) -> tuple[Flaw, ...]:
    """Of an absolute URL. `international`: letters beyond ASCII may stand as they are (Atom and JSON Feed, not RSS)."""
    if not url.strip():
        return (("url-invalid", "the address is empty; give it or leave the element out"),)
    if is_relative(url):
        return (("url-relative", f'"{shown(url)}" is relative; readers do not know to what: begin it with https://'),)
    if character := _REFUSED.search(url):
        return (("url-invalid", f'"{shown(url)}" contains {_named(character[0])}; percent-encode it'),)
    if not international and not url.isascii():
        return (("url-invalid", f'"{shown(url)}" contains letters that RSS addresses must percent-encode'),)
    return _parts(url)


def web_address(url: str, international: bool = False) -> tuple[Flaw, ...]:
    """Of an address that a browser must open."""
    flaws = address(url, international)
    scheme = url.partition(":")[0].lower()
    if not flaws and scheme not in ("http", "https", "mailto"):
        return (("url-scheme", f'readers cannot open "{shown(url)}"; give an address that begins with https://'),)
    return flaws


def unsafe(url: str, what: str) -> tuple[Flaw, ...]:
    """Of a thing that is shown or played inside the entry. `what` is picture, enclosure and the like."""
    if not url.strip().lower().startswith("http:"):
        return ()
    mend = f'the {what}\'s address "{shown(url)}" begins with http://; serve it with https://'
    return (("http-picture", f"{mend}, readers on secure pages will not show it"),)


def identifier(value: str) -> tuple[Flaw, ...]:
    """Of an Atom id: an absolute URI that is compared letter by letter and so should be in its one canonical form."""
    if not value:
        return (("id-invalid", "the id is empty; give every entry an id that never changes"),)
    flaws = address(value, international=True)
    if flaws and flaws[0][0] != "url-scheme":
        return (
            ("id-invalid", f'"{shown(value)}" is no absolute URI; use a tag: URI, or an https:// address, for ever'),
        )
    other = _canonical(value)
    if other != value:
        mend = (
            f'some software will change the id "{shown(value)}" to "{shown(other)}"; use the latter from the beginning'
        )
        return (*flaws, ("id-not-canonical", mend))
    return flaws


def mail(value: str) -> tuple[Flaw, ...]:
    if _MAIL.fullmatch(value):
        return ()
    return (("mail-invalid", f'"{shown(value)}" is no mail address; write it as news@hospital.example'),)


def rss_mail(value: str) -> tuple[Flaw, ...]:
    """RSS names people by mail address, with the name in brackets after it."""
    value = value.strip().removeprefix("mailto:")
    bare, bracket, _ = value.partition(" (")
    if bracket and value.endswith(")"):
        return mail(bare.strip())
    if "@" not in value:
        mend = f'"{shown(value)}" is no mail address; name authors with dc:creator instead'
        return (("mail-invalid", mend),)
    mend = f'write "{shown(value)}" as address (Name), or better name authors with dc:creator'
    return (("mail-format", mend), *(() if " " in value or "<" in value else mail(value)))


def holds_mail(name: str) -> bool:
    return bool(_MAIL_INSIDE.search(name))


def language(tag: str) -> tuple[Flaw, ...]:
    """The first part must be a language that exists; of three letters any is taken."""
    match = _LANGUAGE.fullmatch(tag.strip().lower())
    first = match[1] if match else None
    if match and (first is None or len(first) == 3 or first in _ISO_639_1):
        return ()
    return (("language-invalid", f'"{shown(tag)}" is no language; use a tag like en, es or pt-BR'),)


def media_type(value: str) -> tuple[Flaw, ...]:
    if _MEDIA_TYPE.fullmatch(value.strip()):
        return ()
    return (("media-type-invalid", f'"{shown(value)}" is no media type; use one like image/jpeg or text/html'),)


def number(value: str, least: int = 0) -> tuple[Flaw, ...]:
    """A whole number in plain digits."""
    if _DIGITS.fullmatch(value.strip()) and int(value) >= least:
        return ()
    return (("number-invalid", f'"{shown(value)}" must be a whole number of at least {least}; write plain digits'),)


def _parts(url: str) -> tuple[Flaw, ...]:
    """Of an absolute URL of good characters: what its scheme asks for."""
    scheme = url.partition(":")[0].lower()
    if scheme == "tag" and not _TAG_URI.fullmatch(url):
        return (("url-invalid", f'"{shown(url)}" is no tag: URI; write tag:hospital.example,2026-11-23:name'),)
    if scheme == "urn" and not (_UUID if url[:9].lower() == "urn:uuid:" else _URN).fullmatch(url):
        return (("url-invalid", f'"{shown(url)}" is no valid urn: address; correct or replace it'),)
    if scheme in ("http", "https", "ftp"):
        parts = split(url)
        if parts is None or not parts.hostname or _BAD_PERCENT.search(url):
            return (("url-invalid", f'"{shown(url)}" has no valid host, port or percent signs; correct it'),)
    if scheme not in _KNOWN_SCHEMES:
        return (("url-scheme", f'the scheme "{shown(scheme)}:" is not one readers know; use https: or tag:'),)
    return ()


def _named(character: str) -> str:
    return "a space" if character.isspace() else f"the character {shown(character) or hex(ord(character))}"


def _canonical(uri: str) -> str:
    """Scheme and host in small letters, no needless port, a path at least /, percent signs only where needed."""
    parts = split(uri)
    if parts is None:
        return uri
    path, query, fragment = (_PERCENT.sub(_decoded, part) for part in (parts.path, parts.query, parts.fragment))
    netloc = parts.netloc
    if netloc:
        user, at_sign, host = netloc.rpartition("@")
        port = {"http": ":80", "https": ":443"}.get(parts.scheme, ":")
        netloc = user + at_sign + host.lower().removesuffix(port).removesuffix(":")
        path = _without_dots(path) or "/"
    # Python drops an empty query or fragment when it puts a URL together: so this is done by hand.
    rest = uri.partition("#")[0]
    return "".join(
        [
            f"{parts.scheme}:" if parts.scheme else "",
            f"//{netloc}" if netloc else "",
            path,
            f"?{query}" if "?" in rest else "",
            f"#{fragment}" if "#" in uri else "",
        ]
    )


def _decoded(match: re.Match[str]) -> str:
    character = chr(int(match[1], 16))
    return character if _UNRESERVED.fullmatch(character) else match[0].upper()


def _without_dots(path: str) -> str:
    return urlsplit(joined("https://x.example", path)).path if "/." in path else path


def words(text: str) -> Iterator[str]:
    """The words of a headline as a slug would have them."""
    return (word for word in re.split(r"[^a-z0-9]+", text.lower().replace("’", "").replace("'", "")) if word)
