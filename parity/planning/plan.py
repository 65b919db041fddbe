"""What a run consists of, what its rules are given, and what it leaves."""

from dataclasses import dataclass
from pathlib import Path

from parity.planning.rules.diagnosis import DiagnosisRules
from parity.planning.rules.models import ModelRules
from parity.planning.rules.run_parts import OneModel
from parity.planning.rules.studies import StudyRules


@dataclass(frozen=True)
class Plan(ModelRules, StudyRules, DiagnosisRules):
    """A run; the rules' input functions and parameters are methods of its bases."""

    @property
    def kept_files(self) -> list[str]:
        """Every result that stays on disk, but for what the report is written from.

        Of candidates that do not stay, it is the seconds that they took, which come with them.
        """
        files = [*self.model_files]
        if self.has_checkpoint:
            for model in map(OneModel, self.models):
                files += [self.reference_file(model), self.reference_facts(model)]
        files += [
            f"results/inject/{self.config.model_of(name)}/{name}.json" for name in self.injected
        ]
        files += [
            f"results/fall_back/{file}/{batch}.json"
            for file in self.fallback_files
            for batch in self.batches
        ]
        files += [
            f"results/sweep/{model}/{batch}.json"
            for model in self.swept_models
            for batch in self.batches
        ]
        for model in map(OneModel, self.models):
            files += map(self.witness, self.all_candidates(model))
            files += self.all_suppressed(model) if self.config.keep_candidates else []
            files += [*self.all_detections(model), *self.all_comparisons(model)]
        return files

    def witness(self, candidates: str) -> str:
        """Return the file that stays of a file of candidates."""
        if self.config.keep_candidates:
            return candidates
        path = Path("benchmarks", *Path(candidates).parts[1:])
        return str(path.with_name(f"{path.stem}.json"))
