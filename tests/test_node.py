"""What a job checks first on its node."""

import shutil
import socket
from pathlib import Path

import pytest

from parity.data.batch_plan import plan_batches
from parity.data.listing import list_images
from parity.errors import UserError
from parity.planning.node import load_plan_on_node
from tests.tar_shards import write_shard

HOST = socket.gethostname()


@pytest.fixture
def planned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder in which a run over one image was planned."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "photographs").mkdir()
    image = tmp_path / "photographs" / "a.jpg"
    image.write_bytes(b"pixels")
    plan_batches({"a.jpg": image}, images_per_job=1, note="", directory="plan")
    return tmp_path


def test_what_is_seen_is_taken(planned: Path) -> None:  # noqa: ARG001
    assert load_plan_on_node("plan").names == ["a.jpg"]


def test_an_image_that_is_gone_is_no_matter_of_the_node(planned: Path) -> None:
    (planned / "photographs" / "a.jpg").unlink()
    assert load_plan_on_node("plan").names == ["a.jpg"]


@pytest.mark.parametrize(
    ("hidden", "said"),
    [
        ("plan", f"{HOST} does not see .*/plan; put it where every node of the cluster sees it"),
        ("photographs", f"{HOST} does not see .*/photographs, the folder of a.jpg; put it where"),
    ],
)
def test_what_is_not_seen_is_named(planned: Path, hidden: str, said: str) -> None:
    shutil.rmtree(planned / hidden)
    with pytest.raises(UserError, match=said):
        load_plan_on_node("plan")


def test_a_shard_that_is_not_seen_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder alone may be there: it is where the images' disk would be mounted."""
    monkeypatch.chdir(tmp_path)
    shard = write_shard(Path("shards/0.tar"), {"a.jpg": b"pixels"})
    directory = "results/plan/batches"
    plan_batches(list_images("shards"), images_per_job=1, note="", directory=directory)
    assert load_plan_on_node(directory).names == ["0.tar"]
    shard.unlink()
    with pytest.raises(UserError, match=rf"{HOST} does not see .*/shards/0\.tar; put it where"):
        load_plan_on_node(directory)
