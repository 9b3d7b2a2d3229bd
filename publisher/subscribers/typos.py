"""Slips of the finger in the domains that most people have their mail at.

In: a domain. Out: the well-known one it was probably meant to be. Silence is better than a wrong hint: a domain that
is itself known, or has an ending or a length that may well be real, gets none.
"""

_MEANT = (
    "aol.com", "comcast.net", "gmail.com", "gmx.de", "gmx.net", "googlemail.com", "hotmail.com", "hotmail.co.uk",
    "hotmail.es", "hotmail.fr", "icloud.com", "live.com", "msn.com", "outlook.com", "outlook.es", "protonmail.com",
    "sbcglobal.net", "verizon.net", "web.de", "yahoo.co.uk", "yahoo.com", "yahoo.es", "yahoo.fr", "att.net",
    "bellsouth.net", "charter.net", "cox.net", "earthlink.net", "ymail.com", "rocketmail.com", "t-online.de",
)  # fmt: skip
"""What a slip may be put right to, the likelier first where two are equally near."""

_ALSO_REAL = frozenset({
    "126.com", "163.com", "aim.com", "alice.it", "aol.co.uk", "aol.de", "aol.fr", "arcor.de", "att.com",
    "bigpond.com", "bk.ru", "bluewin.ch", "blueyonder.co.uk", "btinternet.com", "centurylink.net", "chello.at",
    "cloud.com", "cox.com", "cs.com", "duck.com", "eircom.net", "email.com", "email.cz", "email.de",
    "embarqmail.com", "fastmail.com", "fastmail.fm", "foxmail.com", "free.fr", "freenet.de", "frontier.com",
    "frontiernet.net", "gmx.at", "gmx.ch", "gmx.co.uk", "gmx.com", "gmx.es", "gmx.fr", "gmx.us", "go.com",
    "hey.com", "hotmail.be", "hotmail.ca", "hotmail.ch", "hotmail.cl", "hotmail.co.jp", "hotmail.com.ar",
    "hotmail.com.au", "hotmail.com.br", "hotmail.com.mx", "hotmail.de", "hotmail.dk", "hotmail.gr", "hotmail.it",
    "hotmail.nl", "hotmail.no", "hotmail.se", "hushmail.com", "inbox.com", "inbox.ru", "juno.com", "kabelmail.de",
    "keemail.me", "laposte.net", "libero.it", "list.ru", "live.at", "live.be", "live.ca", "live.cl", "live.cn",
    "live.co.uk", "live.com.ar", "live.com.au", "live.com.mx", "live.com.pt", "live.de", "live.dk", "live.fi",
    "live.fr", "live.ie", "live.in", "live.it", "live.jp", "live.nl", "live.no", "live.se", "love.com", "mac.com",
    "mail.com", "mail.de", "mail.ee", "mail.me", "mail.ru", "mailbox.org", "me.com", "mindspring.com", "msn.ca",
    "msn.de", "naver.com", "netscape.net", "netzero.net", "neuf.fr", "ntlworld.com", "o2.co.uk", "o2.pl",
    "online.de", "optonline.net", "optusnet.com.au", "orange.fr", "outlook.at", "outlook.be", "outlook.ch",
    "outlook.cl", "outlook.com.ar", "outlook.com.au", "outlook.com.br", "outlook.de", "outlook.dk", "outlook.fr",
    "outlook.ie", "outlook.in", "outlook.it", "outlook.jp", "outlook.pt", "pacbell.net", "pm.me", "posteo.de",
    "posteo.net", "prodigy.net", "proton.me", "protonmail.ch", "ptd.net", "qq.com", "rambler.ru", "rogers.com",
    "runbox.com", "sapo.pt", "seznam.cz", "sfr.fr", "shaw.ca", "sina.com", "sky.com", "skynet.be", "snet.net",
    "suddenlink.net", "swbell.net", "sympatico.ca", "talktalk.net", "tds.net", "telenet.be", "telus.net",
    "terra.com.br", "tiscali.co.uk", "tiscali.it", "tuta.com", "tutamail.com", "tutanota.com", "twc.com",
    "uol.com.br", "usa.com", "usa.net", "virgilio.it", "virgin.net", "virginmedia.com", "vodafone.de", "wanadoo.fr",
    "web.com", "web.me", "windowslive.com", "windstream.net", "wp.pl", "xs4all.nl", "yahoo.at", "yahoo.be",
    "yahoo.ca", "yahoo.ch", "yahoo.cl", "yahoo.cn", "yahoo.co.id", "yahoo.co.in", "yahoo.co.jp", "yahoo.co.kr",
    "yahoo.co.nz", "yahoo.com.ar", "yahoo.com.au", "yahoo.com.br", "yahoo.com.cn", "yahoo.com.hk", "yahoo.com.mx",
    "yahoo.com.ph", "yahoo.com.sg", "yahoo.com.tr", "yahoo.com.tw", "yahoo.com.vn", "yahoo.de", "yahoo.dk",
    "yahoo.gr", "yahoo.ie", "yahoo.in", "yahoo.it", "yahoo.nl", "yahoo.no", "yahoo.pl", "yahoo.pt", "yahoo.ro",
    "yahoo.se", "yandex.com", "yandex.ru", "yeah.net", "zoho.com", "zohomail.com",
})  # fmt: skip
_KNOWN = _ALSO_REAL | frozenset(_MEANT)
_SHORTEST = 5
"""Letters of a name, without its ending, that is long enough for one slip still to show what was meant (gmail)."""
_ENDINGS = {
    "cmo": "com", "con": "com", "cim": "com", "vom": "com", "xom": "com", "comm": "com", "coom": "com", "ocm": "com",
    "cpm": "com", "conm": "com", "clm": "com", "dom": "com", "c0m": "com", "com.com": "com", "nte": "net", "ent": "net",
    "nett": "net", "ner": "net", "met": "net", "ogr": "org", "rog": "org", "orgg": "org",
}  # fmt: skip
"""Endings that no country and no registry has, and what they were meant to be."""


