"""Remakes tests/golden/fixtures/forward.json: what the reference model, in its inference form and in float64, makes of
one image, at full size and for the variants of its parts. Weights and pixels follow from names. Of each result the
fixture holds every few pixels, the first and last rows and columns among them, and a sketch of the whole.

    python3 tools/forward_fixture.py

Needs: pip install torch numpy
"""

import base64
import json
import math
from pathlib import Path

import torch

from named_images import named_pixels
from named_values import named_values
from reference_model import Segmentation, normalized
from sketch import DIRECTIONS, sketch

PATH = Path(__file__).parent.parent / "tests/golden/fixtures/forward.json"
# Sides that no stride divides; a multiple of the step between the pixels that are kept, and one.
IMAGE, TILE = (1, 99, 127), 8

FULL = {
    "classes": 11,
    "trunk": {"name": "mobilenetv2", "width": 1, "outputStride": 16},
    "head": {
        "name": "deeplabv3plus",
        "asppRates": [1, 2, 3],
        "channels": 256,
        "lowLevelChannels": 48,
        "separable": True,
    },
    "attention": {"name": "transposed", "depthwise": True},
    "scales": [0.5, 1],
    "weights": "shared",
    "mean": [123.675, 116.28, 103.53],
    "deviation": [58.395, 57.12, 57.375],
}
SMALL = {
    **FULL,
    "classes": 5,
    "trunk": {**FULL["trunk"], "width": 0.25},
    "head": {**FULL["head"], "channels": 16, "lowLevelChannels": 8},
}
DENSE = {
    **SMALL,
    "trunk": {**SMALL["trunk"], "outputStride": 8},
    "head": {**SMALL["head"], "separable": False},
    "attention": {"name": "transposed", "depthwise": False},
}
PAPER = {**SMALL, "attention": {"name": "paper", "channels": 12}}
EVEN = {**SMALL, "attention": {**FULL["attention"], "edges": "replicate", "evenPhases": True}}
PER_SCALE = {**SMALL, "weights": "perScale", "scales": [0.5, 1, 2]}

SINGLE, THREE = ("single", [1]), [0.5, 1, 2]
ALL = [SINGLE, ("hierarchical", THREE), ("average", THREE), ("max", THREE)]
# Name, configuration, step between the pixels that are kept, combinations.
CASES = [
    ("full size", FULL, 7, ALL),
    ("output stride 8, dense head and attention", DENSE, 14, ALL[:2]),
    ("the paper's attention", PAPER, 14, ALL[1:2]),
    ("repeated edges and even phases", EVEN, 14, ALL[1:2]),
    ("one network for each scale", PER_SCALE, 14, ALL[:2]),
]


def weight(name, shape):
    """A value in a range that suits what its name says it is: activations neither vanish nor explode, attention is far
    from 0 and 1 nearly everywhere, and logits are of order 1 to 10."""
    if len(shape) == 4:  # variance 5/3 / fan-in: at 2 / fan-in rounding errors grow from layer to layer
        high = math.sqrt(5.0 / (shape[1] * shape[2] * shape[3]))
        low = -high
    elif name.endswith(("running_mean", "bias")):
        low, high = -0.5, 0.5
    else:  # a batch norm's scale or variance
        low, high = 0.5, 1.5
    return torch.from_numpy(named_values(name, shape, low, high))


@torch.no_grad()
def case(name, config, step, combinations):
    model = Segmentation(config).eval()
    model.fill(weight)
    image = normalized(torch.from_numpy(named_pixels("forward", IMAGE, TILE)), config)
    print(f"{name}:")
    for scale, _, attention in model.predict(image, THREE, attends=True):
        if attention is not None:
            saturated = ((attention < 0.02) | (attention > 0.98)).double().mean().item()
            low, high = attention.min().item(), attention.max().item()
            print(f"  attention at {scale}: {low:.3f} … {high:.3f}, {saturated:.2%} saturated")
            assert saturated < 0.02
    outputs = []
    for combine, scales in combinations:
        result = model(image, scales, combine)
        print(f"  {combine} {scales}: {result.min():.3f} … {result.max():.3f}, deviation {result.std():.3f}")
        kept = result[0, :, ::step, ::step].contiguous().numpy().astype("<f4")
        outputs.append(
            {
                "combine": combine,
                "scales": scales,
                "kept": base64.b64encode(kept.tobytes()).decode(),
                "sketch": sketch(f"{name} {combine}", result),
            }
        )
    count = sum(parameter.numel() for parameter in model.parameters().values())
    return {"name": name, "config": config, "parameters": count, "step": step, "outputs": outputs}


if __name__ == "__main__":
    cases = [case(*one) for one in CASES]
    fixture = {"image": IMAGE, "tile": TILE, "directions": DIRECTIONS, "cases": cases}
    PATH.write_text(json.dumps(fixture, indent=1) + "\n")
    print(f"{PATH.name}: {PATH.stat().st_size} bytes")
