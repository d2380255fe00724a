"""Sphinx's configuration; `build.py` copies it beside the sources."""

project = "Autograder"
extensions = ["myst_parser"]
source_suffix = {".md": "markdown"}
root_doc = "index"
html_theme = "furo"
html_title = "Autograder"
html_show_copyright = False
html_static_path = ["static"]
html_css_files = ["tables.css"]
myst_heading_anchors = 4
myst_enable_extensions = ["colon_fence"]
# Fenced blocks without a language, in pages that GitHub and editors show too, are terminals.
highlight_language = "text"
suppress_warnings = ["myst.header", "misc.highlighting_failure"]
