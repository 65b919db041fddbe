"""Network: which file of weights a deployment runs."""

from dataclasses import dataclass

from parity.deployment.stage import Choices

OWN_NETWORK = ""
"""Name of the network that the deployment is said to run."""


@dataclass(frozen=True)
class NetworkChoices(Choices):
    """Which network is run.

    Attributes
    ----------
    network : str
        Name of an export, or of a conversion of it; :data:`OWN_NETWORK` for the one that the
        deployment is said to run.
    """

    network: str = OWN_NETWORK
