"""`config.json` in both forms: read into a `ModelConfig`, and written from one.

A folder is accepted only when the network computes what its authors' code computes; everything
else in the file that would change the result is refused by name. Needs no torch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args

import msgspec

from shuowen.errors import ModelError
from shuowen.model import config_forms as forms
from shuowen.model.config import (
    LanguageConfig,
    LanguageLayout,
    ModelConfig,
    Norm,
    RopeScaling,
    VisionConfig,
    exact_div,
)

Form = Literal["original", "hf"]
Json = dict[str, Any]
_AnyStruct = TypeVar("_AnyStruct", bound=msgspec.Struct)

_FORMS: tuple[Form, ...] = get_args(Form)
_LANGUAGE_KEYS: Mapping[Form, str] = {"original": "llm_config", "hf": "text_config"}
_LANGUAGES: Mapping[tuple[Form, str], tuple[type[forms.Language], LanguageLayout]] = {
    ("original", "Qwen2ForCausalLM"): (forms.Qwen2, "qwen2"),
    ("original", "InternLM2ForCausalLM"): (forms.InternLM2, "internlm2"),
    ("hf", "qwen2"): (forms.Qwen2, "qwen2"),
    ("hf", "llama"): (forms.Llama, "internlm2"),
}
OWN_METHOD = "shuowen"
"""The `quant_method` of folders that `shuowen models quantize` writes."""

_CHECK = "Check config.json, or download the folder again."
_FAMILY = "Shuowen reads InternVL3 and InternVL2.5 with Qwen2.5 or InternLM."


@dataclass(frozen=True, kw_only=True)
class ConfigJson:
    """What a `config.json` says."""

    config: ModelConfig
    form: Form
    has_tied_head: bool
    """Whether the embedding stands in for a language head that the weights lack."""
    precision: Mapping[str, str] | None = None
    """Fields of `model.precision.Precision`, where the weights are quantised by Shuowen."""


def read_config(folder: Path) -> ModelConfig:
    """The sizes of the model in `folder`; raises like `read_config_json`."""
    return read_config_json(folder).config


def read_config_json(folder: Path) -> ConfigJson:
    """Read and check `config.json`.

    Args:
        folder: A model folder in the original or the `-hf` layout.

    Raises:
        ModelError: The file is missing, damaged, or describes another network, or its weights are
            quantised by others.
    """
    return parse_config(load_json(folder / "config.json"))


def load_json(path: Path) -> Json:
    """A JSON file that holds an object; raises `ModelError`."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, Any])
    except FileNotFoundError as error:
        hint = "Give a folder that was downloaded whole: config.json, tokenizer and safetensors."
        raise ModelError(f"{path} does not exist.", hint) from error
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror}.", _CHECK) from error
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise ModelError(f"{path} is damaged: {error}.", _CHECK) from error


def parse_config(raw: Json) -> ConfigJson:
    """The same for a decoded `config.json`."""
    form = _form_of(raw)
    precision = _precision(raw, form)
    language_form, language = _language(raw, form)
    read = _from_original if form == "original" else _from_hf
    config, is_tied = read(raw, language)
    _check(config)
    return ConfigJson(
        config=config,
        form=form,
        has_tied_head=is_tied or language_form.tie_word_embeddings,
        precision=precision,
    )


def _form_of(raw: Json) -> Form:
    for form in _FORMS:
        if _LANGUAGE_KEYS[form] in raw and "vision_config" in raw:
            return form
    kind = raw.get("model_type") or raw.get("architectures") or "no model type"
    raise ModelError(f"config.json is not that of an InternVL: it says {kind!r}.", _FAMILY)


def _precision(raw: Json, form: Form) -> Mapping[str, str] | None:
    """How Shuowen has quantised the weights; those of others are refused."""
    for place in (raw, raw[_LANGUAGE_KEYS[form]]):
        quantised = isinstance(place, dict) and place.get("quantization_config")
        if quantised:
            method = quantised.get("quant_method") if isinstance(quantised, dict) else quantised
            if method == OWN_METHOD:
                return {str(k): str(v) for k, v in quantised.items() if k != "quant_method"}
            raise ModelError(
                f"The weights of this folder are quantised ({method}), which Shuowen's own engine"
                " does not read.",
                "Serve it with LMDeploy or vLLM, which read it, or give the folder of the same"
                " model that is not quantised: Shuowen can quantise it while loading.",
            )
    return None


def _section(raw: Json, key: str, kind: type[_AnyStruct]) -> _AnyStruct:
    """One part of the file as a record, with everything in it that is not supported refused."""
    try:
        record = msgspec.convert(raw[key] if key else raw, kind)
    except (msgspec.ValidationError, RecursionError) as error:
        raise ModelError(f"config.json, {key or 'top'}: {error}.", _CHECK) from error
    wrong = [
        f"{name} {value!r}"
        for name, values in forms.ACCEPTED[kind].items()
        if (value := getattr(record, name)) not in values
    ]
    if wrong:
        where = f"{key}: " if key else ""
        raise ModelError(f"config.json asks for {where}{', '.join(wrong)}: unsupported.", _FAMILY)
    return record


