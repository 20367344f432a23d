"""Checks ONNX files with the official checker: every file under the given paths is well formed, and (strictly, with the
shapes that our shape rules declare) its types and shapes are those that ONNX infers.

    node tools/emit-examples.mjs out/onnx && python3 tools/check_onnx.py out/onnx

Nodes of the domain com.microsoft, which the checker does not know, are checked for being known to ONNX Runtime; where
a graph has them, shapes are inferred as far as ONNX can, and a contradiction is still an error.

Needs: pip install onnx
"""

import sys
from pathlib import Path

import onnx
from onnx import checker, helper, shape_inference

CUSTOM = "com.microsoft"
KNOWN_CUSTOM = {"FusedMatMul"}


def problems(path):
    model = onnx.load(path)
    custom = {node.op_type for node in model.graph.node if node.domain == CUSTOM}
    if custom - KNOWN_CUSTOM:
        yield f"unknown operators of {CUSTOM}: {sorted(custom - KNOWN_CUSTOM)}"
    declared = {entry.domain for entry in model.opset_import}
    used = {node.domain for node in model.graph.node}
    if not used <= declared:
        yield f"domains used but not imported: {used - declared}"
    if custom:
        standard_in_place(model)
    try:
        checker.check_model(model, full_check=True)
        inferred = shape_inference.infer_shapes(model, check_type=True, strict_mode=True, data_prop=True)
    except (checker.ValidationError, shape_inference.InferenceError) as error:
        yield str(error)
        return
    values = {value.name: value for value in inferred.graph.value_info}
    produced = {name for node in model.graph.node for name in node.output}
    declared_outputs = {output.name for output in model.graph.output}
    unknown = [name for name in produced - declared_outputs if name and name not in values]
    if unknown:
        yield f"no type inferred for {len(unknown)} values, {sorted(unknown)[:3]} among them"
    used = declared_outputs.union(*(node.input for node in model.graph.node))
    dead = [node.name for node in model.graph.node if used.isdisjoint(node.output)]
    if dead:
        yield f"{len(dead)} nodes whose results nothing uses, {dead[:3]} among them"


def standard_in_place(model):
    """FusedMatMul as Transpose and MatMul, which it is the product of, so that shapes are inferred through it."""
    while any(node.domain == CUSTOM for node in model.graph.node):
        before = sum(node.domain == CUSTOM for node in model.graph.node)
        ranks = known_ranks(model)
        nodes = [replaced for node in model.graph.node for replaced in standard_form(node, ranks)]
        if sum(node.domain == CUSTOM for node in nodes) == before:
            raise SystemExit(f"the ranks of {before} FusedMatMul operands cannot be inferred")
        del model.graph.node[:]
        model.graph.node.extend(nodes)


def known_ranks(model):
    inferred = shape_inference.infer_shapes(model, data_prop=True).graph
    types = {value.name: value.type.tensor_type for value in [*inferred.input, *inferred.value_info]}
    ranks = {name: len(tensor.shape.dim) for name, tensor in types.items() if tensor.HasField("shape")}
    return ranks | {value.name: len(value.dims) for value in inferred.initializer}


def standard_form(node, ranks):
    """Standard nodes for one, or the node itself: where it is one, or the rank of an operand is not known yet."""
    if node.domain != CUSTOM or not all(name in ranks for name in node.input):
        return [node]
    flags = {attribute.name: helper.get_attribute_value(attribute) for attribute in node.attribute}
    if set(flags) - {"transA", "transB"}:
        raise SystemExit(f"{node.name}: attributes {sorted(flags)} have no standard form here")
    nodes, operands = [], []
    for name, flag in zip(node.input, ("transA", "transB")):
        if flags.get(flag, 0):
            rank = ranks[name]
            order = [*range(rank - 2), rank - 1, rank - 2]
            nodes.append(helper.make_node("Transpose", [name], [f"{node.name}/{flag}"], f"{node.name}/{flag}", perm=order))
            name = f"{node.name}/{flag}"
        operands.append(name)
    return [*nodes, helper.make_node("MatMul", operands, list(node.output), node.name)]


def main(paths):
    files = [file for path in paths for file in ([path] if path.is_file() else sorted(path.rglob("*.onnx")))]
    failed = 0
    for file in files:
        found = list(problems(file))
        failed += bool(found)
        for problem in found:
            print(f"{file.name}: {problem}")
    print(f"{len(files)} files checked, {failed} with problems (onnx {onnx.__version__})")
    return 1 if failed or not files else 0


if __name__ == "__main__":
    sys.exit(main([Path(argument) for argument in sys.argv[1:]]))
