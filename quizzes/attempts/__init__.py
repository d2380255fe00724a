"""An attempt as a list of events, and the rules for saving to it."""
