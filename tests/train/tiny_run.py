"""A recipe that trains in a second: a model of a few thousand weights, two dozen small pictures.

As a program (`python -m tests.train.tiny_run FOLDER STEP`) it trains and kills itself after STEP.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from PIL import Image

from shuowen.model.config import LanguageConfig, ModelConfig, VisionConfig
from shuowen.model.internvl import InternVL
from shuowen.model.parameters import init_weights
from shuowen.model.weights.save import save_model
from shuowen.train.options import OptimiserOptions, RunOptions
from shuowen.train.packing import PackingOptions
from shuowen.train.pretrain import pretrain
from shuowen.train.recipe import About, DataOptions, Recipe
from shuowen.train.run import RunResult
from tests.prompt.tiny_tokenizer import write_tokenizer
from tests.train.small_data import pixels

NUM_STEPS = 6
PACKS_PER_STEP = 2
_ABOUT = About(summary="", command="", hardware="", hours="", expected_score="")


def tiny_recipe(folder: Path, **changes: Any) -> Recipe:
    """A recipe of `NUM_STEPS` steps; model and data are made in `folder` once."""
    if not (folder / "meta.json").exists():
        _make_model(folder)
        _make_data(folder)
    recipe = Recipe(
        name="tiny",
        about=_ABOUT,
        stage="pretrain",
        init=str(folder / "model"),
        data=DataOptions(meta_files=(str(folder / "meta.json"),)),
        packing=PackingOptions(max_tokens=160, max_tiles=8, max_buffers=2),
        optimiser=OptimiserOptions(lr=5e-3, warmup_share=0.0),
        packs_per_step=PACKS_PER_STEP,
        num_steps=NUM_STEPS,
        recompute_activations=False,
        drop_path=0.2,
    )
    return replace(recipe, **changes)


def run_options(folder: Path, **changes: Any) -> RunOptions:
    options = RunOptions(
        folder=folder,
        device="cpu",
        dtype="fp32",
        num_data_workers=0,
        save_every_steps=2,
        keep_checkpoints=2,
        show_progress=False,
        eval_every_steps=1,
    )
    return replace(options, **changes)


def at_step(step: int, act: Callable[[], None]) -> Callable[[InternVL], dict[str, float]]:
    """An evaluator that acts after that step of a run that began at 0."""
    seen = []

    def evaluate(model: InternVL) -> dict[str, float]:
        seen.append(len(seen) + 1)
        if seen[-1] == step:
            act()
        return {"score": float(seen[-1])}

    return evaluate


def kill_after(data: Path, folder: Path, step: int) -> RunResult:
    """Train until the process kills itself."""
    torch.set_num_threads(1)
    evaluate = at_step(step, lambda: os.kill(os.getpid(), signal.SIGKILL))
    return pretrain(tiny_recipe(data), run_options(folder), evaluate)


def _make_model(folder: Path) -> None:
    tokenizer = write_tokenizer(folder / "tokenizer", "qwen2")
    (tokenizer / "config.json").write_text("{}")
    config = ModelConfig(
        vision=VisionConfig(
            width=16, depth=2, num_heads=2, mlp_width=32, tile_side_px=28, patch_side_px=7
        ),
        language=LanguageConfig(
            width=32,
            num_layers=2,
            num_heads=4,
            num_kv_heads=2,
            head_width=8,
            mlp_width=48,
            vocab_size=600,
            rope_theta=1e3,
            window=512,
        ),
        max_tiles=4,
    )
    model = InternVL(config)
    init_weights(model, seed=1)
    save_model(model, folder / "model", "original", source_folder=tokenizer)


def _make_data(folder: Path) -> None:
    """Most rows have a picture; packs of the rest alone come up too."""
    rows = []
    for index in range(24):
        text = "<image>\nRead." if index % 3 else f"Say {index}."
        turns = [{"from": "human", "value": text}, {"from": "gpt", "value": f"text {index % 5}"}]
        row: dict[str, Any] = {"id": index, "conversations": turns}
        if index % 3:
            width = 28 * (1 + index % 4)
            Image.fromarray(pixels(index, width)).save(folder / f"{index}.png")
            row |= {"image": f"{index}.png", "width": width, "height": 28}
        rows.append(json.dumps(row))
    (folder / "rows.jsonl").write_text("\n".join(rows) + "\n")
    entry = {"root": str(folder), "annotation": str(folder / "rows.jsonl"), "length": len(rows)}
    (folder / "meta.json").write_text(json.dumps({"tiny": entry | {"data_augment": True}}))


if __name__ == "__main__":
    kill_after(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
