"""Runs the published code of NSGA-Net and writes what its networks cost and compute, for the tests to compare with.

    git clone https://github.com/ianwhale/nsga-net && git -C nsga-net checkout 0ee6225
    python -m venv venv && venv/bin/pip install torch==2.15.0 numpy
    venv/bin/python runtime/src/space/published_networks.py nsga-net

Writes, beside itself, `nsga_micro/vectors.csv` and `nsga_macro/variants.csv` (a network a line: parameters of the space as JSON,
input, classes, genome, parameters without the auxiliary head, FLOPs), and `../burn/published.json`: scores in training
mode, with weights, images and biases that both sides make by the same formula.
"""

import contextlib
import csv
import io
import json
import pathlib
import random
import sys
import types

sys.path.insert(0, sys.argv[1])
for name in ("torchvision", "torchvision.transforms"):
    sys.modules[name] = types.ModuleType(name)
sys.modules["torchvision"].transforms = sys.modules["torchvision.transforms"]

import torch
from misc.flops_counter import add_flops_counting_methods
from models import macro_genotypes
from models.macro_models import EvoNetwork
from models.micro_models import NetworkCIFAR, PyramidNetworkCIFAR
from search import macro_encoding, micro_encoding

HERE = pathlib.Path(__file__).parent
OPERATIONS = 9
SHAPE = [3, 32, 32]
DEFAULTS = {"cells": 11, "blocks": 5, "channels": 24}
# The cells of `train_search.py` and of `micro_genotypes.py`.
DARTS_V2 = [[[[3, 0], [3, 1]], [[3, 0], [3, 1]], [[3, 1], [2, 0]], [[2, 0], [5, 2]]],
            [[[0, 0], [0, 1]], [[2, 2], [0, 1]], [[0, 0], [2, 2]], [[2, 2], [0, 1]]]]
NSGANET = [[[[2, 0], [0, 0]], [[6, 0], [0, 0]], [[6, 1], [3, 3]], [[0, 1], [4, 3]], [[3, 1], [3, 0]]],
           [[[1, 0], [3, 1]], [[5, 1], [0, 0]], [[2, 2], [6, 1]], [[2, 2], [1, 1]], [[6, 1], [5, 1]]]]
NSGANET_MACRO = [[bit for node in phase for bit in node] for phase in macro_genotypes.NSGANet]


def micro(params, genome, classes):
    params = DEFAULTS | params
    genotype = micro_encoding.decode(genome)
    more = dict(SE=params.get("squeeze_excite", False))
    auxiliary = params.get("auxiliary_weight", 0) > 0
    with contextlib.redirect_stdout(io.StringIO()):
        if "increment" in params:
            more["increment"] = params["increment"]
            return PyramidNetworkCIFAR(params["channels"], classes, params["cells"], auxiliary, genotype, **more)
        return NetworkCIFAR(params["channels"], classes, params["cells"], auxiliary, genotype, **more)


def macro(params, genome, classes, shape):
    params = {"phases": 3, "nodes": 4, "channels": 24, "double_channels": True, "variant": "standard"} | params
    widths = [params["channels"] << (i if params["double_channels"] else 0) for i in range(params["phases"])]
    channels = list(zip([shape[0]] + widths, widths))
    decoder = {"standard": "residual", "preact": "swapped-residual"}.get(params["variant"], params["variant"])
    if decoder == "variable":
        decoded = [macro_encoding.phase_dencode(phase[:-1]) + [[phase[-1]]] for phase in genome]
    else:
        decoded = macro_encoding.decode(genome)
    network = EvoNetwork(decoded, channels, classes, tuple(shape[1:]), decoder=decoder)
    for phase in network.modules():
        # Phases have a convolution for channels that do not change too, and never apply it.
        if not getattr(phase, "channel_flag", True) or not getattr(phase, "in_channel_flag", True):
            phase.first_conv = None
    return network


def cost(network, shape):
    params = sum(p.numel() for name, p in network.named_parameters() if "auxiliary" not in name)
    counted = add_flops_counting_methods(network)
    counted.droprate = 0.0
    counted.eval()
    counted.start_flops_count()
    counted(torch.zeros(1, *shape))
    return params, int(counted.compute_average_flops_cost())


def formula(count, multiplier, modulus):
    middle = (modulus - 1) / 2
    return torch.tensor([(i * multiplier % modulus - middle) / middle for i in range(count)], dtype=torch.float64)


def scores(network, shape, examples):
    """In training mode, batch norm at its initial scale and shift."""
    network.droprate = 0.0
    network.train().double()
    with torch.no_grad():
        for module in network.modules():
            if isinstance(module, (torch.nn.Conv2d, torch.nn.Linear)):
                weight = module.weight
                fan_in = weight[0].numel()
                weight.copy_((formula(weight.numel(), 37, 101) / fan_in ** 0.5).reshape(weight.shape))
                if module.bias is not None:
                    module.bias.zero_()
        count = examples * shape[0] * shape[1] * shape[2]
        own, auxiliary = network(formula(count, 53, 97).reshape(examples, *shape))
    listed = lambda scores: None if scores is None else [[round(x, 6) for x in row] for row in scores.tolist()]
    return {"own": listed(own), "auxiliary": listed(auxiliary)}


