"""File types: the language of a file by its name, from the fixed list of values of the label `file_type`."""

from __future__ import annotations

_EXTENSIONS: dict[str, str] = {
    extension: name
    for name, extensions in {
        "assembly": "asm s",
        "c": "c h",
        "clojure": "clj cljs cljc edn",
        "cpp": "cc cpp cxx c++ hh hpp hxx h++ ipp",
        "csharp": "cs csx",
        "css": "css scss sass less",
        "dart": "dart",
        "docker": "dockerfile",
        "elixir": "ex exs",
        "erlang": "erl hrl",
        "fsharp": "fs fsi fsx",
        "go": "go",
        "graphql": "graphql gql",
        "groovy": "groovy gradle",
        "haskell": "hs lhs",
        "html": "html htm xhtml",
        "ini": "ini cfg conf properties",
        "java": "java",
        "javascript": "js mjs cjs jsx",
        "json": "json jsonc json5 jsonl",
        "julia": "jl",
        "kotlin": "kt kts",
        "lua": "lua",
        "markdown": "md markdown mdx",
        "nix": "nix",
        "notebook": "ipynb",
        "objective-c": "m mm",
        "ocaml": "ml mli",
        "perl": "pl pm",
        "php": "php",
        "powershell": "ps1 psm1 psd1",
        "protobuf": "proto",
        "python": "py pyi pyw pyx pxd",
        "r": "r rmd",
        "restructuredtext": "rst",
        "ruby": "rb erb rake gemspec",
        "rust": "rs",
        "scala": "scala sbt",
        "shell": "sh bash zsh fish ksh",
        "sql": "sql",
        "svelte": "svelte",
        "swift": "swift",
        "terraform": "tf tfvars hcl",
        "text": "txt text log",
        "toml": "toml",
        "typescript": "ts mts cts tsx",
        "vue": "vue",
        "xml": "xml xsd xsl xslt svg",
        "yaml": "yaml yml",
        "zig": "zig",
    }.items()
    for extension in extensions.split()
}

_NAMES: dict[str, str] = {
    "cmakelists.txt": "cmake",
    "containerfile": "docker",
    "dockerfile": "docker",
    "gemfile": "ruby",
    "gnumakefile": "make",
    "go.mod": "go",
    "jenkinsfile": "groovy",
    "makefile": "make",
    "rakefile": "ruby",
}

_EXTENSIONS["cmake"] = "cmake"
_EXTENSIONS["mk"] = "make"

OTHER = "other"
FILE_TYPES: tuple[str, ...] = tuple(sorted({*_EXTENSIONS.values(), *_NAMES.values(), OTHER}))


def file_type(path: str) -> str:
    """Returns the language of the file at `path`, one of FILE_TYPES, by its name only."""
    name = path[path.rfind("/") + 1 :].lower()
    known = _NAMES.get(name)
    if known is not None:
        return known
    dot = name.rfind(".")
    return _EXTENSIONS.get(name[dot + 1 :], OTHER) if dot > 0 else OTHER
