"""The networks of NVIDIA's semantic-segmentation and of HRNet-OCR as plain PyTorch modules, written from the papers: each
state dict has the names and shapes of the published files (without `module.`).

HRNetV2: arXiv 1908.07919. OCR: arXiv 1909.11065. ResNet: arXiv 1512.03385. DeepLabV3+: arXiv 1802.02611. Attention and
combination: arXiv 2005.10821.

Needs: pip install torch
"""

import math
from collections import OrderedDict

import torch
import torch.nn.functional as F
from torch import nn

from reference_model import hierarchical


def conv(channels, out, kernel=1, stride=1, dilation=1, bias=False):
    return nn.Conv2d(channels, out, kernel, stride, dilation * (kernel // 2), dilation, bias=bias)


def norm_relu(channels):
    return nn.Sequential(nn.BatchNorm2d(channels), nn.ReLU())


def conv_norm(channels, out, kernel=1, stride=1, dilation=1, relu=True):
    layers = [conv(channels, out, kernel, stride, dilation), nn.BatchNorm2d(out)]
    return nn.Sequential(*layers, *([nn.ReLU()] if relu else []))


def resized(x, size, corners=False):
    return x if x.shape[2:] == size else F.interpolate(x, size=tuple(size), mode="bilinear", align_corners=corners)


class Bottleneck(nn.Module):
    def __init__(self, channels, inner, stride=1, dilation=1):
        super().__init__()
        out = 4 * inner
        self.conv1, self.bn1 = conv(channels, inner), nn.BatchNorm2d(inner)
        self.conv2, self.bn2 = conv(inner, inner, 3, stride, dilation), nn.BatchNorm2d(inner)
        self.conv3, self.bn3 = conv(inner, out), nn.BatchNorm2d(out)
        if stride != 1 or channels != out:
            self.downsample = conv_norm(channels, out, 1, stride, relu=False)

    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)))
        y = F.relu(self.bn2(self.conv2(y)))
        shortcut = self.downsample(x) if hasattr(self, "downsample") else x
        return F.relu(self.bn3(self.conv3(y)) + shortcut)


class BasicBlock(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.conv1, self.bn1 = conv(channels, channels, 3), nn.BatchNorm2d(channels)
        self.conv2, self.bn2 = conv(channels, channels, 3), nn.BatchNorm2d(channels)

    def forward(self, x):
        return F.relu(self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x))))) + x)


class ResNet(nn.Module):
    """At output stride 8; every block of the last two stages has the dilation of its stage."""

    def __init__(self, blocks=(3, 4, 6, 3)):
        super().__init__()
        self.layer0 = nn.Sequential(nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64), nn.ReLU())
        self.layer0.append(nn.MaxPool2d(3, 2, 1))
        channels = 64
        for number, (count, stride, dilation) in enumerate(zip(blocks, (1, 2, 1, 1), (1, 1, 2, 4)), 1):
            stage = nn.Sequential()
            for block in range(count):
                stage.append(Bottleneck(channels, 32 * 2**number, stride if block == 0 else 1, dilation))
                channels = 4 * 32 * 2**number
            setattr(self, f"layer{number}", stage)

    def forward(self, x):
        low = self.layer1(self.layer0(x))
        return low, self.layer4(self.layer3(self.layer2(low)))


class Exchange(nn.Module):
    """A module of HRNet: four blocks in each branch, then every branch becomes the sum of what all see."""

    def __init__(self, widths, corners):
        super().__init__()
        self.corners = corners
        self.branches = nn.ModuleList(nn.Sequential(*(BasicBlock(w) for _ in range(4))) for w in widths)
        self.fuse_layers = nn.ModuleList(
            nn.ModuleList(self.path(widths, i, j) for j in range(len(widths))) for i in range(len(widths))
        )

    @staticmethod
    def path(widths, i, j):
        if i == j:
            return None
        if j > i:
            return conv_norm(widths[j], widths[i], relu=False)
        steps = [conv_norm(widths[j], widths[j], 3, 2) for _ in range(i - j - 1)]
        return nn.Sequential(*steps, conv_norm(widths[j], widths[i], 3, 2, relu=False))

    def forward(self, xs):
        seen = [branch(x) for branch, x in zip(self.branches, xs)]
        results = []
        for i, target in enumerate(seen):
            total = 0
            for j, source in enumerate(seen):
                layer = self.fuse_layers[i][j]
                part = source if layer is None else layer(source)
                total = total + resized(part, target.shape[2:], self.corners)
            results.append(F.relu(total))
        return results


