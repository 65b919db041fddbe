"""What was run: the model, the input and the packages of every arm."""

from collections.abc import Iterator

from parity.comparison.results import Results
from parity.reporting.views.blocks import table
from parity.reporting.views.section import SECTIONS, Model, Section, View
from parity.reporting.wording import count
from parity.tasks.task import TASKS

HEADER = ("arm", "model (SHA-256)", "input tensor", "NMS", "runs on", "versions")


def prepare(model: Model) -> View:
    """Return what made the detections of every arm."""
    return View((table("Arms", HEADER, arm_rows(model.results)),), folded=True)


def arm_rows(results: Results) -> Iterator[tuple[str, ...]]:
    """Yield per arm what made its detections."""
    for arm, totals in results.arms.items():
        made_by = totals.made_by
        if made_by.source is not None or made_by.imgsz is None:
            yield (arm, f"unknown; boxes of {made_by.source}", *["–"] * 4)
            continue
        height, width = made_by.imgsz
        fitted = "minimal rectangle within" if made_by.rect else "fixed"
        if made_by.head and made_by.head.fitted == "stretch":
            fitted = "stretched to"
        if not TASKS[results.task].has_boxes:
            fitted = "centre crop"
        versions = [f"{name} {version}" for name, version in (made_by.versions or {}).items()]
        threads = count(made_by.threads or 0, "thread")
        yield (
            arm,
            made_by.model_sha256 or "–",
            f"{fitted} {height}×{width}",
            "in the graph" if made_by.head and made_by.head.finished else "after the network",
            f"{made_by.provider or made_by.device or '–'}, {threads}",
            ", ".join(versions),
        )


SECTIONS.add("versions", Section("What was run", 130, prepare))
