from pathlib import PurePosixPath

import pytest

from shuowen.errors import InputError
from shuowen.evals.safe_path import safe_path


@pytest.mark.parametrize(
    "name",
    ["../a.png", "a/../../b.png", "/etc/passwd", "..\\a.png", "C:\\a.png", "c:/a.png", "", "a\0"],
)
def test_names_that_lead_out_of_the_folder_are_refused(name: str) -> None:
    with pytest.raises(InputError, match=r"list\.json:3 names .* no file inside"):
        safe_path(name, "list.json:3")


@pytest.mark.parametrize("name", ["a.png", "sub/a b.png", "...png", "sub\\a.png", "./a.png"])
def test_names_inside_are_taken(name: str) -> None:
    assert safe_path(name, "here") == PurePosixPath(name.replace("\\", "/"))
