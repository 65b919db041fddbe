"""The workflow on tar shards gives, byte for byte, what it gives on the files in them."""

from pathlib import Path

import pytest

from parity.data.sample_images import find_samples
from parity.integrity import SEALS, seal, sha256_without_place
from tests.conftest import Workflow, copy_project
from tests.tar_shards import write_shard

CONFIG = {"images": "data", "annotate": 2, "browse": 4}
SHARDS = 8


def results_of(project: Workflow) -> dict[str, bytes]:
    """Return every result but the plan by its path, in which the one batch has no name."""
    folder = project.root / "results"
    (batch,) = (path.stem for path in (folder / "plan" / "batches").glob("[!.]*.json"))
    files = (path for path in folder.rglob("*") if path.is_file() and "plan" not in path.parts)
    return {
        str((path.with_stem("batch") if path.stem == batch else path).relative_to(folder)): (
            without_place(path) if path.stem == batch else path.read_bytes()
        )
        for path in files
    }


def without_place(path: Path) -> bytes:
    """Return what a result holds, but not that it belongs where it is."""
    if path.suffix == ".npz":
        return sha256_without_place(path).encode()
    content = path.read_bytes()
    return content[: -len(seal(b"", path.suffix))] if path.suffix in SEALS else content


@pytest.mark.slow
def test_shards_give_the_results_of_files(tmp_path: Path) -> None:
    """Shards, and folders that are called like them, hold the same images."""
    found = []
    samples = list(find_samples().values())
    for kind in ("files", "shards"):
        project = copy_project(tmp_path / kind, tmp_path / "home")
        for number in range(SHARDS):
            sample = samples[number % len(samples)]
            place = project.root / "data" / f"{number}.tar"
            if kind == "files":
                place.mkdir(parents=True)
                (place / sample.name).write_bytes(sample.read_bytes())
            else:
                write_shard(place, {sample.name: sample.read_bytes()})
        done = project.run(config=CONFIG)
        assert done.returncode == 0, done.output
        assert not project.dry_run(config=CONFIG).jobs
        found.append(results_of(project))
    files, shards = found
    assert shards.keys() == files.keys()
    assert [name for name, content in files.items() if shards[name] != content] == []
    assert b"0.tar/bus.jpg" in files["summarise/yolo11n/comparison_results.json"]
