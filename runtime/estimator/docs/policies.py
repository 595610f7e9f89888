"""Prints the tables of policies.md, from `peng replay` alone.

    policies.py PENG means    ARGUMENTS... [sequential or generations of ten by --history]
    policies.py PENG datasets ARGUMENTS...
    policies.py PENG coverage ARGUMENTS...  of one estimator, at confidences of 50, 80 and 95 %
    policies.py PENG paired   ARGUMENTS...  nReg of the first estimator less that of each other, order by order

PENG is the program, ARGUMENTS are those of `peng replay`. Needs Python 3.9 and nothing else.
"""

import collections
import csv
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile

COLUMNS = ["saved", "mae", "nmae", "spearman", "recall_tied", "nreg"]
DIGITS = {"saved": 1, "nmae": 1, "recall_tied": 0}
HEADER = "| policy | saved % | MAE pp | nMAE % | Spearman | recall % | nReg % |"


def replay(peng, *arguments):
    """The JSON of a replay."""
    command = [peng, "replay", "--format", "json", "-q", *arguments]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


def cell(measures, name):
    if name not in measures:
        return "-"
    digits, measure = DIGITS.get(name, 2), measures[name]
    low, high = measure["interval"] or [measure["value"]] * 2
    return f"{measure['value']:.{digits}f} ({low:.{digits}f}..{high:.{digits}f})"


def table(rows):
    lines = [HEADER, "|---" * (len(COLUMNS) + 1) + "|"]
    for name, measures in rows:
        lines.append(" | ".join([f"| `{name}`", *(cell(measures, column) for column in COLUMNS)]) + " |")
    return "\n".join(lines)


def means(peng, arguments):
    print(table((found["estimator"], found["mean"]) for found in replay(peng, *arguments)["estimators"]))


def datasets(peng, arguments):
    rows = collections.defaultdict(list)
    for found in replay(peng, *arguments)["estimators"]:
        for dataset in found["by_dataset"]:
            rows[dataset["dataset"]].append((found["estimator"], dataset))
    for name, rows_of_it in rows.items():
        print(f"### {name}\n\n{table(rows_of_it)}\n")


def coverage(peng, arguments):
    shares = collections.defaultdict(list)
    for confidence in ["0.5", "0.8", "0.95"]:
        [found] = replay(peng, *arguments, "--confidence", confidence)["estimators"]
        for name, measures in [(d["dataset"], d) for d in found["by_dataset"]] + [("mean", found["mean"])]:
            shares[name].append(f"{measures['coverage']['value']:.1f}")
    print("| data set | 50 % | 80 % | 95 % |\n|---|---|---|---|")
    for name, values in shares.items():
        print(f"| {name} | " + " | ".join(values) + " |")


def paired(peng, arguments):
    with tempfile.TemporaryDirectory() as folder:
        decisions = pathlib.Path(folder) / "decisions.csv"
        found = replay(peng, *arguments, "--decisions", str(decisions))["estimators"]
        names = [estimator["estimator"] for estimator in found]
        orders = collections.defaultdict(list)
        with decisions.open(newline="") as file:
            for row in csv.DictReader(file):
                if row["policy"] == names[0]:
                    columns = ["population", "order", "index", "run_id"]
                    orders[row["order"]].append([row[column] for column in columns])
        regrets = collections.defaultdict(list)
        for number, rows in orders.items():
            file = pathlib.Path(folder) / f"order-{number}.csv"
            with file.open("w", newline="") as out:
                csv.writer(out).writerows([["population", "order", "index", "run_id"], *rows])
            for estimator in replay(peng, *without_orders(arguments), "--orders", str(file))["estimators"]:
                for dataset in estimator["by_dataset"]:
                    regrets[dataset["dataset"], estimator["estimator"]].append(dataset["nreg"]["value"])
    print("| data set | " + " | ".join(f"against `{name}`" for name in names[1:]) + " |")
    print("|---" * len(names) + "|")
    for dataset in dict.fromkeys(dataset for dataset, _ in regrets):
        cells = [difference(regrets[dataset, names[0]], regrets.get((dataset, name))) for name in names[1:]]
        print(f"| {dataset} | " + " | ".join(cells) + " |")


def without_orders(arguments):
    at = arguments.index("--orders")
    return [*arguments[:at], *arguments[at + 2 :]]


def difference(own, other):
    """The mean difference with its standard error."""
    if other is None:
        return "-"
    differences = [a - b for a, b in zip(own, other)]
    error = statistics.stdev(differences) / len(differences) ** 0.5
    return f"{statistics.mean(differences):.2f} ± {error:.2f}"


if __name__ == "__main__":
    _, peng, what, *arguments = sys.argv
    {"means": means, "datasets": datasets, "coverage": coverage, "paired": paired}[what](peng, arguments)
