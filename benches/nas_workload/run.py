"""Networks an hour of `peng` and of a PyTorch program that trains the same ones: whole processes, in turn.

    python benches/nas_workload/run.py PENG PYTHON [ROUNDS]

PENG is a release build of `peng`, PYTHON an interpreter that has PyTorch and NumPy (`pip install torch numpy`). The networks
are those that `peng` draws for `workload.peng.yaml`; `pytorch.py` trains them in NCHW and in channels_last. Both sides use two
processes of one thread, the same sizes, batches, optimizer and epochs, and measure on validation data after each epoch.

Prints for each of them the medians of seconds, seconds of the processors, networks an hour, and peak memory, which is the
sum over all processes, pages that several share counted once (PSS); then the medians of the ratios of each round. On a
loaded machine the ratio of the processors' seconds is the one to trust.
"""

import csv
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

here = pathlib.Path(__file__).resolve().parent
peng, python = sys.argv[1:3]
rounds = int(sys.argv[3]) if len(sys.argv) > 3 else 3
spec = here / "workload.peng.yaml"
# The wheels of PyPI can use a GPU; this is about processors.
environment = {**os.environ, "CUDA_VISIBLE_DEVICES": "", "OMP_NUM_THREADS": "1"}
SAMPLE_EVERY = 0.5


def processes(root):
    """A process and all below it."""
    found, above = [], [root]
    while above:
        pid = above.pop()
        found.append(pid)
        try:
            for task in os.listdir(f"/proc/{pid}/task"):
                above += map(int, pathlib.Path(f"/proc/{pid}/task/{task}/children").read_text().split())
        except OSError:
            pass
    return found


def memory(root):
    """Bytes of a process and of all below it."""
    total = 0
    for pid in processes(root):
        try:
            rollup = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
        except OSError:
            continue
        total += sum(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:")) * 1024
    return total


def measure(command):
    """What a command prints, its seconds, seconds of the processors and peak memory."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as errors:
        begun = time.perf_counter()
        child = subprocess.Popen(command, stdout=out, stderr=errors, env=environment)
        peak, status = 0, 0
        while True:
            ended, status, used = os.wait4(child.pid, os.WNOHANG)
            if ended:
                break
            peak = max(peak, memory(child.pid))
            time.sleep(SAMPLE_EVERY)
        wall = time.perf_counter() - begun
        child.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0), errors.seek(0)
        if child.returncode != 0:
            sys.exit(f"{' '.join(map(str, command))} ended with {child.returncode}: {errors.read().decode()}")
        return out.read().decode(), {"wall": wall, "cpu": used.ru_utime + used.ru_stime, "peak": peak}


def trials(directory):
    with open(directory / "trials.csv", newline="") as file:
        found = list(csv.DictReader(file))
    unfinished = [trial["trial"] for trial in found if trial["outcome"] != "completed"]
    if unfinished:
        sys.exit(f"trials {unfinished} were not trained to the end")
    return found


def main(scratch):
    plan, genomes = scratch / "plan.json", scratch / "genomes.json"
    subprocess.run([peng, "plan", "--quiet", spec, "--out", plan], check=True, stdout=subprocess.DEVNULL)
    sides = {
        "peng": [peng, "run", "--quiet", plan, "--dir", scratch / "run"],
        "PyTorch NCHW": [python, here / "pytorch.py", plan, genomes, "nchw"],
        "PyTorch channels_last": [python, here / "pytorch.py", plan, genomes, "channels_last"],
    }
    measured = {name: [] for name in sides}
    for number in range(rounds):
        for name, command in sides.items():
            printed, figures = measure(command)
            measured[name].append(figures)
            if name == "peng":
                ours = trials(scratch / "run")
                genomes.write_text(json.dumps([json.loads(trial["genome"]) for trial in ours]))
                accuracy = [float(trial["observed"]) for trial in ours]
                shutil.rmtree(scratch / "run")
            else:
                theirs = json.loads(printed)
                sizes = [network["params"] for network in theirs["networks"]], [int(trial["params"]) for trial in ours]
                if sizes[0] != sizes[1]:
                    sys.exit(f"the networks of {name} have {sizes[0]} parameters, expected {sizes[1]}")
                accuracy = [network["measured"][-1]["val_accuracy"] for network in theirs["networks"]]
            print(f"round {number + 1} {name:22} {figures['wall']:7.1f} s, {figures['cpu']:7.1f} s of processors, "
                  f"peak {figures['peak'] / 2**20:6.0f} MiB, mean accuracy {statistics.mean(accuracy):5.2f} %", flush=True)
    count = len(ours)
    print(f"\n{count} networks, medians of {rounds} rounds, PyTorch {theirs['torch']}")
    print(f"{'':22} {'seconds':>9} {'of processors':>14} {'networks/h':>11} {'peak MiB':>9}")
    for name, figures in measured.items():
        wall, cpu, peak = (statistics.median(of[key] for of in figures) for key in ("wall", "cpu", "peak"))
        print(f"{name:22} {wall:9.1f} {cpu:14.1f} {count * 3600 / wall:11.0f} {peak / 2**20:9.0f}")
    for name in list(sides)[1:]:
        ratio = {key: statistics.median(b[key] / a[key] for a, b in zip(measured["peng"], measured[name])) for key in ("wall", "cpu", "peak")}
        print(f"peng against {name}: {ratio['wall']:.2f} times the networks an hour, {ratio['cpu']:.2f} times "
              f"those of a processor's hour, 1/{ratio['peak']:.1f} of the memory")


with tempfile.TemporaryDirectory() as scratch:
    main(pathlib.Path(scratch))
