from __future__ import annotations

import io
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from shuowen.config import Limits, ReadOptions
from shuowen.errors import CapacityError, InputError
from shuowen.image import pdf as pdf_module
from shuowen.image.page import PageImage
from shuowen.image.pdf import PAGES_PER_OPENING, Pdf
from shuowen.source.model import Source
from tests.image.pdf_maker import PdfMaker, encrypted, one_page, text

NOISE = np.random.default_rng(0)


def source(data: bytes) -> Source:
    return Source(name="paper.pdf", data=data)


def load(
    data: bytes, index: int = 0, *, dpi: int = 72, password: str = "", max_pixels: int = 10**7
) -> PageImage:
    options = ReadOptions(dpi=dpi, password=password)
    with closing(Pdf(source(data), options, Limits(max_pixels=max_pixels))) as pdf:
        return pdf.load(index)


def test_a_text_layer_that_is_never_used_is_not_read() -> None:
    data = one_page(text(50, 300, "Hello"))
    with closing(Pdf(source(data), ReadOptions(text_layer="never"), Limits())) as pdf:
        page = pdf.load(0)
    assert (page.text_lines, page.text_facts.num_characters) == ((), 0)
    assert page.pixels.min() < 128


def opening_error(data: bytes, password: str = "") -> InputError:
    with pytest.raises(InputError) as caught:
        Pdf(source(data), ReadOptions(password=password), Limits())
    return caught.value


# Opening


def test_a_path_and_its_bytes_give_the_same_page(tmp_path: Path) -> None:
    data = one_page(text(50, 300, "Hello"))
    path = tmp_path / "名 字.pdf"
    path.write_bytes(data)
    from_path = Source(name=str(path), path=path)
    with closing(Pdf(from_path, ReadOptions(dpi=72), Limits())) as pdf:
        assert pdf.num_pages == 1
        assert np.array_equal(pdf.load(0).pixels, load(data).pixels)


@pytest.mark.parametrize("algorithm", ["RC4-40", "RC4-128", "AES-128", "AES-256"])
def test_a_password_opens_an_encrypted_file(algorithm: str) -> None:
    data = encrypted(one_page(text(50, 300, "Secret")), "open sesame", algorithm)
    assert load(data, password="open sesame").text_lines[0].text == "Secret"
    assert load(data, password="owner").text_lines[0].text == "Secret"


def test_a_password_may_be_in_any_script() -> None:
    data = encrypted(one_page(text(50, 300, "Secret")), "芝麻开门", "AES-256")
    assert load(data, password="芝麻开门").text_lines[0].text == "Secret"


def test_a_missing_and_a_wrong_password_are_told_apart() -> None:
    data = encrypted(one_page(text(50, 300, "Secret")), "right", "AES-256")
    missing, wrong = opening_error(data), opening_error(data, "wrong")
    assert str(missing) == "paper.pdf is encrypted. Give its password (--password)."
    assert wrong.message == "The password for paper.pdf is wrong."


def test_a_password_for_a_file_that_needs_none_does_no_harm() -> None:
    assert load(one_page(text(50, 300, "Open")), password="x").text_lines[0].text == "Open"


def test_a_pdf_without_pages_is_refused() -> None:
    assert opening_error(PdfMaker().build()).message == "paper.pdf is a PDF with no pages."


@pytest.mark.parametrize("data", [b"%PDF-1.7\n", b"%PDF-1.7\n" + bytes(range(256)) * 40])
def test_a_damaged_pdf_is_refused(data: bytes) -> None:
    assert opening_error(data).message == "paper.pdf is a damaged PDF."


def test_a_pdf_that_lost_its_last_lines_is_repaired() -> None:
    data = one_page(text(50, 300, "Still here"))
    assert load(data[: data.index(b"startxref")]).text_lines[0].text == "Still here"


