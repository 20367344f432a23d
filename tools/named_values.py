"""Numbers that follow from a name alone, so that fixtures hold none of their inputs.

tests/golden/named-values.ts is the same generator in TypeScript; both give the same bits.

Needs: pip install numpy
"""

import numpy as np

GOLDEN = np.uint32(0x9E3779B9)


def hash_name(name: str) -> np.uint32:
    """FNV-1a of the name's UTF-8 bytes."""
    value = 0x811C9DC5
    for byte in name.encode():
        value = ((value ^ byte) * 0x01000193) & 0xFFFFFFFF
    return np.uint32(value)


def named_values(name: str, shape, low: float = -1.0, high: float = 1.0) -> np.ndarray:
    """Uniform numbers in low … high, float64 that are exact in float32.

    Element i is the murmur3 finaliser of hash(name) + (i + 1)·0x9E3779B9, of which 24 bits are kept.
    """
    count = int(np.prod(shape, dtype=np.int64))
    with np.errstate(over="ignore"):
        x = hash_name(name) + (np.arange(count, dtype=np.uint32) + np.uint32(1)) * GOLDEN
        x ^= x >> np.uint32(16)
        x *= np.uint32(0x85EBCA6B)
        x ^= x >> np.uint32(13)
        x *= np.uint32(0xC2B2AE35)
        x ^= x >> np.uint32(16)
    unit = (x >> np.uint32(8)).astype(np.float64) / 2.0**24
    values = low + (high - low) * unit
    return values.astype(np.float32).astype(np.float64).reshape(shape)
