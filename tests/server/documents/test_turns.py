from __future__ import annotations

from shuowen.server.documents.table import QueuedJob
from shuowen.server.documents.turns import (
    MAX_STARTS,
    SLICE_SECONDS,
    RunningJob,
    must_make_room,
    next_job,
)


def queued(owner: str, sequence: int, num_starts: int = 0) -> QueuedJob:
    return QueuedJob(f"{owner}{sequence}", owner, sequence, num_starts)


def running(owner: str, since: float = 0.0, **values: bool) -> RunningJob:
    return RunningJob(id=f"{owner}-running", owner=owner, since=since, **values)


def test_nothing_queued_is_nothing_to_do() -> None:
    assert next_job([], [running("a")], {}) is None


def test_the_oldest_comes_first_where_all_are_equal() -> None:
    found = next_job([queued("b", 7), queued("a", 3)], [], {})
    assert found == queued("a", 3)


def test_who_has_fewer_places_comes_first() -> None:
    queue = [queued("a", 1), queued("b", 9)]
    assert next_job(queue, [running("a")], {"b": 5}) == queued("b", 9)


def test_who_was_served_longest_ago_comes_first() -> None:
    assert next_job([queued("a", 1), queued("b", 9)], [], {"a": 4, "b": 3}) == queued("b", 9)


def test_a_suspect_waits_until_it_is_alone_and_keeps_others_waiting_until_it_gains_a_page() -> None:
    suspect, other = queued("a", 5, MAX_STARTS - 1), queued("b", 1)
    assert next_job([other, suspect], [], {}) == suspect
    assert next_job([other, suspect], [running("c")], {}) is None
    assert next_job([other], [running("a", is_alone=True)], {}) is None
    assert next_job([other], [running("a")], {}) == other


def test_nobody_makes_room_for_the_same_owner_or_for_one_that_has_a_place() -> None:
    mine = running("a")
    places = [mine, running("a"), running("b")]
    assert not must_make_room(mine, [queued("a", 9), queued("b", 8)], places, now=1e9)


def test_the_owner_with_the_most_places_makes_room_at_once() -> None:
    mine, theirs = running("a"), running("b")
    places = [mine, running("a"), theirs]
    assert must_make_room(mine, [queued("c", 9)], places, now=0.0)
    assert not must_make_room(theirs, [queued("c", 9)], places, now=1e9)


def test_only_as_many_leave_as_wait() -> None:
    mine = running("a")
    places = [mine, running("a", is_leaving=True), running("a")]
    assert not must_make_room(mine, [queued("c", 9)], places, now=0.0)
    assert must_make_room(mine, [queued("c", 9), queued("d", 10)], places, now=0.0)


def test_where_all_have_one_place_it_is_kept_for_a_slice_of_time() -> None:
    mine = running("a", since=100.0)
    places = [mine, running("b", since=100.0)]
    assert not must_make_room(mine, [queued("c", 9)], places, now=100.0 + SLICE_SECONDS - 1)
    assert must_make_room(mine, [queued("c", 9)], places, now=100.0 + SLICE_SECONDS)
