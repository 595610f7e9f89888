"""A client of `peng engine`, which says when the training of a network may stop, and with which fitness.

Copy this file into your own search: it needs Python 3.9 and nothing else.

    with PengEngine(["peng", "engine", "--estimator", "penguin"]) as engine:
        for epoch in range(1, 26):
            accuracy = train_one_epoch(network)
            answer = engine.observe("net-7", epoch, {"val_accuracy": accuracy}, planned=25)
            if answer["verdict"] == "stop":
                break
        fitness = answer["predicted"] if answer["outcome"] == "converged" else accuracy
"""

import json
import math
import subprocess
import threading


class EngineError(Exception):
    """The engine refused a request; it goes on, and nothing has changed."""

    def __init__(self, code, message):
        super().__init__(message)
        self.code = code


class PengEngine:
    """One `peng engine` process. May be shared by threads; accuracies are percent, 0 to 100."""

    def __init__(self, command=("peng", "engine")):
        self._lock = threading.Lock()
        self._process = subprocess.Popen(
            list(command), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
        )

    def observe(self, run, epoch, metrics, planned=None, covariates=None):
        """What was measured of a run. `planned` epochs and covariates are needed with its first observation only."""
        request = {"op": "observe", "run": run, "epoch": epoch, "metrics": _numbers(metrics)}
        if planned is not None:
            request["planned"] = planned
        if covariates is not None:
            request["covariates"] = _numbers(covariates)
        return self.ask(request)

    def finish(self, run, value):
        """A training ended by itself with that value; NaN if it failed."""
        return self.ask({"op": "finish", "run": run, "value": _number(value)})

    def forget(self, run):
        """As if the run had never been."""
        return self.ask({"op": "forget", "run": run})

    def snapshot(self):
        """All that the engine knows, as JSON."""
        return self.ask({"op": "snapshot"})["state"]

    def restore(self, state):
        """Go on from a snapshot, also one of another process."""
        return self.ask({"op": "restore", "state": state})

    def ask(self, request):
        """Sends any request and waits for its reply."""
        line = json.dumps(request, allow_nan=False) + "\n"
        with self._lock:
            try:
                self._process.stdin.write(line)
                self._process.stdin.flush()
                reply = self._process.stdout.readline()
            except BrokenPipeError:
                reply = ""
        if not reply:
            raise RuntimeError(f"`peng engine` ended with exit code {self._process.wait()}")
        reply = json.loads(reply)
        if "error" in reply:
            raise EngineError(**reply["error"])
        return reply

    def close(self):
        """Ends the process; its end of input is the sign."""
        try:
            self._process.stdin.close()
        except BrokenPipeError:
            pass  # It has ended already.
        self._process.wait()
        self._process.stdout.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def _numbers(values):
    return {name: _number(value) for name, value in values.items()}


def _number(value):
    """JSON has neither NaN nor infinities; the protocol has words for them."""
    value = float(value)
    if math.isfinite(value):
        return value
    return "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"
