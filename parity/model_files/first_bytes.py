"""What a file is that is no model, from its first bytes."""

import re
from collections.abc import Callable

from parity.foreign import LFS, POINTER, UTF_16

HEAD_BYTES = 4096
LONGEST_CHARACTER = 4
"""Bytes of a character in UTF-8, at most; the last may be cut off."""
HTML = re.compile(rb"\s*<(!doctype|html|head|\?xml)", re.IGNORECASE)
SIGNATURES = {
    b"\x1f\x8b": "is compressed with gzip; unpack it",
    b"BZh": "is compressed with bzip2; unpack it",
    b"\xfd7zXZ": "is compressed with xz; unpack it",
    b"\x89HDF": "is an HDF5 file",
    b"\x89PNG": "is a PNG image",
    b"\xff\xd8\xff": "is a JPEG image",
    b"PK\x03\x04": "is a ZIP archive, such as a .pt",
    b"ftrt": "is a TensorRT engine",
    b"7z\xbc\xaf": "is a 7z archive; unpack it",
    b"Rar!": "is a RAR archive; unpack it",
    b"GGUF": "is a GGUF file",
    b"%PDF": "is a PDF document",
    b"\x7fELF": "is a program or library",
    b"7767517": "is an NCNN model",
    b"RKNN": "is an RKNN model",
    b"\x01HEF": "is a Hailo model",
    **{b"\x80" + bytes([version]): "is a pickle, such as an old .pt" for version in range(2, 6)},
}
OPENVINO = re.compile(rb"\s*(<\?xml[^>]*>\s*)?<net\b")
MARKS = {
    b"TFL3": "is a TFLite model",
    b"ORTM": "is a model in ONNX Runtime's own format",
    b"ET12": "is an ExecuTorch program",
}
"""What stands after the first four bytes."""


def what_it_is(head: bytes, wanted: str = "an .onnx file") -> str:
    """Return what a file is that cannot be a model, to follow its name; empty if it may be one."""
    said = next((sentence for test, sentence in KINDS if test(head)), "")
    if not said:
        said = next(
            (each for signature, each in SIGNATURES.items() if head.startswith(signature)), ""
        )
        said = said or MARKS.get(head[4:8], "")
    if not said and is_printable(head):
        said = "is text instead of a model"
    return f"{said}; give {wanted}" if said and "; " not in said else said


KINDS: tuple[tuple[Callable[[bytes], object], str], ...] = (
    (lambda head: not head, "is empty"),
    (lambda head: head.startswith(LFS), POINTER),
    (OPENVINO.match, "is an OpenVINO model"),
    (HTML.match, "is a web page instead of a model; its download went wrong"),
    (lambda head: head[4:9] == b"\0\0\0\0{", "is a safetensors file"),
    (lambda head: head[4:5] == b"{", "is a TensorRT engine that Ultralytics exported"),
)
"""How kinds of files are recognised that have no signature, and what they are."""


def is_printable(head: bytes) -> bool:
    """Return whether bytes are nothing but text, which a protocol buffer never is."""
    try:
        text = head.decode("utf-16" if head.startswith(UTF_16) else "utf-8")
    except UnicodeDecodeError as error:
        text = head[: error.start].decode()
        if error.start < len(head) - LONGEST_CHARACTER:
            return False
    return text.isprintable() or not any(c < " " and not c.isspace() for c in text)
