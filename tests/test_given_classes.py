"""Boxes of some classes only."""

from parity.deployment.pipeline import Pipeline
from parity.deployment.replay import Replayer
from parity.diagnosis.fitting.given_classes import fit_given_classes
from tests.observed import observing


def test_classes_that_were_never_observed_are_left_out(replayer: Replayer) -> None:
    given = Pipeline(given_classes=(0,))
    seen = observing(replayer, given)
    found = fit_given_classes(seen, seen.correct, {0: "person"})
    assert found is not None
    assert found.given_classes == (0,)
    named = seen.faults(found)
    assert [fault.name for fault in named] == ["classes_left_out"]
    assert "(person)" in named[0].wrong


def test_where_every_class_was_observed_none_is_left_out(replayer: Replayer) -> None:
    seen = observing(replayer, Pipeline())
    assert fit_given_classes(seen, seen.correct, {}) is None
