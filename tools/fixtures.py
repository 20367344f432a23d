"""Remakes tests/golden/fixtures/operators/*.json: what PyTorch computes in float64 for the operators that are
easiest to get subtly wrong. Inputs and cotangents follow from names (named_values.py), so a file holds results
and gradients alone.

    python3 tools/fixtures.py

Needs: pip install torch numpy
"""

import base64
import json
from pathlib import Path

import torch
import torch.nn.functional as F

from named_values import named_values

FOLDER = Path(__file__).parent.parent / "tests/golden/fixtures/operators"


def pack(tensor):
    data = tensor.detach().contiguous().numpy().astype("<f8")
    return {"shape": list(data.shape), "float64": base64.b64encode(data.tobytes()).decode()}


def case(name, operator, options, operands, compute):
    """One case: `compute(**operands)` gives the named results, of which the first is differentiated.

    `operands` maps a name to a shape, or to (shape, low, high). Names that end in `_` take no gradient.
    """
    leaves, described = {}, {}
    for key, spec in operands.items():
        shape, low, high = spec if isinstance(spec, tuple) else (spec, -1.0, 1.0)
        bare = key.rstrip("_")
        described[bare] = {"shape": list(shape), "low": low, "high": high}
        leaf = torch.from_numpy(named_values(f"{name}/{bare}", shape, low, high))
        leaves[bare] = leaf.requires_grad_() if not key.endswith("_") else leaf
    results = compute(**leaves)
    first = next(iter(results.values()))
    cotangent = torch.from_numpy(named_values(f"{name}/cotangent", first.shape))
    wanted = {key: leaf for key, leaf in leaves.items() if leaf.requires_grad}
    gradients = torch.autograd.grad((first * cotangent).sum(), list(wanted.values()))
    return {
        "name": name,
        "operator": operator,
        "options": options,
        "operands": described,
        "results": {key: pack(value) for key, value in results.items()},
        "gradients": {key: pack(value) for key, value in zip(wanted, gradients)},
    }


def padded(x, padding):
    top, left, bottom, right = padding
    return F.pad(x, (left, right, top, bottom))


