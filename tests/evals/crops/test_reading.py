"""Crops are read in order, many at once, and one that is refused ends nothing."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from shuowen.errors import CapacityError
from shuowen.evals.crops.crop import LINE_PROMPT, EvalCrop
from shuowen.evals.crops.positions import by_tiles, score_steps
from shuowen.evals.crops.reading import CropReadingOptions, read_crops, sample_readings
from shuowen.generation.engine import Request
from shuowen.generation.results import StreamEvent
from shuowen.prompt.messages import ImagePart, TextPart
from shuowen.train.nano.model import NANO
from tests.generation.fake_engine import Answer, FakeEngine


def crops(num_crops: int) -> list[EvalCrop]:
    return [
        EvalCrop(
            key=str(number),
            pixels=np.full((48, 48 * (1 + number), 3), number, np.uint8),
            text=f"行{number}",
            labels=(),
            group=str(number),
        )
        for number in range(num_crops)
    ]


class CountingEngine(FakeEngine):
    """Notes how many requests it had that were not finished."""

    most_open = num_open = 0

    def stream(self, request: Request) -> Iterator[StreamEvent]:
        self.num_open += 1
        self.most_open = max(self.most_open, self.num_open)
        return self._until_finished(request)

    def _until_finished(self, request: Request) -> Iterator[StreamEvent]:
        yield from super().stream(request)
        self.num_open -= 1


def test_readings_are_greedy_and_in_the_order_of_the_crops() -> None:
    engine = FakeEngine([f"行{number}" for number in range(5)])
    told: list[int] = []
    options = CropReadingOptions(num_at_once=2, max_tiles=3, position_step=0.25)
    assert read_crops(engine, crops(5), options, told.append) == [f"行{n}" for n in range(5)]
    assert told == [1, 2, 3, 4, 5]
    for number, request in enumerate(engine.requests):
        assert request.params.temperature == 0
        assert (request.encode.max_tiles, request.encode.position_step) == (3, 0.25)
        picture, prompt = request.messages[0].parts
        assert isinstance(picture, ImagePart)
        assert picture.picture[0, 0, 0] == number
        assert prompt == TextPart(LINE_PROMPT)


def test_as_many_are_under_way_as_was_asked_for() -> None:
    engine = CountingEngine(["x"])
    read_crops(engine, crops(9), CropReadingOptions(num_at_once=4))
    assert engine.most_open == 4
    assert engine.num_open == 0


def test_several_readings_are_drawn_with_seeds_of_their_own() -> None:
    engine = FakeEngine([Answer(texts=("a", "b", "c")), Answer(texts=("d",))])
    options = CropReadingOptions(temperature=0.9, seed=100)
    found = sample_readings(engine, crops(2), 3, options)
    assert found == [("a", "b", "c"), ("d", "d", "d")]
    assert [request.params.seed for request in engine.requests] == [100, 103]
    assert {request.params.temperature for request in engine.requests} == {0.9}


def test_a_crop_that_fails_counts_as_unread() -> None:
    failing = Answer(texts=("half",), error=CapacityError("Too long.", ""))
    assert read_crops(FakeEngine(["a", failing, "c"]), crops(3)) == ["a", "", "c"]
    assert sample_readings(FakeEngine([failing]), crops(1), 2) == [()]


def test_every_step_reads_every_group() -> None:
    engine = FakeEngine([f"行{number}" for number in (0, 1, 2, 0)])
    groups = by_tiles(crops(3), [(1, 1), (2, 3), (4, 9)], NANO)
    found = score_steps(engine, groups, [1.0, 0.5])
    asked = [request.encode.position_step for request in engine.requests]
    assert asked == [1.0] * 3 + [0.5] * 3
    assert [(each.step, each.tiles, each.summary.num_crops) for each in found] == [
        (1.0, (1, 1), 1),
        (1.0, (2, 3), 2),
        (0.5, (1, 1), 1),
        (0.5, (2, 3), 2),
    ]
    assert [each.summary.exact.value for each in found] == [1, 1, 1, 0]
