from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shuowen.config import REPAIR_CHOICES, ReadOptions
from shuowen.errors import UsageError
from shuowen.reading.repair_choice import FORBIDDABLE, forbidden_repairs, forced_repairs


def test_names_come_once_and_in_the_order_of_the_work() -> None:
    assert forced_repairs(["sharpen", "deskew", "sharpen"]) == ("deskew", "sharpen")
    assert forbidden_repairs(["enlarge", "light", "light"], ()) == ("light", "enlarge")
    assert forced_repairs([]) == forbidden_repairs([], ["light"]) == ()


def test_all_forbids_what_is_not_forced() -> None:
    assert forbidden_repairs(["all"], ()) == REPAIR_CHOICES
    without = tuple(name for name in REPAIR_CHOICES if name != "dewarp")
    assert forbidden_repairs(["all", "light"], ["dewarp"]) == without


def test_a_name_twice_or_of_nothing_is_left_to_the_options() -> None:
    with pytest.raises(UsageError, match="light is both"):
        ReadOptions(
            force_repairs=("light",), forbid_repairs=forbidden_repairs(["all", "light"], ["light"])
        )
    with pytest.raises(UsageError, match="'polish'"):
        ReadOptions(force_repairs=forced_repairs(["polish", "light"]))


@given(st.lists(st.sampled_from(REPAIR_CHOICES)), st.lists(st.sampled_from(FORBIDDABLE)))
def test_the_order_of_names_does_not_matter(forced: list[str], forbidden: list[str]) -> None:
    assert forced_repairs(forced) == forced_repairs(reversed(forced))
    assert forbidden_repairs(forbidden, forced) == forbidden_repairs(forbidden[::-1], forced[::-1])
