"""What staff do to single people: roles, sections, dropping, sign-in, and looking as a student."""
