"""Draws the sample site's pictures: content/images/*.jpg (1200 x 800), logo.png, icon.png and banner.png.

In: nothing. Out: the same bytes each time, for one version of Pillow. Run it by hand when a picture changes:
`python tests/sample/draw_images.py [FOLDER] [NAME ...]`. Everything is drawn three times too large and then reduced,
because Pillow's own drawing has no antialiasing.
"""

from __future__ import annotations

import math
import random
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

WIDTH, HEIGHT, SCALE = 1200, 800, 3
HORIZON = 500
QUALITY = 76

DEEP, TEAL, MINT, MIST = "#0a4d5c", "#0a5a66", "#6fd3c7", "#d6e8e6"
CORAL, RUST, SAND, PALE, INK = "#ffb393", "#a8401f", "#fff4ec", "#f1f7f6", "#14303a"
WHITE, SAGE, SEA, LEAF, PINE = "#ffffff", "#a9d3cc", "#7fbdb9", "#4f9a92", "#2c7a78"
BLUSH, DUNE, CLAY, WOOD = "#ffd9c7", "#f3e0d0", "#d9805c", "#c9906b"
SKINS = ("#8d5a3c", "#e8b48f", "#c68a63", "#f2c9aa", "#6f4430")

Point = tuple[float, float]


def tint(colour: str, alpha: float) -> str:
    """`#rrggbb` and an opacity from 0 to 1 -> `#rrggbbaa`."""
    return f"{colour}{round(alpha * 255):02x}"


def mix(a: str, b: str, share: float) -> str:
    """The colour that lies `share` of the way from a to b."""
    pairs = [(int(a[i : i + 2], 16), int(b[i : i + 2], 16)) for i in (1, 3, 5)]
    return "#" + "".join(f"{round(x + (y - x) * share):02x}" for x, y in pairs)


def smooth(points: Sequence[Point], *, closed: bool = True, steps: int = 14) -> list[Point]:
    """A Catmull-Rom curve through the points, as a polygon."""
    count = len(points)
    out: list[Point] = []
    for i in range(count if closed else count - 1):
        if closed:
            p0, p1, p2, p3 = (points[(i + k - 1) % count] for k in range(4))
        else:
            p0, p1, p2, p3 = (points[min(max(i + k - 1, 0), count - 1)] for k in range(4))
        for s in range(steps):
            t = s / steps
            out.append((_cubic(p0[0], p1[0], p2[0], p3[0], t), _cubic(p0[1], p1[1], p2[1], p3[1], t)))
    return out if closed else [*out, points[-1]]


def _cubic(a: float, b: float, c: float, d: float, t: float) -> float:
    return 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)


def turn(points: Sequence[Point], centre: Point, degrees: float) -> list[Point]:
    """The points turned about a centre, clockwise on the screen."""
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    cx, cy = centre
    return [(cx + (x - cx) * cos - (y - cy) * sin, cy + (x - cx) * sin + (y - cy) * cos) for x, y in points]


def rounded(x: float, y: float, w: float, h: float, r: float) -> list[Point]:
    """A box with round corners, as a polygon that can be turned."""
    r = min(r, w / 2, h / 2)
    out: list[Point] = []
    for cx, cy, start in (
        (x + w - r, y + r, -90),
        (x + w - r, y + h - r, 0),
        (x + r, y + h - r, 90),
        (x + r, y + r, 180),
    ):
        out += [
            (cx + r * math.cos(math.radians(start + a)), cy + r * math.sin(math.radians(start + a)))
            for a in range(0, 91, 9)
        ]
    return out


def oval(cx: float, cy: float, rx: float, ry: float, first: float = 0, last: float = 360) -> list[Point]:
    """An ellipse, or the part of it between two angles, as a polygon."""
    count = max(12, round((last - first) / 4))
    angles = [math.radians(first + (last - first) * i / count) for i in range(count + 1)]
    return [(cx + rx * math.cos(a), cy + ry * math.sin(a)) for a in angles]


def heart(cx: float, cy: float, size: float) -> list[Point]:
    """A heart about `size` high, its middle at (cx, cy)."""
    out = []
    for i in range(180):
        t = 2 * math.pi * i / 180
        x = 16 * math.sin(t) ** 3
        y = 13 * math.cos(t) - 5 * math.cos(2 * t) - 2 * math.cos(3 * t) - math.cos(4 * t)
        out.append((cx + x * size / 30, cy - (y + 2.5) * size / 30))
    return out


class Scene:
    """One picture, in units of the finished pixel."""

    def __init__(self, *stops: str, width: int = WIDTH, height: int = HEIGHT) -> None:
        self.image = Image.new("RGB", (width * SCALE, height * SCALE), stops[0])
        self.size = (width, height)
        self.pen = ImageDraw.Draw(self.image, "RGBA")
        if len(stops) > 1:
            self.wash(0, height, *stops)

    def wash(self, top: float, bottom: float, *stops: str) -> None:
        """Fill the whole width from top to bottom with an even change of colour."""
        first, last = round(top * SCALE), round(bottom * SCALE)
        for y in range(first, last):
            place = (y - first) / max(1, last - first - 1) * (len(stops) - 1)
            i = min(int(place), len(stops) - 2)
            self.pen.line([(0, y), (self.image.width, y)], fill=mix(stops[i], stops[i + 1], place - i))

    def shape(self, points: Sequence[Point], colour: str) -> None:
        self.pen.polygon([(x * SCALE, y * SCALE) for x, y in points], fill=colour)

    def blob(self, points: Sequence[Point], colour: str) -> None:
        self.shape(smooth(points), colour)

    def disc(self, cx: float, cy: float, r: float, colour: str) -> None:
        self.shape(oval(cx, cy, r, r), colour)

    def oval(self, cx: float, cy: float, rx: float, ry: float, colour: str) -> None:
        self.shape(oval(cx, cy, rx, ry), colour)

    def box(self, x: float, y: float, w: float, h: float, colour: str, r: float = 0) -> None:
        self.shape(rounded(x, y, w, h, r) if r else [(x, y), (x + w, y), (x + w, y + h), (x, y + h)], colour)

    def line(self, points: Sequence[Point], colour: str, width: float) -> None:
        """A stroke with round joints and ends (opaque colours only: the joints overlap)."""
        scaled = [(x * SCALE, y * SCALE) for x, y in points]
        self.pen.line(scaled, fill=colour, width=round(width * SCALE))
        for x, y in points:
            self.disc(x, y, width / 2, colour)

    def curve(self, points: Sequence[Point], colour: str, width: float) -> None:
        self.line(smooth(points, closed=False), colour, width)

    def text(self, x: float, y: float, words: str, size: float, colour: str) -> None:
        """Words with their middle at (x, y)."""
        font = ImageFont.load_default(size * SCALE)
        self.pen.text(
            (x * SCALE, y * SCALE), words, fill=colour, font=font, anchor="mm", stroke_width=SCALE * size / 40
        )

    def glow(self, cx: float, cy: float, r: float, colour: str, strength: float = 0.12, rings: int = 4) -> None:
        for i in range(rings, 0, -1):
            self.disc(cx, cy, r * i / rings, tint(colour, strength))

    def save(self, path: Path) -> None:
        self.image.resize(self.size, Image.Resampling.LANCZOS).save(
            path, quality=QUALITY, optimize=True, progressive=True, subsampling="4:2:0"
        )


# ---- things that appear in more than one picture


def hills(s: Scene, points: Sequence[Point], colour: str, floor: float = HEIGHT) -> None:
    s.shape([*smooth(points, closed=False), (WIDTH, floor), (0, floor)], colour)


def cloud(s: Scene, x: float, y: float, size: float, colour: str = WHITE, alpha: float = 1.0) -> None:
    c = mix(SAND, colour, alpha) if alpha < 1 else colour
    for dx, dy, r in ((-0.55, 0.02, 0.26), (-0.2, -0.16, 0.36), (0.22, -0.06, 0.3), (0.55, 0.06, 0.22)):
        s.disc(x + dx * size, y + dy * size, r * size, c)
    s.box(x - 0.8 * size, y, 1.56 * size, 0.28 * size, c, 0.14 * size)


def tree(s: Scene, x: float, ground: float, height: float, colour: str = PINE) -> None:
    s.box(x - height * 0.025, ground - height * 0.45, height * 0.05, height * 0.45, mix(RUST, INK, 0.35))
    s.oval(x, ground - height * 0.62, height * 0.26, height * 0.38, colour)
    s.shape(oval(x, ground - height * 0.62, height * 0.26, height * 0.38, -90, 90), mix(colour, INK, 0.13))
    s.line(
        [(x, ground - height * 0.42), (x + height * 0.09, ground - height * 0.56)], mix(RUST, INK, 0.35), height * 0.018
    )


def pine(s: Scene, x: float, ground: float, height: float, colour: str = PINE) -> None:
    s.box(x - height * 0.03, ground - height * 0.16, height * 0.06, height * 0.16, mix(RUST, INK, 0.45))
    for low, wide in ((0.1, 0.25), (0.33, 0.2), (0.56, 0.145)):
        y, top = ground - height * low, ground - height * min(1.0, low + 0.46)
        s.shape([(x - height * wide, y), (x, top), (x + height * wide, y)], colour)
        s.shape([(x, y), (x, top), (x + height * wide, y)], mix(colour, INK, 0.14))


def plant(s: Scene, x: float, ground: float, height: float, pot: str = CORAL) -> None:
    top = ground - height * 0.32
    for degrees, long in ((-52, 0.5), (-24, 0.66), (2, 0.74), (28, 0.64), (54, 0.48)):
        leaf = smooth(
            [
                (x, top),
                (x - 0.09 * height, top - 0.5 * long * height),
                (x, top - long * height),
                (x + 0.09 * height, top - 0.5 * long * height),
            ]
        )
        s.shape(turn(leaf, (x, top), degrees), PINE if abs(degrees) < 40 else LEAF)
    w = height * 0.3
    s.shape([(x - w / 2, top), (x + w / 2, top), (x + w * 0.38, ground), (x - w * 0.38, ground)], pot)
    s.box(x - w * 0.56, top - 4, w * 1.12, height * 0.07, mix(pot, INK, 0.1), 4)


