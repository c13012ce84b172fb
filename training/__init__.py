"""Draws scenes and trains the model that ships in ``assets/internvl-nano/``."""
