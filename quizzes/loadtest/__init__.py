"""Load test and crash test: can this machine serve a class, and does a killed server lose saves?"""
