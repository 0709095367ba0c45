"""MPO's objective alone: pairs in a pack, and a δ that all processes share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
import torch
from torch import Tensor

from shuowen.errors import InputError
from shuowen.train.collate import Batch
from shuowen.train.mpo import MixedPreference
from shuowen.train.recipe import MpoOptions

NUM_WORDS = 6


def batch(num_pairs: int, seed: int = 0) -> Batch:
    """Pairs without pictures: a prompt of two tokens, answers of one to three."""
    random = torch.Generator().manual_seed(seed)
    ids, lengths, rows, owners = list[Tensor](), list[int](), list[int](), list[int]()
    for pair in range(num_pairs):
        prompt = torch.randint(NUM_WORDS, (2,), generator=random)
        for side in range(2):
            answer = torch.randint(NUM_WORDS, (1 + (pair + side) % 3,), generator=random)
            rows += [sum(lengths) + 1 + place for place in range(len(answer))]
            owners += [len(lengths)] * len(answer)
            ids.append(torch.cat((prompt, answer)))
            lengths.append(2 + len(answer))
    token_ids = torch.cat(ids)
    return Batch(
        token_ids_T=token_ids,
        positions_T=torch.zeros(len(token_ids)),
        lengths=tuple(lengths),
        visual_mask_T=None,
        pixels_MCHW=None,
        target_rows_N=torch.tensor(rows),
        target_ids_N=token_ids[torch.tensor(rows) + 1],
        target_weights_N=torch.ones(len(rows)),
        example_of_target_N=torch.tensor(owners),
    )


class Bigrams(torch.nn.Module):
    """Every next word hangs on the last one."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        random = torch.Generator().manual_seed(seed)
        self.table = torch.nn.Parameter(torch.randn(NUM_WORDS, NUM_WORDS, generator=random))

    def forward(self, token_ids_T: Tensor, *others: Any, rows_N: Tensor, **options: Any) -> Tensor:
        return self.table[token_ids_T[rows_N]]


class Frozen:
    """A reference of even odds."""

    def log_probs(self, policy: Any, given: Batch) -> Tensor:
        counts = torch.bincount(given.example_of_target_N, minlength=given.num_examples)
        return -counts * torch.log(torch.tensor(float(NUM_WORDS)))


@dataclass
class Here:
    """Processes that were told what the others have."""

    others: list[list[float]] = field(default_factory=list)

    def sums(self, values: Sequence[float]) -> list[float]:
        return [sum(column) for column in zip(values, *self.others, strict=True)]


def objective(here: Here | None = None) -> MixedPreference:
    return MixedPreference(MpoOptions(), Frozen(), here or Here())  # type: ignore[arg-type]


def rewards(given: Batch, model: Bigrams) -> list[float]:
    """By a loop: β times the difference of sums of log-probs."""
    found = []
    log_probs = model.table.detach().log_softmax(-1)
    rows = given.target_rows_N.tolist()
    for example in range(given.num_examples):
        mine = [row for row, owner in zip(rows, given.example_of_target_N, strict=True)
                if owner == example]  # fmt: skip
        ids = given.token_ids_T
        policy = sum(float(log_probs[ids[row], ids[row + 1]]) for row in mine)
        found.append(0.1 * (policy + len(mine) * float(torch.log(torch.tensor(6.0)))))
    return found


