"""Tar shards: their images are found in place, and what is wrong with one is said."""

import io
import os
import subprocess
import tarfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity.data.shard_index import members_of
from parity.data.shards import LARGEST_BYTES, LARGEST_HEADER, Member, scan, split_member
from tests.conftest import examples
from tests.tar_shards import Entry, entry, write_entries, write_shard

FORMATS = [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT]


def scanned(path: Path) -> list[Member]:
    with path.open("rb") as stream:
        return list(scan(stream))


NAMES = st.lists(
    st.text(st.characters(blacklist_characters="\0/", blacklist_categories=["Cs"]), min_size=1)
    .filter(lambda name: name not in (".", ".."))
    .map(lambda name: f"{name[:150]}.jpg"),
    unique=True,
    max_size=6,
)


@examples(60)
@given(NAMES, st.binary(max_size=2000), st.sampled_from(FORMATS[1:]))
def test_images_are_where_the_index_says(
    tmp_path_factory: pytest.TempPathFactory, names: list[str], content: bytes, form: int
) -> None:
    path = tmp_path_factory.mktemp("shard") / "0.tar"
    contents = {name: content + str(i).encode() for i, name in enumerate(names)}
    write_entries(path, (entry(name, each) for name, each in contents.items()), form=form)
    whole = path.read_bytes()
    found = {m.name: whole[m.offset : m.offset + m.size] for m in scanned(path)}
    assert found == contents
    assert not any(member.reason for member in scanned(path))


@pytest.mark.parametrize("form", FORMATS)
def test_gnu_tar_agrees(tmp_path: Path, form: int) -> None:
    folder = tmp_path / "images"
    (folder / "deep" / ("x" * 90)).mkdir(parents=True)
    (folder / "a.jpg").write_bytes(b"a")
    (folder / "deep" / ("x" * 90) / "b.JPG").write_bytes(b"bb")
    (folder / "c.txt").write_bytes(b"no image")
    names = {tarfile.USTAR_FORMAT: "ustar", tarfile.GNU_FORMAT: "gnu", tarfile.PAX_FORMAT: "pax"}
    shard = tmp_path / "0.tar"
    command = ["tar", f"--format={names[form]}", "-cf", shard, "-C", folder, "."]
    subprocess.run(command, check=True)
    assert {m.name: m.size for m in scanned(shard)} == {"a.jpg": 1, f"deep/{'x' * 90}/b.JPG": 2}


def damaged(content: bytes, at: int) -> bytes:
    return content[:at] + b"?" * 512 + content[at + 512 :]


@pytest.mark.parametrize(
    ("damage", "reasons"),
    [
        (lambda whole: whole, {"a.jpg": "", "b.jpg": ""}),
        (lambda _: b"", {"": "empty file"}),
        (lambda whole: b"\x1f\x8b" + whole[:5000], {"": "no tar file"}),
        (lambda _: b"GIF" * 1000, {"": "no tar file"}),
        (lambda whole: whole[:100], {"": "no tar file"}),
        (lambda whole: whole[:600], {"a.jpg": "the shard ends within it"}),
        (lambda whole: whole[:2048], {"a.jpg": "", "": "ends after a.cls without an end mark"}),
        (lambda whole: whole[:2148], {"a.jpg": "", "": "the shard is damaged after a.cls"}),
        (lambda whole: damaged(whole, 2048), {"a.jpg": "", "": "is damaged after a.cls"}),
        (lambda whole: 2 * whole, {"a.jpg": "", "b.jpg": "", "": "goes on after its end mark"}),
    ],
)
def test_a_damaged_shard_says_so(tmp_path: Path, damage: object, reasons: dict[str, str]) -> None:
    path = write_shard(tmp_path / "0.tar", {"a.jpg": b"a" * 300, "b.jpg": b"b" * 300})
    path.write_bytes(damage(path.read_bytes()))
    found = {member.name: member.reason for member in scanned(path)}
    assert found.keys() == reasons.keys()
    for name, reason in reasons.items():
        assert bool(found[name]) == bool(reason)
        assert reason in found[name]


@examples(300)
@given(st.data())
def test_no_damage_breaks_the_scan(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    path = write_entries(
        tmp_path_factory.mktemp("shard") / "0.tar",
        [entry("a.jpg", b"a" * 700), entry("b" * 200 + ".jpg", b"b"), entry("c.jpg", b"c")],
        form=data.draw(st.sampled_from(FORMATS[1:])),
    )
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 8))):
        at = data.draw(st.integers(0, 6000))
        content[at] = data.draw(st.integers(0, 255))
    path.write_bytes(content[: data.draw(st.integers(0, len(content)))])
    for member in scanned(path):
        if not member.reason:
            assert 0 <= member.offset <= member.offset + member.size <= path.stat().st_size
            assert "\0" not in member.name


def linked(kind: bytes) -> Entry:
    header, _ = entry("a.jpg", kind=kind)
    header.linkname = "/etc/passwd"
    return header, b""


@pytest.mark.parametrize(
    ("hostile", "reason"),
    [
        (linked(tarfile.SYMTYPE), "it is a link in the shard, not a file"),
        (linked(tarfile.LNKTYPE), "it is a link in the shard, not a file"),
        (linked(tarfile.FIFOTYPE), "it is a named pipe in the shard, not a file"),
        (linked(tarfile.CHRTYPE), "it is a device in the shard, not a file"),
    ],
)
def test_only_regular_members_are_read(tmp_path: Path, hostile: Entry, reason: str) -> None:
    path = write_entries(tmp_path / "0.tar", [hostile, entry("b.jpg", b"b")])
    assert [(m.name, m.reason) for m in scanned(path)] == [("a.jpg", reason), ("b.jpg", "")]


