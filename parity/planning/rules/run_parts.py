"""What a run consists of, and what identifies a part of it."""

from dataclasses import dataclass, field
from typing import Any, Protocol

from parity.comparison.settings import ComparisonSettings
from parity.planning.arms import Arm
from parity.planning.config import Config

Params = dict[str, Any]
"""Plain values that a rule is given; Snakemake reruns the rule when they change."""


class OfModel(Protocol):
    """The wildcard that most rules have."""

    @property
    def model(self) -> str:
        """Name of a model."""


class Wildcards(OfModel, Protocol):
    """The wildcards of a rule, of which each has some."""

    export: str
    external: str
    arm: str
    comparison: str
    batch: str


@dataclass(frozen=True)
class OneModel:
    """A model, as what the input functions of rules are given."""

    model: str


@dataclass(frozen=True)
class RunParts:
    """What a run consists of."""

    config: Config
    """What was asked for."""
    arms: dict[str, Arm]
    """Ways of producing detections, by name; the reference comes first."""
    comparisons: dict[str, ComparisonSettings]
    """Pairs of arms, by name."""
    batches: list[str]
    """Names of the batches of images."""
    note: str
    """What a reader should know of the choice of images; may be empty."""
    given: dict[str, str] = field(default_factory=dict)
    """Digest of each file that :func:`parity.planning.given_files.given_files` names, and of the
    pictures."""
    pictures: dict[str, list[str]] = field(default_factory=dict)
    """Files that hold masks, by deployment."""

    @property
    def models(self) -> list[str]:
        """Names of the models."""
        return list(self.config.models)

    @property
    def exports(self) -> list[str]:
        """Names of the exports."""
        return list(self.config.exports)

    @property
    def names(self) -> dict[str, list[str]]:
        """What each wildcard may be that stands in the name of a folder."""
        return {
            "model": self.models,
            "export": self.exports,
            "external": list(self.config.external),
            "arm": list(self.arms),
            "comparison": list(self.comparisons),
        }

    @property
    def has_checkpoint(self) -> bool:
        """Whether there are checkpoints; without them, a file is the reference."""
        return self.config.reference is None
