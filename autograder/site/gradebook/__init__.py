"""The gradebook in the browser: the class, a student's grades, exports, and what platforms have."""
