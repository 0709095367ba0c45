"""What another Shuowen says beside its answer, in the field "shuowen" of the answer's JSON."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from shuowen.generation.results import FinishReason

_DETAILS: dict[str, FinishReason] = {"repetition": "repetition", "cancelled": "cancelled"}
_TAKEN = frozenset(("notices", "finish_details", "retracted"))
"""What has a place of its own in a completion; all else is handed on as it stands."""


@dataclass
class Beside:
    """The fields "shuowen" of an answer's events, put together.

    Attributes:
        notices: Sentences for people, in order.
        details: How a candidate ended where OpenAI has no word for it, by its index.
        extra: Everything else, by name.
    """

    notices: list[str] = field(default_factory=list)
    details: dict[int, FinishReason] = field(default_factory=dict)
    extra: dict[str, Any] = field(default_factory=dict)

    def take(self, sent: Any) -> None:
        """Add what one event brings; what has not the form of the field is passed over."""
        if not isinstance(sent, dict):
            return
        self.notices += [each for each in _listed(sent, "notices") if isinstance(each, str)]
        for each in _listed(sent, "finish_details"):
            index, detail = (
                (each.get("index"), each.get("detail")) if isinstance(each, dict) else (None, None)
            )
            if isinstance(index, int) and isinstance(detail, str) and detail in _DETAILS:
                self.details[index] = _DETAILS[detail]
        self.extra |= {name: value for name, value in sent.items() if name not in _TAKEN}


def retracted_in(sent: Any) -> int:
    """How many characters an event takes back."""
    num = sent.get("retracted") if isinstance(sent, dict) else 0
    return num if isinstance(num, int) and num > 0 else 0


def _listed(sent: dict[str, Any], name: str) -> list[Any]:
    found = sent.get(name)
    return found if isinstance(found, list) else []