def likelier_domain(domain: str) -> str | None:
    """The domain that was probably meant (all in lower case), or None where this one may well be right."""
    if domain in _KNOWN or not domain.isascii() or len(domain) > 60:
        return None
    mended = _with_a_real_ending(domain)
    near = mended if mended in _KNOWN else _nearest(mended)
    if near is None and mended != domain:
        return mended
    return near


def _with_a_real_ending(domain: str) -> str:
    name, _, ending = domain.partition(".")
    if ending in _ENDINGS:
        return f"{name}.{_ENDINGS[ending]}"
    rest, _, last = domain.rpartition(".")
    return f"{rest}.{_ENDINGS[last]}" if rest and last in _ENDINGS else domain


def _nearest(domain: str) -> str | None:
    name, _, ending = domain.partition(".")
    for meant in _MEANT:
        meant_name, _, meant_ending = meant.partition(".")
        if len(meant_name) < _SHORTEST:
            continue  # one letter away from "aol" or "live" lies many a real firm
        if ending == meant_ending and _one_slip(name, meant_name):
            return meant
        if meant_ending == "com" and name == meant_name and ending in ("co", "cm", "om", "c"):
            return meant
        if not ending and name == meant_name + meant_ending:
            return meant
    return None


def _one_slip(typed: str, meant: str) -> bool:
    """Whether one letter is missing, too many or another, or two neighbours have changed places.

    Another letter at the very beginning is none: tmail.com and botmail.com are names of their own.
    """
    if typed == meant or abs(len(typed) - len(meant)) > 1:
        return False
    same = 0
    while same < min(len(typed), len(meant)) and typed[same] == meant[same]:
        same += 1
    rest, other = typed[same:], meant[same:]
    swapped = len(other) > 1 and rest[:2] == other[1] + other[0] and rest[2:] == other[2:]
    another = same > 0 and rest[1:] == other[1:]
    return swapped or another or rest[1:] == other or rest == other[1:]
