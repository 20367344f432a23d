"""Holds event files of `hmsa train --tensorboard` to the real TensorBoard (pip install tensorboard).

python3 tools/tensorboard_check.py DIR       reads the folder as TensorBoard does, and prints what it shows
python3 tools/tensorboard_check.py --golden  prints the records that src/node/tensorboard/event-file.test.ts expects
"""

import io
import json
import sys

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.compat.proto import event_pb2, summary_pb2, tensor_pb2, tensor_shape_pb2
from tensorboard.summary.writer.record_writer import RecordWriter


def golden():
    def summary(step, **value):
        return event_pb2.Event(wall_time=1.5, step=step, summary=summary_pb2.Summary(value=[summary_pb2.Summary.Value(**value)]))

    text = dict(
        metadata=summary_pb2.SummaryMetadata(plugin_data=summary_pb2.SummaryMetadata.PluginData(plugin_name="text")),
        tensor=tensor_pb2.TensorProto(
            dtype="DT_STRING",
            tensor_shape=tensor_shape_pb2.TensorShapeProto(dim=[tensor_shape_pb2.TensorShapeProto.Dim(size=1)]),
            string_val=["hé".encode()],
        ),
    )
    image = summary_pb2.Summary.Image(height=4, width=3, colorspace=3, encoded_image_string=bytes([1, 2]))
    start = event_pb2.SessionLog(status=event_pb2.SessionLog.START)
    events = {
        "version": event_pb2.Event(wall_time=1.5, file_version="brain.Event:2"),
        "scalar": summary(7, tag="a/b", simple_value=0.5),
        "restart": event_pb2.Event(wall_time=1.5, step=300, session_log=start),
        "text": summary(1, tag="t", **text),
        "image": summary(2, tag="i", image=image),
    }
    result = {}
    for name, event in events.items():
        file = io.BytesIO()
        file.close = lambda: None
        RecordWriter(file).write(event.SerializeToString(deterministic=True))
        result[name] = file.getvalue().hex()
    print(json.dumps(result, indent=2))


def show(folder):
    found = EventAccumulator(folder, size_guidance={"scalars": 0, "images": 0, "tensors": 0}).Reload()
    tags = found.Tags()
    for tag in tags["scalars"]:
        points = [(event.step, round(event.value, 6)) for event in found.Scalars(tag)]
        steps = [step for step, _ in points]
        assert steps == sorted(set(steps)), f"{tag}: steps twice or out of order: {steps}"
        print(tag, points)
    for tag in tags["images"]:
        print(tag, [(event.step, event.width, event.height, len(event.encoded_image_string)) for event in found.Images(tag)])
    for tag in tags["tensors"]:
        print(tag, [(event.step, event.tensor_proto.string_val[0][:60]) for event in found.Tensors(tag)])


if __name__ == "__main__":
    golden() if sys.argv[1] == "--golden" else show(sys.argv[1])
