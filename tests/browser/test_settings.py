"""Settings: kept in the browser, carried by a link, back to what they were in one click."""

from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import PATIENCE, PHONE, Visitor


def open_settings(visitor: Visitor) -> None:
    visitor.page.click("#settings .toggle-button")
    expect(visitor.page.locator("#system textarea")).to_be_visible()


def number(visitor: Visitor, setting: str):
    return visitor.page.locator(f"#{setting} input[type=number]")


def keep(visitor: Visitor, setting: str, value: str) -> None:
    number(visitor, setting).fill(value)
    number(visitor, setting).press("Tab")
    visitor.page.wait_for_function(
        "value => localStorage['internvl-ui-settings']?.includes(value)", arg=value
    )


def choose_preset(visitor: Visitor, title: str) -> None:
    visitor.page.click("#preset input")
    visitor.page.get_by_role("option", name=title, exact=True).click()


def test_settings_survive_a_reload_and_are_reset_in_one_click(visit, engine):
    visitor = visit()
    open_settings(visitor)
    keep(visitor, "max-tiles", "6")
    visitor.page.reload()
    open_settings(visitor)
    expect(number(visitor, "max-tiles")).to_have_value("6", timeout=PATIENCE)
    visitor.ask("Hello?")
    visitor.wait_for("done")
    visitor.page.click("#reset-settings")
    expect(number(visitor, "max-tiles")).to_have_value("12", timeout=PATIENCE)
    visitor.page.wait_for_function("localStorage['internvl-ui-settings'] === '{}'")
    other = visit()
    open_settings(other)
    expect(number(other, "max-tiles")).to_have_value("12")


def test_what_is_changed_before_the_kept_settings_are_back_is_kept_too(visit):
    visitor = visit()
    held, holding = [], True
    visitor.page.route(
        "**/queue/data*", lambda route: held.append(route) if holding else route.continue_()
    )
    visitor.page.reload()
    open_settings(visitor)
    number(visitor, "frames").fill("21")
    number(visitor, "frames").press("Tab")
    assert held
    holding = False
    for answer in held:
        answer.continue_()
    visitor.page.wait_for_function("localStorage['internvl-ui-settings']?.includes('21')")


def test_a_link_carries_the_settings_to_another_browser(visit, engine):
    visitor = visit()
    visitor.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    open_settings(visitor)
    keep(visitor, "frames", "21")
    choose_preset(visitor, "Concise")
    visitor.page.wait_for_function("localStorage['internvl-ui-settings'].includes('few words')")
    visitor.page.click("#copy-link")
    expect(visitor.page.locator("#copy-link.done")).to_be_visible()
    link = visitor.page.evaluate("navigator.clipboard.readText()")
    assert set(parse_qs(urlsplit(link).query)) == {"frames", "system"}
    other = visit()
    other.page.goto(link + "&max_tiles=9999&temperature=hot")
    other.wait_for("idle")
    expect(other.page.locator(".toast-body")).to_contain_text("its own settings")
    other.page.wait_for_function("location.search === ''")
    open_settings(other)
    expect(number(other, "frames")).to_have_value("21", timeout=PATIENCE)
    expect(number(other, "max-tiles")).to_have_value("24")
    expect(other.page.locator("#preset input")).to_have_value("Concise", timeout=PATIENCE)
    other.ask("Hello?")
    other.wait_for("done")
    assert "few words" in engine.requests[-1].conversation.system


def test_a_preset_of_ones_own(visit, engine):
    visitor = visit()
    open_settings(visitor)
    visitor.page.fill("#system textarea", "Talk like a pirate.")
    expect(visitor.page.locator("#preset input")).to_have_value("Your own words", timeout=PATIENCE)
    visitor.page.click("#own-presets > button")
    visitor.page.fill("#preset-name textarea, #preset-name input", "Pirate")
    visitor.page.click("#preset-save")
    expect(visitor.page.locator("#preset input")).to_have_value("Pirate", timeout=PATIENCE)
    choose_preset(visitor, "Default")
    expect(visitor.page.locator("#system textarea")).to_have_value("")
    visitor.page.reload()
    open_settings(visitor)
    choose_preset(visitor, "Pirate")
    expect(visitor.page.locator("#system textarea")).to_have_value(
        "Talk like a pirate.", timeout=PATIENCE
    )
    visitor.page.click("#own-presets > button")
    visitor.page.click("#preset-delete")
    visitor.page.click("#preset input")
    expect(visitor.page.get_by_role("option", name="Default")).to_be_visible()
    expect(visitor.page.get_by_role("option", name="Pirate")).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_panel_fits_a_phone(visit, scheme):
    visitor = visit(viewport=PHONE, scheme=scheme)
    open_settings(visitor)
    for element in ("#reset-settings", "#copy-link", "#preset input", "#system textarea"):
        expect(visitor.page.locator(element)).to_be_in_viewport(ratio=0.99, timeout=PATIENCE)


def test_the_family_is_shown_with_what_fits(visit):
    visitor = visit()
    open_settings(visitor)
    visitor.page.click("#model > button")
    expect(visitor.page.locator("#family .running")).to_have_text("Fake-1B · bf16")
    expect(visitor.page.locator("#family li")).to_have_count(7, timeout=PATIENCE)
    expect(visitor.page.locator("#family .family-help")).to_contain_text("free of")
