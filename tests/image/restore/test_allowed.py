"""Forced and forbidden repairs are those of the options."""

from __future__ import annotations

from typing import get_args

from hypothesis import given
from hypothesis import strategies as st

from shuowen.config import REPAIR_CHOICES, ReadOptions, RepairName
from shuowen.image.restore.allowed import Allowed


def test_without_a_wish_all_may_and_none_must_be_made() -> None:
    allowed = Allowed.by(ReadOptions())
    assert allowed == Allowed()
    assert all(allowed.may(name) and not allowed.must(name) for name in REPAIR_CHOICES)


@given(
    st.lists(st.sampled_from(get_args(RepairName)), unique=True),
    st.integers(0, len(REPAIR_CHOICES)),
)
def test_each_repair_is_as_the_options_say(names: list[RepairName], count: int) -> None:
    forced, forbidden = tuple(names[:count]), tuple(names[count:])
    allowed = Allowed.by(ReadOptions(force_repairs=forced, forbid_repairs=forbidden))
    for name in REPAIR_CHOICES:
        assert allowed.must(name) == (name in forced)
        assert allowed.may(name) == (name not in forbidden)
