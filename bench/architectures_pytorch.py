"""One network in eager PyTorch, as bench/architectures.mjs asks for it: prints seconds and peak memory as JSON. Its name is one of
tools/nvidia_networks.py, or `reference` for the parts of a configuration. Weights are random.

Needs: pip install torch
"""

import json
import resource
import sys
import time
from pathlib import Path

import torch
from torch import nn

sys.path.insert(0, str(Path(__file__).parent.parent / "tools"))
import nvidia_networks as nvidia  # noqa: E402
import reference_model as reference  # noqa: E402


class ResNet(nvidia.ResNet):
    """At any output stride: strides past it become the dilation of what follows."""

    channels, low_channels = 2048, 256

    def __init__(self, name, outputStride, **_):
        super().__init__((3, 4, 23 if name == "resnet101" else 6, 3))
        total, dilation = 4, 1
        for number, stage in enumerate((self.layer2, self.layer3, self.layer4), 2):
            stride = 2 if total < outputStride else 1
            total, dilation = total * stride, dilation * 2 // stride
            stage[0].conv2.stride = stage[0].downsample[0].stride = (stride, stride)
            for block in stage:
                block.conv2.dilation = block.conv2.padding = (dilation, dilation)


class DeepLabV3(nn.Module):
    """The context through one more 3×3 convolution, without a decoder: arXiv 1706.05587."""

    def __init__(self, trunk, classes, *, asppRates, channels, **_):
        super().__init__()
        self.aspp = reference.Aspp(trunk.channels, channels, asppRates, separable=False)
        self.conv = reference.spatial(channels, channels)
        self.classifier = nn.Conv2d(channels, classes, 1)

    def forward(self, low, high):
        context = self.aspp(high)
        fused = self.conv(context)
        return self.classifier(fused), context, fused


class Network(nn.Module):
    """The network of one scale, from the parts of a configuration."""

    def __init__(self, config):
        super().__init__()
        trunk, head, attention = config["trunk"], config["head"], config["attention"]
        self.trunk = reference.MobileNetV2(**trunk) if trunk["name"] == "mobilenetv2" else ResNet(**trunk)
        self.head = {"deeplabv3": DeepLabV3, "deeplabv3plus": reference.DeepLabV3Plus}[head["name"]](
            self.trunk, config["classes"], **head
        )
        self.attention = reference.ATTENTIONS[attention["name"]](head["channels"], **attention)

    def forward(self, image):
        logits, context, fused = self.head(*self.trunk(image))
        return logits, context, fused


class Reference(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.network = Network(config)

    def forward(self, image, scales):
        predictions = []
        for scale in sorted(scales, reverse=True):
            size = [int(side * scale) for side in image.shape[2:]]
            logits, context, fused = self.network(reference.bilinear(image, size))
            attends = len(predictions) > 0
            weight = reference.bilinear(self.network.attention(context, fused), size) if attends else None
            predictions.append((scale, reference.bilinear(logits, size), weight))
        return [reference.hierarchical(predictions)]


name, config, scales, threads, rounds = sys.argv[1:]
config = json.loads(config)
# Seconds from which one round is enough, as in bench/architectures.mjs.
LONG = 15
torch.set_num_threads(int(threads))
if name == "reference":
    network = Reference(config).eval()
else:
    width = config["trunk"].get("width")
    network = nvidia.NETWORKS[name](classes=config["classes"], **({"width": width} if width else {})).eval()
image = torch.randn(1, 3, 512, 1024)
best = float("inf")
with torch.inference_mode():
    for _ in range(int(rounds)):
        started = time.perf_counter()
        network(image, [float(scale) for scale in scales.split(",")])[0].argmax(1)
        best = min(best, time.perf_counter() - started)
        if best > LONG:
            break
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps({"seconds": best, "peak": peak}))
