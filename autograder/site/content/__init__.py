"""Content in the browser: files of the course with their versions, assignments as forms, new work."""
