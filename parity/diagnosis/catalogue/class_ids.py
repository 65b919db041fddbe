"""Faults of numbering the classes."""

from functools import partial

from parity.diagnosis.catalogue.fault import COMMON_COST, RARE_COST, Fault, add_fault

RENAMED_CLASS = 0.5
"""Cost of each class that another list of names renames, nats; chosen. A name that the model does
not know costs nothing more, since it shows that the list is another one."""

MOST_RENAMED = 5
"""Renamed classes that the sentence lists, at most; chosen."""

fault = partial(
    add_fault,
    stage="class_ids",
    fix="Return the index of the best score and read its name from the model's metadata.",
    subjects=("class_names",),
)

fault(
    "class_plus_one",
    title="Class ids one too high",
    changes={"class_ids": "plus_one"},
    wrong="Class ids are one too high.",
)
fault(
    "class_minus_one",
    title="Class ids one too low",
    changes={"class_ids": "minus_one"},
    wrong="Class ids are one too low.",
)
fault(
    "coco_91_ids",
    title="COCO category ids instead of class ids",
    changes={"class_ids": "coco91"},
    wrong="Class ids are COCO's category ids (1 to 90, with gaps) instead of the model's.",
)
fault(
    "class_is_rank",
    title="Position in the list used as the class id",
    changes={"class_ids": "rank"},
    wrong="The position of a box in the list is used as its class id.",
)
fault(
    "class_is_zero",
    title="Class id always 0",
    changes={"class_ids": "zero"},
    wrong="Every box has class id 0.",
)


def other_class_names(
    table: dict[int, int], labels: dict[int, str], names: dict[int, str]
) -> Fault:
    """Return the fault of using another list of class names.

    Parameters
    ----------
    table : dict of int to int
        Class id in the deployment by the model's class id, as far as observed.
    labels : dict of int to str
        Labels that the model does not know, by the ids that they were given.
    names : dict of int to str
        The model's class names by id.
    """
    known = [given for model, given in table.items() if model != given and given not in labels]
    foreign = not labels.keys().isdisjoint(table.values())
    renamed = [
        f"{names.get(model, model)} is called {labels.get(given, names.get(given, given))}"
        for model, given in sorted(table.items())
        if model != given
    ]
    return Fault(
        "class_table",
        "class_ids",
        "Class names differ from the model's",
        (("class_ids", "table"), ("class_table", tuple(sorted(table.items())))),
        f"The class names differ from the model's: {', '.join(renamed[:MOST_RENAMED])}.",
        "Read the class names from the model's metadata.",
        ("class_names",),
        cost=(COMMON_COST if foreign else RARE_COST) + RENAMED_CLASS * len(known),
    )
