"""Training shuowen-nano's network: our loop beside transformers' Trainer, packed beside padded.

    python benchmarks/training.py --steps 12 --rounds 3

The same random weights, the same crops, encoded before the clock starts; AdamW, bfloat16 autocast
over float32 weights and as many crops a step everywhere. Every contender has a process of its own
and they take turns; the fastest round counts. "tokens" are those of the crops: padding is none.

- ours, packed: `shuowen.train.loop`, sequences one after another in one packed sequence;
- ours, padded: the same loop, every sequence filled up to the longest of its step;
- Trainer: `transformers.Trainer` on `InternVLForConditionalGeneration`, a padding collator, its
  defaults otherwise.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from shuowen.evals.report import align
from shuowen.model.weights.load import load_model
from shuowen.prompt.processor import Processor
from shuowen.train.collate import Batch, collate
from shuowen.train.encode import Encoder, EncodeTrainOptions, Example
from shuowen.train.flops import measured_peak, training_flops
from shuowen.train.loop import Work, accumulate
from shuowen.train.made_data import made_source
from shuowen.train.model_start import prompt_settings
from shuowen.train.nano.folder import start_folder
from shuowen.train.optimiser import Optimiser
from shuowen.train.options import OptimiserOptions
from shuowen.train.packing import Pack
from shuowen.train.parallel import processes
from shuowen.train.pretrain import NextToken

CONTENDERS = ("ours, packed", "ours, padded", "Trainer")
WARM_UP_STEPS = 3
LEARNING_RATE = 1e-4


@dataclass(frozen=True)
class Job:
    """What every contender is given."""

    folder: Path
    steps: int
    crops: int
    threads: int

    def examples(self) -> list[list[Example]]:
        """The crops of every step, warm-up first."""
        config = load_model(self.folder / "original", dtype=torch.float32).config
        processor = Processor.from_folder(self.folder / "original", prompt_settings(config))
        encoder = Encoder(processor, EncodeTrainOptions(max_tokens=2048, position_step=1.0))
        source = made_source("lines", 1)
        rng = np.random.default_rng(0)
        return [
            [
                encoder.encode(source.record(step * self.crops + index), rng, source)[0]
                for index in range(self.crops)
            ]
            for step in range(WARM_UP_STEPS + self.steps)
        ]


def padded(examples: list[Example], fill_id: int) -> list[Example]:
    """Every example with tokens without a target behind it, up to the length of the longest."""
    longest = max(each.num_tokens for each in examples)
    return [_filled(each, longest - each.num_tokens, fill_id) for each in examples]


def _filled(example: Example, num: int, fill_id: int) -> Example:
    def longer(values: Any, fill: Any) -> Any:
        return np.concatenate([values, np.full(num, fill, values.dtype)])

    return replace(
        example,
        token_ids_T=longer(example.token_ids_T, fill_id),
        positions_T=longer(example.positions_T, 0),
        visual_mask_T=longer(example.visual_mask_T, False),
        target_mask_T=longer(example.target_mask_T, False),
    )


def run_ours(job: Job, steps: list[list[Example]], *, is_padded: bool) -> float:
    """Seconds for all steps after the warm-up."""
    model = load_model(job.folder / "original", dtype=torch.float32).train()
    optimiser = Optimiser(model, OptimiserOptions(lr=LEARNING_RATE))
    started = 0.0
    with processes("cpu") as here:
        for number, examples in enumerate(steps):
            if number == WARM_UP_STEPS:
                started = time.perf_counter()
            batch = collate(Pack(tuple(padded(examples, 0) if is_padded else examples)))
            work = [Work(0, batch)]
            accumulate(model, NextToken(), work, here, dtype="bf16", seed=(0, number))
            optimiser.clip()
            optimiser.step(LEARNING_RATE)
    return time.perf_counter() - started


class Clock:
    """Starts when the Trainer has done its warm-up."""

    def __init__(self) -> None:
        self.started = 0.0

    def callback(self) -> Any:
        from transformers import TrainerCallback

        clock = self

        class Starts(TrainerCallback):
            def on_step_end(self, args: Any, state: Any, control: Any, **rest: Any) -> None:
                if state.global_step == WARM_UP_STEPS:
                    clock.started = time.perf_counter()

        return Starts()


def run_trainer(job: Job, steps: list[list[Example]]) -> float:
    """Seconds for all steps after the warm-up."""
    from transformers import InternVLForConditionalGeneration, Trainer, TrainingArguments

    model = InternVLForConditionalGeneration.from_pretrained(job.folder / "hf", dtype=torch.float32)
    rows = [{"example": example} for examples in steps for example in examples]
    clock = Clock()
    with tempfile.TemporaryDirectory() as output:
        arguments = TrainingArguments(
            output_dir=output,
            per_device_train_batch_size=job.crops,
            max_steps=len(steps),
            learning_rate=LEARNING_RATE,
            bf16=True,
            use_cpu=True,
            report_to=[],
            save_strategy="no",
            remove_unused_columns=False,
            disable_tqdm=True,
            train_sampling_strategy="sequential",
        )
        trainer = Trainer(
            model=model,
            args=arguments,
            train_dataset=rows,
            data_collator=_padding_collator,
            callbacks=[clock.callback()],
        )
        trainer.train()
    return time.perf_counter() - clock.started


def _padding_collator(rows: list[dict[str, Example]]) -> dict[str, torch.Tensor]:
    examples = [row["example"] for row in rows]
    batch = collate(Pack(tuple(examples)))
    longest = max(each.num_tokens for each in examples)
    shape = (len(examples), longest)
    ids, labels = torch.zeros(shape, dtype=torch.int64), torch.full(shape, -100)
    mask = torch.zeros(shape, dtype=torch.int64)
    for index, each in enumerate(examples):
        ids[index, : each.num_tokens] = torch.from_numpy(each.token_ids_T)
        mask[index, : each.num_tokens] = 1
        targets = torch.from_numpy(each.target_mask_T)
        labels[index, : each.num_tokens][targets] = ids[index, : each.num_tokens][targets]
    assert batch.pixels_MCHW is not None
    return {
        "input_ids": ids,
        "attention_mask": mask,
        "labels": labels,
        "pixel_values": batch.pixels_MCHW,
    }


def work(job: Job, contender: str) -> None:
    """One round of one contender; prints its numbers as JSON."""
    torch.set_num_threads(job.threads)
    steps = job.examples()
    batches = [collate(Pack(tuple(examples))) for examples in steps[WARM_UP_STEPS:]]
    peak = measured_peak(torch.device("cpu"), torch.bfloat16)
    if contender == "Trainer":
        seconds = run_trainer(job, steps)
    else:
        seconds = run_ours(job, steps, is_padded=contender == "ours, padded")
    print(json.dumps({"seconds": seconds, "peak": peak, **_counts(job, batches)}))


def _counts(job: Job, batches: list[Batch]) -> dict[str, float]:
    config = load_model(job.folder / "original", dtype=torch.float32).config
    flops = sum(
        training_flops(config, each.lengths, each.num_tiles, len(each.target_rows_N))
        for each in batches
    )
    return {"tokens": sum(each.num_tokens for each in batches), "flops": flops}


def measure(job: Job, contender: str) -> dict[str, float]:
    """A round in a process of its own."""
    command = [sys.executable, "-W", "ignore", __file__, "--worker", contender]
    command += ["--folder", str(job.folder), "--steps", str(job.steps)]
    command += ["--crops", str(job.crops), "--threads", str(job.threads)]
    environment = os.environ | {"TOKENIZERS_PARALLELISM": "false"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    if done.returncode:
        sys.exit(f"{contender} failed:\n{done.stderr[-2000:]}")
    result: dict[str, float] = json.loads(done.stdout.strip().splitlines()[-1])
    return result


def table(best: dict[str, dict[str, float]]) -> list[list[str]]:
    """A row for each contender."""
    reference = best["Trainer"]["seconds"]
    rows = [["", "tokens/s", "model FLOP use", "GFLOP/s", "of Trainer's speed"]]
    for name, found in best.items():
        rate = found["flops"] / found["seconds"]
        rows.append(
            [
                name,
                f"{found['tokens'] / found['seconds']:.0f}",
                f"{rate / found['peak']:.0%}",
                f"{rate / 1e9:.0f}",
                f"{reference / found['seconds']:.2f}",
            ]
        )
    return rows


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--steps", type=int, default=12)
    parser.add_argument("--crops", type=int, default=36, help="in every step")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--worker", choices=CONTENDERS, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.worker:
        work(Job(given.folder, given.steps, given.crops, given.threads), given.worker)
        return
    with tempfile.TemporaryDirectory() as name:
        job = Job(Path(name), given.steps, given.crops, given.threads)
        start_folder(job.folder / "original", seed=0)
        start_folder(job.folder / "hf", seed=0, form="hf")
        best: dict[str, dict[str, float]] = {}
        for number in range(given.rounds):
            for contender in CONTENDERS:
                found = measure(job, contender)
                print(f"round {number + 1}: {contender}: {found['seconds']:.1f} s", file=sys.stderr)
                if contender not in best or found["seconds"] < best[contender]["seconds"]:
                    best[contender] = found
    print(align(table(best)))
    packed, filled = (best[name]["seconds"] for name in CONTENDERS[:2])
    print(f"\nPacking makes our loop {filled / packed:.2f} times as fast as padding.")


if __name__ == "__main__":
    main()
