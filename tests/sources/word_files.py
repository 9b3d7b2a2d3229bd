"""Word documents made by hand: the parts that a .docx has, and no more."""

import io
import zipfile
from collections.abc import Mapping, Sequence
from html import escape

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPES = (
    f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="xml" ContentType="application/xml"/>'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="png" ContentType="image/png"/><Default Extension="emf" ContentType="image/x-emf"/></Types>'
)
_ROOT = (
    f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" Type="{_R}/officeDocument" '
    'Target="word/document.xml"/></Relationships>'
)
_NAMES = {
    "Title": "Title",
    "Subtitle": "Subtitle",
    "Heading1": "heading 1",
    "Heading2": "heading 2",
    "Caption": "caption",
}
_STYLES = f'<w:styles xmlns:w="{W}">' + "".join(
    f'<w:style w:type="paragraph" w:styleId="{id}"><w:name w:val="{name}"/></w:style>' for id, name in _NAMES.items()
) + "</w:styles>"  # fmt: skip


def run(text: str, *, bold: bool = False) -> str:
    return f'<w:r>{"<w:rPr><w:b/></w:rPr>" if bold else ""}<w:t xml:space="preserve">{escape(text)}</w:t></w:r>'


def para(*runs: str, style: str = "", number: int = 0) -> str:
    """A paragraph of runs; a plain text is one run. `number` puts it into a bulleted list (1) or a numbered one (2)."""
    inner = "".join(one if one.startswith("<") else run(one) for one in runs)
    listed = f'<w:numPr><w:ilvl w:val="0"/><w:numId w:val="{number}"/></w:numPr>' if number else ""
    styled = f'<w:pStyle w:val="{style}"/>' if style else ""
    return f"<w:p><w:pPr>{styled}{listed}</w:pPr>{inner}</w:p>"


def inserted(text: str) -> str:
    return f'<w:ins w:id="1" w:author="B">{run(text)}</w:ins>'


def deleted(text: str) -> str:
    return f'<w:del w:id="2" w:author="B"><w:r><w:delText xml:space="preserve">{escape(text)}</w:delText></w:r></w:del>'


def link(text: str, id: str) -> str:
    return f'<w:hyperlink r:id="{id}">{run(text)}</w:hyperlink>'


def shown(id: str, alt: str = "") -> str:
    """A run with a picture, by its relationship."""
    return (
        '<w:r><w:drawing><wp:inline xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing">'
        f'<wp:docPr id="1" name="p" descr="{escape(alt)}"/>'
        '<a:graphic xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"><a:graphicData>'
        '<pic:pic xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture"><pic:blipFill>'
        f'<a:blip r:embed="{id}"/></pic:blipFill></pic:pic></a:graphicData></a:graphic></wp:inline></w:drawing></w:r>'
    )


def table(rows: Sequence[Sequence[str]]) -> str:
    cells = ("".join(f"<w:tc>{para(cell)}</w:tc>" for cell in row) for row in rows)
    return "<w:tbl>" + "".join(f"<w:tr>{row}</w:tr>" for row in cells) + "</w:tbl>"


_FORMS = {1: "bullet", 2: "decimal"}
_LEVELS = (
    f'<w:abstractNum w:abstractNumId="{id}"><w:lvl w:ilvl="0"><w:numFmt w:val="{form}"/></w:lvl></w:abstractNum>'
    for id, form in _FORMS.items()
)
_LISTS = (f'<w:num w:numId="{id}"><w:abstractNumId w:val="{id}"/></w:num>' for id in _FORMS)
_NUMBERING = f'<w:numbering xmlns:w="{W}">{"".join(_LEVELS)}{"".join(_LISTS)}</w:numbering>'


def docx(
    *blocks: str,
    title: str = "",
    creator: str = "",
    links: Mapping[str, str] | None = None,
    pictures: Mapping[str, bytes] | None = None,
    more: Mapping[str, str | bytes] | None = None,
) -> bytes:
    """A document of these blocks. `links` are addresses by relationship, `pictures` files by relationship (a PNG, or
    whatever the name's ending after a dot says), `more` parts that replace or join the others."""
    relations = [
        f'<Relationship Id="{id}" Type="{_R}/hyperlink" Target="{escape(address)}" TargetMode="External"/>'
        for id, address in (links or {}).items()
    ]
    media: dict[str, str | bytes] = {}
    for id, data in (pictures or {}).items():
        name = id if "." in id else f"{id}.png"
        media[f"word/media/{name}"] = data
        relations.append(f'<Relationship Id="{id}" Type="{_R}/image" Target="media/{name}"/>')
    relations += (
        f'<Relationship Id="{kind}" Type="{_R}/{kind}" Target="{kind}.xml"/>' for kind in ("styles", "numbering")
    )
    parts: dict[str, str | bytes] = {
        "[Content_Types].xml": _TYPES,
        "_rels/.rels": _ROOT,
        "word/document.xml": f'<w:document xmlns:w="{W}" xmlns:r="{_R}"><w:body>'
        f"{''.join(blocks)}</w:body></w:document>",
        "word/_rels/document.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
        f"{''.join(relations)}</Relationships>",
        "word/styles.xml": _STYLES,
        "word/numbering.xml": _NUMBERING,
        "docProps/core.xml": f'<cp:coreProperties xmlns:cp="{_PACKAGE}/metadata/core-properties" '
        f'xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>{escape(title)}</dc:title>'
        f"<dc:creator>{escape(creator)}</dc:creator></cp:coreProperties>",
        **media,
        **(more or {}),
    }
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as package:
        for name, part in parts.items():
            package.writestr(name, part)
    return packed.getvalue()
