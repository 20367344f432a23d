"""One published network in eager PyTorch, as bench/architectures.mjs asks for it: prints seconds and peak memory as JSON.

Needs: pip install torch
"""

import json
import resource
import sys
import time
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).parent.parent / "tools"))
from nvidia_networks import NETWORKS  # noqa: E402

name, width, scales, threads, rounds = sys.argv[1:]
# Seconds from which one round is enough, as in bench/architectures.mjs.
LONG = 15
torch.set_num_threads(int(threads))
options = {"classes": 19, **({"width": int(width)} if int(width) else {})}
network = NETWORKS[name](**options).eval()
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
