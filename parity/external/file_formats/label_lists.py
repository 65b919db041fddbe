"""JSON with the labels of an image: ``{"bus.jpg": {"bus": 0.9, "car": 0.05}}`` and the like."""

from collections.abc import Iterator
from typing import Any

from parity.data.image_names import Given, ImageNames, first_places, left_out
from parity.errors import UserError
from parity.external.entries import (
    CLASS_KEYS,
    LABEL_KEYS,
    SCORE_KEYS,
    Entry,
    parse_entry,
)
from parity.external.file_format import Contents, Format, register
from parity.external.image_keys import image_in
from parity.external.source import LIST_KEYS, Record, Source
from parity.foreign import is_number, name_in_words, shorten

LISTS = ("labels", "classes", "class_ids", "top5", "names", "topk")
"""Keys of a list of labels."""

PROBABILITIES = ("probabilities", "probs", "scores", "confidences", "top5conf", "values")
"""Keys of the list of their probabilities; without labels, one for each class in turn."""


SUM_ERROR = 0.05
"""How far the sum of rounded probabilities may be from 1; chosen: that of a hundred with three
decimals."""


def recognises(source: Source) -> bool:
    """Return whether a source is JSON whose images each have labels alone."""
    if isinstance(source.document, dict) and not any(key in source.document for key in LIST_KEYS):
        values = [v for k, v in source.document.items() if k not in (*LISTS, *PROBABILITIES)]
        if _is_labelled(source.document):
            return True
        return source.records is None and bool(values) and all(map(_holds_labels, values))
    records = source.records or []
    return bool(records) and all(_is_labelled(record) for record in records)


def read(source: Source, images: ImageNames) -> Contents:
    """Read the labels of each image."""
    named: list[tuple[Given, Any, str]] = []
    if source.records is not None:
        for number, record in enumerate(source.records, 1):
            where = f"{source.path}, entry {number}"
            given = image_in(record, where, images)
            if given is None:
                raise UserError(f"{where}: names no image.")
            named.append((given, record, where))
    else:
        named = [
            (name, value, f"{source.path}, {name_in_words(name)}")
            for name, value in source.document.items()
        ]
    found = images.resolve(first_places((given, where) for given, _, where in named))
    entries: dict[str, list[Entry]] = {}
    for given, value, where in named:
        if given not in found:
            continue
        if found[given] in entries:
            raise UserError(f"{where}: {name_in_words(given)} is listed twice.")
        entries[found[given]] = list(_entries(value, where))
    return Contents(entries, notes=left_out(given for given, _, _ in named if given not in found))


def _is_labelled(record: object) -> bool:
    """Return whether an object holds a list of probabilities, and no list but of their labels."""
    if not isinstance(record, dict) or _column(record, PROBABILITIES) is None:
        return False
    lists = {key for key, value in record.items() if isinstance(value, list | dict)}
    return lists <= {*LISTS, *PROBABILITIES}


def _holds_labels(value: object) -> bool:
    """Return whether what stands behind an image is labels, or one, with or without a score."""
    if isinstance(value, str):
        return not value.lstrip().startswith(("[", "{"))
    if isinstance(value, dict):
        numbers = bool(value) and all(map(is_number, value.values()))
        return _is_labelled(value) or _is_best_label(value) or numbers
    pairs = value if isinstance(value, list) else []
    if _are_probabilities(pairs) or _are_names(pairs):
        return True
    return bool(pairs) and all(isinstance(pair, list) and len(pair) == 2 for pair in pairs)


def _is_best_label(record: Record) -> bool:
    """Return whether an object holds a label, perhaps with its score, and no more."""
    labels = {*CLASS_KEYS, *LABEL_KEYS} & record.keys()
    return bool(labels) and record.keys() <= labels | {*SCORE_KEYS}


def _are_names(values: list[Any]) -> bool:
    return bool(values) and all(isinstance(value, str) for value in values)


def _are_probabilities(values: list[Any]) -> bool:
    """Return whether a list holds a probability for each class in turn."""
    if len(values) < 2 or not all(map(is_number, values)):
        return False
    numbers = [float(value) for value in values]
    return min(numbers) >= 0 and abs(sum(numbers) - 1) <= SUM_ERROR


def _column(record: Record, keys: tuple[str, ...]) -> list[Any] | None:
    return next((record[key] for key in keys if isinstance(record.get(key), list)), None)


def _entries(value: Any, where: str) -> Iterator[Entry]:
    best = [value] if isinstance(value, str) else value
    if isinstance(best, list) and _are_names(best):
        yield from (parse_entry({"label": label}, where) for label in best)
        return
    if isinstance(value, dict) and _is_best_label(value):
        yield parse_entry(value, where)
        return
    if isinstance(value, dict) and not _is_labelled(value):
        pairs = list(value.items())
    elif isinstance(value, dict):
        scores = _column(value, PROBABILITIES) or []
        labels = _column(value, LISTS)
        labels = list(range(len(scores))) if labels is None else labels
        if len(labels) != len(scores):
            raise UserError(f"{where}: {len(labels)} labels, but {len(scores)} probabilities.")
        pairs = list(zip(labels, scores, strict=True))
    else:
        pairs = list(enumerate(value)) if _are_probabilities(value) else list(map(tuple, value))
    for place, (label, score) in enumerate(pairs, 1):
        if isinstance(label, list | dict):
            raise UserError(f"{where}, label {place}: {shorten(label)} is not a class.")
        yield parse_entry({"label": label, "score": score}, f"{where}, label {place}")


register(
    Format(
        name="JSON labels",
        description=(
            '`{"bus.jpg": {"bus": 0.9, "car": 0.05}}`, `{"bus.jpg": [["bus", 0.9], ...]}`, '
            '`{"bus.jpg": {"label": "bus", "score": 0.9}}`, `{"bus.jpg": "bus"}` or '
            '`{"image": "bus.jpg", "labels": [...], "probabilities": [...]}`; without labels, a '
            "probability for each class in turn; for classification"
        ),
        recognises=recognises,
        read=read,
    )
)
