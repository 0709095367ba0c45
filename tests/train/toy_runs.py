"""A tiny model folder, and preferences and judged solutions that it can learn in a moment."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from shuowen.train.nano.folder import start_folder
from shuowen.train.options import OptimiserOptions, RunOptions
from shuowen.train.packing import PackingOptions
from shuowen.train.recipe import DataOptions, Recipe, StageName
from shuowen.train.recipes.debug import RECIPES, TINY

NUM_ROWS = 12
CHARACTERS = "寿春比南山福如东海长流水abcdefghijklmnopqrstuvwxyz0123456789+-"


def tiny_folder(folder: Path, seed: int = 0) -> Path:
    return start_folder(folder, seed, characters=CHARACTERS, config=TINY)


def write_pages(folder: Path) -> None:
    random = np.random.default_rng(1)
    for number in range(NUM_ROWS):
        pixels = random.integers(0, 256, (48, 48 * (1 + number % 2), 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"{number}.png")


def preferences(folder: Path, rejected: str = "春") -> Path:
    """寿 is right and 春 is wrong, whatever is seen."""
    rows = [
        {"image": f"{n}.png", "question": "<image>\nRead.", "chosen": "寿", "rejected": rejected}
        for n in range(NUM_ROWS)
    ]
    return meta(folder, rows)


def solutions(folder: Path) -> Path:
    """A step that says 春 is wrong, and so are those after it."""
    rows = []
    for number in range(NUM_ROWS):
        place = number % 4
        steps = ["春" if index == place else "寿" for index in range(3)]
        labels = [index < place for index in range(3)]
        rows.append(
            {"prompt": "<image>\nRead.", "images": [f"{number}.png"], "completions": steps,
             "labels": labels}
        )  # fmt: skip
    return meta(folder, rows)


def conversations(folder: Path) -> Path:
    said = [{"from": "human", "value": "<image>\nRead."}, {"from": "gpt", "value": "寿"}]
    return meta(folder, [{"image": f"{n}.png", "conversations": said} for n in range(NUM_ROWS)])


def meta(folder: Path, rows: list[dict[str, Any]]) -> Path:
    write_pages(folder)
    lines = (json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    (folder / "rows.jsonl").write_text("".join(lines), encoding="utf-8")
    path = folder / "meta.json"
    path.write_text(json.dumps({"toy": {"annotation": "rows.jsonl"}}), encoding="utf-8")
    return path


def recipe_of(stage: StageName, model: Path, data: Path, **changes: Any) -> Recipe:
    recipe = replace(
        RECIPES[f"debug-{stage}"],
        init=str(model),
        data=DataOptions(meta_files=(str(data),)),
        packing=PackingOptions(max_tokens=300, max_tiles=16, max_buffers=2),
        optimiser=OptimiserOptions(lr=3e-3, weight_decay=0.0, warmup_share=0.0),
        packs_per_step=2,
        num_steps=4,
    )
    return replace(recipe, **changes)


def run_options(folder: Path, **changes: Any) -> RunOptions:
    options = RunOptions(
        folder=folder,
        device="cpu",
        dtype="fp32",
        num_data_workers=0,
        show_progress=False,
    )
    return replace(options, **changes)


def metrics_of(folder: Path) -> list[dict[str, float]]:
    lines = (folder / "metrics.jsonl").read_text(encoding="utf-8").splitlines()
    return [each for each in map(json.loads, lines) if "loss" in each]
