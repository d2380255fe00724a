"""LTI 1.3: the course as a tool of a learning platform, with its names, roles and gradebook."""
