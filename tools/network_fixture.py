"""Remakes tests/golden/fixtures/network.json: losses, gradients and five training steps of the reference model, in
float64. Weights, pixels and labels follow from names. Of a large tensor the fixture holds the norm and its products
with a few directions (which follow from names too): by them the distance of two tensors is known well enough, at a
hundredth of the size.

    python3 tools/network_fixture.py

Needs: pip install torch numpy
"""

import json
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from fixtures import pack
from named_values import named_values
from reference_model import Network, Variables, multi_scale_logits, normalized

PATH = Path(__file__).parent.parent / "tests/golden/fixtures/network.json"
CONFIG = {"classes": 5, "width": 0.25, "output_stride": 16, "rates": [1, 2], "channels": 16, "low_channels": 8}
BATCH, HEIGHT, WIDTH, TILE = 2, 48, 40, 8
SCALES = [0.5, 1]
STEPS = {"sgd": 5, "adam": 3}
DIRECTIONS = 8
SGD = {"lr": 0.01, "momentum": 0.9, "weight_decay": 5e-4}
ADAM = {"lr": 1e-3, "betas": (0.9, 0.999), "eps": 1e-8}



def sketch(name, tensor):
    """The norm, and the products with DIRECTIONS directions; a small tensor is its own sketch."""
    flat = tensor.detach().numpy().reshape(-1)
    if flat.size <= DIRECTIONS:
        products = flat
    else:
        products = np.array(
            [flat @ named_values(f"{name} direction {k}", [flat.size]) for k in range(DIRECTIONS)]
        )
    return {"norm": float(np.linalg.norm(flat)), "products": pack(torch.from_numpy(products))["float64"]}


def tiled(name, high, trailing=()):
    """Numbers that are equal over tiles of TILE × TILE pixels, as objects are."""
    tiles = named_values(name, [BATCH, -(-HEIGHT // TILE), -(-WIDTH // TILE), *trailing], 0, high)
    return tiles.repeat(TILE, 1).repeat(TILE, 2)[:, :HEIGHT, :WIDTH]


def batch(step):
    """Tiles with noise on them; every sixth tile or so is void."""
    noise = named_values(f"noise {step}", [BATCH, HEIGHT, WIDTH, 3], 0, 64)
    pixels = np.floor(tiled(f"pixels {step}", 192, (3,)) + noise)
    labels = np.floor(tiled(f"labels {step}", CONFIG["classes"] + 1))
    labels[labels == CONFIG["classes"]] = 255
    return torch.from_numpy(pixels), torch.from_numpy(labels).long()


def loss_of(variables, step):
    pixels, labels = batch(step)
    logits = multi_scale_logits(Network(variables, **CONFIG), normalized(pixels), SCALES)
    return F.cross_entropy(logits, labels, ignore_index=255)


def train(make_optimizer, steps):
    """Variables and losses of some steps, and the gradients of the first."""
    variables = Variables()
    with torch.no_grad():
        loss_of(variables, 0)  # makes every variable, and moves the buffers, which therefore start anew:
    variables.buffers.clear()
    optimizer = make_optimizer(variables.parameters.values())
    losses, first = [], None
    for step in range(steps):
        optimizer.zero_grad()
        loss = loss_of(variables, step)
        loss.backward()
        if first is None:
            first = {name: p.grad.clone() for name, p in variables.parameters.items()}
        optimizer.step()
        losses.append(loss.item())
    return variables, losses, first


def sketches(tensors):
    return {name: sketch(name, tensor) for name, tensor in tensors.items()}


if __name__ == "__main__":
    sgd, sgd_losses, gradients = train(lambda parameters: torch.optim.SGD(parameters, **SGD), STEPS["sgd"])
    _, adam_losses, _ = train(lambda parameters: torch.optim.Adam(parameters, **ADAM), STEPS["adam"])
    fixture = {
        "batch": [BATCH, HEIGHT, WIDTH],
        "tile": TILE,
        "scales": SCALES,
        "directions": DIRECTIONS,
        "gradients": sketches(gradients),
        "sgd": {
            "learningRate": SGD["lr"],
            "momentum": SGD["momentum"],
            "weightDecay": SGD["weight_decay"],
            "losses": sgd_losses,
            "parameters": sketches(sgd.parameters),
            "buffers": sketches(sgd.buffers),
        },
        "adam": {"learningRate": ADAM["lr"], "losses": adam_losses},
    }
    PATH.write_text(json.dumps(fixture, indent=1) + "\n")
    print(f"{PATH.name}: {PATH.stat().st_size} bytes; losses {sgd_losses} and {adam_losses}")
