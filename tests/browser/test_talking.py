"""What a hand and a keyboard can do with a conversation beyond asking."""

import base64
import mimetypes
import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from internvl_ui.conversation import assistant
from tests.browser.conftest import EXAMPLES, PATIENCE, Visitor
from tests.fakes import LONG

RICH = r"""<think>
The picture shows **two** things: $1 + 1 = 2$.
</think>

It costs $5 and $6. The area is $A = \pi r^2$ and \(a<b\):

$$
\int_0^1 x^2 \, dx = \frac{1}{3}
$$

| shape | side |
|---|---|
| circle | $r$ |

```python
price = "$5 and $6"  # \(no formula\)
```
"""


def give(visitor: Visitor, how: str, target: str, *files: Path) -> None:
    """Drop or paste files, as a hand would from elsewhere."""
    brought = [
        (f.name, base64.b64encode(f.read_bytes()).decode(), mimetypes.guess_type(f.name)[0] or "")
        for f in files
    ]
    visitor.page.locator(target).wait_for(state="attached")
    visitor.page.evaluate(
        """([how, target, files]) => {
            const brought = new DataTransfer();
            for (const [name, data, type] of files) {
                const bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
                brought.items.add(new File([bytes], name, { type }));
            }
            const element = document.querySelector(target);
            const options = { bubbles: true, cancelable: true };
            if (how === "paste") {
                const event = new ClipboardEvent("paste", { ...options, clipboardData: brought });
                return element.dispatchEvent(event);
            }
            for (const kind of ["dragenter", "dragover", "drop"]) {
                element.dispatchEvent(new DragEvent(kind, { ...options, dataTransfer: brought }));
            }
        }""",
        [how, target, brought],
    )


def test_formulas_tables_code_and_dollars(visit, engine):
    engine.text = RICH
    visitor = visit()
    visitor.ask("How much?")
    visitor.wait_for("done")
    expect(visitor.answers.locator(".katex")).to_have_count(4, timeout=PATIENCE)
    expect(visitor.answers.locator(".katex-display")).to_have_count(1)
    expect(visitor.answers.locator("td .katex")).to_have_count(1)
    assert "It costs $5 and $6." in visitor.answers.inner_text()
    code = visitor.answers.locator("code").inner_text()
    assert code.strip() == 'price = "$5 and $6"  # \\(no formula\\)'
    assert visitor.page.locator("#chat .katex-error").count() == 0


def test_thoughts_and_numbers_are_folded_and_stay_as_the_reader_left_them(visit, engine):
    engine.text = "<think>" + "Let me see. " * 60 + "</think>\nTwo."
    visitor = visit()
    visitor.ask("How many?")
    thoughts = visitor.page.locator("#chat details.thoughts")
    expect(thoughts).to_have_count(1, timeout=PATIENCE)
    assert not thoughts.evaluate("fold => fold.open")
    thoughts.locator("summary").click()
    visitor.wait_for("done")
    assert thoughts.evaluate("fold => fold.open")
    expect(thoughts.locator("summary")).to_have_text(re.compile(r"Thought for \d+ s"))
    expect(visitor.answers).to_have_text(["Two."])
    numbers = visitor.page.locator("#chat details.numbers")
    assert not numbers.evaluate("fold => fold.open")
    numbers.locator("summary").click()
    expect(numbers.locator("dd").first).to_be_visible()
    assert engine.name in numbers.inner_text()


def test_the_speed_is_shown_while_it_is_written(visit, engine):
    engine.text = LONG
    visitor = visit()
    visitor.ask("Tell me everything")
    expect(visitor.page.locator("#status .speed")).to_contain_text("tokens/s", timeout=PATIENCE)
    visitor.page.keyboard.press("Escape")
    visitor.wait_for("stopped")
    expect(visitor.box).to_be_focused()


def test_an_answer_that_was_stopped_goes_on(visit, engine):
    engine.text = LONG
    visitor = visit()
    visitor.ask("Tell me everything")
    visitor.wait_for("writing")
    visitor.box.press("Escape")
    visitor.wait_for("stopped")
    begun = engine.requests[0].conversation.messages
    engine.text = "and that is all."
    visitor.page.get_by_role("button", name="Continue").click()
    visitor.wait_for("done")
    *asked, so_far = engine.requests[1].conversation.messages
    assert tuple(asked) == begun and so_far.role == "assistant" and LONG.startswith(so_far.text)
    expect(visitor.answers).to_have_text([so_far.text + "and that is all."])
    expect(visitor.page.get_by_role("button", name="Continue")).to_have_count(0)


