"""What is remembered of an answer's tokens, against counting them again."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from shuowen.generation.seen import SeenRuns, SeenTokens

MANY = st.lists(st.integers(0, 300), max_size=400)
FEW = st.lists(st.integers(0, 3), max_size=30)


@given(MANY, MANY, MANY)
def test_tokens_are_counted_in_the_answer_and_seen_in_both(
    prompt: list[int], before: list[int], answer: list[int]
) -> None:
    seen = SeenTokens(prompt)
    for token_id in before:
        seen.add(token_id)
    seen.rebuild(answer[:100])
    for token_id in answer[100:]:
        seen.add(token_id)
    counts = dict(zip(seen.ids.tolist(), seen.counts.tolist(), strict=True))
    assert counts == {token_id: 0 for token_id in prompt} | dict(Counter(answer))


@given(FEW, FEW, st.integers(1, 5))
def test_what_would_complete_a_run_is_what_followed_its_beginning(
    before: list[int], answer: list[int], length: int
) -> None:
    runs = SeenRuns(length)
    for token_id in before:
        runs.add(token_id)
    runs.rebuild(answer)
    beginning = answer[len(answer) - length + 1 :] if len(answer) >= length - 1 else None
    starts = range(len(answer) - length + 1)
    had = [answer[start : start + length] for start in starts]
    assert runs.completing == {run[-1] for run in had if run[:-1] == beginning}
