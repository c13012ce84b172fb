"""What the model sees and what it costs, before anything is sent."""

import re

import pytest
from playwright.sync_api import Locator, expect

from internvl_ui.conversation import Image, Video
from internvl_ui.ui import strings
from tests.browser.conftest import EXAMPLES, PATIENCE, PHONE, Visitor
from tests.conftest import MEDIA

PHOTO, CLIP = MEDIA / "photo.jpg", EXAMPLES / "clip.mp4"


def seen(visitor: Visitor, kind: str = "picture") -> Locator:
    return visitor.page.locator(f"#seen figure.{kind}")


def has(visitor: Visitor, name: str, count: int, kind: str = "picture") -> None:
    expect(seen(visitor, kind)).to_have_attribute(f"data-{name}", str(count), timeout=PATIENCE)


def set_slider(visitor: Visitor, element: str, value: object) -> None:
    visitor.page.locator(f"#{element} input[type=number]").fill(str(value))
    visitor.page.locator(f"#{element} input[type=number]").press("Tab")


def meter_says(visitor: Visitor, words: str) -> None:
    expect(visitor.page.locator("#meter .words")).to_contain_text(words, timeout=PATIENCE)


def test_a_picture_shows_its_grid_and_tiles_the_moment_it_arrives(visit):
    visitor = visit()
    expect(visitor.page.locator("#preview")).to_be_hidden()
    visitor.attach("image", PHOTO)
    has(visitor, "tiles", 13)
    assert seen(visitor).locator(".tiles i").all_inner_texts() == [str(n) for n in range(1, 14)]
    expect(visitor.page.locator("#preview")).to_contain_text("13 tiles, 3,328 visual tokens")
    shown = seen(visitor).locator("img")
    assert shown.evaluate("image => image.complete && image.naturalWidth > 0")
    tile = seen(visitor).locator(".tiles i").nth(5)
    picture = tile.evaluate("tile => getComputedStyle(tile).backgroundImage")
    assert picture.startswith('url("http://127.0.0.1') and "thumbnail.webp" in picture


def test_the_preview_goes_when_the_question_is_sent(visit):
    visitor = visit()
    visitor.attach("image", PHOTO)
    has(visitor, "tiles", 13)
    visitor.ask("What is it?")
    visitor.wait_for("done")
    expect(visitor.page.locator("#preview")).to_be_hidden()
    expect(visitor.page.locator("#meter .meter")).to_have_count(0)


def test_the_tiles_follow_the_slider_at_once(visit):
    visitor = visit()
    visitor.attach("image", PHOTO)
    has(visitor, "tiles", 13)
    visitor.page.click("#settings .toggle-button")
    times = []
    for most, tiles in [(1, 1), (12, 13), (6, 7), (4, 5), (12, 13)]:
        times.append(
            visitor.page.evaluate(
                """([most, tiles]) => new Promise(done => {
                    const begun = performance.now();
                    const wanted = `#seen figure[data-tiles="${tiles}"]`;
                    new MutationObserver((_, observer) => {
                        if (!document.querySelector(wanted)) return;
                        observer.disconnect();
                        done(performance.now() - begun);
                    }).observe(document.querySelector("#seen"),
                               {subtree: true, childList: true, attributes: true});
                    const slider = document.querySelector("#max-tiles input[type=range]");
                    slider.value = most;
                    slider.dispatchEvent(new Event("input", {bubbles: true}));
                })""",
                [most, tiles],
            )
        )
    # A third of it where nothing else runs.
    assert min(times) < 900, times


def test_pictures_are_called_as_the_question_calls_them(visit):
    visitor = visit()
    visitor.attach("images", PHOTO, MEDIA / "tall.png")
    expect(seen(visitor).locator("figcaption b")).to_have_text(
        ["Image-1", "Image-2"], timeout=PATIENCE
    )


def test_sent_pictures_are_no_longer_ahead(visit):
    visitor = visit()
    visitor.attach("images", PHOTO, MEDIA / "tall.png")
    expect(seen(visitor).locator("figcaption b")).to_have_count(2, timeout=PATIENCE)
    visitor.ask("What is this?")
    visitor.wait_for("done")
    expect(visitor.page.locator("#seen figure")).to_have_count(0, timeout=PATIENCE)


def test_a_video_is_shown_as_frames_with_their_times(visit):
    visitor = visit()
    visitor.attach("video", CLIP)
    has(visitor, "frames", 8, "video")
    times = seen(visitor, "video").locator(".film time").all_inner_texts()
    assert times == sorted(times) and all(re.fullmatch(r"0:0[0-3]\.\d", time) for time in times)
    expect(seen(visitor, "video").locator(".line i")).to_have_count(8)
    # The very frames take the place of the first glance.
    visitor.page.wait_for_function(
        """() => {
            const film = document.querySelector(".film");
            const rule = document.querySelector("#film-style style")?.textContent ?? "";
            return film && rule.includes(film.dataset.film)
                && rule.includes(getComputedStyle(film).backgroundImage.split("/").at(-2));
        }"""
    )


