"""Arrays that other programs dumped, whatever they look like."""

from pathlib import Path

import numpy as np
import pytest

from parity.backends.runtimes.runtime import TensorInfo
from parity.errors import UserError
from parity.external.observations import Known, Observations, Observed
from parity.external.tensors import with_arrays

IMAGES = ["a.jpg", "image (63).png", "left/b.jpg", "right/b.jpg"]
SHAPE = (1, 3, 4, 6)
OUTPUTS = (
    TensorInfo("output0", (1, 5, 7), "float32"),
    TensorInfo("prototypes", ("batch", 2, 3, "width"), "float32"),
)
NOTHING = Observations({})


def dump(folder: Path, name: str, array: np.ndarray) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".npy":
        np.save(path, array)
    else:
        array.astype("<f4").tofile(path)


def read(folder: Path, *, raws: bool = False, shape: tuple[int, ...] | None = None) -> Observations:
    """Return what is read of a folder of input tensors, or of raw outputs."""
    known = Known(**{"raw_outputs" if raws else "input_tensors": str(folder)}, tensor_shape=shape)
    return with_arrays(NOTHING, known, IMAGES, input_shape=SHAPE, outputs=OUTPUTS)


TURNED = "Input tensors with the channels last were turned to channels first (1 image)."

ARRAY = np.arange(72, dtype=np.float32).reshape(SHAPE)


@pytest.mark.parametrize("suffix", ["npy", "raw", "bin"])
@pytest.mark.parametrize("stem", ["a", "a.jpg", "dump/a", "./a"])
def test_a_file_is_found_by_its_image(tmp_path: Path, stem: str, suffix: str) -> None:
    dump(tmp_path, f"{stem}.{suffix}", ARRAY)
    found = read(tmp_path)
    assert found.tensors.keys() == {"a.jpg"}
    np.testing.assert_array_equal(found.tensors["a.jpg"], ARRAY)
    assert found.tensors["a.jpg"].dtype == np.float32
    assert found.notes == ()


def test_images_of_one_name_are_found_by_their_folders(tmp_path: Path) -> None:
    dump(tmp_path, "left/b.npy", ARRAY)
    dump(tmp_path, "right/b.jpg.npy", ARRAY + 1)
    found = read(tmp_path).tensors
    assert found.keys() == {"left/b.jpg", "right/b.jpg"}
    np.testing.assert_array_equal(found["right/b.jpg"], ARRAY + 1)


def test_arrays_of_images_without_boxes_do_not_count_where_there_are_boxes(tmp_path: Path) -> None:
    nothing = Observed(np.zeros((0, 4)), np.zeros(0), np.zeros(0, np.int64))
    dump(tmp_path, "a.npy", ARRAY)
    dump(tmp_path, "image (63).npy", ARRAY)
    known = Known(input_tensors=str(tmp_path))
    found = with_arrays(Observations({"a.jpg": nothing}), known, IMAGES)
    assert found.tensors.keys() == {"a.jpg"}
    left_out = "Arrays of 1 image without boxes are left out, such as image (63).png."
    assert found.notes == (left_out,)
    with pytest.raises(UserError, match="holds arrays of 2 images without boxes alone"):
        with_arrays(Observations({"left/b.jpg": nothing}), known, IMAGES)


def test_arrays_of_no_image_of_the_run_are_said(tmp_path: Path) -> None:
    for name in ("a.npy", "y.npy", "z.npy"):
        dump(tmp_path, name, ARRAY)
    assert read(tmp_path).notes == ("y and 1 more are not images of this run; left out.",)


def test_two_files_that_are_one_image_are_refused(tmp_path: Path) -> None:
    dump(tmp_path, "left/b.npy", ARRAY)
    dump(tmp_path, "left/b.jpg.npy", ARRAY)
    with pytest.raises(UserError, match=r"left/b\.jpg is listed twice, as left/b\.jpg and as"):
        read(tmp_path)


