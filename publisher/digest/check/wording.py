"""Words that tell nobody anything: alternative texts, link texts, and what nobody meant to send, wherever it stands.

Screen readers read links and pictures out by themselves, without what stands around them. Phrases are known in the
languages that newsletters are made in; in another language nothing is said against any.
"""

import re
import unicodedata
from collections.abc import Mapping

from publisher.digest.check.rules import Rule

ALT_FILE_NAME = Rule(
    code="alt-file-name",
    family="accessibility",
    severity="warning",
    wrong="The alternative text of a picture is a file name or an address.",
    why="It is what blind readers hear, and what everyone sees while pictures are not loaded.",
)
ALT_REDUNDANT = Rule(
    code="alt-redundant",
    family="accessibility",
    severity="note",
    wrong='The alternative text of a picture says that it is a picture ("photo of …").',
    why="Screen readers say so themselves, before they read it.",
)
LINK_EMPTY = Rule(
    code="link-empty",
    family="accessibility",
    severity="error",
    wrong="A link without any text.",
    why="A screen reader says only that there is a link, and most others do not see one.",
)
LINK_VAGUE = Rule(
    code="link-vague",
    family="accessibility",
    severity="warning",
    wrong='The text of a link does not say where it leads ("click here", "read more").',
    why="Many who use a screen reader go from link to link, without what stands between.",
)
LINK_URL = Rule(
    code="link-url",
    family="accessibility",
    severity="warning",
    wrong="The text of a link is an address.",
    why="A screen reader spells it out, and on a telephone it is wider than the screen.",
)
# fmt: off
PLACEHOLDER = Rule(
    code="placeholder", family="delivery", severity="warning",
    wrong="A headline, summary or text of the issue still has a gap that somebody meant to fill.",
    why="Readers see it as it stands: nothing fills it in.",
)
SHOUTING = Rule(
    code="headline-shouting", family="delivery", severity="warning",
    wrong="A headline is in capitals or has several exclamation marks.",
    why="It is harder to read, and filters take it for advertising.",
)
STRANGE = Rule(
    code="strange-characters", family="delivery", severity="warning",
    wrong="A headline, summary or text has characters that nobody sees, or that turn the writing round.",
    why="They can make a line say something else than it seems to; most programs drop or garble them.",
)
# fmt: on

MENDS: Mapping[str, str] = {
    ALT_FILE_NAME.code: "is a file name where an alternative text should be; say in a sentence what the picture shows",
    ALT_REDUNDANT.code: "says that it is a picture, which screen readers say anyway; begin with what it shows",
    LINK_EMPTY.code: "a link has no text; write into it where it leads, or take it out",
    LINK_VAGUE.code: "does not say where the link leads; name the page that opens",
    LINK_URL.code: "is an address as the text of a link; write what the page is called",
}
"""What to do about each of these faults, to be told behind the words concerned."""

_ENOUGH = 400
"""Characters that are looked at: a text made to keep the patterns busy for hours is judged by its beginning."""

