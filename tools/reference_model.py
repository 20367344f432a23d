"""A hierarchical multi-scale attention network as plain PyTorch modules: MobileNetV2 → DeepLabV3+ with scale attention,
combined over scales. Written from the papers, not from `src/`; only two things are shared: the configuration, which is
that of a model file, and the names of parameters, so that the weights of one are the weights of the other.

MobileNetV2: arXiv 1801.04381. DeepLabV3+: arXiv 1802.02611. Attention and combination: arXiv 2005.10821.

Needs: pip install torch
"""

import math
from fractions import Fraction

import torch
import torch.nn.functional as F
from torch import nn

# Expansion, channels, blocks, stride of the first block.
STAGES = [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)]
LOW_LEVEL_BLOCK = 3  # the last at stride 4


def conv_norm(channels, out, kernel=1, stride=1, dilation=1, groups=1, activation=None):
    padding = dilation * (kernel - 1) // 2
    convolution = nn.Conv2d(channels, out, kernel, stride, padding, dilation, groups, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(out), *([activation] if activation else []))


def spatial(channels, out, dilation=1, separable=False):
    """3×3 with ReLU: dense, or depthwise and pointwise."""
    if not separable:
        return conv_norm(channels, out, 3, dilation=dilation, activation=nn.ReLU())
    layers = nn.Sequential()
    layers.depthwise = conv_norm(channels, channels, 3, dilation=dilation, groups=channels, activation=nn.ReLU())
    layers.pointwise = conv_norm(channels, out, activation=nn.ReLU())
    return layers


class InvertedResidual(nn.Module):
    def __init__(self, channels, out, expansion, stride, dilation, residual):
        super().__init__()
        hidden = channels * expansion
        expand = [conv_norm(channels, hidden, activation=nn.ReLU6())] if expansion > 1 else []
        self.conv = nn.Sequential(
            *expand,
            conv_norm(hidden, hidden, 3, stride, dilation, groups=hidden, activation=nn.ReLU6()),
            *conv_norm(hidden, out),
        )
        self.residual = residual and channels == out

    def forward(self, x):
        return x + self.conv(x) if self.residual else self.conv(x)


