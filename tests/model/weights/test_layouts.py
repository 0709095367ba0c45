"""The tables: every row of every parameter has exactly one place in every layout."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from shuowen.errors import ModelError
from shuowen.model.config import CONFIGS, ModelConfig
from shuowen.model.internvl import InternVL
from shuowen.model.weights.layouts import (
    HF,
    HF_NESTED,
    LAYOUTS,
    ORIGINAL_INTERNLM2,
    detect_layout,
    is_ignored,
    original_layout,
)
from shuowen.model.weights.rules import Layout, Piece, Run, Shape

KINDS = ("1B", "8B", "9B", "38B")


def cut(config: ModelConfig) -> ModelConfig:
    """The published widths with twelve layers, so that layer numbers have two digits."""
    vision = replace(config.vision, depth=12)
    return replace(config, vision=vision, language=replace(config.language, num_layers=12))


def shapes_of(config: ModelConfig) -> dict[str, Shape]:
    with torch.device("meta"):
        model = InternVL(config)
    return {name: tuple(values.shape) for name, values in model.named_parameters()}


def layouts_of(config: ModelConfig) -> tuple[Layout, ...]:
    return (original_layout(config), HF, HF_NESTED)


@pytest.mark.parametrize("size", KINDS)
def test_every_row_is_stored_once_and_only_once(size: str) -> None:
    config = cut(CONFIGS[size])
    for layout in layouts_of(config):
        names: list[str] = []
        for name, shape in shapes_of(config).items():
            pieces = layout.pieces(config, name, shape)
            names += [piece.name for piece in pieces]
            assert rows([run for piece in pieces for run in piece.runs], "our") == shape[0]
            for piece in pieces:
                own = piece.shape[piece.num_leading_axes :]
                assert set(piece.shape[: piece.num_leading_axes]) <= {1}
                assert own[1:] == shape[1:]
                assert rows(list(piece.runs), "stored") == own[0]
        assert len(names) == len(set(names))


def rows(runs: list[Run], side: str) -> int:
    """How many rows the runs cover without a gap or an overlap."""
    spans = sorted((getattr(run, f"{side}_row"), run.num_rows) for run in runs)
    end = 0
    for start, num_rows in spans:
        assert start == end
        end += num_rows
    return end


def test_the_grouped_rows_of_9b_are_eighteen_heads_for_every_key_value_head() -> None:
    (piece,) = ORIGINAL_INTERNLM2.pieces(
        CONFIGS["9B"], "language.layers.47.attention.qkv.weight", (4608, 4096)
    )
    assert piece == Piece(
        "language_model.model.layers.47.attention.wqkv.weight",
        (4608, 4096),
        (
            Run(0, 0, 2048),
            Run(2304, 2048, 2048),
            Run(2048, 4096, 128),
            Run(4352, 4224, 128),
            Run(2176, 4352, 128),
            Run(4480, 4480, 128),
        ),
    )


@pytest.mark.parametrize("size", KINDS)
def test_a_layout_is_told_by_its_names_even_when_some_are_missing(size: str) -> None:
    config = cut(CONFIGS[size])
    shapes = shapes_of(config)
    for layout in layouts_of(config):
        pieces = [p for name, shape in shapes.items() for p in layout.pieces(config, name, shape)]
        stored = [piece.name for piece in pieces[::2]]
        assert detect_layout(stored, config, shapes) is layout


def test_a_parameter_that_is_not_the_networks_has_no_place() -> None:
    for layout in LAYOUTS:
        for name in ("language.layers.0.attention.lora.weight", "critic.weight", "language.5.norm"):
            with pytest.raises(ModelError, match="no place for"):
                layout.pieces(CONFIGS["1B"], name, (1, 1))


@pytest.mark.parametrize(
    ("name", "ignored"),
    [
        ("language_model.model.layers.0.self_attn.rotary_emb.inv_freq", True),
        ("language_model.model.layers.0.attention.rotary_emb.inv_freq", True),
        ("vision_model.embeddings.position_ids", True),
        ("model.vision_tower.embeddings.mask_token", True),
        ("vision_model.embeddings.position_embedding", False),
    ],
)
def test_only_buffers_that_nobody_reads_are_passed_over(name: str, ignored: bool) -> None:
    assert is_ignored(name) == ignored