def convolution(name, image, out, kernel, stride=(1, 1), dilation=(1, 1), padding=(0, 0, 0, 0), groups=1):
    options = {"stride": stride, "dilation": dilation, "padding": padding, "groups": groups}

    def compute(x, weight, bias):
        return {"y": F.conv2d(padded(x, padding), weight, bias, stride, 0, dilation, groups)}

    operands = {"x": image, "weight": [out, image[1] // groups, *kernel], "bias": [out]}
    return case(name, "conv2d", options, operands, compute)


def transposed(name, image, out, kernel, stride=(1, 1), dilation=(1, 1), padding=0, groups=1, extra=0):
    options = {
        "stride": stride,
        "dilation": dilation,
        "padding": padding,
        "groups": groups,
        "outputPadding": extra,
    }

    def compute(x, weight, bias):
        return {"y": F.conv_transpose2d(x, weight, bias, stride, padding, extra, groups, dilation)}

    operands = {"x": image, "weight": [image[1], out // groups, *kernel], "bias": [out]}
    return case(name, "convTranspose2d", options, operands, compute)


def batch_norm_training(name, image, momentum, epsilon):
    channels = image[1]

    def compute(x, scale, shift, runningMean, runningVariance):
        mean, variance = runningMean.clone(), runningVariance.clone()
        y = F.batch_norm(x, mean, variance, scale, shift, True, momentum, epsilon)
        return {"y": y, "nextMean": mean, "nextVariance": variance}

    operands = {
        "x": (image, -1.0, 3.0),
        "scale": [channels],
        "shift": [channels],
        "runningMean_": [channels],
        "runningVariance_": ([channels], 0.5, 2.0),
    }
    return case(name, "batchNormTraining", {"momentum": momentum, "epsilon": epsilon}, operands, compute)


def batch_norm_inference(name, image, epsilon):
    channels = image[1]

    def compute(x, scale, shift, mean, variance):
        return {"y": F.batch_norm(x, mean, variance, scale, shift, False, 0.0, epsilon)}

    operands = {
        "x": (image, -1.0, 3.0),
        "scale": [channels],
        "shift": [channels],
        "mean_": [channels],
        "variance_": ([channels], 0.5, 2.0),
    }
    return case(name, "batchNormInference", {"epsilon": epsilon}, operands, compute)


def pooling(name, kind, image, kernel, stride, padding):
    pool = F.max_pool2d if kind == "maxPool" else F.avg_pool2d
    options = {"kernel": kernel, "stride": stride, "padding": padding}
    return case(name, kind, options, {"x": image}, lambda x: {"y": pool(x, kernel, stride, padding)})


def resize(name, image, size):
    def compute(x):
        return {"y": F.interpolate(x, size=size, mode="bilinear", align_corners=False)}

    return case(name, "resizeBilinear", {"size": size}, {"x": image}, compute)


def cross_entropy(name, image, void_every, weighted):
    batch, classes, height, width = image
    numbers = named_values(f"{name}/labels", [batch, height, width], 0, classes)
    labels = torch.from_numpy(numbers).floor().clamp(max=classes - 1).long()
    if void_every:
        labels.view(-1)[::void_every] = 255
    weights = named_values(f"{name}/classWeights", [classes], 0.25, 2.0) if weighted else None

    def compute(logits):
        weight = None if weights is None else torch.from_numpy(weights)
        return {"loss": F.cross_entropy(logits, labels, weight=weight, ignore_index=255)}

    options = {"labels": labels.flatten().tolist(), "weighted": weighted}
    return case(name, "crossEntropy", options, {"logits": (image, -8.0, 8.0)}, compute)


FILES = {
    "convolution": lambda: [
        convolution("pointwise with stride 2", [2, 5, 7, 6], 4, (1, 1), stride=(2, 2)),
        convolution("3×3, same", [2, 3, 5, 6], 4, (3, 3), padding=(1, 1, 1, 1)),
        convolution("stride 2, odd side", [2, 3, 7, 9], 2, (3, 3), stride=(2, 2), padding=(1, 1, 1, 1)),
        convolution("stride 2, even side", [1, 3, 8, 10], 2, (3, 3), stride=(2, 2), padding=(1, 1, 1, 1)),
        convolution(
            "uneven everything", [1, 2, 9, 11], 3, (3, 5), stride=(3, 2), dilation=(1, 2), padding=(1, 4, 0, 3)
        ),
        convolution("dilation 2", [1, 3, 8, 9], 2, (3, 3), dilation=(2, 2), padding=(2, 2, 2, 2)),
        convolution("dilation beyond the map", [2, 3, 5, 4], 2, (3, 3), dilation=(6, 6), padding=(6, 6, 6, 6)),
        convolution("two groups", [2, 6, 4, 5], 4, (3, 3), padding=(1, 1, 1, 1), groups=2),
        convolution("depthwise", [2, 4, 5, 6], 4, (3, 3), padding=(1, 1, 1, 1), groups=4),
        convolution(
            "depthwise, stride 2", [2, 3, 7, 6], 6, (3, 3), stride=(2, 2), padding=(1, 1, 1, 1), groups=3
        ),
    ],
    "transposed-convolution": lambda: [
        transposed("4×4, stride 2", [2, 3, 4, 5], 2, (4, 4), stride=(2, 2), padding=1),
        transposed("3×3, stride 2, one more row", [1, 3, 4, 3], 2, (3, 3), stride=(2, 2), padding=1, extra=1),
        transposed("stride 1", [2, 3, 4, 5], 2, (3, 3), padding=1),
        transposed("dilation 2 and stride 3", [1, 2, 3, 4], 3, (3, 2), stride=(3, 2), dilation=(2, 3)),
        transposed("two groups", [2, 4, 3, 4], 6, (4, 4), stride=(2, 2), padding=1, groups=2),
        transposed("one kernel a channel", [2, 3, 4, 4], 3, (4, 4), stride=(2, 2), padding=1, groups=3),
    ],
    "batch-norm": lambda: [
        batch_norm_training("batch of 3", [3, 4, 5, 3], 0.1, 1e-5),
        batch_norm_training("one image", [1, 3, 7, 5], 0.01, 1e-3),
        batch_norm_training("two values an image", [2, 5, 1, 2], 0.1, 1e-5),
        batch_norm_inference("running statistics", [2, 4, 5, 3], 1e-5),
    ],
    "pooling": lambda: [
        pooling("max 3×3, stride 2", "maxPool", [2, 3, 7, 8], (3, 3), (2, 2), (1, 1)),
        pooling("max 2×2", "maxPool", [1, 3, 6, 5], (2, 2), (2, 2), (0, 0)),
        pooling("max 3×2, overlapping", "maxPool", [1, 2, 6, 5], (3, 2), (1, 1), (1, 1)),
        pooling("average 4×4, zeros counted", "averagePool", [2, 3, 9, 10], (4, 4), (4, 4), (2, 2)),
        pooling("average 3×3, stride 2", "averagePool", [2, 3, 7, 8], (3, 3), (2, 2), (1, 1)),
        pooling("average 2×3, overlapping", "averagePool", [1, 2, 6, 5], (2, 3), (1, 1), (0, 0)),
    ],
    "resize": lambda: [
        resize("twice as large", [2, 2, 4, 5], [8, 10]),
        resize("half", [1, 2, 8, 10], [4, 5]),
        resize("odd to odd, up", [1, 3, 5, 7], [13, 9]),
        resize("odd to odd, down", [1, 3, 13, 9], [5, 7]),
        resize("taller and narrower", [1, 2, 4, 9], [7, 5]),
        resize("from one pixel", [2, 3, 1, 1], [4, 5]),
        resize("to one pixel", [2, 3, 6, 5], [1, 1]),
        resize("one row", [1, 2, 1, 6], [3, 11]),
    ],
    "cross-entropy": lambda: [
        cross_entropy("plain", [2, 5, 3, 4], 0, False),
        cross_entropy("with void", [2, 5, 3, 4], 3, False),
        cross_entropy("with void and class weights", [2, 5, 3, 4], 4, True),
        cross_entropy("two classes, one image", [1, 2, 4, 3], 5, True),
    ],
}

if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, cases in FILES.items():
        path = FOLDER / f"{name}.json"
        path.write_text(json.dumps({"cases": cases()}, indent=1, ensure_ascii=False) + "\n")
        print(f"{path.name}: {path.stat().st_size} bytes")
