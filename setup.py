"""Adds to setup.cfg, which describes the distribution, what follows from the addresses there."""

import configparser
import re
from pathlib import Path

from setuptools import setup

HERE = Path(__file__).parent
# The end of a link or picture of Markdown whose target is a file of this repository.
RELATIVE = re.compile(r"(?<=\]\()(?!\w+:|#)[^)]+(?=\))")

configuration = configparser.ConfigParser()
configuration.read(HERE / "setup.cfg", "utf-8")
repository = configuration["addresses"]["repository"]
documentation = configuration["addresses"]["documentation"]
package = (HERE / "sseclient_ng" / "__init__.py").read_text("utf-8")
version = re.search(r'^__version__ = "(.+)"$', package, re.MULTILINE)[1]


def absolute(match):
    """Where a file of this version is found by those who read the README elsewhere."""
    target = match[0]
    if target.endswith(".svg"):
        return f"{repository}/raw/v{version}/{target}"
    if target.startswith("docs/"):
        return f"{documentation}/{target[len('docs/') :].replace('.md', '.html')}"
    return f"{repository}/blob/v{version}/{target}"


setup(
    version=version,
    long_description=RELATIVE.sub(absolute, (HERE / "README.md").read_text("utf-8")),
    project_urls={
        "Documentation": documentation,
        "Source": repository,
        "Changelog": f"{repository}/blob/HEAD/CHANGELOG.md",
        "Issues": f"{repository}/issues",
    },
)
