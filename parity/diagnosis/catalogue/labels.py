"""Faults of turning the output of a classifier into labels."""

from functools import partial

from parity.diagnosis.catalogue.fault import RARE_COST, add_fault

AS_THEY_ARE = "Use the output as it is; the exported graph ends with the softmax."

fault = partial(add_fault, stage="decoding", subjects=("labels",))

fault(
    "softmax_twice",
    title="Softmax applied to probabilities",
    changes={"probabilities": "softmax"},
    wrong="A softmax is applied to probabilities, so all of them are nearly the same.",
    fix=AS_THEY_ARE,
)
fault(
    "sigmoid_on_probabilities",
    title="Sigmoid applied to probabilities",
    changes={"probabilities": "sigmoid"},
    wrong="A sigmoid is applied to probabilities, so each is between 0.5 and 0.73.",
    fix=AS_THEY_ARE,
)
fault(
    "logits",
    title="Logits reported as probabilities",
    changes={"ending": "logits"},
    stage="network",
    wrong="The network ends before its softmax, and its logits are reported as probabilities.",
    fix="Apply a softmax to the logits, or run the export of Ultralytics, which ends with one.",
    cost=RARE_COST,
)
fault(
    "first_classes",
    title="First classes of the list reported",
    changes={"ranked_by": "first"},
    wrong="The first classes of the list are reported instead of the most probable ones.",
    fix="Sort the classes by their probability and report the first.",
)
fault(
    "argmax_of_batch",
    title="Argmax over the batch axis",
    changes={"ranked_by": "batch"},
    wrong="The argmax is taken over the batch axis, so class 0 is always reported.",
    fix="Take the argmax over the class axis, the last one.",
)
