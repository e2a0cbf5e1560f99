"""`./task bench NAME [options]`: speeds as ratios against a peer, side by side in one run. Without a name: what there is."""

from __future__ import annotations

import ast
import runpy
import sys
from pathlib import Path

HERE = Path(__file__).parent


def main() -> int:
    names = sorted(file.stem for file in HERE.glob("*.py") if not file.stem.startswith("_"))
    if len(sys.argv) < 2 or sys.argv[1] not in names:
        for name in names:
            doc = ast.get_docstring(ast.parse((HERE / f"{name}.py").read_text())) or ""
            sys.stdout.write(f"./task bench {name:<10} {doc.splitlines()[0] if doc else ''}\n")
        return 0 if len(sys.argv) < 2 else 2
    name = sys.argv.pop(1)
    sys.argv[0] = f"bench {name}"
    runpy.run_module(f"bench.{name}", run_name="__main__")
    return 0


if __name__ == "__main__":
    sys.exit(main())
