"""Images that follow from a name: tiles of one colour, as objects are, with noise on them.

tests/golden/named-images.ts makes the same ones.

Needs: pip install numpy
"""

import numpy as np

from named_values import named_values


def tiled_values(name, batch, tile, high, trailing=()):
    """Numbers in 0 … high that are equal over tiles of tile × tile pixels; `batch` is (n, height, width)."""
    n, height, width = batch
    tiles = named_values(name, [n, -(-height // tile), -(-width // tile), *trailing], 0, high)
    return tiles.repeat(tile, 1).repeat(tile, 2)[:, :height, :width]


def named_pixels(name, batch, tile):
    """uint8-valued pixels [N, H, W, 3]."""
    noise = named_values(f"noise {name}", [*batch, 3], 0, 64)
    return np.floor(tiled_values(f"pixels {name}", batch, tile, 192, (3,)) + noise)
