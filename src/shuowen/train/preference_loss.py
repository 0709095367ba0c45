"""Mixed preference optimisation: three losses of chosen and rejected answers.

Shapes: P pairs.

Sources: InternVL3 §2.3; MPO (Wang et al. 2024) §3; DPO (Rafailov et al. 2023) eq. 7; BCO (Jung et
al. 2024). Weights and β are those of `shell/internvl3.0/mpo` upstream.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch.nn.functional as F
from torch import Tensor

from shuowen.train.recipe import MpoOptions


@dataclass(frozen=True)
class PairLogProbs:
    """log π(y | x) of chosen and rejected answers, each the sum over an answer's tokens.

    Attributes:
        chosen_P: (P,) float32.
        rejected_P: (P,) float32.
    """

    chosen_P: Tensor
    rejected_P: Tensor


@dataclass(frozen=True)
class Rewards:
    """β · (log π − log π of the reference): what the policy has come to like.

    Attributes:
        chosen_P: (P,) float32.
        rejected_P: (P,) float32.
    """

    chosen_P: Tensor
    rejected_P: Tensor

    @property
    def sum(self) -> float:
        """Over chosen and rejected, for the running mean; has no gradient."""
        return float(self.chosen_P.detach().sum() + self.rejected_P.detach().sum())

    @property
    def count(self) -> int:
        """How many that sum has."""
        return 2 * len(self.chosen_P)


def rewards_of(policy: PairLogProbs, reference: PairLogProbs, beta: float) -> Rewards:
    """Rewards of every pair; gradients flow through the policy.

    Args:
        policy: Of the weights in training.
        reference: Of the frozen weights that it started from.
        beta: β, how far the policy may go from the reference; larger is nearer.
    """
    return Rewards(
        beta * (policy.chosen_P - reference.chosen_P),
        beta * (policy.rejected_P - reference.rejected_P),
    )


def dpo_loss(rewards: Rewards) -> Tensor:
    """L_p = −log σ(reward of chosen − reward of rejected), (P,): prefer the chosen answer."""
    return -F.logsigmoid(rewards.chosen_P - rewards.rejected_P)


def bco_loss(rewards: Rewards, reward_shift: float) -> Tensor:
    """L_q = −log σ(reward of chosen − δ) − log σ(δ − reward of rejected), (P,).

    It judges each answer by itself: chosen ones above δ, rejected ones below.

    Args:
        rewards: With gradients.
        reward_shift: BCO's δ, the running mean of all rewards; nothing to do with V2PE's δ.
    """
    return -F.logsigmoid(rewards.chosen_P - reward_shift) - F.logsigmoid(
        reward_shift - rewards.rejected_P
    )


def nll_loss(policy: PairLogProbs, num_chosen_P: Tensor) -> Tensor:
    """L_g = −log π(chosen | x) / tokens of chosen, (P,).

    The paper's formula. Upstream takes the mean over the tokens of a micro-batch, which is the same
    with its one pair in each; a mean over pairs does not depend on how pairs were packed.

    Args:
        policy: Of the weights in training.
        num_chosen_P: (P,) target tokens of every chosen answer.
    """
    return -policy.chosen_P / num_chosen_P.clamp(min=1)


@dataclass(frozen=True)
class MpoTerms:
    """The losses of P pairs and what one wants to watch.

    Attributes:
        loss_P: (P,) w_p · L_p + w_q · L_q + w_g · L_g, with gradients.
        preference_P: (P,) L_p, DPO.
        quality_P: (P,) L_q, BCO.
        generation_P: (P,) L_g, the negative log-likelihood of a chosen token.
        rewards: Of both answers.
    """

    loss_P: Tensor
    preference_P: Tensor
    quality_P: Tensor
    generation_P: Tensor
    rewards: Rewards

    def metric_sums(self) -> dict[str, Tensor]:
        """Sums over the pairs; divided by the number of pairs of all processes they are metrics.

        Returns:
            dpo, bco, nll; reward_chosen, reward_rejected and reward_margin; reward_accuracy: pairs
            where the chosen answer has the larger reward. None has a gradient.
        """
        chosen_P, rejected_P = self.rewards.chosen_P.detach(), self.rewards.rejected_P.detach()
        of_pairs = {
            "dpo": self.preference_P,
            "bco": self.quality_P,
            "nll": self.generation_P,
            "reward_chosen": chosen_P,
            "reward_rejected": rejected_P,
            "reward_margin": chosen_P - rejected_P,
            "reward_accuracy": (chosen_P > rejected_P).float(),
        }
        return {name: value_P.detach().sum() for name, value_P in of_pairs.items()}


def mpo_terms(
    policy: PairLogProbs,
    rewards: Rewards,
    num_chosen_P: Tensor,
    reward_shift: float,
    options: MpoOptions,
) -> MpoTerms:
    """MPO's loss of every pair: InternVL3 §2.3.

    While policy and reference are equal all rewards and δ are 0, and a pair's loss is
    0.8 ln 2 + 0.2 · 2 ln 2 + L_g = 0.8318 + L_g with the default weights.

    Args:
        policy: Of the weights in training.
        rewards: See `rewards_of`.
        num_chosen_P: (P,) target tokens of every chosen answer.
        reward_shift: See `bco_loss`.
        options: Weights of the terms.
    """
    preference_P = dpo_loss(rewards)
    quality_P = bco_loss(rewards, reward_shift)
    generation_P = nll_loss(policy, num_chosen_P)
    loss_P = (
        options.preference_weight * preference_P
        + options.quality_weight * quality_P
        + options.generation_weight * generation_P
    )
    return MpoTerms(loss_P, preference_P, quality_P, generation_P, rewards)
