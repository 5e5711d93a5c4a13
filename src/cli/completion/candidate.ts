/** A word that could stand where the cursor is. */
export interface Candidate {
  /** The whole word, as the program is to get it. */
  readonly value: string;
  readonly description: string;
  /** More belongs to the word: no space after it. */
  readonly isOpen: boolean;
}

export function closed(value: string, description = ''): Candidate {
  return { value, description, isOpen: false };
}
