"""Noticing that a file that the user gives has another content, whatever its date says.

Snakemake compares dates first, so a file that is replaced by an older one would go unnoticed. The
digest of the content is therefore a parameter of the rule that reads the file.
"""

import hashlib
from pathlib import Path

from parity.backends.runtime_files import files_of
from parity.data.digest_cache import DigestCache
from parity.data.listing import list_paths
from parity.data.regular_files import open_regular
from parity.errors import UnreadableImageError, UserError, shown
from parity.foreign import is_file
from parity.planning.config import Config
from parity.planning.externals import tensor_files

MEMORY = "results/plan/given/.index"

LARGEST_GIVEN = 1 << 32
"""Bytes of a model, boxes or an array, at most; chosen: twice the largest ONNX file."""


def given_files(config: Config) -> list[str]:
    """Return the weights, model files, boxes and arrays of a configuration that are files."""
    named = [model.weights for model in config.models.values()]
    named += [config.reference.onnx] if config.reference else []
    named += [export.onnx or "" for export in config.exports.values()]
    named += [
        str(path)
        for export in config.exports.values()
        if export.file is not None
        for path in files_of(export.file)
    ]
    named += [external.detections or "" for external in config.external.values()]
    named += [path for external in config.external.values() for path in tensor_files(external)]
    return sorted({name for name in named if is_file(Path(name))})


def digest_given(paths: list[str], *, remember: bool) -> dict[str, str]:
    """Return the digest of each file, reading only what looks changed.

    Parameters
    ----------
    paths : list of str
        The files.
    remember : bool
        Whether to write down what was read, for the next planning.

    Raises
    ------
    UserError
        If one is too large to be meant; reading a sparse file would take hours.
    """
    listing = list_paths({path: path for path in paths})
    for name, size in zip(listing.names, listing.sizes.tolist(), strict=True):
        if size > LARGEST_GIVEN:
            raise UserError(
                f"{shown(name)} has {size:,} bytes, and what a configuration names has at most "
                f"{LARGEST_GIVEN:,}; give another file."
            )
    digests, read = DigestCache.load(MEMORY).updated(listing, digest=_digest)
    if remember and read.size:
        digests.save(MEMORY)
    rows = zip(listing.names, digests.digests, strict=True)
    return {name: digest.tobytes().hex() for name, digest in rows}


def joined_digest(digests: list[str]) -> str:
    """Return one digest for those of several files; of one file, its own."""
    return (
        digests[0] if len(digests) == 1 else hashlib.sha256("\n".join(digests).encode()).hexdigest()
    )


def _digest(path: str) -> str:
    """Return the SHA-256 of a file of any size; empty if it cannot be read."""
    try:
        with open_regular(path) as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except (UnreadableImageError, OSError):
        return ""