def person(
    s: Scene,
    x: float,
    ground: float,
    h: float,
    *,
    coat: str,
    skin: str,
    hair: str,
    legs: str = INK,
    step: float = 0.0,
    facing: int = 1,
    long_hair: bool = False,
    vest: str | None = None,
    arm: float = 12,
) -> None:
    """A standing or walking figure; `step` is the stride and `arm` the near arm's swing in degrees."""
    hip, shoulder = ground - h * 0.44, ground - h * 0.79
    for side in (-1, 1):
        foot = x + side * h * (0.05 + 0.11 * step)
        s.line(
            [(x + side * h * 0.045, hip), (foot, ground - h * 0.03)], mix(legs, INK, 0.25 if side < 0 else 0), h * 0.075
        )
        s.box(foot - h * (0.04 if facing > 0 else 0.08), ground - h * 0.04, h * 0.12, h * 0.045, INK, h * 0.02)
    far = turn(
        [(x - facing * h * 0.1, shoulder + h * 0.05), (x - facing * h * 0.1, shoulder + h * 0.33)],
        (x - facing * h * 0.1, shoulder),
        arm * facing,
    )
    s.line(far, mix(coat, INK, 0.2), h * 0.065)
    s.disc(*far[1], h * 0.034, skin)
    if long_hair:
        s.blob(
            [
                (x - facing * h * 0.08, shoulder - h * 0.13),
                (x - facing * h * 0.1, shoulder + h * 0.05),
                (x + facing * h * 0.03, shoulder + h * 0.06),
                (x + facing * h * 0.04, shoulder - h * 0.1),
            ],
            hair,
        )
    s.box(x - h * 0.03, shoulder - h * 0.06, h * 0.06, h * 0.1, mix(skin, INK, 0.12))
    s.shape(
        smooth(
            [
                (x - h * 0.04, shoulder - h * 0.008),
                (x + h * 0.04, shoulder - h * 0.008),
                (x + h * 0.115, shoulder + h * 0.025),
                (x + h * 0.135, shoulder + h * 0.1),
                (x + h * 0.118, hip),
                (x + h * 0.105, hip + h * 0.055),
                (x - h * 0.105, hip + h * 0.055),
                (x - h * 0.118, hip),
                (x - h * 0.135, shoulder + h * 0.1),
                (x - h * 0.115, shoulder + h * 0.025),
            ]
        ),
        coat,
    )
    if vest:
        s.shape(
            [
                (x - h * 0.1, shoulder),
                (x - h * 0.035, shoulder),
                (x - h * 0.012, hip + h * 0.02),
                (x - h * 0.115, hip + h * 0.02),
            ],
            vest,
        )
        s.shape(
            [
                (x + h * 0.1, shoulder),
                (x + h * 0.035, shoulder),
                (x + h * 0.012, hip + h * 0.02),
                (x + h * 0.115, hip + h * 0.02),
            ],
            vest,
        )
    near = turn(
        [(x + facing * h * 0.115, shoulder + h * 0.05), (x + facing * h * 0.115, shoulder + h * 0.33)],
        (x + facing * h * 0.115, shoulder),
        -arm * facing,
    )
    s.line(near, coat if vest else mix(coat, INK, 0.08), h * 0.065)
    s.disc(*near[1], h * 0.034, skin)
    head, up = x + facing * h * 0.01, shoulder - h * 0.1
    s.disc(head, up, h * 0.078, skin)
    s.shape(
        smooth(
            [
                (head - facing * h * 0.086, up + h * 0.03),
                (head - facing * h * 0.08, up - h * 0.05),
                (head - facing * h * 0.02, up - h * 0.096),
                (head + facing * h * 0.05, up - h * 0.078),
                (head + facing * h * 0.08, up - h * 0.03),
                (head + facing * h * 0.03, up - h * 0.042),
                (head - facing * h * 0.028, up - h * 0.03),
                (head - facing * h * 0.045, up + h * 0.03),
            ]
        ),
        hair,
    )
    if h > 250:
        for dx in (0.014, 0.055):
            s.disc(head + facing * h * dx, up - h * 0.002, h * 0.0075, INK)
        s.curve(
            [
                (head + facing * h * 0.012, up + h * 0.034),
                (head + facing * h * 0.036, up + h * 0.044),
                (head + facing * h * 0.056, up + h * 0.032),
            ],
            RUST,
            h * 0.008,
        )


def cross(s: Scene, cx: float, cy: float, size: float, colour: str) -> None:
    arm = size / 3
    s.box(cx - arm / 2, cy - size / 2, arm, size, colour, arm * 0.22)
    s.box(cx - size / 2, cy - arm / 2, size, arm, colour, arm * 0.22)


def ripples(s: Scene, top: float, bottom: float, colour: str, seed: int, count: int = 26) -> None:
    dice = random.Random(seed)
    for _ in range(count):
        y = dice.uniform(top, bottom)
        w = 26 + 60 * (y - top) / max(1, bottom - top)
        s.box(dice.uniform(-20, WIDTH), y, w * dice.uniform(0.6, 1.5), 3.4, colour, 1.7)


def stars(s: Scene, bottom: float, seed: int, count: int = 46) -> None:
    dice = random.Random(seed)
    for _ in range(count):
        s.disc(
            dice.uniform(0, WIDTH),
            dice.uniform(10, bottom),
            dice.choice((1.6, 2.2, 3.0)),
            tint(SAND, dice.uniform(0.5, 0.95)),
        )


def table(s: Scene, top: float, colour: str = DUNE) -> None:
    s.box(0, top, WIDTH, HEIGHT - top, colour)
    s.box(0, top, WIDTH, 10, mix(colour, WHITE, 0.5))
    s.box(0, top + 150, WIDTH, 4, mix(colour, WOOD, 0.25))


def shade(s: Scene, cx: float, cy: float, rx: float, ry: float = 16) -> None:
    s.oval(cx, cy, rx, ry, tint(INK, 0.13))


# ---- the pictures


def emergency_entrance() -> Scene:
    s = Scene(MIST, "#eaf2ee", SAND, width=WIDTH)
    s.glow(975, 190, 175, CORAL, 0.14)
    s.disc(975, 190, 72, CORAL)
    cloud(s, 215, 150, 92)
    cloud(s, 1080, 305, 62, WHITE)
    hills(s, [(-50, 470), (140, 400), (330, 440), (560, 380), (800, 430), (1010, 370), (1250, 440)], "#c3ddd8")
    hills(s, [(-50, 545), (160, 485), (420, 520), (800, 490), (1080, 470), (1250, 510)], SAGE)
    for x, h in ((70, 200), (150, 250), (1070, 240), (1150, 190)):
        pine(s, x, 590, h, LEAF)
    # the main block, the taller wing behind it, and the low new wing in front
    s.box(250, 250, 330, 350, "#f7faf9")
    s.box(520, 160, 220, 440, "#e1eeec")
    s.box(690, 160, 50, 440, "#d3e4e2")
    s.box(520, 150, 220, 16, TEAL, 3)
    s.box(240, 240, 290, 14, TEAL, 3)
    for row in range(5):
        for col in range(5):
            s.box(274 + col * 50, 282 + row * 62, 32, 40, mix(MINT, WHITE, 0.3) if (row + col * 2) % 5 else BLUSH, 3)
            s.box(274 + col * 50, 282 + row * 62, 32, 14, tint(TEAL, 0.18), 3)
    for row in range(4):
        for col in range(3):
            s.box(548 + col * 60, 268 + row * 58, 44, 36, mix(SEA, WHITE, 0.2), 3)
            s.box(548 + col * 60, 268 + row * 58, 20, 36, tint(WHITE, 0.28), 3)
    s.disc(630, 214, 36, WHITE)
    cross(s, 630, 214, 42, RUST)
    s.box(560, 420, 440, 190, "#fbfdfc")
    s.box(924, 420, 76, 190, "#e1eeec")
    s.box(552, 412, 456, 14, TEAL, 3)
    for col in range(4):
        s.box(588 + col * 50, 500, 40, 110, mix(MINT, WHITE, 0.45), 3)
    s.box(800, 492, 124, 118, DEEP, 4)
    for x in (806, 865):
        s.box(x, 498, 53, 112, mix(MINT, WHITE, 0.25), 2)
        s.shape([(x + 8, 610), (x + 34, 498), (x + 46, 498), (x + 20, 610)], tint(WHITE, 0.4))
    s.box(600, 436, 470, 50, RUST, 8)
    s.box(600, 478, 470, 10, mix(RUST, INK, 0.3), 4)
    s.text(835, 461, "EMERGENCY", 32, WHITE)
    for x in (640, 1036):
        s.box(x, 486, 14, 128, mix(MIST, TEAL, 0.15))
        s.box(x + 8, 486, 6, 128, mix(MIST, TEAL, 0.35))
    hills(s, [(-50, 598), (300, 604), (700, 606), (1250, 598)], "#8fc4b4")
    s.shape([(0, 690), (520, 655), (1200, 668), (1200, 800), (0, 800)], mix(INK, SEA, 0.3))
    s.shape([(0, 676), (520, 642), (1200, 655), (1200, 668), (520, 655), (0, 690)], "#e7eeec")
    s.shape([(730, 606), (1000, 606), (1080, 657), (660, 650)], "#e7eeec")
    for x in range(30, 1200, 150):
        s.shape([(x, 741), (x + 84, 740), (x + 84, 748), (x, 749)], tint(SAND, 0.75))
    tree(s, 205, 628, 210)
    tree(s, 110, 642, 160, LEAF)
    tree(s, 1130, 636, 210, PINE)
    for x, w in ((300, 74), (380, 60), (452, 82), (530, 54)):
        s.shape(oval(x, 620, w * 0.6, 30, 180, 360), LEAF)
        s.box(x - w * 0.6, 619, w * 1.2, 5, LEAF)
    ambulance(s, 330, 690)
    person(s, 838, 652, 132, coat=CORAL, skin=SKINS[1], hair=INK, legs=TEAL, step=0.6, long_hair=True)
    person(s, 905, 654, 138, coat=TEAL, skin=SKINS[0], hair=INK, legs=INK, step=0.25, facing=-1)
    return s


def ambulance(s: Scene, x: float, ground: float) -> None:
    shade(s, x + 120, ground + 4, 150, 12)
    s.box(x, ground - 126, 172, 104, WHITE, 10)
    s.shape(
        [
            (x + 166, ground - 104),
            (x + 212, ground - 104),
            (x + 240, ground - 66),
            (x + 252, ground - 58),
            (x + 252, ground - 22),
            (x + 166, ground - 22),
        ],
        WHITE,
    )
    s.shape([(x + 180, ground - 94), (x + 208, ground - 94), (x + 228, ground - 64), (x + 180, ground - 64)], SEA)
    s.box(x, ground - 62, 252, 14, RUST)
    s.box(x, ground - 46, 252, 6, CORAL)
    s.box(x + 20, ground - 110, 48, 34, SEA, 5)
    cross(s, x + 118, ground - 92, 40, TEAL)
    s.box(x + 120, ground - 137, 36, 12, CORAL, 5)
    for cx in (x + 52, x + 202):
        s.disc(cx, ground - 20, 25, INK)
        s.disc(cx, ground - 20, 11, MIST)


