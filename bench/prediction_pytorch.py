"""The shipped model (or another MobileNetV2 + DeepLabV3+) in PyTorch, for bench/prediction.mjs: each line of standard input,
"WIDTH HEIGHT SCALES THREADS eager|compile", is answered by the seconds of one image, from uint8 pixels to labels.

Needs: pip install torch numpy safetensors; a C++ compiler for `compile`
"""

import json
import sys
import time
from pathlib import Path

import torch
from safetensors import safe_open

sys.path.insert(0, str(Path(__file__).parent.parent / "tools"))
from reference_model import Segmentation  # noqa: E402

with safe_open(sys.argv[1], "pt") as file:
    config = json.loads(file.metadata()["config"])
    weights = {name: file.get_tensor(name) for name in file.keys()}
model = Segmentation(config).eval()
model.fill(lambda name, shape: weights[name].reshape(shape).double())
for network in model.networks.values():
    network.float()
mean, deviation = (torch.tensor(config[key], dtype=torch.float32) for key in ("mean", "deviation"))


def labels(pixels, scales):
    image = ((pixels.float() - mean) / deviation).permute(0, 3, 1, 2)
    return model(image, scales).argmax(1).to(torch.uint8)


ways = {"eager": labels, "compile": torch.compile(labels, dynamic=False)}
with torch.inference_mode():
    for line in sys.stdin:
        width, height, scales, threads, way = line.split()
        torch.set_num_threads(int(threads))
        pixels = torch.randint(0, 256, (1, int(height), int(width), 3), dtype=torch.uint8)
        started = time.perf_counter()
        ways[way](pixels, [float(scale) for scale in scales.split(",")])
        print(time.perf_counter() - started, flush=True)
