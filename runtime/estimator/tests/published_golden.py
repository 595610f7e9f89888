"""Runs the published engines over real curves with SciPy and writes what `published_vectors.rs` compares with.

    python -m venv venv && venv/bin/pip install scipy==1.17.1 numpy==2.4.6
    venv/bin/python runtime/estimator/tests/published_golden.py

Reads data/a4nn_curves.csv, data/scipy_curves.csv and, for the fits of `modular`, data/scipy_golden.csv; writes data/published_golden.csv, a line an engine and curve:
`engine,run,points,prediction,FIRST:fit fit ...`. `points` is how many points the engine has seen when it converges (empty:
never) and `prediction` what it predicts there. The fits are the predictions from FIRST points on, a point more each, `-`
where there is none. The rules are written down here once more, from the descriptions of the engines; the program under
test shares nothing with them.
"""

import pathlib
import warnings

import numpy as np
from scipy.optimize import curve_fit

DATA = pathlib.Path(__file__).parent / "data"
WINDOW, TOLERANCE = 3, 0.5


def curve(x, a, b, c):
    return a - b ** (c - x)


def fit(first_x, values, start, highest):
    """The fitted a, b, c; None where SciPy finds none."""
    x = first_x + np.arange(float(len(values)))
    bounds = ([0.5, 1.0, 0.0], [highest, np.inf, np.inf])
    try:
        return curve_fit(curve, x, np.array(values), p0=start, bounds=bounds)[0]
    except (RuntimeError, ValueError):
        return None


def agree(window):
    median = np.median(window)
    return all(median - TOLERANCE <= value <= median + TOLERANCE for value in window)


def a4nn(values):
    """x from 0, SciPy's own start, at least 4 points; a failure is kept as infinity; every value of the window in range."""
    predictions, stop = [np.inf] * 3, None
    for points in range(4, len(values) + 1):
        params = fit(0.0, values[:points], None, 200.0)
        predictions.append(np.inf if params is None else curve(float(len(values)), *params))
        window = predictions[-WINDOW:]
        if stop is None and all(0 <= value <= 100 for value in window) and agree(window):
            stop = points, predictions[-1]
    return 4, predictions[3:], stop


def modular(fits):
    """PENGUIN's modular branch on fits from 2 points on; one that failed leaves the window alone, one out of range empties it."""
    window = []
    for points, prediction in enumerate(fits, 2):
        if not np.isfinite(prediction):
            continue
        window = (window + [prediction])[-WINDOW:] if 0 <= prediction <= 100 else []
        if len(window) == WINDOW and agree(window):
            return 2, fits, (points, prediction)
    return 2, fits, None


def asymptote(values):
    """PEng4NN (2021): x from 1, at least 2 points, the last one included; it predicts a; only the newest must be in range."""
    predictions, window, stop = [], [], None
    for points in range(2, len(values) + 1):
        params = fit(1.0, values[:points], (10, 1.001, 100), 102.5)
        predictions.append(np.inf if params is None else params[0])
        if params is None:
            continue
        window = (window + [params[0]])[-WINDOW:]
        if stop is None and len(window) == WINDOW and agree(window) and 0 < params[0] <= 100:
            stop = points, params[0]
    return 2, predictions, stop


def curves(name):
    for line in (DATA / name).read_text().splitlines():
        if not line.startswith("#"):
            run, *_, values = line.split(",")
            yield run, tuple(float(value) for value in values.split())


def row(engine, run, result):
    first, predictions, stop = result
    fits = " ".join(f"{value:.7g}" if np.isfinite(value) else "-" for value in predictions)
    points, prediction = ("", "") if stop is None else (stop[0], f"{stop[1]:.9g}")
    return f"{engine},{run},{points},{prediction},{first}:{fits}\n"


def main():
    warnings.simplefilter("ignore")
    fits = {}
    for line in (DATA / "scipy_golden.csv").read_text().splitlines()[1:]:
        run, _, _, prediction = line.split(",")
        fits.setdefault(run, []).append(float(prediction or "inf"))
    with (DATA / "published_golden.csv").open("w") as out:
        out.write("engine,run,points,prediction,fits\n")
        for run, values in curves("a4nn_curves.csv"):
            out.write(row("a4nn", run, a4nn(values)))
        for run, _ in curves("scipy_curves.csv"):
            out.write(row("modular", run, modular(fits[run])))
        for run, values in curves("scipy_curves.csv"):
            out.write(row("asymptote", run, asymptote(values)))


main()
