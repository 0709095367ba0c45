"""`config.json` written in both forms, so that other engines read what is saved. Needs no torch."""

from __future__ import annotations

from collections.abc import Mapping

from shuowen.errors import ModelError
from shuowen.model.config import LanguageConfig, LanguageLayout, ModelConfig, VisionConfig
from shuowen.model.config_json import Form, Json

_LANGUAGES: Mapping[tuple[Form, LanguageLayout], tuple[str, str]] = {
    ("original", "qwen2"): ("qwen2", "Qwen2ForCausalLM"),
    ("original", "internlm2"): ("internlm2", "InternLM2ForCausalLM"),
    ("hf", "qwen2"): ("qwen2", "Qwen2ForCausalLM"),
    ("hf", "internlm2"): ("llama", "LlamaForCausalLM"),
}
_CARRIED = ("bos_token_id", "eos_token_id", "pad_token_id")
_STALE = ("rope_parameters", "dtype", "image_token_index", "quantization_config")
_LANGUAGE_KEYS = ("llm_config", "text_config")


def original_json(config: ModelConfig, dtype_name: str, source: Json | None = None) -> Json:
    """The original form, as LMDeploy, vLLM and OpenGVLab's own code read it.

    Args:
        config: The model's sizes.
        dtype_name: Type of the saved weights: "bfloat16", "float32", …
        source: The `config.json` of the folder that the model came from. All its entries that say
            nothing else are kept, `auto_map` with them, which names Python files that LMDeploy
            loads from the same folder.

    Raises:
        ModelError: The original form cannot express `config`.
    """
    vision, language = config.vision, config.language
    if language.head_width * language.num_heads != language.width:
        raise ModelError("The original layout has no head width of its own.", "Save it as hf.")
    new: Json = {
        "architectures": ["InternVLChatModel"],
        "model_type": "internvl_chat",
        "torch_dtype": dtype_name,
        "downsample_ratio": 1 / config.unshuffle,
        "dynamic_image_size": True,
        "force_image_size": vision.tile_side_px,
        "hidden_size": language.width,
        "min_dynamic_patch": config.min_tiles,
        "max_dynamic_patch": config.max_tiles,
        "pad2square": False,
        "ps_version": "v2",
        "select_layer": -1,
        "template": "internvl2_5",
        "tie_word_embeddings": False,
        "use_backbone_lora": 0,
        "use_llm_lora": 0,
        "use_thumbnail": config.use_thumbnail,
        "llm_config": _language(language, "original", dtype_name, source),
        "vision_config": _original_vision(vision, dtype_name),
    }
    return _laid_over(source, new) if source is not None and "llm_config" in source else new


def hf_json(
    config: ModelConfig, dtype_name: str, image_token_id: int, source: Json | None = None
) -> Json:
    """The hf form, as transformers from 4.52 on reads it.

    Args:
        config: The model's sizes.
        dtype_name: Type of the saved weights: "bfloat16", "float32", …
        image_token_id: Id of `<IMG_CONTEXT>` in the model's tokenizer.
        source: As for `original_json`.
    """
    new: Json = {
        "architectures": ["InternVLForConditionalGeneration"],
        "model_type": "internvl",
        "torch_dtype": dtype_name,
        "downsample_ratio": 1 / config.unshuffle,
        "image_seq_length": config.visual_tokens_per_tile,
        "image_token_id": image_token_id,
        "projector_hidden_act": "gelu",
        "tie_word_embeddings": False,
        "vision_feature_layer": -1,
        "vision_feature_select_strategy": "default",
        "text_config": _language(config.language, "hf", dtype_name, source),
        "vision_config": _hf_vision(config.vision, dtype_name),
        **_own_tiling(config),
    }
    return _laid_over(source, new) if source is not None and "text_config" in source else new


def _own_tiling(config: ModelConfig) -> Json:
    """How pictures are cut, where that differs from all published models."""
    tiling = {
        "min_dynamic_patch": (config.min_tiles, 1),
        "max_dynamic_patch": (config.max_tiles, 12),
        "use_thumbnail": (config.use_thumbnail, True),
    }
    return {name: own for name, (own, published) in tiling.items() if own != published}


