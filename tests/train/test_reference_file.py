"""Log-probs in a file: found by content, whole after a crash, refused where they do not fit."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from shuowen.errors import ConflictError
from shuowen.train.collate import Batch
from shuowen.train.example_keys import example_keys, tiles_of_examples, weights_fingerprint
from shuowen.train.reference_file import ENTRY, ReferenceFile

LENGTHS = (5, 4, 6)
NUM_TILES = (1, 0, 2)
PER_TILE = 2


def batch() -> Batch:
    """Three examples with one, no and two tiles of two visual tokens."""
    random = torch.Generator().manual_seed(0)
    mask = torch.zeros(sum(LENGTHS), dtype=torch.bool)
    mask[1:3] = mask[10:14] = True
    return Batch(
        token_ids_T=torch.randint(100, (sum(LENGTHS),), generator=random),
        positions_T=torch.cat([torch.arange(float(length)) for length in LENGTHS]),
        lengths=LENGTHS,
        visual_mask_T=mask,
        pixels_MCHW=torch.randn(3, 3, 4, 4, generator=random),
        target_rows_N=torch.tensor([3, 7, 13]),
        target_ids_N=torch.tensor([1, 2, 3]),
        target_weights_N=torch.ones(3),
        example_of_target_N=torch.arange(3),
    )


def file_in(folder: Path, weights: str = "w") -> ReferenceFile:
    return ReferenceFile(folder / "reference", weights, "fp32")


def ask(file: ReferenceFile, given: Batch) -> list[float]:
    return file.table().log_probs(None, given).tolist()  # type: ignore[arg-type]


def test_tiles_are_shared_out_by_placeholders() -> None:
    assert tiles_of_examples(batch()) == list(NUM_TILES)
    bare = replace(batch(), pixels_MCHW=None, visual_mask_T=None)
    assert tiles_of_examples(bare) == [0, 0, 0]


@pytest.mark.parametrize(
    ("field", "place", "changed"),
    [
        ("token_ids_T", 0, [0]),
        ("token_ids_T", 6, [1]),
        ("positions_T", 10, [2]),
        ("target_rows_N", 1, [1]),
        ("pixels_MCHW", (0, 1, 2, 3), [0]),
        ("pixels_MCHW", (2, 0, 0, 0), [2]),
    ],
)
def test_all_that_the_model_is_given_counts(
    field: str, place: int | tuple[int, ...], changed: list[int]
) -> None:
    before = batch()
    values = getattr(before, field).clone()
    values[place] = values[place] - 1
    after = replace(before, **{field: values})
    pairs = zip(example_keys(before), example_keys(after), strict=True)
    assert [index for index, (old, new) in enumerate(pairs) if old != new] == changed


def test_swapped_pixels_make_another_key() -> None:
    before = batch()
    assert before.pixels_MCHW is not None
    after = replace(before, pixels_MCHW=before.pixels_MCHW.flip(-1))
    assert example_keys(before)[0] != example_keys(after)[0]


def test_neighbours_do_not_count() -> None:
    whole = batch()
    alone = Batch(
        token_ids_T=whole.token_ids_T[5:9],
        positions_T=whole.positions_T[5:9],
        lengths=(4,),
        visual_mask_T=None,
        pixels_MCHW=None,
        target_rows_N=torch.tensor([2]),
        target_ids_N=torch.tensor([2]),
        target_weights_N=torch.ones(1),
        example_of_target_N=torch.zeros(1, dtype=torch.int64),
    )
    assert example_keys(alone) == example_keys(whole)[1:2]


def test_what_was_written_is_found(tmp_path: Path) -> None:
    file, given = file_in(tmp_path), batch()
    assert file.num_steps() == 0
    file.begin()
    keys = example_keys(given)
    file.add(0, keys[:2], [-1.5, -2.5])
    file.add(1, keys[2:], [-3.5])
    file.add(1, keys[:1], [-1.5])  # another process had it too
    assert file.known() == set(keys)
    file.finish(7)
    assert ask(file, given) == [-1.5, -2.5, -3.5]
    assert file.num_steps() == 7
    assert sorted(path.name for path in file.folder.iterdir()) == ["about.json", "log_probs.npy"]


def test_an_entry_that_was_cut_off_is_written_anew(tmp_path: Path) -> None:
    file, given = file_in(tmp_path), batch()
    file.begin()
    keys = example_keys(given)
    file.add(0, keys, [-1.0, -2.0, -3.0])
    part = file.folder / "part-0.bin"
    part.write_bytes(part.read_bytes()[:-5])
    assert file.known() == set(keys[:2])
    file.add(0, keys[2:], [-3.0])
    assert part.stat().st_size == 3 * ENTRY.itemsize
    file.finish(1)
    assert ask(file, given) == [-1.0, -2.0, -3.0]


def test_more_steps_can_be_added_later(tmp_path: Path) -> None:
    file, given = file_in(tmp_path), batch()
    file.begin()
    keys = example_keys(given)
    file.add(0, keys[:1], [-1.0])
    file.finish(1)
    file.begin()
    assert file.num_steps() == 1
    file.add(0, keys[1:], [-2.0, -3.0])
    file.finish(2)
    assert ask(file, given) == [-1.0, -2.0, -3.0]


def test_what_is_not_there_is_refused(tmp_path: Path) -> None:
    file, given = file_in(tmp_path), batch()
    file.begin()
    file.add(0, example_keys(given), [-1.0, -2.0, -3.0])
    file.finish(1)
    other = replace(given, token_ids_T=given.token_ids_T + 1)
    with pytest.raises(ConflictError, match="have changed"):
        ask(file, other)
    for stranger in (file_in(tmp_path, "v"), replace(file, dtype="bf16")):
        with pytest.raises(ConflictError, match="other weights"):
            stranger.num_steps()


def test_log_probs_keep_float32(tmp_path: Path) -> None:
    file, given = file_in(tmp_path), batch()
    file.begin()
    values = np.array([-123.456789, -0.1, -7e-8], np.float32).tolist()
    file.add(0, example_keys(given), values)
    file.finish(1)
    assert ask(file, given) == values


def test_other_weights_have_another_fingerprint() -> None:
    torch.manual_seed(0)
    layer = nn.Linear(200, 300)
    before = weights_fingerprint(layer)  # type: ignore[arg-type]
    assert before == weights_fingerprint(layer)  # type: ignore[arg-type]
    with torch.no_grad():
        layer.weight.mul_(1.001)
    assert weights_fingerprint(layer) != before  # type: ignore[arg-type]
