"""Load test and crash test of homework: can this machine take a class's submissions, and is one ever lost?"""
