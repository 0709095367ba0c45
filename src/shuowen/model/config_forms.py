"""The two forms of `config.json`, as their authors write them, with the defaults they leave out.

The *original* form is OpenGVLab's (`internvl_chat`), the *hf* form that of Hugging Face
transformers (`internvl`), which drops every value that equals its class's default. Facts and
defaults: OpenGVLab/InternVL `configuration_internvl_chat.py`, `configuration_intern_vit.py`,
`configuration_internlm2.py`; transformers `configuration_internvl.py`, `configuration_qwen2.py`,
`configuration_llama.py`. Only this file and `config_json` know these names. Needs no torch.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated

from msgspec import Meta, Struct

Size = Annotated[int, Meta(ge=1, le=1 << 24)]
Depth = Annotated[int, Meta(ge=1, le=1024)]
Positive = Annotated[float, Meta(gt=0)]


class OriginalVision(Struct, kw_only=True):
    """`vision_config` of the original form."""

    hidden_size: Size = 3200
    num_hidden_layers: Depth = 48
    num_attention_heads: Size = 25
    intermediate_size: Size = 12_800
    image_size: Size = 224
    patch_size: Size = 14
    num_channels: int = 3
    hidden_act: str = "gelu"
    norm_type: str = "rms_norm"
    layer_norm_eps: Positive = 1e-6
    qkv_bias: bool = False
    qk_normalization: bool = True
    initializer_factor: float = 0.1
    drop_path_rate: float = 0.0


class HfVision(Struct, kw_only=True):
    """`vision_config` of the hf form."""

    hidden_size: Size = 1024
    num_hidden_layers: Depth = 24
    num_attention_heads: Size = 16
    intermediate_size: Size = 4096
    image_size: Size | list[Size] = 448
    patch_size: Size | list[Size] = 14
    num_channels: int = 3
    hidden_act: str = "gelu"
    norm_type: str = "layer_norm"
    layer_norm_eps: Positive = 1e-6
    attention_bias: bool = False
    use_qk_norm: bool = False
    layer_scale_init_value: float = 0.1
    use_mean_pooling: bool = True
    use_absolute_position_embeddings: bool = True


class Rope(Struct, kw_only=True):
    """`rope_scaling`, and `rope_parameters` of transformers 5, which holds the base too."""

    rope_type: str | None = None
    type: str | None = None
    factor: Annotated[float, Meta(ge=1)] | None = None
    rope_theta: Positive | None = None


class Language(Struct, kw_only=True):
    """What the language models share; defaults are Qwen2's."""

    vocab_size: Size = 151_936
    hidden_size: Size = 4096
    intermediate_size: Size = 22_016
    num_hidden_layers: Depth = 32
    num_attention_heads: Size = 32
    num_key_value_heads: Size | None = 32
    head_dim: Size | None = None
    hidden_act: str = "silu"
    max_position_embeddings: Size = 32_768
    rms_norm_eps: Positive = 1e-6
    rope_theta: Positive = 10_000.0
    rope_scaling: Rope | None = None
    rope_parameters: Rope | None = None
    tie_word_embeddings: bool = False


class Qwen2(Language, kw_only=True):
    """Qwen2.5; its queries, keys and values always have biases."""

    use_sliding_window: bool = False


class InternLM2(Language, kw_only=True):
    """InternLM2 in the original form; also holds the InternLM3 of InternVL3-9B."""

    vocab_size: Size = 103_168
    intermediate_size: Size = 11_008
    num_key_value_heads: Size | None = None
    max_position_embeddings: Size = 2048
    bias: bool = True


class Llama(Language, kw_only=True):
    """The form into which transformers puts an InternLM2."""

    vocab_size: Size = 32_000
    intermediate_size: Size = 11_008
    num_key_value_heads: Size | None = None
    max_position_embeddings: Size = 2048
    attention_bias: bool = False
    mlp_bias: bool = False


class Original(Struct, kw_only=True):
    """The whole original form but for its two models."""

    architectures: list[str] = []
    select_layer: int = -1
    downsample_ratio: Positive = 0.5
    template: str | None = None
    ps_version: str = "v1"
    pad2square: bool = False
    force_image_size: Size | None = None
    dynamic_image_size: bool = False
    use_thumbnail: bool = False
    min_dynamic_patch: Size = 1
    max_dynamic_patch: Size = 6
    tie_word_embeddings: bool = False


class Hf(Struct, kw_only=True):
    """The whole hf form but for its two models."""

    architectures: list[str] = []
    downsample_ratio: Positive = 0.5
    image_token_id: int | None = None
    image_token_index: int | None = None
    vision_feature_layer: int | list[int] = -1
    vision_feature_select_strategy: str = "default"
    projector_hidden_act: str = "gelu"
    tie_word_embeddings: bool = True
    # Transformers leaves tiles to its processor; models that differ are saved with these by us.
    min_dynamic_patch: Size = 1
    max_dynamic_patch: Size = 12
    use_thumbnail: bool = True


Accepted = Mapping[str, tuple[object, ...]]

_NORMS = ("layer_norm", "rms_norm")

ACCEPTED: Mapping[type[Struct], Accepted] = MappingProxyType(
    {
        Original: {
            "architectures": (["InternVLChatModel"],),
            "select_layer": (-1,),
            "template": ("internvl2_5", None),
            "ps_version": ("v2",),
            "pad2square": (False,),
        },
        Hf: {
            "architectures": (["InternVLForConditionalGeneration"], []),
            "vision_feature_layer": (-1, [-1]),
            "vision_feature_select_strategy": ("default",),
            "projector_hidden_act": ("gelu",),
        },
        OriginalVision: {"num_channels": (3,), "hidden_act": ("gelu",), "norm_type": _NORMS},
        HfVision: {
            "num_channels": (3,),
            "hidden_act": ("gelu",),
            "norm_type": _NORMS,
            "use_mean_pooling": (True,),
            "use_absolute_position_embeddings": (True,),
        },
        Qwen2: {"hidden_act": ("silu",), "use_sliding_window": (False,)},
        InternLM2: {"hidden_act": ("silu",), "bias": (False,)},
        Llama: {"hidden_act": ("silu",), "attention_bias": (False,), "mlp_bias": (False,)},
    }
)
"""The values that this network can stand for; any other would need code that is not here."""