def _language(raw: Json, form: Form) -> tuple[forms.Language, LanguageConfig]:
    key = _LANGUAGE_KEYS[form]
    section = raw[key] if isinstance(raw[key], dict) else {}
    named = section.get("model_type") if form == "hf" else section.get("architectures")
    name = named[0] if isinstance(named, list) and named else named
    if (form, str(name)) not in _LANGUAGES:
        raise ModelError(f"config.json names the language model {name!r}.", _FAMILY)
    kind, layout = _LANGUAGES[form, str(name)]
    record = _section(raw, key, kind)
    return record, _language_config(record, layout)


def _language_config(form: forms.Language, layout: LanguageLayout) -> LanguageConfig:
    rope = form.rope_scaling or form.rope_parameters or forms.Rope()
    theta = (form.rope_parameters and form.rope_parameters.rope_theta) or rope.rope_theta
    return LanguageConfig(
        width=form.hidden_size,
        num_layers=form.num_hidden_layers,
        num_heads=form.num_attention_heads,
        num_kv_heads=form.num_key_value_heads or form.num_attention_heads,
        head_width=form.head_dim or exact_div(form.hidden_size, form.num_attention_heads),
        mlp_width=form.intermediate_size,
        vocab_size=form.vocab_size,
        layout=layout,
        has_qkv_bias=layout == "qwen2",
        rope_theta=theta or form.rope_theta,
        rope_scaling=_scaling(rope),
        norm_eps=form.rms_norm_eps,
        window=form.max_position_embeddings,
    )


def _scaling(rope: forms.Rope) -> RopeScaling | None:
    kind = rope.rope_type or rope.type or "default"
    if kind == "default":
        return None
    if kind != "dynamic" or rope.factor is None:
        factor = "" if rope.factor else " without a factor"
        raise ModelError(f"config.json asks for rope scaling {kind!r}{factor}.", _FAMILY)
    return RopeScaling(factor=rope.factor)


def _from_original(raw: Json, language: LanguageConfig) -> tuple[ModelConfig, bool]:
    top = _section(raw, "", forms.Original)
    form = _section(raw, "vision_config", forms.OriginalVision)
    if top.force_image_size not in (None, form.image_size):
        sizes = f"{top.force_image_size} and {form.image_size}"
        raise ModelError(f"config.json names two image sizes, {sizes}.", _CHECK)
    vision = VisionConfig(
        width=form.hidden_size,
        depth=form.num_hidden_layers,
        num_heads=form.num_attention_heads,
        mlp_width=form.intermediate_size,
        norm=_norm(form.norm_type),
        has_qk_norm=form.qk_normalization,
        has_qkv_bias=form.qkv_bias,
        norm_eps=form.layer_norm_eps,
        tile_side_px=form.image_size,
        patch_side_px=form.patch_size,
        layer_scale_init=form.initializer_factor,
        drop_path=form.drop_path_rate,
    )
    config = ModelConfig(
        vision=vision,
        language=language,
        unshuffle=_unshuffle(top.downsample_ratio),
        min_tiles=top.min_dynamic_patch if top.dynamic_image_size else 1,
        max_tiles=top.max_dynamic_patch if top.dynamic_image_size else 1,
        use_thumbnail=top.use_thumbnail,
    )
    return config, top.tie_word_embeddings


def _from_hf(raw: Json, language: LanguageConfig) -> tuple[ModelConfig, bool]:
    top = _section(raw, "", forms.Hf)
    form = _section(raw, "vision_config", forms.HfVision)
    vision = VisionConfig(
        width=form.hidden_size,
        depth=form.num_hidden_layers,
        num_heads=form.num_attention_heads,
        mlp_width=form.intermediate_size,
        norm=_norm(form.norm_type),
        has_qk_norm=form.use_qk_norm,
        has_qkv_bias=form.attention_bias,
        norm_eps=form.layer_norm_eps,
        tile_side_px=_side(form.image_size),
        patch_side_px=_side(form.patch_size),
        layer_scale_init=form.layer_scale_init_value,
    )
    image_token_id = top.image_token_index if top.image_token_id is None else top.image_token_id
    config = ModelConfig(
        vision=vision,
        language=language,
        unshuffle=_unshuffle(top.downsample_ratio),
        min_tiles=top.min_dynamic_patch,
        max_tiles=top.max_dynamic_patch,
        use_thumbnail=top.use_thumbnail,
        image_token_id=image_token_id,
    )
    return config, top.tie_word_embeddings


def _norm(name: str) -> Norm:
    return "rms_norm" if name == "rms_norm" else "layer_norm"


def _side(size: int | list[int]) -> int:
    """Tiles and patches are square."""
    sides = {size} if isinstance(size, int) else set(size)
    if len(sides) != 1:
        raise ModelError(f"config.json names a size that is not square: {size}.", _FAMILY)
    return sides.pop()


def _unshuffle(ratio: float) -> int:
    side = round(1 / ratio)
    if side < 1 or abs(side * ratio - 1) > 1e-6:
        raise ModelError(f"config.json asks for downsample_ratio {ratio}: unsupported.", _FAMILY)
    return side


def _check(config: ModelConfig) -> None:
    """Every quotient that the network needs exists; raises `ModelError`."""
    vision, language = config.vision, config.language
    _ = vision.head_width, config.visual_tokens_per_tile, language.group_size
    if config.min_tiles > config.max_tiles:
        tiles = f"at least {config.min_tiles} and at most {config.max_tiles}"
        raise ModelError(f"config.json asks for {tiles} tiles.", _CHECK)
