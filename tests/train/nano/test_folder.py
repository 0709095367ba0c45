"""The folder that training starts from: our engine, the plain loop and transformers agree on it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from shuowen.engines.pytorch.load import load_engine
from shuowen.engines.pytorch.options import EngineOptions
from shuowen.errors import OutputError
from shuowen.generation.engine import Request
from shuowen.generation.params import SamplingParams
from shuowen.hub.folder import missing_in
from shuowen.image.normalise import normalise
from shuowen.model.config_json import read_config
from shuowen.model.prompt_settings import prompt_settings
from shuowen.prompt.inputs import ModelInputs
from shuowen.prompt.messages import ImagePart, Message
from shuowen.prompt.options import EncodeOptions
from shuowen.prompt.processor import Processor
from shuowen.prompt.tasks import READING_PROMPTS
from shuowen.prompt.tokenizer import Tokenizer
from shuowen.train.nano.folder import start_folder
from shuowen.train.nano.model import MAX_TILES, NANO, TILE_SIDE_PX, with_vocabulary

PROMPT = READING_PROMPTS["text"]["zh"]
NUM_NEW = 12


@pytest.fixture(scope="module", params=["original", "hf"])
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return start_folder(tmp_path_factory.mktemp("start") / "model", 3, form=request.param)


def line(width_px: int) -> np.ndarray:
    return np.random.default_rng(5).integers(0, 256, (40, width_px, 3), dtype=np.uint8)


def messages(width_px: int) -> tuple[Message, ...]:
    return (Message.of("user", ImagePart(line(width_px)), PROMPT),)


def encoded(folder: Path, width_px: int) -> ModelInputs:
    processor = Processor.from_folder(folder, prompt_settings(read_config(folder)))
    return processor.encode(messages(width_px), EncodeOptions(), max_new_tokens=NUM_NEW)


def our_answer(folder: Path, width_px: int) -> str:
    engine = load_engine(folder, EngineOptions(weights="float32", device="cpu", threads=1))
    try:
        params = SamplingParams(temperature=0, max_tokens=NUM_NEW, repetition_guard=None)
        return engine.generate(Request(messages=messages(width_px), params=params)).text
    finally:
        engine.close()


def test_the_sizes_are_read_back_from_both_forms(folder: Path) -> None:
    tokenizer = Tokenizer.from_folder(folder)
    found = read_config(folder)
    expected = with_vocabulary(NANO, tokenizer.vocab_size)
    assert found.language == expected.language
    assert found.visual_tokens_per_tile == 4
    assert (found.min_tiles, found.max_tiles, found.use_thumbnail) == (1, MAX_TILES, False)
    assert missing_in(folder) == ()


def test_a_line_takes_four_tokens_for_every_square_and_few_for_the_prompt(folder: Path) -> None:
    inputs = encoded(folder, 320)
    assert inputs.images[0].tiles_MHWC.shape == (8, TILE_SIDE_PX, TILE_SIDE_PX, 3)
    assert inputs.num_visual_tokens == 8 * 4
    assert inputs.num_tokens - inputs.num_visual_tokens < 50
    assert inputs.notices == ()
    assert encoded(folder, 4000).num_visual_tokens == MAX_TILES * 4


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_transformers_says_the_same(folder: Path) -> None:
    if "text_config" not in (folder / "config.json").read_text():
        pytest.skip("transformers has a layout of its own")
    transformers = pytest.importorskip("transformers")
    theirs = transformers.InternVLForConditionalGeneration.from_pretrained(folder).eval()
    for width_px in (40, 300):
        inputs = encoded(folder, width_px)
        ids = torch.from_numpy(inputs.token_ids_T)[None]
        said = theirs.generate(
            input_ids=ids,
            attention_mask=torch.ones_like(ids),
            # Not from transformers' processor: it adds a thumbnail to several tiles, come what may.
            pixel_values=torch.from_numpy(normalise(inputs.images[0].tiles_MHWC)),
            max_new_tokens=NUM_NEW,
            do_sample=False,
        )
        new_ids = said[0, ids.shape[1] :].tolist()
        assert Tokenizer.from_folder(folder).decode(new_ids) == our_answer(folder, width_px)


def test_equal_seeds_give_equal_folders_in_either_form(tmp_path: Path) -> None:
    start_folder(tmp_path / "a", 7, characters="一二三")
    start_folder(tmp_path / "b", 7, characters="一二三")
    start_folder(tmp_path / "c", 8, characters="一二三")
    start_folder(tmp_path / "d", 7, characters="一二三", form="hf")
    weights = [(tmp_path / name / "model.safetensors").read_bytes() for name in "abc"]
    assert weights[0] == weights[1] != weights[2]
    answers = {our_answer(tmp_path / name, 200) for name in "abd"}
    assert len(answers) == 1


def test_a_folder_that_is_there_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("mine")
    with pytest.raises(OutputError, match="exists"):
        start_folder(tmp_path, 0)
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]