def test_the_moments_of_a_video_are_chosen_and_sent(visit, engine):
    visitor = visit()
    visitor.attach("video", CLIP)
    has(visitor, "frames", 8, "video")
    set_slider(visitor, "video-frames", 3)
    has(visitor, "frames", 3, "video")
    set_slider(visitor, "video-start", 1)
    set_slider(visitor, "video-end", 3)
    set_slider(visitor, "frame-tiles", 4)
    expect(seen(visitor, "video").locator(".film time").first).to_have_text(
        re.compile(r"0:01\.\d"), timeout=PATIENCE
    )
    expect(seen(visitor, "video").locator(".still svg")).to_have_count(3, timeout=PATIENCE)
    visitor.ask("What happens?")
    visitor.wait_for("done")
    (part,) = engine.requests[0].conversation.messages[0].media
    assert part == Video(part.path, "clip.mp4", 3, 1, 3, 4)


def test_one_frame_every_so_often(visit, engine):
    visitor = visit()
    visitor.attach("video", CLIP)
    has(visitor, "frames", 8, "video")
    visitor.page.locator("#video-way label").last.click()
    expect(visitor.page.locator("#video-frames")).to_be_hidden()
    set_slider(visitor, "video-every", 2)
    has(visitor, "frames", 2, "video")
    visitor.ask("What happens?")
    visitor.wait_for("done")
    (part,) = engine.requests[0].conversation.messages[0].media
    assert part == Video(part.path, "clip.mp4", 2)


def test_a_new_video_is_seen_as_the_settings_say(visit):
    visitor = visit()
    visitor.page.click("#settings .toggle-button")
    set_slider(visitor, "frames", 5)
    visitor.attach("video", CLIP)
    has(visitor, "frames", 5, "video")
    expect(visitor.page.locator("#video-frames input[type=number]")).to_have_value("5")


def test_the_meter_counts_before_sending_and_as_one_types(visit):
    visitor = visit()
    expect(visitor.page.locator("#meter .meter")).to_have_count(0)
    visitor.box.fill("one two three")
    meter_says(visitor, "3 text")
    meter_says(visitor, "1,027 of 32,768 tokens")
    visitor.attach("image", PHOTO)
    meter_says(visitor, "3,328 visual")
    expect(visitor.page.locator("#offers button")).to_have_count(0)


def test_what_does_not_fit_is_offered_less_and_only_a_click_takes_it(visit, engine):
    engine.context_length = 3000
    visitor = visit()
    visitor.attach("image", PHOTO)
    visitor.box.fill("What is it?")
    alert = visitor.page.locator("#meter [role=alert]")
    expect(alert).to_contain_text("the model holds 3,000", timeout=PATIENCE)
    has(visitor, "tiles", 13)
    visitor.page.click("#offer-tiles")
    expect(alert).to_have_count(0, timeout=PATIENCE)
    has(visitor, "tiles", 7)
    visitor.ask("What is it?")
    visitor.wait_for("done")
    (part,) = engine.requests[0].conversation.messages[0].media
    assert isinstance(part, Image) and part.max_tiles < 12


def test_an_earlier_turn_is_left_out_by_a_click_and_stays_on_the_page(visit, engine):
    visitor = visit()
    visitor.ask("First question with a number of words")
    visitor.wait_for("done")
    engine.context_length = 1030
    visitor.box.fill("Second question")
    visitor.page.click("#offer-turn")
    expect(visitor.page.locator("#chat .left-out")).to_have_text(strings.LEFT_OUT, timeout=PATIENCE)
    expect(visitor.page.locator("#meter .meter[data-fits=true]")).to_be_visible()
    visitor.page.click("#send")
    expect(visitor.questions).to_have_count(2, timeout=PATIENCE)
    visitor.wait_for("done")
    texts = [message.text for message in engine.requests[1].conversation.asked]
    assert texts == ["Second question"]
    expect(visitor.questions.first).to_contain_text("First question")


def test_while_the_model_is_loaded_the_page_says_what_will_come(visit, engine):
    engine.loaded = False
    visitor = visit()
    visitor.attach("image", PHOTO)
    expect(visitor.page.locator("#seen")).to_contain_text(strings.PREVIEW_LOADING, timeout=PATIENCE)
    expect(visitor.page.locator("#meter")).to_contain_text(strings.METER_LOADING)
    engine.loaded = True
    has(visitor, "tiles", 13)
    meter_says(visitor, "3,328 visual")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_of_the_preview_is_cut_off_on_a_phone(visit, engine, scheme):
    engine.context_length = 2000
    visitor = visit(viewport=PHONE, scheme=scheme)
    visitor.attach("video", CLIP)
    visitor.box.fill("What happens here?")
    expect(visitor.page.locator("#offer-frames")).to_be_visible(timeout=PATIENCE)
    assert 0 == visitor.page.evaluate(
        "document.scrollingElement.scrollWidth - document.documentElement.clientWidth"
    )
    for element in ("#send", "#offer-frames", "#meter .total", "#status .words", "#preview"):
        shown = visitor.page.locator(element)
        expect(shown).to_be_visible()
        place = shown.evaluate("element => element.getBoundingClientRect().toJSON()")
        assert place["left"] >= 0 and place["right"] <= PHONE["width"]
        assert place["y"] >= 0 and place["y"] + place["height"] <= PHONE["height"]