class MobileNetV2(nn.Module):
    """→ features at stride 4 and at the output stride, past which strides become the dilation of what follows."""

    def __init__(self, width, outputStride, **_):
        super().__init__()
        channels = self.divisible(32 * width)
        self.features = nn.ModuleList([conv_norm(3, channels, 3, 2, activation=nn.ReLU6())])
        total, dilation = 2, 1
        for expansion, out, blocks, first in STAGES:
            for number in range(blocks):
                wanted = first if number == 0 else 1
                stride = wanted if total * wanted <= outputStride else 1
                out_channels = self.divisible(out * width)
                self.features.append(
                    InvertedResidual(channels, out_channels, expansion, stride, dilation, residual=wanted == 1)
                )
                channels, total, dilation = out_channels, total * stride, dilation * wanted // stride
            if out == 24:
                self.low_channels = channels
        self.channels = channels

    @staticmethod
    def divisible(exact):
        rounded = max(8, int(exact + 4) // 8 * 8)
        return rounded + 8 if rounded < 0.9 * exact else rounded

    def forward(self, x):
        for index, layer in enumerate(self.features):
            x = layer(x)
            if index == LOW_LEVEL_BLOCK:
                low = x
        return low, x


class Aspp(nn.Module):
    def __init__(self, channels, out, rates, separable):
        super().__init__()
        self.imagePooling = nn.Conv2d(channels, out, 1)
        self.conv1x1 = conv_norm(channels, out, activation=nn.ReLU())
        self.atrous = nn.ModuleList(spatial(channels, out, rate, separable) for rate in rates)
        self.projection = conv_norm((2 + len(rates)) * out, out, activation=nn.ReLU())

    def forward(self, x):
        pooled = F.relu(self.imagePooling(x.mean((2, 3), keepdim=True))).expand(-1, -1, *x.shape[2:])
        return self.projection(torch.cat([pooled, self.conv1x1(x), *(branch(x) for branch in self.atrous)], 1))


class DeepLabV3Plus(nn.Module):
    """→ logits, the ASPP's context, and the fused features before the classifier."""

    def __init__(self, trunk, classes, *, asppRates, channels, lowLevelChannels, separable, **_):
        super().__init__()
        self.aspp = Aspp(trunk.channels, channels, asppRates, separable)
        self.lowLevel = conv_norm(trunk.low_channels, lowLevelChannels, activation=nn.ReLU())
        self.decoder = nn.Sequential(
            spatial(channels + lowLevelChannels, channels, separable=separable),
            spatial(channels, channels, separable=separable),
        )
        self.classifier = nn.Conv2d(channels, classes, 1)

    def forward(self, low, high):
        context = self.aspp(high)
        low = self.lowLevel(low)
        fused = self.decoder(torch.cat([bilinear(context, low.shape[2:]), low], 1))
        return self.classifier(fused), context, fused


class TransposedAttention(nn.Module):
    """The replication's: the context, enlarged twice by transposed convolutions; on request with the map's edges repeated,
    and with the kernels that interleave held to one sum."""

    def __init__(self, channels, *, depthwise, edges="zero", evenPhases=False, **_):
        super().__init__()
        groups = channels if depthwise else 1
        self.up = nn.Sequential(*(self.enlarge(channels, groups) for _ in range(2)))
        self.score = nn.Conv2d(channels, 1, 1)
        self.edges, self.even_phases = edges, evenPhases

    @staticmethod
    def enlarge(channels, groups):
        transposed = nn.ConvTranspose2d(channels, channels, 4, stride=2, padding=1, groups=groups, bias=False)
        return nn.Sequential(transposed, nn.BatchNorm2d(channels), nn.ReLU())

    def forward(self, context, fused):
        x = context
        for transposed, norm, rectifier in self.up:
            weight = transposed.weight
            if self.even_phases:
                overall = weight.mean((2, 3))
                weight = weight.clone()
                for row in (0, 1):
                    for column in (0, 1):
                        phase = weight[:, :, row::2, column::2]
                        phase += (overall - phase.mean((2, 3)))[:, :, None, None]
            crop = 0
            if self.edges == "replicate":
                x, crop = nn.functional.pad(x, (1, 1, 1, 1), mode="replicate"), 2
            x = nn.functional.conv_transpose2d(x, weight, stride=2, padding=1, groups=transposed.groups)
            x = x[:, :, crop : x.shape[2] - crop, crop : x.shape[3] - crop]
            x = rectifier(norm(x))
        return torch.sigmoid(self.score(x))


class PaperAttention(nn.Module):
    """The paper's: two 3×3 convolutions on the fused features."""

    def __init__(self, features, *, channels, **_):
        super().__init__()
        self.conv = nn.Sequential(spatial(features, channels), spatial(channels, channels))
        self.score = nn.Conv2d(channels, 1, 1)

    def forward(self, context, fused):
        return torch.sigmoid(self.score(self.conv(fused)))


ATTENTIONS = {"transposed": TransposedAttention, "paper": PaperAttention}


class Network(nn.Module):
    """The network of one scale: normalised image → logits and, where asked for, attention, at the head's own size."""

    def __init__(self, config, attends=True):
        super().__init__()
        self.trunk = MobileNetV2(**config["trunk"])
        self.head = DeepLabV3Plus(self.trunk, config["classes"], **config["head"])
        if attends:
            attention = ATTENTIONS[config["attention"]["name"]]
            self.attention = attention(config["head"]["channels"], **config["attention"])

    def forward(self, image, attends):
        logits, context, fused = self.head(*self.trunk(image))
        return logits, self.attention(context, fused) if attends else None


class Segmentation:
    """The whole model: one network for all scales or one for each, and how their predictions become one.

    `config` is the configuration of a model file, as JSON has it.
    """

    def __init__(self, config):
        self.config = config
        if config["weights"] == "shared":
            self.networks = {"": Network(config)}
        else:
            highest = max(config["scales"])
            self.networks = {f"scale{scale:g}.": Network(config, scale < highest) for scale in config["scales"]}
        for network in self.networks.values():
            network.double()

    def parameters(self):
        return {
            prefix + name: parameter
            for prefix, network in self.networks.items()
            for name, parameter in network.named_parameters()
        }

    def buffers(self):
        """Running means and variances."""
        return {
            prefix + name: buffer
            for prefix, network in self.networks.items()
            for name, buffer in network.named_buffers()
            if not name.endswith("num_batches_tracked")
        }

    @torch.no_grad()
    def fill(self, value_of):
        """Gives every parameter and buffer the value of its name and shape."""
        for name, tensor in (self.parameters() | self.buffers()).items():
            tensor.copy_(value_of(name, tuple(tensor.shape)))

    def train(self, mode=True):
        for network in self.networks.values():
            network.train(mode)
        return self

    def eval(self):
        return self.train(False)

    def predict(self, image, scales, attends):
        """Logits and attention at each scale, both at scale × the image, from high to low; the highest has no attention."""
        height, width = image.shape[2:]
        predictions = []
        for scale in sorted(scales, reverse=True):
            exact = Fraction(str(scale))  # 0.29 of 100 pixels are 29, not ⌊28.99…⌋
            size = (math.floor(exact * height), math.floor(exact * width))
            network = self.networks["" if "" in self.networks else f"scale{scale:g}."]
            logits, attention = network(bilinear(image, size), attends=attends and len(predictions) > 0)
            predictions.append(
                (scale, bilinear(logits, size), None if attention is None else bilinear(attention, size))
            )
        return predictions

    def __call__(self, image, scales, combine="hierarchical"):
        """Logits at the size of the normalised image; probabilities for `max`."""
        predictions = self.predict(image, scales, attends=combine == "hierarchical")
        if combine == "hierarchical":
            return hierarchical(predictions)
        at_image = [bilinear(logits, image.shape[2:]) for _, logits, _ in predictions]
        if combine == "max":
            return torch.stack([logits.softmax(1) for logits in at_image]).amax(0)
        return torch.stack(at_image).mean(0)


def hierarchical(predictions):
    (_, combined, _), *lower = predictions
    for scale, logits, attention in lower:
        if scale >= 1:
            combined = attention * logits + (1 - attention) * bilinear(combined, logits.shape[2:])
        else:
            above = combined.shape[2:]
            combined = bilinear(attention * logits, above) + (1 - bilinear(attention, above)) * combined
    return combined


def bilinear(x, size):
    return F.interpolate(x, size=tuple(size), mode="bilinear", align_corners=False)


def normalized(pixels, config):
    """uint8-valued [N, H, W, 3] to [N, 3, H, W]."""
    mean, deviation = (torch.tensor(config[key], dtype=torch.float64) for key in ("mean", "deviation"))
    return ((pixels - mean) / deviation).permute(0, 3, 1, 2)
