"""The interval of `CrossedDifference` again, from least-squares fits with dummy variables instead of means.

    pip install numpy scipy && python benches/peers/crossed.py

prints what `sim-core/src/stats/crossed.rs` compares itself with.
"""

import numpy as np
from scipy import stats

# Loss of 12 samples with 3 trainings of a unit, against one backbone.
UNITS = np.array([
    [0, 1, 0, 0, 1, 0, 0, -1, 0, 1, 0, 0],
    [0, 1, 0, 0, 0, 0, 0, -1, 0, 0, 0, 1],
    [1, 1, 1, 0, 1, 0, 0, 0, 0, 1, 0, 1],
], dtype=float)
# Outcomes of the same samples with 2 trainings of another unit.
OTHERS = np.array([
    [0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0],
    [1, 0, 0, 1, 1, 1, 0, 0, 0, 0, 1, 1],
], dtype=float)


def residual_squares(design, values):
    fitted = design @ np.linalg.lstsq(design, values, rcond=None)[0]
    return float(((values - fitted) ** 2).sum())


def mean_squares(table):
    """Mean squares of rows and residual, by comparing nested linear models."""
    rows, columns = table.shape
    row, column = (index.ravel() for index in np.indices(table.shape))
    of_column, of_row = np.eye(columns)[column], np.eye(rows)[row]
    values = table.ravel()
    both = residual_squares(np.hstack([of_row, of_column]), values)
    by_row = (residual_squares(of_column, values) - both) / (rows - 1)
    return by_row, both / ((rows - 1) * (columns - 1))


def interval(first, second):
    n = first.shape[1]
    difference = first.mean(axis=0) - second.mean(axis=0)
    terms = [(difference.var(ddof=1) / n, n - 1)]  # value, degrees of freedom
    for table in (first, second):
        rows = len(table)
        if rows > 1:
            by_row, residual = mean_squares(table)
            if by_row > residual:
                terms.append((by_row / (rows * n), rows - 1))
                terms.append((-residual / (rows * n), (rows - 1) * (n - 1)))
    variance = sum(term for term, _ in terms)
    freedom = variance**2 / sum(term**2 / of for term, of in terms)
    half = stats.t.ppf(0.975, freedom) * np.sqrt(variance)
    mean = difference.mean()
    return f"mean {mean:.9f}, {mean - half:.9f} to {mean + half:.9f}, freedom {freedom:.6f}"


if __name__ == "__main__":
    nothing = np.zeros((1, UNITS.shape[1]))
    print("3 trainings against one backbone:", interval(UNITS, nothing))
    print("2 trainings alone:", interval(OTHERS, nothing))
    print("3 trainings against 2:", interval(UNITS, OTHERS))
    print("3 trainings that differ less than chance:", interval(2 * np.array([UNITS[0], UNITS[0][::-1], UNITS[0]]), nothing))
