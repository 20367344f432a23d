"""Remakes tests/golden/fixtures/packages.json: what the networks of published packages, made by their own constructors, compute
in their inference form and in float64. Weights and pixels follow from names, the weights' from the packages' own. Of each
result the fixture holds every so many numbers and a sketch of the whole; beside them the names and shapes in the packages'
files, of further networks too.

    python3 tools/packages_fixture.py

Needs: pip install torch torchvision timm segmentation-models-pytorch keras tf_keras numpy
"""

import base64
import json
import math
import os
import re
import zlib
from pathlib import Path

os.environ["KERAS_BACKEND"] = "torch"

import keras
import segmentation_models_pytorch as smp
import tf_keras
import timm
import torch
import torch.nn.functional as F
from torchvision import models
from torchvision.models import segmentation

from named_images import named_pixels
from named_values import named_values
from sketch import DIRECTIONS, sketch

PATH = Path(__file__).parent.parent / "tests/golden/fixtures/packages.json"
TILE = 8
CLASSES = 7
# By the name of a network: the source that reads its files, if one does, and what lies in them.
FILES = {}
IMAGENET = {"mean": [123.675, 116.28, 103.53], "deviation": [58.395, 57.12, 57.375]}
SYMMETRIC = {"mean": [127.5] * 3, "deviation": [127.5] * 3}


def value(name, shape, spread, depthwise=False, channels_last=False):
    """In a range that suits what the name says it is: activations neither vanish nor explode over many blocks."""
    if len(shape) == 4:
        fan_in = shape[0] * shape[1] * (1 if depthwise else shape[2]) if channels_last else math.prod(shape[1:])
        high = math.sqrt(spread / fan_in)
        return named_values(name, shape, -high, high)
    if re.search(r"(running_mean|bias|moving_mean|beta)$", name):
        return named_values(name, shape, -0.5, 0.5)
    return named_values(name, shape, 0.5, 1.5)


def filled(module, spread):
    """The module in float64, each of its tensors of the value of its name."""
    module = module.double().eval()
    with torch.no_grad():
        for name, tensor in module.state_dict().items():
            if tensor.is_floating_point():
                tensor.copy_(torch.from_numpy(value(name, tuple(tensor.shape), spread)))
    return module


def shapes_of(module):
    return {name: list(tensor.shape) for name, tensor in module.state_dict().items()}


def image_of(size, pixels):
    mean, deviation = (torch.tensor(pixels[key], dtype=torch.float64) for key in ("mean", "deviation"))
    image = torch.from_numpy(named_pixels("packages", (1, *size), TILE))
    return ((image - mean) / deviation).permute(0, 3, 1, 2)


def torch_case(name, source, module, run, size, spread, step):
    """`run` gives the named results of a module for an image."""
    module = filled(module, spread)
    with torch.no_grad():
        results = run(module, image_of(size, IMAGENET))
    return case(name, source, size, spread, step, shapes_of(module), results)


def keras_case(name, source, size, spread, step):
    keras.config.set_floatx("float64")
    network = keras.applications.MobileNetV2(input_shape=(*size, 3), weights=None, include_top=False)
    for variable in network.weights:
        depthwise = "depthwise/" in variable.path
        variable.assign(value(variable.path, tuple(variable.shape), spread, depthwise, channels_last=True))
    trunk = keras.Model(network.input, network.get_layer("block_16_project_BN").output)
    with torch.no_grad():
        features = trunk(image_of(size, SYMMETRIC).permute(0, 2, 3, 1), training=False)
    features = features.cpu().permute(0, 3, 1, 2)
    return case(name, source, size, spread, step, keras_shapes(network), {"features": features})


def keras_shapes(network):
    return {variable.path: list(variable.shape) for variable in network.weights}


def case(name, source, size, spread, step, shapes, results):
    outputs = {}
    for key, result in results.items():
        result = result.contiguous()
        print(f"{name}, {key} {list(result.shape)}: {result.min():.2f} … {result.max():.2f}, rms {result.square().mean().sqrt():.2f}")
        kept = result.reshape(-1)[::step].numpy().astype("<f4")
        outputs[key] = {
            "shape": list(result.shape),
            "kept": base64.b64encode(kept.tobytes()).decode(),
            "sketch": sketch(f"{name} {key}", result),
        }
    # The weights do not show the stride.
    FILES[name] = {"source": source.removesuffix("-stride8"), "shapes": shapes}
    return {"name": name, "source": source, "size": size, "spread": spread, "step": step, "outputs": outputs}


def deeplab(module, image):
    output = module(image)
    return {"logits": output["out"], "auxiliary": output["aux"]}


def logits(module, image):
    return {"logits": module(image)}


def resnet(module, image):
    x = module.maxpool(module.act1(module.bn1(module.conv1(image))))
    return {"features": module.layer4(module.layer3(module.layer2(module.layer1(x))))}


def torchvision_mobilenet(module, image):
    return {"features": module.features[:18](image)}


def timm_mobilenet(module, image):
    return {"features": module.blocks(module.bn1(module.conv_stem(image)))}


def timm_hrnet(module, image):
    # Trunks of segmentation networks start from a classifier's weights and enlarge bilinearly where it repeats cells.
    for part in module.modules():
        if isinstance(part, torch.nn.Upsample):
            part.mode, part.align_corners = "bilinear", False
    x = module.act1(module.bn1(module.conv1(image)))
    branches = module.stages(module.act2(module.bn2(module.conv2(x))))
    finest = branches[0].shape[2:]
    enlarged = [F.interpolate(x, finest, mode="bilinear", align_corners=False) for x in branches]
    return {"features": torch.cat(enlarged, 1)}


