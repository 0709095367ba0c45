"""Which truth goes with which reading: the assignment of least total cost."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Costs = NDArray[np.float64]


def assign(costs: Costs) -> list[tuple[int, int]]:
    """Pairs (row, column), one for each row or each column, whichever are fewer; rows in order.

    Source: the Hungarian method by shortest augmenting paths (Jonker and Volgenant, "A shortest
    augmenting path algorithm for dense and sparse linear assignment problems", Computing 38, 1987);
    cubic in the smaller side at worst.

    Args:
        costs: Shape (rows, columns), finite.
    """
    if costs.shape[0] > costs.shape[1]:
        return sorted((row, column) for column, row in assign(costs.T))
    num_rows, num_cols = costs.shape
    row_of = np.full(num_cols, -1)
    row_prices, col_prices = np.zeros(num_rows), np.zeros(num_cols)
    for row in range(num_rows):
        _augment(costs, row, row_of, row_prices, col_prices)
    return sorted((int(row_of[column]), int(column)) for column in np.flatnonzero(row_of >= 0))


def _augment(
    costs: Costs, start: int, row_of: NDArray[np.int64], row_prices: Costs, col_prices: Costs
) -> None:
    """Gives row `start` a column, moving other rows to others where that is cheaper."""
    num_cols = costs.shape[1]
    shortest = np.full(num_cols, np.inf)
    came_from = np.full(num_cols, -1)
    is_done = np.zeros(num_cols, bool)
    row, column, length = start, -1, 0.0
    visited = [start]
    while True:
        lengths = length + costs[row] - row_prices[row] - col_prices
        better = ~is_done & (lengths < shortest)
        shortest[better], came_from[better] = lengths[better], row
        column = int(np.argmin(np.where(is_done, np.inf, shortest)))
        length = float(shortest[column])
        is_done[column] = True
        if row_of[column] < 0:
            break
        row = int(row_of[column])
        visited.append(row)
    for done in visited:
        at = length - (shortest[row_of == done][0] if done != start else 0.0)
        row_prices[done] += at
    col_prices[is_done] -= length - shortest[is_done]
    while True:
        row = int(came_from[column])
        row_of[column], column = row, int(np.flatnonzero(row_of == row)[0]) if row != start else -1
        if row == start:
            return
