"""A tensor is assigned to an image only where that is certain."""

import cv2
import numpy as np

from parity.record.assignment import Assignment
from parity.record.likeness import likenesses, sample, thumbnail
from parity.record.reads import Read

HERE, ELSEWHERE = 1, 2
SIZES = [(60, 100), (100, 60), (80, 80), (50, 120), (90, 70), (64, 64)]


def picture(number: int) -> np.ndarray:
    """Return a picture that is like no other, (H, W, 3) uint8."""
    random = np.random.default_rng(number)
    height, width = SIZES[number % len(SIZES)]
    small = random.integers(0, 256, (7, 7, 3), np.uint8)
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC))


def read(number: int, thread: int = HERE, order: int | None = None) -> Read:
    """Return the reading of a picture, by default in the order of the numbers."""
    shown = picture(number)
    order = number + 1 if order is None else order
    return Read(f"/{number}.png", thread, order, shown.shape[:2], thumbnail(sample(shown)))


def tensor(number: int) -> np.ndarray:
    """Return the input tensor of a picture, stretched, BGR, (3, 64, 64) float32."""
    return np.float32(cv2.resize(picture(number), (64, 64)).transpose(2, 0, 1)) / 255


def paths(assigned: list[tuple[str, str]]) -> list[str]:
    return [path for path, _ in assigned]


def test_images_are_told_apart_wherever_they_lie_in_the_tensor() -> None:
    shown = picture(0)
    height, width = shown.shape[:2]
    for top, left in [(0, 0), ((width - height) // 2, 0)]:
        padded = np.full((width, width, 3), 114, np.uint8)
        padded[top : top + height, left : left + width] = shown
        for fed in (padded.transpose(2, 0, 1), padded):
            known = [read(number) for number in range(6)]
            alike = likenesses(fed, [(each.size, each.cells) for each in known])
            assert alike[0] > 0.98
            assert max(alike[1:]) < 0.8


def test_one_after_the_other() -> None:
    assignment, reads = Assignment(), []
    for number in range(4):
        reads.append(read(number))
        assert assignment.assign([tensor(number)], reads, "net", HERE) == [
            (f"/{number}.png", "content")
        ]


def test_a_batch_in_another_order_and_from_other_threads() -> None:
    reads = [read(number, ELSEWHERE) for number in range(6)]
    rows = [tensor(number) for number in (4, 0, 5)]
    assert paths(Assignment().assign(rows, reads, "net", HERE)) == ["/4.png", "/0.png", "/5.png"]


def test_what_shows_no_image_is_assigned_by_order_alone_and_only_if_that_is_unambiguous() -> None:
    scrambled = np.random.default_rng(9).random((3, 64, 64), np.float32)
    other = np.random.default_rng(10).random((3, 64, 64), np.float32)
    assignment = Assignment()
    assert assignment.assign([scrambled], [read(0)], "net", HERE) == [("/0.png", "order")]
    assert assignment.doubted("net") == set()
    assert assignment.assign([other], [read(0)], "net", HERE) == [("", "")]
    assert assignment.doubted("net") == {"/0.png"}
    for reads in ([], [read(0), read(1)], [read(0, ELSEWHERE)]):
        assert Assignment().assign([scrambled], reads, "net", HERE) == [("", "")]
    assert Assignment().assign([scrambled, other], [read(0), read(1)], "net", HERE) == [
        ("", ""),
        ("", ""),
    ]


def test_two_images_that_look_the_same_are_not_guessed() -> None:
    twin = Read("/twin.png", HERE, 2, read(0).size, read(0).cells)
    assert Assignment().assign([tensor(0)], [read(0), twin], "net", HERE) == [("", "")]


def test_two_rows_that_show_the_same_image_are_not_guessed() -> None:
    rows = [tensor(0), tensor(0) + np.float32(0.01)]
    assert Assignment().assign(rows, [read(0), read(1)], "net", HERE) == [("", ""), ("", "")]


def test_each_network_has_its_own_order() -> None:
    assignment, reads = Assignment(), [read(0)]
    assert assignment.assign([tensor(0)], reads, "one", HERE) == [("/0.png", "content")]
    assert assignment.assign([tensor(0)], reads, "two", HERE) == [("/0.png", "content")]


def test_what_is_read_ahead_is_not_taken_for_what_is_fed() -> None:
    assignment = Assignment()
    reads = [read(0), read(1)]
    assert paths(assignment.assign([tensor(0)], reads, "net", HERE)) == ["/0.png"]
    reads.append(read(2))
    assert paths(assignment.assign([tensor(1)], reads, "net", HERE)) == ["/1.png"]