def test_metrics_of_a_pack_by_hand() -> None:
    given, model = batch(4), Bigrams(1)
    loss, sums = objective().loss(model, given)  # type: ignore[arg-type]
    by_hand = rewards(given, model)
    chosen, rejected = by_hand[::2], by_hand[1::2]
    assert float(sums["reward_chosen"]) == pytest.approx(sum(chosen), abs=1e-5)
    assert float(sums["reward_rejected"]) == pytest.approx(sum(rejected), abs=1e-5)
    wins = sum(a > b for a, b in zip(chosen, rejected, strict=True))
    assert float(sums["reward_accuracy"]) == wins
    shift = sum(by_hand) / len(by_hand)
    assert float(sums["reward_shift"]) == pytest.approx(4 * shift, abs=1e-5)
    quality = sum(
        float(-torch.nn.functional.logsigmoid(torch.tensor([a - shift, shift - b])).sum())
        for a, b in zip(chosen, rejected, strict=True)
    )
    assert float(sums["bco"]) == pytest.approx(quality, abs=1e-5)
    expected = 0.8 * sums["dpo"] + 0.2 * sums["bco"] + sums["nll"]
    assert float(loss.detach()) == pytest.approx(float(expected), rel=1e-6)
    assert objective().weight(given) == 4


def test_the_shift_of_the_next_step_is_of_all_packs_of_all_processes() -> None:
    model, mine, other = Bigrams(1), [batch(3, 1), batch(1, 2)], batch(2, 3)
    theirs = rewards(other, model)
    asked = objective(Here([[sum(theirs), len(theirs)]]))
    for given in mine:
        asked.loss(model, given)  # type: ignore[arg-type]
    asked.after_step({})
    every = [reward for given in (*mine, other) for reward in rewards(given, model)]
    assert asked.state()["mean"] == pytest.approx(sum(every) / len(every), abs=1e-6)
    assert asked.state()["count"] == len(every)


def test_one_process_with_two_packs_is_two_with_one() -> None:
    model, packs = Bigrams(2), [batch(3, 1), batch(2, 2)]
    alone = objective()
    apart = [objective(), objective()]
    for _ in range(3):
        shared = []
        for each, given in zip(apart, packs, strict=True):
            value, sums = each.loss(model, given)  # type: ignore[arg-type]
            again, same = alone.loss(model, given)  # type: ignore[arg-type]
            assert torch.equal(value, again)
            assert torch.equal(sums["reward_shift"], same["reward_shift"])
            shared.append([sum(rewards(given, model)), float(given.num_examples)])
        alone.after_step({})
        for index, each in enumerate(apart):
            each._here = Here([shared[1 - index]])  # type: ignore[assignment]
            each.after_step({})
        with torch.no_grad():
            model.table.mul_(1.1)
        means = [each.state()["mean"] for each in (alone, *apart)]
        assert means == pytest.approx([means[0]] * 3, abs=1e-6)
        for each in apart:
            each.restore(alone.state())  # the last bits of sums by hand differ


def test_a_step_that_is_not_taken_is_not_counted() -> None:
    asked = objective()
    before = asked.state()
    asked.loss(Bigrams(1), batch(2))  # type: ignore[arg-type]
    assert asked.state() == before


def test_the_state_goes_on_exactly() -> None:
    model, first, second = Bigrams(1), objective(), objective()
    first.loss(model, batch(2))  # type: ignore[arg-type]
    first.after_step({})
    second.restore(first.state())
    losses = [each.loss(model, batch(3, 5))[0] for each in (first, second)]  # type: ignore[arg-type]
    assert torch.equal(*losses)


def test_examples_that_are_no_pairs_are_refused() -> None:
    given = batch(2)
    other_prompt = given.token_ids_T.clone()
    other_prompt[0] = (other_prompt[0] + 1) % NUM_WORDS
    for broken in (replace(given, token_ids_T=other_prompt), _without_last(given)):
        with pytest.raises(InputError, match="not pairs"):
            objective().loss(Bigrams(1), broken)  # type: ignore[arg-type]


def _without_last(given: Batch) -> Batch:
    last = given.num_examples - 1
    stays = given.example_of_target_N != last
    return replace(
        given,
        token_ids_T=given.token_ids_T[: -given.lengths[-1]],
        positions_T=given.positions_T[: -given.lengths[-1]],
        lengths=given.lengths[:-1],
        target_rows_N=given.target_rows_N[stays],
        target_ids_N=given.target_ids_N[stays],
        target_weights_N=given.target_weights_N[stays],
        example_of_target_N=given.example_of_target_N[stays],
    )
