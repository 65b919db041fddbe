"""Write down what a run came to, whether it passes or fails."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from parity.accuracy.results import load_accuracies
from parity.comparison.results import Results
from parity.diagnosis.document import load_diagnosis
from parity.documents import load, save
from parity.logs import log_to
from parity.reporting.ci.files import write_ci_files
from parity.reporting.run_verdict import verdict_of

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(
    *,
    results: list[str],
    diagnoses: list[str],
    accuracies: list[str],
    report: str,
    destination: str,
) -> None:
    """Write the verdict of a run in each format, and say what it answers."""
    verdict = verdict_of(
        [load(path, Results) for path in results],
        [load_diagnosis(path) for path in diagnoses],
        load_accuracies(accuracies),
        report=report,
    )
    sys.stdout.write("\n".join([*verdict.answers.lines, "", *verdict.table]) + "\n")
    save(destination, verdict)
    write_ci_files(verdict, Path(destination).parent)


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        main(
            results=snakemake.input.results,
            diagnoses=snakemake.input.get("diagnoses", []),
            accuracies=snakemake.input.get("accuracies", []),
            report=snakemake.params.report,
            destination=snakemake.output.verdict,
        )