@pytest.mark.parametrize(
    ("array", "expected", "note"),
    [
        (ARRAY[0], ARRAY, None),
        (
            ARRAY.transpose(0, 2, 3, 1),
            ARRAY,
            TURNED,
        ),
        (
            ARRAY[0].transpose(1, 2, 0).astype(np.uint8),
            ARRAY,
            TURNED,
        ),
        (ARRAY.astype(np.uint8), ARRAY, "Input tensors are 8-bit integers (1 image)."),
        (ARRAY.astype(np.float16), ARRAY, None),
        (np.asfortranarray(ARRAY.astype(">f8")), ARRAY, None),
    ],
)
def test_other_orders_and_kinds_of_numbers_are_noted(
    tmp_path: Path, array: np.ndarray, expected: np.ndarray, note: str | None
) -> None:
    dump(tmp_path, "a.npy", array)
    found = read(tmp_path)
    np.testing.assert_array_equal(found.tensors["a.jpg"], expected)
    assert set(found.notes) >= ({note} if note else set())
    assert bool(found.notes) == bool(note)


def test_raw_outputs_are_turned_as_the_network_has_them(tmp_path: Path) -> None:
    raw = np.arange(35, dtype=np.float32).reshape(1, 5, 7)
    dump(tmp_path, "a.npy", raw[0])
    dump(tmp_path, "image (63).npy", raw.transpose(0, 2, 1))
    found = read(tmp_path, raws=True)
    for name in ("a.jpg", "image (63).png"):
        np.testing.assert_array_equal(found.raws[name], [raw[0]])
    assert found.notes == (
        "Transposed raw outputs were turned as the network returns them (1 image).",
    )


@pytest.mark.parametrize("first", ["a", "a.jpg", "a.output0", "a_output0"])
@pytest.mark.parametrize("second", ["a.prototypes", "a.jpg.output1", "a-output1"])
def test_every_output_of_an_image_is_found(tmp_path: Path, first: str, second: str) -> None:
    raw = np.arange(35, dtype=np.float32).reshape(1, 5, 7)
    prototypes = np.arange(24, dtype=np.float32).reshape(1, 2, 3, 4)
    dump(tmp_path, f"{first}.npy", raw)
    dump(tmp_path, f"{second}.npy", prototypes.transpose(0, 2, 3, 1))
    one, other = read(tmp_path, raws=True).raws["a.jpg"]
    np.testing.assert_array_equal(one, raw[0])
    np.testing.assert_array_equal(other, prototypes[0])


def test_an_image_may_lack_the_second_output(tmp_path: Path) -> None:
    dump(tmp_path, "a.npy", np.zeros((5, 7)))
    dump(tmp_path, "left/b.npy", np.zeros((5, 7)))
    dump(tmp_path, "left/b.output1.npy", np.zeros((2, 3, 4)))
    found = read(tmp_path, raws=True).raws
    assert {name: len(outputs) for name, outputs in found.items()} == {"a.jpg": 1, "left/b.jpg": 2}


def test_a_second_output_alone_is_refused(tmp_path: Path) -> None:
    dump(tmp_path, "a.output1.npy", np.zeros((2, 3, 4)))
    with pytest.raises(UserError, match="holds no array named after an image of this run"):
        read(tmp_path, raws=True)


def test_a_second_output_without_the_first_is_said(tmp_path: Path) -> None:
    dump(tmp_path, "left/b.npy", np.zeros((5, 7)))
    dump(tmp_path, "a.output1.npy", np.zeros((2, 3, 4)))
    dump(tmp_path, "z.output1.npy", np.zeros((2, 3, 4)))
    found = read(tmp_path, raws=True)
    assert found.raws.keys() == {"left/b.jpg"}
    assert found.notes == (
        "z is not an image of this run; left out.",
        "Left out, since an output before them is missing: a.output1.npy.",
    )


@pytest.mark.parametrize("shape", [(5, 9), (1, 300, 6), (7, 6), (0, 7)])
def test_raw_outputs_of_another_shape_are_said(tmp_path: Path, shape: tuple[int, ...]) -> None:
    dump(tmp_path, "a.npy", np.zeros((5, 7)))
    dump(tmp_path, "left/b.npy", np.zeros(shape))
    found = read(tmp_path, raws=True)
    (note,) = found.notes
    assert note == (
        f"Raw outputs have the shape {list(shape[-2:])}, and the export returns output0 with "
        "[5, 7]: another network gave them (1 image)."
    )


