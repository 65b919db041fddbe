"""Telling whether a result is still as it was written.

A text or a picture ends with a digest of all that precedes it, and archives (``.npz``, ``.pt``,
``.zip``) hold a checksum of each member. So each file tells by itself whether it is whole.
Documents, arrays and checkpoints among the results also tell where they belong, so that none passes
for another.
"""

import errno
import hashlib
import os
import re
import shutil
import zipfile
from pathlib import Path

from parity.errors import UserError
from parity.provenance import sha256

RESULTS = "results"
"""The folder of everything that a run makes, and that it can make anew."""

REPORTS = "reports"
"""The folder of the reports of all runs."""

NOTES = f"{RESULTS}/.damaged"
"""The folder of notes of damaged results, each with a path."""

ASIDE = ".damaged"
"""What is added to the name of a damaged result that was moved aside."""

MADE_AS_A_WHOLE = ".snakemake_timestamp"
"""What Snakemake leaves in a folder that is one output of a rule."""

_COMMENT = b"<!-- sha256: ", b" -->\n"

_AFTER_PICTURE = b"\nsha256: ", b"\n"

SEALS = {
    ".json": (b',\n "digest": "', b'"\n}\n'),
    **dict.fromkeys((".html", ".md", ".svg", ".xml"), _COMMENT),
    ".js": (b"// sha256: ", b"\n"),
    **dict.fromkeys((".jpg", ".png"), _AFTER_PICTURE),
}
"""What stands before and after the digest at the end of a text, by suffix; and of a picture, where
no decoder looks."""

TEMPORARY = re.compile(r"\.[0-9a-f]{8}\.(?=.)")
"""What the name of a file or folder begins with while it is written."""

ARCHIVES = frozenset({".npz", ".pt", ".zip"})
ZIP_MARK = b"PK"
COMMENT_LENGTH = 2
"""Bytes near the end of an archive that say how long its comment is, which follows."""
PIECE_BYTES = 1 << 20
"""Bytes that are read at a time; chosen."""


def read_sealed(path: str | Path) -> bytes:
    """Read a file whose digest is at its end; one that is no result may lack it.

    Raises
    ------
    UserError
        If it is damaged.
    """
    path = Path(path)
    check_is_file(path)
    content = path.read_bytes()
    if is_result(path) and not _is_sealed(content, path):
        raise damaged(path, "is damaged")
    return content


def place_of(path: str | Path) -> bytes:
    """Return where a result belongs that no other may stand for; empty for all other files.

    Pictures and pages are copied, and a file has its place while it is written under another name.
    """
    path = Path(path)
    if path.suffix not in (".json", ".npz", ".pt") or not is_result(path):
        return b""
    return b"/".join(os.fsencode(TEMPORARY.sub("", part)) for part in path.parts)


def note_place(path: Path) -> None:
    """Write into an archive where it belongs, see :func:`place_of`, as its comment."""
    place = place_of(path)
    if place and zipfile.is_zipfile(path):  # which torch's older format is not
        with path.open("r+b") as stream:  # zipfile would write the table of contents anew
            stream.seek(_end_of_contents(path))
            stream.write(len(place).to_bytes(COMMENT_LENGTH, "little") + place)
            stream.truncate()


def sha256_without_place(path: str | Path) -> str:
    """Return the digest of an archive as it is without a comment, and of any other file."""
    if not zipfile.is_zipfile(path):
        return sha256(path)
    digest, left = hashlib.sha256(), _end_of_contents(path)
    with Path(path).open("rb") as stream:
        while left:
            piece = stream.read(min(left, PIECE_BYTES))
            digest.update(piece)
            left -= len(piece)
    digest.update(bytes(COMMENT_LENGTH))
    return digest.hexdigest()


def _end_of_contents(path: str | Path) -> int:
    """Return where an archive says how long its comment is."""
    with zipfile.ZipFile(path) as archive:
        return Path(path).stat().st_size - len(archive.comment) - COMMENT_LENGTH


def belongs(noted: bytes, path: str | Path) -> bool:
    """Return whether the comment of an archive names its place, if it has one."""
    return noted == place_of(path) or not is_result(path)


