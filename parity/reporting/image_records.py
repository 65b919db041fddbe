"""What all arms and comparisons say of single images, read batch by batch."""

from collections.abc import Container, Iterator
from dataclasses import dataclass
from pathlib import Path

from parity.comparison.differences import ComparisonBatch, ImageComparison
from parity.data.batch_files import BatchImage, load_batch
from parity.detection.detection_files import DetectionBatch, ImageDetections
from parity.documents import load
from parity.integrity import damaged


@dataclass(frozen=True)
class ImageRecord:
    """An image, and what is known of it by arm and by comparison."""

    image: BatchImage
    arms: dict[str, ImageDetections]
    comparisons: dict[str, ImageComparison]


@dataclass(frozen=True)
class Sources:
    """Where the records of each batch are: files by batch, then by arm or comparison."""

    lists: dict[str, str]
    detections: dict[str, dict[str, str]]
    comparisons: dict[str, dict[str, str]]

    @classmethod
    def of(cls, batches: list[str], detections: list[str], comparisons: list[str]) -> "Sources":
        """Sort files by their paths, ``…/{arm or comparison}/{batch}.json``."""
        return cls(
            {Path(path).stem: path for path in batches},
            _by_batch(detections),
            _by_batch(comparisons),
        )

    def records(self, wanted: Container[str]) -> Iterator[ImageRecord]:
        """Yield the record of each wanted image, batch by batch.

        Raises
        ------
        UserError
            If something else was detected in than the list of the batch names.
        """
        for batch, path in self.lists.items():
            listed = [image for image in load_batch(path) if image.name in wanted]
            if not listed:
                continue
            arms = {
                arm: {each.name: each for each in load(source, DetectionBatch).images}
                for arm, source in self.detections[batch].items()
            }
            comparisons = {
                name: {each.name: each for each in load(source, ComparisonBatch).images}
                for name, source in self.comparisons[batch].items()
            }
            for image in listed:
                for arm, own in arms.items():
                    if image.name in own and own[image.name].sha256 != image.sha256:
                        source = self.detections[batch][arm]
                        raise damaged(source, f"is not of {image.path} as it is now")
                yield ImageRecord(
                    image,
                    {arm: own[image.name] for arm, own in arms.items() if image.name in own},
                    {n: own[image.name] for n, own in comparisons.items() if image.name in own},
                )


def _by_batch(paths: list[str]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for path in map(Path, paths):
        found.setdefault(path.stem, {})[path.parent.name] = str(path)
    return found
