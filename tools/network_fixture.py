"""Remakes tests/golden/fixtures/network.json: losses, gradients and five training steps of the reference model, in
float64. Weights, pixels and labels follow from names; of a large tensor the fixture holds a sketch.

    python3 tools/network_fixture.py

Needs: pip install torch numpy
"""

import json
import math
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from named_images import named_pixels, tiled_values
from named_values import named_values
from reference_model import Segmentation, normalized
from sketch import DIRECTIONS, sketch

PATH = Path(__file__).parent.parent / "tests/golden/fixtures/network.json"
CONFIG = {
    "classes": 5,
    "trunk": {"name": "mobilenetv2", "width": 0.25, "outputStride": 16},
    "head": {"name": "deeplabv3plus", "asppRates": [1, 2], "channels": 16, "lowLevelChannels": 8, "separable": False},
    "attention": {"name": "transposed", "depthwise": False},
    "scales": [0.5, 1],
    "weights": "shared",
    "mean": [123.675, 116.28, 103.53],
    "deviation": [58.395, 57.12, 57.375],
}
BATCH, TILE = (2, 48, 40), 8
STEPS = {"sgd": 5, "adam": 3}
SGD = {"lr": 0.01, "momentum": 0.9, "weight_decay": 5e-4}
ADAM = {"lr": 1e-3, "betas": (0.9, 0.999), "eps": 1e-8}


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


def batch(step):
    """Tiles with noise on them; every sixth tile or so is void."""
    labels = np.floor(tiled_values(f"labels {step}", BATCH, TILE, CONFIG["classes"] + 1))
    labels[labels == CONFIG["classes"]] = 255
    return torch.from_numpy(named_pixels(step, BATCH, TILE)), torch.from_numpy(labels).long()


def loss_of(model, step):
    pixels, labels = batch(step)
    logits = model(normalized(pixels, CONFIG), CONFIG["scales"])
    return F.cross_entropy(logits, labels, ignore_index=255)


def train(make_optimizer, steps):
    """The model and the losses of some steps, and the gradients of the first."""
    model = Segmentation(CONFIG).train()
    model.fill(starting_values)
    optimizer = make_optimizer(model.parameters().values())
    losses, first = [], None
    for step in range(steps):
        optimizer.zero_grad()
        loss = loss_of(model, step)
        loss.backward()
        if first is None:
            first = {name: p.grad.clone() for name, p in model.parameters().items()}
        optimizer.step()
        losses.append(loss.item())
    return model, losses, first


def sketches(tensors):
    return {name: sketch(name, tensor) for name, tensor in tensors.items()}


if __name__ == "__main__":
    sgd, sgd_losses, gradients = train(lambda parameters: torch.optim.SGD(parameters, **SGD), STEPS["sgd"])
    _, adam_losses, _ = train(lambda parameters: torch.optim.Adam(parameters, **ADAM), STEPS["adam"])
    fixture = {
        "batch": BATCH,
        "tile": TILE,
        "scales": CONFIG["scales"],
        "directions": DIRECTIONS,
        "gradients": sketches(gradients),
        "sgd": {
            "learningRate": SGD["lr"],
            "momentum": SGD["momentum"],
            "weightDecay": SGD["weight_decay"],
            "losses": sgd_losses,
            "parameters": sketches(sgd.parameters()),
            "buffers": sketches(sgd.buffers()),
        },
        "adam": {"learningRate": ADAM["lr"], "losses": adam_losses},
    }
    PATH.write_text(json.dumps(fixture, indent=1) + "\n")
    print(f"{PATH.name}: {PATH.stat().st_size} bytes; losses {sgd_losses} and {adam_losses}")
