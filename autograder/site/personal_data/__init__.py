"""Personal data: everything about one person as a ZIP, erasing a person, and how long data is kept."""
