"""How far quantised weights move the logits of a model, beside float32.

    python benchmarks/precision.py out/random-1b

The folder's own weights count: those that `random_model.py` makes say how much rounding there is,
a published model's how much of it matters. One tile of noise and 64 tokens of text; for every token
the logits of all precisions are compared with those of float32.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch
from torch import Tensor

from shuowen.evals.report import align
from shuowen.model.precision import Precision, prepare
from shuowen.model.weights.load import load_model

NUM_TEXT_TOKENS = 64
PRECISIONS = (
    Precision(),
    Precision(vision="int8"),
    Precision(language="int8"),
    Precision(language="int8", vision="int8"),
    Precision(language="int4"),
)


@dataclass(frozen=True)
class Prompt:
    """What every precision is given."""

    token_ids_T: Tensor
    visual_mask_T: Tensor
    pixels_MCHW: Tensor


def make_prompt(num_visual: int, vocab_size: int) -> Prompt:
    generator = torch.Generator().manual_seed(1)
    num_tokens = num_visual + NUM_TEXT_TOKENS
    token_ids = torch.randint(1000, vocab_size - 1000, (num_tokens,), generator=generator)
    place = torch.arange(num_tokens)
    mask = (place >= 8) & (place < 8 + num_visual)
    return Prompt(token_ids, mask, torch.randn(1, 3, 448, 448, generator=generator))


@torch.inference_mode()
def text_logits(folder: Path, precision: Precision, dtype: torch.dtype) -> Tensor:
    """Logits after every text token behind the picture."""
    model = load_model(folder, dtype=dtype, prepare=partial(prepare, precision=precision))
    config = model.config
    prompt = make_prompt(config.visual_tokens_per_tile, config.language.vocab_size)
    positions = torch.arange(len(prompt.token_ids_T), dtype=torch.float32)
    logits = model(
        prompt.token_ids_T,
        positions,
        [len(positions)],
        prompt.visual_mask_T,
        prompt.pixels_MCHW.to(dtype),
    )
    return logits[-(NUM_TEXT_TOKENS - 8) :].float()


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, help="a model folder that is not quantised")
    folder = parser.parse_args().folder
    exact = text_logits(folder, Precision(language="float32"), torch.float32)
    rows = [["language", "vision", "relative error of the logits", "same likeliest token"]]
    for precision in PRECISIONS:
        moved = text_logits(folder, precision, torch.bfloat16)
        error = ((moved - exact).norm() / exact.norm()).item()
        same = (moved.argmax(-1) == exact.argmax(-1)).float().mean().item()
        rows.append([precision.language, precision.vision, f"{error:.2%}", f"{same:.0%}"])
    print(align(rows))


if __name__ == "__main__":
    main()
