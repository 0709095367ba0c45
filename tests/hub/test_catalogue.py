"""The catalogue agrees with the sizes that the network is built from."""

from __future__ import annotations

from pathlib import Path

import pytest

from shuowen.hub.catalogue import KNOWN_MODELS, known_model
from shuowen.model.config import CONFIGS, ModelConfig
from shuowen.train.nano.model import NANO, with_vocabulary
from shuowen.train.nano.tokenizer import write_tokenizer
from shuowen.train.synthesize.alphabet import alphabet


def counted(config: ModelConfig) -> tuple[int, int]:
    """All parameters, and those in the matrices of the language model's layers."""
    vision, language = config.vision, config.language
    width, wide = vision.width, vision.mlp_width
    norm = width * (2 if vision.norm == "layer_norm" else 1)
    block = 4 * width**2 + width + 2 * norm + 2 * width * wide + wide + width + 2 * width
    block += 3 * width if vision.has_qkv_bias else 0
    block += 2 * width if vision.has_qk_norm else 0
    patches = (3 * vision.patch_side_px**2 + 1) * width
    eyes = width * (1 + vision.num_positions) + patches + vision.depth * block
    inner, outer = config.projector_width_in, language.width
    projector = 2 * inner + inner * outer + outer + outer**2 + outer
    layer = (language.qkv_width + language.num_heads * language.head_width) * outer
    layer += 3 * outer * language.mlp_width
    rest = 2 * outer + (language.qkv_width if language.has_qkv_bias else 0)
    words = 2 * language.vocab_size * outer + outer
    matrices = language.num_layers * layer
    return eyes + projector + words + matrices + language.num_layers * rest, matrices


@pytest.mark.parametrize("size", CONFIGS)
@pytest.mark.parametrize("suffix", ["-Pretrained", "-Instruct", "", "-hf"])
def test_numbers_are_those_of_the_network(size: str, suffix: str) -> None:
    model = known_model(f"OpenGVLab/InternVL3-{size}{suffix}")
    assert model is not None
    assert (model.num_parameters, model.num_layer_parameters) == counted(CONFIGS[size])
    language = CONFIGS[size].language
    kv_bytes = 2 * 2 * language.num_layers * language.num_kv_heads * language.head_width
    assert model.kv_bytes_per_token == kv_bytes
    assert model.layout == ("hf" if suffix == "-hf" else "original")


def test_numbers_of_ours_are_those_of_its_network_and_alphabet(tmp_path: Path) -> None:
    model = known_model("shuowen-nano")
    assert model is not None
    assert model.is_packaged
    assert model.download_bytes == 0
    num_tokens = write_tokenizer(tmp_path, alphabet()).vocab_size
    config = with_vocabulary(NANO, num_tokens)
    assert (model.num_parameters, model.num_layer_parameters) == counted(config)
    language = config.language
    kv_bytes = 2 * 2 * language.num_layers * language.num_kv_heads * language.head_width
    assert model.kv_bytes_per_token == kv_bytes


@pytest.mark.parametrize(
    ("size", "gigabytes"),
    [("1B", 1.9), ("2B", 4.2), ("8B", 15.9), ("9B", 18.3), ("14B", 30.2), ("38B", 76.8)],
)
def test_downloads_are_as_large_as_documented(size: str, gigabytes: float) -> None:
    model = known_model(f"OpenGVLab/InternVL3-{size}")
    assert model is not None
    assert model.download_bytes / 1e9 == pytest.approx(gigabytes, abs=0.06)


def test_all_thirty_one_are_there_once() -> None:
    names = [model.name for model in KNOWN_MODELS]
    assert len(set(names)) == len(names) == 1 + 7 * 4 + 2
    assert known_model("OpenGVLab/VisualPRM-8B-v1_1") in KNOWN_MODELS
    assert known_model("nobody/nothing") is None


def test_fewer_bits_take_less_memory() -> None:
    for model in KNOWN_MODELS:
        sizes = [model.weights_bytes(weights) for weights in ("bf16", "int8", "int4")]
        assert sizes == sorted(sizes, reverse=True)
        assert sizes[0] == 2 * model.num_parameters
