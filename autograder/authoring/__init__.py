"""An author's tools: lint, calibrate, release, demo class, experiments and the comparison of submissions."""
