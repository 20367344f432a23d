"""Remakes tests/golden/fixtures/checkpoints/: small weight files as PyTorch and NumPy write them, and what they hold.

python3 tools/checkpoint_fixtures.py
"""

import argparse
import collections
import json
import pathlib

import numpy as np
import torch
from safetensors.torch import save_file

FOLDER = pathlib.Path(__file__).parent.parent / "tests/golden/fixtures/checkpoints"


def numbers(*shape, dtype=torch.float32):
    """Numbers that every type can hold: -4, -3.5, …"""
    count = int(np.prod(shape))
    return (torch.arange(count, dtype=torch.float64) / 2 - 4).reshape(shape).to(dtype)


def of_every_type():
    floats = {
        str(dtype).removeprefix("torch."): numbers(2, 3, dtype=dtype)
        for dtype in [torch.float32, torch.float64, torch.float16, torch.bfloat16]
    }
    integers = {
        str(dtype).removeprefix("torch."): torch.tensor([0, 1, -1, 100], dtype=torch.int64).to(dtype)
        for dtype in [torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8, torch.bool, torch.uint16, torch.uint32]
    }
    integers["int64"] = torch.tensor([-(2**62), 2**53 + 1, 7])
    odd = {
        "rounded.float64": torch.tensor([0.1, 1 / 3, 1e-50, 3e38], dtype=torch.float64),
        "small.float16": torch.tensor([6e-8, 6.1e-5, 65504, -0.0], dtype=torch.float16),
    }
    return {**floats, **integers, **odd}


def of_every_layout():
    base = numbers(4, 6)
    volume = numbers(2, 3, 2, 4)
    return {
        "base": base,
        "tied": base,
        "rows": base[1:3],
        "columns": base[:, ::2],
        "transposed": base.t(),
        "window": base[1:, 2:5].t(),
        "diagonal": base.diagonal(),
        "channels_last": volume.contiguous(memory_format=torch.channels_last),
        "permuted": volume.permute(3, 0, 2, 1),
        "expanded": torch.tensor([[1.0], [2.0]]).expand(2, 5),
        "overlapping": torch.arange(6.0).as_strided((4, 3), (1, 1)),
        "scalar": torch.tensor(2.5),
        "part": base[2, 3],
        "empty": torch.zeros(0, 3),
        "empty_behind_the_end": base[3:, 6:][1:],
        "nothing": base[4:],
        "one": numbers(1, 1, 1),
        "halves": numbers(3, 4, dtype=torch.float16).t(),
        "doubles": numbers(3, 4, dtype=torch.float64)[:, 1],
        "parameter": torch.nn.Parameter(numbers(3)),
        "buffer": torch.nn.Buffer(numbers(3)),
    }


def unread():
    """Tensors that are no numbers in memory, beside one that is."""
    return {
        "weight": numbers(2),
        "complex": torch.zeros(2, dtype=torch.complex64),
        "float8": torch.zeros(2, dtype=torch.float8_e4m3fn),
        "meta": torch.zeros(2, 3, device="meta"),
        "sparse": torch.eye(2).to_sparse(),
        "quantized": torch.quantize_per_tensor(torch.ones(2), 0.1, 0, torch.qint8),
    }


def of_training():
    """What training scripts save: a network behind DataParallel with everything beside it."""
    torch.manual_seed(1)
    model = torch.nn.DataParallel(
        torch.nn.Sequential(torch.nn.Conv2d(1, 2, 3, bias=False), torch.nn.BatchNorm2d(2), torch.nn.Conv2d(2, 1, 1))
    )
    optimizer = torch.optim.Adam(model.parameters())
    scheduler = torch.optim.lr_scheduler.MultiStepLR(optimizer, [1, 2])
    model.module(torch.ones(1, 1, 4, 4)).sum().backward()
    optimizer.step()
    return {
        "epoch": 3,
        "arch": "ocrnet.HRNet_Mscale",
        "state_dict": model.state_dict(),
        "optimizer": optimizer.state_dict(),
        "lr_scheduler": scheduler.state_dict(),
        "mean_iu": np.float64(0.5),
        "best": torch.tensor(76.0),
        "args": argparse.Namespace(lr=0.1, out=pathlib.PurePosixPath("runs"), names=["a"]),
        "history": np.arange(3.0),
        "counts": collections.Counter([1, 1]),
        "by_class": collections.defaultdict(list, {1: [2]}),
        "numpy_state": np.random.get_state(),
        "torch_state": torch.get_rng_state()[:16].clone(),
        "others": [{1, 2}, frozenset([1]), b"abc", bytearray(b"x"), 1j, slice(1, 2), range(3), 2**100, None, 1e400],
        "device": torch.device("cuda:0"),
        "size": torch.Size([1, 2]),
        "dtype": torch.float16,
        "ids": {140_000_000_000_000: 1, -5: 2},
        "command": "--größe 1",
    }


