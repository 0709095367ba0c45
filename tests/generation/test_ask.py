"""Asking one question with plain Python values."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from shuowen.errors import InputError, UsageError
from shuowen.generation.ask import ask
from shuowen.prompt.messages import ImagePart, TextPart, Tool
from shuowen.prompt.options import EncodeOptions
from tests.generation.fake_engine import FakeEngine

GREY = np.full((4, 6, 3), 128, np.uint8)


def test_a_question_with_pictures_becomes_one_request() -> None:
    engine = FakeEngine(answers=["A grey one."])
    tool = Tool(name="zoom")
    completion = ask(
        engine,
        "Which?",
        [GREY, Image.new("L", (3, 2), 7)],
        system="Be brief.",
        tools=[tool],
        encode=EncodeOptions(max_tiles=2),
        max_tokens=50,
        seed=1,
    )
    assert completion.text == "A grey one."
    (request,) = engine.requests
    system, user = request.messages
    assert (system.role, system.parts) == ("system", (TextPart("Be brief."),))
    first, second, text = user.parts
    assert isinstance(first, ImagePart) and first.picture is GREY
    assert isinstance(second, ImagePart) and second.picture.shape == (2, 3, 3)
    assert (second.picture == 7).all()
    assert text == TextPart("Which?")
    assert (request.params.max_tokens, request.params.seed) == (50, 1)
    assert (request.encode.max_tiles, request.tools) == (2, (tool,))


def test_a_photo_is_turned_upright() -> None:
    photo = Image.new("RGB", (6, 4))
    photo.getexif()[0x0112] = 6  # the camera was turned by a quarter
    engine = FakeEngine()
    ask(engine, "What?", [photo])
    (part, _) = engine.requests[0].messages[0].parts
    assert isinstance(part, ImagePart) and part.picture.shape == (6, 4, 3)


def test_what_is_no_picture_is_refused() -> None:
    for thing in ("page.png", GREY.astype(np.float32), GREY[:, :, 0], GREY[:0]):
        with pytest.raises(InputError, match="no picture"):
            ask(FakeEngine(), "What?", [thing])  # type: ignore[list-item]


def test_a_parameter_that_there_is_not_gets_the_nearest_as_advice() -> None:
    with pytest.raises(UsageError, match="Did you mean temperature"):
        ask(FakeEngine(), "What?", temprature=0.5)
    with pytest.raises(UsageError, match="Choose 0 to 2"):
        ask(FakeEngine(), "What?", temperature=3)
