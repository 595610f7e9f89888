"""`peng check` against `check-jsonschema` on the same spec with the same schema: whole processes, in turn.

    python benches/check_jsonschema.py PENG CHECK_JSONSCHEMA [SPEC] [ROUNDS]

PENG is a release build of `peng`, CHECK_JSONSCHEMA the program of the PyPI package (`pip install check-jsonschema`).
Prints the median time of each and the median of the ratios of the pairs. Both must accept the spec.
"""

import pathlib
import statistics
import subprocess
import sys
import time

root = pathlib.Path(__file__).resolve().parent.parent
peng, other = sys.argv[1:3]
spec = sys.argv[3] if len(sys.argv) > 3 else str(root / "examples/quickstart.peng.yaml")
rounds = int(sys.argv[4]) if len(sys.argv) > 4 else 20
schema = str(root / "schemas/experiment.v1.json")
commands = {
    "peng": [peng, "check", "--quiet", spec],
    "check-jsonschema": [other, "--schemafile", schema, spec],
}


def seconds(command):
    begun = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - begun


for command in commands.values():
    seconds(command)
times = {name: [] for name in commands}
for _ in range(rounds):
    for name, command in commands.items():
        times[name].append(seconds(command))
for name, measured in times.items():
    print(f"{name:17} median {statistics.median(measured) * 1e3:8.1f} ms  least {min(measured) * 1e3:8.1f} ms")
ratios = [b / a for a, b in zip(times["peng"], times["check-jsonschema"])]
print(f"ratio             median {statistics.median(ratios):8.1f}     least {min(ratios):8.1f}")
