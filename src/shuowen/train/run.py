"""A training run from its first step to its model folder; what the stages share.

A run's folder::

    start/          the model that it started from, where that was made here
    checkpoints/    the newest few, see `checkpoint`
    metrics.jsonl   a line for every step
    curves.png      drawn at the end
    events/         for TensorBoard, where asked for
    model/          the model folder at the end
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from shuowen.errors import OutputError
from shuowen.model.internvl import InternVL
from shuowen.train.checkpoint import Checkpoints
from shuowen.train.collate import collate
from shuowen.train.curves import EventFiles, draw_curves
from shuowen.train.export import export_model
from shuowen.train.flops import measured_peak
from shuowen.train.loop import Gradients, Objective, Work, accumulate
from shuowen.train.model_start import start_model
from shuowen.train.optimiser import Optimiser
from shuowen.train.options import RunOptions
from shuowen.train.parallel import Processes, processes, spread
from shuowen.train.progress import Metrics, Pace, show
from shuowen.train.recipe import Recipe
from shuowen.train.run_data import OpenStream, num_steps_of, open_data
from shuowen.train.run_state import Run
from shuowen.train.schedule import lr_share
from shuowen.train.stop_signals import noted_signals
from shuowen.train.watch import LossWatch, TrainingStopped

Evaluate = Callable[[InternVL], Mapping[str, float]]
"""Given the model in evaluation mode, scores by name; they go to metrics.jsonl.

Every process calls it, and all must get through it alike."""


@dataclass(frozen=True)
class RunResult:
    """How a run ended.

    Attributes:
        folder: The run's.
        model_folder: The trained model; None where the run stopped before its end.
        steps: Optimiser steps done.
        losses: Of all steps, also of those before a resumption.
        how_to_go_on: What to do where it stopped before its end; else empty.
    """

    folder: Path
    model_folder: Path | None
    steps: int
    losses: tuple[float, ...] = field(repr=False)
    how_to_go_on: str = ""


def run_stage(
    recipe: Recipe, options: RunOptions, objective: Objective, evaluate: Evaluate | None = None
) -> RunResult:
    """Train with an objective.

    Args:
        recipe: What is computed.
        options: Where and how.
        objective: What is minimised.
        evaluate: Asked for scores now and then.

    Raises:
        TrainingStopped: A step would have spoiled the model; the last weights are saved.
        OutputError: The disk is full; the last checkpoint stays.
        ConflictError: The folder has checkpoints of another recipe.
        UsageError, InputError, ModelError, CapacityError: The recipe cannot run here.
    """
    if options.num_threads is not None:
        torch.set_num_threads(options.num_threads)
    with processes(options.device) as here:
        run = _prepare(recipe, options, objective, here)
        with closing(_metrics(run)) as metrics:
            with noted_signals(run.signals), closing(run.data):
                is_done = _steps(run, metrics, evaluate)
                run.save()
            return _end(run, metrics, is_done=is_done)


def _prepare(recipe: Recipe, options: RunOptions, objective: Objective, here: Processes) -> Run:
    try:
        options.folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"{options.folder} cannot be made: {error.strerror}.", "Choose another folder."
        ) from error
    start = start_model(recipe, options.folder, here)
    wanted = options.recompute_activations
    start.model.recompute_activations = recipe.recompute_activations if wanted is None else wanted
    spread(start.model, here)
    open_stream = OpenStream(recipe, start.processor)
    run = Run(
        recipe,
        options,
        here,
        start,
        objective,
        Optimiser(start.model, recipe.optimiser),
        open_data(open_stream, recipe.packs_per_step, options.num_data_workers, here),
        Checkpoints(options.folder / "checkpoints", options.keep_checkpoints, here),
        options.num_steps or num_steps_of(recipe, open_stream),
    )
    if options.resume:
        run.restore()
    else:
        run.checkpoints.set_aside()
    return run


def _metrics(run: Run) -> Metrics:
    folder, is_writer = run.options.folder, run.here.is_first
    events = EventFiles(folder / "events") if run.options.tensorboard and is_writer else None
    return Metrics(folder / "metrics.jsonl", run.step, events, is_writer=is_writer)


def _steps(run: Run, metrics: Metrics, evaluate: Evaluate | None) -> bool:
    """All steps that are left; False where it was asked to stop before the last."""
    options = run.options
    watch = LossWatch(options.on_spike, options.spike_factor, metrics.losses)
    dtype = torch.bfloat16 if options.dtype == "bf16" else torch.float32
    pace = Pace(run.num_steps, run.step, measured_peak(run.here.device, dtype) * run.here.world)
    while run.step < run.num_steps:
        line, found = _step(run, watch)
        line |= pace.measure(run.step, found.counts)
        metrics.add(line)
        if run.here.is_first and options.show_progress and run.step % options.log_every_steps == 0:
            show(run.num_steps, line)
        if run.is_time_to_save:
            run.save()
        every = options.eval_every_steps
        if evaluate and every and run.step % every == 0 and run.step < run.num_steps:
            metrics.add(_scores(run, evaluate))
        pace.pause()
        if (found.wants_stop or run.step == options.stop_at_step) and run.step < run.num_steps:
            return False
    if evaluate is not None:
        metrics.add(_scores(run, evaluate))
    return True


def _step(run: Run, watch: LossWatch) -> tuple[dict[str, Any], Gradients]:
    """One step: packs, gradients, a look at them, new weights."""
    recipe = run.recipe
    share = lr_share(run.step, run.num_steps, recipe.optimiser)
    work = [
        Work(stream, collate(pack, recipe.reduction, run.here.device))
        for stream, pack in run.data.packs()
    ]
    found = accumulate(
        run.model,
        run.objective,
        work,
        run.here,
        dtype=run.options.dtype,
        seed=(recipe.seed, run.step),
        wants_stop=bool(run.signals),
    )
    norm = run.optimiser.clip()
    try:
        watch.check(run.step + 1, found.loss, norm)
    except TrainingStopped:
        run.optimiser.forget()
        run.save_without_step()
        raise
    run.optimiser.step(share)
    run.objective.after_step(found.means)
    run.step += 1
    line = {"step": run.step, "loss": found.loss, "lr": recipe.optimiser.lr * share}
    return line | {"grad_norm": norm, **found.means, **found.counts}, found


def _scores(run: Run, evaluate: Evaluate) -> dict[str, Any]:
    run.model.eval()
    with torch.no_grad():
        scores = evaluate(run.model)
    run.model.train()
    return {"step": run.step, **scores}


def _end(run: Run, metrics: Metrics, *, is_done: bool) -> RunResult:
    folder, losses = run.options.folder, tuple(metrics.losses)
    if run.here.is_first:
        draw_curves(folder / "metrics.jsonl", folder / "curves.png")
    if not is_done:
        hint = f"Start the same command again: it goes on after step {run.step}."
        return RunResult(folder, None, run.step, losses, hint)
    export_model(run.model, folder / "model", run.start.folder, run.recipe, run.here)
    return RunResult(folder, folder / "model", run.step, losses)
