"""Normalised values are upstream's, bit for bit."""

from __future__ import annotations

import numpy as np
import torch

from shuowen.image.normalise import IMAGENET_MEAN, IMAGENET_STD, normalise


def test_every_byte_of_every_colour_is_bit_equal_to_torchvisions_two_steps() -> None:
    tiles = np.arange(256, dtype=np.uint8).reshape(1, 16, 16, 1).repeat(3, axis=3)
    share = torch.from_numpy(tiles).permute(0, 3, 1, 2).to(torch.float32).div(255)  # ToTensor
    mean = torch.tensor(IMAGENET_MEAN).view(3, 1, 1)
    std = torch.tensor(IMAGENET_STD).view(3, 1, 1)
    expected = share.sub(mean).div(std).numpy()  # Normalize
    values = normalise(tiles)
    assert values.dtype == np.float32
    np.testing.assert_array_equal(values, expected)


def test_colours_become_planes_in_the_order_red_green_blue() -> None:
    tiles = np.zeros((2, 4, 5, 3), np.uint8)
    tiles[1, 2, 3] = (255, 0, 128)
    values = normalise(tiles)
    assert values.shape == (2, 3, 4, 5)
    red, green, blue = values[1, :, 2, 3]
    assert np.isclose(red, (1 - 0.485) / 0.229)
    assert np.isclose(green, -0.456 / 0.224)
    assert np.isclose(blue, (128 / 255 - 0.406) / 0.225)


def test_no_tiles_give_no_values() -> None:
    assert normalise(np.zeros((0, 4, 4, 3), np.uint8)).shape == (0, 3, 4, 4)
