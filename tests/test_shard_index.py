"""The index of a shard: digests of what it holds, and rows that say what cannot be read."""

import hashlib
import io
import os
import tarfile
import time
from pathlib import Path

import numpy as np
import pytest

from parity.data.image_files import as_file, image_digest, open_image
from parity.data.index_fields import UNREADABLE, split_names
from parity.data.shard_index import TWICE, ShardIndex, index_file, look_of
from parity.errors import UnreadableImageError
from parity.foreign import LFS
from tests.tar_shards import entry, write_entries, write_shard

IMAGES = {"a.jpg": b"first" * 300, "x/b.png": b"second", "c.jpg": b""}


@pytest.fixture
def shard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return the path of a shard, changed long enough ago to be trusted."""
    monkeypatch.chdir(tmp_path)
    write_shard(Path("shards/0.tar"), IMAGES)
    os.utime("shards/0.tar", (time.time() - 3600,) * 2)
    return "shards/0.tar"


def reasons_of(index: ShardIndex) -> dict[str, str]:
    return dict(zip(split_names(index.names), split_names(index.reasons), strict=True))


def test_the_index_holds_the_digest_of_each_image(shard: str) -> None:
    index = ShardIndex.build(shard)
    assert split_names(index.names) == list(IMAGES)
    expected = [hashlib.sha256(content).digest() for content in IMAGES.values()]
    assert [digest.tobytes() for digest in index.digests] == expected
    index.save(shard)
    again = ShardIndex.load(shard)
    assert again is not None
    assert again.is_of(look_of(Path(shard).stat()))
    for name in ("offsets", "sizes", "digests", "names", "reasons"):
        np.testing.assert_array_equal(getattr(again, name), getattr(index, name))


@pytest.mark.parametrize("indexed", [True, False])
def test_members_are_read_in_place(shard: str, indexed: bool) -> None:
    if indexed:
        ShardIndex.build(shard).save(shard)
    for name, content in IMAGES.items():
        with open_image(f"{shard}/{name}") as stream:
            assert stream.read() == content
        assert image_digest(f"{shard}/{name}") == hashlib.sha256(content).hexdigest()
        with as_file(f"{shard}/{name}") as copy:
            assert copy.read_bytes() == content
            assert copy.suffix == Path(name).suffix
        assert not copy.exists()
    assert sorted(path.name for path in Path().iterdir()) == (
        ["results", "shards"] if indexed else ["shards"]
    )


@pytest.mark.parametrize("damage", [b"", b"PK", None])
def test_a_damaged_index_is_as_good_as_none(shard: str, damage: bytes | None) -> None:
    ShardIndex.build(shard).save(shard)
    kept = index_file(shard)
    kept.write_bytes(kept.read_bytes()[:-200] if damage is None else damage)
    assert ShardIndex.load(shard) is None
    kept.unlink()
    os.mkfifo(kept)
    assert ShardIndex.load(shard) is None
    with open_image(f"{shard}/a.jpg") as stream:
        assert stream.read() == IMAGES["a.jpg"]


@pytest.mark.parametrize("age", [0, -3600])
def test_a_young_or_changed_shard_is_not_what_it_was(shard: str, age: float) -> None:
    index = ShardIndex.build(shard)
    os.utime(shard, (time.time() + age,) * 2)
    assert not index.is_of(look_of(Path(shard).stat()))
    assert not ShardIndex.build(shard).is_of(look_of(Path(shard).stat())) or age


def test_a_replaced_shard_is_read_as_it_is(shard: str) -> None:
    ShardIndex.build(shard).save(shard)
    write_shard(Path(shard), {"new.jpg": b"0" * 2000, "a.jpg": b"other"})
    with open_image(f"{shard}/a.jpg") as stream:
        assert stream.read() == b"other"
    with pytest.raises(UnreadableImageError, match="the shard does not hold it"):
        open_image(f"{shard}/x/b.png")


def test_a_member_that_is_there_twice_cannot_be_read(shard: str) -> None:
    doubled = [entry("a.jpg", b"one"), entry("b.jpg", b"b"), entry("./a.jpg", b"two")]
    write_entries(Path(shard), doubled)
    index = ShardIndex.build(shard)
    assert reasons_of(index) == {"a.jpg": TWICE, "b.jpg": ""}
    assert index.digests[0].tobytes() == UNREADABLE
    with pytest.raises(UnreadableImageError, match=TWICE):
        open_image(f"{shard}/a.jpg")
    assert image_digest(f"{shard}/a.jpg") == ""


def test_a_truncated_shard_keeps_what_is_whole(shard: str) -> None:
    whole = Path(shard).read_bytes()
    Path(shard).write_bytes(whole[:1200])
    assert reasons_of(ShardIndex.build(shard)) == {"a.jpg": "the shard ends within it"}
    with pytest.raises(UnreadableImageError, match="ends within it"):
        open_image(f"{shard}/a.jpg")


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda path: path.unlink(), "No such file or directory"),
        (lambda path: path.write_bytes(b""), "empty file"),
        (lambda path: path.write_bytes(LFS), "it is a pointer of Git LFS; fetch the file"),
        (lambda path: (path.unlink(), os.mkfifo(path)), "it is a named pipe, not a file"),
    ],
)
def test_a_shard_that_cannot_be_read_is_a_row(shard: str, make: object, reason: str) -> None:
    make(Path(shard))
    ((name, said),) = reasons_of(ShardIndex.build(shard)).items()
    assert name == ""
    assert reason in said
    with pytest.raises(UnreadableImageError, match=reason):
        open_image(shard)


def test_a_digest_of_rows_is_of_names_and_contents(shard: str) -> None:
    index = ShardIndex.build(shard)
    everything, first = np.arange(3), np.arange(2)
    Path(shard).touch()
    assert ShardIndex.build(shard).digest_of(everything) == index.digest_of(everything)
    write_shard(Path(shard), IMAGES | {"c.jpg": b"changed"})
    changed = ShardIndex.build(shard)
    assert changed.digest_of(everything) != index.digest_of(everything)
    assert changed.digest_of(first) == index.digest_of(first)
    write_shard(Path(shard), {"0.jpg": IMAGES["a.jpg"], **dict([*IMAGES.items()][1:])})
    assert ShardIndex.build(shard).digest_of(first) != index.digest_of(first)


def test_webdataset_and_the_index_agree_on_contents(shard: str) -> None:
    """The package reads a shard as a stream, with the same library."""
    stream = io.BytesIO(Path(shard).read_bytes())
    with tarfile.open(fileobj=stream, mode="r|*") as streamed:
        contents = {
            member.name: hashlib.sha256(streamed.extractfile(member).read()).digest()
            for member in streamed
            if not member.name.endswith(".cls")
        }
    index = ShardIndex.build(shard)
    digests = [digest.tobytes() for digest in index.digests]
    assert dict(zip(split_names(index.names), digests, strict=True)) == contents
