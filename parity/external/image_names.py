"""Finding the image of a run that a name in a file of external boxes refers to."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from parity.errors import UserError


class ImageNames:
    """The images of a run, found by path, end of a path, file name, stem or number."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names = list(names)
        self._by_end: dict[str, list[str]] = {}
        for name in self._names:
            parts = Path(name).parts
            for start in range(len(parts)):
                self._by_end.setdefault("/".join(parts[start:]), []).append(name)
            self._by_end.setdefault(Path(name).stem, []).append(name)

    def __iter__(self) -> Iterator[str]:
        """Return the names."""
        return iter(self._names)

    def find(self, given: object, where: str) -> str | None:
        """Return the image that a name means.

        Parameters
        ----------
        given : str or int
            A path, or COCO's number of an image, whose file name is the number in 12 digits.
        where : str
            Position, for messages.

        Returns
        -------
        str or None
            None if it is no image of the run.

        Raises
        ------
        UserError
            If it could be two of them.
        """
        found = self._find(str(given), where)
        if found is None and isinstance(given, int):
            return self._find(f"{given:012d}", where)
        return found

    def _find(self, given: str, where: str) -> str | None:
        parts = given.replace("\\", "/").split("/")
        for start in range(len(parts)):
            matches = sorted(set(self._by_end.get("/".join(parts[start:]), [])))
            if len(matches) == 1:
                return matches[0]
            if matches:
                raise UserError(f"{where}: {given} could be {matches[0]} or {matches[1]}.")
        matches = self._by_end.get(Path(parts[-1]).stem, [])
        return matches[0] if len(matches) == 1 else None
