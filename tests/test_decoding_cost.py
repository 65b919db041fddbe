"""Images that cost more than their pixels tell: each is refused before it is decoded."""

import gzip
import os
import struct
import zlib
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from parity.data.decoding_cost import check_decoding_cost
from parity.data.reading import read_image
from parity.errors import UnreadableImageError
from parity.limits import PIXELS

MOST = 1_000
"""Pixels that images may have."""


@pytest.fixture(autouse=True)
def limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PIXELS, str(MOST))


def picture(kind: str, **how: object) -> bytes:
    """Return an image of 300 x 200 px."""
    stream = BytesIO()
    Image.linear_gradient("L").resize((300, 200)).convert("RGB").save(stream, kind, **how)
    return stream.getvalue()


def many_scans(count: int, before: bytes = b"") -> bytes:
    """Return a progressive JPEG whose last scan is repeated, after some segments."""
    whole = picture("JPEG", progressive=True)
    last = whole[whole.rindex(b"\xff\xda") : -2]
    return whole[:2] + before + whole[2:-2] + last * count + whole[-2:]


def png_chunk(kind: bytes, length: int, data: bytes) -> bytes:
    checksum = struct.pack(">I", zlib.crc32(kind + data))
    return struct.pack(">I", length) + kind + data + checksum


def tiles(side: int, components: int) -> bytes:
    """Return the beginning of a JPEG 2000 of tiles of one px."""
    size = struct.pack(">H8IH", 0, side, side, 0, 0, 1, 1, 0, 0, components)
    return b"\xff\x4f\xff\x51" + struct.pack(">H", len(size) + 2) + size + bytes(3 * components)


def tiff(order: str, bits: int, *, width: int = 3_000, tile: int = 0, big: bool = False) -> bytes:
    """Return the beginning of a TIFF of 2,000 rows of three colours."""
    entry, whole, pointer, counted = ("HHQQ", 16, "Q", "Q") if big else ("HHII", 4, "I", "H")
    fields = {256: width, 257: 2_000, 277: 3, 322: tile, 323: tile}
    header = {"<": b"II", ">": b"MM"}[order] + struct.pack(f"{order}H", 43 if big else 42)
    header += struct.pack(f"{order}HH", 8, 0) if big else b""
    first = len(header) + struct.calcsize(f"={pointer}")
    after = first + struct.calcsize(f"={counted}") + 6 * struct.calcsize(f"={entry}")
    header += struct.pack(order + pointer, first) + struct.pack(order + counted, 6)
    header += struct.pack(order + entry, 258, 3, 100, after)
    for tag, number in fields.items():
        header += struct.pack(order + entry, tag, whole, 1, number)
    return header + struct.pack(f"{order}100H", *[bits] * 100)


PNG = picture("PNG")
HEADER = PNG[:33]
SHORT_SEGMENTS = b"\xff\xe1\0\x02" * 100 + b"\xff\xff\xff\xd0\0\0"
COSTLY = {
    "scans": many_scans(2_000),
    "scans after many segments": many_scans(2_000, SHORT_SEGMENTS),
    "a long chunk": HEADER + png_chunk(b"IDAT", 2**31 - 1, bytes(99)),
    "a long chunk after others": HEADER + png_chunk(b"tEXt", 4, b"a\0bc") * 9 + b"\x7f" * 99,
    "tiles": tiles(1000, 3),
    "components": tiles(10, 16_000),
    "pixels of a JPEG 2000": picture("JPEG2000").replace(
        struct.pack(">II", 300, 200), struct.pack(">II", 1 << 31, 1 << 31)
    ),
    "pixels of Radiance": b"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y 3000 +X 2000\n",
    "a size that Radiance lacks": b"#?RADIANCE\n" + bytes(99),
    "text": b"P3\n10 10\n255\n" + b"1 " * 400_000,
    "a comment": b"P6\n#" + b"x" * 700_000 + b"\n1 1\n255\nabc",
    "16 bits": tiff("<", 16),
    "16 bits, the other way round": tiff(">", 16),
    "64 bits": tiff(">", 64, width=1_000, big=True),
    "one large tile": tiff("<", 8, width=10, tile=20_000, big=True),
    "comments": b"GIF89a" + bytes(7) + b"!\xfe\x01a\0" * 300_000,
}
USUAL = {
    "JPEG": picture("JPEG"),
    "progressive JPEG": picture("JPEG", progressive=True),
    "JPEG of a few more scans": many_scans(5),
    "PNG": PNG,
    "PNG with something behind it": PNG + b"\x7f" * 99,
    "GIF": picture("GIF"),
    "PPM": b"P6\n# Gimp\n3 1\n255\n123 45 67",
    "JPEG 2000": picture("JPEG2000").replace(
        struct.pack(">II", 300, 200), struct.pack(">II", 9, 9)
    ),
    "TIFF": picture("TIFF"),
    "TIFF of 8 bits": tiff("<", 8),
    "TIFF whose fields are elsewhere": b"II*\0\xff\xff\xff\xff",
    "BigTIFF whose fields are nowhere": b"II+\0\x08\0\0\0" + b"\xff" * 8,
    "nothing": b"",
    "three bytes": b"\xff\xd8\xff",
    "something else": gzip.compress(b"P" * 99),
}


@pytest.mark.parametrize("name", COSTLY)
def test_costly_files_are_refused(name: str) -> None:
    with pytest.raises(UnreadableImageError, match=r"limits\.pixels|truncated|tiles|its size"):
        check_decoding_cost(COSTLY[name])


@pytest.mark.parametrize("name", USUAL)
def test_usual_files_are_not(name: str) -> None:
    check_decoding_cost(USUAL[name])


@pytest.mark.parametrize("name", COSTLY)
def test_every_cut_is_checked_without_an_error(name: str) -> None:
    for end in range(0, 120):
        try:
            check_decoding_cost(COSTLY[name][:end])
        except UnreadableImageError as error:
            assert str(error)  # noqa: PT017 - any reason will do


@pytest.mark.parametrize("suffix", ["avif", "tga", "png", "heic"])
def test_no_program_is_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    started = tmp_path / "started"
    ghostscript = tmp_path / "gs"
    ghostscript.write_text(f"#!/bin/sh\ntouch {started}\n")
    ghostscript.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    path = tmp_path / f"a.{suffix}"
    path.write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\nshowpage\n")
    with pytest.raises(UnreadableImageError, match=r"format EPS|cannot be decoded"):
        read_image(path)
    assert not started.exists()
