import io
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from shuowen.image.tiff import page_frames


def tiff(num_pages: int, **options: object) -> bytes:
    pages = [Image.new("L", (4 + index, 4)) for index in range(num_pages)]
    stream = io.BytesIO()
    pages[0].save(stream, "TIFF", save_all=True, append_images=pages[1:], **options)
    return stream.getvalue()


def chain(order: str, subfile_types: list[int], end: int = 0) -> bytes:
    """Directories of one entry each, linked in a row; the last points to `end`."""
    mark = b"II" if order == "<" else b"MM"
    data = mark + struct.pack(f"{order}HI", 42, 8)
    for index, kind in enumerate(subfile_types):
        following = 8 + 18 * (index + 1) if index + 1 < len(subfile_types) else end
        data += struct.pack(f"{order}HHHIII", 1, 254, 4, 1, kind, following)
    return data


@pytest.mark.parametrize("big", [False, True])
@pytest.mark.parametrize("num_pages", [1, 2, 7])
def test_pages_are_counted(num_pages: int, big: bool) -> None:
    assert page_frames(io.BytesIO(tiff(num_pages, big_tiff=big))) == list(range(num_pages))


@pytest.mark.parametrize("order", ["<", ">"])
def test_thumbnails_and_masks_are_no_pages(order: str) -> None:
    data = chain(order, [0, 1, 2, 4, 2])
    assert page_frames(io.BytesIO(data)) == [0, 2, 4]


@pytest.mark.parametrize("subfile_types", [[1], [4, 5]])
def test_a_file_of_nothing_but_thumbnails_still_has_pages(subfile_types: list[int]) -> None:
    data = chain("<", subfile_types)
    assert page_frames(io.BytesIO(data)) == list(range(len(subfile_types)))


def test_a_ring_of_directories_ends() -> None:
    assert page_frames(io.BytesIO(chain("<", [0, 0, 0], end=8))) == [0, 1, 2]


@pytest.mark.parametrize("end", [5000, 2**32 - 1])
def test_a_broken_chain_counts_the_page_that_is_lost(end: int) -> None:
    assert page_frames(io.BytesIO(chain("<", [0, 0], end=end))) == [0, 1, 2]


def test_a_big_tiff_that_claims_exabytes() -> None:
    data = struct.pack("<2sHHHQ", b"II", 43, 8, 0, 16) + struct.pack("<Q", 2**60)
    assert page_frames(io.BytesIO(data)) == [0]
    data = struct.pack("<2sHHHQ", b"II", 43, 8, 0, 2**64 - 1)
    assert page_frames(io.BytesIO(data)) == [0]


@given(st.integers(16, 400), st.binary(max_size=4), st.integers(4, 300))
def test_no_damage_makes_it_hang_or_crash(cut: int, noise: bytes, at: int) -> None:
    data = bytearray(tiff(2))
    data[at : at + len(noise)] = noise
    frames = page_frames(io.BytesIO(bytes(data[:cut])))
    assert frames == sorted(set(frames))
