"""config.json in both forms: what is understood, what is refused, what is written."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from transformers import InternVLConfig

from shuowen.errors import ModelError
from shuowen.model.config import CONFIGS, ModelConfig, RopeScaling
from shuowen.model.config_json import parse_config, read_config
from shuowen.model.config_write import hf_json, original_json
from tests.model.reference import FAMILIES, PLACEHOLDER, their_config

Json = dict[str, Any]
SIZES = pytest.mark.parametrize("size", CONFIGS)
EVERY_FAMILY = pytest.mark.parametrize("family", FAMILIES)

SAID_OTHERWISE = {
    "architectures",
    "bos_token_id",
    "dtype",
    "eos_token_id",
    "head_dim",
    "rope_parameters",
    "_name_or_path",
}
"""What changes no number, or is compared by itself."""

PUBLISHED_8B: Json = {
    "architectures": ["InternVLChatModel"],
    "auto_map": {"AutoConfig": "configuration_internvl_chat.InternVLChatConfig"},
    "downsample_ratio": 0.5,
    "dynamic_image_size": True,
    "force_image_size": 448,
    "hidden_size": 3584,
    "image_fold": None,
    "llm_config": {
        "architectures": ["Qwen2ForCausalLM"],
        "bos_token_id": 151643,
        "eos_token_id": 151643,
        "hidden_act": "silu",
        "hidden_size": 3584,
        "intermediate_size": 18944,
        "max_position_embeddings": 32768,
        "max_window_layers": 70,
        "model_type": "qwen2",
        "num_attention_heads": 28,
        "num_hidden_layers": 28,
        "num_key_value_heads": 4,
        "rms_norm_eps": 1e-06,
        "rope_scaling": {"factor": 2.0, "rope_type": "dynamic", "type": "dynamic"},
        "rope_theta": 1000000.0,
        "sliding_window": None,
        "tie_word_embeddings": False,
        "use_sliding_window": False,
        "vocab_size": 151674,
    },
    "max_dynamic_patch": 12,
    "min_dynamic_patch": 1,
    "model_type": "internvl_chat",
    "pad2square": False,
    "ps_version": "v2",
    "select_layer": -1,
    "template": "internvl2_5",
    "tie_word_embeddings": False,
    "use_thumbnail": True,
    "vision_config": {
        "architectures": ["InternVisionModel"],
        "hidden_act": "gelu",
        "hidden_size": 1024,
        "image_size": 448,
        "initializer_factor": 0.1,
        "intermediate_size": 4096,
        "layer_norm_eps": 1e-06,
        "model_type": "intern_vit_6b",
        "norm_type": "layer_norm",
        "num_attention_heads": 16,
        "num_channels": 3,
        "num_hidden_layers": 24,
        "patch_size": 14,
        "qk_normalization": False,
        "qkv_bias": True,
    },
}
"""What stands in the published file, but for entries that change nothing."""

PUBLISHED_9B_HF: Json = {
    "architectures": ["InternVLForConditionalGeneration"],
    "image_token_id": 128_515,
    "model_type": "internvl",
    "text_config": {
        "intermediate_size": 10240,
        "max_position_embeddings": 32768,
        "model_type": "llama",
        "num_hidden_layers": 48,
        "num_key_value_heads": 2,
        "rms_norm_eps": 1e-05,
        "rope_scaling": {"factor": 6.0, "rope_type": "dynamic"},
        "rope_theta": 50000000.0,
        "vocab_size": 128521,
    },
    "vision_config": {"attention_bias": True, "model_type": "internvl_vision"},
}
"""Written as transformers writes it: without what equals the defaults of its classes."""


def changed(base: Json, path: str, value: object) -> Json:
    """A copy with one entry, `section.key` or `key`, set; None removes it."""
    copy: Json = json.loads(json.dumps(base))
    *sections, key = path.split(".")
    place = copy
    for section in sections:
        place = place[section]
    if value is None:
        del place[key]
    else:
        place[key] = value
    return copy


def config_of(raw: Json) -> ModelConfig:
    return parse_config(raw).config


def test_the_published_file_of_8b_is_understood() -> None:
    assert config_of(PUBLISHED_8B) == CONFIGS["8B"]


def test_an_hf_file_may_leave_out_its_classes_defaults() -> None:
    expected = replace(CONFIGS["9B"], image_token_id=128_515)
    assert config_of(PUBLISHED_9B_HF) == expected


@SIZES
def test_every_published_size_survives_both_forms(size: str) -> None:
    config = CONFIGS[size]
    assert config_of(original_json(config, "bfloat16")) == config
    assert config_of(hf_json(config, "bfloat16", 7)) == replace(config, image_token_id=7)


@EVERY_FAMILY
def test_what_transformers_writes_is_understood(family: str) -> None:
    expected = replace(FAMILIES[family], image_token_id=PLACEHOLDER)
    theirs = their_config(FAMILIES[family])
    for written in (theirs.to_json_string(use_diff=True), theirs.to_json_string(use_diff=False)):
        raw = json.loads(written)
        raw["architectures"] = ["InternVLForConditionalGeneration"]  # set when a model is saved
        assert config_of(raw) == expected


@EVERY_FAMILY
def test_transformers_understands_what_is_written(family: str) -> None:
    config = FAMILIES[family]
    read = InternVLConfig.from_dict(hf_json(config, "bfloat16", PLACEHOLDER))
    expected = their_config(config)
    assert read.text_config.rope_parameters["rope_theta"] == config.language.rope_theta
    assert read.text_config.rope_parameters["rope_type"] == "dynamic"
    for section in ("vision_config", "text_config"):
        ours, theirs = getattr(read, section).to_dict(), getattr(expected, section).to_dict()
        assert {key: ours[key] for key in theirs if key not in SAID_OTHERWISE} == {
            key: value for key, value in theirs.items() if key not in SAID_OTHERWISE
        }


@pytest.mark.parametrize(
    ("entries", "theta", "scaling"),
    [
        ({"rope_theta": 1e6, "rope_scaling": {"type": "dynamic", "factor": 2}}, 1e6, 2.0),
        ({"rope_parameters": {"rope_type": "dynamic", "factor": 3.0, "rope_theta": 5e5}}, 5e5, 3.0),
        ({"rope_parameters": {"rope_type": "default", "rope_theta": 5e5}}, 5e5, None),
        ({"rope_theta": 5e5, "rope_scaling": None}, 5e5, None),
        ({}, 1e4, None),
    ],
)
def test_every_spelling_of_rope_is_understood(
    entries: Json, theta: float, scaling: float | None
) -> None:
    raw = changed(
        changed(PUBLISHED_8B, "llm_config.rope_theta", None), "llm_config.rope_scaling", None
    )
    raw["llm_config"] |= entries
    language = config_of(raw).language
    assert language.rope_theta == theta
    assert language.rope_scaling == (None if scaling is None else RopeScaling(factor=scaling))


def test_one_tile_where_pictures_are_not_cut() -> None:
    config = config_of(changed(PUBLISHED_8B, "dynamic_image_size", False))
    assert (config.min_tiles, config.max_tiles) == (1, 1)


def test_image_sizes_may_be_lists_and_the_placeholder_has_two_names() -> None:
    raw = changed(PUBLISHED_9B_HF, "vision_config.image_size", [448, 448])
    raw["image_token_index"] = raw.pop("image_token_id")
    assert config_of(raw) == config_of(PUBLISHED_9B_HF)


UNSUPPORTED: list[tuple[Json, str, object, str]] = [
    (PUBLISHED_8B, "architectures", ["LlavaForConditionalGeneration"], "architectures"),
    (PUBLISHED_8B, "select_layer", -4, "select_layer -4"),
    (PUBLISHED_8B, "ps_version", "v1", "ps_version 'v1'"),
    (PUBLISHED_8B, "ps_version", None, "ps_version 'v1'"),
    (PUBLISHED_8B, "pad2square", True, "pad2square"),
    (PUBLISHED_8B, "template", "Hermes-2", "Hermes-2"),
    (PUBLISHED_8B, "downsample_ratio", 0.4, "downsample_ratio 0.4"),
    (PUBLISHED_8B, "force_image_size", 224, "two image sizes"),
    (PUBLISHED_8B, "min_dynamic_patch", 13, "at least 13"),
    (PUBLISHED_8B, "llm_config.architectures", ["Qwen3ForCausalLM"], "Qwen3ForCausalLM"),
    (PUBLISHED_8B, "llm_config.hidden_act", "gelu", "hidden_act"),
    (PUBLISHED_8B, "llm_config.use_sliding_window", True, "use_sliding_window"),
    (PUBLISHED_8B, "llm_config.rope_scaling", {"type": "yarn", "factor": 4.0}, "yarn"),
    (PUBLISHED_8B, "llm_config.rope_scaling", {"type": "dynamic"}, "without a factor"),
    (PUBLISHED_8B, "llm_config.num_key_value_heads", 3, "divided"),
    (PUBLISHED_8B, "llm_config.hidden_size", "big", "hidden_size"),
    (PUBLISHED_8B, "llm_config.num_hidden_layers", 10**9, "num_hidden_layers"),
    (PUBLISHED_8B, "llm_config", [], "language model None"),
    (PUBLISHED_8B, "vision_config", 5, "vision_config"),
    (PUBLISHED_8B, "vision_config.norm_type", "batch_norm", "norm_type"),
    (PUBLISHED_8B, "vision_config.image_size", 450, "450"),
    (PUBLISHED_9B_HF, "text_config.model_type", "gemma3", "gemma3"),
    (PUBLISHED_9B_HF, "text_config.attention_bias", True, "attention_bias"),
    (PUBLISHED_9B_HF, "vision_feature_layer", -2, "vision_feature_layer"),
    (PUBLISHED_9B_HF, "vision_config.use_mean_pooling", False, "use_mean_pooling"),
    (PUBLISHED_9B_HF, "vision_config.image_size", [448, 224], "not square"),
    (PUBLISHED_9B_HF, "text_config", None, "not that of an InternVL"),
]


@pytest.mark.parametrize(("base", "path", "value", "named"), UNSUPPORTED)
def test_what_is_not_supported_is_named(base: Json, path: str, value: object, named: str) -> None:
    with pytest.raises(ModelError, match=named.replace("[", r"\[")) as caught:
        raw = changed(base, path, value)
        config_of(raw)
    assert caught.value.hint


@pytest.mark.parametrize("place", ["quantization_config", "llm_config.quantization_config"])
def test_weights_that_others_quantised_are_sent_to_others(place: str) -> None:
    raw = changed(PUBLISHED_8B, place, {"quant_method": "awq", "bits": 4})
    with pytest.raises(ModelError, match=r"\(awq\).*LMDeploy or vLLM"):
        parse_config(raw)


@pytest.mark.parametrize(
    ("raw", "is_tied"),
    [
        (PUBLISHED_8B, False),
        (changed(PUBLISHED_8B, "llm_config.tie_word_embeddings", True), True),
        (PUBLISHED_9B_HF, True),
        (changed(PUBLISHED_9B_HF, "tie_word_embeddings", False), False),
    ],
)
def test_a_tied_head_is_noticed(raw: Json, is_tied: bool) -> None:
    assert parse_config(raw).has_tied_head == is_tied


@pytest.mark.parametrize(
    ("content", "named"),
    [(None, "does not exist"), (b"{", "damaged"), (b"[1]", "damaged"), (b"\xff\xfe{}", "damaged")],
)
def test_a_file_that_cannot_be_read_is_said(
    tmp_path: Path, content: bytes | None, named: str
) -> None:
    if content is not None:
        (tmp_path / "config.json").write_bytes(content)
    with pytest.raises(ModelError, match=named):
        read_config(tmp_path)


def test_what_only_the_source_says_is_kept() -> None:
    source = PUBLISHED_8B | {"quantization_config": {"quant_method": "awq"}, "image_fold": 3}
    written = original_json(CONFIGS["8B"], "float16", source)
    assert written["auto_map"] == source["auto_map"]
    assert written["image_fold"] == 3
    assert written["torch_dtype"] == written["llm_config"]["torch_dtype"] == "float16"
    assert "quantization_config" not in written
    assert config_of(written) == CONFIGS["8B"]


def test_token_ids_cross_from_form_to_form() -> None:
    written = hf_json(CONFIGS["8B"], "bfloat16", 151667, PUBLISHED_8B)
    assert written["text_config"]["eos_token_id"] == 151643
    assert "auto_map" not in written
    assert "llm_config" not in written


def test_the_rope_scaling_of_internlm2_has_the_two_entries_that_its_code_takes() -> None:
    written = original_json(CONFIGS["9B"], "bfloat16")
    assert written["llm_config"]["rope_scaling"] == {"type": "dynamic", "factor": 6.0}


def test_configurations_are_read_and_written_without_torch() -> None:
    code = (
        "import sys, shuowen.model.config_json, shuowen.model.config_write;"
        "print({'torch', 'transformers', 'safetensors'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