def test_a_file_that_went_away_is_refused(tmp_path: Path) -> None:
    gone = Source(name="gone.pdf", path=tmp_path / "gone.pdf")
    with pytest.raises(InputError, match=r"gone\.pdf"):
        Pdf(gone, ReadOptions(), Limits())


# Pages


def test_a_broken_page_costs_only_itself() -> None:
    maker = PdfMaker()
    maker.page(text(50, 300, "First"))
    maker.broken_page()
    maker.page(text(50, 300, "Third"))
    with closing(Pdf(source(maker.build()), ReadOptions(dpi=72), Limits())) as pdf:
        assert pdf.num_pages == 3
        with pytest.raises(InputError, match=r"^Page 2 of paper\.pdf is broken"):
            pdf.load(1)
        assert [pdf.load(index).text_lines[0].text for index in (0, 2)] == ["First", "Third"]


def test_a_page_is_rgb_on_white_at_the_dpi_asked_for() -> None:
    page = load(one_page("1 0 0 rg 36 36 72 72 re f"), dpi=144)
    assert page.dpi == 144
    assert page.pixels.shape == (800, 600, 3)
    assert page.pixels.dtype == np.uint8
    assert page.pixels.flags.c_contiguous
    assert page.pixels[0, 0].tolist() == [255, 255, 255]
    assert page.pixels[800 - 144, 144].tolist() == [255, 0, 0]


def test_notes_and_form_fields_are_drawn() -> None:
    maker = PdfMaker()
    look = "/Type/XObject/Subtype/Form/BBox[0 0 50 50]"
    green = maker.stream(look, b"0 1 0 rg 0 0 50 50 re f")
    blue = maker.stream(look, b"0 0 1 rg 0 0 50 50 re f")
    note = maker.add(f"<</Type/Annot/Subtype/Stamp/F 4/Rect[0 0 50 50]/AP<</N {green} 0 R>>>>")
    field = maker.add(
        "<</Type/Annot/Subtype/Widget/FT/Tx/T(name)/V(x)/F 4/Rect[100 0 150 50]"
        f"/AP<</N {blue} 0 R>>>>"
    )
    maker.catalogue = f"/AcroForm<</Fields[{field} 0 R]>>"
    maker.page("", more=f"/Annots[{note} 0 R {field} 0 R]")
    pixels = load(maker.build()).pixels
    assert pixels[375, 25].tolist() == [0, 255, 0]
    red, green_value, blue_value = pixels[375, 125].tolist()
    assert blue_value > 200 > max(red, green_value)  # fields are tinted


@pytest.mark.parametrize(
    ("turn", "corner"), [(0, (375, 25)), (90, (25, 25)), (180, (25, 275)), (270, (275, 375))]
)
def test_a_page_is_turned_as_it_says(turn: int, corner: tuple[int, int]) -> None:
    pixels = load(one_page("0 0 50 50 re f", more=f"/Rotate {turn}")).pixels
    assert pixels.shape[:2] == ((300, 400) if turn in (90, 270) else (400, 300))
    dark = np.argwhere(pixels[..., 0] < 128)
    assert np.abs(dark.mean(axis=0) - corner).max() < 2


def test_only_the_crop_box_is_shown() -> None:
    page = load(one_page("0 0 50 50 re f", more="/CropBox[40 30 240 330]"))
    assert page.pixels.shape[:2] == (300, 200)
    assert np.argwhere(page.pixels[..., 0] < 128).max(axis=0).tolist() == [299, 9]


# Resolution


def test_a_large_page_is_drawn_coarser_to_fit_the_limit() -> None:
    page = load(one_page("", size=(720, 720)), dpi=200, max_pixels=10**6)
    assert page.dpi == pytest.approx(100)
    assert page.pixels.shape[:2] == (1000, 1000)


def test_a_page_too_large_even_at_72_dpi_is_refused_with_its_size() -> None:
    with pytest.raises(InputError, match=r"Page 1 of paper\.pdf is too large: 20 x 10 inches"):
        load(one_page("", size=(1440, 720)), dpi=200, max_pixels=10**6)


