"""Segmentation: each box has a mask; a box whose mask is empty is dropped."""

from dataclasses import replace

import numpy as np

from parity.detection.candidate_files import ImageCandidates
from parity.detection.decoding import Candidates
from parity.detection.detections import Detections
from parity.detection.head import NetworkHead
from parity.detection.masks import masks_in_image, masks_in_input
from parity.detection.nms import suppress
from parity.postprocessing.detect import in_image
from parity.postprocessing.task import POSTPROCESSING, Postprocessing


def with_masks(kept: Candidates, image: ImageCandidates, head: NetworkHead) -> Detections:
    """Return boxes in image coordinates with their masks."""
    found = in_image(kept, image, head)
    if head.native_masks:
        masks = masks_in_image(kept.prototypes, kept.extras, found.boxes, image.image_shape)
    else:
        masks = masks_in_input(kept.prototypes, kept.extras, kept.boxes, image.input_shape)
    found = replace(found, masks=masks)
    shown = masks.view(bool).reshape(len(masks), -1).any(axis=1)
    return found if shown.all() else found.at(np.flatnonzero(shown))


POSTPROCESSING.add("segment", Postprocessing(suppress, with_masks, in_image))
