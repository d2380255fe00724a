"""Hides script in outputs and Markdown."""

import json

from correct_notebook import SOURCE, notebook


def make(folder):
    """Build the hand-in in the student's folder."""
    data = json.loads(notebook(SOURCE))
    script = "<script>document.title = 'taken'</script>"
    shown = {"output_type": "display_data", "data": {"text/html": script}, "metadata": {}}
    data["cells"][0]["outputs"] = [shown]
    data["cells"].append({"cell_type": "markdown", "metadata": {}, "source": script})
    (folder / "tiny.ipynb").write_text(json.dumps(data))
