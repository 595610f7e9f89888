"""Shows recorded curves to Optuna's pruners and writes where they prune, which `optuna_golden.rs` compares with.

    python -m venv venv && venv/bin/pip install optuna==5.0.0
    venv/bin/python runtime/estimator/tests/optuna_golden.py [CURVES GOLDEN]

CURVES (default data/scipy_curves.csv): lines `run,value value ...`, `#` for comments; a step is an epoch, from 1.
GOLDEN (default data/optuna_golden.csv): a row a case and run, `case,run,pruned_at`; 0 where the run was not pruned. The last
step is not asked about, since nothing is left to save.
"""

import math
import pathlib
import sys

import optuna
from optuna.pruners import MedianPruner, SuccessiveHalvingPruner

DATA = pathlib.Path(__file__).parent / "data"


def gaps(values, index):
    """Every eleventh value, a run beginning where the one before left off, is NaN."""
    return [math.nan if (7 * index + 3 * step) % 11 == 0 else value for step, value in enumerate(values)]


# name: direction, pruner, whether values are missing
CASES = {
    "median": ("maximize", MedianPruner(), False),
    "median_falling": ("minimize", MedianPruner(n_startup_trials=1), False),
    "median_interval": ("maximize", MedianPruner(n_startup_trials=2, n_warmup_steps=5, interval_steps=3), False),
    "median_gaps": ("maximize", MedianPruner(n_warmup_steps=2), True),
    "asha_3": ("maximize", SuccessiveHalvingPruner(min_resource=1, reduction_factor=3), False),
    "asha_4_falling": ("minimize", SuccessiveHalvingPruner(min_resource=2, reduction_factor=4), False),
    "asha_2_gaps": ("maximize", SuccessiveHalvingPruner(min_resource=1, reduction_factor=2), True),
}


def pruned_at(study, values):
    trial = study.ask()
    for step, value in enumerate(values[:-1], start=1):
        trial.report(value, step)
        if trial.should_prune():
            study.tell(trial, state=optuna.trial.TrialState.PRUNED)
            return step
    trial.report(values[-1], len(values))
    last = values[-1] if math.isfinite(values[-1]) else 0.0
    study.tell(trial, last)
    return 0


def main():
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    source, target = map(pathlib.Path, sys.argv[1:3]) if len(sys.argv) == 3 else (
        DATA / "scipy_curves.csv", DATA / "optuna_golden.csv")
    lines = [line.split(",") for line in source.read_text().splitlines() if not line.startswith("#")]
    with target.open("w") as out:
        out.write("case,run,pruned_at\n")
        for case, (direction, pruner, has_gaps) in CASES.items():
            study = optuna.create_study(direction=direction, pruner=pruner)
            for index, (run, values) in enumerate(lines):
                values = [float(value) for value in values.split()]
                if direction == "minimize":
                    values = [100.0 - value for value in values]
                if has_gaps:
                    values = gaps(values, index)
                out.write(f"{case},{run},{pruned_at(study, values)}\n")


main()