_FORMATS = r"(?:jpe?g|jfif|png|gif|webp|svg|avif|hei[cf]|tiff?|bmp|pdf|psd)"
_FILE_NAMES = re.compile(
    rf"[^/\\:]*\S\.{_FORMATS}"  # harbor garden.jpg
    r"|(?:https?://|www\.|file:|cid:|/)\S+"  # an address, or a path
    r"|(?:img|image|photo|pict?|dsc[fn]?|pxl|mvimg|gopr|dji|screenshot|whatsapp image|untitled)[-_ ]*\(?\d[-_\d ().a]*"
    r"|[\w.-]*[a-z\d]_[\w.-]*[a-z\d]"  # harbor_garden_final
    r"|(?=[a-f]*\d)[\da-f]{16,}",  # a hash
    re.IGNORECASE,
)
_REDUNDANT = re.compile(
    r"(?:an?\s+|the\s+)?(?:image|photo(?:graph)?|pic(?:ture)?|graphic|icon)\s+(?:of|showing|shows)\b"
    r"|(?:una?\s+|la\s+)?(?:imagen|foto(?:graf[ií]a)?)\s+(?:del?|que\s+muestra)\b"
    r"|(?:une\s+|la\s+|l['’])?(?:image|photo(?:graphie)?)\s+(?:(?:de|du|des|montrant)\b|d['’])"
    r"|(?:ein\s+|eine\s+|das\s+)?(?:bild|foto(?:grafie)?|abbildung)\s+(?:vo[nm]|einer|eines|der|des|mit)\b"
    r"|(?:uma\s+|a\s+)?(?:imagem|foto(?:grafia)?)\s+(?:de|d[oa]s?|que\s+mostra)\b"
    r"|صورة\s"
    r"|(?:bức\s+)?(?:hình\s+ảnh|ảnh|hình)\s+(?:của|về|chụp|minh\s+họa)\b"
    r"|(?:一张)?(?:图片|照片|图像|圖片|圖像|相片)[:\uff1a]"
    r"|(?:image|photo|picture|imagen|foto|bild|imagem|صورة|ảnh)\s*:"
    r"|(?:image|photo|picture|graphic|imagen|foto|bild|imagem|صورة|hình ảnh|ảnh|图片|照片|圖片)\W*$",
    re.IGNORECASE,
)
_URL = re.compile(r"(?:https?://|www\.)\S+|[\w-]+(?:\.[\w-]+)+/\S*", re.IGNORECASE)

_PLACEHOLDER = re.compile(
    r"\blorem ipsum\b|\bdolor sit amet\b"
    # In Spanish, TODO in capitals can be a word like another: then something else than an end follows.
    r"|(?-i:\bTODO\b(?=\s*(?:[:\-–—!.,)\]]|$))|\bTBD\b|\bTBC\b|\bXXX+\b|\bFIXME\b)"
    r"|[\[<(](?:insert|add|enter|put|your|insertar|inserte|einfügen|insérer)\b[^\[\]<>()\n]{0,60}[\])>]"
    r"|\{\{[^{}\n]{0,80}\}\}|\{%[^{}\n]{0,80}%\}|\$\{[^{}\n]{0,80}\}"
    r"|%[A-Z][A-Z_]{2,30}%|%%[^%\s]{1,40}%%|\*\|[^|\n]{1,60}\|\*|\[\[[^\[\]\n]{1,60}\]\]",
    re.IGNORECASE | re.MULTILINE,
)
_STRANGE = re.compile(
    r"(?P<turn>[\u202a-\u202e\u2066-\u2069])|(?P<unseen>[\u200b\u2060-\u2064\ufeff\ufff9-\ufffb])"
    r"|(?P<line>[\u2028\u2029])|(?P<word>=\?[^?\s]{1,40}\?[bq]\?)"
    r"|(?P<control>[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ue000-\uf8ff\ufdd0-\ufdef\ufffe\uffff])",
    re.IGNORECASE,
)
_KINDS = {
    "turn": "a mark that turns the direction of writing",
    "unseen": "a character that nobody sees",
    "line": "a line separator",
    "word": "what mail programs take for an encoded word",
    "control": "a control character",
}

