"""Sorts points into fronts with pymoo, for `pareto.rs` beside it.

Reads the number of points and a point a line; at each further line it sorts them and answers with the number of fronts, and
the seconds of sorting and of crowding.

    python -m venv venv && venv/bin/pip install pymoo==0.6.2
"""

import sys
import time

import numpy as np
from pymoo.operators.survival.rank_and_crowding.metrics import get_crowding_function
from pymoo.util.nds.non_dominated_sorting import NonDominatedSorting

count = int(sys.stdin.readline())
points = np.array([[float(value) for value in sys.stdin.readline().split()] for _ in range(count)])
sys.stdin.readline()
crowding = get_crowding_function("cd")
for _ in iter(sys.stdin.readline, ""):
    start = time.perf_counter()
    fronts = NonDominatedSorting().do(points)
    sorted_at = time.perf_counter()
    for front in fronts:
        crowding.do(points[front])
    print(len(fronts), sorted_at - start, time.perf_counter() - sorted_at, flush=True)
