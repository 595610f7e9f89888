"""What `operations` prints of its network, for PyTorch on one thread: images per second of the processor, trained in batches
of 128 and evaluated in 256, as NCHW and channels_last; and the share of the peak of its convolutions, if the peak is given.

    python runtime/ops/benches/operations/pytorch.py [PEAK]     # billion multiplications a second, as `operations` prints
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
LAYOUTS = {"NCHW": torch.contiguous_format, "channels_last": torch.channels_last}


def seconds(run, rounds):
    """Median seconds of the processor that a run takes."""
    run()
    runs = 1
    while True:
        start = time.process_time()
        for _ in range(runs):
            run()
        if time.process_time() - start > 0.05:
            break
        runs *= 2
    found = []
    for _ in range(rounds):
        start = time.process_time()
        for _ in range(runs):
            run()
        found.append((time.process_time() - start) / runs)
    return statistics.median(found)


class Node(nn.Module):
    def __init__(self, channels, filters):
        super().__init__()
        self.conv = nn.Conv2d(channels, filters, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(filters)

    def forward(self, x):
        return F.relu(self.norm(self.conv(x)))


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


def network(name, layout):
    net = Network().to(memory_format=layout)
    optimizer = torch.optim.SGD(net.parameters(), 0.05, momentum=0.9)
    x = torch.rand(128, 1, 28, 28).to(memory_format=layout)
    y = torch.arange(128) * 7 % 10

    def step():
        loss = F.cross_entropy(net(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    trained = 128 / seconds(step, 9)
    net.eval()
    x_evaluated = torch.rand(256, 1, 28, 28).to(memory_format=layout)
    with torch.no_grad():
        evaluated = 256 / seconds(lambda: net(x_evaluated), 9)
    print(f"network {name:<14} trained {trained:5.0f} images a second, evaluated {evaluated:5.0f}", flush=True)


def convolution(name, layout, peak, channels, side):
    conv = nn.Conv2d(channels, channels, 3, padding=1, bias=False).to(memory_format=layout)
    x = torch.rand(64, channels, side, side).to(memory_format=layout).requires_grad_()
    y = conv(x)
    gradient = torch.rand_like(y)
    multiplications = y.numel() * 9 * channels
    with torch.no_grad():
        forward = seconds(lambda: conv(x), 7)
    both = seconds(lambda: torch.autograd.grad(conv(x), (x, conv.weight), gradient), 7)
    share = lambda times, taken: 100 * times * multiplications / taken / peak
    print(f"conv3x3 {channels}->{channels} {side}x{side} {name:<14} of peak: forward {share(1, forward):3.0f} %, "
          f"both gradients {share(2, both - forward):3.0f} %", flush=True)


for name, layout in LAYOUTS.items():
    network(name, layout)
    if len(sys.argv) > 1:
        for channels, side in ((16, 28), (24, 14), (32, 7)):
            convolution(name, layout, float(sys.argv[1]) * 1e9, channels, side)
