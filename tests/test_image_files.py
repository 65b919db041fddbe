"""Only regular files are opened: nothing else is waited for."""

import os
import socket
from pathlib import Path

import pytest

from parity.data.image_files import image_digest, open_image
from parity.data.shards import LARGEST_BYTES
from parity.errors import UnreadableImageError
from parity.provenance import sha256


def make_socket(path: Path) -> None:
    here = Path.cwd()
    os.chdir(path.parent)  # the path of a socket must be short
    try:
        socket.socket(socket.AF_UNIX).bind(path.name)
    finally:
        os.chdir(here)


def make_sparse(path: Path) -> None:
    with path.open("wb") as stream:
        stream.truncate(LARGEST_BYTES + 1)


KINDS = [
    (os.mkfifo, "it is a named pipe, not a file"),
    (make_socket, "it is a socket, not a file"),
    (lambda p: p.symlink_to("/dev/zero"), "it is a device, not a file"),
    (lambda p: p.symlink_to("/dev/stdin"), "not a file|No such"),
    (lambda p: p.symlink_to("/proc/kmsg"), "it is what the system says of itself, not a file"),
    (lambda p: p.mkdir(), "it is a folder, not a file"),
    (lambda p: p.symlink_to(p.name), "Too many levels of symbolic links"),
    (lambda p: p.symlink_to("lost"), "No such file or directory"),
    (lambda p: None, "No such file or directory"),  # noqa: ARG005
    (make_sparse, "the file has 1,073,741,825 bytes, more than 1,073,741,824"),
]


@pytest.mark.parametrize(("make", "said"), KINDS)
def test_what_is_no_file_of_an_image_says_so(tmp_path: Path, make, said: str) -> None:
    path = tmp_path / "a.jpg"
    make(path)
    with pytest.raises(UnreadableImageError, match=said):
        open_image(path)
    assert image_digest(path) == ""


def test_a_regular_file_is_opened(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(b"pixels")
    (tmp_path / "b.jpg").symlink_to("a.jpg")
    with open_image(tmp_path / "b.jpg") as stream:
        assert stream.read() == b"pixels"
    assert image_digest(path) == sha256(path)


def test_a_folder_that_cannot_be_searched_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: str) -> None:
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(UnreadableImageError, match="Permission denied"):
        open_image(tmp_path)
