"""Planning shards: lists are written where their images changed, and only there."""

import os
import time
from pathlib import Path

import polars
import pytest

from parity.data.batch_files import BatchImage, check_unchanged, load_batch
from parity.data.batch_plan import plan_batches
from parity.data.listing import list_images
from parity.data.shard_index import ShardIndex, index_file
from parity.errors import UserError
from tests.tar_shards import write_shard

BATCHES = Path("results/plan/batches")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in a folder of three shards, changed long enough ago to be trusted."""
    monkeypatch.chdir(tmp_path)
    for number in range(3):
        write(number, {f"{i}.jpg": f"image {number} {i}".encode() for i in range(4)})
    return tmp_path


def write(number: int, images: dict[str, bytes], age: float = 3600) -> None:
    path = write_shard(Path(f"shards/{number}.tar"), images)
    os.utime(path, (time.time() - age,) * 2)


def plan(source: str = "shards/*.tar", images_per_job: int = 4) -> dict[str, list[BatchImage]]:
    listing = list_images(source)
    planned = plan_batches(
        listing, images_per_job=images_per_job, note="", directory=BATCHES, source=source
    )
    assert {path.stem for path in BATCHES.glob("[!.]*.json")} == set(planned.names)
    return {batch: load_batch(BATCHES / f"{batch}.json") for batch in planned.names}


def contents() -> dict[str, bytes]:
    return {path.stem: path.read_bytes() for path in BATCHES.glob("[!.]*.json")}


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the list of the shards that are read from now on."""
    paths: list[str] = []
    original = ShardIndex.build

    def noting(path: str) -> ShardIndex:
        paths.append(path)
        return original(path)

    monkeypatch.setattr("parity.data.shard_plan.ShardIndex.build", noting)
    return paths


@pytest.mark.parametrize("source", ["shards", "shards/*.tar", "shards/?.tar"])
def test_every_image_is_planned_once(source: str) -> None:
    planned = plan(source)
    assert list(planned) == ["0.tar", "1.tar", "2.tar"]
    images = [image for batch in planned.values() for image in batch]
    assert [image.name for image in images] == [
        f"{s}.tar/{i}.jpg" for s in range(3) for i in range(4)
    ]
    assert images[5].path == "shards/1.tar/1.jpg"
    for image in images:
        check_unchanged(image)


def test_nothing_is_read_or_written_twice(built: list[str]) -> None:
    plan()
    assert sorted(built) == [f"shards/{number}.tar" for number in range(3)]
    dates = {path: path.stat().st_mtime_ns for path in BATCHES.iterdir()}
    built.clear()
    plan()
    assert built == []
    assert {path: path.stat().st_mtime_ns for path in dates} == dates


def test_a_changed_shard_alone_is_read_and_changes_its_list(built: list[str]) -> None:
    plan()
    before = contents()
    built.clear()
    write(1, {f"{i}.jpg": b"other" for i in range(4)})
    plan()
    assert built == ["shards/1.tar"]
    assert {name for name, text in contents().items() if text != before[name]} == {"1.tar"}
    write(1, {f"{i}.jpg": f"image 1 {i}".encode() for i in range(4)}, age=7200)
    plan()
    assert contents() == before


def test_a_lost_index_is_built_anew(built: list[str]) -> None:
    plan()
    before = contents()
    built.clear()
    index_file("shards/2.tar").unlink()
    with pytest.raises(UserError, match=r"2\.tar changed after the run was planned; run again"):
        load_batch(BATCHES / "2.tar.json")
    plan()
    assert built == ["shards/2.tar"]
    assert contents() == before


def test_a_shard_replaced_in_the_run_stops_it_and_is_read_anew(built: list[str]) -> None:
    planned = plan()
    built.clear()
    status = Path("shards/0.tar").stat()
    write(0, {f"{i}.jpg": f"IMAGE 0 {i}".encode() for i in range(4)})
    os.utime("shards/0.tar", ns=(status.st_atime_ns, status.st_mtime_ns))
    with pytest.raises(UserError, match=r"0\.tar/2\.jpg changed after the run was planned"):
        check_unchanged(planned["0.tar"][2])
    assert Path("shards/0.tar").stat().st_mtime_ns == status.st_mtime_ns  # nothing shows
    check_unchanged(plan()["0.tar"][2])
    assert built == ["shards/0.tar"]


def test_a_shard_deleted_in_the_run_stops_it() -> None:
    planned = plan()
    Path("shards/0.tar").unlink()
    with pytest.raises(UserError, match=r"was deleted after the run was planned"):
        check_unchanged(planned["0.tar"][0])


def test_a_damaged_shard_keeps_rows_that_say_so() -> None:
    path = Path("shards/1.tar")
    path.write_bytes(path.read_bytes()[:2048])
    planned = plan()
    assert [(i.name, bool(i.sha256)) for i in planned["1.tar"]] == [
        ("1.tar/0.jpg", True),
        ("1.tar", False),
    ]
    for image in planned["1.tar"]:
        check_unchanged(image)


LISTED = [
    (["shards/0.tar", "photo.jpg"], ["0.tar/0.jpg", "0.tar/1.jpg", "0.tar/2.jpg", "0.tar/3.jpg"]),
    (["shards/2.tar/1.jpg", "./shards/2.tar/3.jpg", "photo.jpg"], ["2.tar/1.jpg", "2.tar/3.jpg"]),
]


@pytest.mark.parametrize(("lines", "inside"), LISTED)
@pytest.mark.parametrize("suffix", [".txt", ".parquet"])
def test_lists_name_shards_members_and_files(
    lines: list[str], inside: list[str], suffix: str
) -> None:
    Path("photo.jpg").write_bytes(b"a file")
    source = f"list{suffix}"
    if suffix == ".txt":
        Path(source).write_text("\n".join(lines))
    else:
        polars.DataFrame({"path": lines}).write_parquet(source)
    images = [image for batch in plan(source).values() for image in batch]
    assert [image.name for image in images] == ["photo.jpg", *(f"shards/{name}" for name in inside)]


def test_a_table_names_shards_and_members() -> None:
    shards, members = ["shards/1.tar", "shards/0.tar"] * 2, ["2.jpg", "3.jpg", "0.jpg", "1.jpg"]
    rows = {"shard": shards, "member": members}
    polars.DataFrame(rows).write_parquet("list.parquet")
    images = [image.name for batch in plan("list.parquet").values() for image in batch]
    assert images == ["0.tar/1.jpg", "0.tar/3.jpg", "1.tar/0.jpg", "1.tar/2.jpg"]


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (["shards/0.tar/9.jpg"], "shards/0.tar does not hold 9.jpg, which is listed"),
        (["shards/9.tar/0.jpg"], "which does not exist"),
        (["shards/0.tar", "shards/0.tar/1.jpg"], "names the same file twice"),
        (["shards/0.tar/1.jpg", "shards/../shards/0.tar/1.jpg"], "names the same file twice"),
        (["shards/0.tar.gz"], "is compressed, and a shard is read in place; decompress it"),
    ],
)
def test_lists_that_cannot_be_meant_say_so(lines: list[str], said: str) -> None:
    Path("shards/0.tar.gz").write_bytes(b"\x1f\x8b")
    Path("list.txt").write_text("\n".join(lines))
    with pytest.raises(UserError, match=said):
        plan("list.txt")


def test_a_folder_of_images_does_not_read_the_archive_that_they_came_in() -> None:
    Path("shards/0.jpg").write_bytes(b"a file")
    assert [image.name for batch in plan("shards").values() for image in batch] == ["0.jpg"]
