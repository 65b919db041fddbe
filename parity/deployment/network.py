"""Network: which file of weights a deployment runs, and how much of it."""

from dataclasses import dataclass
from typing import Literal

from parity.deployment.stage import Choices

OWN_NETWORK = ""
"""Name of the network that the deployment is said to run."""


@dataclass(frozen=True)
class NetworkChoices(Choices):
    """Which network is run."""

    network: str = OWN_NETWORK
    """Name of an export, or of a conversion of it; :data:`OWN_NETWORK` for the one that the
    deployment is said to run."""
    ending: Literal["probabilities", "logits"] = "probabilities"
    """What a classifier returns: what its export returns, or the ``logits`` before its softmax."""
