"""What a quiz asks: banks, items, marking rules, randomization, and the proof that they are sound."""