def smp_plus(encoder, **options):
    return smp.DeepLabV3Plus(encoder, encoder_weights=None, classes=CLASSES, **options)


def cases():
    yield torch_case(
        "torchvision deeplabv3_resnet50",
        "torchvision-deeplabv3",
        segmentation.deeplabv3_resnet50(weights=None, weights_backbone=None, num_classes=CLASSES, aux_loss=True),
        deeplab,
        (131, 197),
        3.5,
        97,
    )
    # This package takes no sides but multiples of the output stride.
    yield torch_case(
        "smp DeepLabV3Plus resnet50", "smp-deeplabv3plus", smp_plus("resnet50"), logits, (112, 176), 3.5, 97
    )
    yield torch_case(
        "smp DeepLabV3Plus mobilenet_v2, stride 8",
        "smp-deeplabv3plus-stride8",
        smp_plus("mobilenet_v2", encoder_output_stride=8, decoder_aspp_separable=False),
        logits,
        (80, 112),
        5,
        47,
    )
    yield torch_case(
        "smp DeepLabV3Plus mobilenet_v2", "smp-deeplabv3plus", smp_plus("mobilenet_v2"), logits, (80, 112), 5, 47
    )
    yield torch_case("timm resnet50", "torchvision-resnet", timm.create_model("resnet50"), resnet, (67, 99), 3.5, 23)
    yield torch_case(
        "torchvision mobilenet_v2",
        "torchvision-mobilenetv2",
        models.mobilenet_v2(),
        torchvision_mobilenet,
        (67, 99),
        5,
        7,
    )
    yield torch_case(
        "timm mobilenetv2_140",
        "timm-mobilenetv2",
        timm.create_model("mobilenetv2_140"),
        timm_mobilenet,
        (67, 99),
        5,
        7,
    )
    # This one takes no sides but multiples of 32.
    yield torch_case(
        "timm hrnet_w18", "hrnet-classification", timm.create_model("hrnet_w18"), timm_hrnet, (64, 96), 1, 97
    )
    # At sides of 32·k + 1, padding as TensorFlow has it is the same on both ends, as PyTorch's is.
    yield keras_case("Keras MobileNetV2", "keras-mobilenetv2", (65, 97), 5, 7)
    # These become odd and even on the way: 66, 33, 17, 9, 5 and 92, 46, 23, 12, 6.
    yield keras_case("Keras MobileNetV2, even sides", "keras-mobilenetv2", (66, 92), 5, 7)


def name_files():
    """Networks of which the names alone are checked, and such that no source may take for its own."""

    def add(name, source, module):
        FILES[name] = {"source": source, "shapes": shapes_of(module)}

    def deeplab_of(constructor, **options):
        return constructor(weights=None, weights_backbone=None, num_classes=CLASSES, **options)

    add("torchvision resnet101", "torchvision-resnet", models.resnet101())
    add("torchvision mobilenet_v2, half as wide", "torchvision-mobilenetv2", models.mobilenet_v2(width_mult=0.5))
    add("torchvision deeplabv3_resnet50, one output", "torchvision-deeplabv3", deeplab_of(segmentation.deeplabv3_resnet50))
    add("torchvision deeplabv3_resnet101", "torchvision-deeplabv3", deeplab_of(segmentation.deeplabv3_resnet101, aux_loss=True))
    add("smp DeepLabV3Plus resnet101", "smp-deeplabv3plus", smp_plus("resnet101", aux_params={"classes": 3}))
    add("timm hrnet_w48", "hrnet-classification", timm.create_model("hrnet_w48"))
    add("timm mobilenetv2_050", "timm-mobilenetv2", timm.create_model("mobilenetv2_050"))
    FILES["Keras MobileNetV2 with its classifier"] = {
        "source": "keras-mobilenetv2",
        "shapes": keras_shapes(keras.applications.MobileNetV2(weights=None, alpha=0.5)),
    }
    ordered = keras.applications.MobileNetV2(weights=None, alpha=0.35).get_weights()
    FILES["Keras MobileNetV2, its weights in order"] = {
        "source": "keras-mobilenetv2-ordered",
        "shapes": {f"arr_{i}": list(array.shape) for i, array in enumerate(ordered)},
    }
    keras2 = tf_keras.applications.MobileNetV2(weights=None, alpha=0.35)
    FILES["Keras 2 MobileNetV2"] = {
        "source": "keras2-mobilenetv2",
        "shapes": {variable.name: list(variable.shape) for variable in keras2.weights},
    }
    for name in ("resnet34", "resnet152", "wide_resnet50_2", "resnext50_32x4d", "mobilenet_v3_large"):
        add(f"torchvision {name}", None, getattr(models, name)())
    add("torchvision fcn_resnet50", None, deeplab_of(segmentation.fcn_resnet50))
    add("torchvision deeplabv3_mobilenet_v3_large", None, deeplab_of(segmentation.deeplabv3_mobilenet_v3_large))
    add("smp DeepLabV3Plus resnet34", None, smp_plus("resnet34"))
    add("smp Unet resnet50", None, smp.Unet("resnet50", encoder_weights=None))
    for name in ("mobilenetv2_110d", "mobilenetv2_120d", "mnasnet_100", "efficientnet_b0"):
        add(f"timm {name}", None, timm.create_model(name))


if __name__ == "__main__":
    fixture = {"tile": TILE, "directions": DIRECTIONS, "cases": list(cases())}
    name_files()
    fixture["files"] = base64.b64encode(zlib.compress(json.dumps(FILES).encode(), 9)).decode()
    PATH.write_text(json.dumps(fixture, indent=1) + "\n")
    print(f"{PATH.name}: {PATH.stat().st_size} bytes")
