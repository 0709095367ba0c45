"""Two published parts become one model, with a new projector between them."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from shuowen.errors import ModelError
from shuowen.model.weights.load import load_model
from shuowen.train.joining import join_parts
from shuowen.train.recipe import Parts
from tests.engines.tiny_model_folder import write_tiny_model

PARTS = Parts(vision="vision", language="language", tokenizer="whole")


def write_parts(folder: Path, *, spare_rows: int = 0, tied: bool = False) -> None:
    """A whole model, and its two parts as their makers would publish them."""
    write_tiny_model(folder / "whole")
    stored = load_file(folder / "whole" / "model.safetensors")
    for part, prefix in (("vision", "vision_model."), ("language", "language_model.")):
        tensors = {
            name.removeprefix(prefix): values
            for name, values in stored.items()
            if name.startswith(prefix)
        }
        if part == "language":
            for name in ("lm_head.weight", "model.embed_tokens.weight"):
                rows = tensors[name][:-9]
                tensors[name] = torch.cat((rows, torch.zeros(spare_rows, rows.shape[1])))
            if tied:
                del tensors["lm_head.weight"]
        (folder / part).mkdir()
        save_file(tensors, folder / part / "model.safetensors")


@pytest.mark.parametrize("spare_rows", [0, 4, 40])
def test_parts_keep_their_weights(spare_rows: int, tmp_path: Path) -> None:
    write_parts(tmp_path, spare_rows=spare_rows)
    join_parts(PARTS, tmp_path / "joined", 0, resolve=lambda name: tmp_path / name)
    whole = dict(load_model(tmp_path / "whole", dtype=torch.bfloat16).named_parameters())
    joined = load_model(tmp_path / "joined", dtype=torch.bfloat16)
    for name, values in joined.named_parameters():
        if name.startswith("projector."):
            continue
        if name in ("language.embedding.weight", "language.head.weight"):
            assert torch.equal(values[:-9], whole[name][:-9])
            mean = whole[name][:-9].float().mean(0)
            assert (values[-9:].float() - mean).abs().max() < 0.02
        else:
            assert torch.equal(values, whole[name]), name
    projector = joined.projector.linear1.weight
    assert not torch.equal(projector, whole["projector.linear1.weight"])
    assert 0.01 < projector.float().std() < 0.03


def test_one_matrix_for_embedding_and_head_becomes_two(tmp_path: Path) -> None:
    write_parts(tmp_path, tied=True)
    join_parts(PARTS, tmp_path / "joined", 0, resolve=lambda name: tmp_path / name)
    joined = load_model(tmp_path / "joined", dtype=torch.bfloat16)
    assert torch.equal(joined.language.head.weight, joined.language.embedding.weight)


def test_parts_that_do_not_fit_are_named(tmp_path: Path) -> None:
    write_parts(tmp_path)
    tensors = load_file(tmp_path / "language" / "model.safetensors")
    norm = tensors.pop("model.norm.weight")
    save_file(tensors, tmp_path / "language" / "model.safetensors")
    with pytest.raises(ModelError, match="language lacks the tensor model.norm.weight"):
        join_parts(PARTS, tmp_path / "joined", 0, resolve=lambda name: tmp_path / name)
    tensors["model.norm.weight"] = norm[:5].clone()
    save_file(tensors, tmp_path / "language" / "model.safetensors")
    with pytest.raises(ModelError, match=r"of shape \(5,\), and \(64,\) is wanted"):
        join_parts(PARTS, tmp_path / "joined", 0, resolve=lambda name: tmp_path / name)
    assert not (tmp_path / "joined").exists()