def storm_cleanup() -> Scene:
    s = Scene(MIST, SAND, BLUSH)
    a: float
    x: float
    y: float
    s.glow(600, 300, 330, CORAL, 0.1, 5)
    s.shape(heart(600, 296, 300), "#f0906c")
    s.shape([p for p in heart(600, 296, 300) if p[0] >= 598], "#e57f5a")
    s.shape(turn(oval(522, 236, 22, 40), (522, 236), 38), tint(WHITE, 0.45))
    s.curve([(250, 130), (340, 108), (420, 132), (480, 112)], WHITE, 6)
    s.curve([(180, 178), (270, 158), (350, 182)], WHITE, 6)
    s.curve([(770, 128), (860, 106), (950, 132), (1020, 112)], WHITE, 6)
    hills(s, [(-50, 470), (180, 420), (400, 466), (760, 470), (980, 405), (1250, 460)], "#b9d9d3")
    s.box(0, 466, WIDTH, 80, SEA)
    ripples(s, 474, 520, "#a5d2cd", 3)
    hills(s, [(-50, 530), (250, 512), (620, 530), (930, 508), (1250, 528)], "#8fc4b4")
    hills(s, [(-50, 640), (300, 600), (700, 625), (1250, 590)], "#77b3a4")
    s.shape(
        [
            *smooth([(520, 800), (560, 700), (660, 620), (640, 525)], closed=False),
            *smooth([(668, 525), (760, 620), (780, 700), (850, 800)], closed=False),
        ],
        DUNE,
    )
    pine(s, 95, 620, 290, PINE)
    pine(s, 205, 640, 210, LEAF)
    pine(s, 1120, 600, 270, PINE)
    # a branch the wind brought down
    bark = mix(RUST, INK, 0.35)
    s.curve([(900, 735), (980, 712), (1060, 716), (1150, 690)], bark, 17)
    s.curve([(985, 712), (1010, 672), (1050, 655)], bark, 9)
    s.curve([(1060, 716), (1095, 745), (1130, 752)], bark, 8)
    for x, y, a in (
        (1050, 650, -20),
        (1028, 664, -70),
        (1150, 686, 10),
        (1130, 754, 40),
        (1108, 700, -40),
        (1160, 702, 60),
    ):
        s.shape(turn(oval(x + 20, y, 22, 9), (x, y), a), PINE)
    # wheelbarrow with leaves
    shade(s, 335, 742, 170, 15)
    s.shape(oval(325, 610, 108, 62, 180, 360), CLAY)
    dice = random.Random(11)
    for _ in range(34):
        a, r = dice.uniform(180, 360), dice.uniform(0.2, 0.98)
        x, y = 325 + 108 * r * math.cos(math.radians(a)), 612 + 62 * r * math.sin(math.radians(a))
        s.shape(turn(oval(x, y, 15, 7), (x, y), dice.uniform(0, 180)), dice.choice((CORAL, RUST, "#f0a56e", CLAY)))
    s.line([(225, 690), (165, 640), (120, 630)], bark, 12)
    s.line([(250, 680), (238, 736)], INK, 11)
    s.shape([(196, 606), (462, 606), (412, 700), (250, 700)], TEAL)
    s.shape([(196, 606), (462, 606), (456, 618), (202, 618)], MINT)
    s.line([(250, 698), (430, 720)], INK, 9)
    s.disc(432, 712, 33, INK)
    s.disc(432, 712, 14, MIST)
    for _ in range(22):
        x, y = dice.uniform(60, 540), dice.uniform(725, 785)
        s.shape(turn(oval(x, y, 13, 6), (x, y), dice.uniform(0, 180)), dice.choice((CORAL, RUST, "#f0a56e")))
    # rake, leaning on nothing but drawn as if just put down
    s.line([(800, 545), (890, 770)], WOOD, 10)
    s.line([(846, 786), (936, 752)], INK, 8)
    for i in range(7):
        s.line([(848 + i * 14.6, 785 - i * 5.6), (852 + i * 14.6, 797 - i * 5.6)], INK, 5)
    return s


def holiday_plate() -> Scene:
    s = Scene("#fbe9dc", DUNE)
    a: float
    x: float
    y: float
    for x in range(-20, WIDTH, 150):
        s.box(x, 0, 3, HEIGHT, tint(WOOD, 0.16))
    s.shape(turn(rounded(170, 90, 860, 640, 26), (600, 400), -3), mix(MIST, TEAL, 0.12))
    s.shape(turn(rounded(190, 110, 820, 600, 18), (600, 400), -3), MIST)
    shade(s, 612, 424, 300, 296)
    s.disc(600, 404, 292, WHITE)
    s.disc(600, 404, 292, tint(TEAL, 0.05))
    s.disc(600, 404, 268, WHITE)
    s.disc(600, 404, 226, PALE)
    # half the plate: greens
    dice = random.Random(5)
    s.blob(
        [(572, 222), (470, 240), (404, 330), (394, 430), (440, 530), (572, 590), (584, 500), (574, 404), (586, 310)],
        mix(LEAF, MINT, 0.1),
    )
    for _ in range(120):
        a, r = math.radians(dice.uniform(100, 260)), 208 * math.sqrt(dice.uniform(0.01, 0.82))
        x, y = 592 + r * math.cos(a), 404 + r * math.sin(a)
        if x < 560:
            s.shape(
                turn(rounded(x - 34, y - 6, 68, 12, 6), (x, y), dice.uniform(-50, 50)),
                dice.choice((PINE, LEAF, "#3f8a80", "#66ad9c")),
            )
    for x, y in ((470, 330), (520, 480), (450, 430), (540, 300), (500, 398), (545, 545), (555, 430)):
        s.disc(x, y, 15, RUST)
        s.disc(x - 4, y - 5, 4.5, CORAL)
    # a quarter: turkey slices
    for i, (x, y) in enumerate(((640, 238), (664, 276), (690, 316))):
        s.shape(turn(oval(x + 36, y + 22, 94, 40), (x + 36, y + 22), 24), mix(WOOD, RUST, 0.18))
        s.shape(turn(oval(x + 34, y + 18, 88, 35), (x + 34, y + 18), 24), mix("#f3d9c2", WOOD, 0.1 * i))
        s.curve([(x - 16, y + 4), (x + 30, y + 12), (x + 84, y + 38)], mix(WOOD, WHITE, 0.35), 3.5)
    # a quarter: squash
    s.blob([(618, 432), (700, 416), (784, 430), (776, 508), (714, 572), (630, 592), (606, 510)], "#f3a169")
    s.blob([(628, 438), (700, 424), (768, 434), (756, 498), (700, 552), (634, 574), (618, 506)], "#f7b37f")
    s.curve([(650, 470), (690, 455), (730, 470)], "#fdd0a8", 9)
    s.curve([(645, 515), (680, 502), (712, 512)], "#fdd0a8", 9)
    for x, y, a in ((700, 488, 20), (660, 545, -30), (740, 450, 60)):
        s.shape(turn(oval(x, y, 13, 6), (x, y), a), PINE)
    # knife, fork, glass, a sprig
    steel = "#8fb0b2"
    s.line([(205, 330), (205, 640)], steel, 15)
    for dx in (-24, -8, 8, 24):
        s.line([(205 + dx, 190), (205 + dx, 290)], steel, 8)
    s.shape(oval(205, 288, 28, 52, 0, 180), steel)
    s.line([(1000, 410), (1000, 640)], steel, 17)
    s.shape(smooth([(992, 420), (988, 300), (992, 190), (1016, 215), (1024, 320), (1012, 420)]), steel)
    s.disc(1062, 120, 74, tint(TEAL, 0.2))
    s.disc(1056, 112, 74, "#e8f4f3")
    s.disc(1056, 112, 60, mix(MINT, WHITE, 0.5))
    s.disc(1036, 94, 14, WHITE)
    for k, (x, y, a) in enumerate(((95, 690, -36), (1110, 700, 215))):
        s.line(turn([(x - 80, y), (x + 110, y)], (x, y), a), PINE, 5)
        for i in range(6):
            for side in (-1, 1):
                px = x - 62 + i * 32
                leaf = turn(oval(px + 12, y + side * 14, 20, 8), (px, y), side * 34)
                s.shape(turn(leaf, (x, y), a), PINE if (i + k) % 2 else LEAF)
    return s


