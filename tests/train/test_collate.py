"""Packed sequences as tensors: each example is learnt as if it were alone."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
import torch

from shuowen.image.normalise import normalise
from shuowen.model.config import LanguageConfig, ModelConfig, VisionConfig
from shuowen.model.internvl import InternVL
from shuowen.train.collate import Batch, collate
from shuowen.train.encode import Encoder, EncodeTrainOptions, Example
from shuowen.train.losses import weighted_cross_entropy
from shuowen.train.packing import Pack
from shuowen.train.recipe import Reduction
from shuowen.train.records import ArrayPicture, Conversation, Turn
from tests.train.small_data import pictured, pixels, processor, worded

ENCODER = Encoder(processor(), EncodeTrainOptions(max_tokens=400))


@cache
def examples() -> tuple[Example, ...]:
    turns = (Turn("user", "<image>\n<image>\nQ"), Turn("assistant", "A fox."))
    two = tuple(ArrayPicture(pixels(seed, 60 * seed)) for seed in (1, 2))
    several = Conversation(key="two", turns=turns, pictures=two)
    records = (worded(8), pictured(4), several, worded(2), pictured(1))
    rng = np.random.default_rng(0)
    return tuple(ENCODER.conversation(record, rng) for record in records)


@cache
def model() -> InternVL:
    torch.manual_seed(0)
    config = ModelConfig(
        vision=VisionConfig(width=16, depth=1, num_heads=2, mlp_width=24, tile_side_px=56),
        language=LanguageConfig(
            width=32,
            num_layers=2,
            num_heads=4,
            num_kv_heads=2,
            head_width=8,
            mlp_width=48,
            vocab_size=processor().tokenizer.vocab_size,
            rope_theta=1e3,
            window=4096,
        ),
    )
    net = InternVL(config).double().eval()
    with torch.no_grad():
        for values in net.parameters():
            values.copy_(torch.randn(values.shape) * 0.3 + (values.dim() == 1))
    return net


def logits_TV(net: InternVL, batch: Batch) -> torch.Tensor:
    pixels_MCHW = batch.pixels_MCHW
    if pixels_MCHW is not None:  # tiles of 28 pixels, and the smallest encoder wants 56
        pixels_MCHW = torch.nn.functional.interpolate(pixels_MCHW, scale_factor=2).double()
    with torch.no_grad():
        return net(
            batch.token_ids_T, batch.positions_T, batch.lengths, batch.visual_mask_T, pixels_MCHW
        )


def test_packed_logits_are_those_of_each_example_alone() -> None:
    net = model()
    packed = logits_TV(net, collate(Pack(examples())))
    alone = [logits_TV(net, collate(Pack((each,)))) for each in examples()]
    torch.testing.assert_close(packed, torch.cat(alone), rtol=1e-9, atol=1e-9)
    mixed = collate(Pack(examples()[::-1]))
    backwards = torch.cat(alone[::-1])
    torch.testing.assert_close(logits_TV(net, mixed), backwards, rtol=1e-9, atol=1e-9)


def test_targets_are_the_tokens_after_their_rows() -> None:
    batch, rows, ids, owners = collate(Pack(examples())), [], [], []
    first = 0
    for number, example in enumerate(examples()):
        for place in range(1, example.num_tokens):
            if example.target_mask_T[place]:
                rows.append(first + place - 1)
                ids.append(int(example.token_ids_T[place]))
                owners.append(number)
        first += example.num_tokens
    assert batch.target_rows_N.tolist() == rows
    assert batch.target_ids_N.tolist() == ids
    assert batch.example_of_target_N.tolist() == owners
    assert batch.lengths == tuple(example.num_tokens for example in examples())
    assert batch.num_tokens == first
    assert batch.num_examples == 5
    assert batch.target_rows_N.dtype == batch.target_ids_N.dtype == torch.int64
    assert batch.positions_T.dtype == torch.float32


WEIGHTS = {"token": lambda n: 1.0, "sample": lambda n: 1 / n, "square": lambda n: 1 / math.sqrt(n)}


@pytest.mark.parametrize("reduction", ["token", "sample", "square"])
def test_the_loss_is_that_of_a_loop_over_samples(reduction: Reduction) -> None:
    batch, net = collate(Pack(examples()), reduction), model()
    logits = logits_TV(net, batch)
    loss, weight = weighted_cross_entropy(
        logits[batch.target_rows_N].float(), batch.target_ids_N, batch.target_weights_N
    )
    expected, expected_weight = 0.0, 0.0
    for example in examples():
        own = logits_TV(net, collate(Pack((example,)))).log_softmax(-1)
        each = WEIGHTS[reduction](int(example.target_mask_T.sum()))
        for place in np.flatnonzero(example.target_mask_T):
            expected -= each * own[place - 1, example.token_ids_T[place]].item()
            expected_weight += each
    assert loss.item() == pytest.approx(expected, rel=1e-4)
    assert weight.item() == pytest.approx(expected_weight, rel=1e-5)


def test_an_example_may_weigh_more() -> None:
    first, second, *_ = examples()
    batch = collate(Pack((first, replace(second, weight=2.5))), "token")
    assert set(batch.target_weights_N[batch.example_of_target_N == 0].tolist()) == {1.0}
    assert set(batch.target_weights_N[batch.example_of_target_N == 1].tolist()) == {2.5}


def test_pictures_are_normalised_as_at_inference_and_words_have_none() -> None:
    batch = collate(Pack(examples()))
    tiles = np.concatenate([each.tiles_MHWC for each in examples()])
    assert batch.pixels_MCHW is not None
    assert batch.pixels_MCHW.numpy().tobytes() == normalise(tiles).tobytes()
    assert batch.num_tiles == len(tiles)
    assert batch.visual_mask_T is not None
    assert int(batch.visual_mask_T.sum()) == 4 * batch.num_tiles
    words = collate(Pack((examples()[0],)))
    assert words.pixels_MCHW is words.visual_mask_T is None
    assert words.num_tiles == 0


def test_a_batch_moves_to_another_device() -> None:
    batch = collate(Pack(examples()), device="meta")
    assert batch.token_ids_T.device.type == "meta"
    assert batch.pixels_MCHW is not None
    assert batch.pixels_MCHW.device.type == "meta"
    assert batch.lengths == collate(Pack(examples())).lengths
