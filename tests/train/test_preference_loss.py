"""MPO's terms against those of TRL, whose trainer the authors used."""

from __future__ import annotations

import math
import warnings
from collections import defaultdict
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from shuowen.train.preference_loss import (
    MpoTerms,
    PairLogProbs,
    bco_loss,
    dpo_loss,
    mpo_terms,
    rewards_of,
)
from shuowen.train.recipe import MpoOptions

NUM_PAIRS, LENGTH = 5, 7


class Scores(SimpleNamespace):
    """What a model of TRL answers: numbers for every token but the first."""

    @classmethod
    def of(cls, log_probs_BT: Tensor) -> Scores:
        zeros = torch.zeros_like(log_probs_BT)
        return cls(log_probs=log_probs_BT, entropy=zeros, mean_logits=zeros, is_top1=zeros.bool())


@pytest.fixture(scope="module")
def trl_loss() -> Callable[..., float]:
    """TRL's loss of log-probs of answer tokens (2 P, T): the chosen ones first."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        trl = pytest.importorskip("trl")
        trainer_class = trl.DPOTrainer  # trl loads it only when asked

    def loss(policy_BT: Tensor, reference_BT: Tensor, mask_BT: Tensor, kinds: dict[str, float],
             beta: float) -> float:  # fmt: skip
        def gathered(value: Any) -> Any:
            return value

        trainer = SimpleNamespace(
            model=SimpleNamespace(training=True),
            accelerator=SimpleNamespace(
                device=torch.device("cpu"), gather=gathered, gather_for_metrics=gathered
            ),
            aux_loss_enabled=False,
            ld_alpha=None,
            precompute_ref_logps=True,
            f_divergence_type="reverse_kl",
            loss_types=list(kinds),
            loss_weights=list(kinds.values()),
            beta=beta,
            use_weighting=False,
            _metrics=defaultdict(lambda: defaultdict(list)),
            _total_train_tokens=0,
            _tp_size=1,
        )
        first_B1 = torch.zeros(len(policy_BT), 1, dtype=torch.int64)
        chosen_P, rejected_P = (reference_BT * mask_BT).sum(dim=1).chunk(2)
        inputs = {
            "input_ids": torch.cat((first_B1, torch.ones_like(mask_BT)), dim=1),
            "attention_mask": torch.cat((first_B1 + 1, torch.ones_like(mask_BT)), dim=1),
            "completion_mask": torch.cat((first_B1, mask_BT), dim=1),
            "ref_chosen_logps": chosen_P,
            "ref_rejected_logps": rejected_P,
        }

        def model(**given: Any) -> Scores:
            return Scores.of(policy_BT * mask_BT)

        found = trainer_class._compute_loss(trainer, model, inputs, False)
        return float(found)

    return loss


def made(seed: int) -> tuple[Tensor, Tensor, Tensor]:
    """Log-probs of policy and reference, and which tokens count."""
    random = torch.Generator().manual_seed(seed)
    policy, reference = (
        -3 * torch.rand(2 * NUM_PAIRS, LENGTH, generator=random, dtype=torch.float64)
        for _ in range(2)
    )
    lengths = torch.randint(1, LENGTH + 1, (2 * NUM_PAIRS, 1), generator=random)
    return policy, reference, (torch.arange(LENGTH) < lengths).long()


def pairs_of(log_probs_BT: Tensor, mask_BT: Tensor) -> PairLogProbs:
    return PairLogProbs(*(log_probs_BT * mask_BT).sum(dim=1).chunk(2))


def ours(seed: int, shift: float, options: MpoOptions) -> MpoTerms:
    policy_BT, reference_BT, mask_BT = made(seed)
    policy = pairs_of(policy_BT, mask_BT)
    rewards = rewards_of(policy, pairs_of(reference_BT, mask_BT), options.beta)
    num_chosen_P = mask_BT[:NUM_PAIRS].sum(dim=1)
    return mpo_terms(policy, rewards, num_chosen_P, shift, options)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("beta", [0.1, 0.7])
def test_the_preference_term_is_trl_sigmoid(
    trl_loss: Callable[..., float], seed: int, beta: float
) -> None:
    expected = trl_loss(*made(seed), {"sigmoid": 1.0}, beta)
    found = ours(seed, 0.0, MpoOptions(beta=beta)).preference_P.mean()
    assert float(found) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("shift", [0.0, 0.35, -1.2])
def test_the_quality_term_is_trl_bco_pair(
    trl_loss: Callable[..., float], seed: int, shift: float
) -> None:
    """TRL's δ is 0 by now; a reference that likes every answer more by δ / β gives any other."""
    policy_BT, reference_BT, mask_BT = made(seed)
    raised_BT = reference_BT.clone()
    raised_BT[:, 0] += shift / 0.1  # the first token of every answer counts
    expected = trl_loss(policy_BT, raised_BT, mask_BT, {"bco_pair": 1.0}, 0.1)
    found = ours(seed, shift, MpoOptions()).quality_P.mean()
    assert float(found) == pytest.approx(expected, abs=1e-6)