def _original_vision(vision: VisionConfig, dtype_name: str) -> Json:
    return {
        "architectures": ["InternVisionModel"],
        "model_type": "intern_vit_6b",
        "torch_dtype": dtype_name,
        "hidden_size": vision.width,
        "num_hidden_layers": vision.depth,
        "num_attention_heads": vision.num_heads,
        "intermediate_size": vision.mlp_width,
        "image_size": vision.tile_side_px,
        "patch_size": vision.patch_side_px,
        "num_channels": 3,
        "hidden_act": "gelu",
        "norm_type": vision.norm,
        "layer_norm_eps": vision.norm_eps,
        "qkv_bias": vision.has_qkv_bias,
        "qk_normalization": vision.has_qk_norm,
        "initializer_factor": vision.layer_scale_init,
        "drop_path_rate": vision.drop_path,
        "dropout": 0.0,
        "attention_dropout": 0.0,
        "use_flash_attn": True,
    }


def _hf_vision(vision: VisionConfig, dtype_name: str) -> Json:
    return {
        "model_type": "internvl_vision",
        "torch_dtype": dtype_name,
        "hidden_size": vision.width,
        "num_hidden_layers": vision.depth,
        "num_attention_heads": vision.num_heads,
        "intermediate_size": vision.mlp_width,
        "image_size": [vision.tile_side_px] * 2,
        "patch_size": [vision.patch_side_px] * 2,
        "num_channels": 3,
        "hidden_act": "gelu",
        "norm_type": vision.norm,
        "layer_norm_eps": vision.norm_eps,
        "attention_bias": vision.has_qkv_bias,
        "use_qk_norm": vision.has_qk_norm,
        "layer_scale_init_value": vision.layer_scale_init,
        "use_absolute_position_embeddings": True,
        "use_mask_token": False,
        "use_mean_pooling": True,
    }


def _language(language: LanguageConfig, form: Form, dtype_name: str, source: Json | None) -> Json:
    model_type, architecture = _LANGUAGES[form, language.layout]
    section: Json = {
        "architectures": [architecture],
        "model_type": model_type,
        "torch_dtype": dtype_name,
        "vocab_size": language.vocab_size,
        "hidden_size": language.width,
        "intermediate_size": language.mlp_width,
        "num_hidden_layers": language.num_layers,
        "num_attention_heads": language.num_heads,
        "num_key_value_heads": language.num_kv_heads,
        "hidden_act": "silu",
        "max_position_embeddings": language.window,
        "rms_norm_eps": language.norm_eps,
        # The older spelling, which transformers 5 turns into its `rope_parameters` by itself.
        "rope_theta": language.rope_theta,
        "rope_scaling": _scaling(language, model_type),
        "tie_word_embeddings": False,
        **_biases(language, model_type),
    }
    if form == "hf":
        section["head_dim"] = language.head_width
    return section | _token_ids(source)


def _biases(language: LanguageConfig, model_type: str) -> Json:
    """Qwen2 has biases without saying so; the other two say that they have none."""
    if language.has_qkv_bias != (model_type == "qwen2"):
        raise ModelError(f"{model_type} has no form for these biases.", "Check the configuration.")
    return {
        "qwen2": {"use_sliding_window": False},
        "internlm2": {"bias": False},
        "llama": {"attention_bias": False, "mlp_bias": False},
    }[model_type]


def _scaling(language: LanguageConfig, model_type: str) -> Json | None:
    if language.rope_scaling is None:
        return None
    scaling: Json = {"type": "dynamic", "factor": float(language.rope_scaling.factor)}
    # InternLM2's own code refuses any third entry.
    return scaling if model_type == "internlm2" else {**scaling, "rope_type": "dynamic"}


def _token_ids(source: Json | None) -> Json:
    """Ids of begin, end and padding, which both forms spell alike."""
    sections = [(source or {}).get(key) for key in _LANGUAGE_KEYS]
    return {
        key: section[key]
        for section in sections
        if isinstance(section, dict)
        for key in _CARRIED
        if section.get(key) is not None
    }


def _laid_over(old: Json, new: Json) -> Json:
    """`old` with every entry of `new`, section by section."""
    merged = dict(old)
    for key, value in new.items():
        below = merged.get(key)
        is_section = key in (*_LANGUAGE_KEYS, "vision_config") and isinstance(below, dict)
        merged[key] = _laid_over(below, value) if is_section and below is not None else value
    for stale in _STALE:
        merged.pop(stale, None)
    return merged
