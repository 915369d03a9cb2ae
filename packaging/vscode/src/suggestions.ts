/**
 * Outcomes of suggestions, each counted once: a suggestion that is accepted word by word is one acceptance.
 *
 * Owns which suggestions were accepted lately, by the editor's id of them. Pure; no import of the editor.
 */

import { Edit } from "./edits";

const MAX_KNOWN = 1000;

export class Suggestions {
  private readonly accepted = new Set<string>();

  /** Returns how many acceptances an edit is: 1, or 0 where more of an accepted suggestion is taken. */
  acceptances(edit: Edit): 0 | 1 {
    if (edit.origin !== "accepted") {
      return 0;
    }
    if (edit.suggestion === "") {
      return 1;
    }
    const key = `${edit.provider}\n${edit.suggestion}`;
    if (this.accepted.has(key)) {
      return 0;
    }
    this.accepted.add(key);
    for (const oldest of this.accepted) {
      if (this.accepted.size <= MAX_KNOWN) {
        break;
      }
      this.accepted.delete(oldest);
    }
    return 1;
  }
}