def test_the_generation_term_of_one_pair_is_trl_sft(trl_loss: Callable[..., float]) -> None:
    """One pair in a batch, as upstream's scripts have it."""
    policy_BT, reference_BT, mask_BT = made(9)
    rows = torch.tensor([2, 2 + NUM_PAIRS])
    expected = trl_loss(policy_BT[rows], reference_BT[rows], mask_BT[rows], {"sft": 1.0}, 0.1)
    assert float(ours(9, 0.0, MpoOptions()).generation_P[2]) == pytest.approx(expected, abs=1e-6)


def test_the_whole_is_trl_with_the_weights_of_mpo(trl_loss: Callable[..., float]) -> None:
    policy_BT, reference_BT, mask_BT = made(3)
    kinds = {"sigmoid": 0.8, "bco_pair": 0.2, "sft": 1.0}
    terms = ours(3, 0.0, MpoOptions())
    for pair in range(NUM_PAIRS):
        rows = torch.tensor([pair, pair + NUM_PAIRS])
        expected = trl_loss(policy_BT[rows], reference_BT[rows], mask_BT[rows], kinds, 0.1)
        assert float(terms.loss_P[pair]) == pytest.approx(expected, abs=1e-6)


def test_at_the_start_the_loss_is_known() -> None:
    policy_BT, _, mask_BT = made(0)
    policy = pairs_of(policy_BT, mask_BT)
    rewards = rewards_of(policy, policy, 0.1)
    assert rewards.sum == 0
    terms = mpo_terms(policy, rewards, mask_BT[:NUM_PAIRS].sum(dim=1), 0.0, MpoOptions())
    expected = 0.8 * math.log(2) + 0.2 * 2 * math.log(2) + terms.generation_P
    torch.testing.assert_close(terms.loss_P, expected)
    assert float((terms.loss_P - terms.generation_P).mean()) == pytest.approx(0.8318, abs=5e-5)


@given(
    log_probs=st.lists(st.floats(-50, 0), min_size=4, max_size=4),
    shift=st.floats(-3, 3),
)
def test_gradients_equal_finite_differences(log_probs: list[float], shift: float) -> None:
    chosen, rejected, *reference = (torch.tensor([x], dtype=torch.float64) for x in log_probs)
    chosen.requires_grad_()
    rejected.requires_grad_()

    def total(chosen_P: Tensor, rejected_P: Tensor) -> Tensor:
        policy = PairLogProbs(chosen_P, rejected_P)
        rewards = rewards_of(policy, PairLogProbs(*reference), 0.1)
        return mpo_terms(policy, rewards, torch.tensor([4]), shift, MpoOptions()).loss_P.sum()

    assert torch.autograd.gradcheck(total, (chosen, rejected))


def test_what_is_learnt_is_to_prefer_the_chosen_answer() -> None:
    policy = PairLogProbs(*(torch.zeros(1, requires_grad=True) for _ in range(2)))
    rewards = rewards_of(policy, PairLogProbs(torch.zeros(1), torch.zeros(1)), 0.1)
    for loss_P in (dpo_loss(rewards), bco_loss(rewards, 0.0)):
        slopes = torch.autograd.grad(
            loss_P.sum(), (policy.chosen_P, policy.rejected_P), retain_graph=True
        )
        assert float(slopes[0]) < 0 < float(slopes[1])


def test_metrics_are_sums_over_pairs() -> None:
    policy = PairLogProbs(torch.tensor([-1.0, -5.0]), torch.tensor([-4.0, -2.0]))
    reference = PairLogProbs(torch.tensor([-2.0, -2.0]), torch.tensor([-2.0, -2.0]))
    rewards = rewards_of(policy, reference, 0.1)
    sums = mpo_terms(policy, rewards, torch.tensor([2, 5]), 0.0, MpoOptions()).metric_sums()
    assert sums["reward_chosen"] == pytest.approx(0.1 - 0.3)
    assert sums["reward_rejected"] == pytest.approx(-0.2)
    assert sums["reward_margin"] == pytest.approx(-0.0, abs=1e-6)
    assert sums["reward_accuracy"] == 1
    assert sums["nll"] == pytest.approx(0.5 + 1.0)
    assert (rewards.sum, rewards.count) == (pytest.approx(-0.4), 4)
