"""One question to an engine, from plain Python values."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import fields
from typing import Any

import numpy as np
from PIL import Image, ImageOps

from shuowen.errors import InputError, UsageError
from shuowen.generation.engine import Engine, Request
from shuowen.generation.params import SamplingParams
from shuowen.generation.results import Completion
from shuowen.image.rgb import to_rgb
from shuowen.prompt.messages import ImagePart, Message, Picture, Tool
from shuowen.prompt.options import EncodeOptions

_PARAMS = [each.name for each in fields(SamplingParams)]


def ask(
    engine: Engine,
    prompt: str,
    images: Iterable[Picture | Image.Image] = (),
    *,
    system: str = "",
    tools: Iterable[Tool] = (),
    encode: EncodeOptions | None = None,
    **params: Any,
) -> Completion:
    """Ask one question and wait for the whole answer.

    Args:
        engine: Such as `shuowen.load_model` gives.
        prompt: The question; the pictures are shown before it.
        images: Arrays, (height, width, 3) RGB uint8, or Pillow's pictures, which are turned upright
            by their EXIF orientation. `shuowen.read` opens files; this does not.
        system: Replaces the model's own system prompt.
        tools: Functions that the model may call.
        encode: How pictures are cut into tiles.
        **params: Fields of `SamplingParams`, such as `max_tokens=200`.

    Raises:
        UsageError: A parameter that there is not, or a value that it does not take.
        InputError: Something among the images that is no picture.
        ShuowenError: What `Engine.stream` says.
    """
    pictures = [ImagePart(as_picture(image)) for image in images]
    messages = [Message.of("system", system)] if system else []
    messages.append(Message.of("user", *pictures, prompt))
    request = Request(
        messages=tuple(messages),
        params=_sampling(params),
        encode=encode or EncodeOptions(),
        tools=tuple(tools),
    )
    return engine.generate(request)


def as_picture(image: Picture | Image.Image) -> Picture:
    """An array or a picture of Pillow's as (height, width, 3) RGB uint8; raises `InputError`."""
    if isinstance(image, Image.Image):
        return to_rgb(ImageOps.exif_transpose(image))
    if not isinstance(image, np.ndarray):
        kind = type(image).__name__
        raise InputError(f"A {kind} is no picture.", "Open it first: PIL.Image.open(path).")
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or not image.size:
        raise InputError(
            f"An array of shape {image.shape} and type {image.dtype} is no picture.",
            "A picture is (height, width, 3), RGB, uint8.",
        )
    return image


def _sampling(params: dict[str, Any]) -> SamplingParams:
    for name in params:
        if name not in _PARAMS:
            near = difflib.get_close_matches(name, _PARAMS, n=1)
            advice = f"Did you mean {near[0]}?" if near else f"There are: {', '.join(_PARAMS)}."
            raise UsageError(f"There is no sampling parameter {name!r}.", advice)
    return SamplingParams(**params)