def flu_bandage() -> Scene:
    s = Scene(SAND, BLUSH)
    s.disc(585, 430, 372, MIST)
    s.disc(585, 430, 300, mix(MIST, WHITE, 0.45))
    for x, y, size in ((165, 190, 54), (1040, 170, 66), (1080, 610, 44), (120, 620, 38)):
        cross(s, x, y, size, MINT)
    for x, y, r in ((255, 330, 9), (975, 320, 11), (190, 480, 7), (1030, 455, 8), (890, 110, 8), (310, 105, 10)):
        s.disc(x, y, r, CORAL)
    skin, dark = SKINS[2], "#b37752"
    # hair behind, neck, shirt
    s.blob(
        [(430, 250), (470, 110), (590, 70), (710, 120), (742, 270), (762, 430), (690, 480), (480, 480), (402, 430)], INK
    )
    s.box(536, 380, 104, 150, dark, 40)
    s.shape(
        [
            *smooth(
                [(262, 800), (300, 610), (400, 520), (530, 478), (588, 520), (648, 478), (768, 512), (856, 590)],
                closed=False,
            ),
            (870, 800),
        ],
        TEAL,
    )
    s.blob([(530, 470), (588, 540), (646, 470), (640, 440), (588, 505), (536, 440)], skin)
    # the bare arm with its rolled sleeve
    s.shape(
        [
            *smooth([(742, 590), (752, 700), (748, 800)], closed=False),
            *smooth([(918, 800), (910, 690), (862, 620)], closed=False),
        ],
        skin,
    )
    s.shape([*smooth([(744, 620), (748, 720), (742, 800)], closed=False), (764, 800), (772, 700)], dark)
    s.blob([(700, 520), (770, 508), (850, 560), (896, 640), (850, 652), (790, 662), (728, 668)], DEEP)
    s.curve([(734, 662), (800, 656), (892, 634)], MINT, 12)
    # face
    s.blob(
        [
            (470, 250),
            (490, 160),
            (588, 122),
            (686, 160),
            (706, 250),
            (694, 350),
            (640, 424),
            (588, 440),
            (536, 424),
            (482, 350),
        ],
        skin,
    )
    s.blob(
        [
            (462, 286),
            (468, 150),
            (560, 92),
            (650, 104),
            (716, 172),
            (716, 290),
            (690, 226),
            (612, 172),
            (560, 200),
            (492, 226),
        ],
        INK,
    )
    for x in (536, 640):
        s.shape(oval(x, 292, 9, 12), INK)
        s.line([(x + k, 252 + k * k / 90) for k in range(-24, 25, 2)], INK, 5)
        s.oval(x + (-18 if x < 588 else 18), 346, 26, 17, tint(CLAY, 0.55))
    s.curve([(588, 296), (596, 334), (580, 340)], dark, 5)
    s.shape(oval(588, 366, 42, 30, 0, 180), WHITE)
    s.curve([(546, 366), (588, 371), (630, 366)], RUST, 5)
    # bandage
    c = (832, 728)
    s.shape(turn(rounded(c[0] - 72, c[1] - 25, 152, 54, 27), (c[0], c[1] + 4), -24), tint(INK, 0.16))
    s.shape(turn(rounded(c[0] - 76, c[1] - 27, 152, 54, 27), c, -24), CORAL)
    s.shape(turn(rounded(c[0] - 28, c[1] - 27, 56, 54, 4), c, -24), BLUSH)
    for dx in (-14, 0, 14):
        for dy in (-13, 0, 13):
            s.disc(*turn([(c[0] + dx, c[1] + dy)], c, -24)[0], 3, CLAY)
    for dx in (-60, -46, 46, 60):
        for dy in (-8, 8):
            s.disc(*turn([(c[0] + dx, c[1] + dy)], c, -24)[0], 2.6, CLAY)
    return s


def winter_evening() -> Scene:
    s = Scene("#0b3a49", DEEP, "#2b7a80", "#7fb7ae")
    stars(s, 400, 21, 60)
    s.glow(890, 190, 230, SAND, 0.05, 5)
    s.disc(890, 190, 84, SAND)
    for x, y, r in ((862, 168, 15), (914, 208, 22), (900, 150, 9), (858, 218, 10)):
        s.disc(x, y, r, DUNE)
    for x, y, size in ((250, 200, 80), (1060, 310, 60)):
        cloud(s, x, y, size, "#2f6f7a")
    hills(s, [(-50, 500), (170, 410), (380, 470), (600, 400), (860, 480), (1060, 420), (1250, 470)], "#1f646d")
    hills(s, [(-50, 590), (260, 520), (560, 560), (900, 510), (1250, 560)], "#14525d")
    for x, h in ((60, 230), (150, 300), (240, 210), (960, 260), (1050, 330), (1150, 240)):
        pine(s, x, 640, h, "#0d4551")
    hills(s, [(-50, 660), (300, 622), (640, 640), (950, 618), (1250, 650)], "#0b3f4b")
    # the house
    s.glow(600, 560, 240, CORAL, 0.05, 4)
    s.box(430, 466, 340, 190, "#e9efea")
    s.box(600, 466, 170, 190, "#cfdedb")
    s.box(672, 322, 46, 90, RUST)
    s.box(664, 314, 62, 16, mix(RUST, INK, 0.3), 3)
    s.shape([(392, 474), (600, 316), (808, 474)], INK)
    s.shape([(392, 474), (600, 316), (600, 340), (428, 474)], "#2a4a55")
    for x, y, r in ((700, 290, 15), (716, 258, 20), (704, 220, 24), (730, 176, 28)):
        s.disc(x, y, r, tint(MIST, 0.22))
    for x in (466, 682):
        s.box(x - 5, 505, 74, 84, WHITE, 4)
        s.box(x, 510, 64, 74, "#ffd9a6")
        s.box(x + 30, 510, 4, 74, WHITE)
        s.box(x, 545, 64, 4, WHITE)
        s.shape([(x, 510), (x + 22, 510), (x, 574)], tint(CLAY, 0.55))
        s.shape([(x + 64, 510), (x + 42, 510), (x + 64, 574)], tint(CLAY, 0.55))
    s.disc(600, 410, 25, WHITE)
    s.disc(600, 410, 19, "#ffd9a6")
    s.box(570, 534, 62, 122, TEAL, 6)
    s.box(580, 546, 42, 40, "#ffd9a6", 3)
    s.disc(621, 604, 4.5, CORAL)
    s.box(552, 650, 98, 12, "#b8ccca", 3)
    s.shape(
        [
            *smooth([(566, 660), (540, 720), (600, 760), (560, 800)], closed=False),
            *smooth([(760, 800), (720, 750), (650, 715), (636, 660)], closed=False),
        ],
        "#3d7379",
    )
    for x, w in ((440, 60), (500, 50), (700, 56), (760, 66)):
        s.shape(oval(x, 662, w * 0.6, 34, 180, 360), "#1b5a5f")
    s.shape([(0, 740), (1200, 740), (1200, 800), (0, 800)], tint("#06303b", 0.35))
    for x in [*range(30, 480, 62), *range(800, 1200, 62)]:
        s.shape([(x, 700), (x + 10, 690), (x + 20, 700), (x + 20, 770), (x, 770)], "#a9c4c0")
    s.box(20, 716, 464, 10, "#8fb0ad")
    s.box(790, 716, 420, 10, "#8fb0ad")
    return s


