"""The page. Gradio reads this variable when it is imported and calls its makers without it."""

import os

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
