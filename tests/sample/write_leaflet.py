"""Writes the sample's leaflet, content/files/lantern-walk-route.pdf: a page of PDF 1.4, the same bytes each time.

In: nothing. Run it by hand when the walk changes: `python tests/sample/write_leaflet.py [FILE]`.
"""

import sys
from pathlib import Path

LINES = [
    (22, "The Lantern Walk"),
    (13, "Friday, December 4. Meet at 4:45 p.m. at the water-side door of Alder Bay Hospital."),
    (13, ""),
    (13, "1.  From the door, turn left along the harbor path. The bay is on your right."),
    (13, "2.  After a quarter mile, pass the boat ramp. Volunteers with warm blankets wait here."),
    (13, "3.  At the old net shed, cross the footbridge. It is flat and has rails on both sides."),
    (13, "4.  Follow the gravel loop around the lighthouse lawn. There is a bench at each bend."),
    (13, "5.  Come back by Cannery Street, which is lit all the way, to soup and cider in the lobby."),
    (13, ""),
    (13, "One mile, flat, paved or firm gravel from end to end. Dogs are welcome on a short leash."),
    (13, "No real candles, please. If you need a ride back, ask anyone in an orange vest."),
]


def leaflet() -> bytes:
    """A page with these lines of text, size and words, from the top."""
    text, top = [], 760.0
    for size, line in LINES:
        top -= size * 1.7
        words = line.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")
        text.append(f"BT /F1 {size} Tf 54 {top:.1f} Td ({words}) Tj ET")
    stream = "\n".join(text).encode("latin-1")
    fonts = b"/Resources << /Font << /F1 5 0 R >> >>"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R /Lang (en) >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R %s >>" % fonts,
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    out, places = bytearray(b"%PDF-1.4\n"), []
    for number, held in enumerate(objects, start=1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, held)
    table = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, table)
    return bytes(out)


if __name__ == "__main__":
    root = Path(__file__).resolve().parents[2]
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else root / "content" / "files" / "lantern-walk-route.pdf"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(leaflet())
