"""Work in a passing thread gives, and raises, what it would give here."""

from __future__ import annotations

import threading

import pytest

from shuowen.engines.pytorch.passing_thread import in_a_passing_thread


def test_results_come_back_from_another_thread_that_has_ended() -> None:
    before = threading.active_count()
    assert in_a_passing_thread(threading.current_thread) is not threading.current_thread()
    assert threading.active_count() == before


def test_errors_come_back_too() -> None:
    with pytest.raises(ZeroDivisionError):
        in_a_passing_thread(lambda: 1 // 0)
