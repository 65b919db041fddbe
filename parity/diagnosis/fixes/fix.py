"""A fix: the right lines for one subject in each language, filled in for a deployment."""

import re
from collections.abc import Collection, Iterable
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
    texts = {
        language: "\n\n".join(fix.lines(language, values) for fix in fixes)
        for language in LANGUAGES
    }
    return {
        language: given_names(text, wanted, language) + text for language, text in texts.items()
    }


@dataclass(frozen=True)
class GivenName:
    """A name that lines use and that lines of other subjects make."""

    name: str
    """Without underscores, in lower case."""
    made_by: frozenset[str]
    """Subjects whose lines make it."""
    words: str
    """What it is."""


GIVEN_NAMES = tuple(
    GivenName(name, frozenset(made_by), words)
    for name, made_by, words in (
        ("image", ("reading",), "the decoded image"),
        ("canvas", ("letterbox", "centre_crop"), "the image that the network is given"),
        ("neww", ("letterbox",), "width of the resized image, px"),
        ("newh", ("letterbox",), "height of the resized image, px"),
        ("left", ("letterbox", "centre_crop"), "padding at the left, px"),
        ("top", ("letterbox", "centre_crop"), "padding at the top, px"),
        ("inputw", ("rescaling",), "width of the input of the network, px"),
        ("inputh", ("rescaling",), "height of the input of the network, px"),
        ("fitw", ("rescaling",), "width of the resized image, px"),
        ("fith", ("rescaling",), "height of the resized image, px"),
        ("x0", ("rescaling",), "padding at the left, px"),
        ("y0", ("rescaling",), "padding at the top, px"),
        ("imagew", ("letterbox", "rescaling"), "width of the image, px"),
        ("imageh", ("letterbox", "rescaling"), "height of the image, px"),
        ("output", (), "what the network returns"),
        ("boxes", ("decoding",), "x1, y1, x2, y2 of each candidate"),
        ("scores", ("decoding",), "the score of each candidate"),
        ("classids", ("decoding",), "the class of each candidate"),
    )
)
"""What lines may use without making it."""


def given_names(text: str, subjects: Collection[str], language: Language) -> str:
    """Return comments that say what the names are that lines use and do not make.

    Parameters
    ----------
    text : str
        The lines.
    subjects : collection of str
        What they are about.
    language : str
        A comment begins as its lines do.

    Returns
    -------
    str
        A line with its end for each; empty where nothing needs to be said.
    """
    mark = "#" if language == "python" else "//"
    code = "\n".join(line.split(f"{mark} ")[0] for line in text.splitlines())
    used: dict[str, str] = {}
    for word in re.findall(r"(?<![.\w])[a-zA-Z_]\w*", code):
        used.setdefault(word.replace("_", "").lower(), word)
    said = [
        f"{mark} {used[each.name]}: {each.words}\n"
        for each in GIVEN_NAMES
        if each.name in used
        and not each.made_by & set(subjects)
        and not re.search(rf"{mark} .*\b{used[each.name]}(:| is)", text)
    ]
    return "".join(said)


def languages_run(subjects: Iterable[str]) -> tuple[Language, ...]:
    """Return the languages whose lines the tests run for every one of some subjects."""
    fixes = [FIXES[subject] for subject in subjects]
    return tuple(each for each in LANGUAGES if fixes and all(each in fix.run for fix in fixes))
