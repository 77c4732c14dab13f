"""Sphinx configuration: pages in MyST Markdown, the reference from the docstrings."""

import configparser
from pathlib import Path

import sseclient_ng

configuration = configparser.ConfigParser()
configuration.read(Path(__file__).parent.parent / "setup.cfg", "utf-8")
addresses = configuration["addresses"]

project = "sseclient-ng"
author = "the sseclient_ng authors"
copyright = f"2026, {author}"
release = version = sseclient_ng.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx_copybutton"]
exclude_patterns = ["_build"]
nitpicky = True
# Other libraries' names, to which there is no link as the pages are made without a network, and
# names of types that only make signatures short.
nitpick_ignore_regex = [
    (
        "py:.*",
        r"(aiohttp|asyncio|codecs|collections|httpx|json|os|requests|ssl|threading|urllib3)\..*",
    ),
    ("py:class", r"AsyncSession|(Body)?Piece|Responder|Script|Scripted|Source|The steps|Until"),
    ("py:class", r"(sseclient_ng\._transports\.requests_transport\.)?Session"),
    ("py:class", r"sseclient_ng\._core\.errors\.EventTooLarge|sseclient_ng\._places\..*"),
]

# Headings are link targets down to this level: the README and the pages link to each other's.
myst_heading_anchors = 3

napoleon_use_ivar = True
autodoc_preserve_defaults = True
autodoc_member_order = "bysource"
autodoc_typehints = "description"
autodoc_typehints_description_target = "documented"

# The button copies commands without their prompt and without what they print.
copybutton_prompt_text = "$ "
copybutton_only_copy_prompt_lines = True

html_theme = "furo"
html_title = "sseclient-ng"
html_baseurl = addresses["documentation"]
html_theme_options = {
    "source_view_link": f"{addresses['repository']}/blob/HEAD/docs/{{filename}}",
    "source_edit_link": f"{addresses['repository']}/edit/HEAD/docs/{{filename}}",
}
html_static_path = ["static"]
html_css_files = ["wide.css"]
