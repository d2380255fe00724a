"""Static HTML: the students' pages, the class page, the gradebook's pages, and their charts."""
