"""What one paragraph of a Markdown note is: a line, or the lines that only mean something together."""

import re
from collections.abc import Iterator, Sequence

_LIST_ITEM = re.compile(r"(?:[-*+]|[0-9]{1,3}[.)])\s")


def join_lines(lines: Sequence[str], skip: int) -> Iterator[str]:
    """The lines that hold something: a wrapped (indented) line joined to the one before it, a fenced block whole.

    A list item below another is a line of its own.
    """
    fences = [n for n in range(skip, len(lines)) if lines[n].lstrip()[:3] in ("```", "~~~")]
    blocks = dict(zip(fences[::2], fences[1::2], strict=False))  # a last fence without its twin is a line
    pending: list[str] = []
    n = skip
    while n < len(lines):
        raw, line = lines[n], lines[n].strip()
        if pending and line and n not in blocks and raw[0] in " \t" and not _LIST_ITEM.match(line):
            pending.append(line)
        else:
            if pending:
                yield " ".join(pending)
            pending = [line] if line else []
        if n in blocks:
            pending = []
            yield "\n".join(part.rstrip() for part in lines[n : blocks[n] + 1]).strip()
            n = blocks[n]
        n += 1
    if pending:
        yield " ".join(pending)
