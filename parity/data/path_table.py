"""Lists of images in Parquet, which polars reads; it comes with Ultralytics."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from parity.cost_limit import MostCost, cost_limit
from parity.errors import UserError, in_one_line, shown

TABLE = ".parquet"

STDERR = 2
"""The file descriptor that all code of a process writes its errors to."""

MOST_ROWS = 10_000_000
"""Images that a file lists, at most; chosen: planning a million takes seconds."""

MOST_BYTES = 1 << 30
"""Bytes of their paths, at most; chosen. A file of kilobytes can repeat a path without end."""

MOST_SECONDS = 300
MOST_MEGABYTES = 8_000
"""What reading may cost; chosen, well above what the largest list takes."""

COLUMNS = ("path",), ("shard", "member")
"""The columns that name an image, whichever are there."""


def read_path_table(path: Path) -> list[str]:
    """Return the images that a Parquet file lists.

    Parameters
    ----------
    path : Path
        It has a column ``path``, or the columns ``shard`` and ``member``; others do not matter.

    Returns
    -------
    list of str
        Paths, relative to the folder of the file; that of a member is ``shard.tar/member.jpg``.

    Raises
    ------
    UserError
        If polars is not installed or cannot read the file, its columns are others, it lists too
        much, or an image twice.
    """
    try:
        import polars  # noqa: PLC0415 - slow, and few need it
    except ImportError:
        raise UserError(
            f"images: {path} needs polars, which is not installed; install it (pip install "
            "polars), or list the paths in a text file."
        ) from None
    try:
        with cost_limit(_most(path)), _without_panics():
            # Nothing in the path is a pattern, a home folder or the name of a column.
            lazy = polars.scan_parquet(path.absolute(), glob=False, hive_partitioning=False)
            schema = lazy.collect_schema()
            columns = next((names for names in COLUMNS if set(names) <= set(schema)), None)
            if columns is None:
                raise UserError(f"images: {path} must have a column path, or shard and member.")
            rows = lazy.select(polars.len()).collect().item()
            if rows > MOST_ROWS:
                raise UserError(
                    f"images: {path} lists {rows:,} images, and a file may list {MOST_ROWS:,}; "
                    "divide it."
                )
            table = lazy.select(columns).collect()
    except (polars.exceptions.PolarsError, polars.exceptions.PanicException, OSError) as error:
        said = shown(in_one_line(error))
        raise UserError(f"images: {path} cannot be read as Parquet ({said}).") from None
    for name in columns:
        column = table[name]
        if column.dtype != polars.String or column.has_nulls():
            raise UserError(f"images: the column {name} of {path} must hold text in every row.")
    lengths = table.select(polars.all().str.len_bytes().cast(polars.UInt64).sum())
    if sum(lengths.row(0)) > MOST_BYTES:
        raise UserError(
            f"images: the paths in {path} have more than {MOST_BYTES:,} bytes; divide it."
        )
    if (twice := table.is_duplicated()).any():
        raise UserError(
            f"images: {path} names the same file twice, first in row {twice.arg_max()}."
        )
    listed: list[str] = (
        table.select(polars.concat_str(columns, separator="/")).to_series().to_list()
    )
    if (empty := next((row for row, text in enumerate(listed) if not text), None)) is not None:
        raise UserError(f"images: row {empty} of {path} names no image.")
    return listed


@contextmanager
def _without_panics() -> Iterator[None]:
    """Keep off the console what Rust prints where it panics; the error says it, too."""
    sys.stderr.flush()
    kept = os.dup(STDERR)
    try:
        with Path(os.devnull).open("wb") as nothing:
            os.dup2(nothing.fileno(), STDERR)
        yield
    finally:
        os.dup2(kept, STDERR)
        os.close(kept)


def _most(path: Path) -> MostCost:
    """Return what reading may cost; a damaged file can end the process in which polars reads it."""
    remedy = "write it anew, or list the paths in a text file."
    return MostCost(
        seconds=MOST_SECONDS,
        megabytes=MOST_MEGABYTES,
        too_long=f"images: {path} takes more than {MOST_SECONDS} s to read; {remedy}",
        too_large=f"images: {path} takes more than {MOST_MEGABYTES:,} MB to read; {remedy}",
        died=f"images: {path} cannot be read as Parquet (it ended the process); {remedy}",
    )
