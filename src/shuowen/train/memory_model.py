"""How much memory one process of a training run takes, from the sizes alone.

Numbers of bytes are per element that stays between forward and backward when layers are computed in
bfloat16 under autocast with float32 weights, read off the modules: the residual stream and what
norms keep are float32, inputs of matrix products are bfloat16 copies.

Letters: T tokens and M tiles of a packed sequence, D language width, F MLP width, Q rows of the
fused query, key and value projection, C vision width, W processes.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

from shuowen.model.config import LanguageConfig, ModelConfig, VisionConfig
from shuowen.train.part_sizes import PartSizes

GIB = 2**30
"""What makers of graphics cards call a GB: a card of 24 GB has 24 · 2^30 bytes."""

_WEIGHT, _GRADIENT, _CAST = 4, 4, 2
_FROZEN_WEIGHT = 2
_ADAM, _MUON = 8, 4
_LOGIT = 10
"""bfloat16 logits, their float32 copy and the softmax; or softmax and two gradients, backward."""
_ADAPTER_INPUT = 6
"""An adapter's own copy of a layer's input: float32 after dropout, and bfloat16."""
_STREAM = 4


@dataclass(frozen=True, kw_only=True)
class Load:
    """What one process works on and how.

    Attributes:
        num_tokens: Of the longest packed sequence (T).
        num_tiles: At most in one (M).
        num_targets: Tokens whose logits are computed, at most.
        num_processes: That share weights, gradients and moments (W).
        recompute: Whether activations are recomputed.
        has_reference: Whether a frozen copy answers too (MPO).
        is_vision_trained: Whether gradients flow through the vision encoder.
        is_adapter: Whether only an adapter is trained.
        has_small_weights: Whether frozen weights under an adapter are kept in bfloat16.
        has_muon: Whether the matrices of layers have Muon's one moment instead of two.
    """

    num_tokens: int
    num_tiles: int
    num_targets: int
    num_processes: int = 1
    recompute: bool = True
    has_reference: bool = False
    is_vision_trained: bool = True
    is_adapter: bool = False
    has_small_weights: bool = False
    has_muon: bool = False


@dataclass(frozen=True, kw_only=True)
class Memory:
    """Bytes of one process at the worst moment of a step."""

    weights: float
    """float32, this process's part; frozen ones under an adapter bfloat16."""
    reference: float
    gradients: float
    moments: float
    """Of the optimiser."""
    casts: float
    """bfloat16 copies of weights, and whole blocks that were gathered from other processes."""
    language: float
    """Activations."""
    vision: float
    logits: float
    margin: float
    """A tenth of all for fragments, and what libraries take."""

    @property
    def total(self) -> float:
        """All together."""
        return float(sum(getattr(self, each.name) for each in fields(self)))


def predict_memory(
    config: ModelConfig, sizes: PartSizes, load: Load, library_bytes: float = 1.5 * GIB
) -> Memory:
    """Memory of one process.

    Args:
        config: Sizes of the model.
        sizes: Numbers of parameters.
        load: What the process works on.
        library_bytes: Taken before the first tensor: CUDA's context and workspaces.
    """
    share = 1 / load.num_processes
    trained = sizes.trained
    weight = _FROZEN_WEIGHT if load.has_small_weights else _WEIGHT
    moment = _MUON if load.has_muon else _ADAM
    language = _language_bytes(config.language, load)
    parts = {
        "weights": share * (weight * (sizes.total - sizes.adapter) + _WEIGHT * sizes.adapter),
        "reference": share * _WEIGHT * sizes.total if load.has_reference else 0.0,
        "gradients": share * _GRADIENT * trained,
        "moments": share * (moment * sizes.matrices + _ADAM * (trained - sizes.matrices)),
        "casts": _cast_bytes(sizes, load),
        "language": language,
        "vision": _vision_bytes(config.vision, load),
        "logits": float(_LOGIT * config.language.vocab_size * load.num_targets),
    }
    return Memory(margin=0.1 * sum(parts.values()) + library_bytes, **parts)


def _cast_bytes(sizes: PartSizes, load: Load) -> float:
    if load.is_adapter:
        return float(_CAST * sizes.adapter)
    if load.num_processes == 1:
        # Autocast keeps a copy of every weight that is trained until the step ends.
        return float(_CAST * sizes.trained)
    # Embedding, head and the like stay gathered through the step; of the blocks two at a time.
    gathered = sizes.outside_blocks + 2 * sizes.largest_block
    return float((_WEIGHT + _CAST) * gathered)


def _language_bytes(config: LanguageConfig, load: Load) -> float:
    stream = _STREAM * config.width
    attended = config.num_heads * config.head_width
    # Twice: input and normalised value of the norm, float32, and the bfloat16 input of the product.
    norms = 2 * (2 * _STREAM + 2) * config.width
    # Projection, its rotated and sorted copy, result and its sorted copy.
    attention = 4 * config.qkv_width + 4 * attended
    mlp = 8 * config.mlp_width  # gate and up, silu of the gate, product
    layer = norms + attention + mlp
    if load.is_adapter:
        inputs = 2 * config.width + attended + config.mlp_width
        layer += _ADAPTER_INPUT * inputs
    if load.recompute:
        # Inputs of all layers; of one everything, and the gradients of it.
        return load.num_tokens * (stream * config.num_layers + 2.0 * layer)
    return load.num_tokens * (layer * config.num_layers + 1.0 * layer)


def _vision_bytes(config: VisionConfig, load: Load) -> float:
    num_patches = load.num_tiles * config.num_positions
    stream = _STREAM * config.width
    # Norm inputs and bfloat16 inputs of products, projection, attended, both scaled changes.
    block = 26 * config.width + 4 * config.mlp_width
    if config.drop_path:
        block += 2 * _STREAM * config.width
    if config.has_qk_norm:
        block += 2 * 2 * _STREAM * config.width
    if not load.is_vision_trained:
        return float(num_patches * block)
    if load.recompute:
        return num_patches * (stream * config.depth + 2.0 * block)
    return num_patches * (block * config.depth + 1.0 * block)
