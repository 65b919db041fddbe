"""Pose estimation: keypoint mAP, and box mAP."""

from parity.accuracy.box_measure import box_measure
from parity.accuracy.keypoint_measure import keypoint_measure
from parity.accuracy.measured_arm import ArmFiles, MeasuredArm, Yardstick
from parity.accuracy.object_accuracy import measure_objects
from parity.accuracy.tasks.task import MEASURED_TASKS, MeasuredTask
from parity.detection.head import NetworkHead
from parity.labels.keypoints import keypoint_labels
from parity.labels.label_reader import LabelReader
from parity.labels.object_labels import object_labels


def _labels(head: NetworkHead) -> LabelReader:
    return object_labels(keypoint_labels(_count(head)))


def _measure(files: ArmFiles, yardstick: Yardstick) -> MeasuredArm:
    measures = keypoint_measure(_count(yardstick.head)), box_measure("box ")
    return measure_objects(files, yardstick, measures=measures)


def _count(head: NetworkHead) -> int:
    return head.keypoint_shape[0] if head.keypoint_shape else 0


MEASURED_TASKS.add(
    "pose",
    MeasuredTask(
        labels=_labels,
        measure=_measure,
        says="Keypoints are compared by object keypoint similarity (OKS). The sigmas are those of "
        "COCO for 17 keypoints and 1/K for any other number K, as in val. At most 20 detections "
        "per class and image count towards keypoint mAP.",
    ),
)