def seal(content: bytes | memoryview, suffix: str, place: bytes = b"") -> bytes:
    """Return what is to follow a text or a picture: its digest, as :data:`SEALS` says.

    That of a file with a place of its own, see :func:`place_of`, is of the content and the place.
    """
    before, after = SEALS[suffix]
    digest = hashlib.sha256(content)
    digest.update(place)
    return before + digest.hexdigest().encode() + after


def _is_sealed(content: bytes, path: Path) -> bool:
    length = len(seal(b"", path.suffix))
    return content.endswith(seal(memoryview(content)[:-length], path.suffix, place_of(path)))


def check_whole(path: str | Path) -> None:
    """Check that a result is as it was written; a file from elsewhere carries no such proof.

    Raises
    ------
    UserError
        If it is damaged.
    """
    path = Path(path)
    if not is_result(path):
        return
    check_is_file(path)
    if path.suffix in SEALS:
        read_sealed(path)
    elif path.suffix in ARCHIVES and not _is_whole_archive(path):
        raise damaged(path, "is damaged")


def check_is_file(path: Path) -> None:
    """Check that nothing else stands where a file belongs; a pipe would be read for ever."""
    if path.exists() and not path.is_file():
        raise damaged(path, "is not a file")


def _is_whole_archive(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.testzip() is None and belongs(archive.comment, path)
    except Exception as error:
        if not tells_of_damage(error):
            raise
        with path.open("rb") as stream:  # torch's older format is no archive
            return stream.read(len(ZIP_MARK)) not in (ZIP_MARK, b"")


def tells_of_damage(error: Exception) -> bool:
    """Return whether an error in reading an archive is due to its bytes, not to disk or memory.

    A changed byte may claim a password, another compression or a member before the start of the
    file (EINVAL), and the libraries raise errors of many kinds.
    """
    if isinstance(error, OSError):
        return error.errno in (None, errno.EINVAL)
    return not isinstance(error, MemoryError)


def is_result(path: str | Path) -> bool:
    """Return whether a run made a file, and can make it anew."""
    parts = Path(path).parts
    return parts[0] == RESULTS and ".." not in parts


def damaged(path: str | Path, what: str) -> UserError:
    """Return the error for a file that cannot be used.

    A result is noted down, and :func:`set_aside_damaged` moves it when the next run begins. Until
    then it stays where it is: other jobs of this run, and Snakemake itself, expect it there.

    Parameters
    ----------
    path : str or Path
        The file.
    what : str
        What is wrong with it, to follow its name.
    """
    if not is_result(path):
        return UserError(f"{path} {what}; delete it and run again.")
    named = os.fsencode(path)
    note = Path(NOTES) / hashlib.sha256(named).hexdigest()
    note.parent.mkdir(parents=True, exist_ok=True)
    note.write_bytes(named)
    return UserError(f"{path} {what}: run again, and it will be made again.")


def of_other_images(what: str) -> UserError:
    """Return the error for results that should be of the same images, each whole and in its place.

    Nothing tells which of them, or of those that they were made from, belongs to another run.

    Parameters
    ----------
    what : str
        What lists different images; the sentence begins with it.
    """
    return UserError(
        f"{what} list different images, so some are results of another run: delete "
        f"{RESULTS}/infer_* and {RESULTS}/detect_*, and run again."
    )


def set_aside_damaged() -> list[str]:
    """Move the results aside that were found to be damaged, so that Snakemake makes them anew.

    One in a folder that a rule makes as a whole is moved with that folder.

    Returns
    -------
    list of str
        What was damaged and still there.
    """
    found = []
    for note in sorted(Path(NOTES).glob("*")):
        named = note.read_bytes()
        path = Path(os.fsdecode(named))
        whole = note.name == hashlib.sha256(named).hexdigest()
        if whole and is_result(path) and path.exists():
            found.append(str(path))
            _set_aside(path.parent if (path.parent / MADE_AS_A_WHOLE).exists() else path)
        note.unlink()
    return found


def _set_aside(path: Path) -> None:
    aside = path.with_name(f"{path.name}{ASIDE}")
    if aside.is_dir():
        shutil.rmtree(aside)
    else:
        aside.unlink(missing_ok=True)
    path.replace(aside)