def test_too_little_memory_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(pdf_module, "_draw", full)
    with pytest.raises(CapacityError, match="does not fit into memory"):
        load(one_page(""))


def scan(dpi: float, extra: str = "", size: tuple[float, float] = (300, 400)) -> tuple[bytes, int]:
    """A page that one picture of noise fills, and the picture's width."""
    width, height = round(size[0] * dpi / 72), round(size[1] * dpi / 72)
    maker = PdfMaker()
    maker.picture("I", NOISE.integers(0, 256, (height, width), dtype=np.uint8))
    maker.page(f"q {size[0]} 0 0 {size[1]} 0 0 cm /I Do Q {extra}", size=size)
    return maker.build(), width


@pytest.mark.parametrize(
    ("native", "drawn"), [(100, 150), (150, 150), (173, 173), (240, 240), (300, 300), (450, 300)]
)
def test_a_scan_is_drawn_at_its_own_resolution_within_bounds(native: int, drawn: int) -> None:
    data, _ = scan(native)
    assert load(data, dpi=200).dpi == pytest.approx(drawn, rel=0.005)


def test_a_scan_at_its_own_resolution_keeps_every_pixel() -> None:
    pixels = NOISE.integers(0, 256, (1000, 750), dtype=np.uint8)
    maker = PdfMaker()
    maker.picture("I", pixels)
    maker.page("q 300 0 0 400 0 0 cm /I Do Q")
    page = load(maker.build(), dpi=200)
    assert np.array_equal(page.pixels[..., 1], pixels)
    assert page.text_facts.picture_boxes[0].width == pytest.approx(750, abs=0.5)


def test_a_finer_resolution_asked_for_raises_the_bound_for_scans() -> None:
    data, _ = scan(450)
    assert load(data, dpi=400).dpi == pytest.approx(400)


def test_a_scan_that_takes_a_pixel_for_a_point_is_not_enlarged() -> None:
    data, width = scan(72, size=(1700, 2200))
    assert load(data, dpi=200).pixels.shape[1] == width


def test_invisible_text_does_not_make_a_scan_something_else() -> None:
    data, _ = scan(173, extra="3 Tr " + text(20, 100, "earlier OCR"))
    assert load(data, dpi=200).dpi == pytest.approx(173, rel=0.005)


@pytest.mark.parametrize("extra", [text(20, 100, "visible"), "0 0 10 10 re f"])
def test_a_picture_under_something_else_is_no_scan(extra: str) -> None:
    data, _ = scan(173, extra=extra)
    assert load(data, dpi=200).dpi == 200


def test_a_scan_may_come_in_strips_and_inside_forms() -> None:
    maker = PdfMaker()
    maker.picture("I", NOISE.integers(0, 256, (240, 720), dtype=np.uint8))
    maker.form("Half", "q 3 0 0 2 0 0 cm /I Do Q q 3 0 0 2 0 2 cm /I Do Q", matrix="100 0 0 50 0 0")
    maker.page("/Half Do q 1 0 0 1 0 200 cm /Half Do Q")
    page = load(maker.build(), dpi=200)
    assert page.dpi == pytest.approx(172.8)
    boxes = sorted(page.text_facts.picture_boxes, key=lambda box: box.top)
    assert [round(box.top) for box in boxes] == [0, 240, 480, 720]


