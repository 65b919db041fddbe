"""Fail if a gated comparison exceeds its tolerance."""

import sys
from typing import TYPE_CHECKING

from parity.comparison.results import Results
from parity.diagnosis.document import DiagnosisDocument
from parity.documents import load, save
from parity.logs import log_to
from parity.reporting.console_table import comparison_lines
from parity.reporting.diagnosis_verdict import verdict_sentence, worst_first
from parity.reporting.verdict import FAIL, RunVerdict, gates_of, overall

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(*, results: list[str], diagnoses: list[str], report: str, destination: str) -> None:
    """Say what each gate came to; write that down, or exit with 1 if one of them fails."""
    documents = [load(path, Results) for path in results]
    gates, table = gates_of(documents), comparison_lines(documents)
    told = [
        verdict_sentence(each)
        for each in worst_first(load(path, DiagnosisDocument) for path in diagnoses)
    ]
    lines = [*(gate.line for gate in gates), *told, "", *table]
    sys.stdout.write("\n".join(lines) + "\n")
    verdict = overall(gates)
    if verdict == FAIL:
        sys.exit(1)
    save(destination, RunVerdict(verdict, report, gates, tuple(told), tuple(table)))


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        main(
            results=snakemake.input.results,
            diagnoses=snakemake.input.get("diagnoses", []),
            report=snakemake.input.report,
            destination=snakemake.output.verdict,
        )
