"""Load test and crash test: whether this machine can serve a class, and whether a killed server loses saves."""