class HRNet(nn.Module):
    def __init__(self, width, corners=False):
        super().__init__()
        self.corners = corners
        self.conv1, self.bn1 = conv(3, 64, 3, 2), nn.BatchNorm2d(64)
        self.conv2, self.bn2 = conv(64, 64, 3, 2), nn.BatchNorm2d(64)
        self.layer1 = nn.Sequential(Bottleneck(64, 64), *(Bottleneck(256, 64) for _ in range(3)))
        before = [256]
        for stage, modules in ((2, 1), (3, 4), (4, 3)):
            widths = [width * 2**i for i in range(stage)]
            layers = []
            for i, out in enumerate(widths):
                if i >= len(before):
                    layers.append(nn.Sequential(conv_norm(before[-1], out, 3, 2)))
                else:
                    layers.append(None if before[i] == out else conv_norm(before[i], out, 3))
            setattr(self, f"transition{stage - 1}", nn.ModuleList(layers))
            setattr(self, f"stage{stage}", nn.Sequential(*(Exchange(widths, corners) for _ in range(modules))))
            before = widths
        self.channels = sum(before)

    def features(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        x = F.relu(self.bn2(self.conv2(x)))
        xs = [self.layer1(x)]
        for stage in (2, 3, 4):
            layers = getattr(self, f"transition{stage - 1}")
            last = xs[-1]
            inputs = [xs[i] if i < len(xs) else last for i in range(len(layers))]
            xs = [x if layer is None else layer(x) for layer, x in zip(layers, inputs)]
            xs = getattr(self, f"stage{stage}")(xs)
        return torch.cat([resized(branch, xs[0].shape[2:], self.corners) for branch in xs], 1)

    forward = features


class ObjectContext(nn.Module):
    """What each pixel gathers of the classes that it resembles."""

    def __init__(self, channels, key):
        super().__init__()
        layer = lambda a, b: [conv(a, b), norm_relu(b)]
        self.f_pixel = nn.Sequential(*layer(channels, key), *layer(key, key))
        self.f_object = nn.Sequential(*layer(channels, key), *layer(key, key))
        self.f_down = nn.Sequential(*layer(channels, key))
        self.f_up = nn.Sequential(*layer(key, channels))
        self.key = key

    def forward(self, pixels, regions):
        query, key, value = (
            layer(x).flatten(2) for layer, x in ((self.f_pixel, pixels), (self.f_object, regions), (self.f_down, regions))
        )
        likeness = torch.softmax(query.transpose(1, 2) @ key / math.sqrt(self.key), 2)
        return self.f_up((value @ likeness.transpose(1, 2)).unflatten(2, pixels.shape[2:]))


class Distribution(nn.Module):
    def __init__(self, channels, key):
        super().__init__()
        self.object_context_block = ObjectContext(channels, key)
        self.conv_bn_dropout = nn.Sequential(conv(2 * channels, channels), norm_relu(channels), nn.Dropout2d(0.05))

    def forward(self, pixels, regions):
        return self.conv_bn_dropout(torch.cat([self.object_context_block(pixels, regions), pixels], 1))


class Ocr(nn.Module):
    """→ class scores, the first classifier's scores, and the features in front of the classifier."""

    def __init__(self, width, classes, channels=512, key=256, nested=True):
        super().__init__()
        pair = (lambda c: [norm_relu(c)]) if nested else (lambda c: [nn.BatchNorm2d(c), nn.ReLU()])
        self.conv3x3_ocr = nn.Sequential(conv(width, channels, 3, bias=True), *pair(channels))
        self.ocr_distri_head = Distribution(channels, key)
        self.cls_head = conv(channels, classes, bias=True)
        self.aux_head = nn.Sequential(conv(width, width, bias=True), *pair(width), conv(width, classes, bias=True))

    def forward(self, features):
        pixels, auxiliary = self.conv3x3_ocr(features), self.aux_head(features)
        shares = torch.softmax(auxiliary.flatten(2), 2)
        regions = (pixels.flatten(2) @ shares.transpose(1, 2)).unsqueeze(3)
        fused = self.ocr_distri_head(pixels, regions)
        return self.cls_head(fused), auxiliary, fused


class Aspp(nn.Module):
    def __init__(self, channels, out, rates):
        super().__init__()
        self.features = nn.ModuleList(
            [conv_norm(channels, out), *(conv_norm(channels, out, 3, dilation=rate) for rate in rates)]
        )
        self.img_conv = conv_norm(channels, out)

    def forward(self, x):
        pooled = self.img_conv(x.mean((2, 3), keepdim=True)).expand(-1, -1, *x.shape[2:])
        return torch.cat([pooled, *(branch(x) for branch in self.features)], 1)


def attention(channels, named):
    """Two 3×3 convolutions and a score. Names of layers, or numbers."""
    layers = [conv(channels, 256, 3), nn.BatchNorm2d(256), nn.ReLU(), conv(256, 256, 3), nn.BatchNorm2d(256), nn.ReLU()]
    names = ["conv0", "bn0", "re0", "conv1", "bn1", "re1", "conv2", "sig"] if named else [str(i) for i in range(8)]
    return nn.Sequential(OrderedDict(zip(names, [*layers, conv(256, 1), nn.Sigmoid()])))


class Multiscale(nn.Module):
    """`network(x)` gives the logits of one scale, of a second classifier or None, and the features for the attention."""

    pairs = False

    def forward(self, image, scales):
        """→ logits and auxiliary logits (or None), combined at the size of the image."""
        outputs = []
        for scale in sorted(scales, reverse=True):
            # As `interpolate` has it for a scale factor: the product in double precision, rounded down.
            size = torch.Size(math.floor(side * scale) for side in image.shape[2:])
            outputs.append((scale, size, *self.network(resized(image, size))))
        main, auxiliary = [], []
        for i, (scale, size, logits, second, features) in enumerate(outputs):
            weight = None
            if i > 0:
                higher = [resized(outputs[i - 1][4], features.shape[2:])] if self.pairs else []
                weight = resized(self.scale_attn(torch.cat([features, *higher], 1)), size)
            corners = getattr(self, "corners", False)
            main.append((scale, resized(logits, size, corners), weight))
            if second is not None:
                auxiliary.append((scale, resized(second, size, corners), weight))
        self.weights = [weight for *_, weight in main if weight is not None]
        return hierarchical(main), hierarchical(auxiliary) if auxiliary else None


class OcrNet(Multiscale):
    """`ocrnet.HRNet`, and with an attention `ocrnet.HRNet_Mscale`; old: with MSCALE_OLDARCH."""

    def __init__(self, classes, width, attends, old=False):
        super().__init__()
        self.backbone = HRNet(width)
        self.ocr = Ocr(self.backbone.channels, classes)
        if attends:
            self.scale_attn = attention(512, named=not old)

    def network(self, x):
        return self.ocr(self.backbone(x))


def plain_head(channels, classes):
    layers = [conv(channels, 256, 3), nn.BatchNorm2d(256), nn.ReLU(), conv(256, 256, 3), nn.BatchNorm2d(256), nn.ReLU()]
    return nn.Sequential(*layers, conv(256, classes))


class PlainHrNet(Multiscale):
    """`basic.HRNet`, and with an attention, which reads the trunk, `mscale.HRNet`; old: with MSCALE_OLDARCH."""

    def __init__(self, classes, width, attends, old=False):
        super().__init__()
        self.backbone = HRNet(width)
        self.list = "cls_head" if attends else "seg_head"
        setattr(self, self.list, plain_head(self.backbone.channels, classes))
        if attends:
            self.scale_attn = attention(self.backbone.channels, named=not old)

    def network(self, x):
        features = self.backbone(x)
        return getattr(self, self.list)(features), None, features


class DeepLab(Multiscale):
    """`deepv3.DeepV3PlusR50`; with an attention `mscale.DeepV3R50`, with one that reads pairs `mscale2.DeepV3R50`."""

    def __init__(self, classes, attends, pairs=False, old=False):
        super().__init__()
        self.pairs = pairs
        self.backbone = ResNet()
        self.aspp = Aspp(2048, 256, (12, 24, 36))
        self.bot_fine, self.bot_aspp = conv(256, 48), conv(1280, 256)
        self.final = plain_head(304, classes)
        if attends:
            self.scale_attn = attention(608 if pairs else 304, named=not (pairs or old))

    def network(self, x):
        low, deep = self.backbone(x)
        fine = self.bot_fine(low)
        fused = torch.cat([fine, resized(self.bot_aspp(self.aspp(deep)), fine.shape[2:])], 1)
        return self.final(fused), None, fused


class HrNetOcr(HRNet, Multiscale):
    """The network of HRNet-OCR: trunk and head side by side, corner pixels aligned. One scale."""

    def __init__(self, classes, width):
        super().__init__(width, corners=True)
        for name, module in Ocr(self.channels, classes, nested=False).named_children():
            setattr(self, name, module)

    def network(self, x):
        return Ocr.forward(self, self.features(x))

    def forward(self, image, scales):
        return Multiscale.forward(self, image, scales)


class SegHrNet(HRNet, Multiscale):
    """`seg_hrnet` of HRNet's authors: the trunk, a 1×1 convolution as wide and a classifier, all with biases. One scale."""

    def __init__(self, classes, width, corners):
        super().__init__(width, corners)
        layers = [conv(self.channels, self.channels, bias=True), nn.BatchNorm2d(self.channels), nn.ReLU()]
        self.last_layer = nn.Sequential(*layers, conv(self.channels, classes, bias=True))

    def network(self, x):
        features = self.features(x)
        return self.last_layer(features), None, features

    def forward(self, image, scales):
        return Multiscale.forward(self, image, scales)


# By the names of `src/model/sources`.
NETWORKS = {
    "nvidia-ocrnet-hrnet": lambda classes, width=48: OcrNet(classes, width, attends=False),
    "nvidia-ocrnet-hrnet-mscale": lambda classes, width=48: OcrNet(classes, width, attends=True),
    "nvidia-deepv3-deepv3plusr50": lambda classes: DeepLab(classes, attends=False),
    "nvidia-mscale-deepv3r50": lambda classes: DeepLab(classes, attends=True),
    "nvidia-mscale2-deepv3r50": lambda classes: DeepLab(classes, attends=True, pairs=True),
    "nvidia-ocrnet-hrnet-mscale-oldarch": lambda classes, width=48: OcrNet(classes, width, attends=True, old=True),
    "nvidia-mscale-deepv3r50-oldarch": lambda classes: DeepLab(classes, attends=True, old=True),
    "nvidia-basic-hrnet": lambda classes, width=48: PlainHrNet(classes, width, attends=False),
    "nvidia-mscale-hrnet": lambda classes, width=48: PlainHrNet(classes, width, attends=True),
    "nvidia-mscale-hrnet-oldarch": lambda classes, width=48: PlainHrNet(classes, width, attends=True, old=True),
    "hrnet-ocr": lambda classes, width=48: HrNetOcr(classes, width),
    "hrnet-segmentation": lambda classes, width=48: SegHrNet(classes, width, corners=False),
    "hrnet-segmentation-aligned": lambda classes, width=48: SegHrNet(classes, width, corners=True),
}


def learned(network):
    """State dict without the counters of batch norms."""
    return {name: value for name, value in network.state_dict().items() if not name.endswith("num_batches_tracked")}
