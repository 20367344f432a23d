"""A model file's forward pass, ours in ONNX Runtime (float32, batch norm folded) against the reference model in PyTorch
with the same weights (float64): one image, at scale 1 and at several scales, combined in every way.

    python3 tools/forward_parity.py MODEL.safetensors IMAGE [--scales 0.5,1,2]

Prints the largest and the mean difference of the logits (probabilities for `max`), beside their range, and fails where
one is 1e-3 or more. Needs a built checkout (`npm run build`) and pip install torch numpy safetensors
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import load_file

from reference_model import Segmentation, normalized

TOOLS = Path(__file__).parent
TOLERANCE = 1e-3


def emitted(model, image, scales):
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "logits.safetensors"
        listed = ",".join(f"{scale:g}" for scale in scales)
        subprocess.run(["node", TOOLS / "emit-logits.mjs", model, image, out, listed], check=True)
        return load_file(out)


def read(path):
    """The model of a file; fails where its names or shapes are not those of the modules."""
    with safe_open(path, "pt") as file:
        config = json.loads(file.metadata()["config"])
        weights = {name: file.get_tensor(name).double() for name in file.keys()}

    def take(name, shape):
        assert tuple(weights[name].shape) == shape, f"{name}: {tuple(weights[name].shape)} in the file, not {shape}"
        return weights.pop(name)

    model = Segmentation(config).eval()
    model.fill(take)
    assert not weights, f"no module has {list(weights)}"
    return model


@torch.no_grad()
def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("model")
    parser.add_argument("image")
    parser.add_argument("--scales", help="0.5,1,2 where left out; the model's own with one network for each")
    options = parser.parse_args()
    model = read(options.model)
    own = model.config["scales"] if model.config["weights"] == "perScale" else [0.5, 1, 2]
    scales = [float(scale) for scale in options.scales.split(",")] if options.scales else own
    ours = emitted(options.model, options.image, scales)
    image = normalized(ours["pixels"].double(), model.config)
    print(f"{image.shape[3]}×{image.shape[2]} pixels, scales {scales}")
    for scale, _, attention in model.predict(image, scales, attends=True):
        if attention is not None:
            low, mean, high = attention.min().item(), attention.mean().item(), attention.max().item()
            print(f"attention at {scale:g}: {low:.4f} … {high:.4f}, mean {mean:.4f}")
    failed = False
    for combine, at in [("single", [1.0]), ("hierarchical", scales), ("average", scales), ("max", scales)]:
        expected, actual = model(image, at, combine), ours[combine].double()
        difference = (actual - expected).abs()
        alike = (actual.argmax(1) == expected.argmax(1)).double().mean().item()
        largest = difference.max().item()
        print(
            f"{combine}: largest difference {largest:.2e}, mean {difference.mean():.2e}, "
            f"values {expected.min():.3f} … {expected.max():.3f}, {alike:.4%} of labels alike"
        )
        failed |= not largest < TOLERANCE
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
