"""An Optuna study whose pruner asks `peng engine`: trainings that have converged end early, with a predicted value.

    pip install optuna numpy
    python examples/engine/optuna_study.py --peng target/release/peng

Optuna's own pruners drop what looks bad, and a pruned trial has no value. A trial that has converged is a result: the
objective returns the accuracy that the engine predicts, and the sampler learns from it. The networks are trained for
real, on the handwritten digits that ship with `peng`, in NumPy.
"""

import argparse
from pathlib import Path

import numpy as np
import optuna
from peng_engine import PengEngine

DIGITS = Path(__file__).parents[2] / "runtime/src/data/digits.csv.gz"
METRIC = "val_accuracy"


class PengPruner(optuna.pruners.BasePruner):
    """Ends a trial as soon as the engine says so. Report an accuracy in percent after each epoch, from 1 on."""

    def __init__(self, engine, planned_epochs, metric=METRIC):
        self._engine = engine
        self._planned = planned_epochs
        self._metric = metric
        self._answers = {}

    def prune(self, study, trial):
        epoch = trial.last_step
        if epoch is None:
            return False
        metrics = {self._metric: trial.intermediate_values[epoch]}
        run = f"{study.study_name}/{trial.number}"
        answer = self._engine.observe(run, epoch, metrics, planned=self._planned)
        self._answers[trial.number] = answer
        # At the planned end there is a stop too, but nothing to be stopped: the outcome is null.
        return answer["outcome"] is not None

    def value(self, trial):
        """The value of a trial that was stopped; raises `TrialPruned` if it is not worth one."""
        answer = self._answers[trial.number]
        if answer["outcome"] == "pruned":
            raise optuna.TrialPruned(answer["reason"])
        return answer["predicted"]


class Digits:
    """Images from 0 to 1, and their classes; four fifths to train."""

    def __init__(self, path):
        table = np.loadtxt(path, delimiter=",")
        table = table[np.random.default_rng(0).permutation(len(table))]
        images, classes = table[:, :-1] / 16.0, table[:, -1].astype(int)
        cut = len(table) * 4 // 5
        self.train = images[:cut], classes[:cut]
        self.validation = images[cut:], classes[cut:]


def epochs_of_training(digits, width, rate, momentum, decay, seed):
    """Trains a network with one hidden layer by SGD; yields its validation accuracy after each epoch, for ever."""
    random = np.random.default_rng(seed)
    images, classes = digits.train
    shapes = (images.shape[1], width), (width,), (width, 10), (10,)
    weights = [random.normal(0, np.sqrt(2 / shape[0]), shape) * (len(shape) == 2) for shape in shapes]
    speeds = [np.zeros(shape) for shape in shapes]

    def forward(x):
        hidden = np.maximum(x @ weights[0] + weights[1], 0)
        scores = hidden @ weights[2] + weights[3]
        shares = np.exp(scores - scores.max(axis=1, keepdims=True))
        return hidden, shares / shares.sum(axis=1, keepdims=True)

    while True:
        for batch in np.array_split(random.permutation(len(images)), len(images) // 32):
            hidden, error = forward(images[batch])
            error[np.arange(len(batch)), classes[batch]] -= 1
            error /= len(batch)
            back = error @ weights[2].T * (hidden > 0)
            slopes = images[batch].T @ back, back.sum(axis=0), hidden.T @ error, error.sum(axis=0)
            for weight, speed, slope in zip(weights, speeds, slopes):
                speed *= momentum
                speed -= rate * (slope + decay * weight)
                weight += speed
        _, shares = forward(digits.validation[0])
        yield 100.0 * np.mean(shares.argmax(axis=1) == digits.validation[1])


def settings(trial):
    return {
        "width": trial.suggest_int("width", 4, 64, log=True),
        "rate": trial.suggest_float("rate", 1e-3, 0.3, log=True),
        "momentum": trial.suggest_float("momentum", 0.0, 0.95),
        "decay": trial.suggest_float("decay", 1e-6, 1e-2, log=True),
    }


def search(digits, pruner, trials, planned, seed):
    """Runs the study; hands it back with the number of epochs that were trained."""
    trained = 0

    def objective(trial):
        nonlocal trained
        training = epochs_of_training(digits, **settings(trial), seed=trial.number)
        for epoch in range(1, planned + 1):
            accuracy = next(training)
            trained += 1
            trial.report(accuracy, epoch)
            if trial.should_prune():
                return pruner.value(trial)
        return accuracy

    sampler = optuna.samplers.TPESampler(seed=seed)
    study = optuna.create_study(study_name="digits", direction="maximize", sampler=sampler, pruner=pruner)
    study.optimize(objective, n_trials=trials)
    return study, trained


def main():
    parser = argparse.ArgumentParser(description="An Optuna study whose pruner asks `peng engine`.")
    parser.add_argument("--peng", default="peng", help="the program")
    parser.add_argument("--estimator", default="penguin", help="as `peng engine --estimator` takes it")
    parser.add_argument("--trials", type=int, default=20)
    parser.add_argument("--epochs", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    optuna.logging.set_verbosity(optuna.logging.WARNING)

    digits = Digits(DIGITS)
    with PengEngine([args.peng, "engine", "--estimator", args.estimator]) as engine:
        pruner = PengPruner(engine, args.epochs)
        study, trained = search(digits, pruner, args.trials, args.epochs, args.seed)

    planned = args.trials * args.epochs
    stopped = sum(trial.last_step < args.epochs for trial in study.trials)
    print(f"trials  {stopped} of {args.trials} stopped early")
    print(f"epochs  {trained} trained instead of {planned}: {planned - trained} saved ({100 * (1 - trained / planned):.1f} %)")
    best = study.best_trial
    training = epochs_of_training(digits, **best.params, seed=best.number)
    observed = [next(training) for _ in range(args.epochs)][-1]
    told = "predicted" if best.last_step < args.epochs else "observed"
    print(f"best    trial {best.number}, {told} {best.value:.2f} after {best.last_step} epochs; to the end: {observed:.2f}")


if __name__ == "__main__":
    main()
