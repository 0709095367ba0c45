"""Which modules a precision makes, and how far the logits of a model move."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import Tensor

from shuowen.errors import UsageError
from shuowen.model.config import LanguageConfig, ModelConfig, VisionConfig
from shuowen.model.internvl import InternVL
from shuowen.model.linear import Bf16Linear, DynamicInt8Linear, Int4Linear, Int8Linear
from shuowen.model.parameters import init_weights
from shuowen.model.precision import Precision, prepare, quantise

CONFIG = ModelConfig(
    vision=VisionConfig(width=128, depth=2, num_heads=2, mlp_width=256, tile_side_px=56),
    language=LanguageConfig(
        width=128,
        num_layers=2,
        num_heads=2,
        num_kv_heads=1,
        head_width=64,
        mlp_width=256,
        vocab_size=320,
    ),
)


@pytest.fixture(scope="module")
def model() -> InternVL:
    made = InternVL(CONFIG)
    init_weights(made, seed=1)
    return made.to(torch.bfloat16).eval()


def logits(model: InternVL) -> Tensor:
    num_visual = CONFIG.visual_tokens_per_tile
    token_ids = torch.arange(num_visual + 20)
    mask = (token_ids >= 5) & (token_ids < 5 + num_visual)
    pixels = torch.randn(1, 3, 56, 56, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        return model(token_ids, token_ids.float(), [len(token_ids)], mask, pixels).float()


def test_modules_of_a_precision() -> None:
    with torch.device("meta"):
        model = InternVL(CONFIG)
        prepare(model, Precision(language="int4", vision="int8"))
    assert isinstance(model.language.layers[0].mlp.down, Int4Linear)
    assert type(model.language.head) is Int8Linear
    assert isinstance(model.vision.blocks[1].attention.qkv, DynamicInt8Linear)
    assert type(model.projector.linear1) is torch.nn.Linear
    assert all(each.is_meta for each in (*model.parameters(), *model.buffers()))


@pytest.mark.parametrize(
    ("precision", "most"),
    [
        (Precision(), 0.01),
        (Precision(language="int8"), 0.02),
        (Precision(language="int8", vision="int8"), 0.03),
        (Precision(language="int4"), 0.2),
    ],
    ids=str,
)
def test_logits_move_little(model: InternVL, precision: Precision, most: float) -> None:
    changed = copy.deepcopy(model)
    quantise(changed, precision)
    exact, moved = logits(model), logits(changed)
    assert ((moved - exact).norm() / exact.norm()).item() < most


def test_bfloat16_keeps_its_weights(model: InternVL) -> None:
    changed = copy.deepcopy(model)
    quantise(changed, Precision())
    assert isinstance(changed.language.head, Bf16Linear)
    assert torch.equal(changed.language.head.weight, model.language.head.weight)


def test_an_unknown_precision_is_refused_by_name() -> None:
    with pytest.raises(UsageError, match="'int3'"):
        Precision(language="int3")  # type: ignore[arg-type]
