"""What was typed and added, but not answered yet, is there again after a reload."""

from playwright.sync_api import expect

from internvl_ui.ui import strings
from tests.browser.conftest import EXAMPLES, PATIENCE
from tests.fakes import LONG


def test_a_question_that_was_not_sent_survives_a_reload(visit, engine):
    visitor = visit()
    visitor.attach("image", EXAMPLES / "shapes.png")
    visitor.box.fill("What is this?")
    visitor.page.reload()
    expect(visitor.box).to_have_value("What is this?")
    expect(visitor.page.locator("#image img")).to_have_count(1, timeout=PATIENCE)
    visitor.wait_for("idle")
    visitor.page.click("#send")
    visitor.wait_for("done")
    (question,) = engine.requests[0].conversation.messages
    assert question.text == "What is this?"
    assert question.media[0].path.read_bytes() == (EXAMPLES / "shapes.png").read_bytes()
    # What was sent and answered is not offered once more.
    expect(visitor.page.locator(".kept-open")).to_have_count(1)
    visitor.page.reload()
    expect(visitor.answers).to_have_text(["This is an answer."], timeout=PATIENCE)
    expect(visitor.box).to_have_value("")


def test_two_reloads_in_a_row_lose_nothing(visit):
    visitor = visit()
    visitor.attach("image", EXAMPLES / "shapes.png")
    visitor.box.fill("What is this?")
    visitor.page.reload(wait_until="domcontentloaded")
    visitor.page.reload(wait_until="domcontentloaded")
    visitor.page.wait_for_function("document.querySelector('#question textarea')?.value")
    # The words are back, the picture is on its way.
    visitor.page.reload()
    expect(visitor.box).to_have_value("What is this?")
    expect(visitor.page.locator("#image img")).to_have_count(1, timeout=PATIENCE)


def test_a_file_that_cannot_be_brought_back_is_named(visit):
    visitor = visit()
    visitor.attach("image", EXAMPLES / "shapes.png")
    visitor.box.fill("What is this?")
    # As after a restart of the server, which keeps no files.
    visitor.page.route("**/shapes.png", lambda route: route.fulfill(status=404))
    visitor.page.reload()
    lost = strings.LOST_IN_RELOAD.format(names="shapes.png")
    expect(visitor.page.locator("#left-out")).to_have_text(lost, timeout=PATIENCE)
    expect(visitor.box).to_have_value("What is this?")


def test_another_question_does_not_replace_the_one_on_its_way(visit, engine):
    engine.text = LONG
    visitor = visit()
    visitor.ask("The first")
    visitor.wait_for("writing")
    visitor.box.press("Enter")
    visitor.box.fill("The second")
    visitor.page.reload()
    expect(visitor.box).to_have_value("The first\nThe second")


def test_a_question_on_its_way_returns_to_the_box(visit, engine):
    engine.text = LONG
    visitor = visit()
    visitor.attach("images", EXAMPLES / "pair-1.png", EXAMPLES / "pair-2.png")
    visitor.ask("What is the difference?")
    visitor.wait_for("writing")
    visitor.page.reload()
    expect(visitor.box).to_have_value("What is the difference?")
    expect(visitor.page.locator("#gallery img")).to_have_count(2, timeout=PATIENCE)
    expect(visitor.questions).to_have_count(0)


def test_a_question_that_is_asked_again_stays_in_the_conversation(visit, engine):
    visitor = visit()
    visitor.ask("What is this?")
    visitor.wait_for("done")
    expect(visitor.page.locator(".kept-open")).to_have_count(1)
    engine.text = LONG
    visitor.page.get_by_label("Retry").click()
    visitor.wait_for("writing")
    visitor.page.reload()
    expect(visitor.answers).to_have_text(["This is an answer."], timeout=PATIENCE)
    expect(visitor.box).to_have_value("")


def test_each_page_keeps_its_own(visit):
    visitor = visit()
    page = visitor.page
    visitor.box.fill("For the chat")
    page.click(f"#pages >> text={strings.PAGE_COMPARE}")
    compared = page.locator("#compare-question textarea")
    expect(compared).to_have_value("")
    visitor.wait_for("idle")
    compared.fill("For the columns")
    page.set_input_files("#compare-files input[type=file]", [EXAMPLES / "shapes.png"])
    expect(page.locator("#compare-files tr.file")).to_have_count(1, timeout=PATIENCE)
    page.click(f"#pages >> text={strings.PAGE_CHAT}")
    expect(visitor.box).to_have_value("For the chat")
    page.click(f"#pages >> text={strings.PAGE_COMPARE}")
    expect(compared).to_have_value("For the columns")
    expect(page.locator("#compare-files tr.file")).to_have_count(1, timeout=PATIENCE)
    page.click(f"#pages >> text={strings.PAGE_CHAT}")


def test_a_returning_conversation_is_not_hidden_by_the_welcome(visit):
    visitor = visit()
    page = visitor.page
    visitor.ask("What is this?")
    visitor.wait_for("done")
    expect(page.locator(".kept-open")).to_have_count(1)
    page.add_init_script(
        """window.welcomed = false;
        const look = () => {
            const welcome = document.querySelector("#welcome");
            if (welcome?.checkVisibility({ visibilityProperty: true })) window.welcomed = true;
            requestAnimationFrame(look);
        };
        look();"""
    )
    page.reload()
    expect(visitor.answers).to_have_text(["This is an answer."], timeout=PATIENCE)
    assert not page.evaluate("window.welcomed")
    visitor.clear()
    expect(page.locator("#welcome")).to_be_visible()
