"""Trains a model for two steps and prints how much memory that took; run in a process of its own.

A peak is that of the whole process, so only a process that did nothing else can tell.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
import torch.nn.functional as F

from shuowen.model.config import LanguageConfig, ModelConfig, VisionConfig
from shuowen.model.internvl import InternVL
from shuowen.model.parameters import init_weights
from shuowen.train.adapters import set_trainable
from shuowen.train.recipe import Adapter, Trainable


@dataclass(frozen=True)
class Case:
    """A small model and what it is trained on."""

    width: int
    num_layers: int
    vision_width: int
    vision_depth: int
    lengths: tuple[int, ...]
    num_tiles: int
    recompute: bool = False
    is_adapter: bool = False
    vocab_size: int = 4000

    @property
    def config(self) -> ModelConfig:
        """Sizes."""
        return ModelConfig(
            vision=VisionConfig(
                width=self.vision_width,
                depth=self.vision_depth,
                num_heads=self.vision_width // 64,
                mlp_width=4 * self.vision_width,
                tile_side_px=112,
            ),
            language=LanguageConfig(
                width=self.width,
                num_layers=self.num_layers,
                num_heads=self.width // 64,
                num_kv_heads=2,
                head_width=64,
                mlp_width=3 * self.width,
                vocab_size=self.vocab_size,
            ),
        )

    @property
    def trainable(self) -> Trainable:
        """What is trained."""
        return Adapter(rank=16) if self.is_adapter else "all"

    @property
    def num_tokens(self) -> int:
        """Of all sequences."""
        return sum(self.lengths)

    @property
    def num_targets(self) -> int:
        """All tokens that are not visual."""
        return self.num_tokens - self.num_tiles * self.config.visual_tokens_per_tile


def measured_bytes(case: Case) -> int:
    """How far this process grew at most, over two steps."""
    _warm_up()
    before = _status_bytes("VmRSS")
    model = InternVL(case.config)
    init_weights(model, 0)
    set_trainable(model.train(), case.trainable)
    trained = [each for each in model.parameters() if each.requires_grad]
    optimiser = torch.optim.AdamW(trained, fused=True)
    for _ in range(2):
        _loss(model, case).backward()
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)
    return _status_bytes("VmHWM") - before


def _loss(model: InternVL, case: Case) -> torch.Tensor:
    num_visual = case.num_tokens - case.num_targets
    ids_T = torch.randint(0, case.vocab_size, (case.num_tokens,))
    mask_T = torch.arange(case.num_tokens) < num_visual
    pixels_MCHW = torch.randn(case.num_tiles, 3, 112, 112)
    with torch.autocast("cpu", torch.bfloat16):
        logits_NV = model(
            ids_T,
            torch.arange(float(case.num_tokens)),
            case.lengths,
            mask_T if num_visual else None,
            pixels_MCHW if num_visual else None,
            rows_N=(~mask_T).nonzero().squeeze(1),
            recompute_activations=case.recompute,
        )
        return F.cross_entropy(logits_NV.float(), ids_T[~mask_T])


def _warm_up() -> None:
    """What libraries take once is not of the model."""
    import peft  # noqa: F401

    side = torch.randn(64, 64, requires_grad=True)
    with torch.autocast("cpu", torch.bfloat16):
        (side @ side).sum().backward()


def _status_bytes(name: str) -> int:
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{name}:"))


def as_argument(case: Case) -> str:
    """The case as `main` takes it."""
    return json.dumps(asdict(case))


if __name__ == "__main__":
    given = json.loads(sys.argv[1])
    print(measured_bytes(Case(**{**given, "lengths": tuple(given["lengths"])})))
