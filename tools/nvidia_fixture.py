"""Remakes tests/golden/fixtures/nvidia.json: what the networks of NVIDIA's code and of HRNet's authors, in float64, make of an
image. Weights follow from the published names, pixels from theirs. Of each result the fixture holds every few pixels and
a sketch of the whole.

    python3 tools/nvidia_fixture.py

Needs: pip install torch numpy
"""

import base64
import json
from pathlib import Path

import torch

from named_images import named_pixels
from nvidia_networks import NETWORKS, learned
from published_weights import published_weight
from reference_model import normalized
from sketch import DIRECTIONS, sketch

PATH = Path(__file__).parent.parent / "tests/golden/fixtures/nvidia.json"
TILE = 8
PIXELS = {"mean": [123.675, 116.28, 103.53], "deviation": [58.395, 57.12, 57.375]}

# The rest, W48 among them, is held by nvidia_parity.py: whole networks take seconds each.
# Source, what its constructor takes, image, scales, step between the pixels that are kept. Sides that no stride divides.
CASES = [
    ("nvidia-mscale2-deepv3r50", {"classes": 5}, (35, 51), [0.5, 1, 2], 5),
    ("nvidia-ocrnet-hrnet-mscale", {"classes": 5, "width": 18}, (67, 99), [0.5, 1, 2], 7),
    ("nvidia-mscale-hrnet-oldarch", {"classes": 5, "width": 18}, (35, 51), [0.5, 1, 2], 7),
    ("hrnet-ocr", {"classes": 7, "width": 18}, (131, 197), [1], 14),
    ("hrnet-segmentation", {"classes": 7, "width": 18}, (67, 99), [1], 14),
    ("hrnet-segmentation-aligned", {"classes": 7, "width": 18}, (67, 99), [1], 14),
]


@torch.no_grad()
def filled(source, options):
    """The network in its inference form, each tensor of the value of its name."""
    network = NETWORKS[source](**options).eval().double()
    for name, value in learned(network).items():
        value.copy_(published_weight(name, tuple(value.shape)))
    return network


@torch.no_grad()
def case(source, options, size, scales, step):
    network = filled(source, options)
    image = normalized(torch.from_numpy(named_pixels("published", (1, *size), TILE)), PIXELS)
    title = f"{source} {options} {size[1]}×{size[0]} at {scales}"
    outputs = {}
    for name, result in zip(("logits", "auxiliary"), network(image, scales)):
        if result is None:
            continue
        print(f"{title}, {name}: {result.min():.3f} … {result.max():.3f}, deviation {result.std():.3f}")
        kept = result[0, :, ::step, ::step].contiguous().numpy().astype("<f4")
        outputs[name] = {
            "kept": base64.b64encode(kept.tobytes()).decode(),
            "sketch": sketch(f"{title} {name}", result),
        }
    for weight in network.weights:
        saturated = ((weight < 0.02) | (weight > 0.98)).double().mean().item()
        print(f"  attention {weight.min():.3f} … {weight.max():.3f}, {saturated:.2%} saturated")
        assert saturated < 0.02
    count = sum(parameter.numel() for parameter in network.parameters())
    common = {"title": title, "source": source, "options": options, "image": [1, *size], "scales": scales}
    return {**common, "parameters": count, "tensors": len(learned(network)), "step": step, "outputs": outputs}


if __name__ == "__main__":
    cases = [case(*one) for one in CASES]
    PATH.write_text(json.dumps({"tile": TILE, "directions": DIRECTIONS, "cases": cases}, indent=1) + "\n")
    print(f"{PATH.name}: {PATH.stat().st_size} bytes")
