"""When a quiz may be taken: timing rules and accommodations, plain arithmetic on instants."""
