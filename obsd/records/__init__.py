"""The coding agents' own records on disk, as a source of evidence: who wrote a file, when, and which lines.

`RecordsSource` (source.py) reads the records of ten agents while they are written, and awaits a sink with batches:

    source = RecordsSource(sink, workspaces, state, salt)    # state: State(since=now) at the very first start
    await source.start()

- `sink(batch)`: an async function that keeps `batch.tools` (`ToolRan`), `batch.sessions` (`SessionSeen`) and
  `batch.counts`, together with the changes of the state (`batch.files`, `batch.gone`, `batch.known`) in one
  transaction. An ObsdError has the same batch offered again; a restart with the state (`State.after`,
  `FileMark.to_json`) goes on where the last batch ended.
- `workspaces()`: the folders of the registered workspaces; files outside of them are left out. `source.rescan()` after
  they changed.
- `source.status()`: each agent's records `understood`, `drifted` or `absent`, and the time of the newest record.
- `source.session_of(pid)`: the session of a process of an agent.
- `history(...)` (history.py): the time before, once.
- `write_facts(tool, locate)`: the `WriteRecorded` facts of a tool, for authorship.

A `ToolRan` comes first when its call is recorded (`ended` None) and again when it has ended. Whether a change is that
tool's is decided by `obsd.line_hashes.compare`, with the content id and the hashes of the added lines (`line_hash`, the
same salt) of the change. No text of a record is kept: `record.py` gives adapters hashes, identifiers of a fixed shape,
numbers, times and paths, and only at the keys that they declare.
"""