def edit(visitor: Visitor, number: int, words: str, key: str = "Enter") -> None:
    visitor.questions.nth(number).hover()
    visitor.page.get_by_label("Edit").nth(number).click()
    field = visitor.page.locator("#chat .edit-textarea")
    field.fill(words)
    field.press(key)


def test_an_earlier_question_is_edited_and_the_rest_redone(visit, engine):
    visitor = visit()
    visitor.attach("image", EXAMPLES / "shapes.png")
    visitor.ask("What is <b>this</b>?\n\n# x")
    visitor.wait_for("done")
    visitor.ask("And this?")
    visitor.wait_for("done")
    visitor.questions.nth(0).hover()
    visitor.page.get_by_label("Edit").nth(0).click()
    field = visitor.page.locator("#chat .edit-textarea")
    expect(field).to_have_value("What is <b>this</b>?\n\n# x")
    field.press("Escape")
    expect(visitor.questions).to_have_count(2)
    engine.fail_after = 0
    edit(visitor, 0, "Which colours?")
    visitor.wait_for("error")
    expect(visitor.questions).to_have_count(2, timeout=PATIENCE)
    expect(visitor.box).to_have_value("Which colours?", timeout=PATIENCE)
    engine.fail_after, engine.text = None, "Red."
    edit(visitor, 0, "Which colours?")
    expect(visitor.answers).to_have_text(["Red."], timeout=PATIENCE)
    visitor.wait_for("done")
    (message,) = engine.requests[-1].conversation.messages
    assert message.text == "Which colours?" and message.media[0].name == "shapes.png"


def test_copies_are_the_words_alone(visit, engine):
    engine.text = RICH
    visitor = visit()
    visitor.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    visitor.ask("How <i>much</i>?\n  really")
    visitor.wait_for("done")

    def copied(number: int) -> str:
        visitor.page.get_by_label("Copy message").nth(number).click()
        return visitor.page.evaluate("navigator.clipboard.readText()")

    visitor.questions.hover()
    assert copied(0) == "How <i>much</i>?\n  really"
    words = copied(0)
    assert words.startswith("It costs $5 and $6. The area is $A = \\pi r^2$ and $a<b$:")
    assert words.endswith("```") and "details" not in words


def test_a_thumb_is_kept(visit, engine):
    visitor = visit()
    visitor.ask("Hello?")
    visitor.wait_for("done")
    visitor.page.get_by_label("Like", exact=True).click()
    expect(visitor.page.get_by_label("Liked", exact=True)).to_have_count(1)
    visitor.ask("And?")
    expect(visitor.answers).to_have_text([engine.text] * 2, timeout=PATIENCE)
    expect(visitor.page.get_by_label("Liked", exact=True)).to_have_count(1)
    said = engine.requests[1].conversation.messages
    assert said[1] == assistant(engine.text) and said[1].note.liked is True


def test_files_go_to_the_panel_they_belong_to(visit, engine, tmp_path):
    notes = tmp_path / "notes.txt"
    notes.write_text("words")
    visitor = visit()
    page = visitor.page
    give(visitor, "paste", "#question textarea", EXAMPLES / "shapes.png")
    expect(page.locator("#image .image-frame img")).to_have_count(1, timeout=PATIENCE)
    pair = EXAMPLES / "pair-1.png", EXAMPLES / "pair-2.png"
    give(visitor, "drop", "#question textarea", *pair, notes)
    expect(page.locator("#gallery img")).to_have_count(2, timeout=PATIENCE)
    expect(page.locator("#left-out")).to_contain_text("notes.txt")
    give(visitor, "drop", "#chat", EXAMPLES / "clip.mp4")
    expect(page.locator("#video video")).to_have_count(1, timeout=PATIENCE)
    visitor.wait_for("idle")
    visitor.ask("What is this?")
    visitor.wait_for("done")
    names = [part.name for part in engine.requests[0].conversation.messages[0].media]
    assert names == ["shapes.png", "pair-1.png", "pair-2.png", "clip.mp4"]