def test_two_files_of_one_output_are_refused(tmp_path: Path) -> None:
    dump(tmp_path, "a.npy", np.zeros((5, 7)))
    dump(tmp_path, "a.output0.npy", np.zeros((5, 7)))
    with pytest.raises(UserError, match=r"a\.npy and .*a\.output0\.npy are the same output"):
        read(tmp_path, raws=True)


def test_an_output_of_other_axes_is_refused(tmp_path: Path) -> None:
    dump(tmp_path, "a.npy", np.zeros(7))
    with pytest.raises(UserError, match=r"the raw output output0 of one image has \[1, 5, 7\]\."):
        read(tmp_path, raws=True)


def test_a_declared_shape_counts_more_than_the_networks(tmp_path: Path) -> None:
    turned = ARRAY.transpose(0, 2, 3, 1)
    dump(tmp_path, "a.raw", turned)
    found = read(tmp_path, shape=turned.shape)
    np.testing.assert_array_equal(found.tensors["a.jpg"], ARRAY)


def pickled(path: Path) -> None:
    np.save(path, np.array([{"a": 1}], dtype=object), allow_pickle=True)


def archived(path: Path) -> None:
    with path.open("wb") as stream:
        np.savez(stream, a=ARRAY)


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.npy", b"", "a.npy is not an array of numbers that NumPy can read"),
        ("a.npy", b"\x80\x04N.", "a.npy is not an array of numbers that NumPy can read"),
        ("a.npy", pickled, "a.npy is not an array of numbers that NumPy can read"),
        ("a.npy", archived, "a.npy is an archive of arrays; save one array with numpy.save."),
        ("a.npy", np.array(["x"]), "a.npy holds <U1; save numbers, best as float32."),
        ("a.npy", ARRAY * np.nan, "a.npy holds NaN or infinite numbers"),
        ("a.npy", ARRAY.astype(np.float64) + 1e300, "a.npy holds NaN or infinite numbers, or some"),
        ("a.raw", ARRAY + np.inf, "a.raw holds NaN or infinite numbers"),
        ("a.npy", np.zeros((4, 6)), "a.npy has the shape [4, 6]; the input tensor of one image"),
        ("a.npy", np.zeros((2, 3, 4, 6)), "has the shape [2, 3, 4, 6]; the input tensor of one"),
        ("a.bin", b"", "a.bin holds 0 bytes, which is not a whole number of 32-bit floats."),
        ("a.bin", b"12345", "a.bin holds 5 bytes, which is not a whole number of 32-bit floats."),
        ("a.bin", b"1234", "holds 1 floats, and 72 make [1, 3, 4, 6]; set tensor_shape"),
        ("b.npy", ARRAY, "b could be left/b.jpg or right/b.jpg."),
        ("z.npy", ARRAY, "holds no array named after an image of this run, such as a.jpg."),
    ],
)
def test_what_cannot_be_used_is_one_sentence(
    tmp_path: Path, name: str, content: object, sentence: str
) -> None:
    path = tmp_path / name
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif isinstance(content, np.ndarray):
        dump(tmp_path, name, content)
    else:
        content(path)  # type: ignore[operator]
    with pytest.raises(UserError) as caught:
        read(tmp_path)
    assert sentence in str(caught.value)


def test_two_files_of_one_image_are_refused(tmp_path: Path) -> None:
    dump(tmp_path, "a.npy", ARRAY)
    dump(tmp_path, "a.raw", ARRAY)
    with pytest.raises(UserError, match=r"a\.npy and .*a\.raw have one name; remove one"):
        read(tmp_path)


def test_floats_of_a_network_of_any_size_need_a_shape(tmp_path: Path) -> None:
    dump(tmp_path, "a.raw", ARRAY)
    with pytest.raises(UserError, match="holds 72 floats of unknown shape; set tensor_shape"):
        with_arrays(NOTHING, Known(input_tensors=str(tmp_path)), IMAGES)
