import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from internvl_ui.media.images import open_image
from internvl_ui.media.tiling import Grid, cut_tiles, tile_digests, tile_grid
from tests.vectors import MEDIA, TILE_SIZE, cases_with, pixel_sha256

sides = st.integers(1, 5000)
limits = st.tuples(st.integers(1, 14), st.integers(1, 14)).map(sorted)


def model_card_ratio(width, height, min_num, max_num, image_size):
    """The model card's choice, word for word."""
    aspect_ratio = width / height
    target_ratios = set(
        (i, j)
        for n in range(min_num, max_num + 1)
        for i in range(1, n + 1)
        for j in range(1, n + 1)
        if i * j <= max_num and i * j >= min_num
    )
    target_ratios = sorted(target_ratios, key=lambda x: x[0] * x[1])
    best_ratio_diff = float("inf")
    best_ratio = (1, 1)
    area = width * height
    for ratio in target_ratios:
        target_aspect_ratio = ratio[0] / ratio[1]
        ratio_diff = abs(aspect_ratio - target_aspect_ratio)
        if ratio_diff < best_ratio_diff:
            best_ratio_diff = ratio_diff
            best_ratio = ratio
        elif ratio_diff == best_ratio_diff:
            if area > 0.5 * image_size * image_size * ratio[0] * ratio[1]:
                best_ratio = ratio
    return best_ratio


def model_card_tiles(image, grid, image_size):
    """The model card's crops, word for word."""
    target_width = image_size * grid.columns
    target_height = image_size * grid.rows
    resized_img = image.resize((target_width, target_height))
    processed_images = []
    for i in range(grid.columns * grid.rows):
        box = (
            (i % (target_width // image_size)) * image_size,
            (i // (target_width // image_size)) * image_size,
            ((i % (target_width // image_size)) + 1) * image_size,
            ((i // (target_width // image_size)) + 1) * image_size,
        )
        processed_images.append(resized_img.crop(box))
    if len(processed_images) != 1:
        processed_images.append(image.resize((image_size, image_size)))
    return np.stack([np.asarray(tile) for tile in processed_images])


@pytest.mark.parametrize("case", cases_with("images"), ids=lambda case: case["case"])
def test_reference_tiles_and_pixels(case):
    tiles = []
    for name in case["images"]:
        image = open_image(MEDIA / name, orient=False)
        grid = tile_grid(*image.size, max_tiles=case["max_num"], tile_size=TILE_SIZE)
        tiles.append(cut_tiles(image, grid, tile_size=TILE_SIZE))
    counts = [len(tile) for tile in tiles]
    together = len(case["tiles"]) == 1
    assert ([sum(counts)] if together else counts) == case["tiles"]
    assert pixel_sha256(tiles) == case["pixel_sha256"]


@settings(deadline=None)
@given(sides, sides, limits, st.sampled_from([112, 448]))
def test_grid_is_the_model_cards(width, height, limits, tile_size):
    least, most = limits
    grid = tile_grid(width, height, min_tiles=least, max_tiles=most, tile_size=tile_size)
    expected = model_card_ratio(width, height, least, most, tile_size)
    assert (grid.columns, grid.rows) == expected


@settings(deadline=None)
@given(sides, sides, limits)
def test_grid_keeps_its_limits_and_no_other_is_closer(width, height, limits):
    least, most = limits
    grid = tile_grid(width, height, min_tiles=least, max_tiles=most)
    assert least <= grid.columns * grid.rows <= most
    assert grid.tiles == grid.columns * grid.rows + grid.thumbnail
    assert grid.thumbnail == (grid.columns * grid.rows > 1)
    difference = abs(width / height - grid.columns / grid.rows)
    for columns in range(1, most + 1):
        for rows in range(1, most // columns + 1):
            if columns * rows >= least:
                assert difference <= abs(width / height - columns / rows)


def test_a_small_square_is_one_tile_and_a_large_one_many():
    assert tile_grid(300, 300) == Grid(1, 1, False)
    assert tile_grid(3000, 3000) == Grid(3, 3, True)


def test_one_tile_at_most_squashes_the_whole_picture():
    image = Image.effect_noise((300, 50), 80).convert("RGB")
    grid = tile_grid(*image.size, max_tiles=1)
    assert grid == Grid(1, 1, False)
    tiles = cut_tiles(image, grid, tile_size=32)
    assert np.array_equal(tiles[0], np.asarray(image.resize((32, 32))))


def test_no_thumbnail_where_none_is_wanted():
    assert tile_grid(2000, 1000, thumbnail=False).tiles == 8


@settings(deadline=None)
@given(st.integers(1, 90), st.integers(1, 90), st.integers(1, 6), st.integers(1, 6))
def test_tiles_are_the_model_cards(width, height, columns, rows):
    noise = np.random.default_rng(width * height).integers(0, 256, (height, width, 3), np.uint8)
    image = Image.fromarray(noise)
    grid = Grid(columns, rows, columns * rows > 1)
    tiles = cut_tiles(image, grid, tile_size=16)
    assert tiles.dtype == np.uint8
    assert tiles.shape == (grid.tiles, 16, 16, 3)
    assert np.array_equal(tiles, model_card_tiles(image, grid, 16))


@pytest.mark.parametrize("arguments", [(0, 5, 1, 12), (5, -1, 1, 12), (5, 5, 3, 2), (5, 5, 0, 2)])
def test_impossible_grids_are_refused(arguments):
    width, height, least, most = arguments
    with pytest.raises(ValueError):
        tile_grid(width, height, min_tiles=least, max_tiles=most)


def test_only_rgb_is_cut():
    with pytest.raises(ValueError):
        cut_tiles(Image.new("L", (8, 8)), Grid(1, 1, False), tile_size=8)


@pytest.mark.parametrize("size", [(1000, 1000), (1511, 997), (2600, 401), (448, 3001), (1344, 896)])
def test_two_threads_cut_the_same_tiles(size):
    noise = np.random.default_rng(1).integers(0, 256, (size[1], size[0], 3), np.uint8)
    image = Image.fromarray(noise)
    for max_tiles in (1, 12):
        grid = tile_grid(*size, max_tiles=max_tiles)
        alone, shared = (
            cut_tiles(image, grid, tile_size=448, threads=threads) for threads in (1, 2)
        )
        assert np.array_equal(alone, shared)


def test_tiles_are_known_by_what_is_in_them():
    tiles = np.zeros((3, 4, 4, 3), np.uint8)
    tiles[1, 0, 0, 0] = 1
    first, second, third = tile_digests(tiles)
    assert first == third != second and tile_digests(np.zeros((1, 2, 8, 3), np.uint8)) != (first,)
