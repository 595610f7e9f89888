"""Times SciPy's `curve_fit` of the published curve, called as the published code does, for `fit.rs` beside it.

Reads a curve a line (values at x = 1, 2, 3, ..., separated by spaces) and answers with the nanoseconds of a fit, the
median of several calls, in time of the processor: on a loaded machine that is in SciPy's favour. A fit that fails after
300 evaluations counts with the time that it took.

    python -m venv venv && venv/bin/pip install scipy==1.17.1 numpy==2.4.6
"""

import statistics
import sys
import time
import warnings

import numpy as np
from scipy.optimize import curve_fit

BOUNDS = ([0.5, 1.0, 0.0], [200.0, np.inf, np.inf])
START = (10, 1.001, 100)
CALLS = 5


def curve(x, a, b, c):
    return a - b ** (c - x)


def nanoseconds(x, values):
    start = time.process_time_ns()
    try:
        curve_fit(curve, x, values, p0=START, bounds=BOUNDS)
    except RuntimeError:
        pass
    return time.process_time_ns() - start


def main():
    warnings.simplefilter("ignore")
    for line in sys.stdin:
        values = np.array([float(value) for value in line.split()])
        x = np.arange(1.0, len(values) + 1.0)
        print(statistics.median(nanoseconds(x, values) for _ in range(CALLS)), flush=True)


main()
