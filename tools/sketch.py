"""What a fixture keeps of a large tensor: the norm, and the products with a few directions that follow from names. By
them the distance of two tensors is known well enough, at a hundredth of the size; tests/golden/sketch.ts computes it.

Needs: pip install numpy
"""

import base64

import numpy as np

from named_values import named_values

DIRECTIONS = 8


def sketch(name, tensor):
    """Norm and products with DIRECTIONS directions, of a tensor of PyTorch; a small one is its own sketch."""
    flat = tensor.detach().numpy().reshape(-1)
    if flat.size <= DIRECTIONS:
        products = flat
    else:
        products = np.array([flat @ named_values(f"{name} direction {k}", [flat.size]) for k in range(DIRECTIONS)])
    packed = base64.b64encode(products.astype("<f8").tobytes()).decode()
    return {"norm": float(np.linalg.norm(flat)), "products": packed}
