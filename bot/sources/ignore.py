"""Which files of a folder are no digests by their name: templates, conflict copies, what tools leave behind."""

import re
from collections.abc import Callable, Sequence
from fnmatch import translate

IGNORE = (
    # Hidden files and folders (.obsidian, .trash, .git, .stversions) are never looked at, whatever stands here.
    "template/",
    "templates/",
    "_template/",
    "_templates/",
    "[0-9]* templates/",
    "[0-9]*[-_.]templates/",
    "템플릿/",
    "template.md",
    "/archetypes/",
    "/layouts/",
    "_layouts/",
    "_includes/",
    "_site/",
    "node_modules/",
    "site-packages/",
    "venv/",
    "__pycache__/",
    "__macosx/",
    "@eadir/",
    "#recycle/",
    "$recycle.bin/",
    "system volume information/",
    "lost+found/",
    "*.sync-conflict-*",
    "~syncthing~*",
    "*conflicted copy*",
    "*[[]conflict]*",
    "*_conflict-*",
    "*(충돌*",
    "*충돌된 사본*",
    "*충돌된 복사본*",
    "*-desktop-???????.*",
    "*-laptop-????????.*",
    "*.excalidraw.md",
    "license.*",
    "licence.*",
    "contributing.*",
    "code_of_conduct.*",
    "requirements*.txt",
    "robots.txt",
    "humans.txt",
    "llms.txt",
    "404.html",
)
"""What every folder ignores. README is not here: some archives are one; where it is no digest that is no fault."""

Ignores = Callable[[str, bool], bool]
"""Whether a path under the folder is ignored; the second value says whether it is a folder."""


def ignoring(patterns: Sequence[str] = (), defaults: Sequence[str] = IGNORE) -> Ignores:
    """The test for these patterns after the default ones, of which the last that matches decides.

    A pattern is a shell glob without regard to case. One without ``/`` matches a name at any depth; one that begins
    with ``/`` or has one inside, the path from the folder on; one that ends with ``/``, folders only. ``!`` before a
    pattern takes it back: ``!template.md`` reads what is ignored otherwise.
    """
    rules = [_compiled(group) for group in _groups((*defaults, *patterns))]

    def is_ignored(path: str, is_folder: bool) -> bool:
        path = path.casefold() + "/" * is_folder
        name = path[path.rfind("/", 0, -1) + 1 :]
        ignored = False
        for takes_back, by_name, by_path in rules:
            if ignored is not takes_back:
                continue
            if by_name.match(name) or (by_path is not None and by_path.match(path)):
                ignored = not takes_back
        return ignored

    return is_ignored


def _groups(patterns: Sequence[str]) -> list[tuple[bool, list[str]]]:
    """Runs of patterns that ignore, or that take back, in their order: each run is one expression."""
    groups: list[tuple[bool, list[str]]] = []
    for pattern in patterns:
        takes_back = pattern.startswith("!")
        if not groups or groups[-1][0] is not takes_back:
            groups.append((takes_back, []))
        groups[-1][1].append(pattern.removeprefix("!").casefold())
    return groups


def _compiled(group: tuple[bool, list[str]]) -> tuple[bool, re.Pattern[str], re.Pattern[str] | None]:
    takes_back, patterns = group
    by_path = [pattern for pattern in patterns if "/" in pattern.removesuffix("/")]
    by_name = [pattern for pattern in patterns if pattern not in by_path]
    paths = [pattern.removeprefix("/") for pattern in by_path]
    return takes_back, _any(by_name), _any(paths) if paths else None


def _any(patterns: Sequence[str]) -> re.Pattern[str]:
    """One expression for all; a pattern that does not say ``/`` at its end matches folders and files."""
    spelled = [form for each in patterns for form in ((each,) if each.endswith("/") else (each, f"{each}/"))]
    return re.compile("|".join(translate(form) for form in spelled) or r"(?!)")
