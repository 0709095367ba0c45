"""Sizes of the seven published models, and random weights."""

from __future__ import annotations

import pytest
import torch

from shuowen.model.config import CONFIGS
from shuowen.model.internvl import InternVL
from shuowen.model.parameters import STD, init_weights
from tests.model.reference import FAMILIES

BILLIONS = {
    "1B": 0.938,
    "2B": 2.089,
    "8B": 7.944,
    "9B": 9.142,
    "14B": 15.117,
    "38B": 38.388,
    "78B": 78.408,
}
"""Added up from the sizes of the checkpoint files; all but the 9B's vocabulary is published."""

EVERY_FAMILY = pytest.mark.parametrize("family", FAMILIES)


@pytest.mark.parametrize("name", CONFIGS)
def test_a_published_model_has_the_published_number_of_parameters(name: str) -> None:
    with torch.device("meta"):
        model = InternVL(CONFIGS[name])
    assert model.num_parameters / 1e9 == pytest.approx(BILLIONS[name], abs=6e-4)
    assert all(parameter.is_meta for parameter in model.parameters())
    assert not list(model.buffers())


def made_on_meta(family: str, seed: int, dtype: torch.dtype = torch.float32) -> InternVL:
    with torch.device("meta"):
        model = InternVL(FAMILIES[family])
    model = model.to(dtype).to_empty(device="cpu")
    init_weights(model, seed)
    return model


@EVERY_FAMILY
def test_equal_seeds_give_equal_weights_of_every_type(family: str) -> None:
    first, again = made_on_meta(family, 1).state_dict(), made_on_meta(family, 1).state_dict()
    rough = made_on_meta(family, 1, torch.bfloat16).state_dict()
    other = made_on_meta(family, 2).state_dict()
    assert all(first[name].equal(again[name]) for name in first)
    assert all(first[name].bfloat16().equal(rough[name]) for name in first)
    assert any(not first[name].equal(other[name]) for name in first)


@EVERY_FAMILY
def test_matrices_are_random_and_the_rest_starts_neutral(family: str) -> None:
    for name, values in made_on_meta(family, 3).state_dict().items():
        if name.endswith("bias"):
            assert (values == 0).all(), name
        elif name.endswith(("scale1", "scale2")):
            assert (values == 0.1).all(), name
        elif "norm" in name:
            assert (values == 1).all(), name
        else:
            assert float(values.std()) == pytest.approx(STD, rel=0.25), name
