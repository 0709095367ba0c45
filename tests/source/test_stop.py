from __future__ import annotations

from shuowen.source.stop import Stop


def test_actions_are_done_while_their_block_runs_and_not_after() -> None:
    stop, done = Stop(), []
    with stop.wakes(lambda: done.append("first")):
        pass
    with stop.wakes(lambda: done.append("second")), stop.wakes(lambda: done.append("third")):
        assert not stop.is_set
        stop.set()
    assert stop.is_set
    assert done == ["second", "third"]


def test_a_wish_that_came_before_counts_at_once() -> None:
    stop, done = Stop(), []
    stop.set()
    with stop.wakes(lambda: done.append("now")):
        assert done == ["now"]
