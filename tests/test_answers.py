"""An answer as it is shown: formulas and no dollars lost, thoughts and numbers folded."""

import re
from dataclasses import replace

import pytest

from internvl_ui.conversation import Note, Usage
from internvl_ui.ui import answers, strings

USED = Usage(3400, 3328, 13, 41, time_to_first_token=0.5, total_time=2.5, reused_tokens=1812)


def read(text: str) -> str:
    """Marked formulas in a form that can be read here."""
    signs = zip("⟨⟩⟪⟫", (*answers.INLINE, *answers.DISPLAY), strict=True)
    return answers.formulas(text).translate({ord(sign): shown for shown, sign in signs})


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("so $x^2$ and $y$.", "so ⟨x^2⟩ and ⟨y⟩."),
        (r"so \(x\) holds", "so ⟨x⟩ holds"),
        ("$$\nx = 1\n$$", "⟪\nx = 1\n⟫"),
        (r"\[ x \]", "⟪ x ⟫"),
        ("$a<b$ & $c$", "⟨a&lt;b⟩ & ⟨c⟩"),
        (r"$\frac{1}{2}$, $2 \times 3$ and $5$", r"⟨\frac{1}{2}⟩, ⟨2 \times 3⟩ and ⟨5⟩"),
        (r"\[\begin{matrix} a & b \\ c & d \end{matrix}\]",
         r"⟪\begin{matrix} a &amp; b \\ c &amp; d \end{matrix}⟫"),
        ("| $|x|$ | b |", "| ⟨|x|⟩ | b |"),
    ],
)  # fmt: skip
def test_formulas_are_found(text: str, shown: str) -> None:
    assert read(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "costs $5 and $6",
        "$5-$10, US$5 or A$6, 5$ and 6$",
        "from $5 to $10 ($3 less)",
        "the $5 one or the 6$ one",
        r"a \$5 bill and a \$6 bill",
        "one $ alone",
        "cheap $, dear $$, dearer $$$",
        "`$x$` and ``a ` $y$``",
        "```sh\necho $HOME $PATH$\n\nsed 's/\\(a\\)/\\[b\\]/'\n```",
        "~~~\n$x$",
        "    price\n",
    ],
)
def test_dollars_and_code_stay(text: str) -> None:
    assert answers.formulas(text) == text


def test_signs_of_formulas_cannot_be_smuggled_in() -> None:
    left, right = answers.INLINE
    assert answers.formulas(f"{left}<img src=x>{right}") == "<img src=x>"


def test_code_ends_where_its_fence_does() -> None:
    assert read("```\n$a$\n```\n$b$") == "```\n$a$\n```\n⟨b⟩"


def test_an_answer_without_thoughts_is_its_words() -> None:
    assert answers.parts("    indented\n  less") == ["    indented\n  less"]


def test_thoughts_are_folded_with_their_duration() -> None:
    thoughts, words = answers.parts("<think>\nHm, *two*.\n</think>\n\nTwo.", thought=12.4)
    assert thoughts.startswith('<details class="beside thoughts"><summary>Thought for 12 s<')
    assert "Hm, *two*." in thoughts and thoughts.endswith("</details>")
    assert words == "Two."


def test_thoughts_grow_at_their_end_alone() -> None:
    shorter, longer = (
        answers.parts(f"<think>{text}", thought=3.0)[0] for text in ("One", "One, two")
    )
    assert longer.startswith(shorter) and strings.THINKING.format(seconds=3) in longer


@pytest.mark.parametrize("text", ["<", "<thi", "<think>"])
def test_a_half_written_tag_is_not_shown(text: str) -> None:
    assert "&lt;" not in "".join(answers.parts(text)) and "<thi" not in answers.parts(text)[-1]


def test_a_thought_cannot_open_its_fold() -> None:
    (thoughts,) = answers.parts("<think>a </details> <SUMMARY>b")
    assert len(re.findall("<(?:details|/details|summary|SUMMARY)", thoughts)) == 2


def test_the_tag_in_a_sentence_is_a_word() -> None:
    text = "The tag `<think>` opens a thought."
    assert answers.parts(text) == [text] and not answers.is_thinking(text)


@pytest.mark.parametrize(
    ("text", "thinking"),
    [
        ("", False),
        ("<think>a", True),
        ("<think>a</think>", False),
        ("<think>a</think>\n<think>", True),
    ],
)
def test_thinking_lasts_until_its_tag(text: str, thinking: bool) -> None:
    assert answers.is_thinking(text) == thinking


def test_the_numbers_say_what_an_answer_cost() -> None:
    folded = answers.numbers(Note("<Tiny>", "length", USED, seed=7))
    summary = re.search("<summary>(.*)</summary>", folded)
    assert summary and summary[1] == "41 tokens · 20.0 tokens/s · cut off at the longest answer set"
    rows = dict(re.findall("<dt>(.*?)</dt><dd>(.*?)</dd>", folded))
    assert rows == {
        "Tiles": "13",
        "Visual tokens": "3,328",
        "Text tokens": "72",
        "Reused tokens": "1,812",
        "Time to first token": "0.50 s",
        "Speed": "20.0 tokens/s",
        "Model": "&lt;Tiny&gt;",
        "Seed": "7",
    }
    assert strings.NO_SEED in answers.numbers(Note("Tiny", "end", USED))
    kept = answers.numbers(
        Note("Tiny", "end", replace(USED, time_to_first_token=0.0, total_time=0.0))
    )
    assert "Time to first token" not in kept and "tokens/s" not in kept


def test_the_place_of_the_numbers_is_held_free() -> None:
    words, free = answers.parts("Two.", writing=True)
    assert words == "Two." and "pending" in free
    assert "numbers" in answers.parts("Two.", Note("Tiny", "end", USED))[1]
