"""Item types: one module for each."""
