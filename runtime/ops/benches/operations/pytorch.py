"""What `operations` measures, in PyTorch on one thread: for each line that it is asked, median seconds of the processor, of a
forward pass as NCHW and channels_last, then of both passes. For the network: of a step of training, then of an evaluation.

    python runtime/ops/benches/operations/pytorch.py      # asked by `operations`; see `single.rs` and `network.rs`
"""

import statistics
import sys
import time

import torch
from torch import nn
from torch.nn import functional as F

torch.set_num_threads(1)
torch.set_num_interop_threads(1)
torch.manual_seed(1)
LAYOUTS = (torch.contiguous_format, torch.channels_last)
ROUNDS = 7


def seconds(runs):
    """Median seconds of the processor that each run takes; they take turns."""
    times = []
    for run in runs:
        run()
        count = 1
        while True:
            start = time.process_time()
            for _ in range(count):
                run()
            if time.process_time() - start > 0.05:
                break
            count *= 2
        times.append(count)
    found = [[] for _ in runs]
    for _ in range(ROUNDS):
        for run, count, of in zip(runs, times, found):
            start = time.process_time()
            for _ in range(count):
                run()
            of.append((time.process_time() - start) / count)
    return [statistics.median(of) for of in found]


class Node(nn.Module):
    def __init__(self, channels, filters):
        super().__init__()
        self.conv = nn.Conv2d(channels, filters, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(filters)

    def forward(self, x):
        return F.relu(self.norm(self.conv(x)), inplace=True)


class Network(nn.Module):
    def __init__(self):
        super().__init__()
        channels = 1
        self.phases = nn.ModuleList()
        for filters in (16, 24, 32):
            self.phases.append(nn.ModuleList(Node(read, filters) for read in (channels, filters, filters)))
            channels = filters
        self.head = nn.Linear(channels, 10)

    def forward(self, x):
        for place, (a, b, c) in enumerate(self.phases):
            first = a(x)
            x = c(first + b(first))
            if place < 2:
                x = F.max_pool2d(x, 2)
        return self.head(x.mean((2, 3)))


def network(trained, evaluated):
    """A step of training, and an evaluation, with batches of these sizes."""
    steps, evaluations = [], []
    for layout in LAYOUTS:
        net = Network().to(memory_format=layout)
        optimizer = torch.optim.SGD(net.parameters(), 0.05, momentum=0.9, fused=True)
        x = torch.rand(trained, 1, 28, 28).to(memory_format=layout)
        y = torch.arange(trained) * 7 % 10

        def step(net=net, optimizer=optimizer, x=x, y=y):
            net.train()
            loss = F.cross_entropy(net(x), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()

        images = torch.rand(evaluated, 1, 28, 28).to(memory_format=layout)

        def evaluate(net=net, images=images):
            net.eval()
            with torch.inference_mode():
                net(images)

        steps.append(step)
        evaluations.append(evaluate)
    return seconds(steps + evaluations)


def operation(name, numbers, channels):
    """The layer of a line, as a function of images."""
    if name == "conv":
        filters, height, width, stride, dilation, groups = numbers
        padding = height // 2 * dilation, width // 2 * dilation
        return nn.Conv2d(channels, filters, (height, width), stride, padding, dilation, groups, bias=False)
    if name == "norm":
        return nn.BatchNorm2d(channels)
    if name == "norm-relu":
        return nn.Sequential(nn.BatchNorm2d(channels), nn.ReLU(True))
    if name == "relu":
        return nn.ReLU()
    kernel, stride, padding = numbers
    if name == "max":
        return nn.MaxPool2d(kernel, stride, padding)
    return nn.AvgPool2d(kernel, stride, padding, count_include_pad=False)


def layer(batch, channels, side, name, numbers):
    passes, both = [], []
    for layout in LAYOUTS:
        of = operation(name, numbers, channels).to(memory_format=layout)
        x = torch.rand(batch, channels, side, side).to(memory_format=layout).requires_grad_()
        wanted = (x, *of.parameters())

        def forward(of=of, x=x):
            return of(x)

        def backward(of=of, x=x, wanted=wanted):
            y = of(x)
            torch.autograd.grad(y.sum(), wanted)

        passes.append(forward)
        both.append(backward)
    return seconds(passes + both)


for line in iter(sys.stdin.readline, ""):
    words = line.split()
    if words[0] == "network":
        found = network(*map(int, words[1:]))
    else:
        batch, channels, side = map(int, words[:3])
        found = layer(batch, channels, side, words[3], list(map(int, words[4:])))
    print(*found, flush=True)
