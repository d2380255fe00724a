"""Cases of academic integrity: whom and what, a hold on scores, evidence as a bundle, notes, outcome."""
