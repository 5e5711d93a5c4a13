/**
 * The state of reading one shell text: how far it is, what was found, and whether the reader is still sure.
 * Knows where placeholders begin and end; the shell's grammar is in shell-reader.
 */
import type { Quoting } from '../../model/expression.ts';

export type ShellSpot =
  /** `$${{`, which stands for the text `${{`. */
  | { readonly kind: 'escape'; readonly offset: number; readonly end: number }
  | {
      readonly kind: 'placeholder';
      readonly offset: number;
      readonly end: number;
      readonly quoting: Quoting;
      /** Completes "a placeholder can't stand …"; null where it can. */
      readonly refusal: string | null;
    };

export interface ShellReading {
  readonly spots: readonly ShellSpot[];
  /** A quote or `$(` that is never closed. */
  readonly unclosed: { readonly offset: number; readonly what: string } | null;
}

export class ShellScan {
  readonly text: string;
  /** Offset of the next character to read; the text's length once the reader has given up. */
  at = 0;
  /** Just behind a `$name`, whose name more letters would continue. */
  variableEnd = -1;
  readonly #endOf: (offset: number) => number;
  #spots: ShellSpot[] = [];
  #unclosed: ShellReading['unclosed'] = null;
  #hasGivenUp = false;
  #refusalOfAll: string | null = null;

  /** `endOf` gives the offset just behind the placeholder that begins at an offset. */
  constructor(text: string, endOf: (offset: number) => number) {
    this.text = text;
    this.#endOf = endOf;
  }

  get reading(): ShellReading {
    const refusal = this.#refusalOfAll;
    const spots = this.#spots.map((spot) =>
      spot.kind === 'escape' ? spot : { ...spot, refusal: spot.refusal ?? refusal },
    );
    return { spots, unclosed: this.#unclosed };
  }

  get isAtEnd(): boolean {
    return this.at >= this.text.length;
  }

  get hasGivenUp(): boolean {
    return this.#hasGivenUp;
  }

  startsWith(piece: string): boolean {
    return this.text.startsWith(piece, this.at);
  }

  /** Moves on, unless the reader has given up. */
  advance(characters = 1): void {
    this.at = Math.min(this.at + characters, this.text.length);
  }

  /** The placeholder that begins here. */
  takePlaceholder(quoting: Quoting, refusal: string | null): void {
    const end = this.#endOf(this.at);
    this.#spots.push({ kind: 'placeholder', offset: this.at, end, quoting, refusal });
    this.at = end;
  }

  /** The `$${{` that begins here. */
  takeEscape(): void {
    this.#spots.push({ kind: 'escape', offset: this.at, end: this.at + 4 });
    this.at += 4;
  }

  /** Nothing from here on is certain any more: every later placeholder is refused. */
  giveUp(construct: string): void {
    const line = this.text.slice(0, this.at).split('\n').length;
    this.#hasGivenUp = true;
    this.#refuseUntil(
      this.text.length,
      `in or after ${construct} (line ${line} of the text): shells differ in how they read on`,
    );
  }

  /**
   * Jumps over a part in which no placeholder may stand. `find` gets its inside's offset and answers the offset
   * behind it, null where that isn't certain.
   */
  skipRegion(
    inside: number,
    construct: string,
    find: (text: string, from: number, behindPlaceholder: (offset: number) => number | null) => number | null,
  ): void {
    const end = find(this.text, inside, (offset) =>
      this.text.startsWith('${{', offset) ? this.#endOf(offset) : null,
    );
    if (end === null || this.text.slice(this.at, end).includes('$${{')) this.giveUp(construct);
    else this.#refuseUntil(end, `in ${construct}`);
  }

  reportUnclosed(offset: number, what: string): void {
    if (!this.#hasGivenUp) this.#unclosed ??= { offset, what };
  }

  refuseAll(refusal: string): void {
    this.#refusalOfAll = refusal;
  }

  #refuseUntil(end: number, refusal: string): void {
    while (this.at < end) {
      if (this.startsWith('$${{')) this.takeEscape();
      else if (this.startsWith('${{')) this.takePlaceholder('raw', refusal);
      else this.at += 1;
    }
  }
}
