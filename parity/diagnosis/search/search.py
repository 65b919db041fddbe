"""Finding the pipeline whose boxes are the observed ones."""

from collections.abc import Iterable

import numpy as np

from parity.deployment.pipeline import Pipeline
from parity.diagnosis.catalogue.fault import Fault
from parity.diagnosis.evidence.cost import CostModel
from parity.diagnosis.evidence.image_choice import ENOUGH_PROBE_BOXES
from parity.diagnosis.fitting.class_confs import fit_class_confs
from parity.diagnosis.fitting.first_candidates import fit_first_candidates
from parity.diagnosis.fitting.given_classes import fit_given_classes
from parity.diagnosis.fitting.rescaling_fit import fit_constants, fit_rescaling
from parity.diagnosis.search.input_search import InputSearch
from parity.diagnosis.search.input_trials import (
    FITTED,
    InputHypothesis,
    InputTrials,
)
from parity.diagnosis.search.local_search import fit_class_ids, improve_locally
from parity.diagnosis.search.refinement import is_complete, leaves_only_withheld, refine
from parity.diagnosis.search.turned_images import turned_as_boxes
from parity.diagnosis.search.zero_area import boxes_lack_area, explain_zero_area

FITTED_RESCALINGS = 2
"""Fitted rescalings that are considered for an input; chosen."""

IMPROVED = 2
"""Hypotheses of an input that are improved locally; chosen."""

RESCALING_IMAGES = 6
"""Images to which rescaling is fitted; chosen."""


class Search:
    """Searches for the pipeline that explains observations.

    Parameters
    ----------
    cost_model : CostModel
        Its images decide.
    class_names : dict of int to str
        The model's class names by id.

    Attributes
    ----------
    trials : InputTrials
        The inputs that were tried.
    """

    def __init__(self, cost_model: CostModel, class_names: dict[int, str]) -> None:
        self.cost_model = cost_model
        self.class_names = class_names
        self.trials = InputTrials(cost_model)

    def run(self) -> Pipeline:
        """Search inputs first, then everything after the network, and combine."""
        cost_model = self.cost_model
        start = self.trials.try_input(())
        best, least = start.pipeline, np.inf
        explained = not start.disproved or boxes_lack_area(cost_model)
        if explained:
            best = self.explain(start)
            least = cost_model.cost(best)
        if boxes_lack_area(cost_model) and not leaves_only_withheld(cost_model, best):
            best = explain_zero_area(cost_model, best, self.trials.probes)
            least = cost_model.cost(best)
        if not leaves_only_withheld(cost_model, best) and not start.proven:
            likely = self._likely_inputs()
            if not explained and not any(hypothesis.likely for hypothesis in likely):
                likely = list(dict.fromkeys([*likely, start]))
            for hypothesis in likely:
                candidate = self.explain(hypothesis)
                cost = cost_model.cost(candidate)
                if cost < least:
                    best, least = candidate, cost
                if leaves_only_withheld(cost_model, best):
                    break
        return refine(cost_model, best)

    def _likely_inputs(self) -> list[InputHypothesis]:
        """Return the inputs that are worth a full explanation.

        The image is turned or resized in all of them if it seems so. If scores disprove all of
        these, it seemed so falsely, and the upright image is searched to the end.
        """
        upright, inputs = self.trials, InputSearch(self.trials)
        altered = turned_as_boxes(self.cost_model, self.trials.probes)
        if altered is None or not inputs.confirms(altered):
            altered = inputs.in_frames()
        if altered is None:
            altered = inputs.run()
            likely = inputs.best_inputs()
            if altered is None and not any(hypothesis.likely for hypothesis in likely):
                altered = inputs.turned_after_all()
                return [*self._altered_inputs(altered), *likely] if altered else likely
            if altered is None:
                return likely
        likely = self._altered_inputs(altered)
        if not all(hypothesis.disproved for hypothesis in likely):
            return likely
        self.cost_model.start_again()
        self.trials, inputs = upright, InputSearch(upright, turns=False)
        inputs.run()
        return [*inputs.best_inputs(), *likely]

    def _altered_inputs(self, altered: Fault) -> list[InputHypothesis]:
        """Return the inputs of turned or resized images that are worth a full explanation."""
        self.cost_model.start_again()
        self.trials = InputTrials(self.cost_model, altered)
        if (alone := self.trials.try_input(())).proven:
            return [alone]
        inputs = InputSearch(self.trials)
        inputs.run()
        return inputs.best_inputs()

    def explain(self, hypothesis: InputHypothesis) -> Pipeline:
        """Fit everything after the network to an input."""
        cost_model = self.cost_model
        base = hypothesis.pipeline.replace(
            iou=cost_model.correct.iou,
            max_det=cost_model.correct.max_det,
            suppression="none" if self.trials.without_nms else "classwise",
        )
        starts = [base]
        if self.trials.rescales and (np.isnan(hypothesis.hits) or hypothesis.hits > FITTED):
            rescaled = fit_rescaling(cost_model, base, self._informative())
            starts = rescaled[:FITTED_RESCALINGS] + starts
        options: list[Pipeline] = []
        for fitted in [*starts, *self.trials.equal_readings(starts[0])]:
            options += fit_class_ids(cost_model, fitted, self.class_names)
        options += [base.replace(**rescaling) for rescaling in self.trials.ways_back(base)]
        found = self._improve(options)
        readings = (starts[0], self.trials.read_correctly(starts[0]))
        given = [fit_given_classes(cost_model, read, self.class_names) for read in readings]
        if likely := [each for each in given if each is not None]:
            found = min(found, self._improve(likely), key=cost_model.cost)
        if starts[0] is not base and not leaves_only_withheld(cost_model, found):
            constants = fit_constants(cost_model, starts[0], self._informative())
            found = self._improve([found, *constants]) if constants else found
        return self._with_fewer_boxes(found)

    def _with_fewer_boxes(self, found: Pipeline) -> Pipeline:
        """Return an explanation with what leaves boxes out that it predicts, if that is better.

        Where boxes of some classes are missing, the raw output may seem to be read otherwise.
        """
        cost_model = self.cost_model
        if is_complete(cost_model, found):
            return found
        read = self.trials.read_correctly(found).replace(class_ids=cost_model.correct.class_ids)
        fewer = [
            fit_first_candidates(cost_model, found),
            *(
                fit_class_confs(cost_model, each, self.class_names)
                for each in dict.fromkeys((found, read))
            ),
        ]
        likely = [each for each in fewer if each is not None]
        return min([found, *map(self._improve, ([p] for p in likely))], key=cost_model.cost)

    def _improve(self, options: Iterable[Pipeline]) -> Pipeline:
        cost_model = self.cost_model
        likely = sorted(dict.fromkeys(options), key=cost_model.cost)[:IMPROVED]
        improved: list[Pipeline] = []
        for option in likely:
            improved.append(improve_locally(cost_model, option))
            if is_complete(cost_model, improved[-1]):
                break
        return min(improved, key=cost_model.cost)

    def _informative(self) -> list[str]:
        counts = {name: len(observed) for name, observed in self.cost_model.observed.items()}
        names = sorted(self.cost_model.names, key=lambda n: -min(counts[n], ENOUGH_PROBE_BOXES))
        return names[:RESCALING_IMAGES]
