"""Tensors within a budget of bytes."""

import os

import torch

from internvl_ui.model.store import Store, _of_all_memory, free_host_memory


def tensor(size: int = 100) -> tuple[torch.Tensor, ...]:
    """One of ``size`` bytes."""
    return (torch.zeros(size, dtype=torch.uint8),)


def filled(store: Store, *names: str) -> Store:
    for name in names:
        store.put(name, tensor())
    return store


def test_the_least_recently_used_go_first() -> None:
    store = filled(Store(300), "a", "b", "c")
    assert store.get("a") is not None
    filled(store, "d")
    assert store.keys() == ["c", "a", "d"] and store.get("b") is None
    assert store.used() == (300, 0)


def test_what_is_larger_than_the_budget_is_not_kept() -> None:
    store = filled(Store(300), "a")
    store.put("large", tensor(301))
    assert store.get("large") is None and store.used() == (0, 0)


def test_putting_again_counts_once() -> None:
    assert filled(Store(300), "a", "a").used() == (100, 0)


def test_what_must_leave_the_device_waits_on_the_host() -> None:
    store = filled(Store(200, host_budget=200), "a", "b", "c", "d")
    assert store.used() == (200, 200) and store.keys() == ["a", "b", "c", "d"]
    filled(store, "e")
    assert store.get("a") is None and store.used() == (200, 200)


def test_what_is_used_comes_back_to_the_device() -> None:
    store = filled(Store(200, host_budget=200), "a", "b", "c")
    found = store.get("a")
    assert found is not None and found[0].nbytes == 100
    assert store.used() == (200, 100) and store.keys() == ["b", "c", "a"]


def test_nothing_is_kept_without_a_budget() -> None:
    store = filled(Store(0), "a")
    assert not store.enabled and store.get("a") is None
    store = filled(Store(300, host_budget=300), "a", "b")
    store.limit(100)
    assert store.keys() == ["a", "b"] and store.used() == (100, 100)
    store.limit(0)
    assert store.keys() == [] and store.used() == (0, 0)


def test_a_share_of_what_is_free_is_the_default() -> None:
    store = filled(Store(), "a")
    assert store.used() == (100, 0) and free_host_memory() > 0


def test_clear() -> None:
    store = filled(Store(300), "a")
    assert store.clear() and not store.clear()
    assert store.used() == (0, 0) and store.get("a") is None


def test_free_memory_is_no_more_than_the_machine_has() -> None:
    whole = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    assert 0 < free_host_memory() < whole
    assert 0 < _of_all_memory() <= whole
