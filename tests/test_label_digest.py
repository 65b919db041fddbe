"""Noticing that labels changed, whatever kind they are of."""

from pathlib import Path

import pytest

from parity.documents import load
from parity.errors import UserError
from parity.planning.label_digest import LabelDigest, labels_file, plan_labels
from parity.planning.plan_run import plan_run
from parity.planning.schema import complete


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def write(name: str, text: str) -> None:
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    Path(name).write_text(text)


def digest(source: str) -> str:
    plan_labels({"m": source})
    return load(labels_file("m"), LabelDigest).sha256


def test_the_content_of_text_files_counts() -> None:
    write("labels/a.txt", "0 0.5 0.5 0.1 0.1")
    first = digest("labels")
    assert digest("labels") == first
    write("labels/a.txt", "1 0.5 0.5 0.1 0.10")
    assert digest("labels") != first


def test_the_names_of_images_count_but_not_their_contents() -> None:
    write("photos/dog/1.jpg", "pixels")
    first = digest("photos")
    write("photos/dog/1.jpg", "other pixels")
    assert digest("photos") == first
    Path("photos/cat").mkdir()
    Path("photos/dog/1.jpg").rename("photos/cat/1.jpg")
    assert digest("photos") != first


def test_a_folder_that_a_link_leads_to_counts() -> None:
    write("elsewhere/a.txt", "0 0.5 0.5 0.1 0.1")
    write("labels/b.txt", "")
    Path("labels/linked").symlink_to("../elsewhere")
    first = digest("labels")
    write("elsewhere/a.txt", "1 0.5 0.5 0.1 0.10")
    assert digest("labels") != first


def test_every_model_has_its_own_labels_or_those_of_the_run() -> None:
    write("labels/a.txt", "")
    write("own.json", "{}")
    write("images/a.jpg", "")
    models = {name: {"weights": f"{name}.pt"} for name in ("a", "b")}
    models["b"]["labels"] = "own.json"
    plan = plan_run(complete({"models": models, "labels": "labels"}), coordinating=True)
    assert plan.labelled_models == ["a", "b"]
    assert [load(labels_file(name), LabelDigest).source for name in models] == [
        "labels",
        "own.json",
    ]
    plan = plan_run(complete({"models": models}), coordinating=True)
    assert plan.labelled_models == ["b"]


@pytest.mark.parametrize("source", ["nothing", "labels.csv"])
def test_labels_of_another_kind_are_refused(source: str) -> None:
    write("labels.csv", "a")
    with pytest.raises(UserError, match=f"labels is {source}; it must be a folder of YOLO's text"):
        plan_labels({"m": source, "other": None})
