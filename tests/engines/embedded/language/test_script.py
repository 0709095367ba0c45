"""A symbol's probability is split among the forms of its character."""

from __future__ import annotations

import math

import pytest

from shuowen.engines.embedded.language.script import OTHER_SCRIPT, ScriptShares

SHARES = ScriptShares(("", "人", "个個箇", ",，", "国國"))


@pytest.mark.parametrize("context", ["", "国", "國", "人人", "国國"])
@pytest.mark.parametrize("forms", ["个個箇", ",，", "国國"])
def test_shares_sum_to_one(context: str, forms: str) -> None:
    total = sum(math.exp(SHARES.log_share(form, context)) for form in forms)
    assert total == pytest.approx(1)


def test_a_line_keeps_its_script() -> None:
    assert math.exp(SHARES.log_share("個", "中国人")) == pytest.approx(OTHER_SCRIPT / 2)
    assert math.exp(SHARES.log_share("個", "中國人")) == pytest.approx((1 - OTHER_SCRIPT) / 2)
    assert math.exp(SHARES.log_share("个", "中国人")) == pytest.approx(1 - OTHER_SCRIPT)
    assert SHARES.log_share("人", "中國人") == 0.0
