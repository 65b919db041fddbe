"""What decoding an image costs, told from its headers before any decoder sees it.

Most decoders take time and memory by the pixels, which OpenCV and Pillow compare with
``limits.pixels``. The files that cost more are told apart here, by their content: a suffix may lie.
"""

import re
import struct
from collections.abc import Callable

from parity.data.animated_png import SIGNATURE, chunks
from parity.errors import UnreadableImageError
from parity.limits import Limits

HARMLESS = 10_000_000
"""Pixels that are decoded in a fifth of a second (chosen); a smaller limit is for memory alone."""

USUAL_SCANS = 10
"""Scans of a progressive JPEG as libjpeg writes it. Each further one visits all pixels again."""
SCAN = b"\xff\xda"
FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""Markers of a JPEG that its height and width follow (ITU-T T.81, table B.1)."""
ALONE = frozenset([0x00, 0x01, *range(0xD0, 0xDA), 0xFF])
"""Second bytes after which no length follows (ibid.)."""

SIZE_OF_CODESTREAM = b"\xff\x4f\xff\x51"
"""Begins a JPEG 2000 codestream; its size follows (ITU-T T.800, A.5.1)."""
MAX_TILE_COMPONENTS = 300_000
"""Tiles of a JPEG 2000 times its components, each of which takes a kilobyte (chosen)."""
COSTLY = 2
"""Bytes that a pixel takes while it is decoded, divided by those of other files: JPEG 2000 and
Radiance take 15 (measured)."""

TIFF_TAGS = {256: "width", 257: "height", 258: "bits", 277: "samples", 322: "across", 323: "down"}
"""What counts of the first page of a TIFF, the only one that is decoded (TIFF 6.0, section 8); the
last two are the sides of its tiles."""
TIFF_NUMBERS = {3: "H", 4: "I", 16: "Q"}
"""How a number is stored, by the type of a field."""
MOST_TIFF_FIELDS = 1 << 16
"""Fields that a page may have, unless it is a BigTIFF, of which libtiff reads 4,096."""
BITS_OF_COLOURS = 24
"""Bits of a pixel of other files. OpenCV keeps a TIFF as it is stored, and once more (measured)."""

PIXELS_PER_BYTE = 16
"""Pixels of a JPEG that are decoded while OpenCV reads a byte of text (measured)."""
PIXELS_PER_BLOCK_BYTE = 8
"""The same for a byte of a GIF of many small blocks (measured)."""
PNM_TEXT = re.compile(rb"P[1-7](#[^\r\n]*+|[\sA-Z_\d]++)*+")
"""The header of a file of the PNM family with its comments, or all of one that is text."""
RADIANCE_SIZE = re.compile(rb"\n[-+]Y (\d{1,9}) [-+]X (\d{1,9})\n")
RADIANCE_HEADER = 65_536
"""Bytes in which its size must be found (chosen)."""


def check_decoding_cost(content: bytes) -> None:
    """Check that an image takes no longer, and no more memory, than the limit of pixels allows.

    Parameters
    ----------
    content : bytes
        The file.

    Raises
    ------
    UnreadableImageError
        If decoding it would cost more than decoding an image of ``limits.pixels`` does.
    """
    most = Limits.current().pixels
    for beginning, cost in COSTS.items():
        if content.startswith(beginning) and (pixels := cost(content)) > max(most, HARMLESS):
            raise UnreadableImageError(
                f"it costs as much as {pixels:,} pixels to decode, more than {most:,} "
                "(limits.pixels)"
            )


def _jpeg(content: bytes) -> int:
    scans = content.count(SCAN)
    if scans <= USUAL_SCANS:
        return 0
    place = len(b"\xff\xd8")
    while (place := content.find(b"\xff", place)) >= 0 and place + 9 <= len(content):
        marker, length, _, height, width = struct.unpack_from(">BHBHH", content, place + 1)
        if marker in FRAMES:
            return int(height * width * scans // USUAL_SCANS)
        place += 1 if marker in ALONE else 2 + length
    return 0


def _png(content: bytes) -> int:
    """Refuse a chunk longer than the file, because OpenCV allocates the length that it claims."""
    if any(length > len(content) for _, length, _ in chunks(content)):
        raise UnreadableImageError("the file is truncated")
    return 0


def _jpeg_2000(content: bytes) -> int:
    place = content.find(SIZE_OF_CODESTREAM) + len(SIZE_OF_CODESTREAM)
    if place < len(SIZE_OF_CODESTREAM) or place + 38 > len(content):
        return 0
    right, bottom, left, top, *tiles, components = struct.unpack_from(">8IH", content, place + 4)
    width, height = max(right - left, 0), max(bottom - top, 0)
    count = -(-width // max(tiles[0], 1)) * -(-height // max(tiles[1], 1))
    if count * components > MAX_TILE_COMPONENTS:
        raise UnreadableImageError(f"it has {count:,} tiles, which no image needs")
    return int(COSTLY * width * height)


def _radiance(content: bytes) -> int:
    size = RADIANCE_SIZE.search(content, 0, RADIANCE_HEADER)
    if size is None:
        raise UnreadableImageError("it does not say its size")
    return COSTLY * int(size[1]) * int(size[2])


def _gif(content: bytes) -> int:
    return len(content) * PIXELS_PER_BLOCK_BYTE


def _pnm(content: bytes) -> int:
    text = PNM_TEXT.match(content)
    return len(text[0]) * PIXELS_PER_BYTE if text else 0


def _tiff(content: bytes) -> int:
    found = {"samples": 1, **_tiff_fields(content)}
    sides = ("width", "height"), ("across", "down")
    pixels = max(found.get(one, 0) * found.get(other, 0) for one, other in sides)
    return pixels * max(1, found["samples"] * found.get("bits", 1) // BITS_OF_COLOURS)


def _tiff_fields(content: bytes) -> dict[str, int]:
    """Return the fields of the first page that count, the largest of those that stand twice."""
    order = "<" if content.startswith(b"II") else ">"
    is_big = b"+" in content[2:4]  # BigTIFF
    place, pointer, counted, entry = (8, "Q", "Q", "HHQ8s") if is_big else (4, "I", "H", "HHI4s")
    found: dict[str, int] = {}
    try:
        (first,) = struct.unpack_from(order + pointer, content, place)
        (count,) = struct.unpack_from(order + counted, content, first)
        start, step = first + struct.calcsize(f"={counted}"), struct.calcsize(f"={entry}")
        for number in range(min(count, MOST_TIFF_FIELDS)):
            tag, kind, many, value = struct.unpack_from(
                order + entry, content, start + number * step
            )
            if tag not in TIFF_TAGS or kind not in TIFF_NUMBERS:
                continue
            stored, there = order + TIFF_NUMBERS[kind], 0
            if many * struct.calcsize(stored) > len(value):  # then it says where they are
                (there,) = struct.unpack(order + pointer, value)
                value = content
            name = TIFF_TAGS[tag]
            found[name] = max(found.get(name, 0), *struct.unpack_from(stored, value, there))
    except (struct.error, OverflowError):
        pass  # what is not in the file, no decoder finds either
    return found


COSTS: dict[bytes, Callable[[bytes], int]] = {
    b"\xff\xd8\xff": _jpeg,
    SIGNATURE: _png,
    b"\0\0\0\x0cjP": _jpeg_2000,
    b"\xff\x4f\xff\x51": _jpeg_2000,
    b"#?R": _radiance,
    b"GIF8": _gif,
    b"P": _pnm,
    **dict.fromkeys((b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"), _tiff),
}
"""What returns the pixels that an image costs as much as, by the first bytes of its file."""
