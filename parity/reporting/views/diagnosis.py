"""What the report says of a diagnosis; plain text, which Markdown and the page both show."""

import math
import re
from pathlib import Path
from typing import Any

from markupsafe import Markup

from parity.files import read_json
from parity.reporting.markdown.report import address
from parity.reporting.views.waterfall import NOTHING_LOST, four_digits, percent
from parity.reporting.wording import ceiling, count, listing, number

DIAGNOSIS = "diagnosis/1"

CURE_HEADER = [
    "against PyTorch",
    "matched",
    "missing",
    "extra",
    "class-flipped",
    "boxes: largest / median (px)",
    "scores: largest / median",
    "agreement",
]
WATERFALL_HEADER = ["step", "matched", "missing", "extra", "agreement", "part of the loss"]
STEPS = {
    "runtime": "ONNX Runtime in place of PyTorch",
    "choice": "another way of doing it",
    "rest": "what no fault of the catalogue is a name for",
    "unexplained": "what is left unexplained",
}
AGREEMENT = (
    "Agreement is F1, each matched pair weighted by its overlap: 1 where every detection has a "
    "partner that covers it exactly."
)
STAGES = {
    "reading": "the reading of the file",
    "geometry": "the geometry of the input",
    "tensor": "the numbers of the input",
    "decoding": "the decoding of the raw output",
    "suppression": "suppression",
    "thresholds": "the thresholds",
    "mapping": "the way back into the image",
    "output": "the form of the boxes",
    "classes": "the numbering of the classes",
}


def diagnosis_sections(
    inputs: dict[str, list[str]], destination: str | Path
) -> dict[str, list[dict[str, Any]]]:
    """Return by model what the template says of its diagnoses.

    Parameters
    ----------
    inputs : dict of str to list of str
        ``diagnoses`` and ``diagnosis_plots``, what ``diagnose`` and ``plot_diagnosis`` wrote,
        ``…/{model}/{external}.<suffix>`` each; nothing where no boxes were brought.
    destination : str or Path
        The report.
    """
    here = Path(destination).parent
    diagnoses, plots = (inputs.get(name, []) for name in ("diagnoses", "diagnosis_plots"))
    drawn = {Path(path).with_suffix("").parts[-2:]: address(path, here) for path in plots}
    sections: dict[str, list[dict[str, Any]]] = {}
    for path in diagnoses:
        own = Path(path).with_suffix("").parts[-2:]
        told = section(read_json(path, DIAGNOSIS), drawn[own])
        sections.setdefault(own[0], []).append(told)
    return sections


def section(diagnosis: dict[str, Any], plot: str) -> dict[str, Any]:
    """Return what the template says of one diagnosis.

    Parameters
    ----------
    diagnosis : dict
        What ``diagnose`` wrote.
    plot : str
        Address of its figure, relative to the report.
    """
    shares = {row["name"]: row["share"] for row in diagnosis["waterfall"] if row["name"]}
    lost = 1 - diagnosis["waterfall"][-1]["agreement"] > NOTHING_LOST
    return {
        "name": diagnosis["external"],
        "verdict": verdict(diagnosis),
        "plot": Markup(plot),  # noqa: S704 - quoted as an address
        "advice": advice(diagnosis),
        "faults": [
            fault_view(fault, shares.get(fault["name"]), diagnosis["alone"][fault["name"]])
            for fault in diagnosis["faults"]
        ],
        "evidence": list(evidence(diagnosis)),
        "cure": cure_rows(diagnosis),
        "waterfall": [waterfall_row(row) for row in diagnosis["waterfall"]] if lost else [],
        "open": list(open_questions(diagnosis)),
        "ask": diagnosis["ask"],
        "assumed": [*choices(diagnosis), *cut_at(diagnosis), *diagnosis["notes"]],
        "agreement": AGREEMENT,
    }


def verdict(diagnosis: dict[str, Any]) -> str:
    """Return the answer in one sentence."""
    name, faults = diagnosis["external"], [fault["name"] for fault in diagnosis["faults"]]
    rest = 1 - diagnosis["reproduced"]["exact"]
    if diagnosis["verdict"] == "correct" and rest > 0:
        return (
            f"No step of the catalogue is wrong in {name}, but {percent(rest)} of its boxes are "
            f"not what {diagnosis['export']}, run as it should be, gives."
        )
    if diagnosis["verdict"] == "correct":
        return (
            f"Nothing is wrong with {name}: {diagnosis['export']}, run as it should be, gives its "
            "boxes."
        )
    if diagnosis["verdict"] == "named":
        are = "step is" if len(faults) == 1 else "steps are"
        return f"{len(faults)} {are} wrong in {name}: {listing(faults)}."
    where = STAGES.get(diagnosis["first_difference"], "a stage that these boxes do not tell")
    nearest = f" Nearest comes: {listing(faults)}." if faults else ""
    return (
        f"Nothing in the catalogue gives the boxes of {name}; it differs first in {where}.{nearest}"
    )


def advice(diagnosis: dict[str, Any]) -> list[str]:
    """Return what to do about a deployment, a sentence if there is anything."""
    if diagnosis["verdict"] == "correct":
        return []
    mend = [fault["mend"] for fault in diagnosis["faults"]] or diagnosis["ask"][:1]
    return [f"{verdict(diagnosis)} {' '.join(mend)} The section on its diagnosis shows how."]


