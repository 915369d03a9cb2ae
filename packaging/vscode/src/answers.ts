/** What obsctl's answers say, in words for a status bar. Pure; no import of the editor. */

export interface Run {
  readonly first: number;
  readonly last: number;
  readonly author: string;
  readonly evidence: string;
}

const WORDS: { readonly [origin: string]: string } = { before: "before obsd", imported: "brought by git" };

/** Returns the runs of lines of `obsctl blame --json`. */
export function runs(answer: { readonly [key: string]: unknown } | undefined): Run[] {
  const found = answer?.["runs"];
  if (!Array.isArray(found)) {
    return [];
  }
  return found.flatMap((run: { readonly [key: string]: unknown }) => {
    const { first, last } = run;
    if (typeof first !== "number" || typeof last !== "number" || first < 1 || last < first) {
      return [];
    }
    return [{ first, last, author: author(run), evidence: text(run["evidence"]) }];
  });
}

/** Returns `person 62 %, codex 38 %` for a file, or "" where nothing is known. */
export function fileShares(all: readonly Run[]): string {
  const lines = new Map<string, number>();
  for (const run of all) {
    lines.set(run.author, (lines.get(run.author) ?? 0) + run.last - run.first + 1);
  }
  const total = [...lines.values()].reduce((sum, one) => sum + one, 0);
  return [...lines]
    .sort((a, b) => b[1] - a[1])
    .map(([name, own]) => `${name} ${Math.round((100 * own) / total)} %`)
    .join(", ");
}

/** Returns the agents' share of today's lines of `obsctl today --json`, proved and possible, or "". */
export function todayShare(answer: { readonly [key: string]: unknown } | undefined): string {
  const total = object(answer?.["total"]);
  const floor = total?.["floor"];
  const ceiling = total?.["ceiling"];
  if (typeof floor !== "number" || typeof ceiling !== "number") {
    return "";
  }
  const [low, high] = [Math.round(100 * floor), Math.round(100 * ceiling)];
  return `agents today: ${low === high ? `${low} %` : `${low} to ${high} %`}`;
}

/** Returns how many warnings obsd has, by `obsctl status --json`; undefined: it does not answer. */
export function warnings(answer: { readonly [key: string]: unknown } | undefined): number | undefined {
  const found = answer?.["warnings"];
  return Array.isArray(found) ? found.length : undefined;
}

function author(run: { readonly [key: string]: unknown }): string {
  return WORDS[text(run["origin"])] ?? (text(run["agent"]) || "not known yet");
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function object(value: unknown): { readonly [key: string]: unknown } | undefined {
  return typeof value === "object" && value !== null ? (value as { [key: string]: unknown }) : undefined;
}
