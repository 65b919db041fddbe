"""The report of a run as data: the same for the page and for Markdown."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from parity.accuracy.results import load_accuracies
from parity.comparison.results import Results
from parity.comparison.settings import GIVEN_ARM
from parity.diagnosis.document import load_diagnosis
from parity.documents import load
from parity.errors import printable
from parity.reporting.answer import Answers, anchor_of, answers_of
from parity.reporting.views.blocks import (
    Card,
    Code,
    CodeTabs,
    Fact,
    Facts,
    Group,
    Text,
    every_block,
)
from parity.reporting.views.section import SECTIONS, Model, View

QUESTION = "Does the deployment see what PyTorch sees?"
QUESTION_OF_FILES = "Do the files see what the reference sees?"
QUESTION_OF_PROGRAMS = "Does the program see what the reference sees?"
TERMS = {
    "Arm": "A way to produce detections: a model file, the runtime that executes it, and the way "
    "images are fitted into its input.",
    "pytorch-rect": "The arm of predict in its default settings: PyTorch on the minimal rectangle "
    "that holds the resized image.",
    "pytorch-square": "PyTorch on a fixed input tensor, as an export takes it: the resized image "
    "is padded to the full size.",
    "onnx-…": "An export, run by its runtime with the preprocessing and postprocessing of this "
    "project.",
    "external-…": "Boxes that another program wrote.",
    "pytorch-as-…": "PyTorch with the input geometry and the thresholds of that program, as they "
    "are declared or as its boxes suggest.",
    "Geometry": "Size and shape of the input tensor, and how the image is fitted into it.",
    "Reference and candidate": "The two arms of a comparison: the candidate is judged by how far "
    "its detections differ from those of the reference.",
    "Matched": "Two detections of equal class that overlap enough are one object that both arms "
    "detect.",
    "Tolerance": "The largest differences that still count as equal. If a program prints rounded "
    "numbers, the rounding is added.",
}
"""Words that this project uses in a sense of its own."""
REFERENCE_NOTE = (
    "The reference is the file {name}. How it differs from the checkpoint it was exported from is "
    "not known, since there are no weights."
)
TERMS_OF_FILES = {
    **{term: said for term, said in TERMS.items() if not term.startswith("pytorch-")},
    GIVEN_ARM: "The ONNX file that the others are compared with.",
    "onnx-reference-as-…": "That file at the thresholds of the other program, as they are declared "
    "or as its boxes suggest.",
}
"""The same where the reference is a file."""


@dataclass(frozen=True)
class PreparedSection:
    """A section of a model: its key in the registry, its heading, and what it says."""

    key: str
    title: str
    view: View
    lists: bool
    """Whether it is long lists."""


@dataclass(frozen=True)
class ModelReport:
    """The sections of a model, in order, and what their addresses on the page begin with."""

    name: str
    anchor: str
    sections: tuple[PreparedSection, ...]


@dataclass(frozen=True)
class Report:
    """All that is said of a run."""

    answers: Answers
    """What the run answers."""
    notes: tuple[str, ...]
    """Where the images come from, if that is worth a word."""
    models: tuple[ModelReport, ...]
    """In the order of the configuration."""
    closing: tuple[Group, ...]
    """What words mean, the configuration, and how to reproduce the run."""
    question: str

    @property
    def lines(self) -> CodeTabs | None:
        """The correct lines for the worst fault; None where there are none."""
        steps = self.answers.answers[0].steps if self.answers.answers else ()
        views = (section.view for model in self.models for section in model.sections)
        cards = (block for view in views for block in every_block(view.blocks))
        return next(
            (
                card.code
                for card in cards
                if isinstance(card, Card) and steps and card.anchor == steps[0].anchor
            ),
            None,
        )


def prepare_report(inputs: Mapping[str, Sequence[str]], config: Mapping[str, Any]) -> Report:
    """Return what the report of a run says.

    Parameters
    ----------
    inputs : mapping of str to sequence of str
        Inputs of the rule ``write_report`` by name: files ``…/{model}/<file>`` or folders
        ``…/{model}``. ``results`` must be there; the others feed the sections.
    config : mapping
        The completed configuration.
    """
    results = [load(path, Results) for path in inputs["results"]]
    names = [result.model for result in results]
    notes = sorted({result.images_note for result in results} - {""})
    given = any(GIVEN_ARM in result.arms for result in results)
    if given:
        notes.append(REFERENCE_NOTE.format(name=given_name(config)))
    return Report(
        answers=answers_of(
            results,
            map(load_diagnosis, inputs.get("diagnoses", ())),
            load_accuracies(inputs.get("accuracies", ())),
        ),
        notes=tuple(notes),
        models=tuple(
            ModelReport(
                result.model,
                anchor := anchor_of(names, result.model),
                tuple(sections(Model(result, own_files(inputs, result.model, names), anchor))),
            )
            for result in results
        ),
        closing=tuple(closing(config, TERMS_OF_FILES if given else TERMS)),
        question=question_of(results) if given else QUESTION,
    )


def question_of(results: Sequence[Results]) -> str:
    """Return what a run without a checkpoint asks."""
    effects = {each.effect for result in results for each in result.comparisons.values()}
    return QUESTION_OF_PROGRAMS if effects == {"external"} else QUESTION_OF_FILES


def own_files(
    inputs: Mapping[str, Sequence[str]], model: str, models: Sequence[str]
) -> dict[str, tuple[str, ...]]:
    """Return the inputs that belong to a model, by their names."""

    def owner(path: str) -> str:
        last = reversed(Path(path).parts[-2:])
        return next((part for part in last if part in models), "")

    return {
        name: tuple(path for path in paths if owner(path) == model)
        for name, paths in inputs.items()
    }


def sections(model: Model) -> Iterator[PreparedSection]:
    """Yield the sections that have something to say of a model, in order."""
    for key, section in sorted(SECTIONS.items(), key=lambda item: item[1].place):
        view = section.prepare(model)
        if view is not None:
            yield PreparedSection(key, section.title, view, section.lists)


def given_name(config: Mapping[str, Any]) -> str:
    """Return the name of the file that is the reference."""
    (model,) = config["models"].values()
    return printable(Path(model["reference"]["onnx"]).name)


def closing(config: Mapping[str, Any], terms: Mapping[str, str]) -> Iterator[Group]:
    """Yield what words mean, the configuration and how to reproduce the run."""
    text = yaml.safe_dump(dict(config), sort_keys=False, default_flow_style=False)
    meanings = Facts(tuple(Fact(name, meaning) for name, meaning in terms.items()))
    yield Group("Terms", (meanings,), folded=True)
    yield Group("Configuration", (Code(text, "yaml", "Configuration"),), folded=True)
    yield Group(
        "How to reproduce",
        (
            Text(
                "Save the configuration above as config.yaml, put the same images in place, and "
                "run this in the folder of the workflow:"
            ),
            Code("make run", "sh", "Commands"),
            Text(
                "It installs the versions pinned in requirements.txt and runs only what is missing "
                "or out of date. If they are installed already, snakemake --cores all does the "
                "same. Equal inputs, versions and numbers of threads give equal files on machines "
                "of the same kind."
            ),
        ),
        folded=True,
    )
