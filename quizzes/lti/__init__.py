"""LTI 1.3: quizzes as a tool of a learning platform, with its names and roles and its gradebook.

platforms  which platforms may launch, from lti.yaml
keys       our own key, and the platforms' public ones
launch     signing in from a platform, and what is refused
services   scores to a platform, members from it
sender     scores from the outbox, until they arrive
tool       all of it behind one interface
"""
