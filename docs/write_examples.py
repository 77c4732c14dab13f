"""Write the Python examples of the README and of docs/ as modules, for the type checkers.

`python docs/write_examples.py FOLDER` writes one module for each block. In front of a block stand
the statements of earlier blocks that define what it uses, as for a reader who types them all.
"""

from __future__ import annotations

import ast
import builtins
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

TOP = Path(__file__).parent.parent
_blocks_of = re.compile(r"^```python\n(.*?)^```$", re.DOTALL | re.MULTILINE).finditer


class Block(NamedTuple):
    """A block of a page.

    Args:
        page: the page.
        line: where it begins.
        code: what stands there.
    """

    page: Path
    line: int
    code: str

    @property
    def name(self) -> str:
        """The name of its module."""
        return f"{self.page.stem.replace('-', '_').lower()}_{self.line:03}"


def bound(code: ast.AST) -> set[str]:
    """Return the names that code binds, in whatever scope."""
    names: set[str] = set()
    for node in ast.walk(code):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            names.add(node.name)
        elif isinstance(node, ast.arg):
            names.add(node.arg)
        elif isinstance(node, ast.alias):
            names.add((node.asname or node.name).partition(".")[0])
        elif isinstance(node, ast.ExceptHandler) and node.name:
            names.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
    return names


def missing_from(code: ast.AST) -> set[str]:
    """Return the names that code takes from elsewhere."""
    used = {node.id for node in ast.walk(code) if isinstance(node, ast.Name)}
    return used - bound(code) - set(dir(builtins))


def blocks(page: Path) -> Iterator[Block]:
    """Yield the blocks of a page."""
    text = page.read_text("utf-8")
    for match in _blocks_of(text):
        yield Block(page, text.count("\n", 0, match.start()) + 2, match[1])


def with_what_it_needs(block: Block, earlier: list[Block]) -> str:
    """Return a block behind the statements of earlier blocks that it needs."""
    code, missing = [block.code], missing_from(ast.parse(block.code))
    for statement in reversed([each for before in earlier for each in ast.parse(before.code).body]):
        if missing & bound(statement):
            if isinstance(statement, (ast.Import, ast.ImportFrom)):
                statement.names = [each for each in statement.names if missing & bound(each)]
            code.insert(0, ast.unparse(statement))
            missing = (missing - bound(statement)) | missing_from(statement)
    return "\n\n".join(code)


def main(folder: Path) -> None:
    """Write the modules, and the settings of pyright for them.

    Args:
        folder: where to.
    """
    folder.mkdir(parents=True, exist_ok=True)
    # The annotations of redis are not complete.
    settings = {"typeCheckingMode": "strict", "reportUnknownMemberType": False}
    (folder / "pyrightconfig.json").write_text(json.dumps(settings), "utf-8")
    for page in [TOP / "README.md", *sorted((TOP / "docs").glob("*.md"))]:
        earlier: list[Block] = []
        for block in blocks(page):
            code = with_what_it_needs(block, earlier)
            (folder / f"{block.name}.py").write_text(code, "utf-8")
            earlier.append(block)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
