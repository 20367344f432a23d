"""Holds `hmsa export --to onnx` to our own prediction, in stock ONNX Runtime for Python.

    python3 tools/check_export.py MODEL IMAGE [SCALES]

- The official checker passes the files, of any size and of the image's.
- Their labels are those of `hmsa segment` on at least 99.99% of the pixels, their logits ours within 1e-4, in every
  combination.
- The Python program of docs/export.md runs, and its picture is that of `hmsa segment`.

Needs: npm run build; pip install onnx onnxruntime numpy pillow safetensors
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from PIL import Image
from safetensors.numpy import load_file

REPOSITORY = Path(__file__).parent.parent
COMBINATIONS = ["single", "hierarchical", "average", "max"]


def node(*arguments):
    subprocess.run(["node", *map(str, arguments)], cwd=REPOSITORY, check=True, stdout=subprocess.DEVNULL)


def exported(folder, model, *flags):
    file = folder / "model.onnx"
    node("bin/hmsa.js", "export", "--model", model, "--quiet", "--out", file, *flags)
    onnx.checker.check_model(onnx.load(file), full_check=True)
    return onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])


def check_logits(folder, model, image, scales):
    node("tools/emit-logits.mjs", model, image, folder / "own.safetensors", *scales)
    own = load_file(folder / "own.safetensors")
    pixels = own["pixels"]
    _, height, width, _ = pixels.shape
    failed = False
    for combine in COMBINATIONS:
        chosen = ["1"] if combine == "single" else scales
        flags = ["--combine", combine, "--output", "all", *(["--scales", *chosen] if chosen else [])]
        for size in ["dynamic", f"{height}x{width}"]:
            session = exported(folder, model, *flags, "--size", size)
            labels, logits = session.run(["labels", "logits"], {"image": pixels})
            equal = (labels == own[combine].argmax(axis=1)).mean()
            distance = np.abs(logits - own[combine]).max()
            failed |= equal < 0.9999 or distance > 1e-4
            print(f"{combine}, size {size}: {equal:.3%} of labels equal, logits within {distance:.1e}")
    return failed


def check_program(folder, model, image):
    page = (REPOSITORY / "docs/export.md").read_text()
    [program] = re.findall(r"^```py\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    (folder / "program.py").write_text(program)
    node("bin/hmsa.js", "export", "--model", model, "--quiet", "--out", folder / "street.onnx")
    Image.open(image).convert("RGB").save(folder / "street.png")
    subprocess.run([sys.executable, "program.py"], cwd=folder, check=True)
    drawn = np.asarray(Image.open(folder / "street.color.png"))
    node("bin/hmsa.js", "segment", folder / "street.png", "--model", model, "--quiet", "--max-side", "none",
         "--out", folder / "own", "--save", "color")
    own = np.asarray(Image.open(folder / "own/street.color.png"))
    equal = (drawn == own).all(axis=-1).mean()
    print(f"the program of docs/export.md: {equal:.3%} of pixels equal")
    return equal < 0.9999


def main(model, image, *scales):
    model, image = Path(model).resolve(), Path(image).resolve()
    with tempfile.TemporaryDirectory() as name:
        failures = [check_logits(Path(name), model, image, scales), check_program(Path(name), model, image)]
    return int(any(failures))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
