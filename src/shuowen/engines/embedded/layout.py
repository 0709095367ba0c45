"""Page layout: a PicoDet network (CDLA classes, Apache-2.0) looks at a page and marks its parts.

It is weak evidence: on newspapers and handwritten notes it calls a whole page one figure. What
becomes of its answer is decided in `reading/`, where the text lines have the last word.

Shape legend: A anchors of one level, C classes (10), D distance bins a side (8), N boxes.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from shuowen.document.model import Box, RegionKind
from shuowen.engines.embedded.records import LayoutBox
from shuowen.engines.embedded.sessions import session
from shuowen.image.page import Pixels

Floats = NDArray[np.float32]

INPUT_HEIGHT, INPUT_WIDTH = 800, 608
STRIDES = (8, 16, 32, 64)
"""Input pixels a step on the four feature maps, finest first (PicoDet, arXiv:2111.00902)."""
MEAN = np.array([0.485, 0.456, 0.406], np.float32)
STD = np.array([0.229, 0.224, 0.225], np.float32)
"""ImageNet's channel statistics, as in training."""
MIN_CONFIDENCE = 0.5
MAX_IOU = 0.5
"""Boxes of one class that overlap more are one part seen twice (the network's published value)."""

KINDS: tuple[RegionKind, ...] = (
    "text",
    "title",
    "figure",
    "caption",
    "table",
    "caption",
    "header",
    "footer",
    "reference",
    "formula",
)
"""The network's classes in order: CDLA's names (figure and table captions are both captions)."""


def find_layout(pixels: Pixels) -> list[LayoutBox]:
    """The parts of a page, most confident first.

    Args:
        pixels: The upright page, (height, width, 3) RGB uint8, any size.

    Returns:
        Boxes in pixels of `pixels`, each with a confidence of at least `MIN_CONFIDENCE`.
    """
    network = session("layout_cdla")
    outputs = network.run(None, {network.get_inputs()[0].name: _prepare(pixels)})
    scores_NC = np.concatenate([level[0] for level in outputs[: len(STRIDES)]])
    boxes_N4 = np.concatenate(
        [
            _decode(distances[0], stride)
            for distances, stride in zip(outputs[len(STRIDES) :], STRIDES, strict=True)
        ]
    )
    return _select(boxes_N4, scores_NC, pixels.shape[0], pixels.shape[1])


def _prepare(pixels: Pixels) -> Floats:
    """(height, width, 3) uint8 -> (1, 3, 800, 608) float32; the aspect ratio is not kept."""
    resized = cv2.resize(pixels, (INPUT_WIDTH, INPUT_HEIGHT), interpolation=cv2.INTER_LINEAR)
    normal = (resized.astype(np.float32) / 255 - MEAN) / STD
    return np.ascontiguousarray(normal.transpose(2, 0, 1)[None])


def _decode(distances_A4D: Floats, stride: int) -> Floats:
    """Distance distributions (A, 4 x D) of one feature map -> boxes (A, 4) in input pixels.

    Each side's distance from the anchor's centre is the mean of a softmax over the bins 0 to 7,
    in strides (Generalized Focal Loss, arXiv:2006.04388, eq. 4).
    """
    logits_A4D = distances_A4D.reshape(len(distances_A4D), 4, -1)
    weights_A4D = np.exp(logits_A4D - logits_A4D.max(axis=2, keepdims=True))
    weights_A4D /= weights_A4D.sum(axis=2, keepdims=True)
    sides_A4 = weights_A4D @ np.arange(logits_A4D.shape[2], dtype=np.float32) * stride
    centers_A2 = _centers(stride)
    return np.concatenate([centers_A2 - sides_A4[:, :2], centers_A2 + sides_A4[:, 2:]], axis=1)


def _centers(stride: int) -> Floats:
    """Centres (A, 2), x and y in input pixels, of a feature map's cells, row by row."""
    rows, cols = -(-INPUT_HEIGHT // stride), -(-INPUT_WIDTH // stride)
    ys, xs = np.mgrid[:rows, :cols]
    return ((np.stack([xs, ys], axis=-1).reshape(-1, 2) + 0.5) * stride).astype(np.float32)


def _select(boxes_N4: Floats, scores_NC: Floats, height: int, width: int) -> list[LayoutBox]:
    """Confident boxes that are not another of the same class, in page pixels."""
    candidates, classes = np.nonzero(scores_NC > MIN_CONFIDENCE)
    if not len(candidates):
        return []
    limits = np.array([INPUT_WIDTH, INPUT_HEIGHT] * 2, np.float32)
    edges = np.clip(boxes_N4[candidates], 0, limits) * ([width, height] * 2 / limits)
    scores = scores_NC[candidates, classes]
    corner_and_size = np.concatenate([edges[:, :2], edges[:, 2:] - edges[:, :2]], axis=1)
    kept = cv2.dnn.NMSBoxesBatched(
        corner_and_size.tolist(), scores.tolist(), classes.tolist(), MIN_CONFIDENCE, MAX_IOU
    )
    return [
        LayoutBox(
            kind=KINDS[classes[index]],
            box=Box(*(float(edge) for edge in edges[index])),
            confidence=float(scores[index]),
        )
        for index in sorted(kept, key=lambda index: -scores[index])
    ]