@pytest.mark.parametrize(
    ("written", "named"),
    [
        ("/etc/a.jpg", "etc/a.jpg"),
        ("./a.jpg", "a.jpg"),
        ("../../a.jpg", "../../a.jpg"),
        ("x//y/./a.jpg", "x/y/a.jpg"),
        ("a\udcff\n.jpg", "a\udcff\n.jpg"),
    ],
)
def test_names_are_only_names(tmp_path: Path, written: str, named: str) -> None:
    path = write_entries(tmp_path / "0.tar", [entry(written, b"a")])
    assert [member.name for member in scanned(path)] == [named]


def test_a_size_that_no_file_has_is_damage(tmp_path: Path) -> None:
    header, content = entry("a.jpg", b"a")
    header.pax_headers = {"size": "9" * 300}
    path = write_entries(tmp_path / "0.tar", [(header, content)], form=tarfile.PAX_FORMAT)
    (found,) = scanned(path)
    assert found.reason.endswith("(a size is larger than any file's)")
    assert list(members_of(str(path), path.stat())) == [""]


def test_a_sparse_member_is_refused(tmp_path: Path) -> None:
    with (tmp_path / "a.jpg").open("wb") as stream:
        stream.seek(1 << 20)
        stream.write(b"end")
    for form in ("gnu", "pax"):
        shard = tmp_path / f"{form}.tar"
        command = ["tar", "--sparse", f"--format={form}", "-cf", shard, "-C", tmp_path, "a.jpg"]
        subprocess.run(command, check=True)
        (member,) = scanned(shard)
        assert "sparse file" in member.reason


def test_the_holes_behind_a_shard_are_not_read(tmp_path: Path) -> None:
    path = write_shard(tmp_path / "0.tar", {"a.jpg": b"a"})
    os.truncate(path, 1 << 42)
    assert [member.name for member in scanned(path)] == ["a.jpg"]
    with path.open("r+b") as stream:
        stream.seek(1 << 41)
        stream.write(b"more")
    *_, last = scanned(path)
    assert last.reason == "the shard goes on after its end mark, which follows a.cls"


def test_a_huge_member_is_refused(tmp_path: Path) -> None:
    header, _ = entry("a.jpg")
    header.size = LARGEST_BYTES + 1
    with (tmp_path / "0.tar").open("wb") as stream:
        stream.write(header.tobuf())
        stream.truncate(512 + header.size + 2048)  # sparse on disk
    (member,) = scanned(tmp_path / "0.tar")
    assert member.reason == f"the file has {LARGEST_BYTES + 1:,} bytes, more than {LARGEST_BYTES:,}"


def header_of(size: int, kind: bytes = tarfile.REGTYPE) -> bytes:
    """Return a header that claims any size."""
    header, _ = entry("a.jpg", kind=kind)
    header.size = size
    return header.tobuf(tarfile.GNU_FORMAT)


@pytest.mark.parametrize(
    "content",
    [
        header_of(-512) * 4,
        header_of(-(1 << 40)) * 4,
        header_of(1 << 60),
        header_of(1 << 40, tarfile.GNUTYPE_LONGNAME) + b"x" * 4096,
        header_of(-1, tarfile.GNUTYPE_LONGNAME) + b"x" * 4096,
        header_of(512, tarfile.GNUTYPE_LONGNAME) * 4000,
        header_of(1 << 20, tarfile.XHDTYPE) + b"1" * (1 << 21),
        header_of(512, tarfile.XGLTYPE) + b"9" * 4096,
        header_of(LARGEST_HEADER // 2, tarfile.XHDTYPE) * 1000,
        header_of(0, tarfile.GNUTYPE_SPARSE)[:482] + b"\1" + b"\0" * 29 + b"\1" * (1 << 20),
    ],
)
def test_endless_headers_end(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "0.tar"
    path.write_bytes(content)
    *_, last = scanned(path)
    assert last.reason


def test_memory_does_not_grow_with_the_members(tmp_path: Path) -> None:
    """The parser of the standard library keeps every header; 20,000 would take 20 MB."""
    import tracemalloc

    path = tmp_path / "0.tar"
    block = entry("a.txt")[0].tobuf()
    path.write_bytes(block * 20_000 + bytes(1024))
    tracemalloc.start()
    try:
        assert scanned(path) == []
        assert tracemalloc.get_traced_memory()[1] < 2_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("path", "parts"),
    [
        ("a.jpg", None),
        ("shards/0.tar", ("shards/0.tar", "")),
        ("shards/0.TAR/x/a.jpg", ("shards/0.TAR", "x/a.jpg")),
        ("shards/0.tar.gz", None),
        ("folder.tar/a.jpg", None),
        ("folder.tar/1.tar/a.jpg", ("folder.tar/1.tar", "a.jpg")),
        ("0.tar/1.tar/a.jpg", ("0.tar", "1.tar/a.jpg")),
    ],
)
def test_paths_lead_into_shards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str, parts: object
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder.tar").mkdir()
    assert split_member(path) == parts


def test_a_shard_may_be_read_elsewhere_meanwhile(tmp_path: Path) -> None:
    path = write_shard(tmp_path / "0.tar", {f"{i}.jpg": bytes(i * 300) for i in range(9)})
    with path.open("rb") as stream:
        found = []
        for member in scan(stream):
            stream.seek(0, io.SEEK_END)
            found.append(member)
    assert found == scanned(path)
