-- The ledger, version 16. Sized for ten million changes: one takes about thirty bytes, because paths are interned,
-- fixed words are numbers, and the order of insertion stands in for an index on time.

CREATE TABLE meta (key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;

-- Every workspace that a fact ever named. Those that are registered are `present`.
CREATE TABLE workspaces (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    path NOT NULL DEFAULT '',
    parent TEXT NOT NULL DEFAULT '',
    added_at REAL NOT NULL DEFAULT 0,
    present INTEGER NOT NULL DEFAULT 0,
    has_tree INTEGER NOT NULL DEFAULT 0
);

CREATE TABLE paths (id INTEGER PRIMARY KEY, path NOT NULL UNIQUE);
CREATE TABLE file_types (id INTEGER PRIMARY KEY, name NOT NULL UNIQUE);

-- Who wrote changes, each once. evidence: the words of facts.py.
CREATE TABLE authors (
    id INTEGER PRIMARY KEY,
    agent NOT NULL,
    evidence TEXT NOT NULL,
    session NOT NULL,
    program NOT NULL,
    UNIQUE (agent, evidence, session, program)
);

-- The record of changes; seq is the number of the fact, author NULL while it waits for one. committed: when the first line of it was, in milliseconds. at: milliseconds. operation and unmeasured: the numbers of codec.py. added: NULL, unmeasured.
CREATE TABLE changes (
    seq INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    workspace INTEGER NOT NULL,
    path INTEGER NOT NULL,
    operation INTEGER NOT NULL,
    file_type INTEGER NOT NULL,
    added INTEGER,
    removed INTEGER,
    unmeasured INTEGER NOT NULL,
    previous INTEGER,
    author INTEGER,
    committed INTEGER
);
CREATE INDEX changes_waiting ON changes (seq) WHERE author IS NULL;

-- Whose lines a content of a file is: runs over the numbers of changes (obsd/origins/runs.py). change: the one that left
-- it first. base_id: the content whose lines have the origin 0, empty for none.
CREATE TABLE contents (
    path INTEGER NOT NULL,
    content_id BLOB NOT NULL,
    workspace INTEGER NOT NULL,
    change INTEGER NOT NULL,
    base_id BLOB NOT NULL,
    runs BLOB NOT NULL,
    PRIMARY KEY (path, content_id, workspace)
) WITHOUT ROWID;
CREATE INDEX contents_by_change ON contents (change);

-- Lines that changes took away, by the change that had written them, until it is known whose they were.
CREATE TABLE replaced (
    change INTEGER NOT NULL,
    origin INTEGER NOT NULL,
    lines INTEGER NOT NULL,
    PRIMARY KEY (change, origin)
) WITHOUT ROWID;
-- Lines that were taken away before they were committed, by who had written them, by hour since 1970.
CREATE TABLE replaced_hours (
    hour INTEGER NOT NULL,
    workspace INTEGER NOT NULL,
    agent NOT NULL,
    overridden INTEGER NOT NULL,
    thrashed INTEGER NOT NULL,
    PRIMARY KEY (hour, workspace, agent)
) WITHOUT ROWID;

-- What became of suggestions in editors, by hour since 1970 in which it was reported. provider: __other__ for those above
-- the limit.
CREATE TABLE suggestion_hours (
    workspace INTEGER NOT NULL,
    provider TEXT NOT NULL,
    hour INTEGER NOT NULL,
    outcome TEXT NOT NULL,
    suggestions INTEGER NOT NULL,
    lines INTEGER NOT NULL,
    PRIMARY KEY (workspace, provider, hour, outcome)
) WITHOUT ROWID;
-- Lines whose author an editor reported, and that were taken away before they were committed, by hour since 1970.
CREATE TABLE editor_hours (
    hour INTEGER NOT NULL,
    workspace INTEGER NOT NULL,
    agent NOT NULL,
    replaced INTEGER NOT NULL,
    PRIMARY KEY (hour, workspace, agent)
) WITHOUT ROWID;

-- Changes by who wrote them, by hour since 1970; moved when evidence that came late corrects the record.
CREATE TABLE author_hours (
    hour INTEGER NOT NULL,
    workspace INTEGER NOT NULL,
    agent NOT NULL,
    evidence TEXT NOT NULL,
    changes INTEGER NOT NULL,
    added INTEGER NOT NULL,
    removed INTEGER NOT NULL,
    PRIMARY KEY (hour, workspace, agent, evidence)
) WITHOUT ROWID;

-- Changes rolled up, written in the transaction of the changes: hours and days since 1970 for reports over long times,
-- days since 1970 for the most edited files; and sevens of them, which are summed up when they are over.
CREATE TABLE hours (
    hour INTEGER NOT NULL,
    workspace INTEGER NOT NULL,
    operation INTEGER NOT NULL,
    file_type INTEGER NOT NULL,
    changes INTEGER NOT NULL,
    added INTEGER NOT NULL,
    removed INTEGER NOT NULL,
    PRIMARY KEY (hour, workspace, operation, file_type)
) WITHOUT ROWID;
CREATE TABLE days (
    day INTEGER NOT NULL,
    workspace INTEGER NOT NULL,
    operation INTEGER NOT NULL,
    file_type INTEGER NOT NULL,
    changes INTEGER NOT NULL,
    added INTEGER NOT NULL,
    removed INTEGER NOT NULL,
    PRIMARY KEY (day, workspace, operation, file_type)
) WITHOUT ROWID;
CREATE TABLE file_days (
    day INTEGER NOT NULL,
    workspace INTEGER NOT NULL,
    path INTEGER NOT NULL,
    changes INTEGER NOT NULL,
    added INTEGER NOT NULL,
    removed INTEGER NOT NULL,
    PRIMARY KEY (day, workspace, path)
) WITHOUT ROWID;
CREATE TABLE file_weeks (
    week INTEGER NOT NULL,
    workspace INTEGER NOT NULL,
    path INTEGER NOT NULL,
    changes INTEGER NOT NULL,
    added INTEGER NOT NULL,
    removed INTEGER NOT NULL,
    PRIMARY KEY (week, workspace, path)
) WITHOUT ROWID;

-- Commits as they are now. at: when it was made. added, removed, files: NULL, not known. counted_added: the added lines
-- that the metrics have counted. classified: the id that it had when `origins` was written, NULL for one that never is.
CREATE TABLE commits (
    seq INTEGER PRIMARY KEY,
    at REAL NOT NULL,
    workspace INTEGER NOT NULL,
    commit_id NOT NULL,
    branch NOT NULL,
    author_name NOT NULL,
    author_email NOT NULL,
    subject NOT NULL,
    kind TEXT NOT NULL,
    agent NOT NULL,
    evidence TEXT NOT NULL,
    added INTEGER,
    removed INTEGER,
    files INTEGER,
    committed_at REAL NOT NULL,
    source TEXT NOT NULL,
    counted_added INTEGER NOT NULL DEFAULT 0,
    classified DEFAULT ''
);
CREATE INDEX commits_by_time ON commits (committed_at);
CREATE UNIQUE INDEX commits_by_id ON commits (workspace, commit_id);
CREATE INDEX commits_unclassified ON commits (seq) WHERE classified <> commit_id;
-- Who wrote the added lines of a commit. lines: as it is now; counted: what the metrics have counted.
CREATE TABLE origins (
    commit_seq INTEGER NOT NULL,
    agent NOT NULL,
    evidence TEXT NOT NULL,
    lines INTEGER NOT NULL,
    counted INTEGER NOT NULL,
    PRIMARY KEY (commit_seq, agent, evidence)
) WITHOUT ROWID;
-- The lines that a commit adds to a file, with their authors, as long as they are measured. lines: JSON.
CREATE TABLE committed_files (
    commit_seq INTEGER NOT NULL,
    path NOT NULL,
    content_id NOT NULL,
    lines TEXT NOT NULL,
    PRIMARY KEY (commit_seq, path)
) WITHOUT ROWID;
-- The ids that they had before amends and rebases, in that order. commit_seq: of commits.
CREATE TABLE earlier_ids (
    seq INTEGER PRIMARY KEY,
    workspace INTEGER NOT NULL,
    commit_id NOT NULL,
    commit_seq INTEGER NOT NULL,
    UNIQUE (workspace, commit_id)
);
CREATE INDEX earlier_ids_by_commit ON earlier_ids (commit_seq);

-- Ids that are counted, kept for longer than the commits themselves: a commit counts once, however old.
CREATE TABLE counted (workspace INTEGER NOT NULL, commit_id NOT NULL, PRIMARY KEY (workspace, commit_id)) WITHOUT ROWID;
CREATE TABLE rewrites (
    workspace INTEGER NOT NULL,
    new_id NOT NULL,
    old_id NOT NULL,
    operation TEXT NOT NULL,
    at REAL NOT NULL,
    PRIMARY KEY (workspace, new_id, old_id)
) WITHOUT ROWID;

-- All other facts that are kept, which are rare. fields: JSON.
CREATE TABLE events (
    seq INTEGER PRIMARY KEY,
    at REAL NOT NULL,
    workspace INTEGER NOT NULL,
    kind TEXT NOT NULL,
    fields TEXT NOT NULL
);

-- Sessions. first_change: the number of the first change, 0 while there is none; an open one has all changes of its
-- workspace from there on.
CREATE TABLE sessions (
    number INTEGER PRIMARY KEY,
    workspace INTEGER NOT NULL,
    started_at REAL NOT NULL,
    last_at REAL NOT NULL,
    ended INTEGER NOT NULL,
    changes INTEGER NOT NULL,
    files INTEGER NOT NULL,
    added INTEGER NOT NULL,
    removed INTEGER NOT NULL,
    commits INTEGER NOT NULL,
    violations INTEGER NOT NULL,
    agents TEXT NOT NULL,
    first_commit REAL,
    stepped REAL NOT NULL DEFAULT 0,
    present TEXT NOT NULL DEFAULT '[]',
    first_change INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX sessions_by_workspace ON sessions (workspace, last_at);
CREATE INDEX sessions_open ON sessions (ended) WHERE ended = 0;

-- What watchers and commit readers need to go on where they were.
-- state: known_files.py.
CREATE TABLE known_files (
    workspace INTEGER NOT NULL,
    path INTEGER NOT NULL,
    state BLOB NOT NULL,
    PRIMARY KEY (workspace, path)
) WITHOUT ROWID;
CREATE TABLE reflog_cursors (
    workspace INTEGER NOT NULL,
    log NOT NULL,
    at REAL NOT NULL,
    inode INTEGER NOT NULL,
    position INTEGER NOT NULL,
    last_id NOT NULL,
    head_id NOT NULL,
    PRIMARY KEY (workspace, log)
) WITHOUT ROWID;

-- The numbers of the metrics. Rows keep their id, so that the order of first writing survives. labels: JSON.
CREATE TABLE series (
    id INTEGER PRIMARY KEY,
    family TEXT NOT NULL,
    workspace INTEGER NOT NULL,
    labels TEXT NOT NULL,
    value REAL NOT NULL,
    UNIQUE (workspace, family, labels)
);

-- Agents' own records: how far each file is read (mark: a text of obsd/records), which tools were recorded, how many records
-- were understood by which obsd, and what they say of sessions.
CREATE TABLE record_files (path PRIMARY KEY, mark TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE record_tools (seq INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE);
CREATE TABLE record_counts (
    agent TEXT NOT NULL,
    version TEXT NOT NULL,
    obsd TEXT NOT NULL,
    understood INTEGER NOT NULL,
    misread INTEGER NOT NULL,
    last_at REAL NOT NULL,
    PRIMARY KEY (agent, version, obsd)
) WITHOUT ROWID;
CREATE TABLE record_sessions (
    agent TEXT NOT NULL,
    session TEXT NOT NULL,
    workspace INTEGER NOT NULL,
    first_at REAL NOT NULL,
    last_at REAL NOT NULL,
    model TEXT NOT NULL,
    version TEXT NOT NULL,
    parent TEXT NOT NULL,
    input INTEGER NOT NULL,
    output INTEGER NOT NULL,
    cache_read INTEGER NOT NULL,
    cache_creation INTEGER NOT NULL,
    reasoning INTEGER NOT NULL,
    PRIMARY KEY (agent, session)
) WITHOUT ROWID;

-- The time before a workspace was watched: in no counter and no sum.
CREATE TABLE history_commits (
    workspace INTEGER NOT NULL,
    commit_id NOT NULL,
    author_name NOT NULL,
    author_email NOT NULL,
    subject NOT NULL,
    kind TEXT NOT NULL,
    agent NOT NULL,
    evidence TEXT NOT NULL,
    committed_at REAL NOT NULL,
    added INTEGER,
    removed INTEGER,
    files INTEGER,
    PRIMARY KEY (workspace, commit_id)
) WITHOUT ROWID;
CREATE TABLE history_sessions (
    workspace INTEGER NOT NULL,
    agent TEXT NOT NULL,
    session TEXT NOT NULL,
    first_at REAL NOT NULL,
    last_at REAL NOT NULL,
    model TEXT NOT NULL,
    writes INTEGER NOT NULL,
    files INTEGER NOT NULL,
    added INTEGER NOT NULL,
    removed INTEGER NOT NULL,
    PRIMARY KEY (workspace, agent, session)
) WITHOUT ROWID;

-- Vendors' days, UTC. settled: it is not read again. amount: in the measure's unit; a measure that is not there was not given.
-- scope: of what a figure is (person, total, team, repository, commit), and subject which of them.
CREATE TABLE usage_days (
    vendor TEXT NOT NULL,
    day TEXT NOT NULL,
    settled INTEGER NOT NULL,
    read_at REAL NOT NULL,
    PRIMARY KEY (vendor, day)
) WITHOUT ROWID;
CREATE TABLE usage_figures (
    vendor TEXT NOT NULL,
    day TEXT NOT NULL,
    scope TEXT NOT NULL,
    subject NOT NULL,
    measure TEXT NOT NULL,
    amount REAL NOT NULL,
    PRIMARY KEY (vendor, day, scope, subject, measure)
) WITHOUT ROWID;
