"""Pose estimation: each box has keypoints."""

from dataclasses import replace

from parity.detection.candidate_files import ImageCandidates
from parity.detection.decoding import Candidates
from parity.detection.detections import Detections
from parity.detection.head import NetworkHead
from parity.detection.keypoints import scale_keypoints
from parity.detection.nms import suppress
from parity.postprocessing.detect import in_image
from parity.postprocessing.task import POSTPROCESSING, Postprocessing


def with_keypoints(kept: Candidates, image: ImageCandidates, head: NetworkHead) -> Detections:
    """Return boxes in image coordinates with their keypoints."""
    keypoints = kept.extras.reshape(len(kept), *(head.keypoint_shape or ()))
    scaled = scale_keypoints(keypoints, image.input_shape, image.image_shape)
    return replace(in_image(kept, image, head), keypoints=scaled)


POSTPROCESSING.add("pose", Postprocessing(suppress, with_keypoints, in_image))
