"""Weights of published networks that follow from their published names, for fixtures that hold none of them;
tests/golden/published-weights.ts is the same in TypeScript.

Needs: pip install torch numpy
"""

import math
import re

import torch

from named_values import named_values

# A range for what a name ends with; the first that fits counts. The last norm of what is added to a shortcut or to another
# branch is small, or activations would grow from block to block; classifiers are large, for logits of order 10.
RANGES = [
    (r"(stage\d.*\.bn2|fuse_layers\.\d+\.\d+(\.\d+)?\.1)\.weight", 0.05, 0.25),
    (r"(\.bn[23]|downsample\.1)\.weight", 0.2, 0.6),
    (r"running_mean|bias", -0.3, 0.3),
    (r"", 0.5, 1.5),  # a batch norm's scale or variance
]
CLASSIFIERS = {"final.6.weight": 3, "ocr.cls_head.weight": 1.5, "cls_head.weight": 3}


def published_weight(name, shape):
    """A value in a range that suits what its name says it is."""
    if len(shape) == 4:
        high = CLASSIFIERS.get(name, 1) * math.sqrt(5.0 / (shape[1] * shape[2] * shape[3]))
        low = -high
    else:
        low, high = next((low, high) for end, low, high in RANGES if re.search(f"({end})$", name))
    return torch.from_numpy(named_values(name, shape, low, high))
