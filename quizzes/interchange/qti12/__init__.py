"""QTI 1.2, as Canvas imports and exports it."""
