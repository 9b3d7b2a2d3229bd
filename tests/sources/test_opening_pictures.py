"""The picture of an article stands above its body: a body that opens with it would show it twice."""

import pytest

from publisher.sources.opening_pictures import without_opening

LAMP = "https://www.aldervale.example/lamp.jpg"
IMG = f'<img src="{LAMP}" alt="A lamp">'
TEXT = "<p>The lamp stands on every table.</p>"


@pytest.mark.parametrize(
    ("body", "rest", "caption"),
    [
        (f"{IMG}{TEXT}", TEXT, None),
        (f"<p>{IMG}</p>\n{TEXT}", TEXT, None),
        (f'<a href="{LAMP}">{IMG}</a><br>{TEXT}', TEXT, None),
        (f"<figure>{IMG}<figcaption>By <b>night</b></figcaption></figure>{TEXT}", TEXT, "By night"),
        (f"<h4>Light for all</h4><figure>{IMG}</figure>{TEXT}", f"<h4>Light for all</h4>{TEXT}", None),
        (f'<p><img alt="" src="{LAMP.replace(".jpg", "-300x200.jpg")}"></p>{TEXT}', TEXT, None),
    ],
)
def test_a_body_that_opens_with_the_picture_loses_it(body: str, rest: str, caption: str | None) -> None:
    assert without_opening(body, LAMP) == (rest, caption)


@pytest.mark.parametrize(
    "body",
    [
        f"{TEXT}{TEXT}{IMG}",
        f"{IMG.replace('lamp.jpg', 'bed.jpg')}{TEXT}",
        f"<figure>{IMG}{IMG}</figure>{TEXT}",
        IMG,
        f"<p>{IMG} The lamp stands on every table.</p>",
        "",
    ],
)
def test_any_other_body_stays_as_it_is(body: str) -> None:
    assert without_opening(body, LAMP) == (body, None)
