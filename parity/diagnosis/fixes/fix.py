"""A fix: the right lines for one subject in each language, filled in for a deployment."""

from collections.abc import Iterable
from dataclasses import dataclass
from string import Template

from parity.deployment.pipeline import Pipeline
from parity.deployment.run import Network
from parity.diagnosis.languages import LANGUAGES, Language
from parity.diagnosis.stages import FAULT_STAGES, FaultStage
from parity.registry import Registry


@dataclass(frozen=True)
class FixValues:
    """What the lines of a deployment are filled in with."""

    height: int
    width: int
    """Size into which images are fitted, px."""
    stride: int | None
    """Of a minimal rectangle, px; None where images are padded to the whole size."""
    classes: int
    """Number of classes."""
    conf: float
    iou: float
    """Thresholds of confidence and IoU."""
    max_det: int
    """Detections kept at most."""
    numbers: int = 3
    """Of a keypoint: x, y and, if three, visibility."""

    @property
    def placeholders(self) -> dict[str, str]:
        """Return what stands for each placeholder of the lines."""
        sides = f"{self.height} and {self.width}"
        return {
            "height": str(self.height),
            "width": str(self.width),
            "modulo": f" % {self.stride}" if self.stride else "",
            "sides": f"at most {sides}, multiples of {self.stride}" if self.stride else sides,
            "classes": str(self.classes),
            "rows": str(4 + self.classes),
            "conf": str(float(self.conf)),
            "iou": str(float(self.iou)),
            "max_det": str(self.max_det),
            "numbers": str(self.numbers),
            "last": str(self.numbers - 1),
            "keypoint": ", ".join(("x", "y", "visibility")[: self.numbers]),
        }


def fix_values(network: Network, pipeline: Pipeline, classes: int) -> FixValues:
    """Return the values of a network in a pipeline without faults.

    Parameters
    ----------
    network : Network
        What the deployment runs.
    pipeline : Pipeline
        The deployment without its faults.
    classes : int
        Number of classes of the model.
    """
    return FixValues(
        *(pipeline.imgsz or network.imgsz),
        pipeline.stride,
        classes,
        pipeline.conf,
        pipeline.iou,
        pipeline.max_det,
        *(network.head.keypoint_shape or ())[1:],
    )


@dataclass(frozen=True)
class Fix:
    """The right lines for one subject."""

    subject: str
    """What they are about: ``letterbox``."""
    stage: FaultStage
    """The stage of a deployment to which they belong."""
    templates: dict[Language, str]
    """The lines, with placeholders such as ``$height`` (:attr:`FixValues.placeholders`)."""
    run: frozenset[Language]
    """Languages whose lines the tests run."""

    def lines(self, language: Language, values: FixValues) -> str:
        """Return the lines in a language, filled in."""
        return Template(self.templates[language]).substitute(values.placeholders)


FIXES: Registry[Fix] = Registry("fix")
"""All fixes by subject."""


def add_fix(
    subject: str,
    *,
    stage: FaultStage,
    python: str,
    cpp: str,
    csharp: str,
    kotlin: str,
    swift: str,
    javascript: str,
    run: Iterable[Language] = ("python", "cpp", "javascript"),
) -> None:
    """Add a fix; the parameters are the attributes of :class:`Fix`, its lines by language.

    Lines read alike in all languages: ``image`` is the decoded image, ``canvas`` the letterboxed
    one, ``tensor`` and ``output`` what the network takes and returns; ``boxes`` are x1, y1, x2, y2.
    """
    lines: dict[Language, str] = dict(
        zip(LANGUAGES, (python, cpp, csharp, kotlin, swift, javascript), strict=True)
    )
    templates = {language: text.strip("\n") for language, text in lines.items()}
    FIXES.add(subject, Fix(subject, stage, templates, frozenset(run)))


def fill_in(subjects: Iterable[str], values: FixValues) -> dict[Language, str]:
    """Return the lines for some subjects by language: each once, in the order of their stages."""
    wanted = set(subjects)
    fixes = [fix for subject, fix in FIXES.items() if subject in wanted]
    fixes.sort(key=lambda fix: FAULT_STAGES.index(fix.stage))
    if not fixes:
        return {}
    return {
        language: "\n\n".join(fix.lines(language, values) for fix in fixes)
        for language in LANGUAGES
    }


def languages_run(subjects: Iterable[str]) -> tuple[Language, ...]:
    """Return the languages whose lines the tests run for every one of some subjects."""
    fixes = [FIXES[subject] for subject in subjects]
    return tuple(each for each in LANGUAGES if fixes and all(each in fix.run for fix in fixes))
