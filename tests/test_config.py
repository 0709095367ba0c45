from __future__ import annotations

from shuowen.config import ReadOptions


def test_the_password_is_in_no_text_about_the_options() -> None:
    options = ReadOptions(password="tiger")
    assert "tiger" not in f"{options!r} {options} {options.fingerprint()}"
    assert options.password == "tiger"