def fault_view(fault: dict[str, Any], share: float | None, alone: float) -> dict[str, Any]:
    """Return what is said of a fault.

    Parameters
    ----------
    fault : dict
        An entry of ``faults``.
    share : float or None
        Its part of the agreement that is lost.
    alone : float
        The agreement that it would leave if it was the only fault.

    Returns
    -------
    dict
        Texts; ``block`` are the right lines for Markdown, ``link`` an address or nothing.
    """
    plain = re.fullmatch(r"https://[\w./#?=&-]+", fault["reference"])
    return {
        "name": fault["name"],
        "stage": STAGES[fault["stage"]],
        "wrong": fault["wrong"],
        "mend": fault["mend"],
        "code": fault["code"],
        "block": Markup(fence(fault["code"])),  # noqa: S704 - a fence that nothing in it can close
        "link": Markup(fault["reference"]) if plain else "",  # noqa: S704 - matched above
        "cost": cost(share, alone),
    }


def cost(share: float | None, alone: float) -> str:
    """Return in words what a fault costs, alone and after those of earlier stages."""
    said = f"Alone it would leave an agreement of {four_digits(alone)}"
    if share is None:
        return f"{said}."
    return f"{said}; after those before it, it takes {percent(share)} of all that is lost."


def fence(code: str) -> str:
    """Return lines of Python as a block of Markdown that nothing in it can close."""
    longest = max((len(run) for run in re.findall(r"`+", code)), default=0)
    marks = "`" * max(3, longest + 1)
    return f"{marks}python\n{code}\n{marks}"


def evidence(diagnosis: dict[str, Any]) -> list[str]:
    """Return what speaks for the answer, a sentence each."""
    found, plain = diagnosis["reproduced"], diagnosis["reproduced_by_correct"]
    observed = diagnosis["waterfall"][-1]
    boxes = observed["matched"] + observed["extra"]
    looked_at, stated = len(diagnosis["images"]), diagnosis["images_stated"]
    images = count(looked_at, "image")
    if looked_at < stated:
        images += f" (of {stated:,} stated; those that tell most)"
    said = [
        (
            f"Of {count(boxes, 'box', 'boxes')} in {images}, {percent(found['exact'])} are "
            f"reproduced within the digits that were given and {percent(found['close'])} nearly; "
            f"the correct deployment gives {percent(plain['exact'])} and "
            f"{percent(plain['close'])}."
        ),
        (
            f"The median difference that is left is {ceiling(found['box_px'])} px and "
            f"{ceiling(found['score'])} in score."
        ),
    ]
    if found["predicted"] < 1:
        said.append(f"{percent(found['predicted'])} of the boxes that it predicts were given.")
    other = diagnosis["runner_up"]
    if other:
        named = listing(other["faults"]) or "no fault"
        said.append(
            f"The next best explanation, {named}, is worse by {number(float(other['margin']))} "
            f"nats, which makes it {odds(other['margin'])} less likely."
        )
    runs = count(diagnosis["network_runs"], "run")
    ended = "" if diagnosis["complete"] else ", and its budget ended the search"
    said.append(f"It took {runs} of the network{ended}.")
    return said


def odds(nats: float) -> str:
    """Return in words how much less likely what is worse by some nats is."""
    times = math.exp(min(nats, 100))
    return "more than a million times" if times > 1e6 else f"{number(times)} times"


def open_questions(diagnosis: dict[str, Any]) -> list[str]:
    """Return what these boxes cannot tell, a sentence each."""
    said = []
    if diagnosis["equivalents"]:
        others = "; or ".join(
            listing(other["faults"]) or "no fault" for other in diagnosis["equivalents"][:5]
        )
        said.append(f"These boxes are explained as well by: {others}.")
    if diagnosis["undecided"]:
        said.append(
            f"These may hold too, for they change nothing here: {listing(diagnosis['undecided'])}."
        )
    return said


def choices(diagnosis: dict[str, Any]) -> list[str]:
    """Return what was inferred of the deployment that is no fault, a sentence each."""
    return [f"No fault ({each['name']}): {each['wrong']}" for each in diagnosis["choices"]]


def cut_at(diagnosis: dict[str, Any]) -> list[str]:
    """Return at which thresholds PyTorch is held against the boxes here, a sentence."""
    name, thresholds = diagnosis["external"], diagnosis["cure"]["thresholds"]
    if not thresholds:
        return []
    said = listing([f"{key} {value:g}" for key, value in thresholds.items()])
    return [
        (
            f"Here PyTorch is cut at the thresholds of {name}: {said}. The comparison "
            f"external-{name} cuts it at those of the configuration."
        )
    ]


def cure_rows(diagnosis: dict[str, Any]) -> list[list[str]]:
    """Return the boxes that were given and those of the cured deployment, against PyTorch."""
    cure = diagnosis["cure"]
    named = {"before": "the boxes that were given", "after": "without the faults"}
    return [[text, *_cells(cure[key])] for key, text in named.items()]


def _cells(found: dict[str, Any]) -> list[str]:
    return [
        f"{found['matched']:,} of {found['reference']:,}",
        *(f"{found[key]:,}" for key in ("missing", "extra", "flipped")),
        *(f"{number(found[k])} / {number(found[f'{k}_median'])}" for k in ("box_px", "score")),
        four_digits(found["agreement"]),
    ]


def waterfall_row(row: dict[str, Any]) -> list[str]:
    """Return the cells of a step from PyTorch to the boxes that were given."""
    return [
        step_name(row),
        *(f"{row[key]:,}" for key in ("matched", "missing", "extra")),
        four_digits(row["agreement"]),
        percent(row["share"]),
    ]


def step_name(row: dict[str, Any]) -> str:
    """Return what a step of the waterfall is called."""
    if row["kind"] == "fault":
        return str(row["name"])
    return f"{row['name']} ({STEPS['choice']})" if row["kind"] == "choice" else STEPS[row["kind"]]
