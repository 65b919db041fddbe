"""Whether the workflow has become slower than the measurements in the repository say.

Compared are numbers that depend little on the machine: processor time as a multiple of what
importing torch takes (``bench.edits``), and as a multiple of the script's (``bench.workflow``). A
number is worse if its median exceeds the recorded one by more than the noise, which is the larger
of the ranges that the rounds of the two measurements span.

    python -m bench.regression results/bench/edits.json results/bench/workflow.json
"""

import argparse
import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

RECORDED = Path(__file__).resolve().parent / "recorded"
LEAST_ROUNDS = 3
"""Rounds without which there is no range to tell noise by; chosen."""


@dataclass(frozen=True)
class Measured:
    """A number in all rounds of a measurement."""

    rounds: list[float]

    @property
    def median(self) -> float:
        """The middle of the rounds."""
        return median(self.rounds)

    @property
    def range(self) -> float:
        """What the rounds span."""
        return max(self.rounds) - min(self.rounds)


def numbers_of(record: dict[str, Any]) -> dict[str, Measured]:
    """Return what is compared of a measurement, by name."""
    if "runs" in record:
        return {
            f"{run['images']} images, {name}": Measured(run["ratios"][name])
            for run in record["runs"]
            for name in ("processor", "memory")
        }
    return {
        f"{edit}, {key}": Measured([each[edit][key] for each in record["rounds"]])
        for edit in record["rounds"][0]
        for key in ("imports_of_torch", "jobs")
    }


def worse(before: dict[str, Measured], now: dict[str, Measured]) -> list[str]:
    """Return a sentence for each number that exceeds the recorded one by more than the noise.

    Raises
    ------
    ValueError
        If a measurement has too few rounds to know its noise.
    """
    found = []
    for name, recorded in before.items():
        if name not in now:
            continue
        if min(len(recorded.rounds), len(now[name].rounds)) < LEAST_ROUNDS:
            raise ValueError(f"{name}: measure at least {LEAST_ROUNDS} rounds (--rounds).")
        noise = max(recorded.range, now[name].range)
        if now[name].median > recorded.median + noise:
            found.append(
                f"{name}: {now[name].median:.2f}, recorded {recorded.median:.2f}, noise {noise:.2f}"
            )
    return found


def main() -> None:
    """Compare, or record; exit with 1 if anything is worse."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("measured", type=Path, nargs="+", help="edits.json or workflow.json")
    parser.add_argument("--record", action="store_true", help="keep these in bench/recorded/")
    options = parser.parse_args()
    found = []
    for path in options.measured:
        now, place = numbers_of(json.loads(path.read_text())), RECORDED / path.name
        if options.record:
            place.parent.mkdir(exist_ok=True)
            kept = {name: asdict(each) for name, each in now.items()}
            place.write_text(json.dumps(kept, indent=1) + "\n")
        elif not place.is_file():
            sys.exit(f"{place.name} is not recorded yet: run again with --record.")
        else:
            before = json.loads(place.read_text())
            recorded = {name: Measured(**each) for name, each in before.items()}
            try:
                found += worse(recorded, now)
            except ValueError as error:
                sys.exit(str(error))
    print("\n".join(found) if found else "Nothing is slower than recorded.")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
