"""Learning platforms: a module for each, reading its downloads and writing its tables."""