def micro_genome(blocks, rng):
    cell = lambda: [[[rng.randrange(OPERATIONS), rng.randrange(b + 2)] for _ in range(2)] for b in range(blocks)]
    return [cell(), cell()]


def macro_genome(params, rng):
    bits = params["nodes"] * (params["nodes"] - 1) // 2 + 1
    kind = [[0], [1], [2]] if params["variant"] == "variable" else [[]]
    # The published `variable` fails if a phase is dropped before one that is not.
    density = 0.5 if params["variant"] != "variable" else 0.7
    phase = lambda: [int(rng.random() < density) for _ in range(bits)] + rng.choice(kind)
    return [phase() for _ in range(params["phases"])]


def write(path, source, rows):
    with open(HERE / path, "w", newline="") as file:
        file.write(f"# {source}, counted by NSGA-Net's published code: see published_networks.py.\n")
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["space", "input", "classes", "genome", "params", "flops"])
        dump = lambda value: json.dumps(value, separators=(",", ":"))
        table.writerows([dump(space), "x".join(map(str, shape)), classes, dump(genome), *cost]
                        for space, shape, classes, genome, cost in rows)


def costs():
    rng = random.Random(5)
    networks = [
        ({"cells": 20, "channels": 26, "increment": 4, "squeeze_excite": True, "auxiliary_weight": 0.4}, SHAPE, 10, NSGANET),
        ({"cells": 20, "channels": 34, "increment": 4, "auxiliary_weight": 0.4}, SHAPE, 10, NSGANET),
        ({"cells": 20, "channels": 36, "increment": 6, "squeeze_excite": True}, SHAPE, 10, NSGANET),
        ({"cells": 8, "blocks": 4, "channels": 16}, SHAPE, 10, DARTS_V2),
    ]
    for _ in range(36):
        space = {"cells": rng.randrange(3, 12), "blocks": rng.randrange(1, 7), "channels": rng.choice([4, 9, 16, 24])}
        if rng.random() < 0.25:
            space |= {"channels": 2 * rng.randrange(9, 14), "increment": 2 * rng.randrange(1, 4)}
        if rng.random() < 0.25 and space["channels"] >= 16:
            space["squeeze_excite"] = True
        networks.append((space, rng.choice([SHAPE, [3, 28, 28], [3, 20, 16]]), 10, micro_genome(space["blocks"], rng)))
    write("nsga_micro/vectors.csv", "Networks of the micro space",
          [(*network, cost(micro(network[0], network[3], network[2]), network[1])) for network in networks])

    networks = [({"nodes": 6, "channels": 128, "double_channels": False, "variant": "dense"}, SHAPE, 10, NSGANET_MACRO)]
    for variant in ["standard", "preact", "dense", "variable"]:
        for _ in range(12):
            space = {"phases": rng.randrange(1, 4), "nodes": rng.randrange(2, 7), "channels": rng.choice([3, 8, 20, 40]),
                     "double_channels": rng.random() < 0.7, "variant": variant}
            genome = macro_genome(space, rng)
            if all(any(phase[:space["nodes"] * (space["nodes"] - 1) // 2]) for phase in genome):
                networks.append((space, rng.choice([SHAPE, [1, 19, 22]]), rng.choice([2, 10]), genome))
    write("nsga_macro/variants.csv", "Networks of the variants of the macro space",
          [(*network, cost(macro(network[0], network[3], network[2], network[1]), network[1])) for network in networks])


def outputs():
    rng = random.Random(6)
    found = []
    for space in [
        # The published head rectifies its input in place, which in a network of three cells the classifier reads too.
        {"cells": 4, "channels": 4, "auxiliary_weight": 0.4},
        {"cells": 3, "channels": 4},
        {"cells": 4, "channels": 16, "blocks": 3, "squeeze_excite": True},
        {"cells": 5, "channels": 6, "blocks": 4, "increment": 2},
    ]:
        for _ in range(3):
            genome = micro_genome((DEFAULTS | space)["blocks"], rng)
            size = SHAPE if "auxiliary_weight" in space else [3, 12, 8]
            found.append({"kind": "nsga-micro", "params": space, "input": size, "genome": genome,
                          **scores(micro(space, genome, 3), size, 2)})
    for variant in ["standard", "preact", "dense", "variable", "variable"]:
        for double in [True, False]:
            space = {"phases": 2, "nodes": 4, "channels": 6, "double_channels": double, "variant": variant}
            genome = macro_genome(space, rng)
            while not all(any(phase[:6]) for phase in genome):
                genome = macro_genome(space, rng)
            found.append({"kind": "nsga-macro", "params": space, "input": [2, 10, 9], "genome": genome,
                          **scores(macro(space, genome, 3, [2, 10, 9]), [2, 10, 9], 2)})
    lines = ",\n".join(json.dumps(output, separators=(",", ":")) for output in found)
    (HERE / "../burn/published.json").write_text(f"[\n{lines}\n]\n")


torch.set_num_threads(1)
costs()
outputs()
