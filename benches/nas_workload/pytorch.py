"""The workload of `run.py` in PyTorch: trains the networks of `genomes.json` in two processes, and prints a JSON object.

    python benches/nas_workload/pytorch.py PLAN.json GENOMES.json {nchw,channels_last}

What a program for many small networks on a processor would do: one thread a process, the data read once before the
processes are forked and cut by index, no data loader, the fused optimizer, no gradients in evaluation.
"""

import gzip
import json
import math
import multiprocessing
import pathlib
import statistics
import sys
import time

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

PLACES = ("/usr/share/datasets/fashion-mnist", "data/fashion-mnist")
WORKERS = 2


def read(name):
    """The bytes behind the header of an IDX file."""
    for place in PLACES:
        for path in (pathlib.Path(place, name), pathlib.Path(place, name + ".gz")):
            if path.is_file():
                content = gzip.open(path).read() if path.suffix == ".gz" else path.read_bytes()
                return np.frombuffer(content, np.uint8, offset=4 + 4 * content[3])
    raise SystemExit(f"no {name} in {' or '.join(PLACES)}")


def splits(train, validation):
    """Images and labels of as many examples for training and validation as the plan's."""
    images = read("train-images-idx3-ubyte").reshape(-1, 1, 28, 28)
    labels = read("train-labels-idx1-ubyte")
    chosen = np.random.default_rng(7).permutation(len(labels))[: train + validation]
    x = torch.from_numpy(images[chosen]).float() / 255
    y = torch.from_numpy(labels[chosen]).long()
    return (x[:train], y[:train]), (x[train:], y[train:])


class Merge(nn.Module):
    """The only input, or all of them one after another through a 1x1 convolution."""

    def __init__(self, count, channels):
        super().__init__()
        self.conv = nn.Conv2d(count * channels, channels, 1, bias=False) if count > 1 else None

    def forward(self, inputs):
        return inputs[0] if self.conv is None else self.conv(torch.cat(inputs, 1))


class Phase(nn.Module):
    """A phase of NSGA-Net's macro space, from its bits."""

    def __init__(self, bits, channels):
        super().__init__()
        *connections, residual = bits
        count = (1 + math.isqrt(1 + 8 * len(connections))) // 2
        bit = iter(connections)
        reads = [[earlier for earlier in range(1, node) if next(bit)] for node in range(1, count + 1)]
        output = [0] if residual else []
        for node in range(1, count + 1):
            is_read = any(node in inputs for inputs in reads)
            if reads[node - 1] and not is_read:
                output.append(node)
            elif is_read and not reads[node - 1]:
                reads[node - 1] = [0]
        self.reads, self.output = reads, output
        self.merges = nn.ModuleList(Merge(len(inputs), channels) for inputs in reads)
        self.nodes = nn.ModuleList(
            nn.Sequential(nn.Conv2d(channels, channels, 3, padding=1, bias=False), nn.BatchNorm2d(channels), nn.ReLU(True))
            if inputs else nn.Identity() for inputs in reads)
        self.merge = Merge(len(output), channels)
        self.last = nn.Sequential(nn.BatchNorm2d(channels), nn.ReLU(True))

    def forward(self, x):
        made = [x]
        for inputs, merge, node in zip(self.reads, self.merges, self.nodes):
            made.append(node(merge([made[i] for i in inputs])) if inputs else None)
        return self.last(self.merge([made[i] for i in self.output]))


class Network(nn.Module):
    """The network of a genome of `nsga-macro`."""

    def __init__(self, genome, channels, classes):
        super().__init__()
        self.layers = nn.Sequential()
        read = 1
        for bits in genome:
            if not any(bits[:-1]):
                continue
            if read == 1:
                self.layers.append(nn.Conv2d(1, channels, 3, bias=False))
            else:
                channels *= 2
                self.layers.append(nn.MaxPool2d(2))
                self.layers.append(nn.Conv2d(read, channels, 1, bias=False))
            self.layers.append(Phase(bits, channels))
            read = channels
        self.head = nn.Linear(read, classes)

    def forward(self, x):
        return self.head(self.layers(x).mean((2, 3)))


def train(task):
    """Trains one network; the measurements of its epochs."""
    number, genome, plan, layout = task
    torch.manual_seed(number)
    (x, y), validation = DATA
    training, optimizer = plan["training"], plan["training"]["optimizer"]
    size, epochs = training["batch_size"], training["epochs"]
    net = Network(genome, plan["space"]["call"]["params"]["channels"], 10).to(memory_format=layout)
    sgd = torch.optim.SGD(net.parameters(), optimizer["lr"], optimizer["momentum"], weight_decay=optimizer["weight_decay"], fused=True)
    steps = epochs * math.ceil(len(y) / size)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(sgd, steps)
    measured = []
    for _ in range(epochs):
        net.train()
        right = loss_sum = 0
        for chosen in torch.randperm(len(y)).split(size):
            images, labels = x[chosen].contiguous(memory_format=layout), y[chosen]
            scores = net(images)
            loss = F.cross_entropy(scores, labels)
            sgd.zero_grad()
            loss.backward()
            sgd.step()
            schedule.step()
            loss_sum += loss.item() * len(labels)
            right += (scores.detach().argmax(1) == labels).sum().item()
        measured.append({"train_accuracy": 100 * right / len(y), "train_loss": loss_sum / len(y), **evaluate(net, *validation, size, layout)})
    return {"network": number, "params": sum(p.numel() for p in net.parameters()), "measured": measured}


def evaluate(net, x, y, size, layout):
    net.eval()
    right = loss_sum = 0
    with torch.inference_mode():
        for images, labels in zip(x.split(size), y.split(size)):
            scores = net(images.contiguous(memory_format=layout))
            loss_sum += F.cross_entropy(scores, labels, reduction="sum").item()
            right += (scores.argmax(1) == labels).sum().item()
    return {"val_accuracy": 100 * right / len(y), "val_loss": loss_sum / len(y)}


def one_thread():
    torch.set_num_threads(1)


if __name__ == "__main__":
    plan, genomes = (json.loads(pathlib.Path(path).read_text()) for path in sys.argv[1:3])
    layout = {"nchw": torch.contiguous_format, "channels_last": torch.channels_last}[sys.argv[3]]
    one_thread()
    DATA = splits(*plan["dataset"]["splits"][:2])
    tasks = [(number, genome, plan, layout) for number, genome in enumerate(genomes)]
    with multiprocessing.get_context("fork").Pool(WORKERS, one_thread) as pool:
        networks = pool.map(train, tasks, chunksize=1)
    print(json.dumps({"torch": torch.__version__, "networks": networks}))
