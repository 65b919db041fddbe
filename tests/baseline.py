"""What each arm finds on the samples, as it was when somebody last looked: ``make baseline``.

The tests compare the arms with each other; what moves all of them at once is seen here alone.
"""

import json
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from parity.detection.detection_files import DetectionBatch
from parity.documents import load
from tests.conftest import run_photos

PLACE = Path(__file__).with_name("baseline.json")

Found = dict[str, list[dict[str, Any]]]
"""Detections by image, the best first: class name, score, and box in px of the image."""


@dataclass(frozen=True)
class Baseline:
    """The detections of a run."""

    versions: dict[str, str]
    """The packages that computed them."""
    arms: dict[str, Found]

    @classmethod
    def of_run(cls, project: Path) -> Self:
        """Read what a run of the workflow has found."""
        versions: dict[str, str] = {}
        arms: dict[str, Found] = {}
        for path in sorted(project.glob("results/detect_*/*/*/*.json")):
            batch = load(path, DetectionBatch)
            made_by = batch.made_by
            versions |= made_by.versions or {}
            for image in batch.images:
                found = zip(image.class_ids, image.scores, image.boxes, strict=True)
                arms.setdefault(made_by.arm, {})[image.name] = [
                    {"class": made_by.names[class_id], "score": score, "box": box}
                    for class_id, score, box in found
                ]
        return cls(dict(sorted(versions.items())), arms)

    @classmethod
    def load(cls) -> Self:
        """Read what is kept."""
        return cls(**json.loads(PLACE.read_text()))

    def save(self) -> None:
        """Keep it, an image on a line, so that a change is seen for what it is."""
        arms = []
        for arm, found in sorted(self.arms.items()):
            lines = [f"   {json.dumps(i)}: {json.dumps(d)}" for i, d in sorted(found.items())]
            arms.append(f"  {json.dumps(arm)}: {{\n" + ",\n".join(lines) + "\n  }")
        versions = json.dumps(self.versions)
        text = f'{{\n "versions": {versions},\n "arms": {{\n' + ",\n".join(arms) + "\n }\n}\n"
        PLACE.write_text(text)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        run_photos(Path(folder))
        Baseline.of_run(Path(folder) / "project").save()
