"""Several solutions of one question in one forward pass: what they share runs once.

Shapes: T tokens of a batch, N places whose logits are wanted, M tiles, S visual tokens of a tile,
V visual tokens of all pictures of the question, D language width.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from shuowen.image.normalise import normalise
from shuowen.model.internvl import InternVL
from shuowen.model.shared_prefix import SharedPrefixAttention
from shuowen.prompt.inputs import ModelInputs

_TILES_AT_ONCE = 4


@dataclass(frozen=True)
class SharedBatch:
    """Prompts that begin alike, the beginning once.

    Attributes:
        members: Which of all prompts these are.
        inputs: Those prompts.
        num_shared: How many tokens they begin alike with.
        rows: For each prompt, the indices in it of the tokens whose logits are wanted.
    """

    members: tuple[int, ...]
    inputs: tuple[ModelInputs, ...]
    num_shared: int
    rows: tuple[tuple[int, ...], ...]

    @classmethod
    def of(
        cls, inputs: Sequence[ModelInputs], rows: Sequence[Sequence[int]], max_tokens: float
    ) -> Iterator[SharedBatch]:
        """Prompts in batches of at most so many tokens, or of one prompt that has more.

        What is shared ends before the first wanted row, so that every prompt has its own.
        """
        if not inputs:
            return
        num_shared = min(_common_beginning(inputs), *(each[0] for each in rows))
        members: list[int] = []
        num_tokens = num_shared
        for index, each in enumerate(inputs):
            own = each.num_tokens - num_shared
            if members and num_tokens + own > max_tokens:
                yield cls._made(members, inputs, num_shared, rows)
                members, num_tokens = [], num_shared
            members.append(index)
            num_tokens += own
        yield cls._made(members, inputs, num_shared, rows)

    @classmethod
    def _made(
        cls,
        members: Sequence[int],
        inputs: Sequence[ModelInputs],
        num_shared: int,
        rows: Sequence[Sequence[int]],
    ) -> SharedBatch:
        chosen = tuple(inputs[index] for index in members)
        return cls(tuple(members), chosen, num_shared, tuple(tuple(rows[n]) for n in members))

    @property
    def lengths(self) -> list[int]:
        """Tokens of each prompt beyond what they share."""
        return [each.num_tokens - self.num_shared for each in self.inputs]

    @property
    def rows_N(self) -> list[int]:
        """Where the wanted rows are in the batch: all of the first prompt, then of the next."""
        first, found = self.num_shared, []
        for rows, length in zip(self.rows, self.lengths, strict=True):
            found += [first + row - self.num_shared for row in rows]
            first += length
        return found

    def joined(self, parts: Sequence[NDArray[np.generic]]) -> Tensor:
        """One array (T,) of one for each prompt: the shared beginning, then every ending."""
        beginning = parts[0][: self.num_shared]
        endings = [each[self.num_shared :] for each in parts]
        return torch.from_numpy(np.concatenate([beginning, *endings]))

    def visuals(self, visual_VD: Tensor) -> Tensor:
        """Visual tokens in the order of the batch's placeholders; all prompts show the same ones.

        Pictures are shared wherever positions are; only where one prompt needs a smaller step than
        another to fit the window does each have its own.
        """
        num_before = int(self.inputs[0].visual_mask_T[: self.num_shared].sum())
        own_VD = visual_VD[num_before:]
        return torch.cat((visual_VD[:num_before], *[own_VD] * len(self.inputs)))


def see(model: InternVL, inputs: ModelInputs) -> Tensor | None:
    """Visual tokens (V, D) of all pictures of a prompt, a few tiles at a time; None without any."""
    if not inputs.images:
        return None
    weight = model.language.norm.weight
    tiles_MHWC = np.concatenate([picture.tiles_MHWC for picture in inputs.images])
    seen_MSD = [
        model.encode_tiles(
            torch.from_numpy(normalise(tiles_MHWC[first : first + _TILES_AT_ONCE])).to(
                weight.device, weight.dtype
            )
        )
        for first in range(0, len(tiles_MHWC), _TILES_AT_ONCE)
    ]
    return torch.cat(seen_MSD).flatten(0, 1)


def hidden_rows(model: InternVL, batch: SharedBatch, visual_VD: Tensor | None) -> Tensor:
    """What the language model makes of the wanted rows, (N, D)."""
    device = model.language.norm.weight.device
    mask_T = None if visual_VD is None else batch.joined([x.visual_mask_T for x in batch.inputs])
    embeds_TD = model.embed(
        batch.joined([x.token_ids_T for x in batch.inputs]).to(device),
        None if mask_T is None else mask_T.to(device),
        None if visual_VD is None else batch.visuals(visual_VD),
    )
    hidden_TD = model.language(
        embeds_TD,
        batch.joined([x.positions_T for x in batch.inputs]).to(device),
        SharedPrefixAttention(batch.num_shared, batch.lengths),
    )
    rows_N = torch.tensor(batch.rows_N, device=device)
    wanted_ND: Tensor = hidden_TD.index_select(0, rows_N)
    return wanted_ND


def _common_beginning(inputs: Sequence[ModelInputs]) -> int:
    """How many tokens all prompts begin with, at the same positions."""
    first = inputs[0]
    num_alike = first.num_tokens
    for other in inputs[1:]:
        num = min(num_alike, other.num_tokens)
        differs = (first.token_ids_T[:num] != other.token_ids_T[:num]) | (
            first.positions_T[:num] != other.positions_T[:num]
        )
        num_alike = int(differs.argmax()) if differs.any() else num
    return num_alike
