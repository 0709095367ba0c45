"""The pictures and PDFs that a benchmark's files name, looked for inside its folder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from shuowen.errors import InputError
from shuowen.evals.safe_path import safe_path

_NUM_NAMED = 5


@dataclass
class Pictures:
    """Finds the files of one folder and remembers those that are not there.

    Args:
        folder: The benchmark's folder.
        places: Folders below it in which a name may be meant, in order.
    """

    folder: Path
    places: Sequence[str] = (".",)
    missing: list[str] = field(default_factory=list)

    def find(self, name: str, place: str, *other_names: str) -> Path:
        """The file that `name` means, or where it would be, which `require_all` then complains of.

        Args:
            name: A relative path with slashes, as the benchmark writes it.
            place: File and row that name it.
            other_names: Names that it may have where others have packed the files anew.

        Raises:
            InputError: `name` leads out of the folder.
        """
        inside = [safe_path(each, place) for each in (name, *other_names)]
        candidates = [self.folder / each / path for path in inside for each in self.places]
        found = next((path for path in candidates if path.is_file()), None)
        if found is None:
            self.missing.append(name)
        return found or candidates[0]

    def require_all(self) -> None:
        """Raises InputError when a file was not found: part of a benchmark compares to nothing."""
        if not self.missing:
            return
        names = list(dict.fromkeys(self.missing))
        more = f" and {len(names) - _NUM_NAMED} more" if len(names) > _NUM_NAMED else ""
        places = ", ".join(str(self.folder / place) for place in self.places)
        raise InputError(
            f"{self.folder} lacks files that it names: {', '.join(names[:_NUM_NAMED])}{more}.",
            f"Download the benchmark's pictures into one of: {places}.",
        )
