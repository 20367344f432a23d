"""The networks of NVIDIA's code and of HRNet's authors at full size, ours in ONNX Runtime (float32) against PyTorch's modules:
each at several sizes and sets of scales, with the weights of the fixture. Ours read the weights under their published names
and find the architecture themselves.

    python3 tools/nvidia_parity.py [--only NAME] [--sizes 131x197,256x512] [--float32]

Sizes are height × width. Prints the largest and the mean difference of the logits beside their range and, with
--float32, PyTorch's own largest difference between float32 and float64; fails where ours is 1e-3 or more. Needs a built
checkout (`npm run build`) and pip install torch numpy safetensors
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

from named_images import named_pixels
from nvidia_fixture import PIXELS, TILE, filled
from nvidia_networks import NETWORKS, learned
from reference_model import normalized

TOOLS = Path(__file__).parent
TOLERANCE = 1e-3
CLASSES = 19


def emitted(network, images, cases, *source):
    with tempfile.TemporaryDirectory() as folder:
        weights, listed, out = (Path(folder) / name for name in ("weights.safetensors", "cases.json", "out.safetensors"))
        tensors = {name: value.float().contiguous() for name, value in learned(network).items()}
        save_file(tensors | {name: pixels.to(torch.uint8).contiguous() for name, pixels in images.items()}, weights)
        listed.write_text(json.dumps(cases))
        subprocess.run(["node", TOOLS / "emit-published.mjs", weights, listed, out, *source], check=True)
        return load_file(out)


def results(network, pixels, scales):
    kind = next(network.parameters()).dtype
    logits, auxiliary = network(normalized(pixels, PIXELS).to(kind), scales)
    return {"": logits} | ({} if auxiliary is None else {" auxiliary": auxiliary})


@torch.no_grad()
def compare(source, sizes, with_float32):
    network = filled(source, {"classes": CLASSES})
    attends = hasattr(network, "scale_attn")
    sets = [[1], [0.5, 1], [0.5, 1, 2]] if attends else [[1]]
    images, cases = {}, []
    for height, width in sizes:
        name = f"{height}×{width}"
        images[f"pixels {name}"] = torch.from_numpy(named_pixels("published", (1, height, width), TILE))
        cases += [{"name": f"{name} {scales}", "pixels": f"pixels {name}", "scales": scales} for scales in sets]
    # Its files have the same tensors as those of the form without aligned corners.
    ours = emitted(network, images, cases, *([source] if source.endswith("-aligned") else []))
    failed = False
    for case in cases:
        pixels, scales = images[case["pixels"]], case["scales"]
        expected = results(network, pixels, scales)
        single = results(network.float(), pixels, scales) if with_float32 else {}
        network.double()
        for key, value in expected.items():
            difference = (ours[case["name"] + key].double() - value).abs()
            largest = difference.max().item()
            alike = (ours[case["name"] + key].argmax(1) == value.argmax(1)).double().mean().item()
            own = f", PyTorch's float32 {(single[key] - value).abs().max():.2e}" if single else ""
            print(
                f"{source} {case['name']}{key}: largest difference {largest:.2e}, mean {difference.mean():.2e}{own}, "
                f"values {value.min():.2f} … {value.max():.2f}, {alike:.4%} of labels alike",
                flush=True,
            )
            failed |= not largest < TOLERANCE
    return failed


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--only", help="one network, by the name of its source")
    parser.add_argument("--sizes", default="131x197,256x512")
    parser.add_argument("--float32", action="store_true")
    options = parser.parse_args()
    sizes = [tuple(int(side) for side in size.split("x")) for size in options.sizes.split(",")]
    failed = [compare(name, sizes, options.float32) for name in NETWORKS if options.only in (None, name)]
    return 1 if any(failed) else 0


if __name__ == "__main__":
    sys.exit(main())
