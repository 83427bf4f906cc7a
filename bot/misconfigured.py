"""What is wrong with the settings, in words that say what to write instead."""

import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel

_MESSAGES = (
    (re.compile(r"^Value error, "), ""),
    (re.compile(r"^Input should be a valid tuple"), "must be a list"),
    (re.compile(r"^(?:Input|String) should "), "must "),
    (re.compile(r"match pattern '\^https\?://'"), "begin with http:// or https://"),
    (re.compile(r"be (greater than(?: or equal to)?) datetime\.timedelta\(0\)"), r"be \1 0s"),
    (re.compile(r", unable to parse string as an? \w+$"), ""),
    (re.compile(r"^Field required"), "is missing"),
    (re.compile(r"^Extra inputs are not permitted"), "there is no such key"),
)
_SHAPES = frozenset({"tuple_type", "list_type", "model_type", "model_attributes_type", "dict_type"})
_TEXTS = frozenset({"string_type", "path_type", "path_instance_of"})


def problem_of(error: Mapping[str, Any], model: type[BaseModel], remedy: str) -> str:
    """One error of pydantic's as a line: where, what, what to do. ``remedy`` says where it is corrected."""
    loc, kind, given = without_kinds(error["loc"]), error["type"], error.get("input")
    where = place_of(loc)
    if kind == "extra_forbidden":
        return f"{where}: there is no such key{_meant(loc, model)}; {remedy}"
    if kind in _SHAPES and (shape := _shape(loc, given, model)):
        return f"{where}: {shape}; {remedy}"
    if kind in _TEXTS and not isinstance(given, str):
        key = next((part for part in reversed(loc) if isinstance(part, str)), "key")
        if isinstance(given, list | dict):
            return f'{where}: takes one text in quotes, as in {key} = "…", not a list or a section; {remedy}'
        if isinstance(loc[-1], int):
            return f'{where}: must be text in quotes: {key} = ["{_written(given)}"]; {remedy}'
        return f'{where}: must be text in quotes: {key} = "{_written(given)}"; {remedy}'
    return f"{where}: {_plain(error['msg'])}; {remedy}"


def without_kinds(loc: Sequence[int | str]) -> tuple[int | str, ...]:
    """The place without the kinds of a union, such as ``list[constrained-str]``, which stand in no file."""
    return tuple(part for part in loc if isinstance(part, int) or re.fullmatch(r"\w+", part))


def place_of(loc: Sequence[int | str]) -> str:
    """Where a value stands in the file: ``delivery.pace``; ``[[source]] 1, name`` for what may be there repeatedly."""
    if len(loc) > 1 and isinstance(loc[1], int):
        rest = ".".join(str(part) for part in loc[2:])
        return f"[[{loc[0]}]] {loc[1] + 1}" + (f", {rest}" if rest else "")
    return ".".join(str(part) for part in loc) or "settings"


def _plain(message: str) -> str:
    for pattern, words in _MESSAGES:
        message = pattern.sub(words, message)
    return message


def _written(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _shape(loc: Sequence[int | str], given: object, model: type[BaseModel]) -> str:
    """How the brackets have to be, where a section was written in another way."""
    name = str(loc[0])
    if len(loc) == 1 and _is_repeated(model, name):
        return f"write [[{name}]] in two pairs of brackets above its keys, once for each {name}"
    if len(loc) == 2 and isinstance(loc[1], int):
        return f"write [[{name}]] in two pairs of brackets, and its keys below it"
    if len(loc) == 1 and issubclass(_section(model, name), BaseModel):
        again = "once, in one pair of brackets" if isinstance(given, list) else "in a line of its own"
        return f"write [{name}] {again}, and its keys below it"
    return f'must be a list: {loc[-1]} = ["…", "…"]' if not isinstance(given, list | tuple) else ""


def _is_repeated(model: type[BaseModel], name: str) -> bool:
    field = model.model_fields.get(name)
    return field is not None and any(
        isinstance(part, type) and issubclass(part, BaseModel) for part in get_args(field.annotation)
    )


def _section(model: type[BaseModel], name: str | int) -> type:
    """The section of this name, ``object`` where the key is none."""
    field = model.model_fields.get(str(name))
    if field is None:
        return object
    parts = [field.annotation, *get_args(field.annotation)]
    return next((part for part in parts if isinstance(part, type) and issubclass(part, BaseModel)), object)


def _meant(loc: Sequence[int | str], model: type[BaseModel]) -> str:
    """The key that was probably meant, or the section that this key belongs to."""
    key, here = str(loc[-1]), model if len(loc) == 1 else _section(model, loc[0])
    known = _keys(here)
    if near := get_close_matches(key.casefold(), known, n=1, cutoff=0.7):
        shown = f"[[{near[0]}]]" if here is model and _is_repeated(model, near[0]) else near[0]
        return f"; did you mean {shown}?"
    if here is not model and (top := get_close_matches(key.casefold(), _keys(model), n=1, cutoff=0.8)):
        meant = "" if top[0] == key else f"did you mean {top[0]}? "
        return f"; {meant}{top[0]} stands above the first [section] of the file"
    for name in _keys(model):
        section = _section(model, name)
        if section is not here and key in _keys(section):
            return f"; {key} belongs below {f'[[{name}]]' if _is_repeated(model, name) else f'[{name}]'}"
    return f"; there are {', '.join(known)}" if known else ""


def _keys(section: type) -> list[str]:
    if not issubclass(section, BaseModel):
        return []
    return [name for name in section.model_fields if not name.startswith("slack_")]


def read_text(path: Path) -> str:
    """The text of a settings file; a byte order mark, as Windows' editor writes it, is passed over.

    Raises ValueError that says how to save it, and OSError.
    """
    data = path.read_bytes()
    try:
        return data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError as exc:
        line = data.count(b"\n", 0, exc.start) + 1
        raise ValueError(f"line {line} is not UTF-8; save the file as UTF-8") from exc


def toml_hint(text: str, message: str) -> str:
    """What is often meant by TOML that does not parse; empty where nothing is known."""
    found = re.search(r"at line (\d+)", message)
    lines = text.splitlines()
    line = lines[int(found[1]) - 1] if found and int(found[1]) <= len(lines) else ""
    if twice := re.search(r"Cannot declare \('(\w+)',?\) twice", message):
        return f"[{twice[1]}] stands there twice: write [[{twice[1]}]] for what may be there repeatedly"
    if "\\" in line:
        return "write a path with / or in single quotes: 'C:\\Users\\me\\vault'"
    if re.search("[\u201c\u201d\u2018\u2019]", line):
        return "write straight quotation marks"
    if re.fullmatch(r"\s*[\w.-]+\s*=\s*[^\s\"'\[{].*", line) and "nvalid value" in message:
        return 'write text in quotes: key = "text"'
    if re.fullmatch(r"\s*[\w-]+\s*:.*", line):
        return "write = between a key and its value"
    return ""
