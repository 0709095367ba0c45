from itertools import permutations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from shuowen.evals.judges.assignment import assign

COSTS = st.tuples(st.integers(1, 5), st.integers(1, 5)).flatmap(
    lambda shape: st.lists(
        st.lists(st.sampled_from([0.0, 0.25, 0.5, 1.0]), min_size=shape[1], max_size=shape[1]),
        min_size=shape[0],
        max_size=shape[0],
    )
)


@given(COSTS)
def test_no_other_assignment_costs_less(rows: list[list[float]]) -> None:
    costs = np.array(rows)
    pairs = assign(costs)
    assert len(pairs) == min(costs.shape)
    assert len({row for row, _ in pairs}) == len({column for _, column in pairs}) == len(pairs)
    tall = costs if costs.shape[0] <= costs.shape[1] else costs.T
    least = min(
        sum(tall[row, column] for row, column in enumerate(columns))
        for columns in permutations(range(tall.shape[1]), tall.shape[0])
    )
    assert sum(costs[pair] for pair in pairs) == least


def test_with_nothing_on_one_side_nothing_is_assigned() -> None:
    assert assign(np.zeros((0, 3))) == []
    assert assign(np.zeros((3, 0))) == []
