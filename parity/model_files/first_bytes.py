"""What a file is that is no model, from its first bytes."""

import re

HEAD_BYTES = 4096
LFS = b"version https://git-lfs"
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
}
MARKS = {b"TFL3": "is a TFLite model", b"ORTM": "is a model in ONNX Runtime's own format"}
"""What stands after the first four bytes."""


def what_it_is(head: bytes, wanted: str = "an .onnx file") -> str:
    """Return what a file is that cannot be a model, to follow its name; empty if it may be one."""
    if not head:
        return f"is empty; give {wanted}"
    if head.startswith(LFS):
        return "is a pointer of Git LFS instead of the model; fetch that with git lfs pull"
    if HTML.match(head):
        return "is a web page instead of a model; its download went wrong"
    for signature, said in SIGNATURES.items():
        if head.startswith(signature):
            return said if "; " in said else f"{said}; give {wanted}"
    return next((f"{said}; give {wanted}" for mark, said in MARKS.items() if head[4:8] == mark), "")