def fever_night() -> Scene:
    s = Scene("#1c6470", "#2a7880", "#3f8b8e")
    for x in range(40, WIDTH, 130):
        for y in range(70, 470, 130):
            s.shape(heart(x + (65 if (y // 130) % 2 else 0), y, 20), "#2f7d85")
    # window with moon
    s.box(120, 90, 250, 270, WHITE, 12)
    s.box(136, 106, 218, 238, "#0b3a49", 4)
    s.disc(306, 170, 36, SAND)
    s.disc(291, 160, 32, "#0b3a49")
    for x, y in ((170, 150), (200, 240), (310, 280), (168, 300), (240, 310), (330, 140)):
        s.disc(x, y, 3, SAND)
    s.box(241, 106, 8, 238, WHITE)
    s.box(136, 222, 218, 8, WHITE)
    s.box(104, 352, 282, 18, MIST, 6)
    s.glow(1064, 352, 320, "#ffd9a6", 0.06, 5)
    # bed
    s.box(225, 380, 590, 330, WOOD, 46)
    s.box(250, 405, 540, 300, mix(WOOD, WHITE, 0.2), 34)
    s.blob([(330, 500), (380, 450), (520, 438), (680, 452), (724, 505), (712, 590), (520, 610), (340, 592)], WHITE)
    s.blob([(348, 540), (520, 575), (706, 545), (700, 592), (520, 606), (352, 592)], MIST)
    teddy(s, 520, 490)
    s.shape(
        [
            *smooth([(190, 660), (260, 618), (400, 634), (520, 622), (660, 634), (790, 618), (856, 660)], closed=False),
            (880, 800),
            (166, 800),
        ],
        CORAL,
    )
    s.shape(
        [
            *smooth([(190, 660), (260, 618), (400, 634), (520, 622), (660, 634), (790, 618), (856, 660)], closed=False),
            *smooth([(862, 700), (790, 664), (660, 680), (520, 668), (400, 680), (260, 664), (184, 700)], closed=False),
        ],
        SAND,
    )
    for row in range(2):
        for i in range(7):
            s.shape(heart(236 + i * 96 + row * 46, 728 + row * 52, 26), "#f79a76")
    s.disc(436, 640, 25, "#b9825b")
    s.disc(604, 640, 25, "#b9825b")
    # night stand
    s.box(890, 560, 250, 240, WOOD, 10)
    s.box(876, 544, 278, 26, mix(WOOD, WHITE, 0.25), 8)
    s.box(912, 596, 206, 84, mix(WOOD, INK, 0.12), 8)
    s.disc(1015, 638, 9, SAND)
    s.box(1058, 404, 12, 128, SAND)
    s.oval(1064, 538, 46, 12, SAND)
    s.shape([(1012, 300), (1116, 300), (1146, 416), (982, 416)], "#ffe3bd")
    s.shape([(1012, 300), (1116, 300), (1119, 312), (1009, 312)], CORAL)
    s.shape([(985, 404), (1143, 404), (1146, 416), (982, 416)], CORAL)
    s.shape([(904, 454), (962, 454), (954, 544), (912, 544)], "#cfe9e6")
    s.shape([(907, 484), (959, 484), (954, 544), (912, 544)], "#8fd0ca")
    # the thermometer, on the quilt where it is easy to see
    c, tilt = (690, 722), -12
    for dy, body in ((7, tint(INK, 0.14)), (0, WHITE)):
        s.shape(turn(rounded(c[0] - 110, c[1] - 16 + dy, 176, 32, 16), (c[0], c[1] + dy), tilt), body)
    s.shape(turn(rounded(c[0] + 58, c[1] - 6, 52, 12, 6), c, tilt), "#8fadb0")
    s.shape(turn(rounded(c[0] - 78, c[1] - 9, 72, 18, 4), c, tilt), SEA)
    s.disc(*turn([(c[0] + 26, c[1])], c, tilt)[0], 7, TEAL)
    return s


def teddy(s: Scene, x: float, y: float) -> None:
    fur, light, dark = "#c8936b", "#e9c7a6", "#a8754f"
    for dx in (-78, 78):
        s.disc(x + dx, y - 70, 38, fur)
        s.disc(x + dx, y - 70, 21, light)
    s.blob([(x - 110, y + 190), (x - 96, y + 90), (x, y + 60), (x + 96, y + 90), (x + 110, y + 190)], dark)
    s.oval(x, y, 112, 100, fur)
    s.oval(x, y + 38, 54, 42, light)
    s.shape(smooth([(x - 18, y + 14), (x, y + 8), (x + 18, y + 14), (x, y + 32)]), INK)
    s.curve([(x, y + 30), (x, y + 46)], INK, 4)
    s.curve([(x - 22, y + 48), (x - 10, y + 56), (x, y + 47), (x + 10, y + 56), (x + 22, y + 48)], INK, 4)
    for dx in (-44, 44):
        s.disc(x + dx, y - 10, 10, INK)
        s.disc(x + dx + 3, y - 13, 3.2, WHITE)
        s.oval(x + dx * 1.65, y + 26, 20, 13, tint("#e57f5a", 0.6))
    # a cool washcloth
    s.shape(turn(rounded(x - 66, y - 98, 132, 46, 16), (x, y - 75), -4), MIST)
    s.shape(turn(rounded(x - 66, y - 70, 132, 8, 4), (x, y - 75), -4), MINT)


def lantern_walk() -> Scene:
    s = Scene("#0d4857", "#2c7c83", "#8fb9ae", "#ffcfb2", "#ffb393")
    s.wash(HORIZON, HEIGHT, "#f0b79b", "#6aa7a5", "#2b7a80", "#1d666f")
    stars(s, 190, 8, 34)
    s.disc(600, HORIZON, 76, "#ffe3bd")
    s.box(0, HORIZON, WIDTH, 82, "#e0b49c")
    s.wash(HORIZON, 660, "#eab99e", "#7fb0a9", "#3d888c")
    for i in range(6):
        w = 150 - i * 20
        s.box(600 - w / 2, 508 + i * 15, w, 5, "#ffe3bd", 2.5)
    hills(s, [(-50, 440), (120, 398), (300, 452), (420, 488), (520, 502)], "#3b7f86", HORIZON)
    s.shape(
        [*smooth([(700, HORIZON), (820, 470), (960, 420), (1100, 440), (1250, 390)], closed=False), (1250, HORIZON)],
        "#2f757d",
    )
    ripples(s, 512, 640, "#ffd9c7", 14, 20)
    ripples(s, 560, 660, "#9cc9c2", 15, 16)
    # sailboat
    s.shape([(300, 520), (380, 520), (366, 536), (312, 536)], INK)
    s.shape([(340, 440), (340, 514), (298, 514)], SAND)
    s.shape([(346, 452), (346, 514), (378, 514)], CORAL)
    # the near shore and the path
    hills(s, [(-50, 640), (160, 652), (420, 668), (760, 640), (1000, 606), (1250, 588)], "#17525b")
    path = [
        *smooth([(0, 752), (260, 742), (560, 728), (860, 676), (1200, 622)], closed=False),
        *smooth([(1200, 668), (900, 742), (640, 800), (200, 830), (0, 850)], closed=False),
    ]
    s.shape(path, "#d9c3ae")
    s.shape(
        [
            *smooth([(0, 752), (260, 742), (560, 728), (860, 676), (1200, 622)], closed=False),
            *smooth([(1200, 628), (860, 684), (560, 737), (260, 752), (0, 763)], closed=False),
        ],
        "#efdcc8",
    )
    dice = random.Random(2)
    for _ in range(60):
        x = dice.uniform(0, 760)
        y = 742 - 0.00006 * x * x - dice.uniform(2, 12)
        s.line([(x, y), (x + dice.uniform(-7, 7), y - dice.uniform(14, 34))], "#0f4450", 3.4)
    for x, y, h in ((80, 744, 210), (390, 736, 200), (690, 706, 178), (930, 662, 150), (1110, 634, 124)):
        s.glow(x, y - h, h * 0.52, "#ffd9a6", 0.1, 4)
        s.box(x - h * 0.018, y - h, h * 0.036, h, INK)
        s.box(x - h * 0.075, y - h * 1.09, h * 0.15, h * 0.2, "#ffe9c9", h * 0.03)
        s.shape([(x - h * 0.1, y - h * 1.09), (x, y - h * 1.19), (x + h * 0.1, y - h * 1.09)], INK)
        s.box(x - h * 0.09, y - h * 0.9, h * 0.18, h * 0.03, INK)
    for x, y, h, coat, skin, long in (
        (795, 740, 176, RUST, SKINS[1], True),
        (868, 726, 168, TEAL, SKINS[0], False),
        (560, 778, 196, "#1f7078", SKINS[2], False),
        (478, 784, 128, CORAL, SKINS[3], True),
    ):
        shade(s, x, y, h * 0.2, 7)
        person(s, x, y, h, coat=coat, skin=skin, hair=INK, legs="#1b3f4a", step=0.55, long_hair=long, arm=20)
        hand = (x + h * 0.24, y - h * 0.46)
        s.glow(hand[0], hand[1] + h * 0.07, h * 0.2, "#ffd9a6", 0.13, 3)
        s.line([hand, (hand[0], hand[1] + h * 0.04)], INK, 2.5)
        s.box(hand[0] - h * 0.035, hand[1] + h * 0.04, h * 0.07, h * 0.09, "#fff0d6", h * 0.02)
    return s


def asthma_plan() -> Scene:
    s = Scene(PALE, MIST)
    s.disc(520, 400, 352, mix(MIST, MINT, 0.32))
    s.disc(520, 400, 296, mix(MIST, WHITE, 0.55))
    # airway
    s.line([(520, 130), (520, 300)], "#8fc4bd", 40)
    for y in range(144, 290, 26):
        s.box(502, y, 36, 8, WHITE, 4)
    s.curve([(520, 290), (490, 340), (440, 372)], "#8fc4bd", 30)
    s.curve([(520, 290), (550, 340), (600, 372)], "#8fc4bd", 30)
    left = [
        (474, 262),
        (488, 350),
        (492, 480),
        (484, 600),
        (400, 632),
        (302, 606),
        (284, 500),
        (316, 372),
        (392, 262),
        (440, 226),
    ]
    for side in (0, 1):
        lung = smooth([(x if not side else 1040 - x, y) for x, y in left])
        s.shape([(x + 6, y + 10) for x, y in lung], tint(INK, 0.08))
        s.shape(lung, "#f7a586" if not side else "#ef9775")
        flip: Callable[[float], float] = (lambda x: 1040 - x) if side else (lambda x: x)
        for branch in (
            ((478, 344), (430, 380), (380, 450), (350, 540)),
            ((420, 390), (430, 470), (440, 560)),
            ((396, 424), (356, 420), (334, 440)),
            ((432, 490), (400, 530), (392, 580)),
            ((450, 362), (410, 320), (408, 290)),
        ):
            s.curve([(flip(x), y) for x, y in branch], SAND, 9)
        for x, y in ((350, 540), (440, 560), (334, 440), (392, 580), (408, 290)):
            s.disc(flip(x), y, 11, SAND)
    # one-page plan
    page = turn(rounded(796, 120, 262, 350, 14), (927, 295), 7)
    s.shape([(x + 8, y + 12) for x, y in page], tint(INK, 0.1))
    s.shape(page, WHITE)
    for i, colour in enumerate((LEAF, "#f0b26e", CLAY)):
        y = 196 + i * 84
        s.shape(turn(rounded(820, y, 52, 60, 10), (927, 295), 7), colour)
        for k, w in enumerate((142, 120, 92)):
            s.shape(turn(rounded(888, y + 5 + k * 20, w, 9, 4), (927, 295), 7), MIST if k else SEA)
    s.shape(turn(rounded(820, 148, 170, 20, 8), (927, 295), 7), TEAL)
    # inhaler
    shade(s, 985, 732, 140, 14)
    s.box(934, 452, 86, 120, "#9fc3c2", 12)
    s.box(934, 452, 86, 20, "#7fabab", 10)
    s.box(1000, 470, 20, 80, "#8cb5b4")
    s.shape(
        [
            *smooth([(912, 536), (918, 522), (934, 518)], closed=False),
            *smooth([(1020, 518), (1036, 522), (1042, 536)], closed=False),
            *smooth([(1036, 706), (1030, 726), (1010, 732)], closed=False),
            (842, 732),
            (834, 664),
            (914, 646),
        ],
        TEAL,
    )
    s.shape(
        [
            (1016, 518),
            *smooth([(1020, 518), (1036, 522), (1042, 536)], closed=False),
            *smooth([(1036, 706), (1030, 726), (1010, 732)], closed=False),
            (1000, 732),
        ],
        DEEP,
    )
    s.box(816, 656, 30, 84, DEEP, 8)
    s.box(928, 560, 70, 60, SAND, 8)
    s.box(940, 576, 46, 9, CORAL, 4)
    s.box(940, 596, 32, 9, MIST, 4)
    for x, y, r in ((770, 690, 13), (736, 668, 17), (742, 706, 11), (698, 692, 21), (652, 680, 14), (664, 714, 10)):
        s.disc(x, y, r, WHITE)
    for x, y, size in ((150, 180, 44), (128, 600, 34), (1110, 110, 40)):
        cross(s, x, y, size, CORAL)
    return s


def home_blood_pressure() -> Scene:
    s = Scene(MIST, "#e6f0ed")
    s.box(70, 70, 330, 380, WHITE, 12)
    s.wash(0, 0, MIST, SAND)
    s.box(88, 88, 294, 344, "#bfe3de", 4)
    s.disc(290, 190, 50, CORAL)
    s.shape([*smooth([(88, 360), (180, 300), (270, 340), (382, 290)], closed=False), (382, 432), (88, 432)], SEA)
    s.box(231, 88, 8, 344, WHITE)
    s.box(88, 256, 294, 8, WHITE)
    s.box(52, 444, 366, 20, WHITE, 6)
    plant(s, 345, 446, 150, RUST)
    s.box(860, 100, 220, 170, WHITE, 10)
    s.box(874, 114, 192, 142, BLUSH, 4)
    s.shape(heart(970, 186, 88), CLAY)
    table(s, 540)
    # cuff
    shade(s, 330, 704, 205, 18)
    s.shape(rounded(152, 556, 356, 140, 34), DEEP)
    s.oval(330, 566, 178, 50, "#1d6f7b")
    s.oval(330, 566, 140, 32, "#083d49")
    s.shape(rounded(300, 632, 130, 42, 8), MINT)
    s.curve([(500, 640), (560, 706), (620, 700), (650, 650)], INK, 13)
    # monitor
    shade(s, 745, 702, 210, 18)
    s.shape([(566, 424), (936, 424), (968, 690), (534, 690)], WHITE)
    s.box(566, 404, 370, 60, WHITE, 30)
    s.box(532, 660, 438, 40, "#d3e2e0", 18)
    s.box(598, 436, 230, 196, INK, 14)
    s.box(608, 446, 210, 176, "#cfeee9", 8)
    s.text(722, 492, "118", 66, INK)
    s.text(736, 560, "76", 60, INK)
    s.shape(heart(640, 602, 22), RUST)
    s.text(690, 602, "68", 24, INK)
    s.disc(886, 512, 38, TEAL)
    s.disc(886, 512, 30, MINT)
    s.box(852, 584, 70, 22, MIST, 11)
    # log book and pencil
    s.shape([(960, 640), (1150, 640), (1190, 752), (978, 752)], tint(INK, 0.12))
    s.shape([(958, 632), (1144, 632), (1182, 744), (974, 744)], SAND)
    for i in range(4):
        y = 654 + i * 23
        s.line([(984 + i * 3, y), (1126 + i * 8, y)], mix(SEA, WHITE, 0.2), 4)
    s.line([(1016, 762), (1156, 690)], CORAL, 13)
    s.line([(1010, 765), (1016, 762)], INK, 9)
    # cup
    return s


def interpreters() -> Scene:
    s = Scene("#e9f3f1", MIST)
    s.disc(600, 470, 390, mix(MIST, MINT, 0.25))
    s.disc(600, 470, 310, mix(MIST, WHITE, 0.4))
    bubble(s, 205, 70, 290, 150, TEAL, "Hola", WHITE, 1)
    bubble(s, 705, 70, 290, 150, WHITE, "Hello", TEAL, -1)
    bubble(s, 505, 205, 190, 96, CORAL, "...", INK, 0)
    bust(s, 300, 470, 1.0, "#e57f5a", SKINS[2], "#2b1d1a", long_hair=True, facing=1)
    bust(s, 900, 470, 1.0, PALE, SKINS[0], INK, long_hair=False, facing=-1, clinic=True)
    # the interpreter on the screen between them
    s.box(454, 372, 292, 330, INK, 22)
    s.box(470, 388, 260, 290, "#bfe3de", 8)
    s.shape([*smooth([(500, 678), (520, 600), (600, 570), (680, 600), (700, 678)], closed=False)], TEAL)
    s.box(582, 530, 36, 60, "#d9a884", 14)
    s.oval(600, 492, 58, 66, SKINS[3])
    s.blob(
        [
            (660, 490),
            (652, 438),
            (600, 414),
            (548, 438),
            (538, 490),
            (534, 546),
            (556, 548),
            (556, 490),
            (584, 462),
            (630, 452),
            (646, 490),
            (646, 548),
            (668, 546),
        ],
        RUST,
    )
    for x in (580, 620):
        s.disc(x, 496, 5.5, INK)
    s.curve([(584, 524), (600, 531), (616, 524)], RUST, 4.5)
    s.curve([(542, 500), (536, 440), (600, 416), (664, 440), (658, 500)], INK, 7)
    s.box(530, 488, 20, 34, INK, 8)
    s.curve([(540, 520), (552, 546), (580, 546)], INK, 4)
    s.box(560, 690, 80, 5, SEA, 2)
    table(s, 716, DUNE)
    s.box(520, 700, 160, 22, mix(INK, SEA, 0.3), 8)
    shade(s, 600, 726, 190, 9)
    return s


def bubble(s: Scene, x: float, y: float, w: float, h: float, fill: str, words: str, ink: str, tail: int) -> None:
    s.box(x + 4, y + 8, w, h, tint(INK, 0.08), 44)
    s.box(x, y, w, h, fill, 44)
    if tail:
        base = x + w / 2 - tail * 20
        s.shape([(base - 26, y + h - 4), (base + 26, y + h - 4), (base - tail * 12, y + h + 46)], fill)
    else:
        s.shape([(x + w / 2 - 20, y + h - 3), (x + w / 2 + 20, y + h - 3), (x + w / 2, y + h + 34)], fill)
    if words == "...":
        for i in (-1, 0, 1):
            s.disc(x + w / 2 + i * 36, y + h / 2, 11, ink)
    else:
        s.text(x + w / 2, y + h / 2 - 2, words, 66, ink)


def bust(
    s: Scene,
    x: float,
    y: float,
    k: float,
    shirt: str,
    skin: str,
    hair: str,
    *,
    long_hair: bool,
    facing: int,
    clinic: bool = False,
) -> None:
    """Head and shoulders, looking to one side; the middle of the head at (x, y - 60)."""
    dark = mix(skin, INK, 0.16)
    if long_hair:
        s.blob(
            [
                (x - facing * 96, y - 80),
                (x - facing * 60, y - 150),
                (x + facing * 20, y - 160),
                (x + facing * 60, y - 60),
                (x + facing * 30, y + 60),
                (x - facing * 20, y + 110),
                (x - facing * 110, y + 112),
                (x - facing * 122, y + 20),
            ],
            hair,
        )
    s.box(x - 34, y + 10, 68, 110, dark, 28)
    s.shape(
        [
            *smooth(
                [
                    (x - 200 * k, 800),
                    (x - 176 * k, y + 190),
                    (x - 90 * k, y + 108),
                    (x, y + 96),
                    (x + 90 * k, y + 108),
                    (x + 176 * k, y + 190),
                    (x + 200 * k, 800),
                ],
                closed=False,
            )
        ],
        shirt,
    )
    s.blob([(x - 44, y + 92), (x, y + 142), (x + 44, y + 92), (x, y + 80)], skin)
    if clinic:
        s.shape([(x - 62, y + 100), (x - 34, y + 92), (x - 8, y + 240), (x - 60, y + 220)], mix(shirt, TEAL, 0.14))
        s.shape([(x + 62, y + 100), (x + 34, y + 92), (x + 8, y + 240), (x + 60, y + 220)], mix(shirt, TEAL, 0.14))
        s.curve([(x - 52, y + 98), (x - 62, y + 180), (x - 20, y + 220), (x + 10, y + 200)], TEAL, 9)
        s.curve([(x + 52, y + 98), (x + 60, y + 150), (x + 54, y + 196)], TEAL, 9)
        s.disc(x + 54, y + 208, 17, TEAL)
        s.disc(x + 54, y + 208, 9, MINT)
    s.oval(x, y - 56, 84, 98, skin)
    s.oval(x - facing * 72, y - 44, 17, 24, dark)
    if long_hair:
        s.blob(
            [
                (x + facing * 84, y - 70),
                (x + facing * 70, y - 138),
                (x, y - 168),
                (x - facing * 70, y - 140),
                (x - facing * 102, y - 70),
                (x - facing * 96, y + 60),
                (x - facing * 66, y + 40),
                (x - facing * 58, y - 40),
                (x - facing * 20, y - 96),
                (x + facing * 46, y - 112),
            ],
            hair,
        )
    else:
        s.blob(
            [
                (x + facing * 84, y - 84),
                (x + facing * 74, y - 134),
                (x, y - 166),
                (x - facing * 72, y - 142),
                (x - facing * 98, y - 80),
                (x - facing * 88, y - 24),
                (x - facing * 74, y - 58),
                (x - facing * 50, y - 100),
                (x + facing * 20, y - 108),
            ],
            hair,
        )
    for dx in (10, 56):
        s.oval(x + facing * dx, y - 56, 6.5, 8.5, INK)
    s.curve([(x + facing * 36, y - 48), (x + facing * 45, y - 24), (x + facing * 32, y - 20)], dark, 5)
    s.oval(x - facing * 12, y - 18, 20, 12, tint(CLAY, 0.4))
    s.curve(
        [(x + facing * 6, y + 6), (x + facing * 32, y + 18), (x + facing * 54, y + 4)],
        RUST if skin != SKINS[0] else "#4d2315",
        5.5,
    )


def medicine_check() -> Scene:
    s = Scene("#e6f1ef", MIST)
    for y, w in ((150, 440), (330, 440)):
        s.box(60, y, w, 16, WHITE, 4)
        s.box(60, y + 16, w, 6, tint(TEAL, 0.14))
    for x, h, c in (
        (90, 84, SEA),
        (150, 66, CORAL),
        (206, 92, TEAL),
        (270, 60, BLUSH),
        (340, 80, LEAF),
        (404, 70, SAND),
    ):
        s.box(x, 150 - h, 44, h, c, 8)
        s.box(x + 5, 150 - h * 0.66, 34, h * 0.34, tint(WHITE, 0.7), 3)
    for x, h, c in (
        (84, 70, RUST),
        (146, 96, MINT),
        (214, 76, DEEP),
        (288, 90, SEA),
        (356, 64, CORAL),
        (416, 92, SAGE),
    ):
        s.box(x, 330 - h, 46, h, c, 8)
        s.box(x + 5, 330 - h * 0.66, 36, h * 0.34, tint(WHITE, 0.7), 3)
    table(s, 560)
    # paper bag
    shade(s, 420, 716, 215, 18)
    for x, y, a in ((330, 350, -10), (420, 330, 4), (505, 356, 12)):
        s.shape(turn(rounded(x - 42, y, 84, 160, 12), (x, y + 80), a), "#f0986f")
        s.shape(turn(rounded(x - 48, y - 26, 96, 44, 8), (x, y + 80), a), WHITE)
        for i in range(5):
            s.shape(turn(rounded(x - 38 + i * 18, y - 22, 5, 36, 2), (x, y + 80), a), MIST)
        s.shape(turn(rounded(x - 42, y + 36, 84, 60, 2), (x, y + 80), a), SAND)
    zigzag: list[Point] = []
    for i in range(13):
        zigzag.append((250 + i * 28.3, 438 if i % 2 else 422))
    s.shape([*zigzag, (590, 440), (602, 716), (238, 716), (250, 430)], "#ddb48e")
    s.shape([(500, 436), *[(p[0], p[1]) for p in zigzag if p[0] > 500], (590, 440), (602, 716), (520, 716)], "#cfa27a")
    s.disc(376, 580, 62, SAND)
    cross(s, 376, 580, 62, TEAL)
    # checklist
    page = turn(rounded(690, 300, 300, 390, 16), (840, 495), 4)
    s.shape([(x + 10, y + 12) for x, y in page], tint(INK, 0.12))
    s.shape(page, TEAL)
    s.shape(turn(rounded(708, 326, 264, 348, 6), (840, 495), 4), WHITE)
    s.shape(turn(rounded(788, 284, 104, 40, 12), (840, 495), 4), INK)
    for i in range(4):
        y = 372 + i * 74
        s.shape(turn(rounded(730, y, 40, 40, 8), (840, 495), 4), MIST)
        s.shape(turn(rounded(790, y + 4, 156 - 22 * (i % 2), 11, 5), (840, 495), 4), SEA)
        s.shape(turn(rounded(790, y + 24, 110 + 16 * (i % 3), 11, 5), (840, 495), 4), MIST)
        if i < 3:
            s.line(turn([(739, y + 20), (748, y + 30), (768, y + 4)], (840, 495), 4), RUST, 7)
    # weekly pill box and two pills
    shade(s, 1040, 750, 130, 10)
    for i in range(4):
        s.box(920 + i * 62, 684, 58, 62, mix(MINT, WHITE, 0.25) if i % 2 else MINT, 10)
        s.box(920 + i * 62, 684, 58, 18, tint(WHITE, 0.45), 8)
    for i, letter in enumerate("MTWT"):
        s.text(949 + i * 62, 724, letter, 26, DEEP)
    for x, y, a, c in ((680, 738, -25, CLAY), (756, 754, 20, TEAL)):
        s.shape(turn(rounded(x - 30, y - 13, 60, 26, 13), (x, y), a), WHITE)
        s.shape(turn(rounded(x - 30, y - 13, 32, 26, 13), (x, y), a), c)
    return s


def bean_pot() -> Scene:
    s = Scene("#fbe9dc", SAND)
    a: float
    x: float
    y: float
    for row in range(5):
        for col in range(-1, 10):
            x = col * 140 + (70 if row % 2 else 0)
            s.box(x, 20 + row * 104, 132, 96, "#fdf1e8" if (row * 3 + col) % 4 else "#f9e3d5", 6)
    s.box(0, 536, WIDTH, 264, MIST)
    s.box(0, 536, WIDTH, 12, WHITE)
    # steam
    for x, y in ((470, 150), (560, 110), (650, 150)):
        s.line([(x + 17 * math.sin(k / 6), y + 130 - k * 3.4) for k in range(38)], WHITE, 13)
    # pot
    shade(s, 560, 708, 320, 22)
    s.line([(250, 410), (215, 420), (215, 470), (260, 480)], DEEP, 26)
    s.line([(870, 410), (905, 420), (905, 470), (860, 480)], DEEP, 26)
    s.shape(
        [
            *smooth([(262, 350), (268, 520), (310, 660), (370, 704)], closed=False),
            *smooth([(750, 704), (810, 660), (852, 520), (858, 350)], closed=False),
        ],
        TEAL,
    )
    s.shape(
        [
            *smooth([(720, 350), (716, 520), (690, 650), (640, 704)], closed=False),
            *smooth([(750, 704), (810, 660), (852, 520), (858, 350)], closed=False),
        ],
        DEEP,
    )
    s.shape(
        [
            *smooth([(300, 440), (312, 540), (344, 630)], closed=False),
            *smooth([(362, 626), (336, 540), (326, 440)], closed=False),
        ],
        "#2f8a90",
    )
    s.oval(560, 352, 304, 72, DEEP)
    s.oval(560, 346, 304, 70, "#2f8a90")
    s.oval(560, 350, 276, 56, "#9a4526")
    dice = random.Random(9)
    for _ in range(90):
        a, r = dice.uniform(0, 2 * math.pi), math.sqrt(dice.uniform(0, 0.86))
        x, y = 560 + 262 * r * math.cos(a), 351 + 46 * r * math.sin(a)
        c = dice.choice((CLAY, "#c96b45", "#f0a56e", "#7f3519", DUNE))
        s.shape(turn(oval(x, y, 17, 9), (x, y), dice.uniform(-40, 40)), c)
        s.oval(x - 4, y - 3, 4, 2, tint(WHITE, 0.5))
    for x, y in ((430, 340), (520, 372), (610, 334), (700, 362), (560, 326), (480, 352)):
        s.shape(turn(oval(x, y, 20, 7), (x, y), x % 70 - 30), LEAF)
    s.line([(700, 350), (905, 178)], WOOD, 20)
    s.line([(905, 178), (925, 161)], mix(WOOD, INK, 0.2), 26)
    # bowl, carrots, onion
    shade(s, 1010, 742, 150, 14)
    s.shape(oval(1010, 640, 150, 100, 0, 180), CORAL)
    s.shape(oval(1010, 640, 150, 100, 0, 62), CLAY)
    s.box(962, 728, 96, 14, CLAY, 6)
    s.oval(1010, 640, 150, 34, SAND)
    s.oval(1010, 642, 132, 25, "#9a4526")
    for i in range(16):
        x, y = 900 + i * 14.2, 642 + 13 * math.sin(i * 2.1)
        s.shape(turn(oval(x, y, 13, 7), (x, y), i * 31), (CLAY, "#f0a56e", "#c96b45")[i % 3])
    for x, y, a in ((980, 638, 20), (1040, 648, -25)):
        s.shape(turn(oval(x, y, 18, 7), (x, y), a), LEAF)
    for y, a in ((690, 8), (736, -6)):
        s.shape(
            turn(smooth([(60, y), (100, y - 22), (236, y - 5), (240, y + 3), (100, y + 20)]), (150, y), a), "#f3955f"
        )
        for i in range(3):
            s.line(turn([(110 + i * 34, y - 14), (116 + i * 34, y + 2)], (150, y), a), "#e07d45", 4)
        for d in (-24, 0, 24):
            s.shape(turn(turn(oval(40, y, 30, 8), (62, y), d), (150, y), a), LEAF if d else PINE)
    return s


def day_sleep() -> Scene:
    s = Scene("#dcebe8", "#e8f2f0")
    # window, curtains half drawn
    s.box(170, 70, 470, 380, WHITE, 10)
    s.box(188, 88, 434, 344, "#bfe3de")
    s.disc(470, 190, 62, CORAL)
    s.glow(470, 190, 120, CORAL, 0.12, 3)
    s.shape([*smooth([(188, 340), (300, 290), (440, 330), (622, 280)], closed=False), (622, 432), (188, 432)], SEA)
    s.box(188, 376, 434, 56, "#8fd0ca")
    s.box(401, 88, 8, 344, WHITE)
    s.box(120, 52, 570, 14, INK, 7)
    for x, w in ((130, 200), (560, 110)):
        s.box(x, 60, w, 440, TEAL, 8)
        for i in range(int(w / 40)):
            s.box(x + 12 + i * 40, 66, 13, 428, DEEP, 6)
    for x in range(140, 680, 40):
        s.disc(x, 62, 7, SEA)
    # picture and clock
    s.disc(930, 190, 88, INK)
    s.disc(930, 190, 76, WHITE)
    for a in range(0, 360, 30):
        s.disc(930 + 62 * math.cos(math.radians(a)), 190 + 62 * math.sin(math.radians(a)), 3.6, SEA)
    s.line([(930, 190), (901, 172)], INK, 8)
    s.line([(930, 190), (930, 138)], INK, 6)
    s.disc(930, 190, 7, RUST)
    s.box(0, 690, WIDTH, 110, "#d9c3ae")
    s.box(0, 690, WIDTH, 8, "#efdcc8")
    # bed
    s.box(1046, 360, 44, 384, WOOD, 14)
    s.box(250, 640, 820, 80, WOOD, 12)
    s.box(250, 700, 34, 60, mix(WOOD, INK, 0.2))
    s.box(1040, 700, 34, 60, mix(WOOD, INK, 0.2))
    s.box(252, 560, 800, 96, WHITE, 28)
    s.blob([(830, 540), (850, 484), (940, 470), (1036, 486), (1050, 540), (1030, 586), (930, 596), (846, 584)], SAND)
    s.blob([(846, 560), (940, 584), (1044, 560), (1030, 588), (930, 598), (850, 586)], DUNE)
    # sleeper with an eye mask
    skin = SKINS[0]
    s.blob([(876, 486), (900, 436), (960, 424), (1000, 462), (996, 520), (950, 540), (890, 530)], INK)
    s.oval(908, 494, 56, 50, skin)
    s.shape(oval(930, 474, 66, 52, 215, 372), INK)
    s.shape(turn(rounded(852, 474, 86, 32, 14), (894, 490), 8), CORAL)
    s.curve([(930, 492), (962, 488), (990, 474)], CORAL, 8)
    s.curve([(872, 522), (884, 529), (898, 526)], RUST, 4)
    s.shape(
        [
            *smooth(
                [
                    (236, 660),
                    (240, 590),
                    (300, 548),
                    (430, 520),
                    (560, 478),
                    (700, 470),
                    (800, 500),
                    (866, 540),
                    (880, 600),
                    (872, 690),
                ],
                closed=False,
            ),
            (236, 690),
        ],
        MINT,
    )
    s.shape(
        [
            *smooth([(800, 500), (866, 540), (880, 600), (872, 690)], closed=False),
            *smooth([(800, 690), (806, 610), (794, 552), (744, 486)], closed=False),
        ],
        SAND,
    )
    for pts in (
        [(300, 570), (420, 566), (520, 520)],
        [(360, 640), (520, 620), (640, 540)],
        [(560, 660), (680, 620), (740, 560)],
    ):
        s.curve(pts, SEA, 6)
    for i, (x, y) in enumerate(((330, 610), (450, 585), (570, 560), (640, 630), (690, 520), (490, 650), (390, 660))):
        s.disc(x, y, 9 if i % 2 else 7, WHITE)
    for x, y, size in ((770, 400, 34), (812, 352, 46), (866, 296, 60)):
        s.text(x - 30, y, "z", size, SEA)
    plant(s, 120, 745, 270, RUST)
    # phone face down, slippers
    s.shape(turn(rounded(520, 742, 92, 24, 12), (560, 754), 0), RUST)
    s.shape(oval(590, 744, 24, 16, 180, 360), CLAY)
    s.shape(turn(rounded(640, 752, 92, 24, 12), (680, 764), 0), RUST)
    s.shape(oval(710, 754, 24, 16, 180, 360), CLAY)
    return s


def welcome_desk() -> Scene:
    s = Scene("#eaf3f1", MIST)
    # windows over the bay
    for x in (70, 370, 670, 970):
        s.box(x, 70, 260, 400, WHITE, 8)
        s.box(x + 12, 82, 236, 376, "#cfe9e6")
    for x in (70, 370, 670, 970):
        right = x + 248
        s.shape(
            [(x + 12, 330), (x + 80, 300 - (x % 170) * 0.2), (x + 170, 326), (right, 296), (right, 370), (x + 12, 370)],
            "#a9d3cc",
        )
        s.box(x + 12, 366, 236, 92, SEA)
        for i in range(3):
            s.box(x + 40 + i * 62, 388 + (i * 23) % 50, 46, 4, "#a5d2cd", 2)
    s.disc(850, 170, 46, CORAL)
    s.shape([(710, 396), (770, 396), (760, 410), (720, 410)], INK)
    s.shape([(740, 330), (740, 390), (708, 390)], WHITE)
    s.box(0, 590, WIDTH, 210, "#e3d3c4")
    s.box(0, 590, WIDTH, 8, "#f2e6da")
    for x in (-60, 180, 420, 660, 900, 1140):
        s.shape([(x, 800), (x + 8, 800), (600 + (x - 600) * 0.74 + 6, 598), (600 + (x - 600) * 0.74, 598)], "#d9c6b4")
    plant(s, 118, 690, 330, TEAL)
    # two volunteers behind the desk, one beside it with a visitor
    person(s, 420, 690, 350, coat=SAND, skin=SKINS[3], hair="#b8bfc0", vest=TEAL, legs=INK, facing=1, arm=8)
    person(s, 585, 690, 366, coat=BLUSH, skin=SKINS[0], hair=INK, vest=TEAL, legs=INK, facing=1, long_hair=True, arm=8)
    shade(s, 500, 742, 300, 16)
    s.box(236, 540, 520, 200, WOOD, 16)
    s.box(236, 540, 520, 200, tint(INK, 0.06), 16)
    for x in range(262, 740, 40):
        s.box(x, 566, 4, 168, mix(WOOD, INK, 0.12))
    s.box(214, 524, 564, 34, SAND, 12)
    s.box(340, 590, 312, 92, DEEP, 12)
    s.text(496, 636, "Welcome", 52, SAND)
    s.box(266, 452, 70, 74, WHITE, 6)
    s.box(276, 462, 50, 40, MINT, 3)
    s.shape([(680, 524), (740, 524), (732, 484), (688, 484)], CORAL)
    for x, y in ((694, 470), (712, 456), (730, 472)):
        s.line([(x, y), (710, 488)], PINE, 4)
        s.disc(x, y, 13, WHITE)
        s.disc(x, y, 5, "#f0b26e")
    shade(s, 880, 754, 80, 10)
    person(s, 880, 752, 376, coat=PALE, skin=SKINS[2], hair="#3d2a22", vest=TEAL, legs=INK, step=0.3, facing=1, arm=14)
    shade(s, 1050, 760, 76, 10)
    person(
        s,
        1050,
        758,
        346,
        coat=CLAY,
        skin=SKINS[1],
        hair="#dfe3e2",
        legs="#3b5b66",
        step=0.3,
        facing=-1,
        long_hair=True,
        arm=8,
    )
    return s


def lighthouse() -> Scene:
    s = Scene("#0e4b59", "#2f7d83", "#86b5ab", "#ffd0b3", "#ffb393")
    s.wash(HORIZON, HEIGHT, "#e8b79d", "#6ba9a6", "#2b7a80")
    stars(s, 210, 33, 40)
    s.disc(330, HORIZON, 88, "#ffe3bd")
    s.wash(HORIZON, HEIGHT, "#e8b79d", "#6ba9a6", "#2b7a80")
    for i in range(7):
        w = 170 - i * 20
        s.box(330 - w / 2, 510 + i * 17, w, 5, "#ffe3bd", 2.5)
    s.shape([(810, 198), (0, 60), (0, 230)], tint("#fff0d6", 0.2))
    s.shape([(810, 198), (0, 100), (0, 190)], tint("#fff0d6", 0.22))
    s.shape([(810, 198), (1200, 150), (1200, 252)], tint("#fff0d6", 0.22))
    hills(s, [(-50, 452), (70, 430), (190, 470), (270, 500)], "#3f8489", HORIZON)
    cloud(s, 520, 330, 66, "#f5cdb6")
    cloud(s, 140, 330, 50, "#dcc2b0")
    ripples(s, 512, 790, "#9fcac3", 4, 34)
    ripples(s, 520, 640, "#ffd9c7", 5, 16)
    # headland
    s.shape(
        [
            *smooth(
                [(520, 800), (560, 700), (620, 640), (680, 600), (760, 575), (900, 560), (1040, 556), (1250, 520)],
                closed=False,
            ),
            (1250, 800),
        ],
        "#17525b",
    )
    s.shape(
        [
            *smooth([(620, 640), (680, 600), (760, 575), (900, 560), (1040, 556), (1250, 520)], closed=False),
            *smooth([(1250, 620), (1040, 616), (860, 626), (720, 650), (620, 640)], closed=False),
        ],
        "#3f8f86",
    )
    s.shape([(600, 662), (660, 650), (640, 720), (590, 760)], "#0f4450")
    s.shape([(720, 690), (780, 670), (800, 760), (740, 790)], "#0f4450")
    # keeper's house
    s.box(900, 500, 170, 76, SAND)
    s.shape([(884, 504), (985, 440), (1086, 504)], RUST)
    s.box(1030, 440, 20, 44, mix(RUST, INK, 0.3))
    for x in (922, 1016):
        s.box(x, 522, 32, 34, "#ffd9a6", 3)
        s.box(x + 14, 522, 4, 34, WHITE)
    s.box(970, 520, 30, 56, TEAL, 3)
    # tower
    left, right = 756, 864
    s.shape([(778, 250), (842, 250), (right, 580), (left, 580)], SAND)
    s.shape([(812, 250), (842, 250), (right, 580), (812, 580)], "#ead8c9")
    for top, bottom in ((300, 366), (434, 500)):
        f = [(t - 250) / 330 * 22 for t in (top, bottom)]
        s.shape([(778 - f[0], top), (842 + f[0], top), (842 + f[1], bottom), (778 - f[1], bottom)], CLAY)
        s.shape([(812, top), (842 + f[0], top), (842 + f[1], bottom), (812, bottom)], "#c96b45")
    s.box(802, 392, 18, 28, INK, 8)
    s.box(802, 268, 18, 22, INK, 8)
    s.box(790, 530, 38, 50, TEAL, 12)
    s.box(762, 236, 96, 16, INK, 4)
    for x in range(766, 860, 18):
        s.box(x, 212, 4, 26, INK)
    s.box(764, 208, 92, 6, INK, 3)
    s.box(784, 168, 52, 68, "#ffe9c9")
    s.glow(810, 200, 70, "#fff0d6", 0.2, 4)
    s.box(806, 168, 7, 68, INK)
    s.shape([(772, 170), (848, 170), (810, 126)], RUST)
    s.disc(810, 124, 7, INK)
    pine(s, 1130, 572, 170, "#0f4a55")
    pine(s, 1180, 560, 120, "#134f59")
    for x, y in ((420, 210), (470, 236), (560, 190)):
        s.curve([(x - 24, y - 8), (x - 10, y - 12), (x, y)], SAND, 4.5)
        s.curve([(x, y), (x + 10, y - 12), (x + 24, y - 8)], SAND, 4.5)
    # a small ferry coming in
    s.shape([(150, 590), (330, 590), (310, 626), (172, 626)], INK)
    s.box(176, 556, 126, 36, SAND, 5)
    s.box(200, 530, 64, 28, SAND, 5)
    s.box(230, 506, 20, 26, CLAY)
    for i in range(5):
        s.box(186 + i * 23, 566, 13, 14, "#e0a877", 2)
    s.box(110, 626, 270, 4, "#cfe6e1", 2)
    return s


def logo(path: Path) -> None:
    """The mail's logo, 192 x 192 pixels."""
    mark(192).save(path, optimize=True)


def icon(path: Path) -> None:
    """The feeds' icon, 512 x 512 pixels."""
    mark(512).save(path, optimize=True)


def banner(path: Path) -> None:
    """The feeds' logo, twice as wide as it is tall, as Atom asks: the mark on the bay."""
    ground = Image.new("RGB", (600, 300), TEAL)
    tile = mark(208)
    ground.paste(tile, (196, 46), tile)
    ground.save(path, optimize=True)


def mark(pixels: int) -> Image.Image:
    """A white tile with a cross, its foot in the water of the bay."""
    side, k = 192, 8
    big = Image.new("RGBA", (side * k, side * k), "#ffffff00")
    pen = ImageDraw.Draw(big)
    pen.rounded_rectangle((0, 0, side * k - 1, side * k - 1), 42 * k, fill=MIST)
    pen.rounded_rectangle((3 * k, 3 * k, (side - 3) * k - 1, (side - 3) * k - 1), 39 * k, fill=WHITE)
    shape = Image.new("L", big.size, 0)
    mask = ImageDraw.Draw(shape)
    mask.rounded_rectangle((72 * k, 28 * k, 120 * k, 164 * k), 11 * k, fill=255)
    mask.rounded_rectangle((28 * k, 72 * k, 164 * k, 120 * k), 11 * k, fill=255)
    fill = Image.new("RGBA", big.size, TEAL)
    water = ImageDraw.Draw(fill)
    for drop, colour in ((0, WHITE), (10, SEA)):
        wave = [(x * k, (101 + drop + 7 * math.sin((x - 96) / 68 * 2 * math.pi)) * k) for x in range(side + 1)]
        water.polygon([*wave, (side * k, side * k), (0, side * k)], fill=colour)
    big.paste(fill, (0, 0), shape)
    return big.resize((pixels, pixels), Image.Resampling.LANCZOS)


PICTURES: dict[str, Callable[[], Scene]] = {
    "emergency-entrance": emergency_entrance,
    "storm-cleanup": storm_cleanup,
    "holiday-plate": holiday_plate,
    "flu-bandage": flu_bandage,
    "winter-evening": winter_evening,
    "fever-night": fever_night,
    "lantern-walk": lantern_walk,
    "asthma-plan": asthma_plan,
    "home-blood-pressure": home_blood_pressure,
    "interpreters": interpreters,
    "medicine-check": medicine_check,
    "bean-pot": bean_pot,
    "day-sleep": day_sleep,
    "welcome-desk": welcome_desk,
    "lighthouse": lighthouse,
}
MARKS: dict[str, Callable[[Path], None]] = {"logo": logo, "icon": icon, "banner": banner}


def main(arguments: Sequence[str]) -> None:
    """FOLDER defaults to the sample site's images; names limit which pictures are drawn."""
    folder = Path(arguments[0]) if arguments else Path(__file__).resolve().parents[2] / "content" / "images"
    wanted = set(arguments[1:]) or {*PICTURES, *MARKS}
    folder.mkdir(parents=True, exist_ok=True)
    for name, draw in PICTURES.items():
        if name in wanted:
            draw().save(folder / f"{name}.jpg")
    for name, make in MARKS.items():
        if name in wanted:
            make(folder / f"{name}.png")


if __name__ == "__main__":
    main(sys.argv[1:])
