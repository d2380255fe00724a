"""Notices: what a person is told on the site and by mail, announcements, and the sender of mail."""
