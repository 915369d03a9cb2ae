/** Asks obsd's command line. It is run without a shell, outside of the workspace, for some seconds. No import of the editor. */

import { execFile } from "node:child_process";
import { homedir } from "node:os";

const TIMEOUT_MILLISECONDS = 8000;
const MAX_BYTES = 16 << 20;
const NOT_THERE_MILLISECONDS = 60_000;

export class Obsctl {
  /** Why the last call had no answer; "" if it had one. */
  trouble = "";
  private missingUntil = 0;

  constructor(private readonly program: () => string) {}

  /** Returns what it prints, or undefined where it is not there, fails, or has no such verb. */
  run(words: readonly string[]): Promise<string | undefined> {
    if (Date.now() < this.missingUntil) {
      return Promise.resolve(undefined);
    }
    return new Promise((resolve) => {
      const options = { cwd: homedir(), timeout: TIMEOUT_MILLISECONDS, maxBuffer: MAX_BYTES };
      execFile(this.program(), words, options, (error, stdout, stderr) => {
        if (error === null) {
          this.trouble = "";
          resolve(stdout);
          return;
        }
        if ((error as NodeJS.ErrnoException).code === "ENOENT") {
          this.missingUntil = Date.now() + NOT_THERE_MILLISECONDS;
          this.trouble = "obsctl is not installed here";
        } else {
          this.trouble = stderr.trim().split("\n")[0] || error.message;
        }
        resolve(undefined);
      });
    });
  }

  /** Returns the object that it prints with `--json`. */
  async json(words: readonly string[]): Promise<{ readonly [key: string]: unknown } | undefined> {
    const text = await this.run([...words, "--json"]);
    try {
      const value: unknown = text === undefined ? undefined : JSON.parse(text);
      return typeof value === "object" && value !== null ? (value as { [key: string]: unknown }) : undefined;
    } catch {
      return undefined;
    }
  }
}