def described(tensors):
    """What a reader is to give, by name."""
    return {
        name: {
            "shape": list(tensor.shape),
            "storedAs": str(tensor.dtype).removeprefix("torch."),
            # Of int64 as texts, since JSON has no such numbers.
            "values": [str(v) if tensor.dtype == torch.int64 else float(v) for v in tensor.detach().flatten().tolist()],
        }
        for name, tensor in tensors.items()
    }


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    for old in FOLDER.iterdir():
        old.unlink()
    held = {}

    def save(file, value, tensors, **options):
        torch.save(value, FOLDER / file, **options)
        held[file] = described(tensors)

    legacy = {"_use_new_zipfile_serialization": False}
    training = of_training()
    weights = {name.removeprefix("module."): tensor for name, tensor in training["state_dict"].items()}
    types, layouts = of_every_type(), of_every_layout()
    # The legacy format has storages of the older types alone.
    older = {name: t for name, t in types.items() if name not in ("uint16", "uint32")}
    save("training.pth", training, weights)
    save("training-legacy.pth", training, weights, **legacy)
    save("types.pth", types, types)
    save("types-legacy.pth", older, older, **legacy)
    save("layouts.pth", layouts, layouts)
    save("layouts-legacy.pth", layouts, layouts, **legacy)
    small = {"weight": numbers(2, 2)}
    for protocol in (3, 4, 5):
        save(f"protocol-{protocol}.pth", {"model": small}, small, pickle_protocol=protocol)
    torch.serialization.set_crc32_options(False)
    save("no-checksums.pth", small, small)
    torch.serialization.set_crc32_options(True)
    torch.save(unread(), FOLDER / "unread.pth")
    torch.save(torch.nn.Conv2d(1, 1, 1), FOLDER / "module.pth")
    torch.jit.script(torch.nn.Conv2d(1, 1, 1)).save(FOLDER / "torchscript.pt")

    brain = {name: t for name, t in types.items() if name not in ("uint16", "uint32")}
    save_file(brain, FOLDER / "types.safetensors")
    held["types.safetensors"] = described(brain)

    arrays = {name: t.numpy() for name, t in types.items() if t.dtype != torch.bfloat16}
    layered = {name: layouts[name].detach().numpy() for name in ("transposed", "scalar", "empty", "columns")}
    np.savez(FOLDER / "stored.npz", **arrays)
    held["stored.npz"] = described({name: types[name] for name in arrays})
    np.savez_compressed(FOLDER / "deflated.npz", **layered, title=np.array("text"), zeros=np.zeros((16, 16), np.float32))
    held["deflated.npz"] = described({**{name: layouts[name] for name in layered}, "zeros": torch.zeros(16, 16)})
    np.savez(FOLDER / "big-endian.npz", weight=numbers(2, 3).numpy().astype(">f4"), half=numbers(3).numpy().astype(">f2"))
    held["big-endian.npz"] = described({"weight": numbers(2, 3), "half": numbers(3).half()})
    np.savez(FOLDER / "objects.npz", weight=np.zeros(2), pickled=np.array([{}, None], dtype=object))
    np.save(FOLDER / "alone.npy", numbers(2, 2).numpy())
    held["alone.npy"] = described({"arr_0": numbers(2, 2)})
    (FOLDER / "held.json").write_text(json.dumps(held) + "\n")


main()
