"""Animated PNGs, of which a decoder is to see the first image alone.

Where an animation is damaged or has 16 bits a colour, OpenCV 5.0.0 returns pixels that are not in
the file, or writes where it must not.
"""

import struct
from collections.abc import Iterator

from parity.errors import UnreadableImageError

SIGNATURE = b"\x89PNG\r\n\x1a\n"
ANIMATION = frozenset([b"acTL", b"fcTL", b"fdAT"])
"""Kinds of the chunks that make an animation (PNG, third edition, section 11.3.6)."""
UNUSED = ANIMATION | {b"eXIf"}
"""What is left out; OpenCV turns no animated PNG."""
LARGEST_DEPTH = 8
"""Bits a colour of the animations that OpenCV reads."""


def chunks(content: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Yield the kind of each chunk of a PNG, the bytes of its data, and where it starts.

    What follows the last one, ``IEND``, is no part of the picture.
    """
    start, kind = len(SIGNATURE), b""
    while start + 8 <= len(content) and kind != b"IEND":
        length, kind = struct.unpack_from(">I4s", content, start)
        yield kind, length, start
        start += length + 12


def without_animation(content: bytes) -> bytes:
    """Return an animated PNG with nothing but its first image, and any other file as it is.

    Raises
    ------
    UnreadableImageError
        If Ultralytics, which reads with OpenCV, would return anything else than this image.
    """
    is_animated = content.startswith(SIGNATURE) and any(
        kind in ANIMATION for kind, _, _ in chunks(content)
    )
    return _first_image(content) if is_animated else content


def _first_image(content: bytes) -> bytes:
    kept, first = [SIGNATURE], dict[bytes, bytes]()
    for kind, length, start in chunks(content):
        first.setdefault(kind, content[start + 8 : start + 8 + min(length, 20)])
        if kind == b"IDAT" and not _is_plain(first):
            break
        if kind not in UNUSED:
            kept.append(content[start : start + length + 12])
    else:
        return b"".join(kept)
    raise UnreadableImageError(
        "it is an animated PNG whose first frame is not its image or has more than "
        f"{LARGEST_DEPTH} bits a colour, which OpenCV cannot read"
    )


def _is_plain(first: dict[bytes, bytes]) -> bool:
    """Return whether the first frame is the image itself, by what precedes it."""
    header, frame = first.get(b"IHDR", b""), first.get(b"fcTL", b"")
    whole_image = header[:8] + bytes(8)  # width, height, and the place in the image
    return frame[4:] == whole_image and header[8] <= LARGEST_DEPTH
