"""Our hf folders in transformers, and transformers' folders in ours: no name or number differs."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import InternVLForConditionalGeneration
from transformers.utils import logging

from shuowen.model.weights.load import load_model
from shuowen.model.weights.save import save_model
from tests.model.reference import FAMILIES, PLACEHOLDER, Twins, make_twins
from tests.model.weights.upstream import assert_equal

EVERY_FAMILY = pytest.mark.parametrize("family", FAMILIES)
TOKEN_IDS = [5, 6, *[PLACEHOLDER] * 4, 7, 8, 9]

twins = cache(make_twins)
logging.disable_progress_bar()


def both(family: str) -> Twins:
    return twins(FAMILIES[family])


def their_folder(path: Path, family: str, **options: int | str) -> Path:
    both(family).theirs.save_pretrained(path, **options)
    return path


@EVERY_FAMILY
def test_transformers_finds_every_tensor_of_our_folder(tmp_path: Path, family: str) -> None:
    model = both(family).ours
    tokenizer = tmp_path / "source"
    tokenizer.mkdir()
    (tokenizer / "config.json").write_text("{}")
    (tokenizer / "added_tokens.json").write_text(f'{{"<IMG_CONTEXT>": {PLACEHOLDER}}}')
    save_model(model, tmp_path / "saved", "hf", source_folder=tokenizer)
    theirs, info = InternVLForConditionalGeneration.from_pretrained(
        tmp_path / "saved", output_loading_info=True, dtype=torch.float32
    )
    assert not any(info.values()), info
    expected = both(family).theirs.state_dict()
    found = theirs.state_dict()
    assert found.keys() == expected.keys()
    for name, values in expected.items():
        assert torch.equal(found[name], values), name
    assert theirs.config.image_token_id == PLACEHOLDER


@EVERY_FAMILY
def test_a_model_read_by_transformers_answers_alike(tmp_path: Path, family: str) -> None:
    save_model(load_model(their_folder(tmp_path / "t", family)), tmp_path / "ours", "hf")
    theirs = InternVLForConditionalGeneration.from_pretrained(tmp_path / "ours").eval()
    again = Twins(theirs.float(), load_model(tmp_path / "ours", dtype=torch.float32))
    pixels = torch.randn(1, 3, 56, 56, generator=torch.Generator().manual_seed(1))
    expected = again.their_logits(TOKEN_IDS, pixel_values=pixels)
    assert (again.our_logits(TOKEN_IDS, pixels) - expected).abs().max() < 1e-4


@EVERY_FAMILY
def test_what_transformers_saves_is_read(tmp_path: Path, family: str) -> None:
    folder = their_folder(tmp_path, family)
    assert_equal(load_model(folder, dtype=torch.float32), both(family).ours)


def test_transformers_shards_are_read(tmp_path: Path) -> None:
    folder = their_folder(tmp_path, "300M and Qwen", max_shard_size="100KB")
    assert len(list(folder.glob("*.safetensors"))) > 3
    assert_equal(load_model(folder, dtype=torch.float32), both("300M and Qwen").ours)


@EVERY_FAMILY
def test_nested_names_are_read(tmp_path: Path, family: str) -> None:
    folder = their_folder(tmp_path, family)
    save_file(both(family).theirs.state_dict(), folder / "model.safetensors")
    assert_equal(load_model(folder, dtype=torch.float32), both(family).ours)


@EVERY_FAMILY
def test_our_names_are_those_that_transformers_saves(tmp_path: Path, family: str) -> None:
    theirs = load_file(their_folder(tmp_path / "theirs", family) / "model.safetensors")
    model = load_model(tmp_path / "theirs", dtype=torch.float32)
    save_model(model, tmp_path / "ours", "hf", source_folder=tmp_path / "theirs")
    ours = load_file(tmp_path / "ours" / "model.safetensors")
    assert ours.keys() == theirs.keys()
    for name, values in theirs.items():
        assert torch.equal(ours[name], values), name


def test_a_tied_model_of_transformers_is_read(tmp_path: Path) -> None:
    theirs = make_twins(FAMILIES["300M and Qwen"]).theirs
    theirs.config.tie_word_embeddings = True
    theirs.tie_weights()
    theirs.save_pretrained(tmp_path)
    assert not any("lm_head" in name for name in load_file(tmp_path / "model.safetensors"))
    model = load_model(tmp_path, dtype=torch.float32)
    assert torch.equal(model.language.head.weight, theirs.lm_head.weight)
