"""Whether a text is in simplified or traditional characters, and which form of one it then takes.

The language model counts a character's forms together; this splits a symbol's probability among
them, so that a simplified line does not get a traditional character, nor the other way round.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from shuowen.engines.embedded.language.protected import is_ideograph

OTHER_SCRIPT = 0.02
"""Probability that a character is in the other script than most of those before it."""


class ScriptShares:
    """For each character of a set of symbols, its share of the symbol's probability.

    Args:
        symbols: For each symbol the characters that it stands for, the simplified one first.
    """

    def __init__(self, symbols: Iterable[str]) -> None:
        self._forms = {form: forms for forms in symbols if len(forms) > 1 for form in forms}

    def evidence(self, text: str) -> int:
        """Above 0 for a simplified text, below 0 for a traditional one, 0 for neither."""
        return sum(map(self._script, text))

    def log_share(self, character: str, context: str) -> float:
        """Natural logarithm of a character's share, given the text before it."""
        forms = self._forms.get(character)
        if forms is None:
            return 0.0
        script = self._script(character)
        if script == 0:
            return -math.log(len(forms))
        evidence = script * self.evidence(context)
        share = (0.5, 1 - OTHER_SCRIPT, OTHER_SCRIPT)[(evidence > 0) - (evidence < 0)]
        return math.log(share if script > 0 else share / (len(forms) - 1))

    def _script(self, character: str) -> int:
        """1 for a simplified character, -1 for a traditional one, 0 where both are the same."""
        forms = self._forms.get(character)
        if forms is None or not is_ideograph(character):
            return 0
        return 1 if character == forms[0] else -1
