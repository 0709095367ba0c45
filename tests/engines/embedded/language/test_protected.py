"""What the picture alone decides."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shuowen.engines.embedded.language.protected import FREE_RUN, protected, skeleton


def marked(text: str) -> str:
    return "".join(
        "#" if is_protected else one
        for one, is_protected in zip(text, protected(text), strict=True)
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("共3.5元，请付", "共#####请付"),
        ("三千五百元整，", "#####整，"),
        ("叁仟伍佰圆", "#####"),
        ("編號A-17：甲", "編號######"),
        ("二〇二六年五月", "#######"),
        ("日期，本月有3日", "日期，本月有##"),
        ("乙方为男，阳性", "#方为###性"),
        ("用 Word 打开。", "用######打开。"),
        ("3，5", "###"),
        ("你好！再见", "你好！再见"),
        ("¥20", "###"),
        ("第5章，", "第#章，"),
        ("（双方）", "#双方#"),
        ("3 份 of the 合同", "##份########合同"),
        ("The road to Lhasa, and back.", "####road###########and#back#"),
        ("about 5 milligrams daily", "about##############daily"),
        ("well-known isn't foo.bar e2e it", "well#known" + "#" * 21),
        ('(see "below")', "#see##below##"),
    ],
)
def test_digits_letters_numerals_and_units(text: str, expected: str) -> None:
    assert marked(text) == expected


def test_a_skeleton_keeps_the_protected_and_where_others_stood() -> None:
    assert skeleton("3个5") == f"3{FREE_RUN}5"
    assert skeleton("35") != skeleton("3个5")
    assert skeleton("合同3份") == skeleton("合网3件") == f"{FREE_RUN}3{FREE_RUN}"


@given(st.text(alphabet="合同三3A，. "))
def test_flags_are_one_for_each_character_and_hold_for_digits(text: str) -> None:
    flags = protected(text)
    assert len(flags) == len(text)
    assert all(flag for one, flag in zip(text, flags, strict=True) if one in "三3A. ")
    assert not any(flag for one, flag in zip(text, flags, strict=True) if one in "合同")
