"""Dividing images into batches: an image more or less disturbs few of them."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from parity.data.batch_assignment import assign, count_batches, number_images, rows_by_batch
from tests.conftest import examples

NAMES = st.lists(st.integers(0, 10**6).map(lambda i: f"sub/{i:06d}.jpg"), min_size=1, unique=True)


def divide(names: list[str], images_per_job: int) -> dict[str, list[str]]:
    """Return the names of the images of each batch."""
    numbers = number_images(names, images_per_job)
    rows = rows_by_batch(names, numbers, images_per_job)
    return {batch: [names[row] for row in each] for batch, each in rows.items()}


def disturbed(before: dict[str, list[str]], after: dict[str, list[str]]) -> list[str]:
    """Return the batches that were there before and no longer hold the same images."""
    return [batch for batch, names in before.items() if after.get(batch) != names]


@given(NAMES, st.integers(2, 9))
def test_every_image_is_in_exactly_one_batch(names: list[str], images_per_job: int) -> None:
    divided = divide(names, images_per_job)
    assert sorted(name for batch in divided.values() for name in batch) == sorted(names)
    assert all(divided.values())
    assert len(divided) <= -(-len(names) // images_per_job)


@examples(50)
@given(NAMES, st.integers(2, 9), st.integers(10**6 + 1, 10**7))
def test_an_image_more_or_less_disturbs_two_batches_at_most(
    names: list[str], images_per_job: int, number: int
) -> None:
    """Its own and, when there is a batch more, the one that gives images to it."""
    fewer = divide(names, images_per_job)
    more = divide([*names, f"sub/{number}.jpg"], images_per_job)
    assert len(disturbed(fewer, more)) <= 2
    assert len(disturbed(more, fewer)) <= 3, "the new batch among them"


@pytest.mark.parametrize("batches", [1, 2, 3, 7, 8, 9, 100])
def test_a_batch_more_divides_one_batch_anew(batches: int) -> None:
    names = [f"{i}.jpg" for i in range(2000)]
    moved = {assign(n, batches) for n in names if assign(n, batches) != assign(n, batches + 1)}
    assert len(moved) == 1
    arrived = {
        assign(n, batches + 1) for n in names if assign(n, batches) != assign(n, batches + 1)
    }
    assert arrived == {batches}
    assert {assign(n, batches) for n in names} == set(range(batches))


def test_batches_are_even_within_a_factor() -> None:
    sizes = [len(batch) for batch in divide([f"{i:05d}.jpg" for i in range(10_000)], 50).values()]
    assert sum(sizes) == 10_000
    assert max(sizes) < 50 * 3


@pytest.mark.parametrize(
    ("images", "per_job", "count", "reason"),
    [
        (0, 64, 0, "nothing"),
        (1, 64, 1, "one"),
        (64, 64, 1, "exactly full"),
        (65, 64, 2, "one more"),
        (7, 1, 7, "one each"),
        (64, "auto", 1, "as 64"),
        (256, "auto", 4, "as 64 still"),
        (1024, "auto", 4, "the same batches, filled"),
        (4096, "auto", 16, "as 256"),
        (100_000, "auto", 186, "fewer, larger ones"),
        (1_000_000, "auto", 400, "and larger still"),
    ],
)
def test_how_many_batches(images: int, per_job: int | str, count: int, reason: str) -> None:
    assert count_batches(images, per_job) == count, reason


@given(st.integers(0, 10**6), st.sampled_from([1, 3, 64, "auto"]))
@example(4096, "auto")
def test_an_image_more_is_a_batch_more_at_most(images: int, per_job: int | str) -> None:
    assert count_batches(images + 1, per_job) - count_batches(images, per_job) in (0, 1)
