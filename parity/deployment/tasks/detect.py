"""Detection: boxes parallel to the axes."""

from parity.deployment.boxes import BOX_CHOICES, box_candidates, boxes_in_image, survivors
from parity.deployment.task import DEPLOYMENTS, TaskDeployment

DEPLOYMENTS.add("detect", TaskDeployment(BOX_CHOICES, box_candidates, survivors, boxes_in_image))