def test_pictures_are_numbered_ordered_taken_out_and_named(visit, engine):
    visitor = visit()
    visitor.attach("image", EXAMPLES / "shapes.png")
    visitor.ask("What is this?")
    visitor.wait_for("done")
    names = ("pair-1.png", "pair-2.png", "shapes.png")
    visitor.attach("images", *(EXAMPLES / name for name in names))
    forward = visitor.page.locator("#gallery .forward")
    expect(forward.nth(2)).to_have_attribute("aria-label", "Move Image-4 forward")
    visitor.page.locator("#gallery .gallery-item").nth(2).hover()
    forward.nth(2).click()
    visitor.page.wait_for_function(
        "() => document.querySelectorAll('#gallery img')[2].src.includes('pair-2')"
    )
    visitor.page.locator("#gallery .gallery-item").nth(0).drag_to(
        visitor.page.locator("#gallery .gallery-item").nth(2)
    )
    visitor.page.wait_for_function(
        "() => document.querySelectorAll('#gallery img')[2].src.includes('pair-1')"
    )
    visitor.page.locator("#gallery .delete-button").nth(2).click()
    expect(visitor.page.locator("#gallery img")).to_have_count(2)
    visitor.box.press_sequentially("Is @")
    options = visitor.page.locator("#mentions [role=option]")
    expect(options).to_have_text(["Image-1", "Image-2", "Image-3"])
    visitor.box.press("ArrowDown")
    visitor.box.press("Enter")
    expect(visitor.box).to_have_value("Is @2 ")
    visitor.box.press_sequentially("larger than @1")
    visitor.box.press("Enter")
    visitor.wait_for("done")
    expect(visitor.answers).to_have_count(2, timeout=PATIENCE)
    message = engine.requests[-1].conversation.messages[-1]
    assert message.text == "Is Image-2 larger than Image-1"
    assert [part.name for part in message.media] == ["shapes.png", "pair-2.png"]
    captions = visitor.questions.nth(1).locator("figcaption")
    expect(captions).to_have_text(["Image-2", "Image-3"])


def test_the_keyboard_is_enough(visit, engine):
    visitor = visit()
    visitor.box.press_sequentially("First")
    visitor.box.press("Shift+Enter")
    visitor.box.press_sequentially("line")
    visitor.box.press("Enter")
    visitor.wait_for("done")
    assert engine.requests[0].conversation.messages[0].text == "First\nline"
    expect(visitor.box).to_be_focused()
    visitor.ask("Second")
    expect(visitor.answers).to_have_count(2, timeout=PATIENCE)
    visitor.wait_for("done")
    visitor.box.press("ArrowUp")
    expect(visitor.box).to_have_value("Second")
    visitor.box.press("ArrowUp")
    expect(visitor.box).to_have_value("First\nline")
    visitor.box.press("ArrowDown")
    visitor.box.press("ArrowDown")
    expect(visitor.box).to_have_value("")


def test_the_page_stays_where_the_reader_put_it(visit, engine):
    engine.text = "A line of words.\n\n" * 400
    visitor = visit()
    visitor.ask("Tell me everything")
    log = visitor.page.locator("#chat .bubble-wrap")
    rest = "log => log.scrollHeight - log.clientHeight - log.scrollTop"
    far = f"pixels => ({rest})(document.querySelector('#chat .bubble-wrap')) > pixels"
    visitor.page.wait_for_function(
        "() => document.querySelector('#chat .bubble-wrap').scrollTop > 200"
    )
    assert log.evaluate(rest) < 3
    log.hover()
    visitor.page.mouse.wheel(0, -120)
    visitor.page.wait_for_function(far, arg=90)
    place = log.evaluate("log => log.scrollTop")
    visitor.page.wait_for_function(far, arg=400)
    assert abs(log.evaluate("log => log.scrollTop") - place) < 60
    visitor.stop()
    visitor.wait_for("stopped")


@pytest.mark.parametrize("text", [RICH, "One two three four five six seven. " * 6])
def test_nothing_jumps_while_an_answer_comes(visit, engine, text):
    engine.text, engine.pace = text, 0.05
    visitor = visit()
    visitor.ask("Hello?")
    visitor.wait_for("writing")
    visitor.page.evaluate(
        """() => {
            window.moved = 0;
            new PerformanceObserver((list) => {
                for (const shift of list.getEntries()) window.moved += shift.value;
            }).observe({ type: "layout-shift" });
        }"""
    )
    visitor.wait_for("done")
    assert visitor.page.evaluate("window.moved") < 0.05
