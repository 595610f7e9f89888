"""Scores made-up decisions with SciPy and NumPy and writes what `score_golden.rs` compares with.

    python -m venv venv && venv/bin/pip install scipy==1.17.1 numpy==2.4.6
    venv/bin/python runtime/estimator/tests/score_golden.py [GOLDEN]

GOLDEN (default data/score_golden.json): a list of `{truth, fitness, seen, planned, measures}`. A truth that is null is NaN and
scores 0, a measure that is null is undefined. Values are rounded, so that there are ties. Measures have the names and units
of `peng replay --format json`.
"""

import json
import math
import pathlib
import sys

import numpy as np
from scipy.stats import kendalltau, spearmanr

GOLDEN = pathlib.Path(__file__).parent / "data" / "score_golden.json"


def measures(truth, fitness, seen, planned):
    """The definitions, from policies in order of the search; arrays of scores and of numbers of points."""
    runs = len(truth)
    stopped = seen < planned
    fitness = np.where(stopped, fitness, truth)
    size = math.ceil(runs / 10)

    def top(values):
        return np.argsort(-values, kind="stable")[:size]

    best, chosen = top(truth), top(fitness)
    worst_of_best = truth[best[-1]]
    spread = np.percentile(truth, 95) - np.percentile(truth, 5)
    error = fitness - truth
    constant = np.ptp(fitness) == 0 or np.ptp(truth) == 0
    mae = np.abs(error).mean()
    regret = truth[best].mean() - truth[chosen].mean()
    values = {
        "saved": 100 * (1 - seen.sum() / planned.sum()),
        "speed_up": planned.sum() / seen.sum(),
        "mae": mae,
        "nmae": 100 * mae / spread if spread >= 1e-9 else None,
        "shift": error.mean(),
        "mae_stopped": np.abs(error[stopped]).mean() if stopped.any() else 0.0,
        "p90": np.percentile(np.abs(error), 90),
        "max": np.abs(error).max(),
        "spearman": 0.0 if constant else spearmanr(truth, fitness)[0],
        "kendall": 0.0 if constant else kendalltau(truth, fitness)[0],
        "recall": 100 * len(set(best) & set(chosen)) / size,
        "recall_tied": 100 * (truth[chosen] >= worst_of_best - 1e-9).mean(),
        "regret": regret,
        "nreg": 100 * regret / spread if spread >= 1e-9 else None,
        "regret_best": truth.max() - truth[chosen[0]],
        "paper_difference": fitness[chosen].mean() - truth[best].mean(),
        "spread": spread,
        "completed": 100 * (~stopped).mean(),
    }
    return {name: None if value is None else float(value) for name, value in values.items()}


def case(random, runs, decimals, noise, share):
    """Scores with `decimals` digits, of which a share of runs is stopped with a noisy prediction."""
    truth = np.round(np.clip(70 + 15 * random.standard_normal(runs), 0, 100), decimals)
    planned = random.integers(5, 40, runs)
    seen = np.where(random.random(runs) < share, np.maximum(1, planned * random.random(runs)).astype(int), planned)
    fitness = np.round(np.clip(truth + noise * random.standard_normal(runs), 0, 100), decimals)
    lost = random.random(runs) < 0.05
    return {
        "truth": [None if is_lost else float(value) for value, is_lost in zip(truth, lost)],
        "fitness": fitness.tolist(),
        "seen": seen.tolist(),
        "planned": planned.tolist(),
        "measures": measures(np.where(lost, 0.0, truth), fitness, seen, planned),
    }


def main():
    golden = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else GOLDEN
    random = np.random.default_rng(4)
    cases = [
        case(random, runs, decimals, noise, share)
        for runs, decimals, noise, share in [
            (1, 2, 3.0, 1.0),
            (2, 2, 3.0, 1.0),
            (7, 2, 3.0, 0.5),
            (40, 0, 2.0, 0.7),
            (40, -1, 5.0, 0.9),
            (101, 1, 1.0, 0.8),
            (101, 2, 0.0, 0.8),
            (60, 2, 5.0, 0.0),
            (150, 2, 20.0, 1.0),
        ]
    ]
    golden.write_text("[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]\n")


if __name__ == "__main__":
    main()
