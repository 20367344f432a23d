"""A hierarchical multi-scale attention network in PyTorch, float64: MobileNetV2 → DeepLabV3+ with scale attention
by transposed convolutions, combined over scales. Written from the papers, not from `src/`; only the names of
parameters are shared, because every value follows from its name (named_values.py).

MobileNetV2: arXiv 1801.04381. DeepLabV3+: arXiv 1802.02611. The combination: arXiv 2005.10821.

Needs: pip install torch numpy
"""

import math

import torch
import torch.nn.functional as F

from named_values import named_values

MEAN = (123.675, 116.28, 103.53)
DEVIATION = (58.395, 57.12, 57.375)


def starting_values(name, shape):
    """What a variable holds before the first step: in a range that suits what its name says it is.

    Shifts are positive. With shifts around 0 this depth is chaotic: a rounding error grows a millionfold and more in
    five steps, whoever computes them, and a comparison would say nothing.
    """
    if len(shape) == 4:  # variance 2 / fan-in
        high = math.sqrt(6.0 / (shape[1] * shape[2] * shape[3]))
        low = -high
    elif name.endswith("running_mean"):
        low, high = -0.5, 0.5
    else:
        low, high = 0.5, 1.5
    return torch.from_numpy(named_values(name, shape, low, high))


class Variables:
    """Parameters and buffers by name, made when first asked for."""

    def __init__(self):
        self.parameters = {}
        self.buffers = {}

    def parameter(self, name, *shape):
        if name not in self.parameters:
            self.parameters[name] = starting_values(name, shape).requires_grad_()
        return self.parameters[name]

    def buffer(self, name, *shape):
        if name not in self.buffers:
            self.buffers[name] = starting_values(name, shape)
        return self.buffers[name]


class Network:
    """The network of one scale; `classes`, `width`, `rates`, `channels` and `low_channels` as in the fixture."""

    def __init__(self, variables, *, classes, width, output_stride, rates, channels, low_channels):
        self.v = variables
        self.classes = classes
        self.width = width
        self.output_stride = output_stride
        self.rates = rates
        self.channels = channels
        self.low_channels = low_channels

    # layers

    def conv(self, name, x, out, kernel=1, stride=1, dilation=1, groups=1, bias=False):
        weight = self.v.parameter(f"{name}.weight", out, x.shape[1] // groups, kernel, kernel)
        b = self.v.parameter(f"{name}.bias", out) if bias else None
        return F.conv2d(x, weight, b, stride, dilation * (kernel - 1) // 2, dilation, groups)

    def norm(self, name, x):
        c = x.shape[1]
        weight, bias = self.v.parameter(f"{name}.weight", c), self.v.parameter(f"{name}.bias", c)
        mean, variance = self.v.buffer(f"{name}.running_mean", c), self.v.buffer(f"{name}.running_var", c)
        return F.batch_norm(x, mean, variance, weight, bias, training=True, momentum=0.1, eps=1e-5)

    def conv_norm(self, name, x, out, **options):
        return self.norm(f"{name}.1", self.conv(f"{name}.0", x, out, **options))

    # trunk

    def divisible(self, channels):
        exact = channels * self.width
        rounded = max(8, int(exact + 4) // 8 * 8)
        return rounded + 8 if rounded < 0.9 * exact else rounded

    def block(self, name, x, expansion, out, original_stride, stride, rate):
        hidden = x.shape[1] * expansion
        y, i = x, 0
        if expansion > 1:
            y, i = F.relu6(self.conv_norm(f"{name}.0", y, hidden)), 1
        y = F.relu6(
            self.conv_norm(f"{name}.{i}", y, hidden, kernel=3, stride=stride, dilation=rate, groups=hidden)
        )
        y = self.norm(f"{name}.{i + 2}", self.conv(f"{name}.{i + 1}", y, out))
        return x + y if original_stride == 1 and x.shape[1] == out else y

    def trunk(self, x):
        x = F.relu6(self.conv_norm("trunk.features.0", x, self.divisible(32), kernel=3, stride=2))
        stride, rate, index, low = 2, 1, 1, None
        table = [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)]
        for expansion, out, count, first in table:
            for number in range(count):
                original = first if number == 0 else 1
                keeps = stride * original <= self.output_stride
                name = f"trunk.features.{index}.conv"
                x = self.block(name, x, expansion, self.divisible(out), original, original if keeps else 1, rate)
                if keeps:
                    stride *= original
                else:
                    rate *= original  # from the next block on
                index += 1
            if out == 24:
                low = x
        return low, x

    # head

    def head(self, low, high):
        size = high.shape[2:]
        pooled = F.relu(
            self.conv("head.aspp.imagePooling", high.mean((2, 3), keepdim=True), self.channels, bias=True)
        )
        branches = [pooled.expand(-1, -1, *size), F.relu(self.conv_norm("head.aspp.conv1x1", high, self.channels))]
        for i, rate in enumerate(self.rates):
            branches.append(
                F.relu(self.conv_norm(f"head.aspp.atrous.{i}", high, self.channels, kernel=3, dilation=rate))
            )
        context = F.relu(self.conv_norm("head.aspp.projection", torch.cat(branches, 1), self.channels))
        low = F.relu(self.conv_norm("head.lowLevel", low, self.low_channels))
        fused = torch.cat([bilinear(context, low.shape[2:]), low], 1)
        for i in range(2):
            fused = F.relu(self.conv_norm(f"head.decoder.{i}", fused, self.channels, kernel=3))
        return self.conv("head.classifier", fused, self.classes, bias=True), context

    def attention(self, context):
        x = context
        for i in range(2):
            weight = self.v.parameter(f"attention.up.{i}.0.weight", x.shape[1], x.shape[1], 4, 4)
            x = F.relu(self.norm(f"attention.up.{i}.1", F.conv_transpose2d(x, weight, stride=2, padding=1)))
        return torch.sigmoid(self.conv("attention.score", x, 1, bias=True))

    def __call__(self, image, attends):
        logits, context = self.head(*self.trunk(image))
        return logits, self.attention(context) if attends else None


def bilinear(x, size):
    return F.interpolate(x, size=tuple(size), mode="bilinear", align_corners=False)


def normalized(pixels):
    """uint8-valued [N, H, W, 3] to [N, 3, H, W]."""
    mean, deviation = (torch.tensor(values, dtype=torch.float64) for values in (MEAN, DEVIATION))
    return ((pixels - mean) / deviation).permute(0, 3, 1, 2)


def multi_scale_logits(network, image, scales):
    """Logits at the size of the image; `scales` include 1 and are taken from high to low."""
    height, width = image.shape[2:]
    combined = None
    for scale in sorted(scales, reverse=True):
        size = (math.floor(scale * height), math.floor(scale * width))
        logits, attention = network(bilinear(image, size), attends=combined is not None)
        logits = bilinear(logits, size)
        if combined is None:
            combined = logits
            continue
        attention = bilinear(attention, size)
        if scale >= 1:
            combined = attention * logits + (1 - attention) * bilinear(combined, size)
        else:
            above = combined.shape[2:]
            combined = bilinear(attention * logits, above) + (1 - bilinear(attention, above)) * combined
    return combined
