"""The analysis of a quiz: statistics of its questions from a table of points, as a page and a CSV file."""
