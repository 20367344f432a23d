"""MobileNetV2 + DeepLabV3+ in eager PyTorch, as bench/engine.mjs builds it: answers lines on stdin with milliseconds.

Needs: pip install torch
"""

import argparse
import resource
import sys
import time

import torch
from torch import nn
from torch.nn import functional as F

STAGES = [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)]


def conv_norm(inputs, outputs, kernel=1, stride=1, dilation=1, groups=1, activation=nn.ReLU6):
    layers = [
        nn.Conv2d(inputs, outputs, kernel, stride, dilation * (kernel // 2), dilation, groups, bias=False),
        nn.BatchNorm2d(outputs),
    ]
    return nn.Sequential(*layers, *([activation(inplace=True)] if activation else []))


class Block(nn.Module):
    def __init__(self, inputs, outputs, expansion, stride, dilation):
        super().__init__()
        hidden = inputs * expansion
        layers = [conv_norm(inputs, hidden)] if expansion > 1 else []
        layers += [conv_norm(hidden, hidden, 3, stride, dilation, hidden), conv_norm(hidden, outputs, activation=None)]
        self.body = nn.Sequential(*layers)
        self.residual = stride == 1 and inputs == outputs

    def forward(self, x):
        return x + self.body(x) if self.residual else self.body(x)


class Network(nn.Module):
    def __init__(self, classes, rates, channels=256, low_channels=48, output_stride=16):
        super().__init__()
        self.low, self.high = nn.Sequential(conv_norm(3, 32, 3, 2)), nn.Sequential()
        inputs, reached, dilation = 32, 2, 1
        for stage, (expansion, outputs, blocks, first) in enumerate(STAGES):
            for i in range(blocks):
                wanted = first if i == 0 else 1
                stride = 1 if reached * wanted > output_stride else wanted
                (self.low if stage < 2 else self.high).append(Block(inputs, outputs, expansion, stride, dilation))
                inputs, reached, dilation = outputs, reached * stride, dilation * wanted // stride
        relu = nn.ReLU
        self.pool = nn.Conv2d(320, channels, 1)
        self.branches = nn.ModuleList(
            [conv_norm(320, channels, activation=relu)]
            + [conv_norm(320, channels, 3, dilation=rate, activation=relu) for rate in rates]
        )
        self.projection = conv_norm(channels * (len(rates) + 2), channels, activation=relu)
        self.reduce = conv_norm(24, low_channels, activation=relu)
        self.decoder = nn.Sequential(
            conv_norm(channels + low_channels, channels, 3, activation=relu),
            conv_norm(channels, channels, 3, activation=relu),
        )
        self.classifier = nn.Conv2d(channels, classes, 1)

    def forward(self, images):
        mean = images.new_tensor([123.675, 116.28, 103.53]).view(1, 3, 1, 1)
        deviation = images.new_tensor([58.395, 57.12, 57.375]).view(1, 3, 1, 1)
        low = self.low((images - mean) / deviation)
        high = self.high(low)
        pooled = F.relu(self.pool(high.mean((2, 3), keepdim=True)))
        branches = [pooled.expand(-1, -1, *high.shape[2:])] + [branch(high) for branch in self.branches]
        context = self.projection(torch.cat(branches, 1))
        enlarged = F.interpolate(context, low.shape[2:], mode="bilinear")
        logits = self.classifier(self.decoder(torch.cat([enlarged, self.reduce(low)], 1)))
        return F.interpolate(logits, images.shape[2:], mode="bilinear")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--height", type=int, required=True)
    parser.add_argument("--width", type=int, required=True)
    parser.add_argument("--classes", type=int, required=True)
    parser.add_argument("--rates", required=True)
    parser.add_argument("--channels-last", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(1)
    network = Network(options.classes, [int(rate) for rate in options.rates.split(",")])
    if options.channels_last:
        network = network.to(memory_format=torch.channels_last)
    optimizer = torch.optim.SGD(network.parameters(), lr=0.01, momentum=0.9, weight_decay=1e-4)
    size = (options.height, options.width)
    images = torch.randint(0, 256, (2, 3, *size), dtype=torch.uint8)
    labels = torch.randint(0, options.classes, (2, *size))
    print(f"torch {torch.__version__}", sum(p.numel() for p in network.parameters()), flush=True)

    def train():
        network.train()
        optimizer.zero_grad(set_to_none=True)
        loss = F.cross_entropy(network(images.float()), labels, ignore_index=255)
        loss.backward()
        optimizer.step()
        return loss.item()

    def infer():
        network.eval()
        with torch.inference_mode():
            return network(images[:1].float()).argmax(1).to(torch.uint8)[0, 0, 0].item()

    for line in sys.stdin:
        job = line.strip()
        if job == "memory":
            print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, flush=True)
            continue
        started = time.perf_counter()
        {"train": train, "infer": infer}[job]()
        print((time.perf_counter() - started) * 1000, flush=True)


main()
