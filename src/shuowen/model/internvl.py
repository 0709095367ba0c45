"""InternVL3: the three parts joined.

::

    tiles ─ vision ─ projector ─┐
                                ├─ embed ─ language ─ logits
    token ids ──────────────────┘

Shapes: T tokens of all sequences, N tokens whose logits are wanted, D language width, V vocabulary
(in `visual_VD`: visual tokens of all tiles), M tiles, S visual tokens of a tile; `pixels_MCHW`
(M, 3, rows, columns).
"""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from shuowen.errors import EngineError
from shuowen.model.attention import PackedAttention
from shuowen.model.config import ModelConfig
from shuowen.model.language import LanguageModel
from shuowen.model.projector import Projector
from shuowen.model.rope import longest_positions
from shuowen.model.vision import VisionEncoder

_HINT = "Encode the prompt with the model's own processor."


class InternVL(nn.Module):
    """The whole network, freshly made: fill it with `model.weights` or `init_weights`.

    Args:
        config: Sizes; `CONFIGS` has the seven published ones. Under `torch.device("meta")` it
            takes no memory.

    Attributes:
        recompute_activations: Have `forward` run every block twice in training; see there.
        runs_vision_always: Have `forward` send an empty tile through the vision encoder where there
            are no pictures. Processes that share the weights must all ask for the same blocks.
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        self.recompute_activations = False
        self.runs_vision_always = False
        self.vision = VisionEncoder(config.vision)
        self.projector = Projector(config)
        self.language = LanguageModel(config.language)

    @property
    def num_parameters(self) -> int:
        """Numbers that training changes."""
        return sum(parameter.numel() for parameter in self.parameters())

    def encode_tiles(self, pixels_MCHW: Tensor, *, recompute_activations: bool = False) -> Tensor:
        """Visual tokens of tiles.

        Args:
            pixels_MCHW: (M, 3, 448, 448) normalised pixels of any float type.
            recompute_activations: See `VisionEncoder.forward`.

        Returns:
            visual_MSD (M, S, D), in the type of the weights.
        """
        features_MPC = self.vision(pixels_MCHW, recompute_activations=recompute_activations)
        visual_MSD: Tensor = self.projector(features_MPC)
        return visual_MSD

    def embed(
        self, token_ids_T: Tensor, visual_mask_T: Tensor | None, visual_VD: Tensor | None
    ) -> Tensor:
        """What enters the language model: embedded tokens, visual tokens at their placeholders.

        Args:
            token_ids_T: (T,) int64.
            visual_mask_T: (T,) bool, True at the placeholders; None: there are none.
            visual_VD: (V, D) visual tokens in the order of their placeholders; None: there are
                none.

        Returns:
            embeds_TD (T, D).

        Raises:
            EngineError: There are more or fewer visual tokens than placeholders.
        """
        embeds_TD: Tensor = self.language.embedding(token_ids_T)
        if visual_mask_T is None and visual_VD is None:
            return embeds_TD
        where_V = None if visual_mask_T is None else visual_mask_T.nonzero().squeeze(1)
        num_places = 0 if where_V is None else len(where_V)
        num_visual = 0 if visual_VD is None else len(visual_VD)
        if num_places != num_visual:
            raise EngineError(f"{num_visual} visual tokens for {num_places} placeholders.", _HINT)
        if where_V is None or visual_VD is None:
            return embeds_TD
        return embeds_TD.index_copy(0, where_V, visual_VD.to(embeds_TD.dtype))

    def forward(
        self,
        token_ids_T: Tensor,
        positions_T: Tensor,
        lengths: Sequence[int],
        visual_mask_T: Tensor | None = None,
        pixels_MCHW: Tensor | None = None,
        longest_T: Tensor | None = None,
        *,
        rows_N: Tensor | None = None,
        recompute_activations: bool = False,
    ) -> Tensor:
        """Logits of the tokens of whole sequences, for training and the reference loop.

        Args:
            token_ids_T: (T,) int64, sequences packed one after another.
            positions_T: (T,) float32, restarting at 0 in every sequence.
            lengths: Tokens of each sequence; they add up to T.
            visual_mask_T: (T,) bool, True at the placeholders.
            pixels_MCHW: (M, 3, 448, 448) all tiles of all sequences, in order.
            longest_T: See `Rotary`; None: read off the positions.
            rows_N: (N,) int64, the tokens whose logits are wanted; None: all, N = T. Most tokens of
                a prompt have no target, and the head is the widest matrix.
            recompute_activations: Save memory in training by running every block twice; the
                attribute of that name asks for it too.

        Returns:
            logits_NV (N, V).

        Raises:
            EngineError: Lengths or visual tokens do not fit the tokens.
        """
        if sum(lengths) != len(token_ids_T):
            raise EngineError(f"{sum(lengths)} tokens expected, {len(token_ids_T)} given.", _HINT)
        recompute = recompute_activations or self.recompute_activations
        hidden_TD = self.language(
            self._seen(token_ids_T, visual_mask_T, pixels_MCHW, recompute),
            positions_T,
            PackedAttention(lengths),
            longest_positions(positions_T, lengths) if longest_T is None else longest_T,
            recompute_activations=recompute,
        )
        if rows_N is not None:
            hidden_TD = hidden_TD.index_select(0, rows_N)
        return self.language.logits(hidden_TD)

    def _seen(
        self,
        token_ids_T: Tensor,
        visual_mask_T: Tensor | None,
        pixels_MCHW: Tensor | None,
        recompute: bool,
    ) -> Tensor:
        """(T, D), the pictures in their places."""
        if pixels_MCHW is not None:
            visual_MSD = self.encode_tiles(pixels_MCHW, recompute_activations=recompute)
            return self.embed(token_ids_T, visual_mask_T, visual_MSD.flatten(0, 1))
        embeds_TD = self.embed(token_ids_T, visual_mask_T, None)
        if not self.runs_vision_always:
            return embeds_TD
        return embeds_TD + 0.0 * self._visual_of_nothing(embeds_TD)

    def _visual_of_nothing(self, like: Tensor) -> Tensor:
        side_px = self.config.vision.tile_side_px
        return self.encode_tiles(like.new_zeros(1, 3, side_px, side_px)).sum()
