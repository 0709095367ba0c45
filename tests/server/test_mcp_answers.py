from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np
import pytest
from PIL import Image

from shuowen.document.model import Box, Line, Page, PageError, Region
from shuowen.server.mcp_answers import MAX_PICTURE_SIDE_PX, Answer, Format, page_picture
from shuowen.server.mcp_library import Found
from shuowen.source.model import Source

QUAD = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))


def page(number: int, text: str, confidence: float = 0.99) -> Page:
    box = Box(0, 0, 10, 10)
    line = Line(text=text, confidence=confidence, box=box, quad=QUAD)
    region = Region(id=f"p{number}", kind="text", box=box, text=text, lines=(line,))
    return Page(page_number=number, status="ok", confidence=confidence, regions=(region,))


def answer(
    num_pages: int, size: int, form: Format = "markdown", indices: Sequence[int] | None = None
) -> Answer:
    source = Source(name="a.pdf", data=b"x")
    found = Found(source=source, key="k", media_type="application/pdf", num_pages=num_pages)
    return Answer(found, range(num_pages) if indices is None else indices, form, size)


def test_an_answer_ends_with_a_page_and_says_how_to_go_on() -> None:
    built = answer(9, 100)
    taken = [built.add(page(number, "word " * 6)) for number in (1, 2, 3)]
    assert taken == [True, True, False]
    assert built.body().count("<!-- page") == 2
    assert built.notes() == 'This is 1-2 of 9 pages. For the rest, ask again with pages="3-9".'


def test_all_pages_and_the_only_page() -> None:
    built = answer(2, 1000, "text")
    for number in (1, 2):
        built.add(page(number, "word"))
    assert built.body() == "[page 1]\n\nword\n\n[page 2]\n\nword"
    assert built.notes() == "These are all 2 pages."
    alone = answer(1, 1000)
    alone.add(page(1, "word"))
    assert (alone.body(), alone.notes()) == ("word", "This is the only page.")


def test_chosen_pages_and_what_is_left_of_them() -> None:
    built = answer(20, 70, indices=[2, 3, 4, 9, 11])
    assert built.add(page(3, "word " * 5))
    assert not built.add(page(4, "word " * 5))
    assert "This is 3 of 20 pages." in built.notes()
    assert 'pages="4-5,10,12"' in built.notes()


def test_a_page_that_is_longer_than_an_answer_is_cut_and_says_so() -> None:
    built = answer(1, 50)
    assert not built.add(page(1, "x" * 80))
    assert built.body() == "x" * 50
    assert "cut off" in built.notes()


def test_json_is_whole_and_leaves_out_what_repeats() -> None:
    built = answer(3, 10, "json")
    built.add(page(1, "word"))
    shown = json.loads(built.body())
    assert (shown["source"], shown["num_pages"]) == ("a.pdf", 3)
    region = shown["pages"][0]["regions"][0]
    assert (region["text"], region["box"], region["lines"]) == ("word", [0, 0, 10, 10], [])


def test_doubtful_and_failed_pages_are_named() -> None:
    built = answer(2, 1000)
    built.add(page(1, "word", confidence=0.7))
    error = PageError(code="input", message="It is damaged.")
    built.add(Page(page_number=2, status="failed", error=error))
    assert "Page 1 was hard to read (confidence 0.70)" in built.notes()
    assert "Page 2 could not be read." in built.notes()
    assert "It is damaged" in built.body()


@pytest.mark.parametrize(("shape", "size"), [((4000, 1000), (392, 1568)), ((30, 20), (20, 30))])
def test_pictures_fit(shape: tuple[int, int], size: tuple[int, int]) -> None:
    import io

    picture = Image.open(io.BytesIO(page_picture(np.full((*shape, 3), 200, np.uint8))))
    assert (picture.size, picture.format) == (size, "JPEG")
    assert max(picture.size) <= MAX_PICTURE_SIDE_PX
