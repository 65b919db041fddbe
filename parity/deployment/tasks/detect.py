"""Detection: boxes parallel to the axes."""

from parity.deployment.boxes import BOX_CHOICES, boxes_in_image, decode_boxes, survivors
from parity.deployment.task import DEPLOYMENTS, TaskDeployment

DEPLOYMENTS.add("detect", TaskDeployment(BOX_CHOICES, decode_boxes, survivors, boxes_in_image))
