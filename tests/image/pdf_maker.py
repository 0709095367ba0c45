"""Small real PDFs, written object by object, so that a test can say exactly what is in them."""

from __future__ import annotations

import io
import unicodedata
import zlib
from collections.abc import Sequence

import numpy as np
import pypdf
from numpy.typing import NDArray


class PdfMaker:
    """Collects objects and pages; `build` writes the file."""

    def __init__(self) -> None:
        self._objects: list[bytes] = [b"", b""]  # the catalogue and the page tree come last
        self._kids: list[str] = []
        self.catalogue = ""
        self.fonts = {"F1": self.add("<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>")}
        self.pictures: dict[str, int] = {}

    def add(self, body: str | bytes) -> int:
        """Add an object and give its number."""
        self._objects.append(body.encode("latin-1") if isinstance(body, str) else body)
        return len(self._objects)

    def stream(self, entries: str, data: bytes) -> int:
        """Add a stream; `entries` go into its dictionary."""
        head = f"<<{entries}/Length {len(data)}>>stream\n".encode("latin-1")
        return self.add(head + data + b"\nendstream")

    def picture(self, name: str, pixels: NDArray[np.uint8]) -> None:
        """Add a gray picture (height, width) that pages draw with `/name Do`."""
        height, width = pixels.shape
        self.pictures[name] = self.stream(
            f"/Type/XObject/Subtype/Image/Width {width}/Height {height}/BitsPerComponent 8"
            "/ColorSpace/DeviceGray/Filter/FlateDecode",
            zlib.compress(pixels.tobytes()),
        )

    def form(self, name: str, content: str, matrix: str = "1 0 0 1 0 0") -> None:
        """Add a form, a piece of page that pages draw with `/name Do`."""
        entries = f"/Type/XObject/Subtype/Form/BBox[-9999 -9999 9999 9999]/Matrix[{matrix}]"
        number = self.stream(entries + self.resources(), content.encode("latin-1"))
        self.pictures[name] = number

    def square_font(self, name: str, meanings: Sequence[str]) -> None:
        """Add a font whose character n, from 1, is a black square that means `meanings[n - 1]`.

        An empty meaning leaves the character out of the table: nobody knows what it says. Control
        and format characters are zero wide.
        """
        square = self.stream("", b"1000 0 50 -80 950 820 d1 50 -80 900 900 re f")
        nothing = self.stream("", b"0 0 0 0 0 0 d1")
        last = len(meanings)
        shows = [
            unicodedata.category(meaning[:1] or "a") not in ("Cc", "Cf") for meaning in meanings
        ]
        widths = " ".join("1000" if shown else "0" for shown in shows)
        rows = [
            f"<{code:02X}> <{meaning.encode('utf-16-be').hex()}>"
            for code, meaning in enumerate(meanings, 1)
            if meaning
        ]
        table = (
            "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /X def "
            "/CMapType 2 def 1 begincodespacerange <00> <FF> endcodespacerange "
            f"{len(rows)} beginbfchar {' '.join(rows)} endbfchar endcmap end end"
        )
        to_unicode = self.stream("", table.encode())
        glyphs = "".join(
            f"/g{code} {square if shown else nothing} 0 R" for code, shown in enumerate(shows, 1)
        )
        names = "".join(f"/g{code}" for code in range(1, last + 1))
        self.fonts[name] = self.add(
            "<</Type/Font/Subtype/Type3/FontBBox[0 -100 1000 900]/FontMatrix[.001 0 0 .001 0 0]"
            f"/CharProcs<<{glyphs}>>/Encoding<</Type/Encoding/Differences[1{names}]>>"
            f"/FirstChar 1/LastChar {last}/Widths[{widths}]/ToUnicode {to_unicode} 0 R>>"
        )

    def resources(self) -> str:
        """What pages and forms may use: all fonts and pictures so far."""
        fonts = "".join(f"/{name} {number} 0 R" for name, number in self.fonts.items())
        pictures = "".join(f"/{name} {number} 0 R" for name, number in self.pictures.items())
        return f"/Resources<</Font<<{fonts}>>/XObject<<{pictures}>>>>"

    def page(self, content: str, *, size: tuple[float, float] = (300, 400), more: str = "") -> None:
        """Add a page; `more` goes into its dictionary, for example "/Rotate 90"."""
        drawn = self.stream("", content.encode("latin-1"))
        number = self.add(
            f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 {size[0]} {size[1]}]/Contents {drawn} 0 R"
            f"{self.resources()}{more}>>"
        )
        self._kids.append(f"{number} 0 R")

    def broken_page(self) -> None:
        """Add a page that the page tree promises and the file does not have."""
        self._kids.append("9999 0 R")

    def build(self) -> bytes:
        """The whole file."""
        self._objects[0] = f"<</Type/Catalog/Pages 2 0 R{self.catalogue}>>".encode()
        kids = " ".join(self._kids)
        self._objects[1] = f"<</Type/Pages/Count {len(self._kids)}/Kids[{kids}]>>".encode()
        out, starts = io.BytesIO(b"%PDF-1.7\n"), []
        out.seek(0, io.SEEK_END)
        for number, body in enumerate(self._objects, 1):
            starts.append(out.tell())
            out.write(b"%d 0 obj\n" % number + body + b"\nendobj\n")
        table_start = out.tell()
        out.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(starts) + 1))
        out.write(b"".join(b"%010d 00000 n \n" % start for start in starts))
        out.write(b"trailer<</Root 1 0 R/Size %d>>\n" % (len(starts) + 1))
        out.write(b"startxref\n%d\n%%%%EOF\n" % table_start)
        return out.getvalue()


def text(x: float, y: float, words: str, *, size: float = 20, font: str = "F1") -> str:
    """Page content that writes `words` from (x, y) to the right."""
    return placed(f"1 0 0 1 {x} {y}", words, size=size, font=font)


def placed(matrix: str, words: str, *, size: float = 20, font: str = "F1") -> str:
    """Page content that writes `words` with a text matrix."""
    shown = words.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")
    return f"BT /{font} {size} Tf {matrix} Tm ({shown}) Tj ET\n"


def codes(count: int, start: int = 1) -> str:
    """The characters `start`, `start` + 1, … of a square font, for `text`."""
    return "".join(chr(code) for code in range(start, start + count))


def one_page(content: str, *, size: tuple[float, float] = (300, 400), more: str = "") -> bytes:
    """A PDF of a single page that uses Helvetica alone."""
    maker = PdfMaker()
    maker.page(content, size=size, more=more)
    return maker.build()


def encrypted(pdf: bytes, password: str, algorithm: str) -> bytes:
    """`pdf` that only opens with `password`; algorithms as pypdf names them."""
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(pdf))
    writer.encrypt(user_password=password, owner_password="owner", algorithm=algorithm)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()
