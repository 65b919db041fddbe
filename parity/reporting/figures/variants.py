"""Where the variants of a figure are: in folders beside it."""

from pathlib import Path


def dark_of(path: str | Path) -> Path:
    """Return where a figure is in the colours of the dark scheme."""
    return Path(path).parent / "dark" / Path(path).name


def narrow_of(path: str | Path) -> Path:
    """Return where a figure is as a narrow screen shows it: what is side by side is stacked."""
    return Path(path).parent / "narrow" / Path(path).name


def variants_of(path: str | Path) -> dict[str, Path]:
    """Return the files of a figure by variant: ``light``, and what there is of the others."""
    every = {
        "light": Path(path),
        "dark": dark_of(path),
        "narrow_light": narrow_of(path),
        "narrow_dark": dark_of(narrow_of(path)),
    }
    return {name: file for name, file in every.items() if name == "light" or file.is_file()}
