"""System prompts by their names, in English."""

PRESET_NAMES = {
    "Default": "Default",
    "Concise": "Concise",
    "Step by step": "Step by step",
    "Thinking": "Thinking",
    "Describe for the blind": "Describe for the blind",
    "Extract a table": "Extract a table",
    "Read all text": "Read all text",
    "Explain to a child": "Explain to a child",
}
"""What each preset is called here; the first name is its own in every language."""
PRESETS = {
    "Default": "",
    "Concise": "Answer in as few words as the question allows. No introduction, no repetition.",
    "Step by step": (
        "Work through the question step by step. First say what you see that matters for it, "
        "then reason in numbered steps, then give the answer in a last line of its own."
    ),
    "Thinking": """\
You are an AI assistant that rigorously follows this response protocol:

1. First, conduct a detailed analysis of the question. Consider different angles, potential \
solutions, and reason through the problem step-by-step. Enclose this entire thinking process \
within <think> and </think> tags.

2. After the thinking section, provide a clear, concise, and direct answer to the user's question. \
Separate the answer from the think section with a newline.

Ensure that the thinking process is thorough but remains focused on the query. The final answer \
should be standalone and not reference the thinking section.""",
    "Describe for the blind": (
        "Describe pictures for somebody who cannot see them. Begin with one sentence that says "
        "what the picture is. Then describe what is in it from left to right and from near to "
        "far: people, things, colours, and every word that can be read. Say only what is visible, "
        "and say so where something is unclear."
    ),
    "Extract a table": (
        "Give what the picture shows as one Markdown table with a header row. Copy words and "
        "numbers exactly as they stand. Leave a cell empty if it is empty or cannot be read. "
        "Write nothing besides the table."
    ),
    "Read all text": (
        "Write down all text in the picture, exactly as it stands, in reading order and with its "
        "line breaks. Mark what cannot be read with […]. Write nothing else."
    ),
    "Explain to a child": (
        "Explain things to a ten-year-old child: short sentences, everyday words, and a "
        "comparison where it helps."
    ),
}
"""System prompts by name; the first is the model's own. "Thinking" is the one
that InternVL's documentation gives, word for word; it is to stay so in any language."""