# Many pages


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="memory is read from /proc")
def test_memory_stays_constant_over_many_pages(tmp_path: Path) -> None:
    maker = PdfMaker()
    for index in range(150):
        maker.picture(f"I{index}", NOISE.integers(0, 256, (500, 600), dtype=np.uint8))
        maker.page(f"q 200 0 0 200 0 0 cm /I{index} Do Q " + text(20, 300, f"Page {index}"))
        maker.pictures.clear()
    path = tmp_path / "long.pdf"
    path.write_bytes(maker.build())
    assert path.stat().st_size > 40 * 2**20

    def resident_mib() -> float:
        return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 2**20

    with closing(Pdf(Source(name="long.pdf", path=path), ReadOptions(dpi=72), Limits())) as pdf:
        for index in range(PAGES_PER_OPENING):
            pdf.load(index)
        before = resident_mib()
        texts = [pdf.load(index).text_lines[0].text for index in range(150)]
        assert resident_mib() - before < 15
    assert texts == [f"Page {index}" for index in range(150)]


def test_threads_take_turns() -> None:
    maker = PdfMaker()
    for index in range(40):
        maker.page(text(20, 300, f"Page {index}") + f"{index} 0 20 200 re f")
    with closing(Pdf(source(maker.build()), ReadOptions(dpi=72), Limits())) as pdf:
        alone = [pdf.load(index).pixels for index in range(40)]
        start = threading.Barrier(4)

        def load_when_all_are_ready(index: int) -> PageImage:
            if index < 4:
                start.wait(timeout=60)
            return pdf.load(index)

        with ThreadPoolExecutor(4) as pool:
            together = list(pool.map(load_when_all_are_ready, range(40)))
    assert [page.text_lines[0].text for page in together] == [f"Page {i}" for i in range(40)]
    for page, pixels in zip(together, alone, strict=True):
        assert np.array_equal(page.pixels, pixels)


def test_closing_twice_does_nothing() -> None:
    pdf = Pdf(source(one_page("")), ReadOptions(), Limits())
    pdf.close()
    pdf.close()
    assert pdf.num_pages == 1


@settings(deadline=None, max_examples=80)
@given(st.data())
def test_damage_is_an_input_error_or_harmless(data: st.DataObject) -> None:
    maker = PdfMaker()
    maker.picture("I", np.zeros((20, 20), np.uint8))
    maker.form("F", text(0, 0, "within"))
    maker.page(text(20, 300, "words") + "q 9 0 0 9 0 0 cm /I Do Q /F Do", more="/Rotate 90")
    damaged = bytearray(maker.build())
    for _ in range(data.draw(st.integers(1, 12))):
        position = data.draw(st.integers(9, len(damaged) - 1))
        damaged[position] = data.draw(st.integers(0, 255))
    try:
        page = load(bytes(damaged), max_pixels=10**6)
    except InputError:
        return
    assert page.pixels.shape[0] * page.pixels.shape[1] <= 10**6 * 1.01


def test_a_page_whose_picture_is_damaged_fails_and_the_others_are_drawn() -> None:
    pages = [Image.effect_noise((400, 500), 80).convert("RGB") for _ in range(3)]
    stream = io.BytesIO()
    pages[0].save(stream, "PDF", save_all=True, append_images=pages[1:], resolution=72)
    data = bytearray(stream.getvalue())
    starts = [found.end() for found in re.finditer(rb"stream\r?\n(?=\xff\xd8)", data)]
    data[starts[1] + 2 : starts[1] + 8000] = bytes(7998)
    with closing(Pdf(Source(name="x.pdf", data=bytes(data)), ReadOptions(), Limits())) as pdf:
        assert np.ptp(pdf.load(0).pixels) > 100
        with pytest.raises(InputError, match=r"Page 2 of x\.pdf holds a damaged picture"):
            pdf.load(1)
        assert np.ptp(pdf.load(2).pixels) > 100


def test_a_page_with_a_blank_but_sound_picture_is_drawn() -> None:
    stream = io.BytesIO()
    Image.new("RGB", (400, 500), "white").save(stream, "PDF", resolution=72)
    source = Source(name="x.pdf", data=stream.getvalue())
    with closing(Pdf(source, ReadOptions(), Limits())) as pdf:
        assert pdf.load(0).pixels.min() == 255
