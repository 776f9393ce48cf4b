#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Forethink Authors
"""Checks that the documents speak of files that exist.

Every `path` in backticks that begins with a folder of ours, and every relative link, must exist. A
name with *, <, {, X or "mine" in place of a real one is a pattern and passes; build/ and runs/ are made
later.
A block of code after the line <!-- from PATH --> must stand in that file word for word.

    python3 tests/layers/check_docs.py [ROOT]
"""

import re
import sys
from pathlib import Path

FOLDERS = ("forethink/", "apps/", "bench/", "examples/", "tests/", "docs/", "cmake/", "scripts/",
           "experiments/", "models/", ".ci/")
CODE = re.compile(r"`([^`\n]+)`")
QUOTE = re.compile(r"<!-- from (\S+) -->\n```\w*\n(.*?)```", re.DOTALL)
LINK = re.compile(r"\]\(([^)#\s]+)[^)]*\)")


def missing(root, document):
    text = document.read_text(encoding="utf-8")
    for number, line in enumerate(text.splitlines(), 1):
        for quoted in CODE.findall(line):
            for word in quoted.split():
                if word.startswith(FOLDERS) and not re.search(r"[*<{>]|\bX\b|\bx\.|\bmine\.", word):
                    if not (root / word.rstrip(",.:;")).exists():
                        yield number, word
        for link in LINK.findall(line):
            if "://" not in link and not (document.parent / link).exists():
                yield number, link
    for quote in QUOTE.finditer(text):
        source = root / quote[1]
        if not source.exists() or quote[2] not in source.read_text(encoding="utf-8"):
            yield text[:quote.start()].count("\n") + 1, f"the code quoted from {quote[1]}"


def main():
    root = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parents[2])
    documents = sorted(root.glob("*.md")) + sorted((root / "docs").rglob("*.md"))
    offences = [f"{document.relative_to(root)}:{number}: {name} does not exist"
                for document in documents for number, name in missing(root, document)]
    print(*offences, sep="\n")
    print(f"{len(documents)} documents, {len(offences)} offences")
    sys.exit(1 if offences or not documents else 0)


if __name__ == "__main__":
    main()
