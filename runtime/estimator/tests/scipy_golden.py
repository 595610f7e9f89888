"""Fits prefixes of real curves with SciPy and writes what `scipy_golden.rs` compares with.

    python -m venv venv && venv/bin/pip install scipy==1.17.1 numpy==2.4.6
    venv/bin/python runtime/estimator/tests/scipy_golden.py [CURVES GOLDEN]

CURVES (default data/scipy_curves.csv): lines `run,value value ...`, `#` for comments.
GOLDEN (default data/scipy_golden.csv): a row a prefix, `run,points,state,prediction`; the prediction is taken at x = the
curve's number of points, 40 for the PENGUIN curves; `state` is ok, bound (the asymptote is 199.99 or more) or fail.
"""

import pathlib
import sys
import warnings

import numpy as np
from scipy.optimize import curve_fit

DATA = pathlib.Path(__file__).parent / "data"
BOUNDS = ([0.5, 1.0, 0.0], [200.0, np.inf, np.inf])
START = (10, 1.001, 100)


def curve(x, a, b, c):
    return a - b ** (c - x)


def fit(values, at):
    x = np.arange(1.0, len(values) + 1.0)
    try:
        params, _ = curve_fit(curve, x, values, p0=START, bounds=BOUNDS)
    except (RuntimeError, ValueError):
        return "fail", ""
    prediction = curve(float(at), *params)
    if not np.isfinite(prediction):
        return "fail", ""
    return ("bound" if params[0] >= 199.99 else "ok"), f"{prediction:.9g}"


def main():
    warnings.simplefilter("ignore")
    source, target = map(pathlib.Path, sys.argv[1:3]) if len(sys.argv) == 3 else (
        DATA / "scipy_curves.csv", DATA / "scipy_golden.csv")
    with target.open("w") as out:
        out.write("run,points,state,prediction\n")
        for line in source.read_text().splitlines():
            if line.startswith("#"):
                continue
            run, values = line.split(",")
            values = [float(value) for value in values.split()]
            for points in range(2, len(values)):
                state, prediction = fit(values[:points], len(values))
                out.write(f"{run},{points},{state},{prediction}\n")


main()
