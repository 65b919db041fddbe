"""The words of a task: what is said of boxes is said of the labels of a classifier."""

import re

LABELS = {
    "boxes": "labels",
    "box": "label",
    "objects": "labels",
    "object": "label",
    "detects": "gives",
    "detected": "given",
    "scores": "probabilities",
    "score": "probability",
    "panoptic quality": "F1",
}
"""Words of a sentence on boxes, and those on labels in their place."""

_WORDS = re.compile(rf"\b({'|'.join(LABELS)})\b", re.IGNORECASE)


def worded(sentence: str, task: str) -> str:
    """Return a sentence on boxes in the words of a task.

    Parameters
    ----------
    sentence : str
        It names no class; names between backquotes stay.
    task : str
        A key of :data:`parity.tasks.task.TASKS`.
    """
    if task != "classify":
        return sentence

    def word(found: re.Match[str]) -> str:
        said = LABELS[found[0].lower()]
        return said.capitalize() if found[0][0].isupper() else said

    parts = sentence.split("`")  # what stands between them is a name
    parts[::2] = [_WORDS.sub(word, part) for part in parts[::2]]
    return "`".join(parts)
