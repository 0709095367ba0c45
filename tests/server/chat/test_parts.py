"""What people may put into messages, and what a model gets of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from shuowen.prompt.messages import ImagePart, TextPart
from tests import made_files
from tests.server.chat.benches import (
    PICTURE,
    Benches,
    Json,
    benches,
    data_url,
    encoded,
    file_of,
    image_part,
    picture,
    user,
)


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Benches]:
    with benches(tmp_path_factory.mktemp("data")) as found:
        yield found


def shown(bench: Benches, *parts: Any) -> list[Any]:
    """What an engine gets of a message with these parts."""
    response = bench.ask({"model": "engine", "messages": user(*parts)})
    assert response.is_success, response.text
    return list(bench.engine.requests[-1].messages[-1].parts)


def pixels(part: Any) -> Any:
    assert isinstance(part, ImagePart)
    return part.picture


PDF = made_files.pdf_with_text("One", "Two")
SAME: list[Json] = [
    image_part(PICTURE),
    {"type": "image_url", "image_url": PICTURE},
    image_part(encoded(picture())),
    {"type": "input_image", "image_url": PICTURE},
    {"type": "file", "file": {"file_data": PICTURE}},
    {"type": "file", "file": {"file_data": encoded(picture()), "filename": "a.png"}},
    {"type": "input_file", "file_data": PICTURE, "filename": "a.png"},
    {"type": "input_file", "file_url": PICTURE},
]


@pytest.mark.parametrize("part", SAME)
def test_a_picture_may_come_in_many_ways(bench: Benches, part: Json) -> None:
    (found,) = shown(bench, part)
    assert pixels(found).shape == (24, 32, 3)
    assert found.max_tiles is None


@pytest.mark.parametrize(
    ("told", "tiles"),
    [
        ({"detail": "low"}, 6),
        ({"detail": "medium"}, 12),
        ({"detail": "high"}, 24),
        ({"detail": "original"}, 24),
        ({"detail": "auto"}, None),
        ({"max_dynamic_patch": 3}, 3),
        ({"max_dynamic_patch": 3, "detail": "high"}, 3),
    ],
)
def test_tiles_are_chosen_as_lmdeploy_does(bench: Benches, told: Json, tiles: int | None) -> None:
    (found,) = shown(bench, image_part(PICTURE, **told))
    assert found.max_tiles == tiles


def test_pictures_are_opened_as_everywhere(bench: Benches) -> None:
    """Turned as the camera says, on white, of 16 bits, with all pages: what LMDeploy gets wrong."""
    exif = Image.Exif()
    exif[0x0112] = 6
    (turned,) = shown(bench, image_part(data_url(picture(40, 20, "JPEG", exif=exif))))
    assert pixels(turned).shape == (40, 20, 3)
    clear = file_of(Image.new("RGBA", (9, 9), (0, 0, 0, 0)))
    (white,) = shown(bench, image_part(data_url(clear)))
    assert (pixels(white) == 255).all()
    deep = Image.fromarray(np.full((9, 9), 1000, np.uint16))
    (dark,) = shown(bench, image_part(data_url(file_of(deep))))
    assert (pixels(dark) == 4).all()
    pages = [Image.new("L", (9, 9), grey) for grey in (10, 20, 30)]
    tiff = file_of(pages[0], "TIFF", save_all=True, append_images=pages[1:])
    assert [int(pixels(each)[0, 0, 0]) for each in shown(bench, image_part(data_url(tiff)))] == [
        10,
        20,
        30,
    ]


def test_a_pdf_is_pages_for_an_engine_and_a_document_for_the_reader(bench: Benches) -> None:
    url = data_url(PDF, "application/pdf")
    part = {"type": "file", "file": {"file_data": url, "filename": "../dir/re\nport\u202e.pdf"}}
    for each in (part, image_part(url), {"type": "input_file", "file_data": encoded(PDF)}):
        assert [pixels(page).ndim for page in shown(bench, each)] == [3, 3]
    assert bench.ask({"model": "reader", "messages": user(part)}).is_success
    (file,) = bench.reader.questions[-1].files
    assert (file.media_type, file.source.name, file.source.data) == (
        "application/pdf",
        "report.pdf",
        PDF,
    )
    assert file.param == "messages[0].content[0].file.file_data"


def test_parts_stay_in_their_order(bench: Benches) -> None:
    kinds = [
        {"type": "text", "text": "First"},
        image_part(PICTURE),
        {"type": "input_text", "text": "Second"},
        {"type": "output_text", "text": "Third"},
        {"type": "refusal", "refusal": "Fourth"},
    ]
    found = shown(bench, *kinds)
    assert [each.text if isinstance(each, TextPart) else "picture" for each in found] == [
        "First",
        "picture",
        "Second",
        "Third",
        "Fourth",
    ]


def test_messages_keep_their_roles(bench: Benches) -> None:
    messages = [
        {"role": "developer", "content": "Be brief."},
        {"role": "user", "content": [{"type": "text", "text": "Hi"}, image_part(PICTURE)]},
        {"role": "assistant", "content": ""},
        {"role": "user", "content": "And?", "name": "Ann"},
    ]
    assert bench.ask({"model": "engine", "messages": messages}).is_success
    found = bench.engine.requests[-1].messages
    assert [each.role for each in found] == ["system", "user", "assistant", "user"]
    assert found[0].parts == (TextPart("Be brief."),) and found[2].parts == ()
    bench.ask({"model": "reader", "messages": messages})
    question = bench.reader.questions[-1]
    assert [message.text for message in question.messages] == ["Be brief.", "Hi", "", "And?"]
    assert len(question.files) == len(question.messages[1].files) == 1
    assert (question.owner, question.max_pages) == ("local", 50)


def test_files_are_numbered_for_people(bench: Benches) -> None:
    broken = image_part(data_url(picture(200, 200)[:150]))
    response = bench.ask({"model": "engine", "messages": user(image_part(PICTURE), broken)})
    assert "file 2 is damaged" in response.json()["error"]["message"]


def test_the_openapi_document_knows_the_fields(bench: Benches, tmp_path: Path) -> None:
    found = bench.client.get("/openapi.json").json()["paths"]["/v1/chat/completions"]["post"]
    body = found["requestBody"]["content"]["application/json"]["schema"]
    assert body["required"] == ["model", "messages"]
    assert body["additionalProperties"] is False
    assert {"temperature", "tools", "top_k", "store"} <= set(body["properties"])
    assert "upstream: passed on" in body["properties"]["reasoning_effort"]["description"]
    assert set(found["responses"]) == {"200", "default"}
