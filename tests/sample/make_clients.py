"""Writes publisher/digest/check/clients.json: what breaks a mail, and in which mail programs.

In: the data folder of the installed npm package `caniemail`, which holds the tables of caniemail.com (MIT). Out: of
its three hundred features those few that a layout or its legibility hangs on, each with the programs whose latest
tested version does not know it. Run it by hand when the data are newer: `python -m tests.sample.make_clients FOLDER`.
"""

import json
import sys
from pathlib import Path
from typing import Any

OUT = Path(__file__).parents[2] / "publisher" / "digest" / "check" / "clients.json"

CLIENTS = {
    "Outlook for Windows": [("outlook", "windows")],
    "Outlook.com": [("outlook", "outlook-com")],
    "Gmail": [("gmail", "desktop-webmail"), ("gmail", "android"), ("gmail", "ios")],
    "Yahoo Mail": [("yahoo", "desktop-webmail"), ("yahoo", "android"), ("yahoo", "ios")],
    "Apple Mail": [("apple-mail", "macos"), ("apple-mail", "ios")],
    "Samsung Email": [("samsung-email", "android")],
    "Thunderbird": [("thunderbird", "macos"), ("thunderbird", "windows")],
}
"""The programs we name, and whose results speak for each: it breaks where one of them says no."""

# Left out are what is only missed by those who know it: rounded corners, shadows, web fonts, transitions.
FEATURES = {
    "css": {
        "display: flex": "css-display-flex",
        "display: inline-flex": "css-display-flex",
        "display: grid": "css-display-grid",
        "display: inline-grid": "css-display-grid",
        "position: absolute": "css-position",
        "position: fixed": "css-position",
        "position: sticky": "css-position",
        "float: left": "css-float",
        "float: right": "css-float",
        "object-fit": "css-object-fit",
        "transform": "css-transform",
        "clip-path": "css-clip-path",
        "mask-image": "css-mask-image",
        "mix-blend-mode": "css-mix-blend-mode",
        "filter": "css-filter",
        "column-count": "css-column-count",
        "columns": "css-column-count",
        "writing-mode": "css-writing-mode",
        "inline-size": "css-inline-size",
        "block-size": "css-block-inline-size",
        "max-inline-size": "css-max-inline-size",
        "margin-inline": "css-margin-inline-block",
        "margin-inline-start": "css-margin-inline-start-end",
        "margin-inline-end": "css-margin-inline-start-end",
        "margin-block": "css-margin-inline-block",
        "margin-block-start": "css-margin-block-start-end",
        "margin-block-end": "css-margin-block-start-end",
        "padding-inline": "css-padding-inline-block",
        "padding-inline-start": "css-padding-inline-start-end",
        "padding-inline-end": "css-padding-inline-start-end",
        "padding-block": "css-padding-inline-block",
        "padding-block-start": "css-padding-block-start-end",
        "padding-block-end": "css-padding-block-start-end",
        "background-image": "css-background-image",
        "linear-gradient()": "css-linear-gradient",
        "radial-gradient()": "css-radial-gradient",
        "conic-gradient()": "css-conic-gradient",
        "var()": "css-variables",
        "calc()": "css-unit-calc",
        "clamp()": "css-function-clamp",
        "min()": "css-function-min",
        "max()": "css-function-max",
        "rgba()": "css-rgba",
        "lch()": "css-modern-color",
        "oklch()": "css-modern-color",
        "lab()": "css-modern-color",
        "oklab()": "css-modern-color",
        "light-dark()": "css-function-light-dark",
    },
    "units": {
        "rem": "css-unit-rem",
        "ch": "css-unit-ch",
        "vw": "css-unit-vw",
        "vh": "css-unit-vh",
        "vmin": "css-unit-vmin",
        "vmax": "css-unit-vmax",
    },
    "attributes": {"hidden": "html-hidden"},
    "elements": {
        "audio": "html-audio",
        "button": "html-button-submit",
        "dialog": "html-dialog",
        "form": "html-form",
        "input": "html-input-text",
        "marquee": "html-marquee",
        "meter": "html-meter",
        "object": "html-object",
        "progress": "html-progress",
        "select": "html-select",
        "svg": "html-svg",
        "textarea": "html-textarea",
        "video": "html-video",
    },
    "images": {
        "apng": "image-apng",
        "avif": "image-avif",
        "data:": "image-base64",
        "heic": "image-heif",
        "heif": "image-heif",
        "ico": "image-ico",
        "svg": "image-svg",
        "tif": "image-tiff",
        "tiff": "image-tiff",
        "webp": "image-webp",
    },
}


def clients(data: dict[str, Any]) -> dict[str, Any]:
    """The table: by kind and feature the programs that break it; features that break nowhere are left out."""
    stats = {feature["slug"]: feature["stats"] for feature in data["data"]}
    table = {
        kind: {feature: broken for feature, slug in features.items() if (broken := _broken(stats[slug]))}
        for kind, features in FEATURES.items()
    }
    return {
        "source": "https://www.caniemail.com",
        "licence": "MIT",
        "copyright": "Copyright (c) 2019 HTeuMeuLeu",
        "data_date": data["last_update_date"][:10],
        **table,
    }


def _broken(stats: dict[str, dict[str, dict[str, str]]]) -> list[str]:
    return [
        client
        for client, platforms in CLIENTS.items()
        if any(_latest(stats.get(family, {}).get(platform, {})).startswith("n") for family, platform in platforms)
    ]


def _latest(versions: dict[str, str]) -> str:
    """`y`, `a` (partly), `n` or `u` of the version tested last, and the numbers of its notes."""
    return list(versions.values())[-1] if versions else "u"


def _written(table: dict[str, Any]) -> str:
    """JSON with a feature a line, so that a newer table shows what has changed."""
    parts = []
    for key, value in table.items():
        if isinstance(value, dict):
            lines = ",\n".join(f"    {json.dumps(name)}: {json.dumps(broken)}" for name, broken in value.items())
            parts.append(f"  {json.dumps(key)}: {{\n{lines}\n  }}")
        else:
            parts.append(f"  {json.dumps(key)}: {json.dumps(value)}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("say where the data are: python -m tests.sample.make_clients node_modules/caniemail/data")
    OUT.write_text(_written(clients(json.loads((Path(sys.argv[1]) / "caniemail.json").read_text("utf-8")))))
