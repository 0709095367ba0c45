"""Asking the reference beforehand: one pass over all data of a run, without gradients."""

from __future__ import annotations

import logging
from contextlib import closing

import torch

from shuowen.model.internvl import InternVL
from shuowen.train.collate import collate
from shuowen.train.example_keys import example_keys, weights_fingerprint
from shuowen.train.logprobs import answer_log_probs
from shuowen.train.loop import compute_type
from shuowen.train.model_start import start_model
from shuowen.train.options import RunOptions
from shuowen.train.parallel import Processes, spread
from shuowen.train.recipe import Recipe
from shuowen.train.reference_file import LogProbTable, ReferenceFile
from shuowen.train.run_data import OpenStream, RunData, num_steps_of, open_data

_log = logging.getLogger("shuowen")
FOLDER_NAME = "reference"


def precomputed_reference(recipe: Recipe, options: RunOptions, here: Processes) -> LogProbTable:
    """The reference of a recipe as a table; what is missing of it is computed first.

    The data are drawn as the run will draw them, δ and compression included. A pass that was
    interrupted goes on where it was.

    Args:
        recipe: Of the stage "mpo".
        options: Where; the table is in the folder "reference" of the run's.
        here: This process.

    Raises:
        ConflictError: The folder has the table of other weights.
        OutputError: The table cannot be written.
        UsageError, InputError, ModelError, FetchError: The recipe cannot run here.
    """
    start = start_model(recipe, options.folder, here)
    open_stream = OpenStream(recipe, start.processor)
    num_steps = options.num_steps or num_steps_of(recipe, open_stream)
    file = ReferenceFile(
        options.folder / FOLDER_NAME, weights_fingerprint(start.model), options.dtype
    )
    if file.num_steps() < num_steps:
        if here.is_first:
            file.begin()
        here.wait()
        spread(start.model, here)
        data = open_data(open_stream, recipe.packs_per_step, options.num_data_workers, here)
        with closing(data):
            _fill(file, start.model.eval(), data, num_steps, recipe, options, here)
        here.wait()
        if here.is_first:
            file.finish(num_steps)
        here.wait()
    return file.table()


def _fill(
    file: ReferenceFile,
    model: InternVL,
    data: RunData,
    num_steps: int,
    recipe: Recipe,
    options: RunOptions,
    here: Processes,
) -> None:
    """Ask about all packs of all steps that the file does not know."""
    known = file.known()
    for step in range(num_steps):
        for _, pack in data.packs():
            batch = collate(pack, recipe.reduction, here.device)
            keys_B = example_keys(batch)
            # The forward pass of a spread model needs all processes, so they skip a pack together.
            (num_new,) = here.sums([float(not known.issuperset(keys_B))])
            if not num_new:
                continue
            with torch.no_grad(), compute_type(options.dtype, here.device):
                log_probs_B = answer_log_probs(model, batch)
            file.add(here.rank, keys_B, log_probs_B.tolist())
            known.update(keys_B)
        if here.is_first and step % options.log_every_steps == 0:
            _log.info("Log-probs of the reference: step %d of %d.", step + 1, num_steps)
