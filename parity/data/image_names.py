"""Finding the images of a run that names in somebody's boxes, labels or arrays refer to."""

import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath

from parity.errors import UserError
from parity.foreign import name_in_words

Given = str | int
"""How a source names an image: a path, or COCO's number of an image."""

Parts = tuple[str, ...]
"""The folders and the file of a path."""


COCO_NAME = "{:012d}"
"""How COCO names the file of an image by its number."""


class ImageNames:
    """The images of a run, found by path, end of a path, file name, stem or number."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names = list(names)
        self._by_end: dict[Parts, list[str]] = {}
        for name in self._names:
            for parts in set(_spellings(name)):
                for start in range(len(parts)):
                    self._by_end.setdefault(parts[start:], []).append(name)
        self._longest = max(map(len, self._by_end), default=0)

    def __iter__(self) -> Iterator[str]:
        """Return the names."""
        return iter(self._names)

    def resolve(self, given: Mapping[Given, str]) -> dict[Given, str]:
        """Return the image that each name means; names that mean none are left out.

        Parameters
        ----------
        given : mapping of (str or int) to str
            A path, or COCO's number of an image, whose file name is the number in 12 digits; and
            its position, for messages.

        Raises
        ------
        UserError
            If a name could be two images, or two names are the same image.

        Notes
        -----
        A name is an image of the run for certain if the one path ends with the other. Where no name
        claims an image for certain, one claims it that shares the end of the path or the stem.
        """
        certain: dict[Given, str] = {}
        likely: dict[Given, str] = {}
        for each, where in given.items():
            name, is_certain = self._find(each, where)
            if name is not None:
                (certain if is_certain else likely)[each] = name
        taken = set(certain.values())
        found = certain | {each: name for each, name in likely.items() if name not in taken}
        _check_distinct(found, given)
        return found

    def resolve_once(self, given: Mapping[Given, str]) -> dict[Given, str]:
        """Do the same for names of which each stands for all that is said of an image.

        Raises
        ------
        UserError
            As :meth:`resolve`, or if two names are the same image, however they are written.
        """
        found = self.resolve(given)
        first: dict[str, Given] = {}
        for each, name in found.items():
            if (other := first.setdefault(name, each)) != each:
                raise UserError(
                    f"{given[each]}: {name_in_words(name)} is listed twice, as "
                    f"{name_in_words(other)} and as {name_in_words(each)}."
                )
        return found

    def candidates(self, given: Given) -> frozenset[str]:
        """Return the images that a name may mean, by as much of its end as any has."""
        spellings = [*_spellings(str(given))]
        if isinstance(given, int):
            spellings.append((COCO_NAME.format(given),))
        for start in range(max(len(spellings[0]) - self._longest, 0), len(spellings[0])):
            if found := frozenset(
                name for parts in spellings for name in self._by_end.get(parts[start:], [])
            ):
                return found
        return frozenset()

    def _find(self, given: Given, where: str) -> tuple[str | None, bool]:
        spellings = [*_spellings(str(given))]
        whole = spellings[0]
        if isinstance(given, int):
            spellings.append((COCO_NAME.format(given),))
        for start in range(max(len(whole) - self._longest, 0), len(whole)):
            for parts in spellings:
                found = sorted(set(self._by_end.get(parts[start:], [])))
                exact = [name for name in found if parts[start:] in _spellings(name)]
                if len(found) > 1 and len(exact) != 1:
                    raise UserError(
                        f"{where}: {name_in_words(given)} could be {found[0]} or {found[1]}."
                    )
                if found:
                    name = (exact or found)[0]
                    is_end = start == 0 or bool(exact)
                    return name, is_end and (parts == whole or parts is not spellings[1])
        return None, False


def parts_of(path: str) -> Parts:
    """Return the folders and the file of a path as it is written on any system."""
    path = unicodedata.normalize("NFC", path).replace("\\", "/")
    return tuple(part for part in path.split("/") if part not in ("", "."))


def _spellings(path: str) -> tuple[Parts, Parts]:
    """Return the parts of a path, with and without its suffix."""
    return parts_of(path), _without_suffix(parts_of(path))


def _without_suffix(parts: Parts) -> Parts:
    return (*parts[:-1], PurePosixPath(parts[-1]).stem) if parts else ()


def _check_distinct(found: Mapping[Given, str], given: Mapping[Given, str]) -> None:
    """Check that names of one image are ends of each other, as x/1.jpg and 1.jpg are."""
    by_name: dict[str, Given] = {}
    for each, name in found.items():
        other = by_name.setdefault(name, each)
        if isinstance(each, int) or isinstance(other, int):
            continue
        short, long = sorted((parts_of(each), parts_of(other)), key=len)
        ends = long[len(long) - len(short) :]
        if short not in (ends, _without_suffix(ends)):
            raise UserError(
                f"{given[each]}: {name_in_words(each)} and {name_in_words(other)} would both be "
                f"{name_in_words(name)} of this run; write the folders of images with equal names."
            )


def image_of_file(path: Path, images: ImageNames) -> str | None:
    """Return the image of the run that a file is named after; None if it is named after none."""
    named = path.with_suffix("").as_posix()
    return images.resolve({named: str(path)}).get(named)


def left_out(names: Iterable[Given]) -> tuple[str, ...]:
    """Return a note on names that are not images of the run; none if there are no names."""
    listed = list(names)
    more = f" and {len(listed) - 1} more are not images" if listed[1:] else " is not an image"
    return (f"{name_in_words(listed[0])}{more} of this run; left out.",) if listed else ()


def first_places(named: Iterable[tuple[Given, str]]) -> dict[Given, str]:
    """Return the first of the positions at which each image is named."""
    places: dict[Given, str] = {}
    for given, where in named:
        places.setdefault(given, where)
    return places
