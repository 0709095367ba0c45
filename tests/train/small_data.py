"""A small processor, and sources and streams of made records, also for other processes."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from shuowen.prompt.processor import Processor, PromptSettings
from shuowen.prompt.tokenizer import Tokenizer
from shuowen.train.encode import Encoder, EncodeTrainOptions
from shuowen.train.mixture import Mixture
from shuowen.train.packing import Packer, PackingOptions
from shuowen.train.records import ArrayPicture, Conversation, Turn
from shuowen.train.sources import MadeSource
from shuowen.train.stream import PackStream
from tests.prompt.tiny_tokenizer import Layout, write_tokenizer

SETTINGS = PromptSettings(visual_tokens_per_tile=4, window=4096, tile_side_px=28, max_tiles=6)
NUM_STREAMS = 4


@cache
def processor(layout: Layout = "qwen2") -> Processor:
    with TemporaryDirectory() as folder:
        return Processor(Tokenizer.from_folder(write_tokenizer(Path(folder), layout)), SETTINGS)


def pixels(seed: int, width: int = 56, height: int = 28) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def worded(index: int) -> Conversation:
    """A conversation without pictures, of a length of its own."""
    turns = (Turn("user", f"Say {index}."), Turn("assistant", "text " * (index % 9 + 1)))
    return Conversation(key=f"worded {index}", turns=turns)


def pictured(index: int) -> Conversation:
    """A conversation about a picture of one to six tiles."""
    turns = (Turn("user", "<image>\nPlease recognize the text."), Turn("assistant", f"+{index}"))
    picture = ArrayPicture(pixels(index, 28 * (1 + index % 6)))
    return Conversation(key=f"pictured {index}", turns=turns, pictures=(picture,))


def sources() -> list[MadeSource]:
    return [
        MadeSource("pictured", pictured, 2**31, weight=3.0, augment=True),
        MadeSource("worded", worded, 50, weight=1.0, is_multimodal=False),
    ]


def stream(index: int, *, seed: int = 0, num_streams: int = NUM_STREAMS) -> PackStream:
    return PackStream(
        Mixture(sources(), seed, index, num_streams),
        Encoder(processor(), EncodeTrainOptions(max_tokens=300, jpeg=True)),
        Packer(PackingOptions(max_tokens=600, max_tiles=12, max_buffers=3)),
    )