_VAGUE_BY_LANGUAGE = {
    "en": "click; click here; here; tap here; press here; see here; read here; more; read more; learn more; see more;"
    " view more; find out more; discover more; more info; more information; more details; details; info; this;"
    " read this; this link; link; follow this link; click this link; this page; this article; this website; website;"
    " go; continue; continue reading; read on; button; start; open; view",
    "es": "aquí; aqui; haga clic aquí; haz clic aquí; clic aquí; haga click aquí; pulse aquí; pulsa aquí; pincha aquí;"
    " más; leer más; lea más; lee más; ver más; vea más; saber más; conozca más; descubre más; más información;"
    " más info; más detalles; detalles; seguir leyendo; continuar; siga leyendo; este enlace; enlace; esta página;"
    " este artículo; ver",
    "fr": "ici; cliquez ici; cliquer ici; clique ici; plus; lire plus; lire la suite; la suite; suite; en savoir plus;"
    " voir plus; savoir plus; plus d informations; plus d information; plus d infos; plus de détails; détails;"
    " ce lien; lien; cette page; cet article; continuer; voir; découvrir",
    "de": "hier; hier klicken; klicken sie hier; klick hier; klicke hier; mehr; mehr lesen; weiterlesen; weiter;"
    " lesen sie mehr; lies mehr; mehr erfahren; erfahren sie mehr; mehr dazu; mehr infos; mehr informationen;"
    " weitere informationen; details; mehr details; dieser link; diesem link; diese seite; dieser artikel",
    "pt": "aqui; clique aqui; clica aqui; carregue aqui; mais; leia mais; ler mais; ver mais; veja mais; saiba mais;"
    " saber mais; mais informações; mais detalhes; detalhes; este link; esta página; este artigo; continue lendo;"
    " continuar a ler; continuar lendo",
    "ar": "هنا; انقر هنا; اضغط هنا; المزيد; اقرأ المزيد; إقرأ المزيد; قراءة المزيد; اعرف المزيد; للمزيد;"
    " المزيد من المعلومات; لمزيد من المعلومات; المزيد من التفاصيل; التفاصيل; هذا الرابط; الرابط; رابط; تابع القراءة",
    "vi": "đây; tại đây; ở đây; bấm vào đây; bấm đây; nhấn vào đây; nhấp vào đây; click vào đây; thêm; đọc thêm;"
    " xem thêm; tìm hiểu thêm; đọc tiếp; chi tiết; xem chi tiết; thêm chi tiết; liên kết này; liên kết; trang này",
    "zh": "这里; 這裡; 這里; 此处; 此處; 点击; 點擊; 点击这里; 點擊這裡; 点这里; 點這裡; 点击此处; 點擊此處;"
    " 按此; 按這裡; 请点击这里; 更多; 阅读更多; 閱讀更多; 了解更多; 瞭解更多; 查看更多; 更多信息; 更多資訊; 更多内容;"
    " 详情; 詳情; 查看详情; 查看詳情; 链接; 連結; 此链接; 此連結; 这个链接; 這個連結; 继续阅读; 繼續閱讀",
}


def fault_of_alt(alt: str) -> Rule | None:
    """What is wrong with a picture's alternative text; nothing with an empty one, which says: of no account."""
    told = unicodedata.normalize("NFC", alt[:_ENOUGH]).strip()
    if _FILE_NAMES.fullmatch(told):
        return ALT_FILE_NAME
    return ALT_REDUNDANT if _REDUNDANT.match(told) else None


def fault_of_link(text: str, *, pictured: bool = False) -> Rule | None:
    """What is wrong with a link's text, to which its images' alternative texts belong.

    `pictured` says that there is an image in it: where it has no other text, the image's is wanting, not the link's.
    """
    text = text[:_ENOUGH].strip()
    if not text:
        return None if pictured else LINK_EMPTY
    if _URL.fullmatch(text):
        return LINK_URL
    return LINK_VAGUE if _key(text) in _VAGUE else None


def gap_in(text: str) -> str | None:
    """The first passage that somebody meant to fill in, or another program to replace; None where there is none."""
    found = _PLACEHOLDER.search(text)
    return found[0] if found else None


def strange_in(text: str) -> str | None:
    """What is strange about the first character that is, with its number in Unicode; None where there is none."""
    found = _STRANGE.search(text)
    if found is None:
        return None
    kind = str(found.lastgroup)
    return _KINDS[kind] + (f' ("{found[0]}")' if kind == "word" else f" (U+{ord(found[0]):04X})")


def is_shouting(text: str) -> bool:
    """Mostly capitals in more than an abbreviation or two, or several exclamation marks."""
    capitals, small = sum(map(str.isupper, text[:1000])), sum(map(str.islower, text[:1000]))
    return "!!" in text or (capitals >= 12 and capitals > 2 * small)


def _key(text: str) -> str:
    """Letters and digits alone, in lower case: "Read more »" is "read more"; an arrow is nothing."""
    return re.sub(r"[\W_]+", " ", unicodedata.normalize("NFC", text).casefold()).strip()


_VAGUE = {_key(phrase) for phrases in _VAGUE_BY_LANGUAGE.values() for phrase in phrases.split(";")} | {""}
